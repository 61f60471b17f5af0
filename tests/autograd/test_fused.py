"""A layer and its ReLU in one kernel: values, gradients and graph are those of two operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import models, nn, optim
from amont.autograd import Op, Tensor, no_grad, observe
from amont.autograd.fused import Deferred
from amont.backends.select import current, use_backend
from amont.core.errors import InPlaceError, ShapeError


class Linear(nn.Linear):
    """A linear layer that `nn.Sequential` fuses; it does so with others only where it pays."""

    fuses_with_relu = True


LAYERS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "Linear": (lambda: Linear(7, 5), (9, 7)),
    "Linear of sequences": (lambda: Linear(7, 5, bias=False), (2, 9, 7)),
    "Conv1d": (lambda: nn.Conv1d(3, 4, 3), (2, 3, 11)),
    "Conv2d": (lambda: nn.Conv2d(3, 4, 5, padding=2), (2, 3, 9, 8)),
    "Conv2d same": (lambda: nn.Conv2d(3, 4, 2, padding="same"), (2, 3, 9, 8)),  # pads by an operation of its own
    "Conv2d Winograd": (lambda: nn.Conv2d(16, 20, 3, padding=1), (2, 16, 9, 8)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(6), (5, 6)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(6), (5, 6, 4, 3)),
    "BatchNorm2d in test": (lambda: nn.BatchNorm2d(6).eval(), (5, 6, 4, 3)),
}


class Apart(nn.Module):
    """The same layers, called one by one."""

    def __init__(self, layers: nn.Sequential) -> None:
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x


def pair(name: str) -> tuple[nn.Sequential, Tensor]:
    make, shape = LAYERS[name]
    amont.seed(3)
    x = amont.tensor(np.random.default_rng(1).standard_normal(shape), requires_grad=True)
    return nn.Sequential(make(), nn.ReLU()), x


def nodes(y: Tensor) -> list[tuple[str, Any]]:
    """Return the operations behind a tensor with the shapes of their inputs, in the order of their recording."""
    found: dict[int, Op] = {}
    waiting = [y.op]
    while waiting:
        if (op := waiting.pop()) is not None and op.number not in found:
            found[op.number] = op
            waiting += [t.op for t in op.inputs if t is not None]
    return [
        (f"{type(op).__name__} {op.params} {op.equation}", [None if t is None else t.shape for t in op.inputs])
        for _, op in sorted(found.items())
    ]


def gradients(model: nn.Module, x: Tensor) -> tuple[Any, list[Any], list[Any]]:
    """Return y, the gradients of x and the parameters, and what an observer of the backward pass sees."""
    seen: list[Any] = []
    y = model(x)
    before = [y.numpy().copy(), nodes(y), y.op.inputs[0].numpy().copy()]
    with observe(lambda op, up, down: seen.append((type(op).__name__, *up, *down))):
        y.backward(np.random.default_rng(2).standard_normal(y.shape).astype(y.dtype))
    grads = [x.grad, *(p.grad for p in model.parameters())]
    x.grad = None
    model.zero_grad()
    return before, grads, seen


@pytest.mark.parametrize("backend", ["reference", "cpu"])
@pytest.mark.parametrize("name", LAYERS)
def test_nothing_of_it_is_seen(name: str, backend: str) -> None:
    with use_backend(backend):
        model, x = pair(name)
        assert isinstance(model(x).op.inputs[0], Deferred)
        (y, graph, between), grads, seen = gradients(model, x)
        (y2, graph2, between2), grads2, seen2 = gradients(Apart(model), x)
    assert graph == graph2
    assert [s[0] for s in seen] == [s[0] for s in seen2]
    others = zip([y, between, *grads, *sum(seen, ())], [y2, between2, *grads2, *sum(seen2, ())], strict=True)
    for ours, theirs in others:
        if isinstance(theirs, np.ndarray):
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs
    assert (y >= 0).all()
    assert (between < 0).any()


def test_running_averages_are_kept_as_ever() -> None:
    model, x = pair("BatchNorm2d")
    apart = Apart(pair("BatchNorm2d")[0])
    model(x), apart(x)
    for (_, ours), (_, theirs) in zip(model.named_buffers(), apart.named_buffers(), strict=True):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize("name", LAYERS)
def test_one_kernel_computes_both(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(x: Any) -> Any:
        raise AssertionError("the ReLU was computed by itself")

    model, x = pair(name)
    monkeypatch.setattr(current(), "relu_forward", refuse)
    model(x)
    with no_grad():
        y = model(x)
    assert y.op is None
    assert not y.requires_grad
    with pytest.raises(AssertionError):
        Apart(model)(x)


def test_backward_asks_for_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(tensor: Tensor, name: str) -> Any:
        raise AssertionError(f"{name} was read")

    monkeypatch.setattr(Deferred, "__getattr__", refuse)
    for name in LAYERS:
        model, x = pair(name)
        y = model(x)
        y.backward(np.ones(y.shape, "f4"))
    a, b = (amont.tensor(np.ones((3, 4)), requires_grad=True) for _ in range(2))
    F.relu(F.add(a, b, before_relu=True)).sum().backward()


@pytest.mark.parametrize("which", [0, 1])
def test_forward_hooks_see_both_tensors_and_end_the_fusion(which: int) -> None:
    model, x = pair("Linear")
    plain = model(x).numpy()
    seen = []
    remove = model[which].register_forward_hook(lambda m, i, o: seen.append(o.numpy().min()))
    y = model(x)
    assert type(y.op.inputs[0]) is Tensor
    np.testing.assert_array_equal(y.numpy(), plain)
    assert len(seen) == 1
    assert (seen[0] < 0) == (which == 0)
    remove()
    assert isinstance(model(x).op.inputs[0], Deferred)


def test_a_subclass_is_left_alone() -> None:
    class Twice(Linear):
        def forward(self, x: Any) -> Tensor:
            return 2 * super().forward(x)

    x = amont.tensor(np.ones((4, 3)))
    model = nn.Sequential(Twice(3, 5), nn.ReLU())
    np.testing.assert_array_equal(model(x).numpy(), np.maximum(model[0](x).numpy(), 0))
    assert not isinstance(model(x).op.inputs[0], Deferred)


def test_a_layer_that_was_given_another_forward_is_left_alone() -> None:
    model, x = pair("Linear")
    model[0].forward = lambda t: t - 1  # type: ignore[method-assign, misc]
    np.testing.assert_array_equal(model(x).numpy(), np.maximum(x.numpy() - 1, 0))


def test_a_relu_that_does_not_come_changes_no_value() -> None:
    model, x = pair("Linear")
    y = model[0](x, before_relu=True)
    assert isinstance(y, Deferred)
    np.testing.assert_array_equal((-y).numpy(), -model[0](x).numpy())
    np.testing.assert_array_equal(F.relu(y).numpy(), model(x).numpy())


@pytest.mark.parametrize("shape", [(2, 3, 5, 4), (5, 4)])
def test_sum_and_relu(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(s) for s in ((2, 3, 5, 4), shape)]
    (a, b), (c, d) = ([amont.tensor(v, requires_grad=True) for v in arrays] for _ in range(2))
    fused, apart = F.relu(F.add(a, b, before_relu=True)), F.relu(c + d)
    assert nodes(fused) == nodes(apart)
    with pytest.raises(ShapeError, match="broadcast"):
        F.add(a, np.ones((7, 3), "f4"), before_relu=True)
    assert isinstance(fused.op.inputs[0], Deferred)
    np.testing.assert_array_equal(fused.op.inputs[0].numpy(), (c + d).numpy())
    fused.sum().backward()
    apart.sum().backward()
    for ours, theirs in ((fused.numpy(), apart.numpy()), (a.grad, c.grad), (b.grad, d.grad)):
        np.testing.assert_array_equal(ours, theirs)


def test_two_relus_do_not_share_memory() -> None:
    model, x = pair("Linear")
    y = model[0](x, before_relu=True)
    one, other = F.relu(y), F.relu(y)
    np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert not np.may_share_memory(one.numpy(), other.numpy())


def test_values_written_between_are_the_ones_used() -> None:
    model, x = pair("Linear")
    y = model[0](x, before_relu=True)
    y.data[...] = 7
    np.testing.assert_array_equal(F.relu(y).numpy(), np.full(y.shape, 7, "f4"))


def test_the_tensor_between_is_like_any_other() -> None:
    model, x = pair("Linear")
    between = model(x).op.inputs[0]
    assert (between.shape, between.ndim, between.size, len(between)) == ((9, 5), 2, 45, 9)
    assert between.dtype == np.float32
    assert repr(between) == repr(model[0](x))
    np.testing.assert_array_equal(between.detach().numpy(), model[0](x).numpy())
    loss = F.relu(between).sum()
    between.retain_grad()
    loss.backward()
    np.testing.assert_array_equal(between.grad, (between.numpy() > 0).astype("f4"))


@pytest.mark.parametrize("change", ["weight", "x"])
def test_values_of_old_weights_are_not_made_up(change: str) -> None:
    model, x = pair("Linear")
    between, read = model(x).op.inputs[0], model(x).op.inputs[0]
    values = read.numpy().copy()
    (model[0].weight if change == "weight" else x).data[...] *= 2
    np.testing.assert_array_equal(read.numpy(), values)
    with pytest.raises(InPlaceError, match="changed since the forward pass; read them before"):
        between.numpy()


def test_errors_name_the_layer() -> None:
    model = nn.Sequential(nn.Flatten(), Linear(7, 5), nn.ReLU())
    with pytest.raises(ShapeError, match=r"Linear '1'.*expected 7 input features"):
        model(amont.tensor(np.ones((2, 8))))


def test_float16_goes_by_the_reference() -> None:
    model, x = pair("Linear")
    model.astype("float16")
    y = model(amont.tensor(x.numpy(), dtype="float16"))
    assert y.dtype == np.float16
    assert y.op.inputs[0].numpy().dtype == np.float16
    y.sum().backward()
    assert model[0].weight.grad.dtype == np.float16


@pytest.mark.parametrize("optimizer", [optim.SGD, optim.Adam])
def test_lenet_learns_the_same(optimizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def train() -> tuple[list[float], list[Any]]:
        amont.seed(0)
        model = models.LeNet5(10, 1, 28)
        rng = np.random.default_rng(0)
        x, labels = amont.tensor(rng.standard_normal((16, 1, 28, 28))), rng.integers(0, 10, 16)
        opt, losses = optimizer(model.parameters(), lr=1e-2), []
        for _ in range(5):
            opt.zero_grad()
            loss = F.cross_entropy(model(x), labels)
            loss.backward()
            opt.step()
            losses.append(loss.item())
        return losses, [p.numpy().copy() for p in model.parameters()]

    ours, weights = train()
    monkeypatch.setattr("amont.nn.containers._fuse", lambda module, following: False)
    theirs, expected = train()
    assert ours == pytest.approx(theirs, abs=1e-6)
    for a, b in zip(weights, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
