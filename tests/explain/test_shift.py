import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import ArgumentError
from amont.models import MLP
from tests.explain.small import Residual, Unchanged, image


def spots() -> np.ndarray:
    """Two images with something in their middle only: wherever it is moved by up to 2 pixels, it stays inside."""
    images = np.zeros((2, 1, 13, 13), np.float32)
    images[:, :, 5:8, 5:8] = np.random.default_rng(0).random((2, 1, 3, 3)) + 1
    return images


def convolutional(**options: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, **options), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )


@pytest.mark.parametrize("axis", ["x", "y"])
def test_pure_convolution_with_global_pooling_is_flat_and_a_dense_network_is_not(axis: str) -> None:
    flat = explain.shift_response(convolutional(padding=1), spots(), 2, axis=axis)
    assert flat.shifts.tolist() == [-2, -1, 0, 1, 2]
    np.testing.assert_allclose(flat.change, 0, atol=1e-5)
    assert (flat.agreement == 1).all()
    dense = explain.shift_response(MLP((169, 20, 3)), spots(), 2, axis=axis)
    assert dense.change[2] == 0
    assert (dense.change[[0, 1, 3, 4]] > 0.01).all()


def test_a_stride_sees_shifts_that_are_no_multiples_of_it() -> None:
    change = explain.shift_response(convolutional(stride=2, padding=1), spots(), 2).change
    np.testing.assert_allclose(change[[0, 2, 4]], 0, atol=1e-5)
    assert (change[[1, 3]] > 1e-3).all()


def test_right_is_positive_and_what_comes_in_is_zero_or_what_went_out() -> None:
    row = np.arange(1.0, 5).reshape(1, 1, 1, 4)
    same = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False))
    same.load_state_dict({"1.weight": np.eye(4)})
    zeros, wrap = (explain.shift_response(same, row, 1, mode=mode).outputs[:, 0].tolist() for mode in ("zeros", "wrap"))
    assert zeros == [[2, 3, 4, 0], [1, 2, 3, 4], [0, 1, 2, 3]]
    assert wrap == [[2, 3, 4, 1], [1, 2, 3, 4], [4, 1, 2, 3]]


def test_agreement_counts_the_images_whose_answer_stays() -> None:
    same = nn.Flatten()
    x = np.array([[0.0, 3, 0, 0], [5, 0, 4, 0]]).reshape(2, 1, 1, 4)
    assert explain.shift_response(same, x, 1).agreement.tolist() == [0, 1, 0]


def test_features_of_a_layer_and_a_model_left_as_it_was() -> None:
    model = Residual()
    with Unchanged(model):
        found = explain.shift_response(model, image()[None], 3, layer="second")
    assert found.outputs.shape == (7, 1, 3)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ArgumentError, match="leaves nothing"):
        explain.shift_response(Residual(), image()[None], 8)
    with pytest.raises(ArgumentError, match="axis must be"):
        explain.shift_response(Residual(), image()[None], 1, axis="z")
