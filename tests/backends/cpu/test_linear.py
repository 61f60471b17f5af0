"""A large layer, whose weights are read where they lie, gives what the reference gives."""

import numpy as np
import pytest

from amont.backends.cpu import linear
from amont.backends.reference import linear as reference


@pytest.mark.parametrize("shape", [(16, 900), (300, 900), (3, 7, 900)])
@pytest.mark.parametrize("biased", [True, False])
def test_large_weights(shape: tuple[int, ...], biased: bool) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal(shape, np.float32), rng.standard_normal((linear.LARGE // 900 + 1, 900), np.float32)
    b = rng.standard_normal(len(w), np.float32) if biased else None
    (y, cache), (expected, theirs) = (module.linear_forward(x, w, b) for module in (linear, reference))
    np.testing.assert_allclose(y, expected, atol=1e-3)
    needs = (True, True, biased)
    ours = linear.linear_backward(y, cache, needs)
    for one, two in zip(ours, reference.linear_backward(y, theirs, needs), strict=True):
        assert (one is None) == (two is None)
        if one is not None:
            np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4 * np.abs(two).max())
