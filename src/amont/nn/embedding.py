"""The embedding layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.core import rng as streams
from amont.core.shapes import check_sizes
from amont.nn.module import Module, Parameter
from amont.ops.embedding import embedding, normal_padding_idx


class Embedding(Module):
    """A learned vector for each of `num_embeddings` symbols. Integers (…) → (…, embedding_dim).

    Parameter: `weight` (num_embeddings, embedding_dim), N(0, 1) at first as in PyTorch; the row `padding_idx` is 0
    and stays so.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_sizes(num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = normal_padding_idx(padding_idx, num_embeddings)
        table = streams.stream("init", rng).standard_normal((num_embeddings, embedding_dim)).astype(np.float32)
        if self.padding_idx is not None:
            table[self.padding_idx] = 0
        self.weight = Parameter(table)

    def forward(self, index: Any) -> Tensor:
        """Return the vectors of the symbols."""
        return embedding(index, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the sizes."""
        padding = f", padding_idx={self.padding_idx}" if self.padding_idx is not None else ""
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
