import numpy as np
import pytest

import amont.functional as F
from amont import nn, no_grad, tensor
from amont.core.errors import ArgumentError, DataError, DTypeError, ShapeError


def test_one_value_per_channel_cannot_be_normalized() -> None:
    for shape in ((1, 3), (1, 3, 1)):
        with pytest.raises(DataError, match=r"^BatchNorm1d: .* at least 2 values per channel, got 1 .*model.eval\(\)"):
            nn.BatchNorm1d(3)(np.ones(shape, np.float32))
    assert nn.BatchNorm1d(3).eval()(np.ones((1, 3), np.float32)).shape == (1, 3)
    assert nn.BatchNorm1d(3)(np.ones((1, 3, 2), np.float32)).shape == (1, 3, 2)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"^BatchNorm2d: expected 3 input channels, got .*\(2, 4, 5, 5\)"):
        nn.BatchNorm2d(3)(np.ones((2, 4, 5, 5), np.float32))
    with pytest.raises(ShapeError, match=r"expected an input of shape \(N, C, H, W\), got \(2, 3\)"):
        nn.BatchNorm2d(3)(np.ones((2, 3), np.float32))
    with pytest.raises(ShapeError, match=r"expected an input whose last axes are \(4, 5\), got shape \(2, 5, 4\)"):
        nn.LayerNorm((4, 5))(np.ones((2, 5, 4), np.float32))
    with pytest.raises(ShapeError, match=r"expected a weight of shape \(3,\), got \(2,\)"):
        F.layer_norm(np.ones((2, 3), np.float32), 3, tensor([1.0, 1.0]))
    with pytest.raises(ShapeError, match="expected 6 input channels"):
        nn.GroupNorm(2, 6)(np.ones((2, 4, 3), np.float32))
    with pytest.raises(ArgumentError, match="must divide the 4 channels, got 3"):
        F.group_norm(np.ones((2, 4), np.float32), 3)
    with pytest.raises(DTypeError, match="floating point"):
        F.batch_norm(np.ones((2, 4), int), None, None, training=True)


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ArgumentError, match="num_features"):
        nn.BatchNorm1d(0)
    with pytest.raises(ArgumentError, match="momentum must be between 0 and 1"):
        nn.BatchNorm1d(3, momentum=1.5)
    with pytest.raises(ArgumentError, match="must divide"):
        nn.GroupNorm(4, 6)


def test_constant_inputs_give_the_shift() -> None:
    for layer in (nn.BatchNorm1d(3), nn.LayerNorm(3), nn.GroupNorm(3, 3)):
        np.testing.assert_allclose(layer(np.full((4, 3), 7, np.float32)).numpy(), 0, atol=1e-6)


def test_running_averages_move_in_training_only_also_without_gradients() -> None:
    bn, x = nn.BatchNorm1d(2), np.array([[1.0, 2], [3, 4]], np.float32)
    with no_grad():
        bn(x)
    np.testing.assert_allclose(bn.running_mean.numpy(), [0.2, 0.3], rtol=1e-6)  # type: ignore[union-attr]
    bn.eval()(x)
    np.testing.assert_allclose(bn.running_mean.numpy(), [0.2, 0.3], rtol=1e-6)  # type: ignore[union-attr]
    assert bn.running_mean.dtype == np.float32  # type: ignore[union-attr]


def test_without_running_averages_the_batch_is_used_in_test_too() -> None:
    bn, x = nn.BatchNorm1d(2, track_running_stats=False), np.array([[1.0, 2], [3, 8]], np.float32)
    np.testing.assert_array_equal(bn(x).numpy(), bn.eval()(x).numpy())
    assert set(bn.state_dict()) == {"weight", "bias"}


def test_large_means_lose_no_variance() -> None:
    x = (1e4 + np.random.default_rng(0).standard_normal((512, 3))).astype(np.float32)
    np.testing.assert_allclose(F.batch_norm(x, None, None, training=True).numpy().var(axis=0), 1, rtol=1e-2)


def test_names_are_pytorchs() -> None:
    assert set(nn.BatchNorm2d(3).state_dict()) == {"weight", "bias", "running_mean", "running_var"}
    state = {**nn.BatchNorm2d(3).state_dict(), "num_batches_tracked": np.array(7)}
    nn.BatchNorm2d(3).load_state_dict(state)
    assert "affine=False" in repr(nn.BatchNorm1d(3, affine=False))
