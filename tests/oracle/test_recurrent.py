"""nn.RNN, nn.LSTM, nn.GRU against PyTorch: outputs, last states and every gradient, with PyTorch's own weights."""

from typing import Any

import numpy as np
import pytest

from amont import nn
from amont.autograd import tensor

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

CONFIGURATIONS = [(name, seed) for name in ("RNN", "LSTM", "GRU") for seed in range(12)]


def draw(name: str, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    options = {
        "num_layers": int(rng.integers(1, 4)),
        "bias": bool(rng.random() < 0.7),
        "bidirectional": bool(rng.random() < 0.5),
    }
    return options | ({"nonlinearity": str(rng.choice(["tanh", "relu"]))} if name == "RNN" else {})


def torch_run(layer: Any, x: Any, states: Any, lengths: Any) -> tuple[Any, tuple[Any, ...]]:
    given = states if len(states) == 2 else states[0]
    if lengths is None:
        y, last = layer(x, given)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, last = layer(packed, given)
        y, _ = torch.nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])
    return y, last if isinstance(last, tuple) else (last,)


@pytest.mark.parametrize("name, seed", CONFIGURATIONS)
@pytest.mark.parametrize("padded", [False, True])
def test_layer_equals_pytorch(name: str, seed: int, padded: bool) -> None:
    rng, options = np.random.default_rng(seed + 100), draw(name, seed)
    N, T, D, H = (int(rng.integers(1, 7)) for _ in range(4))
    torch.manual_seed(seed)
    theirs = getattr(torch.nn, name)(D, H, batch_first=True, dtype=torch.float64, **options)
    ours = getattr(nn, name)(D, H, **options).astype("float64")
    ours.load_state_dict({k: v.detach().numpy() for k, v in theirs.state_dict().items()})

    x = rng.standard_normal((N, T, D))
    rows = options["num_layers"] * (2 if options["bidirectional"] else 1)
    states = [rng.standard_normal((rows, N, H)) for _ in range(2 if name == "LSTM" else 1)]
    lengths = rng.integers(1, T + 1, N) if padded else None

    tx, *tstates = (torch.tensor(a, requires_grad=True) for a in (x, *states))
    ty, tlast = torch_run(theirs, tx, tuple(tstates), None if lengths is None else torch.tensor(lengths))
    ax, *astates = (tensor(a, dtype="float64", requires_grad=True) for a in (x, *states))
    y, last = ours(ax, tuple(astates) if name == "LSTM" else astates[0], lengths=lengths)
    last = last if isinstance(last, tuple) else (last,)

    upstream = [rng.standard_normal(tuple(t.shape)) for t in (ty, *tlast)]
    sum((t * torch.tensor(u)).sum() for t, u in zip((ty, *tlast), upstream)).backward()
    sum(((a * u).sum() for a, u in zip((y, *last), upstream)), start=tensor(0.0, dtype="float64")).backward()

    for a, t in zip((y, *last), (ty, *tlast)):
        np.testing.assert_allclose(a.numpy(), t.detach().numpy(), atol=1e-12)
    for a, t in zip((ax, *astates), (tx, *tstates)):
        np.testing.assert_allclose(a.grad, t.grad.numpy(), atol=1e-11)
    gradients = dict(theirs.named_parameters())
    for key, parameter in ours.named_parameters():
        np.testing.assert_allclose(parameter.grad, gradients[key].grad.numpy(), atol=1e-11, err_msg=key)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_cell_equals_pytorch(name: str) -> None:
    theirs = getattr(torch.nn, f"{name}Cell")(3, 5, dtype=torch.float64)
    ours = getattr(nn, f"{name}Cell")(3, 5).astype("float64")
    ours.load_state_dict({k: v.detach().numpy() for k, v in theirs.state_dict().items()})
    x, h = np.random.default_rng(0).standard_normal((2, 3)), np.random.default_rng(1).standard_normal((2, 5))
    state = (h, -h) if name == "LSTM" else h
    tstate = tuple(map(torch.tensor, state)) if name == "LSTM" else torch.tensor(state)
    got, expected = ours(x, state), theirs(torch.tensor(x), tstate)
    for a, t in zip(got if name == "LSTM" else (got,), expected if name == "LSTM" else (expected,)):
        np.testing.assert_allclose(a.numpy(), t.detach().numpy(), atol=1e-12)
