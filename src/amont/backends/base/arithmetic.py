"""Signatures: element-wise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class ArithmeticKernels(Protocol):
    """Element-wise arithmetic with broadcasting."""
