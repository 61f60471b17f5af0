"""The fast kernels against the reference over shapes that nobody thought of."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.backends.cases import Case, normal
from tests.backends.cases.loss import labelled
from tests.backends.cases.recurrent import sequence
from tests.backends.twins import assert_cpu_equals_reference

few = settings(deadline=None, max_examples=25)
dtypes = st.sampled_from(["float32", "float64"])
sizes = st.integers(1, 9)
wide = st.integers(1, 40)


@few
@given(st.data(), dtypes)
def test_convolution(data: st.DataObject, dtype: str) -> None:
    rank = data.draw(st.integers(1, 2))
    each = lambda strategy: tuple(data.draw(strategy) for _ in range(rank))
    kernel, stride, padding, dilation = (each(st.integers(low, 3)) for low in (1, 1, 0, 1))
    size = each(st.integers(1, 20))
    assume(all(n + 2 * p > d * (k - 1) for n, p, d, k in zip(size, padding, dilation, kernel)))
    groups, per_group, filters = data.draw(st.integers(1, 3)), data.draw(sizes), data.draw(sizes)
    arrays = normal(
        (data.draw(sizes), groups * per_group, *size),
        (groups * filters, per_group, *kernel),
        (groups * filters,) if data.draw(st.booleans()) else None,
    )
    params = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    assert_cpu_equals_reference(Case("conv", "random", arrays, params, tolerance=20), dtype)


@few
@given(st.data(), st.sampled_from(["max_pool", "avg_pool"]), dtypes)
def test_pooling(data: st.DataObject, name: str, dtype: str) -> None:
    rank = data.draw(st.integers(1, 2))
    each = lambda strategy: tuple(data.draw(strategy) for _ in range(rank))
    kernel, stride, size = each(st.integers(1, 4)), each(st.integers(1, 3)), each(st.integers(4, 13))
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    params = {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": data.draw(st.booleans())}
    params |= {"dilation": (1,) * rank} if name == "max_pool" else {"count_include_pad": data.draw(st.booleans())}
    arrays = normal((data.draw(sizes), data.draw(sizes), *size))
    assert_cpu_equals_reference(Case(name, "random", arrays, params), dtype)


@few
@given(st.data(), st.sampled_from(["rnn", "lstm", "gru"]), dtypes)
def test_recurrence(data: st.DataObject, name: str, dtype: str) -> None:
    N, T, D, H = (data.draw(st.integers(1, n)) for n in (9, 7, 9, 20))
    lengths = [data.draw(st.integers(1, T)) for _ in range(N)] if data.draw(st.booleans()) else None
    arrays = sequence(name, N, T, D, H, lengths=lengths, state=data.draw(st.booleans()), bias=data.draw(st.booleans()))
    params = {"reverse": data.draw(st.booleans())} | ({"nonlinearity": "tanh"} if name == "rnn" else {})
    only = data.draw(st.sampled_from([None, 0, 1]))  # a loss of all outputs, of y alone, of the last state alone
    assert_cpu_equals_reference(Case(name, "random", arrays, params, tolerance=20), dtype, only)


@few
@given(wide, wide, wide, st.booleans(), dtypes)
def test_linear(N: int, D: int, K: int, bias: bool, dtype: str) -> None:
    arrays = normal((N, D), (K, D), (K,) if bias else None)
    assert_cpu_equals_reference(Case("linear", "random", arrays, tolerance=20), dtype)


@few
@given(st.lists(sizes, min_size=1, max_size=4), st.sampled_from(["relu", "sigmoid", "tanh", "silu"]), dtypes)
def test_activations(shape: list[int], name: str, dtype: str) -> None:
    assert_cpu_equals_reference(Case(name, "random", normal(tuple(shape))), dtype)


@few
@given(st.data(), dtypes)
def test_softmax_cross_entropy(data: st.DataObject, dtype: str) -> None:
    rest = tuple(data.draw(st.lists(st.integers(1, 4), max_size=2)))
    shape = (data.draw(wide), data.draw(st.integers(2, 30)), *rest)
    params = {
        "reduction": data.draw(st.sampled_from(["mean", "sum", "none"])),
        "label_smoothing": data.draw(st.sampled_from([0.0, 0.1])),
        "ignore_index": -100,
    }
    arrays = labelled(shape, weight=data.draw(st.booleans()), scale=data.draw(st.sampled_from([1.0, 30.0])))
    assert_cpu_equals_reference(Case("softmax_cross_entropy", "random", arrays, params, (0,), tolerance=5), dtype)


@few
@given(st.data(), dtypes)
def test_batch_norm(data: st.DataObject, dtype: str) -> None:
    rest = tuple(data.draw(st.lists(sizes, max_size=2)))
    N, C = data.draw(st.integers(2, 12)), data.draw(sizes)
    case = Case("batch_norm", "random", normal((N, C, *rest), (C,), (C,)), {"eps": 1e-3}, tolerance=50)
    assert_cpu_equals_reference(case, dtype, upstream_of=0)
