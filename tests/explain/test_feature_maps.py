import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import UnknownNameError
from amont.models import LeNet5
from tests.explain.small import Residual, Unchanged, image


def test_layers_come_in_the_order_in_which_they_ran_with_their_own_values() -> None:
    model, x = LeNet5(image_size=8), image()
    found = explain.feature_maps(model, x)
    assert [m.kind for m in found.layers] == ["Conv2d", "ReLU", "MaxPool2d"] * 2
    assert [m.layer for m in found.layers] == [f"features.{i}" for i in range(6)]
    conv, relu = found.layers[0].values, found.layers[1].values
    assert conv.min() < 0  # the ReLU behind it is computed by the same kernel, yet its input is what it was
    np.testing.assert_array_equal(relu, np.maximum(conv, 0))
    np.testing.assert_allclose(conv, model.features[0](x[None]).array[0], rtol=1e-5, atol=1e-6)


def test_of_a_model_made_of_blocks_the_blocks_are_shown() -> None:
    class Maps(Residual):
        def forward(self, x):
            return self.norm(self.first(x))

    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Sequential(Maps(), nn.ReLU()), Maps(3))
    assert [m.layer for m in explain.feature_maps(model, image()).layers] == ["0", "1.0", "1.1", "2"]
    named = explain.feature_maps(model, image(), ["1.0.first", "1"])
    assert [m.layer for m in named.layers] == ["1.0.first", "1"]


def test_the_model_is_left_as_it_was() -> None:
    model = Residual()
    with Unchanged(model):
        assert len(explain.feature_maps(model, image()).layers) == 3


def test_an_unknown_layer_is_refused_and_leaves_no_hooks() -> None:
    model = Residual()
    with Unchanged(model), pytest.raises(UnknownNameError, match="did you mean 'first'"):
        explain.feature_maps(model, image(), ["firt"])
