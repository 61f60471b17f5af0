import numpy as np
import pytest

from amont import nn
from amont.core.errors import ArgumentError

X = np.ones((4, 6, 3, 3), "f4")


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d])
def test_training_drops_and_test_time_does_not(kind) -> None:
    layer = kind(0.5, rng=np.random.default_rng(0))
    assert set(np.unique(layer(X).numpy())) == {0, 2}
    np.testing.assert_array_equal(layer.eval()(X).numpy(), X)


@pytest.mark.parametrize("kind", [nn.Dropout, nn.Dropout2d])
def test_the_form_of_the_course(kind) -> None:
    layer = kind(0.25, course=True, rng=np.random.default_rng(0))
    assert set(np.unique(layer(X).numpy())) == {0, 1}
    np.testing.assert_array_equal(layer.eval()(X).numpy(), 0.75 * X)
    assert "course=True" in repr(layer)


def test_a_wrong_probability_is_refused_when_the_layer_is_made() -> None:
    with pytest.raises(ArgumentError, match=r"between 0 and 1, got -0\.1"):
        nn.Dropout(-0.1)
