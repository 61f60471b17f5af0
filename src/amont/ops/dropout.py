"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor
from amont.core import rng as streams
from amont.core.errors import ArgumentError
from amont.core.shapes import check_float, check_ndim
from amont.ops.arithmetic import multiply


class Dropout(Op):
    """Switch elements off at random."""

    kernel = "dropout"
    equation = "y = m x / (1 − p), m ~ Bernoulli(1 − p)"
    keeps_inputs = False


def dropout(
    x: Any, p: float = 0.5, training: bool = True, course: bool = False, *, rng: np.random.Generator | None = None
) -> Tensor:
    """Return x with each element set to 0 with probability p.

    By default ("inverted", as PyTorch) the kept ones are divided by 1 − p in training, and x is returned as it is
    at test time. With `course=True` (course D3): x ⊙ m in training, (1 − p) x at test time. Mind the letter: the
    course calls p the probability to *keep* a neuron; here, as in PyTorch, p is the probability to drop it.

    The mask comes from `rng`, by default the stream "dropout". Errors: `ArgumentError` if p is not within [0, 1].
    """
    x = as_tensor(x)
    return _drop(x, x.shape, p, training, course, rng)


def dropout2d(
    x: Any, p: float = 0.5, training: bool = True, course: bool = False, *, rng: np.random.Generator | None = None
) -> Tensor:
    """Return x (N, C, H, W) with each channel of each sample set to 0 with probability p; see `dropout`.

    Neighbouring pixels of a map say nearly the same, so that dropping single ones hides little.
    """
    x = as_tensor(x)
    check_ndim(x.shape, 4, "(N, C, H, W)")
    return _drop(x, (*x.shape[:2], 1, 1), p, training, course, rng)


def check_probability(p: float) -> None:
    """Refuse a p outside [0, 1]."""
    if not 0 <= p <= 1:
        raise ArgumentError(f"the probability to drop an element must be between 0 and 1, got {p}")


def _drop(
    x: Tensor,
    mask_shape: tuple[int, ...],
    p: float,
    training: bool,
    course: bool,
    rng: np.random.Generator | None,
) -> Tensor:
    check_probability(p)
    check_float(x.dtype)
    if not training:
        return multiply(x, 1.0 - p) if course else x
    if p == 0:
        return x
    mask = streams.stream("dropout", rng).random(mask_shape, dtype=np.float32) >= p
    inverted = 1 / (1 - float(p)) if p < 1 else 0.0  # with p = 1 nothing is kept that could be scaled
    return Dropout.apply(x, mask, scale=1.0 if course else inverted)
