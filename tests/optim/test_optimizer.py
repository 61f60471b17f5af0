"""What all optimizers share: groups, learning rate, skipping, errors, saving."""

import copy
from typing import Any

import numpy as np
import pytest

import amont
from amont import nn, optim
from amont.autograd import Tensor
from amont.core.errors import ArgumentError, CheckpointError, DTypeError, InPlaceError, ShapeError

OPTIMIZERS: list[tuple[type[optim.Optimizer], dict[str, Any]]] = [
    (optim.SGD, {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01}),
    (optim.Adam, {"amsgrad": True}),
    (optim.AdamW, {}),
    (optim.RMSprop, {"momentum": 0.9, "centered": True}),
    (optim.Adagrad, {"lr_decay": 0.1}),
]


def parameters(dtype: Any = np.float32) -> list[nn.Parameter]:
    rng = np.random.default_rng(0)
    return [nn.Parameter(rng.standard_normal(s).astype(dtype)) for s in ((3, 2), (4,))]


def train(optimizer: optim.Optimizer, params: list[nn.Parameter], first: int, last: int) -> None:
    for t in range(first, last):
        rng = np.random.default_rng(t)
        for p in params:
            p.grad = rng.standard_normal(p.shape).astype(p.dtype)
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("cls, options", OPTIMIZERS, ids=lambda v: getattr(v, "__name__", ""))
def test_resuming_is_bit_for_bit(cls: type[optim.Optimizer], options: dict[str, Any]) -> None:
    lr = optim.schedules.cosine(0.1, 20)
    straight, stopped = parameters(), parameters()
    train(cls(straight, lr=lr, **options), straight, 0, 9)
    before = cls(stopped, lr=lr, **options)
    train(before, stopped, 0, 5)
    saved = before.state_dict()
    assert all(isinstance(v, np.ndarray) for v in saved.values())
    after = cls(stopped, lr=lr, **options)
    after.load_state_dict(copy.deepcopy(saved))
    train(after, stopped, 5, 9)
    assert after.steps == 9
    for p, q in zip(stopped, straight):
        np.testing.assert_array_equal(p.numpy(), q.numpy())


@pytest.mark.parametrize("cls, options", OPTIMIZERS, ids=lambda v: getattr(v, "__name__", ""))
def test_type_of_the_parameters_is_kept(cls: type[optim.Optimizer], options: dict[str, Any]) -> None:
    for dtype in (np.float32, np.float64):
        params = parameters(dtype)
        optimizer = cls(params, lr=np.float64(0.1), **options)  # type: ignore[arg-type]
        train(optimizer, params, 0, 3)
        assert {p.dtype for p in params} == {np.dtype(dtype)}
        assert {v.dtype for k, v in optimizer.state_dict().items() if k[0].isdigit() and not k.endswith("step")} == {
            np.dtype(dtype)
        }


def test_groups_have_their_own_options() -> None:
    a, b = parameters(np.float64)
    start_a, start_b = a.numpy().copy(), b.numpy().copy()
    sgd = optim.SGD([{"params": [a], "lr": 1.0}, {"params": b, "weight_decay": 0.5}], lr=0.1)
    a.grad, b.grad = np.ones_like(start_a), np.ones_like(start_b)
    sgd.step()
    np.testing.assert_allclose(a.numpy(), start_a - 1)
    np.testing.assert_allclose(b.numpy(), start_b - 0.1 * (1 + 0.5 * start_b))


def test_learning_rate_is_read_and_set() -> None:
    sgd = optim.SGD(parameters(), lr=0.1)
    assert sgd.lr == 0.1
    sgd.lr = 0.5
    assert sgd.lr == 0.5
    sgd.lr = optim.schedules.exponential(1.0, 0.5)
    sgd.step()
    sgd.step()
    assert sgd.lr == 0.25
    assert "2 steps made" in repr(sgd)


def test_schedule_is_asked_for_the_steps_made_before() -> None:
    p = nn.Parameter(np.zeros(1))
    sgd = optim.SGD([p], lr=optim.schedules.linear(1.0, 4.0, 3))
    seen = []
    for _ in range(3):
        p.grad = np.ones(1)
        old = p.numpy().copy()
        sgd.step()
        seen.append((old - p.numpy())[0])
    np.testing.assert_allclose(seen, [1, 2, 3])


def test_parameters_without_gradient_are_skipped_and_count_no_step() -> None:
    a, b = parameters()
    adam = optim.Adam([a, b], lr=0.1, weight_decay=1.0)
    before = b.numpy().copy()
    a.grad = np.ones_like(a.numpy())
    adam.step()
    np.testing.assert_array_equal(b.numpy(), before)
    assert "0.m" in adam.state_dict()
    assert "1.m" not in adam.state_dict()


def test_a_state_made_before_the_first_step_is_none_to_save() -> None:
    p, frozen = nn.Parameter(np.ones(3, "f4")), nn.Parameter(np.ones(3, "f4"))
    frozen.requires_grad = False
    optimizer = optim.SGD([p, frozen], lr=0.1, momentum=0.9)
    before = optimizer.state_dict()
    optimizer.zero_grad()
    assert optimizer.state_dict().keys() == before.keys()
    p.grad = np.ones(3, "f4")
    optimizer.step()
    assert {"0.velocity", "1.velocity"} & optimizer.state_dict().keys() == {"0.velocity"}


def test_changing_a_parameter_that_backward_needs_is_noticed() -> None:
    layer = nn.Linear(2, 1)
    y = layer(Tensor(np.ones((3, 2), np.float32), requires_grad=True))
    layer.weight.grad = np.ones((1, 2), np.float32)
    optim.SGD(layer.parameters(), lr=0.1).step()
    with pytest.raises(InPlaceError):
        y.backward(np.ones((3, 1)))


