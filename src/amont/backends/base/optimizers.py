"""Signatures: update rules of the optimizers."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class OptimizerKernels(Protocol):
    """Update rules of the optimizers."""
