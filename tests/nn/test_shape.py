import numpy as np
import pytest

from amont import nn, tensor
from amont.core.errors import ShapeError

X = np.arange(48.0, dtype="f4").reshape(2, 2, 3, 4)


def test_flatten_and_back() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, -1, 4)))
    assert nn.Flatten()(X).shape == (2, 24)
    assert nn.Flatten(2)(X).shape == (2, 2, 12)
    np.testing.assert_array_equal(model(X).numpy(), X)


def test_identity_takes_anything_and_changes_nothing() -> None:
    x = tensor(X)
    assert nn.Identity(54, unused=True)(x) is x


def test_sizes_that_do_not_fit_are_named() -> None:
    with pytest.raises(ShapeError, match=r"^Unflatten: axis 1 of .* \(2, 24\) cannot be cut into \(5, 5\)"):
        nn.Unflatten(-1, (5, 5))(X.reshape(2, 24))
