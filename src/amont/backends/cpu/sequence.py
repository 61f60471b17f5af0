"""What the recurrent kernels share: how a batch of sequences is laid out, and the products outside the recurrence.

The batch is split over the threads, so that no time step waits for another thread; W is packed once per call and each
thread walks through time on its own rows (prototype: 13 ms in place of 60 with a BLAS call per step).

Inside, everything is in reading order, step by step: what belongs to step s of all sequences lies together. One row of
the *history* holds all that a step reads, [h_{t−1} | 1 | x_t], and W = [W_hh | b | W_ih] (`stacked`); so that

    a_t = W_hh h_{t−1} + b + W_ih x_t       is one product with K = H + 1 + D, written once,
    [dW_hh | db | dW_ih] = Σ_t da_tᵀ [h_{t−1} | 1 | x_t]       is one product over all steps, and db falls out of it.

Step s of sequence n is at `place(s, lengths[n], reverse)` of the user's (N, T, ·) arrays; from step lengths[n] on the
state is carried over and gradients are zero.

Measured (Zen 3, one thread, without dx, milliseconds forward + backward; D = 64 and H = 256, then D = 1 and H = 64;
before the two changes named last):

| | RNN | GRU | LSTM | where it goes (LSTM) |
|---|---|---|---|---|
| T = 100, N = 64 | 14 + 23 | 42 + 75 | 67 + 94 | recurrence 67 + 46, weight gradients 47, packing 0.3 |
| T = 40, N = 100 | 0.7 + 1.0 | 2.4 + 3.5 | 3.2 + 4.8 | recurrence 3.1 + 2.6 (1.3 the activations), gradients 2.0 |

Replaced: a product for W_ih x of all steps before the recurrence and two for the weights after it, by which the gates
were written and read once more and da packed twice; tiles of 6 rows alone, which did 36 rows' work for the 32 rows of
a thread (now 4·6 + 2·4); the product of the weights for few columns in the history as da_tᵀ [h | 1 | x], now turned:
66 columns are 11 tiles' rows, but five panels of 16, and da is copied by whole panels (LSTM T = 40 1.2 → 0.96 ms).

The loop over the hidden units takes them a register at a time (see `vector`): LLVM's vectorizer made SIMD code of many
short loops only, over up to about four arrays each (it must check that they do not overlap). In place of those, steps
of training, two threads: LSTM T = 40 7.0 → 4.6 ms, GRU 5.0 → 3.7; with H = 256, where products take most, level.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.gemm import flat, pack, product
from amont.backends.cpu.jit import inlined, kernel, parallel, share, threads_for
from amont.backends.cpu.simd import COLUMNS, LANES, SHORT

Array = np.ndarray[Any, Any]
TURNED = 128  # columns of the history up to which dWᵀ is computed: 66 columns are 11·6 rows, but 5 panels of 16
FEW = 2  # sequences up to which W_hh is read as it lies and split by hidden units, see `meeting`


@inlined
def place(step, length, reverse):
    """Return the time index that is read at a step."""
    return length - 1 - step if reverse else step


@inlined
def copy(source, target):
    """Write `source` into `target`, both of one axis."""
    for j in range(target.size):
        target[j] = source[j]


@inlined
def clear(target):
    """Write zeros."""
    for j in range(target.size):
        target[j] = 0


@kernel
def read_step(x, lengths, reverse, s, n0, n1, T, D, H, S, history):
    """Write [1 | x_t | 0] into the history's rows n0 … n1 of step s; zero in the padding, whatever stood there."""
    N = lengths.size
    for n in range(n0, n1):
        row = history[(s * N + n) * S + H : (s * N + n + 1) * S]
        row[0] = 1
        if s < lengths[n]:
            t = (n * T + place(s, lengths[n], reverse)) * D
            copy(x[t : t + D], row[1 : D + 1])
            clear(row[D + 1 :])
        else:
            clear(row[1:])


@kernel
def dots(W, first, H, h, out, backwards):
    """out[r] += Σ_k W[first + r·H + k] h[k] for all r, eight rows at a time, from the first or from the last.

    To and fro by turns: what of W was read last is still in the cache.
    """
    groups = out.size // 8
    for i in range(groups):
        r = 8 * (groups - 1 - i if backwards else i)
        a = W[first + r * H : first + (r + 8) * H]
        s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = h.dtype.type(0)
        for k in range(H):
            h_k = h[k]
            s0 += a[k] * h_k
            s1 += a[H + k] * h_k
            s2 += a[2 * H + k] * h_k
            s3 += a[3 * H + k] * h_k
            s4 += a[4 * H + k] * h_k
            s5 += a[5 * H + k] * h_k
            s6 += a[6 * H + k] * h_k
            s7 += a[7 * H + k] * h_k
        out[r] += s0
        out[r + 1] += s1
        out[r + 2] += s2
        out[r + 3] += s3
        out[r + 4] += s4
        out[r + 5] += s5
        out[r + 6] += s6
        out[r + 7] += s7
    for r in range(8 * groups, out.size):
        a, total = W[first + r * H : first + (r + 1) * H], h.dtype.type(0)
        for k in range(H):
            total += a[k] * h[k]
        out[r] += total


