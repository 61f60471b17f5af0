"""The losses of the course: MSE on one-hot (D3 2.1), likelihood (6.1), cross-entropy (6.2), softmax (6.3)."""

import numpy as np
import pytest

import amont.functional as F
from amont import nn, optim, tensor

RNG = np.random.default_rng(3)
Z = RNG.standard_normal((6, 4))
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(4)[LABELS]
SOFTMAX = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)


def test_mse_on_one_hot() -> None:
    """L = 1/N Σ_i ‖f(x_i) − y_i‖²: the sum over the classes, the mean over the samples."""
    expected = np.mean([np.linalg.norm(f - y) ** 2 for f, y in zip(SOFTMAX, ONE_HOT)])
    assert F.mse_loss(SOFTMAX, F.one_hot(LABELS, 4, "f8"), "batchmean").item() == pytest.approx(expected)
    assert 4 * F.mse_loss(SOFTMAX, ONE_HOT).item() == pytest.approx(expected)


def test_likelihood_and_cross_entropy_are_one() -> None:
    """6.1: −Σ log p(y_i | x_i); 6.2: −1/n Σ_i Σ_c y_{i,c} log ỹ_{i,c}; 6.3: −log softmax."""
    likelihood = np.prod(SOFTMAX[np.arange(6), LABELS])
    mean = -np.log(likelihood) / 6
    assert F.nll_loss(np.log(SOFTMAX), LABELS, reduction="sum").item() == pytest.approx(-np.log(likelihood))
    assert F.nll_loss(np.log(SOFTMAX), LABELS).item() == pytest.approx(mean)
    assert F.cross_entropy(Z, LABELS).item() == pytest.approx(mean)
    assert F.cross_entropy(Z, ONE_HOT).item() == pytest.approx(-(ONE_HOT * np.log(SOFTMAX)).sum() / 6)


def test_gradient_is_p_minus_y() -> None:
    z = tensor(Z, dtype="f8", requires_grad=True)
    F.cross_entropy(z, LABELS, reduction="sum").backward()
    np.testing.assert_allclose(z.grad, SOFTMAX - ONE_HOT, rtol=1e-12, atol=1e-15)  # type: ignore[arg-type]


def test_penalty_and_weight_decay_make_the_same_step() -> None:
    """L + λ‖θ‖² by its gradient, and SGD with weight_decay = 2λ."""
    start, g = RNG.standard_normal(5), RNG.standard_normal(5)
    a, b = nn.Parameter(start.copy()), nn.Parameter(start.copy())
    a.grad, b.grad = g.copy(), g.copy()
    F.l2_penalty([a], 0.3).backward()
    optim.SGD([a], lr=0.1).step()
    optim.SGD([b], lr=0.1, weight_decay=0.6).step()
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-14)
