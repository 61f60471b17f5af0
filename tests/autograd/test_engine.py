"""The reverse walk: the sums over paths, what it frees, what it calls, what it refuses."""

import weakref

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import Op, Tensor, tensor
from amont.autograd import observe
from amont.core.errors import DTypeError, GraphError, ShapeError


def leaf(*values: float) -> Tensor:
    return tensor(values, dtype="f8", requires_grad=True)


class Twice(Op):
    """An operation of a user; both gradients are one array."""

    def forward(self, a, b):
        return 2 * (a + b)

    def backward(self, dy):
        both = 2 * dy
        return both, both


class Sum3(Op):
    """Three gradients in one fresh array."""

    def forward(self, a, b, c):
        return a + b + c

    def backward(self, dy):
        d = 1.0 * dy
        return d, d, d


class MinMax(Op):
    """Two outputs."""

    equation = "(min, max)"

    def forward(self, x):
        self.cache = x.argmin(), x.argmax(), x.shape
        return np.asarray(x.min()), np.asarray(x.max())

    def backward(self, upstream):
        low, high, shape = self.cache
        dx = np.zeros(shape)
        for place, d in zip((low, high), upstream):
            dx[place] += 0 if d is None else d
        return (dx,)


# -- sums over paths ---------------------------------------------------------------------------------------------


def test_one_path_is_a_product_of_derivatives() -> None:  # D4, equation 2
    t = leaf(0.5)
    F.exp(t * t).backward()
    np.testing.assert_allclose(t.grad, 2 * 0.5 * np.exp(0.25))


def test_two_paths_add_up() -> None:  # D4, equation 4: z = a1 · a2, a1 = t², a2 = e^t
    t = leaf(0.7)
    (t**2 * F.exp(t)).backward()
    np.testing.assert_allclose(t.grad, 2 * 0.7 * np.exp(0.7) + 0.7**2 * np.exp(0.7))


def test_a_tensor_used_many_times_gets_every_path() -> None:
    x = leaf(3.0)
    y = x * x
    (y * y + y + x).backward()
    np.testing.assert_allclose(x.grad, 4 * 27 + 6 + 1)


def test_gradients_accumulate_over_calls() -> None:
    x = leaf(1.0, 2.0)
    (x * 3).sum().backward()
    (x * 4).sum().backward()
    np.testing.assert_array_equal(x.grad, [7, 7])


def test_leaves_never_share_a_gradient_array() -> None:
    a, b = leaf(1.0), leaf(2.0)
    (a + b).backward()
    a.grad[0] = 100
    assert b.grad[0] == 1


def test_a_gradient_shared_by_a_leaf_and_nodes_stays_apart() -> None:
    x = leaf(5.0)
    Sum3.apply(x, x * 10, x * 100).backward()  # adding up in x.grad must not change what the nodes wait for
    np.testing.assert_array_equal(x.grad, [111])


def test_an_operation_of_the_user() -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    Twice.apply(a, b).backward([1.0, 10.0])
    np.testing.assert_array_equal(a.grad, [2, 20])
    np.testing.assert_array_equal(b.grad, [2, 20])


def test_a_gradient_of_another_float_type_is_brought_back_to_the_tensors() -> None:
    class Half(Op):
        def forward(self, x: np.ndarray) -> np.ndarray:
            return x / 2

        def backward(self, upstream: np.ndarray) -> tuple[np.ndarray]:
            return (upstream * np.full(upstream.shape, 0.5),)  # float64

    rng = np.random.default_rng(0)
    x, w = (tensor(rng.standard_normal(shape), requires_grad=True) for shape in ((64, 300), (200, 300)))
    Half.apply(F.linear(Half.apply(x), w)).sum().backward()
    assert x.grad is not None
    assert w.grad is not None
    assert x.grad.dtype == w.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad, np.broadcast_to(w.array.sum(axis=0) / 4, x.shape), atol=1e-4)


def test_an_output_that_was_not_used_sends_nothing() -> None:
    x = leaf(3.0, 1.0, 2.0)
    low, high = MinMax.apply(x)
    assert low.item() == 1
    (high * 5).backward()
    np.testing.assert_array_equal(x.grad, [5, 0, 0])


def test_one_output_in_a_tuple_stays_a_tuple() -> None:
    x = leaf(1.0, 2.0)
    (part,) = F.split(x, 2)
    (part * 3).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 3])


def test_deep_graphs_need_no_recursion() -> None:
    x = y = leaf(1.0)
    for _ in range(3000):
        y = y + 1.0
    y.backward()
    np.testing.assert_array_equal(x.grad, [1])


# -- the first upstream gradient ---------------------------------------------------------------------------------


def test_backward_from_many_elements_takes_an_upstream() -> None:
    x = leaf(1.0, 2.0, 3.0)
    (x * x).backward(np.array([1.0, 10.0, 100.0]))
    np.testing.assert_array_equal(x.grad, [2, 40, 600])


def test_backward_from_many_elements_without_upstream_is_refused() -> None:
    with pytest.raises(GraphError, match=r"shape \(2,\) needs an upstream gradient"):
        (leaf(1.0, 2.0) * 2).backward()


