"""The sum and the ReLU behind it, as at the end of a residual block, in one parallel pass.

Sums alone stay with NumPy. 64 × 64 × 32² on two cores of a Zen 3: NumPy's sum and a ReLU 1.6 + 1.9 ms, here 0.8.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import elementwise
from amont.backends.reference import arithmetic as reference

Array = np.ndarray[Any, Any]

f4 = np.float32


@elementwise
def _add_relu(a, b):
    c = a + b
    return f4(0) if c < f4(0) else c  # written so that NaN passes through


def add_forward(a: Array, b: Array, *, relu: bool = False) -> tuple[Array, Any]:
    """c = a + b."""
    if not relu or a.shape != b.shape or not a.dtype == b.dtype == np.float32:
        return reference.add_forward(a, b, relu=relu)
    return _add_relu(a, b), (a.shape, b.shape)
