import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import ArgumentError, UnknownNameError
from tests.explain.small import Residual, Unchanged, image


def by_hand() -> nn.Module:
    """Two channels, A_0 = x and A_1 = −x, then a dense layer over 2·2·2 numbers: ∂y_k/∂A is its weights."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Flatten(), nn.Linear(8, 2))
    dense = np.array([[1, 2, 3, 6, 1, 1, 1, 1], [-1, -1, -1, -1, 0, 0, 0, 4]], float)
    weights = {"0.weight": np.array([1.0, -1.0]).reshape(2, 1, 1, 1), "0.bias": np.zeros(2)}
    model.load_state_dict(weights | {"2.weight": dense, "2.bias": np.zeros(2)})
    return model


def test_by_hand() -> None:
    """Class 0: α = (3, 1), M = relu(3x − x). Class 1: α = (−1, 1), M = relu(−x − x)."""
    x = np.array([[[1.0, -2.0], [0.0, 3.0]]])
    cam = explain.grad_cam(by_hand(), x, layer="0", target=0)
    assert cam.weights.tolist() == [3, 1]
    assert cam.map.tolist() == [[2, 0], [0, 6]]
    np.testing.assert_allclose(cam.heat, cam.map)
    cam = explain.grad_cam(by_hand(), x, target=1)
    assert (cam.layer, cam.weights.tolist(), cam.map.tolist()) == ("0", [-1, 1], [[0, 4], [0, 0]])


def test_behind_global_pooling_it_is_the_class_activation_map() -> None:
    """With mean pooling and a dense layer, α_c = w_kc/(h·w), which is CAM (Zhou et al., 2016)."""
    model = nn.Sequential(
        nn.Conv2d(3, 5, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3)
    )
    x = image(3, 9)
    cam = explain.grad_cam(model, x, target=1)
    assert (cam.layer, cam.map.shape, cam.heat.shape) == ("1", (4, 4), (9, 9))
    maps = model[:2](x[None]).array[0]
    np.testing.assert_allclose(cam.weights, model[4].weight.array[1] / 16, rtol=1e-5)
    np.testing.assert_allclose(cam.map, np.maximum(np.tensordot(model[4].weight.array[1] / 16, maps, 1), 0), rtol=1e-4)


def test_any_layer_with_maps_can_be_named_and_the_model_is_left_as_it_was() -> None:
    model = Residual()
    with Unchanged(model):
        for layer in ("first", "norm", "second"):
            assert explain.grad_cam(model, image(), layer).map.shape == (4, 4)


def test_a_layer_that_does_not_lead_to_the_answer_has_no_weights() -> None:
    class Aside(nn.Module):
        def __init__(self) -> None:
            self.used, self.aside = nn.Conv2d(1, 2, 1), nn.Conv2d(1, 2, 1)

        def forward(self, x):
            self.aside(x)
            return self.used(x).mean(axis=(2, 3))

    assert not explain.grad_cam(Aside(), image(), "aside").weights.any()


def test_what_cannot_be_looked_at() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'second'"):
        explain.grad_cam(Residual(), image(), "secnd")
    with pytest.raises(ArgumentError, match="no positions"):
        explain.grad_cam(Residual(), image(), "dense")
    with pytest.raises(ArgumentError, match="no feature maps"):
        explain.grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), image())
