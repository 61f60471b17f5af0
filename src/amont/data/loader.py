"""`DataLoader`: batches of a data set, in an order that depends on nothing but (seed, epoch)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from amont.core import rng as randomness
from amont.core.errors import ArgumentError, CheckpointError, DataError
from amont.core.shapes import to_tuple
from amont.data.dataset import Array, Dataset, Sample, gather
from amont.data.prefetch import prefetch as run_ahead
from amont.data.sample_random import SampleRandom
from amont.data.transforms.base import Transform


class DataLoader:
    """Yield batches (x, y), or (x, y, lengths) for padded sequences, as NumPy arrays.

    shuffle: a new order each epoch. drop_last: leave out a last batch that is not full.
    transform: a `Transform`, or any function of a batch `x`; with lengths, the padding is set back to zero after it.
    prefetch: how many batches a thread computes ahead; 0 computes them when they are asked for. A thread pays when a
        batch is read from files; for batches from memory it costs more than it saves, as it and the training take
        Python's lock from each other (LeNet, 64 MNIST images: 4.9 ms a step, 6.5 with a thread).
    seed: what order and augmentation are made from; by default drawn from `rng`, or from `amont.seed`.

    `iter(loader)` begins the epoch whose number is `loader.epoch`, and raises that number by one. The order of
    epoch e is a function of (seed, e), and each sample's augmentation of (seed, e, its number in the data set):
    neither depends on batch size or prefetch. To go on from a checkpoint, `load_state_dict(state)`, and
    `batches(epoch, start)` to go on in the middle of an epoch.

    Errors: `DataError` for an empty data set; `ArgumentError` for a batch larger than the data with `drop_last`.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int = 32,
        *,
        shuffle: bool = False,
        drop_last: bool = False,
        transform: Callable[[Array], Array] | None = None,
        prefetch: int = 0,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        (self.batch_size,) = to_tuple(batch_size, 1, "batch_size", minimum=1)
        (self.prefetch,) = to_tuple(prefetch, 1, "prefetch")
        (self.seed,) = to_tuple(_draw_seed(rng) if seed is None else seed, 1, "seed")
        _check_size(len(dataset), self.batch_size, drop_last)
        self.dataset, self.shuffle, self.drop_last, self.transform = dataset, shuffle, drop_last, transform
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of batches of an epoch."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Sample]:
        epoch, self.epoch = self.epoch, self.epoch + 1
        return self.batches(epoch)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Sample]:
        """Return the batches of one epoch from batch `start` on; `self.epoch` is neither used nor changed."""
        order = self.order(epoch)
        chosen = (order[i * self.batch_size : (i + 1) * self.batch_size] for i in range(start, len(self)))
        return run_ahead((self._batch(epoch, indices) for indices in chosen), self.prefetch)

    def order(self, epoch: int) -> Array:
        """Return the sample numbers of an epoch in the order in which they are visited, shape (N,)."""
        if not self.shuffle:
            return np.arange(len(self.dataset))
        return randomness.generator(self.seed, f"order of epoch {epoch}").permutation(len(self.dataset))

    def state_dict(self) -> dict[str, int]:
        """Return what a resumed run needs to see the same batches: the seed and the number of the next epoch."""
        return {"seed": self.seed, "epoch": self.epoch}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict()`."""
        if set(state) != {"seed", "epoch"}:
            raise CheckpointError(f"expected a loader's state with 'seed' and 'epoch', got {sorted(state)}")
        self.seed, self.epoch = int(state["seed"]), int(state["epoch"])

    def _batch(self, epoch: int, indices: Array) -> Sample:
        x, *rest = gather(self.dataset, indices)
        if self.transform is None:
            return (x, *rest)
        if isinstance(self.transform, Transform):
            x = self.transform(x, rng=SampleRandom(self.seed, epoch, indices))
        else:
            x = self.transform(x)
        return (_clear_padding(x, rest[1]) if len(rest) > 1 else x, *rest)


def _draw_seed(rng: np.random.Generator | None) -> int:
    return int(randomness.stream("shuffle", rng).integers(2**63))


def _check_size(n: int, batch_size: int, drop_last: bool) -> None:
    if n == 0:
        raise DataError("the data set is empty: a loader needs at least one sample")
    if drop_last and batch_size > n:
        raise ArgumentError(
            f"batch_size={batch_size} is larger than the data set of {n} samples, and drop_last=True would leave "
            f"no batch; use batch_size={n} or less, or drop_last=False"
        )


def _clear_padding(x: Array, lengths: Array) -> Array:
    """Return x (N, T, …) with zeros in the steps t ≥ length, as unchanged data has them."""
    inside = np.arange(x.shape[1]) < lengths[:, None]  # (N, T)
    return np.where(inside.reshape(*inside.shape, *(1,) * (x.ndim - 2)), x, x.dtype.type(0))
