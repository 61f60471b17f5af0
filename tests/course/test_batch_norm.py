"""Batch normalization of the course (D3 5.1, 5.2), with numbers by hand."""

import numpy as np
import pytest

from amont import nn, tensor

BATCH = np.array([[1.0, 10], [3, 10], [5, 40], [7, 40]])  # means 4 and 25, variances 5 and 225


def layer(**options: float) -> nn.BatchNorm1d:
    return nn.BatchNorm1d(2, **options).astype("f8")  # type: ignore[arg-type]


def test_training_uses_the_batch() -> None:
    """5.1: y = a (x − μ_B)/√(σ_B² + ε) + b, here ε = 4: √(5 + 4) = 3."""
    bn = layer(eps=4.0)
    bn.weight.data[:] = [3, 1]  # type: ignore[union-attr]
    bn.bias.data[:] = [0, 100]  # type: ignore[union-attr]
    y = bn(BATCH).numpy()
    np.testing.assert_allclose(y[:, 0], [-3, -1, 1, 3])
    np.testing.assert_allclose(y[:, 1], 100 + np.array([-15, -15, 15, 15]) / np.sqrt(229))


def test_output_has_mean_0_and_variance_1() -> None:
    y = layer(eps=0.0)(BATCH).numpy()
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(y.var(axis=0), 1)


def test_running_averages_with_m_0_9() -> None:
    """5.2: μ ← m μ + (1 − m) μ_B from μ = 0: 0.4, 0.76, 1.084 for μ_B = 4; PyTorch's momentum is 1 − m.

    The variance goes by the unbiased one, 5·4/3 and 225·4/3 = 300, from σ² = 1: 0.9 + 30 = 30.9, 27.81 + 30 = 57.81.
    """
    bn = layer(momentum=1 - 0.9)
    means, variances = [], []
    for _ in range(3):
        bn(BATCH)
        means.append(bn.running_mean.numpy()[0])  # type: ignore[union-attr]
        variances.append(bn.running_var.numpy()[1])  # type: ignore[union-attr]
    np.testing.assert_allclose(means, [0.4, 0.76, 1.084])
    np.testing.assert_allclose(variances, [30.9, 57.81, 82.029])


def test_test_mode_uses_the_running_averages_and_leaves_them() -> None:
    bn = layer(eps=0.0)
    bn.load_state_dict({"weight": [2.0, 1], "bias": [1.0, 0], "running_mean": [1.0, 0], "running_var": [4.0, 25]})
    bn.eval()
    y = bn(np.array([[5.0, 10.0]]))  # one sample is enough now
    np.testing.assert_allclose(y.numpy(), [[2 * (5 - 1) / 2 + 1, 2]])
    np.testing.assert_array_equal(bn.running_mean.numpy(), [1, 0])  # type: ignore[union-attr]


def test_the_gradient_does_not_feel_shift_and_scale_of_the_batch() -> None:
    """y stays the same when all x move or stretch, so the gradient has no part along 1 and along x̂."""
    x = tensor(BATCH, dtype="f8", requires_grad=True)
    y = layer(eps=0.0)(x)
    y.backward(np.random.default_rng(0).standard_normal((4, 2)))
    np.testing.assert_allclose(x.grad.sum(axis=0), 0, atol=1e-15)  # type: ignore[union-attr]
    np.testing.assert_allclose((x.grad * y.numpy()).sum(axis=0), 0, atol=1e-15)
    assert np.abs(x.grad).max() > 0.01  # type: ignore[arg-type]


@pytest.mark.parametrize("momentum", [0.0, 1.0])
def test_the_ends_of_momentum(momentum: float) -> None:
    bn = layer(momentum=momentum)
    bn(BATCH)
    np.testing.assert_allclose(bn.running_mean.numpy(), momentum * np.array([4, 25]))  # type: ignore[union-attr]
