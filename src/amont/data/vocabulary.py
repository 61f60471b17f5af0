"""Text as numbers: a vocabulary of tokens, and padding of sequences of different lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, DataError, ShapeError
from amont.core.shapes import to_tuple
from amont.data.dataset import Array

PADDING, UNKNOWN = "<pad>", "<unk>"


class Vocabulary:
    """A two-way table between tokens and numbers: 0 is padding, 1 is any unknown token, then `tokens` in order.

    >>> vocabulary = Vocabulary.from_texts(["the cat", "the dog"])
    >>> vocabulary.encode("the bird").tolist()
    [2, 1]
    """

    def __init__(self, tokens: Iterable[str], *, tokenize: Callable[[str], Sequence[str]] = str.split) -> None:
        self.tokens = (PADDING, UNKNOWN, *tokens)
        self.tokenize = tokenize
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            twice = next(token for token, count in Counter(self.tokens).items() if count > 1)
            raise ArgumentError(f"every token may stand in a vocabulary once, but {twice!r} stands there more often")

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        tokenize: Callable[[str], Sequence[str]] = str.split,
    ) -> Vocabulary:
        """Return the tokens of `texts` seen `min_count` times or more, the most frequent first (ties by alphabet).

        max_size: keep at most so many tokens, padding and unknown not counted.
        """
        counts = Counter(token for text in texts for token in tokenize(text))
        for special in (PADDING, UNKNOWN):
            counts.pop(special, None)
        kept = sorted((t for t, count in counts.items() if count >= min_count), key=lambda t: (-counts[t], t))
        return cls(kept[:max_size], tokenize=tokenize)

    def __len__(self) -> int:
        """Return the number of ids: what `nn.Embedding` needs as `num_embeddings`."""
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """Return the id of a token; that of `<unk>` for one never seen."""
        return self._ids.get(token, 1)

    def encode(self, text: str | Iterable[str]) -> Array:
        """Return the ids of a text, or of tokens, as int64 of shape (T,)."""
        tokens = self.tokenize(text) if isinstance(text, str) else text
        return np.array([self[token] for token in tokens], dtype=np.int64)

    def decode(self, ids: Any) -> list[str]:
        """Return the tokens of ids (T,), without padding."""
        numbers = [int(i) for i in np.asarray(ids)]
        bad = next((i for i in numbers if not 0 <= i < len(self)), None)
        if bad is not None:
            raise DataError(f"ids must lie between 0 and {len(self) - 1}, got {bad}")
        return [self.tokens[i] for i in numbers if i != 0]


def pad_sequences(sequences: Sequence[Any], *, length: int | None = None, value: float = 0) -> tuple[Array, Array]:
    """Return (array, lengths): sequences of shapes (T_n, …) as one array (N, T, …), filled up with `value` at the end.

    length: T; by default that of the longest sequence. Longer sequences are cut.
    Errors: `DataError` for no sequence at all or an empty one; `ShapeError` when they differ beyond the first axis.
    """
    arrays = [np.asarray(sequence) for sequence in sequences]
    if not arrays:
        raise DataError("expected at least one sequence, got none")
    for i, array in enumerate(arrays):
        if array.ndim == 0 or array.shape[1:] != arrays[0].shape[1:]:
            raise ShapeError(f"sequence {i} has shape {array.shape}, but the first has {arrays[0].shape}")
        if not len(array):
            raise DataError(f"sequence {i} is empty; remove it, or give it one padding step")
    (steps,) = to_tuple(max(map(len, arrays)) if length is None else length, 1, "length", minimum=1)
    padded = np.full((len(arrays), steps, *arrays[0].shape[1:]), value, dtype=np.result_type(*arrays))
    for row, array in zip(padded, arrays):
        row[: len(array)] = array[:steps]
    return padded, np.array([min(len(array), steps) for array in arrays], dtype=np.int64)
