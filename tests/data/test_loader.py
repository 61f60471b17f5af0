"""Batches: complete, in an order that (seed, epoch) alone decides, the same whatever the thread does."""

import threading
from typing import Any

import numpy as np
import pytest

from amont.core import rng as randomness
from amont.core.errors import ArgumentError, CheckpointError, DataError
from amont.data import ArrayDataset, DataLoader
from amont.data.transforms import Compose, Cutout, GaussianNoise, Normalize, RandomCrop, RandomHorizontalFlip

AUGMENT = Compose(RandomCrop(padding=2), RandomHorizontalFlip(), GaussianNoise(0.1), Cutout(3))


def images(n: int = 23) -> ArrayDataset:
    return ArrayDataset(np.random.default_rng(0).random((n, 2, 6, 6)), np.arange(n))


def visited(batches: Any) -> list[int]:
    return [int(label) for batch in batches for label in batch[1]]


def test_sizes() -> None:
    loader = DataLoader(images(), 5)
    assert len(loader) == 5
    assert [len(y) for _, y in loader] == [5, 5, 5, 5, 3]
    loader = DataLoader(images(), 5, drop_last=True)
    assert len(loader) == 4
    assert [len(y) for _, y in loader] == [5, 5, 5, 5]
    assert visited(DataLoader(images(), 7)) == list(range(23))


def test_every_epoch_visits_all_in_another_order() -> None:
    loader = DataLoader(images(), 4, shuffle=True, seed=1)
    first, second = visited(loader), visited(loader)
    assert sorted(first) == sorted(second) == list(range(23))
    assert first != second
    assert first != list(range(23))
    assert loader.epoch == 2


def test_order_depends_on_seed_and_epoch_only() -> None:
    base = DataLoader(images(), 4, shuffle=True, seed=1)
    wanted = visited(base.batches(3))
    for batch_size, prefetch in ((1, 0), (7, 1), (23, 4)):
        other = DataLoader(images(), batch_size, shuffle=True, seed=1, prefetch=prefetch)
        other.epoch = 3
        assert visited(other) == wanted
    assert visited(DataLoader(images(), 4, shuffle=True, seed=2).batches(3)) != wanted


def test_default_seed_comes_from_amont_seed() -> None:
    orders = []
    for seed in (3, 3, 4):
        randomness.seed(seed)
        orders.append(visited(DataLoader(images(), shuffle=True)))
    assert orders[0] == orders[1] != orders[2]
    given = [DataLoader(images(), rng=np.random.default_rng(1)).seed for _ in range(2)]
    assert given[0] == given[1]


@pytest.mark.parametrize("prefetch", [0, 1, 4])
@pytest.mark.parametrize("batch_size", [1, 4, 23])
def test_augmentation_of_a_sample_is_the_same_in_any_batch_and_thread(batch_size: int, prefetch: int) -> None:
    def epoch(loader: DataLoader) -> np.ndarray:
        batches = [*loader.batches(5)]
        x, y = (np.concatenate(parts) for parts in zip(*batches))
        return x[np.argsort(y)]

    wanted = epoch(DataLoader(images(), 8, shuffle=False, transform=AUGMENT, seed=9, prefetch=0))
    loader = DataLoader(images(), batch_size, shuffle=True, transform=AUGMENT, seed=9, prefetch=prefetch)
    assert np.array_equal(epoch(loader), wanted)
    assert wanted.dtype == np.float32
    assert not np.array_equal(wanted, images().x)


def test_augmentation_changes_from_epoch_to_epoch() -> None:
    loader = DataLoader(images(), 23, transform=AUGMENT, seed=9)
    (first, _), (second, _) = next(iter(loader)), next(iter(loader))
    assert not np.array_equal(first, second)


def test_a_resumed_run_sees_the_same_batches() -> None:
    loader = DataLoader(images(), 4, shuffle=True, transform=AUGMENT)
    visited(loader)
    state = loader.state_dict()
    wanted = [*loader]
    resumed = DataLoader(images(), 4, shuffle=True, transform=AUGMENT)
    resumed.load_state_dict(state)
    for a, b in zip(wanted, resumed, strict=True):
        assert all(np.array_equal(p, q) for p, q in zip(a, b))
    halfway = [*resumed.batches(state["epoch"], start=2)]
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(halfway, wanted[2:], strict=True))
    with pytest.raises(CheckpointError, match="'seed' and 'epoch'"):
        loader.load_state_dict({"seed": 1})


def test_two_iterations_at_once() -> None:
    loader = DataLoader(images(), 4, shuffle=True, seed=0)
    first, second = iter(loader), iter(loader)
    pairs = [*zip(first, second)]
    assert visited(a for a, _ in pairs) == visited(loader.batches(0))
    assert visited(b for _, b in pairs) == visited(loader.batches(1))


def test_lengths_come_along_and_padding_stays_zero() -> None:
    x = np.ones((3, 4, 2))
    dataset = ArrayDataset(x, [0, 1, 2], lengths=[4, 1, 2])
    ((x, _, lengths),) = DataLoader(dataset, 3, transform=Normalize([0.5, 0], [1, 2], axis=-1))
    assert lengths.tolist() == [4, 1, 2]
    assert x[:, :, 0].tolist() == [[0.5] * 4, [0.5, 0, 0, 0], [0.5, 0.5, 0, 0]]
    assert x.dtype == np.float32


def test_any_function_of_a_batch_is_a_transform() -> None:
    ((x, _),) = DataLoader(images(), 23, transform=lambda x: x + 1)
    assert np.array_equal(x, images().x + 1)


class Broken:
    def __len__(self) -> int:
        return 10

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        if index == 7:
            raise OSError("sample 7 cannot be read")
        return np.zeros(2), 0


@pytest.mark.parametrize("prefetch", [0, 1, 4])
def test_an_error_in_the_data_set_is_raised_by_the_loop(prefetch: int) -> None:
    batches = iter(DataLoader(Broken(), 2, prefetch=prefetch))
    assert [len(next(batches)[0]) for _ in range(3)] == [2, 2, 2]
    with pytest.raises(OSError, match="sample 7"):
        next(batches)
    assert not [thread for thread in threading.enumerate() if thread.name == "amont-prefetch"]


def test_bad_arguments() -> None:
    with pytest.raises(DataError, match="empty"):
        DataLoader(images().subset([]))
    with pytest.raises(
        ArgumentError, match=r"batch_size=24 is larger than the data set of 23 samples.*drop_last=False"
    ):
        DataLoader(images(), 24, drop_last=True)
    assert len(DataLoader(images(), 24)) == 1
    for wrong in ({"batch_size": 0}, {"batch_size": 2.5}, {"prefetch": -1}, {"seed": -1}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            DataLoader(images(), **wrong)  # type: ignore[arg-type]
