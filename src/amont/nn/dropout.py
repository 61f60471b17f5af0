"""Dropout layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.nn.module import Module
from amont.ops import dropout as ops


class _Dropout(Module):
    def __init__(self, p: float = 0.5, course: bool = False, *, rng: np.random.Generator | None = None) -> None:
        ops.check_probability(p)
        self.p, self.course, self.rng = p, course, rng

    def extra_repr(self) -> str:
        """Return p and the form."""
        return f"p={self.p}" + (", course=True" if self.course else "")


class Dropout(_Dropout):
    """Set elements to 0 with probability p in training; do nothing at test time (`model.eval()`).

    With `course=True` the form of course D3: no scaling in training, times 1 − p at test time.
    """

    def forward(self, x: Any) -> Tensor:
        """Return x, with some elements 0 in training."""
        return ops.dropout(x, self.p, self.training, self.course, rng=self.rng)


class Dropout2d(_Dropout):
    """Set whole channels of x (N, C, H, W) to 0 with probability p in training; otherwise as `Dropout`."""

    def forward(self, x: Any) -> Tensor:
        """Return x, with some channels 0 in training."""
        return ops.dropout2d(x, self.p, self.training, self.course, rng=self.rng)
