"""Generated scenes: the same for the same seed, and no digit of a test scene in a training scene."""

from __future__ import annotations

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import data
from amont.core.errors import ArgumentError, DataError
from amont.data.scenes import enlarge, load_scenes


def test_shapes_and_classes() -> None:
    scenes = load_scenes(train=40, test=20)
    assert (scenes.kind, scenes.sample_shape, scenes.num_classes) == ("scene", (1, 48, 48), 11)
    assert scenes.train.y.shape == (40, 48, 48)
    assert set(np.unique(scenes.train.y)) == set(range(11))
    assert scenes.class_names[0] == "background"
    digits = [len(np.unique(labels)) - 1 for labels in scenes.train.y]
    assert 1 <= min(digits) <= max(digits) == 4
    ink = scenes.test.y > 0
    assert scenes.test.x[:, 0][ink].mean() > 0.6 > 0.1 > scenes.test.x[:, 0][~ink].mean()


def test_it_is_called_generated_and_names_the_source_of_the_digits() -> None:
    info = data.load("scenes").info
    assert info.description.startswith("Generated")
    assert "generated" in info.source
    assert "doi:10.24432/C50P49" in info.source
    assert "CC BY 4.0" in info.licence


def test_the_seed_alone_decides() -> None:
    amont.seed(1)
    first = load_scenes(train=3, test=2)
    amont.seed(2)
    again, other = load_scenes(train=3, test=2), load_scenes(train=3, test=2, seed=1)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    np.testing.assert_array_equal(first.test.y, again.test.y)
    assert not np.array_equal(first.train.x, other.train.x)


def test_each_part_draws_from_its_own_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    digits, seen = data.load("digits"), []
    monkeypatch.setattr("amont.data.scenes.enlarge", lambda image, side: seen.append(image) or enlarge(image, side))
    load_scenes(train=10, test=0 + 5)
    known = [{image.tobytes() for image in part.x} for part in (digits.train, digits.test)]
    assert len(known[0] & known[1]) == 0
    sides = [[image.tobytes() in part for image in seen] for part in known]
    change = sides[0].index(False)
    assert all(sides[0][:change])
    assert all(sides[1][change:])
    assert 0 < change < len(seen)


def test_enlarging_is_bilinear_interpolation() -> None:
    image = np.random.default_rng(0).random((8, 8))
    expected = F.interpolate(image[None, None], size=19, mode="bilinear").numpy()[0, 0]
    np.testing.assert_allclose(enlarge(image, 19), expected, rtol=1e-12, atol=1e-12)


def test_a_canvas_too_small() -> None:
    with pytest.raises(ArgumentError, match="size must be a whole number, at least 20, got 16"):
        load_scenes(size=16)


def test_a_label_outside_the_classes_is_found_in_its_sample() -> None:
    scenes = load_scenes(train=3, test=2)
    scenes.train.y[2, 5, 6] = 11
    with pytest.raises(DataError, match="between 0 and 10, but sample 2 has 11"):
        data.Data("mine", "scene", scenes.train, scenes.test, scenes.class_names, scenes.info)
