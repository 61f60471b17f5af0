"""Each transform against what it must do to arrays that can be worked out by hand."""

import numpy as np
import pytest

from amont.core.errors import ArgumentError, DTypeError, ShapeError
from amont.data import ArrayDataset, SampleRandom
from amont.data.transforms import (
    Compose,
    Cutout,
    GaussianNoise,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomRotation,
    RandomShift,
    Transform,
)
from amont.data.transforms.rotation import rotate

ALL = [
    Normalize(0.5, 0.25),
    RandomCrop(padding=1),
    RandomShift(2),
    RandomHorizontalFlip(),
    RandomRotation(30),
    GaussianNoise(0.1),
    Cutout(2),
]


def images(n: int = 40, dtype: str = "float32") -> np.ndarray:
    return (1 + np.random.default_rng(0).random((n, 2, 5, 6))).astype(dtype)


@pytest.mark.parametrize("transform", ALL, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_each_keeps_shape_type_and_input_and_a_samples_result(transform: Transform, dtype: str) -> None:
    x = images(dtype=dtype)
    before = x.copy()
    y = transform(x, rng=SampleRandom(1, 0, np.arange(40)))
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert np.array_equal(x, before)
    assert not np.array_equal(y, x)
    alone = transform(x[[7, 3]], rng=SampleRandom(1, 0, [7, 3]))
    assert np.array_equal(alone, y[[7, 3]])


@pytest.mark.parametrize("transform", ALL, ids=lambda t: type(t).__name__)
def test_each_takes_a_generator_and_refuses_integers(transform: Transform) -> None:
    a, b = (transform(images(), rng=np.random.default_rng(2)) for _ in range(2))
    assert np.array_equal(a, b)
    with pytest.raises(DTypeError, match="floating point"):
        transform(np.zeros((2, 1, 5, 5), int))


def test_normalize_by_the_training_set() -> None:
    x = images(200) * np.array([1, 3], np.float32)[:, None, None]
    normalize = Normalize.fit(ArrayDataset(x, np.zeros(200, int)))
    y = normalize(x)
    assert np.allclose(y.mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(y.std((0, 2, 3)), 1, atol=1e-5)


def test_normalize_counts_true_steps_only_and_spares_constant_features() -> None:
    x = np.zeros((2, 4, 2))
    x[0, :3] = [[1, 5], [2, 5], [3, 5]]
    x[1, :1] = [[6, 5]]
    normalize = Normalize.fit(ArrayDataset(x, [0, 1], lengths=[3, 1]))
    assert normalize.mean.tolist() == [3, 5]
    assert np.allclose(normalize.std, [np.sqrt(3.5), 1])
    assert np.allclose(normalize(x)[1, 0], [3 / np.sqrt(3.5), 0])


def test_normalize_errors() -> None:
    with pytest.raises(ArgumentError, match="std positive"):
        Normalize(0, 0)
    with pytest.raises(ShapeError, match="expected 3 channels on axis 1"):
        Normalize([0, 0, 0], [1, 1, 1])(images())


def test_crop_gives_every_window_and_nothing_else() -> None:
    x = np.broadcast_to(np.arange(1.0, 10.0).reshape(1, 1, 3, 3), (300, 1, 3, 3))
    padded = np.pad(x[0, 0], 1)
    windows = {padded[i : i + 2, j : j + 2].tobytes() for i in range(4) for j in range(4)}
    y = RandomCrop(2, padding=1)(x, rng=np.random.default_rng(0))
    assert y.shape == (300, 1, 2, 2)
    assert {np.ascontiguousarray(crop[0]).tobytes() for crop in y} == windows


def test_crop_of_signals_and_too_large_windows() -> None:
    assert RandomCrop(5)(np.ones((4, 3, 9)), rng=np.random.default_rng(0)).shape == (4, 3, 5)
    with pytest.raises(ShapeError, match=r"window of \(7, 7\) does not fit into \(5, 6\) with padding 0"):
        RandomCrop(7)(images())


@pytest.mark.parametrize("mode", ["zeros", "wrap"])
def test_shift_moves_by_every_distance(mode: str) -> None:
    x = np.broadcast_to(np.arange(1.0, 6.0), (200, 1, 5))
    y = RandomShift(2, mode)(x, rng=np.random.default_rng(0))  # type: ignore[arg-type]
    wanted = {tuple(np.roll(x[0, 0], k)) for k in range(-2, 3)}
    if mode == "zeros":
        wanted = {tuple(np.pad(x[0, 0], 2)[k : k + 5]) for k in range(5)}
    assert {tuple(row[0]) for row in y} == wanted


def test_shift_per_axis_and_errors() -> None:
    x = images()
    y = RandomShift((0, 1), "wrap")(x, rng=np.random.default_rng(0))
    assert np.allclose(y.sum(3), x.sum(3))  # rows keep what they hold
    with pytest.raises(ArgumentError, match="max_shift"):
        RandomShift((1, 1, 1))(x)
    with pytest.raises(ArgumentError, match="mode"):
        RandomShift(1, "mirror")  # type: ignore[arg-type]


def test_flip() -> None:
    x = images()
    assert np.array_equal(RandomHorizontalFlip(1.0)(x), x[..., ::-1])
    assert np.array_equal(RandomHorizontalFlip(0.0)(x), x)
    y = RandomHorizontalFlip(0.5)(x, rng=np.random.default_rng(0))
    flipped = (y != x).any((1, 2, 3))
    assert 8 < flipped.sum() < 32
    assert np.array_equal(y[flipped], x[flipped][..., ::-1])
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        RandomHorizontalFlip(1.5)


def test_rotation_by_right_angles_is_exact() -> None:
    x = np.random.default_rng(0).random((4, 2, 5, 5))
    y = rotate(x, np.array([0.0, 90.0, 180.0, 270.0]))
    for k in range(4):
        assert np.allclose(y[k], np.rot90(x[k], k, axes=(1, 2)))  # rot90 turns counter-clockwise too


def test_rotation_interpolates_a_plane_exactly_inside() -> None:
    rows, columns = np.mgrid[-8:9, -8:9].astype(float)
    x = (2 * rows + 3 * columns)[None, None]
    theta = np.deg2rad(25)
    wanted = 2 * (rows * np.cos(theta) + columns * np.sin(theta)) + 3 * (columns * np.cos(theta) - rows * np.sin(theta))
    inside = rows**2 + columns**2 < 49
    assert np.allclose(rotate(x, np.array([25.0]))[0, 0][inside], wanted[inside])
    assert rotate(np.ones((1, 1, 9, 9)), np.array([45.0]))[0, 0, 0, 0] == 0  # a corner comes from outside


def test_rotation_errors() -> None:
    with pytest.raises(ArgumentError, match="between 0 and 360"):
        RandomRotation(-1)
    with pytest.raises(ShapeError, match=r"\(N, C, H, W\)"):
        RandomRotation(10)(np.ones((2, 1, 5)))


def test_noise_has_its_deviation() -> None:
    x = np.zeros((100, 1, 10, 10))
    noise = GaussianNoise(0.3)(x, rng=np.random.default_rng(0))
    assert abs(noise.std() - 0.3) < 0.01
    assert abs(noise.mean()) < 0.01
    with pytest.raises(ArgumentError, match="std"):
        GaussianNoise(np.nan)


def test_cutout_makes_one_square_hole_that_may_hang_over() -> None:
    y = Cutout(3)(np.ones((200, 2, 7, 7)), rng=np.random.default_rng(0))
    assert np.array_equal(y[:, 0], y[:, 1])
    sizes = set()
    for image in y[:, 0]:
        rows, columns = np.nonzero(image == 0)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert height * width == len(rows)
        sizes.add((int(height), int(width)))
    assert sizes == {(h, w) for h in (2, 3) for w in (2, 3)}


def test_compose() -> None:
    x = images()
    y = Compose(Normalize(1, 2), RandomHorizontalFlip(1.0))(x)
    assert np.allclose(y, (x[..., ::-1] - 1) / 2)
    with pytest.raises(ArgumentError, match="Compose takes transforms"):
        Compose([RandomHorizontalFlip()])  # type: ignore[arg-type]
