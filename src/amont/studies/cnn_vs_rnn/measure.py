"""Gradients seen from inside: per layer, per time step, and the products of Jacobians of equation (3)."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont import explain
from amont.autograd import as_tensor
from amont.explain.through_time import gradient_through_time
from amont.explain.through_time import jacobian_products as products_through_time
from amont.models.recurrent import RecurrentClassifier, as_sequence
from amont.nn import Module
from amont.ops.loss import cross_entropy

Array = np.ndarray[Any, Any]
SAMPLES = 10  # for the products of Jacobians: a matrix per sample and time step


def layer_gradients(model: Module, x: Array, y: Array) -> dict[str, float]:
    """Return ‖∂L/∂θ‖₂ per layer, from the input to the output. The model's gradients are cleared afterwards."""
    model.zero_grad()
    cross_entropy(model(x), y).backward()
    norms = explain.gradient_flow(model).layers()
    model.zero_grad()
    return norms


def step_gradients(model: RecurrentClassifier, x: Array, y: Array) -> list[float]:
    """Return ‖∂L/∂s_t‖₂ for t = 1 … T over a batch, forward direction; s_t is h_t, for an LSTM (h_t, c_t)."""
    seen = gradient_through_time(model, model.recurrent, lambda: cross_entropy(model(x), y))
    norms = seen.total if seen.cell is None else np.hypot(seen.total, seen.cell)
    return [float(norm) for norm in norms[1:]]


def jacobian_products(model: RecurrentClassifier, x: Array) -> list[float]:
    """Return ‖∂s_T/∂s_t‖₂ for t = 1 … T: the norm of Π_{k=t+1}^{T} ∂s_k/∂s_{k−1}, mean over some samples."""
    sequence = as_sequence(as_tensor(x[:SAMPLES]), model.signals)
    return [float(norm) for norm in products_through_time(model.recurrent, sequence).spectral[1:]]
