"""A batch and the model: (x, y) or (x, y, lengths), as `DataLoader` yields them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from amont.autograd import Tensor
from amont.core.errors import DataError
from amont.nn import Module

Batch = tuple[Any, ...]


def predict(model: Module, batch: Batch) -> Tensor:
    """Return model(x), or model(x, lengths=lengths) where the batch has lengths."""
    if len(batch) not in (2, 3):
        raise DataError(f"a loader must yield (x, y) or (x, y, lengths), got {len(batch)} parts")
    x, _, *lengths = batch
    output: Tensor = model(x, lengths=lengths[0]) if lengths else model(x)
    return output


def groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Yield lists of `size` batches; the last may be shorter."""
    group: list[Batch] = []
    for batch in batches:
        group.append(batch)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
