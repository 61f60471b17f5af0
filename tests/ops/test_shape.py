import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices

import amont.functional as F
from amont import tensor
from amont.core.errors import ArgumentError, DTypeError, ShapeError

X = np.arange(24.0, dtype="f4").reshape(2, 3, 4)
MODES = ["constant", "reflect", "replicate"]


@given(st.data(), array_shapes(max_dims=4, max_side=4))
@settings(deadline=None, max_examples=40)
def test_any_basic_index_gives_its_ones_back(data, shape) -> None:
    index = data.draw(basic_indices(shape, allow_newaxis=True))
    x = tensor(np.ones(shape), requires_grad=True)
    x[index].sum().backward()
    expected = np.zeros(shape)
    expected[index] = 1
    np.testing.assert_array_equal(x.grad, expected)


@given(array_shapes(min_dims=2, max_dims=4, max_side=4), st.sampled_from(MODES), st.data())
@settings(deadline=None, max_examples=40)
def test_padding_is_numpys_and_its_backward_the_transpose(shape, mode, data) -> None:
    limits = [n - 1 if mode == "reflect" else 3 for n in shape]
    pairs = [tuple(data.draw(st.integers(0, limit)) for _ in range(2)) for limit in limits]
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal(shape), rng.standard_normal([n + sum(p) for n, p in zip(shape, pairs)])
    t = tensor(x, dtype="f8", requires_grad=True)
    y = F.pad(t, pairs, mode)
    np.testing.assert_array_equal(y.numpy(), np.pad(x, pairs, mode={"replicate": "edge"}.get(mode, mode)))
    y.backward(dy)
    np.testing.assert_allclose((y.numpy() * dy).sum(), (x * t.grad).sum(), rtol=1e-9, atol=1e-9)  # ⟨Ax, dy⟩ = ⟨x, Aᵀdy⟩


def test_padding_counts_from_the_last_axis() -> None:
    assert F.pad(X, ((1, 0), (2, 3))).shape == (2, 4, 9)
    np.testing.assert_array_equal(F.pad([1.0], ((1, 1),), value=7).numpy(), [7, 1, 7])
    np.testing.assert_array_equal(F.pad([1.0], ((1, 1),), "zeros", 7).numpy(), [0, 1, 0])


