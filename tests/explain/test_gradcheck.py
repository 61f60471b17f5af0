import numpy as np
import pytest

import amont
import amont.functional as F
from amont import explain
from amont.core.errors import DTypeError, GraphError


def values(*shape: int) -> amont.Tensor:
    return amont.tensor(np.random.default_rng(0).standard_normal(shape), dtype=np.float64, requires_grad=True)


def test_a_right_gradient_passes_and_the_inputs_are_left_alone() -> None:
    x, w = values(3, 4), values(2, 4)
    before = x.numpy().copy()
    assert explain.gradcheck(lambda x, w: F.tanh(F.linear(x, w)), [x, w]) < 1e-6
    assert (x.numpy() == before).all()


def test_a_wrong_gradient_is_found_and_named() -> None:
    class Wrong(amont.Op):
        def forward(self, x):
            self.cache = x
            return x * x

        def backward(self, dy):
            return (self.cache * dy,)

    with pytest.raises(GraphError, match="input 1 is wrong at"):
        explain.gradcheck(lambda a, x: a + Wrong.apply(x), [values(3), values(3)])


def test_float32_is_refused() -> None:
    with pytest.raises(DTypeError, match="float64"):
        explain.gradcheck(F.tanh, [amont.tensor([1.0], requires_grad=True)])
