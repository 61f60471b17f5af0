import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import ArgumentError, ShapeError
from tests.explain.small import Residual, Unchanged, image


def test_the_gradient_of_a_linear_model_is_its_row_of_weights() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(2 * 3 * 3, 4))
    x = image(2, 3)
    found = explain.saliency(model, x, target=2)
    np.testing.assert_allclose(found.gradient, model[1].weight.array[2].reshape(2, 3, 3))
    np.testing.assert_allclose(found.map, np.abs(found.gradient).max(axis=0))
    assert explain.saliency(model, x).target == model(x[None]).array.argmax()


def test_by_hand_through_a_relu_and_a_maximum() -> None:
    """y = 2·relu(max of the 2×2 window): the gradient is 2·w at the largest pixel and zero elsewhere."""
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1, 1))
    model.load_state_dict(
        {"0.weight": np.full((1, 1, 1, 1), 3.0), "0.bias": [0.5], "4.weight": [[2.0]], "4.bias": [1.0]}
    )
    found = explain.saliency(model, np.array([[[0.1, 0.4], [0.9, 0.2]]]))
    assert found.gradient.tolist() == [[[0, 0], [6, 0]]]
    assert found.logits.tolist() == pytest.approx([2 * (3 * 0.9 + 0.5) + 1])
    dead = explain.saliency(model, np.full((1, 2, 2), -1.0))
    assert not dead.gradient.any()


def test_the_model_is_left_as_it_was() -> None:
    model = Residual()
    with Unchanged(model):
        explain.saliency(model, image())
        explain.smooth_grad(model, image(), samples=3, rng=np.random.default_rng(0))


def test_smooth_grad_of_a_linear_model_is_its_gradient_and_of_a_square_the_gradient_of_the_mean() -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    plain, smooth = explain.saliency(linear, image(1, 3), 1), explain.smooth_grad(linear, image(1, 3), 1)
    np.testing.assert_allclose(smooth.gradient, plain.gradient, rtol=1e-5)

    class Cube(nn.Module):
        def forward(self, x):
            return (x**3).reshape(len(x), -1).sum(axis=1, keepdims=True)

    x = np.array([[[0.0, 1.0]]])  # 3 E(x + ε)² = 3 (x² + σ²), σ = 0.5
    smooth = explain.smooth_grad(Cube(), x, noise=0.5, samples=4000, rng=np.random.default_rng(1))
    np.testing.assert_allclose(smooth.gradient, 3 * (x**2 + 0.25), atol=0.15)


def test_what_cannot_be_looked_at() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    with pytest.raises(ShapeError, match="take one"):
        explain.saliency(model, np.zeros((2, 1, 3, 3)))
    with pytest.raises(ArgumentError, match="2 classes, 0 to 1, so there is no 2"):
        explain.saliency(model, np.zeros((1, 3, 3)), target=2)
    with pytest.raises(ArgumentError, match="samples=0"):
        explain.smooth_grad(model, np.zeros((1, 3, 3)), samples=0)
