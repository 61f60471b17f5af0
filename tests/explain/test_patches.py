import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import ArgumentError, ShapeError
from tests.explain.small import Residual, Unchanged, image


def corner_detector() -> nn.Module:
    """Channel 0 answers to bright pixels, channel 1 to a bright pixel left of a dark one."""
    model = nn.Sequential(nn.Conv2d(1, 2, (1, 2)), nn.ReLU(), nn.MaxPool2d(2))
    model.load_state_dict({"0.weight": np.array([[[[1.0, 1.0]]], [[[1.0, -1.0]]]]), "0.bias": np.zeros(2)})
    return model


def test_the_patches_are_where_the_pattern_is() -> None:
    images = np.zeros((3, 1, 4, 5), np.float32)
    images[1, 0, 2, 3:5] = [1, 1]
    images[2, 0, 0, 1] = 0.5
    found = explain.exciting_patches(corner_detector(), images, "0", count=2)
    assert (found.channels, found.size) == ((0, 1), (1, 2))
    bright, edge = found.patches
    assert [(p.index, p.value) for p in bright] == [(1, 2), (2, 0.5)]
    assert bright[0].pixels.tolist() == [[[1, 1]]]
    assert [(p.index, p.value) for p in edge] == [(2, 0.5), (0, 0)]
    assert edge[0].pixels.tolist() == [[[0.5, 0]]]
    assert (edge[0].field.rows, edge[0].field.columns) == ((0, 0), (1, 2))


def test_behind_pooling_the_patch_is_the_whole_window() -> None:
    images = np.zeros((1, 1, 4, 5), np.float32)
    images[0, 0, 3, 4] = 1
    patch = explain.exciting_patches(corner_detector(), images, "2", [0]).patches[0][0]
    assert patch.pixels.shape == (1, 2, 3)
    assert patch.field.rows == (2, 3)
    assert patch.pixels[0, 1, 2] == 1


def test_beyond_the_edge_there_is_nothing_and_a_large_window_is_cut_to_the_image() -> None:
    padded = nn.Conv2d(1, 1, 3, padding=1)
    padded.load_state_dict({"weight": np.ones((1, 1, 3, 3)), "bias": [0.0]})
    images = np.zeros((1, 1, 4, 4), np.float32)
    images[0, 0, 0, 0] = 1
    patch = explain.exciting_patches(padded, images, "", count=5).patches[0][0]
    assert np.isnan(patch.pixels[0, 0]).all()
    assert patch.pixels[0, 1, 1] == 1
    wide = nn.Sequential(padded, padded, nn.Conv2d(1, 1, 3))
    assert explain.exciting_patches(wide, images, "2").patches[0][0].pixels.shape == (1, 4, 4)


def test_batches_change_nothing_and_the_model_is_left_as_it_was() -> None:
    model, images = Residual(3), np.stack([image(3) + n for n in range(5)])
    with Unchanged(model):
        one, many = (explain.exciting_patches(model, images, "second", batch=b) for b in (1, 5))
    for p, q in zip(one.patches, many.patches):
        assert [x.index for x in p] == [x.index for x in q]
        np.testing.assert_allclose([x.value for x in p], [x.value for x in q], rtol=1e-5)


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ArgumentError, match="channels 0 to 2, so there is no 3"):
        explain.exciting_patches(Residual(), image()[None], "second", [3])
    with pytest.raises(ShapeError, match="0 images"):
        explain.exciting_patches(Residual(), image()[None][:0], "second")
