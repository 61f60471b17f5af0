"""A batch and the model: (x, y) or (x, y, lengths), as `DataLoader` yields them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import DataError
from amont.nn import Module

Batch = tuple[Any, ...]


def check_batch(batch: Any) -> Batch:
    """Return what a loader yielded if it is a batch. Errors: `DataError`."""
    if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
        came = f"{len(batch)} parts" if isinstance(batch, tuple | list) else type(batch).__name__
        raise DataError(f"a loader must yield batches (x, y) or (x, y, lengths), got {came}; see data.DataLoader")
    if any(np.ndim(part) == 0 for part in batch[1:]):
        raise DataError("a loader must yield batches (x, y), got a single sample; wrap the data set in data.DataLoader")
    return tuple(batch)


def predict(model: Module, batch: Batch) -> Tensor:
    """Return model(x), or model(x, lengths=lengths) where the batch has lengths."""
    x, _, *lengths = check_batch(batch)
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