@pytest.mark.parametrize("lr", [-0.1, float("nan"), float("inf"), "fast"])
def test_learning_rates_that_make_no_sense_are_refused(lr: Any) -> None:
    with pytest.raises(ArgumentError, match="lr must be"):
        optim.SGD(parameters(), lr=lr)
    sgd = optim.SGD(parameters(), lr=0.1)
    with pytest.raises(ArgumentError, match="lr must be"):
        sgd.lr = lr
    sgd.lr = lambda t: lr
    with pytest.raises(ArgumentError, match="learning rate at step 0 must be"):
        sgd.step()


def test_parameters_that_are_none_are_refused() -> None:
    p = parameters()[0]
    layer = nn.Linear(2, 2)
    for params, message in [
        ([], "no parameters"),
        (p, "put it in a list"),
        (layer.named_parameters(), "not named_parameters"),
        ([Tensor(np.ones(2))], "requires no gradient"),
        ([layer(np.ones((1, 2), np.float32))], "result of Linear"),
        ([p, p], "given twice"),
        ([{"params": [p]}, p], "must be a dict"),
        ([{"params": [p], "momentun": 0.9}], "unknown options momentun"),
        ([np.ones(2)], "takes parameters, got ndarray"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            optim.SGD(params, lr=0.1)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="weight_decay must be a finite number"):
        optim.SGD([p], lr=0.1, weight_decay=-1.0)


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    params = parameters()
    adam = optim.Adam(params, lr=0.1)
    train(adam, params, 0, 3)
    good = adam.state_dict()
    for change, message in [
        ({"0.m": np.zeros((2, 3), np.float32)}, r"0.m: expected \(3, 2\) float32, got \(2, 3\)"),
        ({"0.m": np.zeros((3, 2))}, "got .* float64"),
        ({"0.velocity": np.zeros((3, 2), np.float32)}, "unexpected: 0.velocity"),
        ({"7.m": np.zeros(2, np.float32)}, "unexpected: 7.m"),
        ({"parameters": np.array(3)}, "for 3 parameters, expected 2"),
    ]:
        with pytest.raises(CheckpointError, match=message):
            adam.load_state_dict({**good, **change})
    for missing in ("steps", "1.v"):
        with pytest.raises(CheckpointError, match=f"missing: {missing}"):
            adam.load_state_dict({k: v for k, v in good.items() if k != missing})
    with pytest.raises(CheckpointError, match="does not fit SGD"):
        optim.SGD(params, lr=0.1).load_state_dict(good)
    for name, array in adam.state_dict().items():
        np.testing.assert_array_equal(array, good[name])


def test_a_learning_rate_that_was_set_by_hand_is_restored() -> None:
    params = parameters()
    sgd = optim.SGD(params, lr=0.1)
    sgd.lr = 0.025
    again = optim.SGD(params, lr=0.1)
    again.load_state_dict(sgd.state_dict())
    assert again.lr == 0.025


def test_a_new_type_after_the_first_step_is_refused() -> None:
    layer = nn.Linear(2, 1)
    adam = optim.Adam(layer.parameters())
    train(adam, list(layer.parameters()), 0, 1)
    layer.astype(np.float64)
    with pytest.raises(DTypeError, match=r"call model.astype\(\) before"):
        train(adam, list(layer.parameters()), 1, 2)


@pytest.mark.parametrize("backend", ["reference", "cpu"])
def test_a_gradient_that_does_not_fit_its_parameter_changes_nothing(backend: str) -> None:
    p = nn.Parameter(np.ones(3, np.float32), name="w")
    optimizer = optim.SGD([p], lr=0.1)
    with amont.use_backend(backend):
        for wrong in (np.ones(1, np.float32), np.ones(4, np.float32), 3.0):
            p.grad = wrong  # type: ignore[assignment]
            with pytest.raises(ShapeError, match=r"the parameter 'w' has shape \(3,\), its grad"):
                optimizer.step()
        np.testing.assert_array_equal(p.numpy(), np.ones(3))
        p.grad = np.ones(3)  # float64
        optimizer.step()
    assert p.dtype == np.float32


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda p: optim.SGD(nn.Linear(2, 2)), "got Linear; pass model.parameters()"),  # type: ignore[arg-type]
        (lambda p: optim.SGD(p, momentum="a"), "momentum must be a finite number"),  # type: ignore[arg-type]
        (lambda p: optim.Adam(p, betas=0.9), "betas must be two numbers"),  # type: ignore[arg-type]
        (lambda p: optim.Adam(p, betas=(0.9, "a")), "beta2 must be a number"),  # type: ignore[arg-type]
    ],
)
def test_options_of_another_type(make, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        make([nn.Parameter(np.ones(2, np.float32))])


def test_an_update_of_ones_own_on_top_of_another_optimizers() -> None:
    class Halved(optim.SGD):
        def update(self, p, g, state, lr, step, options):
            super().update(p, g / 2, state, lr, step, options)

    p = nn.Parameter(np.ones(3, "f4"))
    p.grad = np.ones(3, "f4")
    Halved([p], lr=0.5).step()
    np.testing.assert_array_equal(p.array, [0.75] * 3)


def test_a_parameter_that_missed_a_step_counts_its_own() -> None:
    one, two = (nn.Parameter(np.ones(3, "f4")) for _ in range(2))
    optimizer = optim.Adam([one, two], lr=0.1)
    one.grad = np.ones(3, "f4")
    optimizer.step()
    two.grad = np.ones(3, "f4")
    optimizer.step()
    assert [int(optimizer.state_dict()[f"{i}.step"]) for i in range(2)] == [2, 1]
    np.testing.assert_allclose(two.array, 0.9, rtol=1e-6)  # the first step of Adam is of size lr
