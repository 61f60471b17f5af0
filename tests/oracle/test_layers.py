"""The layers that have no file of their own here, and a check that every layer is compared with PyTorch somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amont import nn, tensor
from tests.oracle.functions import compare_functions
from tests.oracle.layers import TOLERANCE, compare_layers

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

# What only holds other modules or has nothing to compute, and what PyTorch does not have.
NOT_COMPARED = {
    *("Buffer", "Module", "ModuleDict", "ModuleList", "Parameter", "Sequential"),
    *("LastStep", "TimeDistributed", "detach", "init"),
}


def test_every_layer_is_compared() -> None:
    """By name: written out, as nn.Name, or as f"Name{rank}d"."""
    text = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    families = re.findall(r'"([A-Z]\w+)"|f"(\w+)\{', text) + re.findall(r"nn\.()(\w+)", text)
    words = {word for pair in families for word in pair if word}
    missing = [n for n in set(nn.__all__) - NOT_COMPARED if n not in words and re.sub(r"\dd$", "", n) not in words]
    assert set(missing) == set()


@pytest.mark.parametrize("seed", range(8))
def test_linear(seed: int) -> None:
    rng = np.random.default_rng(seed)
    D, K = (int(n) for n in rng.integers(1, 9, 2))
    bias, shape = bool(rng.integers(2)), (*(int(n) for n in rng.integers(1, 5, rng.integers(0, 4))), D)
    compare_layers(nn.Linear(D, K, bias), torch.nn.Linear(D, K, bias), rng.standard_normal(shape))


@pytest.mark.parametrize("name, arguments", [("Flatten", {}), ("Flatten", {"start_dim": 2, "end_dim": 3})])
def test_flatten(name: str, arguments: dict[str, int]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    compare_layers(getattr(nn, name)(**arguments), getattr(torch.nn, name)(**arguments), x)


@pytest.mark.parametrize("dim, size", [(1, (2, 6)), (-1, (5, 1)), (1, (3, -1, 2))])
def test_unflatten(dim: int, size: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).standard_normal((2, 12, 5))
    compare_layers(nn.Unflatten(dim, size), torch.nn.Unflatten(dim, size), x)
    compare_layers(nn.Identity(3), torch.nn.Identity(3), x)


@pytest.mark.parametrize("name, shape", [("Dropout", (40, 50)), ("Dropout2d", (20, 30, 2, 3))])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_with_pytorchs_mask(name: str, shape: tuple[int, ...], p: float) -> None:
    """The masks cannot be the same: ours is handed PyTorch's, and then all numbers must agree."""
    x = np.random.default_rng(0).standard_normal(shape)
    theirs = torch.nn.__dict__[name](p)
    kept = theirs(torch.ones(shape, dtype=torch.float64)).numpy() != 0

    class Given(np.random.Generator):
        def random(self, size: Any, dtype: Any = float) -> Any:
            return np.where(kept.reshape(*size, -1)[..., 0] if name == "Dropout2d" else kept, 1.0, -1.0).reshape(size)

    mask = kept.astype(float) / (1 - p) if p < 1 else 0 * x
    ours = getattr(nn, name)(p, rng=Given(np.random.PCG64()))
    compare_functions(ours, lambda x: x * torch.tensor(mask), x)
    compare_layers(ours.eval(), theirs.eval(), x)


LOSSES: list[tuple[str, dict[str, Any]]] = [
    *(("MSELoss", {}), ("L1Loss", {}), ("HuberLoss", {"delta": 0.5}), ("SmoothL1Loss", {"beta": 0.5})),
    *(("BCELoss", {}), ("BCEWithLogitsLoss", {"pos_weight": np.array([0.5, 2.0, 3.0])})),
    *(("NLLLoss", {"weight": np.array([0.5, 2.0, 3.0]), "ignore_index": 1}), ("CrossEntropyLoss", {})),
    ("CrossEntropyLoss", {"weight": np.array([0.5, 2.0, 3.0]), "ignore_index": 0, "label_smoothing": 0.1}),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name, options", LOSSES)
def test_loss_layers(name: str, options: dict[str, Any], reduction: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0.1, 0.9, (6, 3)), rng.uniform(0.1, 0.9, (6, 3))
    target = rng.permutation([0, 1, 2, 0, 1, 2]) if name in ("NLLLoss", "CrossEntropyLoss") else y
    ours = getattr(nn, name)(reduction=reduction, **options)
    given = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
    theirs = torch.nn.__dict__[name](reduction=reduction, **given)
    compare_functions(lambda x: ours(x, target), lambda x: theirs(x, torch.tensor(target)), x)


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("bias", [True, False])
def test_cells_backward(name: str, bias: bool) -> None:
    rng = np.random.default_rng(0)
    theirs = torch.nn.__dict__[name](3, 5, bias, dtype=torch.float64)
    ours = getattr(nn, name)(3, 5, bias).astype("float64")
    ours.load_state_dict(theirs.state_dict())
    arrays = [rng.standard_normal(s) for s in ((2, 3), (2, 5), (2, 5))][: 3 if name == "LSTMCell" else 2]

    def second_step(cell: Any) -> Any:
        def run(x: Any, *state: Any) -> Any:
            first = cell(x, state if len(state) > 1 else state[0])
            out = cell(x, first)
            return out[0] * out[1] if isinstance(out, tuple) else out

        return run

    compare_functions(second_step(ours), second_step(theirs), *arrays)
    for ours_p, theirs_p in zip(ours.parameters(), theirs.parameters()):
        np.testing.assert_allclose(ours_p.grad, theirs_p.grad.numpy(), **TOLERANCE)


def test_a_whole_network_from_pytorchs_state_dict() -> None:
    def build(n: Any) -> Any:
        features = n.Conv2d(1, 4, 3, padding=1), n.BatchNorm2d(4), n.ReLU(), n.MaxPool2d(2), n.Conv2d(4, 4, 3, groups=2)
        return n.Sequential(*features, n.GroupNorm(2, 4), n.GELU(), n.Flatten(), n.Linear(16, 5), n.LayerNorm(5))

    theirs, x = build(torch.nn), np.random.default_rng(0).standard_normal((3, 1, 8, 8))
    theirs(torch.tensor(x, dtype=torch.float32))  # moves the running averages
    ours = build(nn)
    ours.load_state_dict(theirs.state_dict())
    with torch.no_grad():
        expected = theirs.eval()(torch.tensor(x, dtype=torch.float32)).numpy()
    y = ours.eval()(tensor(x))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.numpy(), expected, rtol=1e-4, atol=1e-5)
    theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()}, strict=False)  # and back
    compare_layers(ours.train(), theirs.train(), x)
