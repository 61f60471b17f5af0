"""Signatures: embedding."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


class EmbeddingKernels(Protocol):
    """Embedding."""
