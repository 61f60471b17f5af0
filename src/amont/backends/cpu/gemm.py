"""The matrix product C = A B (+ bias), packed and blocked for the caches, made of register tiles.

The algorithm is that of Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", 2008): a block of B
is packed into panels of COLUMNS columns that the tile reads from start to end. A is read where it lies if its rows are
contiguous; of a transposed A a block is copied line by line. If A has so few rows that they are one block, a panel is
used once after it was packed: then each is packed right before its use, still in the cache (64·784·256 172 → 154 µs,
32·900·900 393 → 341).

A product of few rows (`few_rows`) with a large B is bound by memory: packing B would write it once more, and takes its
rows in short pieces, which memory does worst. It is turned around, Cᵀ = Bᵀ Aᵀ: B is then the matrix that is read as it
lies, the few rows are packed. Milliseconds on two cores for 16·9216·4096, weights of 151 MB (reading them alone: 4.6):
x Wᵀ 13.9 → 7.2, dy W 37.7 → 11.6.

Measured on a Zen 3 (6 × 16 tile, one core, GFLOP/s, OpenBLAS beside it in turn): the tile alone on packed B, 256³ 98
to 93, 516·576·64 98 to 88; with packing, 64·784·256 63 to 67, 256³ 89 to 79, 1024³ 60 to 73. So on one core BLAS does
as well and its product is used; with two and more cores ours, in the one thread pool, shared out by rows or columns,
whichever are more: 1024³ and 2048³ 85 to 90 G multiply-adds/s on two cores (OpenBLAS 94). float64 always goes to BLAS.

Tried and dropped: packing or copying A where its rows are contiguous (63 → 47 at 64·784·256, nothing at 2048³); packing
a transposed A into panels of ROWS rows (level with copying lines, and slower where C has few columns); packing a
transposed B number by number (83 → 44 at 64·256·128), in place of which `transpose_block` turns 8 × 8 numbers in
registers (784 × 128 in 12.8 µs with blocks side by side, 17 with blocks one below the other); packing a line by a loop
(64 × 392 in 16.7 µs, by `copy_line` 3.7: the vectorizer asks at each line whether it overlaps); a tile that reads few
rows of B unpacked (42 ms for dy W above: rows 36 KB apart share one set of the cache).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import kernel, parallel, share, threads_for
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS, SHORT, copy_line, tile, transpose_block

Array = np.ndarray[Any, Any]

# Sizes are NumPy integers: Numba compiles a kernel once more for each Python constant that it is called with.
ZERO, ONE = np.int64(0), np.int64(1)
K_BLOCK = 256  # a panel of B, 256 × 16 floats, is half of a 32 KB first-level cache
N_BLOCK = 16 * COLUMNS  # a block of B is then 256 KB, …
M_BLOCK = 20 * ROWS  # … one of A 120 KB: together they fit a second-level cache of 512 KB
A_STEP = M_BLOCK + LANES  # not a power of two: the lines of a copied block fall into different sets of the caches


@kernel
def pack(B, b_off, b_k, b_col, K, n, out):
    """Copy B[k, j], k < K, j < n, to `out` as panels [n / COLUMNS][K][COLUMNS]; the last one filled up with zeros."""
    for c in range(0, n, COLUMNS):
        width = min(COLUMNS, n - c)
        panel = out[c * K : (c + COLUMNS) * K]
        if width < COLUMNS:
            for i in range(panel.size):
                panel[i] = 0
        if b_col == 1 and width == COLUMNS:
            for k in range(K):
                copy_line(B, b_off + k * b_k + c, panel, k * COLUMNS)
        elif b_col == 1:
            for k in range(K):
                row = B[b_off + k * b_k + c : b_off + k * b_k + c + width]
                for j in range(row.size):
                    panel[k * COLUMNS + j] = row[j]
        else:
            # Blocks of LANES × LANES are turned in registers, side by side: whole lines of the panel are written.
            turned, whole = width - width % LANES if b_k == 1 else 0, K - K % LANES
            for k in range(0, whole, LANES):
                for j in range(0, turned, LANES):
                    transpose_block(B, b_off + k + (c + j) * b_col, b_col, panel, k * COLUMNS + j, COLUMNS)
            for k in range(whole if turned == width else 0, K):
                for j in range(turned if k < whole else 0, width):
                    panel[k * COLUMNS + j] = B[b_off + k * b_k + (c + j) * b_col]


@kernel
def copy_block(A, a_off, a_k, K, m, out):
    """Copy A[i, k], i < m ≤ M_BLOCK, k < K, whose columns lie in one piece, to `out` as [K][A_STEP]."""
    for k in range(K):
        column, to = A[a_off + k * a_k : a_off + k * a_k + m], out[k * A_STEP : k * A_STEP + m]
        for i in range(column.size):
            to[i] = column[i]


@kernel
def multiply(A, a_off, a_row, a_k, B, C, c_off, c_row, m, n, K, accumulate):
    """C[m, n] (+)= A[m, K] B[K, n], with B packed by `pack`."""
    for c in range(0, n, COLUMNS):
        r = ZERO
        while r < m:
            # Two short tiles for 7 or 8 rows that are left, rather than a long one and one that is mostly empty.
            rows = SHORT if ROWS < m - r <= 2 * SHORT else min(ROWS, m - r)
            tile(
                A, a_off + r * a_row, a_row, a_k, B, c * K, C, c_off + r * c_row + c, c_row, K,
                rows, min(COLUMNS, n - c), accumulate,
            )  # fmt: skip
            r += rows


@kernel
def product_part(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns):
    """Compute one part of C = A B + bias, flat arrays, C with rows of N; a bias of size 0 is none."""
    m0, m1, n0, n1 = 0, M, 0, N
    if by_columns:
        n0, n1 = share(part, parts, N)
    else:
        m0, m1 = share(part, parts, M)
    # Few rows are one block of A, and a panel of B serves no other: it is packed when its turn comes.
    n_block, longest = (COLUMNS, 4) if a_k == 1 and m1 - m0 <= M_BLOCK else (N_BLOCK, 8)
    width = min(max(COLUMNS, n1 - n0), n_block)
    # Few columns: longer pieces of A.
    k_block = min(K, K_BLOCK * min(N_BLOCK // width, longest) if a_k == 1 else K_BLOCK)
    block_b = np.empty(k_block * (width + COLUMNS), A.dtype)
    block_a = np.empty(0 if a_k == 1 else k_block * A_STEP, A.dtype)
    for c in range(n0, n1, n_block):
        nb = min(n_block, n1 - c)
        for k in range(0, K, k_block):
            kb = min(k_block, K - k)
            pack(B, k * b_k + c * b_col, b_k, b_col, kb, nb, block_b)
            for r in range(m0, m1, M_BLOCK):
                mb = min(M_BLOCK, m1 - r)
                add = k > 0 or bias.size > 0
                if k == 0 and bias.size > 0:
                    for i in range(r, r + mb):
                        if nb == COLUMNS:
                            copy_line(bias, c, C, i * N + c)
                        else:
                            row, b = C[i * N + c : i * N + c + nb], bias[c : c + nb]
                            for j in range(row.size):
                                row[j] = b[j]
                if a_k == 1:
                    multiply(A, r * a_row + k, a_row, ONE, block_b, C, r * N + c, N, mb, nb, kb, add)
                else:
                    copy_block(A, r + k * a_k, a_k, kb, mb, block_a)
                    multiply(block_a, ZERO, ONE, A_STEP, block_b, C, r * N + c, N, mb, nb, kb, add)


@parallel
def _product(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns):
    product_part(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns)


def product(A: Array, B: Array, bias: Array | None = None) -> Array:
    """Return A B (+ bias to each row). A (M, K), B (K, N), bias (N,); any strides, transposes cost nothing."""
    (M, K), N = A.shape, B.shape[1]
    # 16 multiply-adds count as one elementary step; less than two full rows of tiles is a matter for BLAS.
    parts = threads_for(M * N * K // 16, max(M // ROWS, N // COLUMNS))
    alone = parts == 1 and (K >= 8 or M * N < 10_000)  # few terms for many sums: BLAS 1.5 ms, ours 0.16 for 4000·1·256
    if alone or not A.dtype == B.dtype == np.float32 or min(M, N) < 4:
        C = A @ B
        if bias is not None:
            C += bias
        return C
    few_rows = 8 * COLUMNS if B.flags.c_contiguous else 2 * COLUMNS
    if few_rows >= M and N >= 8 * M:  # Cᵀ = Bᵀ Aᵀ reads B as it lies, once
        turned = _flat_product(parts, B.T, A.T, None)
        return np.ascontiguousarray(turned.T) if bias is None else turned.T + bias
    return _flat_product(parts, A, B, bias)


def _flat_product(parts: int, A: Array, B: Array, bias: Array | None) -> Array:
    (M, K), N = A.shape, B.shape[1]
    C = np.empty((M, N), A.dtype)
    bias = np.empty(0, A.dtype) if bias is None else np.ascontiguousarray(bias)
    by_columns = N // COLUMNS >= M // ROWS
    _product(parts, *flat(A), *flat(B), bias, C.reshape(-1), M, N, K, by_columns)
    return C


def flat(A: Array) -> tuple[Array, int, int]:
    """Return a matrix as one contiguous line and its two strides in elements; a copy only if it must be."""
    if A.flags.c_contiguous:
        return A.reshape(-1), A.shape[1], 1
    if A.flags.f_contiguous:
        return A.T.reshape(-1), 1, A.shape[0]
    row, column = (stride // A.itemsize for stride in A.strides)
    whole = all(stride % A.itemsize == 0 for stride in A.strides)  # not so in a field of a structured array
    if whole and min(row, column) == 1 and min(A.shape) > 0:  # some columns or rows of a larger matrix
        span = (A.shape[0] - 1) * row + (A.shape[1] - 1) * column + 1
        return np.lib.stride_tricks.as_strided(A, (span,), (A.itemsize,)), row, column
    return np.ascontiguousarray(A).reshape(-1), A.shape[1], 1