def test_random_padding_is_drawn_from_the_generator_and_learns_nothing() -> None:
    x = tensor(X, requires_grad=True)
    y, again = (F.pad(x, ((2, 1),), "random", rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(y.numpy(), again.numpy())
    np.testing.assert_array_equal(y.numpy()[..., 2:6], X)
    assert len(np.unique(y.numpy()[..., :2])) == 12
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones_like(X))


def test_reshapes() -> None:
    assert F.reshape(X, 4, -1).shape == (4, 6)
    assert F.reshape(X, (24,)).shape == (24,)
    assert F.flatten(X, 1).shape == (2, 12)
    assert F.flatten(X, 0, 1).shape == (6, 4)
    assert F.flatten(tensor(3.0)).shape == (1,)
    assert F.squeeze(X[:1, :, :1]).shape == (3,)
    assert F.squeeze(X[:1, :, :1], axis=0).shape == (3, 1)
    assert F.expand_dims(X, (0, -1)).shape == (1, 2, 3, 4, 1)
    assert F.reshape(np.ones((0, 3)), 3, 0).shape == (3, 0)


def test_transposes_and_flips_are_numpys() -> None:
    np.testing.assert_array_equal(F.transpose(X, 2, 0, -2).numpy(), X.transpose(2, 0, 1))
    np.testing.assert_array_equal(F.flip(X, 1).numpy(), np.flip(X, 1))
    np.testing.assert_array_equal(F.flip(X).numpy(), np.flip(X))


def test_stack_and_split_are_inverse() -> None:
    parts = [tensor(X[0], requires_grad=True), X[1]]
    y = F.stack(parts, axis=1)
    np.testing.assert_array_equal(y.numpy(), np.stack([X[0], X[1]], axis=1))
    first, second = F.split(y, 1, axis=1)
    np.testing.assert_array_equal(first.squeeze(1).numpy(), X[0])
    (second * 0 + first * 2).sum().backward()
    np.testing.assert_array_equal(parts[0].grad, np.full((3, 4), 2))
    assert [p.shape[0] for p in F.split(np.zeros(5), 2)] == [2, 2, 1]
    assert [p.shape[0] for p in F.split(np.zeros(5), [4, 1])] == [4, 1]


def test_concatenate_takes_constants_in_the_type_of_the_tensor() -> None:
    assert F.concatenate([np.zeros(2), tensor([1.0])]).dtype == np.float32


BAD = [
    (lambda: F.reshape(X, 5, 5), ShapeError, r"cannot reshape \(2, 3, 4\), which has 24 elements, into \(5, 5\)"),
    (lambda: F.reshape(X, 5, -1), ShapeError, "cannot reshape"),
    (lambda: F.reshape(X, -1, -1), ArgumentError, "at most one size"),
    (lambda: F.reshape(X, 2.5), ArgumentError, "whole number"),
    (lambda: F.flatten(X, 2, 1), ArgumentError, "start_dim before end_dim"),
    (lambda: F.squeeze(X, 0), ShapeError, "only axes of size 1"),
    (lambda: F.transpose(X, 0, 0, 1), ArgumentError, "each of the 3 axes"),
    (lambda: F.broadcast_to(X, 2, 3, 5), ShapeError, "cannot repeat"),
    (lambda: F.broadcast_to(X, 4), ShapeError, "cannot repeat"),
    (lambda: F.concatenate([]), ArgumentError, "at least one"),
    (lambda: F.concatenate([X, X[:, :2]]), ShapeError, "differ elsewhere than on axis 0"),
    (lambda: F.concatenate([X, X[0]]), ShapeError, "differ elsewhere"),
    (lambda: F.stack([X, X[:1]]), ShapeError, "one shape"),
    (lambda: F.stack([]), ArgumentError, "at least one"),
    (lambda: F.split(X, 0), ArgumentError, "size of the parts must be a whole number, at least 1"),
    (lambda: F.split(X, [1, 2]), ShapeError, "add up to 2"),
    (lambda: F.pad(X, (1, 1)), ArgumentError, "pairs"),
    (lambda: F.pad(X, ((1, -1),)), ArgumentError, "at least 0"),
    (lambda: F.pad(X, ((1, 1),) * 4), ShapeError, "does not fit"),
    (lambda: F.pad(X, ((1, 1),), "mirror"), ArgumentError, "got 'mirror'"),
    (lambda: F.pad(X, ((4, 0),), "reflect"), ShapeError, "longer than its border of 4"),
    (lambda: F.pad(X[:0], ((1, 0), (0, 0), (0, 0)), "replicate"), ShapeError, "longer than its border of 0"),
    (lambda: tensor(X)[np.array([0.5])], DTypeError, "integers or bools"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_bad_arguments(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()


def test_joining_takes_any_iterable_and_splitting_any_whole_number() -> None:
    x = tensor(X)
    for join in (F.concatenate, F.stack):
        np.testing.assert_array_equal(join(x).numpy(), join([x[0], x[1]]).numpy())
        with pytest.raises(ArgumentError, match="at least one tensor"):
            join([])
    assert [part.shape for part in F.split(x, np.int64(2), axis=1)] == [(2, 2, 4), (2, 1, 4)]
    with pytest.raises(ArgumentError, match="the size of the parts must be a whole number, got"):
        F.split(x, 1.5)


def test_flattening_what_is_flat_adds_no_node() -> None:
    x = tensor(np.ones((2, 3)), requires_grad=True)
    assert F.flatten(x, 1) is x
