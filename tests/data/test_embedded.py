"""The data that comes with amont is what its authors published."""

from importlib import resources

import numpy as np
import pytest

from amont import data
from amont.core.errors import UnknownNameError
from amont.data import embedded


def test_digits() -> None:
    digits = data.load("digits")
    assert (digits.kind, digits.sample_shape, digits.num_classes) == ("image", (1, 8, 8), 10)
    assert (len(digits.train), len(digits.test)) == (1297, 500)
    both = np.concatenate([digits.train.x, digits.test.x])
    assert both.min() == 0
    assert both.max() == 1
    assert (both * 16 % 1 == 0).all()
    assert int((both * 16).sum()) == 561718  # the sum of all pixels in the published file
    shares = np.bincount(digits.test.y) / np.bincount(np.concatenate([digits.train.y, digits.test.y]))
    assert np.allclose(shares, 500 / 1797, atol=0.01)


def test_mnist1d() -> None:
    signals = data.load("mnist1d")
    assert (signals.kind, signals.sample_shape, signals.num_classes) == ("signal", (1, 40), 10)
    assert (len(signals.train), len(signals.test)) == (4000, 1000)
    both = np.concatenate([signals.train.x, signals.test.x])
    assert abs(both.mean()) < 1e-6  # the package centres and scales all 5000 together
    assert abs(both.std() - 1) < 1e-6
    assert np.bincount(np.concatenate([signals.train.y, signals.test.y])).tolist() == [500] * 10
    assert np.allclose(signals.train.x[0, 0, :3], [-0.33200567, -0.47191037, -0.77869708])


def test_japanese_vowels() -> None:
    vowels = data.load("japanese-vowels")
    assert (vowels.kind, vowels.sample_shape, vowels.num_classes) == ("sequence", (29, 12), 9)
    assert np.bincount(vowels.train.y).tolist() == [30] * 9
    assert np.bincount(vowels.test.y).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    for part in (vowels.train, vowels.test):
        assert part.lengths is not None
        assert part.lengths.min() == 7
        assert part.lengths.max() <= 29
        past = np.arange(29) >= part.lengths[:, None]
        assert (part.x[past] == 0).all()
        assert (part.x[~past] != 0).any(-1).all()
    assert np.allclose(vowels.train.x[0, 0, :2], [1.860936, -0.207383])


@pytest.mark.parametrize("name", embedded.NAMES)
def test_each_says_where_it_comes_from(name: str) -> None:
    info = data.load(name).info
    assert "http" in info.source
    assert info.licence.startswith(("CC BY 4.0", "Apache-2.0"))
    assert info.description
    assert info.citation


def test_they_are_small_and_complete() -> None:
    files = {file.name: file for file in resources.files(embedded).iterdir() if file.name.endswith((".npz", ".toml"))}
    assert set(files) == {name + end for name in embedded.NAMES for end in (".npz", ".toml")}
    assert sum(len(file.read_bytes()) for file in files.values()) < 2_000_000


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError, match="no data set 'minst'; did you mean 'mnist'"):
        data.load("minst")
    assert set(data.NAMES) == {
        "cifar-10",
        "digits",
        "fashion-mnist",
        "japanese-vowels",
        "mnist",
        "mnist1d",
        "moving-digits",
        "scenes",
    }
