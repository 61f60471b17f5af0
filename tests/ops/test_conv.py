"""Convolution against loops that say equation (1) one number at a time, and its adjoint against the definition."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amont
import amont.functional as F
from amont.core.errors import ArgumentError, DTypeError, ShapeError
from amont.core.shapes import conv_output_size, conv_transpose_output_size

Array = np.ndarray[Any, Any]
few = settings(deadline=None, max_examples=25)
W = amont.tensor(np.ones((6, 4, 3, 3)))


def naive_conv2d(
    x: Array,
    w: Array,
    b: Array,
    stride: tuple[int, ...],
    padding: tuple[int, ...],
    dilation: tuple[int, ...],
    groups: int,
) -> Array:
    X = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in padding)])
    sizes = [conv_output_size(*axis) for axis in zip(x.shape[2:], w.shape[2:], stride, padding, dilation)]
    y = np.zeros((len(x), len(w), *sizes))
    channels = w.shape[1]
    for n, k, i, j in np.ndindex(*y.shape):
        first = k // (len(w) // groups) * channels  # the first input channel of the group of output channel k
        for c, p, q in np.ndindex(*w.shape[1:]):
            y[n, k, i, j] += (
                X[n, first + c, i * stride[0] + p * dilation[0], j * stride[1] + q * dilation[1]] * w[k, c, p, q]
            )
        y[n, k, i, j] += b[k]
    return y


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of a convolution that has an output."""
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation)]
    size = tuple(max(1, r - 2 * p) + draw(st.integers(0, 4)) for r, p in zip(reach, padding))
    groups = draw(st.integers(1, 3))
    channels = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    moves = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return {"batch": draw(st.integers(1, 2)), "channels": channels, "size": size, "kernel": kernel, "moves": moves}


