"""Signatures: recurrent layers over whole sequences."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class RecurrentKernels(Protocol):
    """Recurrent layers over whole sequences."""