@inlined
def units_of(part, parts, together, H):
    """Return the range of hidden units of a part, in groups of eight as `dots` takes them; all if it works alone."""
    if not together:
        return 0, H
    g0, g1 = share(part, parts, (H + 7) // 8)
    return 8 * g0, min(H, 8 * g1)


@parallel
def _pack_panels(part, parts, B, b_k, b_col, K, n, out):
    """`pack`, shared out by panels."""
    p0, p1 = share(part, parts, (n + COLUMNS - 1) // COLUMNS)
    if p1 > p0:
        c = p0 * COLUMNS
        pack(B, c * b_col, b_k, b_col, K, min(n, p1 * COLUMNS) - c, out[c * K :])


def packed(B: Array) -> Array:
    """Return a matrix B (K, n) as the panels that `multiply` reads."""
    K, n = B.shape
    out = np.empty(-(-n // COLUMNS) * COLUMNS * K, B.dtype)
    line, b_k, b_col = flat(B)
    _pack_panels(threads_for(K * n, n // COLUMNS), line, b_k, b_col, K, n, out)
    return out


def stacked(w_hh: Array, b: Array | None, w_ih: Array) -> Array:
    """Return W = [W_hh | b | W_ih | 0], (G, S)."""
    (G, H), D = w_hh.shape, w_ih.shape[1]
    W = np.zeros((G, _width(H, D)), w_hh.dtype)
    W[:, :H], W[:, H + 1 : H + 1 + D] = w_hh, w_ih
    if b is not None:
        W[:, H] = b
    return W


def _width(H: int, D: int) -> int:
    """Return S, which is H + 1 + D rounded up to whole registers."""
    return -(-(H + 1 + D) // int(LANES)) * int(LANES)


def both(b_ih: Array | None, b_hh: Array | None) -> Array | None:
    """Return the sum of the biases that are given."""
    return b_ih if b_hh is None else b_hh if b_ih is None else b_ih + b_hh


def history_of(h0: Array | None, N: int, T: int, H: int, D: int, dtype: Any) -> Array:
    """Return the array (T + 1, N, S) that the kernel fills row by row; the first state stands in it, None means 0."""
    history = np.empty((T + 1, N, _width(H, D)), dtype)
    history[0, :, :H] = 0 if h0 is None else h0
    return history


def lengths_of(x: Array, lengths: Array | None) -> Array:
    """Return the number of valid steps of each sequence."""
    if lengths is None:
        return np.full(len(x), x.shape[1], np.int64)
    return np.ascontiguousarray(lengths, np.int64)


def state(first: Array | None, N: int, H: int, dtype: Any) -> Array:
    """Return a copy of a state or gradient (N, H) that the kernel may write to; None means zero."""
    return np.zeros((N, H), dtype) if first is None else np.array(first, dtype, order="C")


def line(array: Array | None, like: Array) -> Array:
    """Return an upstream gradient as one contiguous line; of size 0 if there is none."""
    return np.empty(0, like.dtype) if array is None else np.ascontiguousarray(array).reshape(-1)


def parts_for(N: int, T: int, rows: int, H: int) -> int:
    """Return in how many parts to split a batch: a step costs rows · H multiply-adds and some 8 steps per row."""
    return threads_for(N * T * rows * (H / 16 + 8), -(-N // int(SHORT)))


def parts_by_units(N: int, rows: int, H: int) -> int:
    """Return in how many parts to split the units of few sequences: each step must be worth a meeting."""
    return threads_for(N * rows * H // 2, -(-H // 8))


def input_product(x: Array, w: Array, b: Array | None, steps: Array, reverse: bool) -> Array:
    """Return W_ih x_t + b of all steps in reading order, (T, N, ·); the padding's is not zero."""
    N, T, D = x.shape
    a = product(x.reshape(N * T, D), w.T, b).reshape(N, T, len(w))
    if reverse:
        a = np.take_along_axis(a, _read(T, steps)[:, :, np.newaxis], axis=1)
    return a.swapaxes(0, 1)


def _read(T: int, steps: Array) -> Array:
    """Return the time index that a backward reading reads at each step, (N, T); the padding keeps its place."""
    s, length = np.arange(T), steps[:, np.newaxis]
    return np.where(s < length, length - 1 - s, s)


def weight_gradients(da: Array, history: Array) -> Array:
    """Return Σ da_tᵀ row_t over all rows of da and history (T, N, ·), which may be some columns of a larger array."""
    if history.shape[2] <= TURNED:
        return product(_rows(history).T, _rows(da)).T
    return product(_rows(da).T, _rows(history))


def input_gradient(da: Array, w: Array, steps: Array | None, reverse: bool) -> Array:
    """Return dx (N, T, D) = da W_ih, brought back from reading order (T, N, ·); zero in the padding."""
    T, N, _ = da.shape
    dx = product(_rows(da), w).reshape(T, N, w.shape[1]).swapaxes(0, 1)
    if reverse:
        if steps is None:
            dx = dx[:, ::-1]
        else:  # its own inverse
            dx = np.take_along_axis(dx, _read(T, steps)[:, :, np.newaxis], axis=1)
    return np.ascontiguousarray(dx)


def _rows(array: Array) -> Array:
    """Return (T, N, ·) as (T·N, ·), without a copy: the rows of all steps follow each other evenly."""
    T, N, columns = array.shape
    row, step = array.strides[1:]
    return np.lib.stride_tricks.as_strided(array, (T * N, columns), (row, step))


def owned(gradient: Array, wanted: bool) -> Array | None:
    """Return a contiguous copy, or None if it is not wanted."""
    return gradient.copy() if wanted else None