def test_an_upstream_of_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"expected an upstream gradient of shape \(2,\), got \(3,\)"):
        (leaf(1.0, 2.0) * 2).backward([1, 2, 3])


def test_the_callers_upstream_is_neither_kept_nor_changed() -> None:
    x, upstream = leaf(1.0, 2.0), np.array([1.0, 1.0])
    y = x + 0.0
    y.backward(upstream, retain_graph=True)
    y.backward(upstream)
    np.testing.assert_array_equal(upstream, [1, 1])
    np.testing.assert_array_equal(x.grad, [2, 2])


def test_gradients_are_arrays_also_without_axes() -> None:
    x = tensor(2.0, requires_grad=True)
    (x * x + x).backward()
    assert type(x.grad) is np.ndarray
    assert x.grad.shape == ()
    assert x.grad.dtype == np.float32


# -- freeing -----------------------------------------------------------------------------------------------------


def test_a_second_backward_says_what_to_do() -> None:
    y = leaf(1.0) * 2
    y.backward()
    with pytest.raises(GraphError, match=r"freed by an earlier backward\(\).*retain_graph=True"):
        y.backward()


def test_a_second_backward_through_a_shared_part_says_so_too() -> None:
    shared = leaf(1.0) * 2
    (shared * 3).backward()
    with pytest.raises(GraphError, match="freed"):
        (shared * 4).backward()


def test_retain_graph_allows_another_one() -> None:
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_array_equal(x.grad, [12])


def test_a_freed_graph_holds_no_activations() -> None:
    x = leaf(1.0)
    middle = x * 2
    gone = weakref.ref(middle)
    loss = middle * 3
    del middle
    loss.backward()
    assert gone() is None


# -- where no graph is wanted ------------------------------------------------------------------------------------


def test_no_grad_records_nothing() -> None:
    x = leaf(1.0)
    with amont.no_grad():
        y = x * 2
        with amont.enable_grad():
            z = x * 2
    assert y.op is None
    assert not y.requires_grad
    assert z.op is not None


def test_backward_without_a_graph_is_refused() -> None:
    with pytest.raises(GraphError, match="requires no gradient"):
        tensor([1.0]).backward()


def test_detach_cuts_the_path() -> None:
    x = leaf(3.0)
    (x * (x * 2).detach()).backward()
    np.testing.assert_array_equal(x.grad, [6])


def test_two_float_types_are_refused() -> None:
    with pytest.raises(DTypeError, match="Add got float32 and float64; use one float type"):
        tensor([1.0]) + tensor([1.0], dtype="f8")


# -- hooks -------------------------------------------------------------------------------------------------------


def test_a_hook_sees_and_replaces_the_gradient() -> None:
    x, seen = leaf(2.0), []
    y = x * 3
    y.register_hook(lambda g: seen.append(g.copy()))
    remove = y.register_hook(lambda g: g * 10)
    (y * y).backward(retain_graph=True)
    np.testing.assert_array_equal(seen[0], [12])
    np.testing.assert_array_equal(x.grad, [360])
    remove()
    x.grad = None
    (y * y).backward()
    np.testing.assert_array_equal(x.grad, [36])


def test_a_hook_on_a_leaf_sees_each_arriving_gradient_and_may_keep_it() -> None:
    x, seen = leaf(2.0), []
    x.register_hook(seen.append)
    (x * 3).backward()
    (x * 4).backward()
    np.testing.assert_array_equal(np.ravel(seen), [3, 4])
    np.testing.assert_array_equal(x.grad, [7])


def test_a_hook_needs_a_gradient() -> None:
    with pytest.raises(GraphError, match="would never be called"):
        tensor([1.0]).register_hook(print)


def test_retain_grad_keeps_the_gradient_of_a_node() -> None:
    x = leaf(2.0)
    y = (x * 3).retain_grad()
    (y * y).backward()
    np.testing.assert_array_equal(y.grad, [12])


def test_an_observer_sees_upstream_and_downstream() -> None:  # D4, figure 3
    x, seen = leaf(2.0), []
    y = x * 3
    with observe(lambda op, upstream, downstream: seen.append((type(op).__name__, upstream[0], downstream[0]))):
        F.exp(y).backward()
    assert [name for name, _, _ in seen] == ["Exp", "Multiply"]
    np.testing.assert_allclose([d for _, _, d in seen], [[np.exp(6)], [3 * np.exp(6)]])


# -- what backward refuses from an operation ---------------------------------------------------------------------


class WrongCount(Twice):
    def backward(self, dy):
        return (dy,)


class WrongShape(Twice):
    def backward(self, dy):
        return dy[:1], dy


@pytest.mark.parametrize(
    "op, message", [(WrongCount, "one gradient per input: 2, got 1"), (WrongShape, r"shape \(1,\) for an input of sha")]
)
def test_a_wrong_backward_is_named(op: type[Op], message: str) -> None:
    with pytest.raises(GraphError, match=f"{op.__name__}.backward.*{message}"):
        op.apply(leaf(1.0, 2.0), leaf(1.0, 2.0)).sum().backward()
