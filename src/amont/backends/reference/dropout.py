"""Dropout: switch neurons off at random, so that the network does not come to lean on a few of them."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def dropout_forward(x: Array, mask: Array, *, scale: float = 1.0) -> tuple[Array, Any]:
    """Course D3 4.4: x' = x ⊙ m with m drawn from Bernoulli(q), q the probability to keep a neuron.

    scale = 1 is the course's form, which multiplies by q at test time so that both have the same expectation;
    scale = 1/q ("inverted") does that in training instead, and nothing at test time.
    """
    return x * mask * scale, (mask, scale)


def dropout_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂y/∂x = scale · m: a neuron that was off learns nothing from this step."""
    mask, scale = cache
    return (dy * mask * scale if needs[0] else None), None
