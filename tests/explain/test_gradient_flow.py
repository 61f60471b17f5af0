import numpy as np
import pytest

import amont
from amont import explain, nn
from amont.core.errors import GraphError


def test_norms_are_those_of_the_gradients() -> None:
    amont.seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    model(np.ones((2, 3), np.float32)).backward(np.ones((2, 1)))
    flow = explain.gradient_flow(model)
    assert [row.name for row in flow] == ["0.weight", "0.bias", "1.weight", "1.bias"]
    for row, parameter in zip(flow, model.parameters()):
        assert row.norm == pytest.approx(np.linalg.norm(parameter.grad), rel=1e-6)
        assert row.largest == pytest.approx(np.abs(parameter.grad).max())
        assert row.relative == pytest.approx(row.norm / np.linalg.norm(parameter.array), rel=1e-5)
    first = np.hypot(np.linalg.norm(model[0].weight.grad), np.linalg.norm(model[0].bias.grad))
    assert flow.layers()["0"] == pytest.approx(first, rel=1e-6)
    assert "1.weight" in str(flow)
    assert flow.to_dict()["1.bias"]["shape"] == (1,)


def test_gradients_too_small_to_be_squared_in_float32_are_seen() -> None:
    model = nn.Linear(2, 1)
    model.weight.grad = np.full((1, 2), 1e-30, np.float32)
    assert explain.gradient_flow(model).rows[0].norm == pytest.approx(np.sqrt(2) * 1e-30, rel=1e-6)


def test_without_a_backward_pass_it_says_what_to_do() -> None:
    with pytest.raises(GraphError, match="backward"):
        explain.gradient_flow(nn.Linear(2, 1))
