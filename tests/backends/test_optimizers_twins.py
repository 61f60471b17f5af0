"""The update rules write in place: after several steps, parameter and state are the same on both backends."""

from typing import Any

import numpy as np
import pytest

from amont.backends.cpu import jit, optimizers
from amont.backends.select import load
from tests.backends.cpu.guards import Guards

SGD = {"lr": 0.1, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}
ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "weight_decay": 0.0, "decoupled": False}
RMS = {"lr": 0.01, "alpha": 0.9, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0}
ADAGRAD = {"lr": 0.1, "lr_decay": 0.0, "eps": 1e-10, "weight_decay": 0.0}
# kernel, which of its state arrays are given, parameters
RULES: list[tuple[str, tuple[bool, ...], dict[str, Any]]] = [
    ("sgd", (False,), SGD),
    ("sgd", (False,), {**SGD, "weight_decay": 0.1}),
    ("sgd", (True,), {**SGD, "momentum": 0.9}),
    ("sgd", (True,), {**SGD, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("sgd", (True,), {**SGD, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", (True, True, False), ADAM),
    ("adam", (True, True, False), {**ADAM, "weight_decay": 0.1}),
    ("adam", (True, True, False), {**ADAM, "weight_decay": 0.1, "decoupled": True}),
    ("adam", (True, True, True), {**ADAM, "beta2": 0.5, "eps": 1e-3}),
    ("rmsprop", (True, False, False), RMS),
    ("rmsprop", (True, True, False), {**RMS, "weight_decay": 0.1}),
    ("rmsprop", (True, False, True), {**RMS, "momentum": 0.9}),
    ("rmsprop", (True, True, True), {**RMS, "momentum": 0.9, "eps": 1e-3}),
    ("adagrad", (True,), ADAGRAD),
    ("adagrad", (True,), {**ADAGRAD, "lr_decay": 0.1, "weight_decay": 0.1}),
]
TOLERANCE = {"float64": {"rtol": 1e-12, "atol": 1e-13}, "float32": {"rtol": 2e-5, "atol": 2e-6}}
SHAPES = [(), (1,), (7,), (5, 3), (64, 33), (2, 3, 4, 5)]


def after_steps(
    backend: str, rule: tuple[str, tuple[bool, ...], dict[str, Any]], shape: tuple[int, ...], dtype: str, strided: bool
) -> list[np.ndarray]:
    """Return the parameter and its state after four steps with fixed random gradients."""
    kernel, given, params = rule
    rng = np.random.default_rng(0)

    def array(values: Any) -> np.ndarray:
        if not (strided and shape):
            return np.array(values, dtype)
        room = np.full(tuple(2 * n for n in shape[::-1]), 99, dtype)  # every second element, axes reversed
        view = room.T[tuple(slice(None, None, 2) for _ in shape)]
        view[...] = values
        return view

    p = array(rng.standard_normal(shape))
    state = [array(np.zeros(shape)) if wanted else None for wanted in given]
    for step in range(1, 5):
        g = array(rng.standard_normal(shape))
        before = g.copy()
        count = {"step": step} if kernel in ("adam", "adagrad") else {}
        assert getattr(load(backend), f"{kernel}_update")([p], [g], *([s] for s in state), **params, **count) is None
        np.testing.assert_array_equal(g, before, err_msg="the gradient was written to")
    for a in (p, *state):
        if strided and a is not None and a.base is not None:
            assert (np.asarray(a.base)[tuple(slice(1, None, 2) for _ in shape)] == 99).all(), (
                "wrote beside the parameter"
            )
    return [a for a in (p, *state) if a is not None]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r[0]}-{RULES.index(r)}")
def test_cpu_equals_reference(rule: Any, dtype: str) -> None:
    for shape in SHAPES:
        for strided in (False, True):
            expected = after_steps("reference", rule, shape, dtype, strided)
            got = after_steps("cpu", rule, shape, dtype, strided)
            for a, b in zip(got, expected, strict=True):
                assert a.dtype == b.dtype == np.dtype(dtype)
                np.testing.assert_allclose(a, b, err_msg=f"shape {shape}, strided {strided}", **TOLERANCE[dtype])


def test_every_update_has_rules() -> None:
    assert {f"{r[0]}_update" for r in RULES} == {k for k in load("reference").kernels() if k.endswith("_update")}  # type: ignore[attr-defined]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r[0]}-{RULES.index(r)}")
def test_many_at_once_have_the_bits_of_one_by_one(rule: Any, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, given, params = rule
    count = {"step": 2} if kernel in ("adam", "adagrad") else {}
    update = getattr(load("cpu"), f"{kernel}_update")

    def columns() -> list[list[Any]]:
        rng = np.random.default_rng(0)
        shapes = [(), (40, 33), (0, 3), (7,), (2, 3, 4, 5)]
        p, g = ([rng.standard_normal(shape).astype(dtype) for shape in shapes] for _ in range(2))
        return [p, g, *([np.ones(s, dtype) if wanted else None for s in shapes] for wanted in given)]

    alone, together, split = columns(), columns(), columns()
    for row in zip(*alone):
        update(*([a] for a in row), **params, **count)
    update(*together, **params, **count)
    monkeypatch.setattr(jit, "GRAIN", 1)
    monkeypatch.setattr(jit, "_threads", 3)
    guards = Guards()
    split = [[None if a is None else guards.copy(a) for a in column] for column in split]
    update(*split, **params, **count)
    guards.check()
    for others in (together, split):
        for column, other in zip(alone, others):
            for a, b in zip(column, other):
                np.testing.assert_array_equal(a, b)


def test_nothing_is_written_into_read_only_memory() -> None:
    p, g = np.ones(5, "f4"), np.ones(5, "f4")
    p.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        load("cpu").sgd_update([p], [g], [None], **SGD)
    assert (p == 1).all()


def test_types_and_layouts_of_one_call_may_differ() -> None:
    p = [np.ones((3, 4), "f4"), np.ones(3), np.ones((4, 3), "f4").T, np.ones(2, ">f4")]
    load("cpu").sgd_update(p, [np.full_like(a, 2) for a in p], [None] * 4, **SGD)
    for a in p:
        np.testing.assert_allclose(a, 0.8, rtol=1e-6)


def test_state_of_another_size_is_refused_and_nothing_beyond_it_is_written() -> None:
    p, g, room = np.ones(10_000, np.float32), np.ones(10_000, np.float32), np.zeros(20, np.float32)
    with pytest.raises(ValueError, match="shape"):
        load("cpu").sgd_update([p], [g], [room[5:15]], **{**SGD, "momentum": 0.9})
    assert not room[:5].any()
    assert not room[15:].any()
    with pytest.raises(ValueError, match="shape"):
        load("cpu").sgd_update([p], [g[:10]], [None], **SGD)


def test_what_is_known_of_the_last_step_holds_for_the_same_arrays_only() -> None:
    def arrays(value: float) -> list[Any]:
        return [np.full(s, value, np.float32) for s in ((3, 4), (5,))]

    def step(p: list[Any], g: list[Any], velocity: list[Any]) -> None:
        load("cpu").sgd_update(p, g, velocity, **{**SGD, "lr": 1.0, "momentum": 0.5})

    p, velocity = arrays(0), arrays(0)
    step(p, arrays(1), velocity)
    step(p, arrays(1), velocity)
    for a in p:
        np.testing.assert_array_equal(a, np.float32(-2.5))
    fresh = arrays(0)
    step(p, [np.ones((4, 3), np.float32).T, np.ones(5)], fresh)  # other state, gradients of other layout and type
    for a, u in zip(p, fresh):
        np.testing.assert_array_equal(a, np.float32(-3.5))
        np.testing.assert_array_equal(u, np.float32(1))
    replaced = [p[0], np.zeros(5, np.float32)]
    step(replaced, arrays(1), velocity)
    np.testing.assert_array_equal(p[1], np.float32(-3.5))
    np.testing.assert_array_equal(replaced[1], np.float32(-1.75))
    step(replaced, arrays(1), velocity)
    replaced[1].flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        step(replaced, arrays(1), velocity)
    with pytest.raises(ValueError, match="shape"):
        step(p, [np.ones((3, 4), np.float32), np.ones(4, np.float32)], velocity)


def test_what_is_known_of_parameters_goes_with_them() -> None:
    before = len(optimizers._known)
    p = [np.ones(3, np.float32)]
    load("cpu").sgd_update(p, [np.ones(3, np.float32)], [None], **SGD)
    assert len(optimizers._known) == before + 1
    del p
    assert len(optimizers._known) == before
