"""Arrays become a data set, or are refused with the sample that is at fault."""

import numpy as np
import pytest

from amont.core.errors import ArgumentError, DataError, DTypeError, ShapeError
from amont.data import ArrayDataset, Data, DataLoader, Dataset, Info
from amont.data.dataset import check_finite, gather


def sequences() -> ArrayDataset:
    return ArrayDataset(np.arange(24.0).reshape(3, 4, 2), [0, 1, 2], lengths=[4, 1, 2])


def test_types_are_float32_and_int64() -> None:
    dataset = ArrayDataset(np.zeros((3, 2)), np.array([0, 1, 2], np.uint8))
    assert dataset.x.dtype == np.float32
    assert dataset.y.dtype == np.int64
    assert ArrayDataset(np.zeros((3, 2)), [0, 1, 2], dtype=np.float64).x.dtype == np.float64
    assert ArrayDataset(np.zeros((3, 2), np.int32), [0, 1, 2]).x.dtype == np.int32  # tokens stay integers


def test_items_and_batches() -> None:
    x, y, length = sequences()[1]
    assert (x.shape, int(y), int(length)) == ((4, 2), 1, 1)
    x, y, lengths = gather(sequences(), [2, 0])
    assert x.shape == (2, 4, 2)
    assert (y.tolist(), lengths.tolist()) == ([2, 0], [2, 4])
    assert isinstance(sequences(), Dataset)


def test_subset_by_numbers_mask_and_nothing() -> None:
    assert sequences().subset([2, 0]).y.tolist() == [2, 0]
    part = sequences().subset(np.array([True, False, True]))
    assert part.y.tolist() == [0, 2]
    assert part.lengths is not None
    assert part.lengths.tolist() == [4, 2]
    assert len(sequences().subset([])) == 0
    with pytest.raises(DataError, match="data set of 3"):
        sequences().subset([3])


def test_unequal_counts() -> None:
    with pytest.raises(ShapeError, match=r"x has 3, y has 2"):
        ArrayDataset(np.zeros((3, 2)), [0, 1])
    with pytest.raises(ShapeError, match="lengths has 1"):
        ArrayDataset(np.zeros((2, 3)), [0, 1], lengths=[1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite_names_the_first_bad_sample(value: float) -> None:
    x = np.zeros((5, 2, 3))
    x[3, 1, 2] = x[4, 0, 0] = value
    with pytest.raises(DataError, match=rf"x has {value} in sample 3 at \(1, 2\)"):
        ArrayDataset(x, np.zeros(5, int))


def test_not_finite_is_found_in_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amont.data.dataset._CHUNK", 4)
    x = np.zeros((7, 3))
    x[6, 0] = np.nan
    with pytest.raises(DataError, match="sample 6"):
        check_finite(x, "x")


def test_labels_must_be_integers_and_float_targets_say_so_by_their_shape() -> None:
    with pytest.raises(DTypeError, match=r"labels must be integers.*shape \(N, 1\)"):
        ArrayDataset(np.zeros((2, 3)), [0.0, 1.0])
    assert ArrayDataset(np.zeros((2, 3)), [[0.5], [1.0]]).y.dtype == np.float32
    with pytest.raises(DataError, match="y has nan in sample 1"):
        ArrayDataset(np.zeros((2, 3)), [[0.5], [np.nan]])


def test_other_types_are_refused() -> None:
    with pytest.raises(DTypeError, match="x must hold numbers"):
        ArrayDataset(np.array(["a", "b"]), [0, 1])
    with pytest.raises(ShapeError, match="axis 0"):
        ArrayDataset(1.0, [0])


@pytest.mark.parametrize("length", [0, 5])
def test_lengths_out_of_range(length: int) -> None:
    with pytest.raises(DataError, match=f"T = 4, but sample 1 has {length}"):
        ArrayDataset(np.zeros((2, 4, 3)), [0, 1], lengths=[1, length])
    with pytest.raises(DTypeError, match="lengths must be integers"):
        ArrayDataset(np.zeros((2, 4, 3)), [0, 1], lengths=[1.0, 2.0])


class Squares:
    """A data set of one's own: a length and items."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        return np.full((2,), index**2, np.float32), np.int64(index)  # type: ignore[return-value]


def test_gather_stacks_the_items_of_any_data_set() -> None:
    x, y = gather(Squares(), [3, 1])
    assert x.tolist() == [[9, 9], [1, 1]]
    assert (y.tolist(), y.dtype) == ([3, 1], np.int64)


def test_gather_refuses_different_shapes() -> None:
    with pytest.raises(ShapeError, match="pad_sequences"):
        gather([(np.zeros(2), 0), (np.zeros(3), 1)], [0, 1])  # type: ignore[arg-type]


def test_data_refuses_labels_outside_the_classes() -> None:
    good, bad = ArrayDataset(np.zeros((2, 3)), [0, 1]), ArrayDataset(np.zeros((2, 3)), [0, 2])
    info = Info("", "", "", "")
    assert Data("d", "image", good, good, ("a", "b"), info).num_classes == 2
    with pytest.raises(DataError, match="d, test part: labels must lie between 0 and 1, but sample 1 has 2"):
        Data("d", "image", good, bad, ("a", "b"), info)
    with pytest.raises(ArgumentError, match="kind"):
        Data("d", "sound", good, good, ("a", "b"), info)  # type: ignore[arg-type]


def test_an_empty_set_is_called_empty() -> None:
    with pytest.raises(DataError, match="the data set is empty"):
        DataLoader(ArrayDataset(np.ones((0, 2)), []), batch_size=2)
