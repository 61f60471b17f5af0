import numpy as np
import pytest

from amont import explain, nn
from amont.core.errors import ArgumentError, UnknownNameError
from amont.models import MLP, LeNet5, RNNClassifier


def test_the_first_convolution_is_shown_unless_another_is_named() -> None:
    model = LeNet5(in_channels=3)
    first, second = explain.filters(model), explain.filters(model, "features.3")
    assert (first.layer, first.weight.shape, first.are_pictures) == ("features.0", (6, 3, 5, 5), True)
    assert (second.weight.shape, second.are_pictures, second.norms.shape) == ((16, 6, 5, 5), False, (16, 6))
    expected = np.linalg.norm(model.features[3].weight.array[4, 2])
    assert second.norms[4, 2] == pytest.approx(expected, rel=1e-6)


def test_the_rows_of_a_dense_layer_are_pictures_of_the_image_they_read() -> None:
    model = MLP((12, 5, 2))
    found = explain.filters(model, shape=(1, 3, 4))
    assert (found.layer, found.weight.shape) == ("layers.1", (5, 1, 3, 4))
    assert (found.weight[2].ravel() == model.layers[1].weight.array[2]).all()


def test_what_has_no_filters_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'features\.3'"):
        explain.filters(LeNet5(), "features.33")
    for shape in (None, (1, 4, 4)):
        with pytest.raises(ArgumentError, match="no filters"):
            explain.filters(MLP((12, 2)), shape=shape)
    with pytest.raises(ArgumentError, match="no filters"):
        explain.filters(nn.ReLU())
    with pytest.raises(ArgumentError, match="no filters"):  # its dense layer reads 12 states, and no image
        explain.filters(RNNClassifier(3, hidden_size=12), shape=(1, 3, 4))
