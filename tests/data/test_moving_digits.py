"""The videos are what their labels say, and no single frame says it."""

import numpy as np
import pytest

from amont import data
from amont.data.moving_digits import CANVAS, LONGEST, MOTIONS, SPEEDS, draw, moving_images, offsets

DOTS = np.linspace(0.1, 1, 10).reshape(10, 1, 1, 1)  # ten images of one pixel: brightness and place tell all


def dots() -> tuple[np.ndarray, ...]:
    """Return the places (N, T, 2) of moving dots, which of the ten each is (N,), labels and lengths."""
    videos = moving_images(DOTS, 1000, rng=np.random.default_rng(0))
    assert videos.lengths is not None
    flat = videos.x.reshape(*videos.x.shape[:2], -1)
    places = np.stack(np.unravel_index(flat.argmax(-1), (CANVAS, CANVAS)), axis=-1)
    return places, np.rint(flat[:, 0].max(-1) * 10).astype(int) - 1, videos.y, videos.lengths


def excess(labels: np.ndarray, values: np.ndarray) -> float:
    """Return by how many deviations χ² of the table labels × values lies above what independence gives."""
    table = np.zeros((labels.max() + 1, values.max() + 1))
    np.add.at(table, (labels, values), 1)
    table = table[:, table.any(0)]
    expected = table.sum(1, keepdims=True) * table.sum(0) / table.sum()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float((((table - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom))


@pytest.mark.parametrize("label", range(len(MOTIONS)), ids=list(MOTIONS))
def test_from_all_starts_each_frame_has_the_digit_once_at_each_place(label: int) -> None:
    starts = np.stack(np.indices((CANVAS, CANVAS)), axis=-1).reshape(-1, 1, 2)
    for speed in SPEEDS:
        for phase in (0.0, 1.0, 4.0):
            moved = offsets(np.array([label]), LONGEST, np.array([speed]), np.array([phase]))
            places = (starts + moved) % CANVAS
            for t in range(LONGEST):
                assert len(np.unique(places[:, t], axis=0)) == CANVAS**2


def test_nothing_in_one_frame_depends_on_the_class() -> None:
    places, which, labels, lengths = dots()
    assert abs(excess(labels, which)) < 4
    assert abs(excess(labels, lengths)) < 4
    for t in range(lengths.min()):
        cell = places[:, t] // 2
        assert abs(excess(labels, cell[:, 0] * CANVAS // 2 + cell[:, 1])) < 4
        assert abs(excess(labels, which * 4 + places[:, t, 0] // 4)) < 4
    step = (places[:, 1] - places[:, 0]) % CANVAS
    assert excess(labels, step[:, 0] * CANVAS + step[:, 1]) > 100  # two frames do depend on it


def test_the_motion_is_the_one_named() -> None:
    places, _, labels, lengths = dots()
    half = CANVAS // 2
    steps = (np.diff(places[:, : lengths.min()], axis=1) + half) % CANVAS - half  # (rows, columns), shortest way round
    way = steps.sum(1)
    turn = (steps[:, :-1, 1] * steps[:, 1:, 0] - steps[:, :-1, 0] * steps[:, 1:, 1]).sum(1)  # > 0: clockwise on screen
    names = np.array(list(MOTIONS))[labels]
    assert (steps[names == "still"] == 0).all()
    for name, axis, sign in (("left", 1, -1), ("right", 1, 1), ("up", 0, -1), ("down", 0, 1)):
        assert (way[names == name, axis] * sign >= lengths.min() - 1).all()
        assert (way[names == name, 1 - axis] == 0).all()
    assert (turn[names == "clockwise"] > 0).all()
    assert (turn[names == "counterclockwise"] < 0).all()


def test_a_digit_that_leaves_comes_in_on_the_other_side() -> None:
    image = np.arange(1.0, 5).reshape(1, 1, 2, 2)
    (frame,) = draw(image, np.array([[[3, 3]]]), 4)[0, :, 0]
    assert frame[[3, 3, 0, 0], [3, 0, 3, 0]].tolist() == [1, 2, 3, 4]
    assert frame.sum() == 10


def test_training_and_test_videos_show_different_digits() -> None:
    def shades(images: np.ndarray) -> set[bytes]:
        return {np.sort(image[image > 0]).tobytes() for image in images}

    digits, videos = data.load("digits"), data.load("moving-digits")
    train, test = shades(digits.train.x), shades(digits.test.x)
    assert not train & test
    assert shades(videos.train.x[:, 0]) <= train
    assert shades(videos.test.x[:, 3]) <= test


def test_the_data_set() -> None:
    videos = data.load("moving-digits")
    assert (videos.kind, videos.sample_shape, videos.class_names) == ("video", (12, 1, 16, 16), tuple(MOTIONS))
    assert np.bincount(videos.train.y).tolist() == [500] * 7
    assert np.bincount(videos.test.y).tolist() == [200] * 7
    assert videos.info.description.startswith("GENERATED")
    assert videos.train.lengths is not None
    shown = videos.train.x.any((2, 3, 4))
    assert (shown == (np.arange(12) < videos.train.lengths[:, None])).all()
    np.testing.assert_array_equal(data.load("moving-digits").train.x, videos.train.x)
