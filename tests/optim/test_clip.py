import numpy as np
import pytest

from amont import optim
from amont.core.errors import ArgumentError
from amont.nn import Parameter


def with_gradients(*gradients: list[float]) -> list[Parameter]:
    params = [Parameter(np.zeros(len(g), np.float32)) for g in gradients]
    for p, g in zip(params, gradients):
        p.grad = np.array(g, np.float32)
    return params


def test_norm_is_over_all_parameters_and_the_direction_stays() -> None:
    params = with_gradients([3.0], [0.0, 4.0])
    assert optim.clip_grad_norm(params, 1.0) == pytest.approx(5)
    np.testing.assert_allclose(np.concatenate([p.grad for p in params]), [0.6, 0, 0.8], rtol=1e-6)  # type: ignore[misc]
    assert params[0].grad.dtype == np.float32  # type: ignore[union-attr]


def test_small_gradients_are_left_alone() -> None:
    params = [*with_gradients([3.0, 4.0]), Parameter(np.zeros(2, np.float32))]
    assert optim.clip_grad_norm(params, 5.0) == pytest.approx(5)
    np.testing.assert_array_equal(params[0].grad, [3, 4])  # type: ignore[arg-type]
    assert params[1].grad is None


def test_norm_of_large_float32_gradients_does_not_overflow() -> None:
    assert optim.clip_grad_norm(with_gradients([3e30, 4e30]), 1.0) == pytest.approx(5e30)


def test_not_a_number_is_returned_and_nothing_is_changed() -> None:
    params = with_gradients([np.nan, 100.0])
    assert np.isnan(optim.clip_grad_norm(params, 1.0))
    assert params[0].grad[1] == 100  # type: ignore[index]


def test_value() -> None:
    params = with_gradients([-3.0, 0.2, 7.0])
    optim.clip_grad_value(params, 0.5)
    np.testing.assert_allclose(params[0].grad, [-0.5, 0.2, 0.5])  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_limits_that_make_no_sense_are_refused(limit: float) -> None:
    with pytest.raises(ArgumentError, match="max_norm must be above 0"):
        optim.clip_grad_norm([], limit)
    with pytest.raises(ArgumentError, match="max_value must be above 0"):
        optim.clip_grad_value([], limit)