def tensors(plan: dict[str, Any]) -> tuple[amont.Tensor, amont.Tensor, amont.Tensor]:
    rng = np.random.default_rng(0)
    c_in, c_out = plan["channels"]
    shapes = (plan["batch"], c_in, *plan["size"]), (c_out, c_in // plan["moves"]["groups"], *plan["kernel"]), (c_out,)
    x, w, b = (amont.tensor(rng.standard_normal(s), dtype="f8", requires_grad=True) for s in shapes)
    return x, w, b


@few
@given(plans())
def test_conv2d_is_the_four_loops(plan: dict[str, Any]) -> None:
    x, w, b = tensors(plan)
    y = F.conv2d(x, w, b, **plan["moves"])
    np.testing.assert_allclose(y.numpy(), naive_conv2d(x.numpy(), w.numpy(), b.numpy(), **plan["moves"]), atol=1e-12)


@few
@given(plans())
def test_conv1d_is_conv2d_with_height_1(plan: dict[str, Any]) -> None:
    x, w, b = tensors(plan)
    row, kernel = x.numpy()[:, :, :1], amont.tensor(w.numpy()[:, :, :1], dtype="f8")
    image_moves = {**plan["moves"], "padding": (0, plan["moves"]["padding"][1])}
    signal_moves = {name: move if name == "groups" else move[1] for name, move in plan["moves"].items()}
    flat = amont.tensor(kernel.numpy()[:, :, 0], dtype="f8")
    y, expected = F.conv1d(row[:, :, 0], flat, b, **signal_moves), F.conv2d(row, kernel, b, **image_moves)
    np.testing.assert_allclose(y.numpy(), expected.numpy()[:, :, 0], atol=1e-12)


@few
@given(plans())
def test_conv_transpose_is_the_adjoint(plan: dict[str, Any]) -> None:
    """⟨conv(x), y⟩ = ⟨x, convᵀ(y)⟩, with the output_padding that gives back the size of x."""
    x, w, _ = tensors(plan)
    moves = plan["moves"]
    out = F.conv2d(x, w, None, **moves)
    y = np.random.default_rng(1).standard_normal(out.shape)
    geometry = zip(out.shape[2:], plan["kernel"], moves["stride"], moves["padding"], moves["dilation"])
    missing = [n - conv_transpose_output_size(o, k, s, p, 0, d) for n, (o, k, s, p, d) in zip(plan["size"], geometry)]
    back = F.conv_transpose2d(y, w, None, output_padding=missing, **moves)
    assert back.shape == x.shape
    assert np.vdot(out.numpy(), y) == pytest.approx(np.vdot(x.numpy(), back.numpy()))


@few
@given(plans())
def test_transposed_gradients_are_those_of_the_convolution(plan: dict[str, Any]) -> None:
    """With y fixed, L = ⟨convᵀ(y), x⟩ = ⟨y, conv(x)⟩ has the same gradients by both roads."""
    x, w, _ = tensors(plan)
    moves = plan["moves"]
    y = amont.tensor(np.random.default_rng(1).standard_normal(F.conv2d(x, w, None, **moves).shape), dtype="f8")
    F.conv2d(x, w, None, **moves).backward(y.numpy())
    expected = w.grad
    y.requires_grad, w.grad = True, None
    geometry = zip(y.shape[2:], plan["kernel"], moves["stride"], moves["padding"], moves["dilation"])
    missing = [n - conv_transpose_output_size(o, k, s, p, 0, d) for n, (o, k, s, p, d) in zip(plan["size"], geometry)]
    F.conv_transpose2d(y, w, None, output_padding=missing, **moves).backward(x.numpy())
    np.testing.assert_allclose(w.grad, expected, atol=1e-12)
    np.testing.assert_allclose(y.grad, F.conv2d(x, w, None, **moves).numpy(), atol=1e-12)


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_keeps_the_size_and_pads_the_odd_one_after(kernel: int, dilation: int) -> None:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 1, 7)), rng.standard_normal((1, 1, kernel))
    y = F.conv1d(x, amont.tensor(w, dtype="f8"), padding="same", dilation=dilation)
    total = dilation * (kernel - 1)
    padded = np.pad(x, [(0, 0), (0, 0), (total // 2, total - total // 2)])
    np.testing.assert_allclose(y.numpy(), F.conv1d(padded, amont.tensor(w, dtype="f8"), dilation=dilation).numpy())
    assert y.shape == x.shape


def test_valid_adds_nothing() -> None:
    x, w = np.ones((1, 1, 4, 4), np.float32), amont.tensor(np.ones((1, 1, 3, 3)))
    np.testing.assert_array_equal(F.conv2d(x, w, padding="valid").numpy(), np.full((1, 1, 2, 2), 9))


def test_an_empty_batch_gives_an_empty_batch() -> None:
    x = amont.tensor(np.zeros((0, 4, 5, 5)), requires_grad=True)
    y = F.conv2d(x, W)
    assert y.shape == (0, 6, 3, 3)
    y.backward(np.zeros(y.shape))
    assert x.grad is not None
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_type_stays(dtype: str) -> None:
    x, w, b = (amont.tensor(np.ones(s), dtype=dtype, requires_grad=True) for s in [(1, 2, 4), (2, 2, 3), (2,)])
    with amont.use_backend("reference"):
        y = F.conv1d(x, w, b)
        y.backward(np.ones(y.shape, dtype))
    assert y.dtype == x.grad.dtype == w.grad.dtype == b.grad.dtype == np.dtype(dtype)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("x", "options", "error", "text"),
    [
        ((8, 3, 9, 9), {}, ShapeError, r"expected 4 input channels, got an input of shape \(8, 3, 9, 9\); set in_ch"),
        ((8, 9, 9, 4), {}, ShapeError, r"channels come second, \(N, C, H, W\)"),
        (
            (4, 9, 9),
            {},
            ShapeError,
            r"expected an input of shape \(N, C, H, W\), got \(4, 9, 9\); .*reshape\(1, 4, 9, 9\)",
        ),
        ((1, 4, 2, 9), {}, ShapeError, r"size 2×9 is too small for a window of 3×3 with padding 0×0: .* at least 3×3"),
        ((1, 4, 4, 4), {"dilation": 2}, ShapeError, r"window of 5×5 .* at least 5×5"),
        ((1, 4, 2, 2), {"dilation": 2, "padding": 1}, ShapeError, r"at least 3×3"),
        ((1, 16, 9, 9), {"groups": 4}, ArgumentError, r"groups must divide the 6 channels"),
        ((1, 4, 9, 9), {"stride": 0}, ArgumentError, "stride must be a whole number or 2 of them, at least 1"),
        ((1, 4, 9, 9), {"padding": "full"}, ArgumentError, '"same", "valid" or numbers'),
        ((1, 4, 9, 9), {"padding": "same", "stride": 2}, ArgumentError, "needs stride 1"),
        ((1, 4, 9, 9), {"bias": amont.tensor(np.ones(4))}, ShapeError, r"bias of shape \(6,\), got \(4,\)"),
    ],
)
def test_errors_say_what_was_expected(x: Any, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        F.conv2d(np.zeros(x, np.float32), W, **options)


def test_integers_are_refused_as_a_tensor_and_converted_as_an_array() -> None:
    with pytest.raises(DTypeError, match="must be floating point"):
        F.conv2d(amont.tensor(np.ones((1, 4, 3, 3), int)), W)
    assert F.conv2d(np.ones((1, 4, 3, 3), int), W).dtype == np.float32


def test_transposed_errors() -> None:
    x = np.zeros((1, 6, 3, 3), np.float32)
    with pytest.raises(ArgumentError, match="output_padding must be smaller than the stride or the dilation"):
        F.conv_transpose2d(x, W, output_padding=1)
    with pytest.raises(ShapeError, match="would give an output of size -1×-1"):
        F.conv_transpose2d(x, W, padding=3)
    with pytest.raises(ShapeError, match="expected 6 input channels"):
        F.conv_transpose2d(x[:, :4], W)


def test_sizes_may_be_lists_and_are_refused_the_same_way() -> None:
    x, w = np.ones((1, 1, 5, 5), np.float32), amont.tensor(np.ones((1, 1, 3, 3), np.float32))
    np.testing.assert_array_equal(F.conv2d(x, w, stride=[2, 1]).array, F.conv2d(x, w, stride=(2, 1)).array)
    for wrong in ([[1], [1]], ([1], [1]), (2.0, 1), [2.0, 1]):  # (2, 1) was asked for above
        with pytest.raises(ArgumentError, match="stride"):
            F.conv2d(x, w, stride=wrong)  # type: ignore[arg-type]
