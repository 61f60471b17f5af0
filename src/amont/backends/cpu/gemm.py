"""The matrix product C = A B (+ bias), packed and blocked for the caches, made of register tiles.

The algorithm is that of Goto and van de Geijn ("Anatomy of high-performance matrix multiplication", 2008): a block of B
is packed into panels of COLUMNS columns that the tile reads from start to end, a block of A into panels of ROWS rows.

Measured on a Zen 3 (6 × 16 tile, one core, GFLOP/s, OpenBLAS beside it in turn): the tile alone on packed B, 256³ 98
to 93, 516·576·64 98 to 88; with packing, 64·784·256 63 to 67, 256³ 89 to 79, 1024³ 60 to 73. So on one core BLAS does
as well and its product is used; with two and more cores ours, in the one thread pool, shared out by rows or columns,
whichever are more. float64 always goes to BLAS.

Tried and dropped: packing A where its rows are contiguous (63 → 47 at 64·784·256); packing a transposed B number by
number (83 → 44 at 64·256·128), in place of which `transpose_block` turns 8 × 8 numbers in registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import kernel, parallel, share, threads_for
from amont.backends.cpu.simd import COLUMNS, LANES, ROWS, tile, transpose_block

Array = np.ndarray[Any, Any]

# Sizes are NumPy integers: Numba compiles a kernel once more for each Python constant that it is called with.
ZERO, ONE = np.int64(0), np.int64(1)
K_BLOCK = 256  # a panel of B, 256 × 16 floats, is half of a 32 KB first-level cache
N_BLOCK = 16 * COLUMNS  # a block of B is then 256 KB, …
M_BLOCK = 20 * ROWS  # … one of A 120 KB: together they fit a second-level cache of 512 KB


@kernel
def pack(B, b_off, b_k, b_col, K, n, out):
    """Copy B[k, j], k < K, j < n, to `out` as panels [n / COLUMNS][K][COLUMNS]; the last one filled up with zeros."""
    for c in range(0, n, COLUMNS):
        width = min(COLUMNS, n - c)
        panel = out[c * K : (c + COLUMNS) * K]
        if width < COLUMNS:
            for i in range(panel.size):
                panel[i] = 0
        if b_col == 1:
            for k in range(K):
                row = B[b_off + k * b_k + c : b_off + k * b_k + c + width]
                for j in range(row.size):
                    panel[k * COLUMNS + j] = row[j]
        else:
            whole = K - K % LANES if b_k == 1 else 0
            for j0 in range(0, width, LANES):
                if j0 + LANES > width:
                    whole = 0
                for k in range(0, whole, LANES):
                    transpose_block(B, b_off + (c + j0) * b_col + k, b_col, panel, k * COLUMNS + j0, COLUMNS)
                for k in range(whole, K):
                    for j in range(j0, min(width, j0 + LANES)):
                        panel[k * COLUMNS + j] = B[b_off + k * b_k + (c + j) * b_col]


@kernel
def pack_rows(A, a_off, a_row, a_k, m, K, out):
    """Copy A[i, k], i < m, k < K, to `out` as panels [m / ROWS][K][ROWS]."""
    for r in range(0, m, ROWS):
        height, panel = min(ROWS, m - r), out[r * K : (r + ROWS) * K]
        for k in range(K):
            column = A[a_off + r * a_row + k * a_k :]
            if height == ROWS:  # a loop of known length, without a test at each step
                for i in range(ROWS):
                    panel[k * ROWS + i] = column[i * a_row]
            else:
                for i in range(height):
                    panel[k * ROWS + i] = column[i * a_row]


@kernel
def multiply(A, a_off, a_row, a_k, B, C, c_off, c_row, m, n, K, accumulate):
    """C[m, n] (+)= A[m, K] B[K, n], with B packed by `pack`."""
    for c in range(0, n, COLUMNS):
        for r in range(0, m, ROWS):
            tile(
                A, a_off + r * a_row, a_row, a_k, B, c * K, C, c_off + r * c_row + c, c_row, K,
                min(ROWS, m - r), min(COLUMNS, n - c), accumulate,
            )  # fmt: skip


@kernel
def product_part(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns):
    """Compute one part of C = A B + bias, flat arrays, C with rows of N; a bias of size 0 is none."""
    m0, m1, n0, n1 = 0, M, 0, N
    if by_columns:
        n0, n1 = share(part, parts, N)
    else:
        m0, m1 = share(part, parts, M)
    block_b = np.empty(min(K, K_BLOCK) * (min(n1 - n0, N_BLOCK) + COLUMNS), A.dtype)
    block_a = np.empty((min(m1 - m0, M_BLOCK) + ROWS) * min(K, K_BLOCK), A.dtype)
    for c in range(n0, n1, N_BLOCK):
        nb = min(N_BLOCK, n1 - c)
        for k in range(0, K, K_BLOCK):
            kb = min(K_BLOCK, K - k)
            pack(B, k * b_k + c * b_col, b_k, b_col, kb, nb, block_b)
            for r in range(m0, m1, M_BLOCK):
                mb = min(M_BLOCK, m1 - r)
                add = k > 0 or bias.size > 0
                if k == 0 and bias.size > 0:
                    for i in range(r, r + mb):
                        row, b = C[i * N + c : i * N + c + nb], bias[c : c + nb]
                        for j in range(row.size):
                            row[j] = b[j]
                if a_k != 1 and nb > 2 * COLUMNS:  # read more often than it costs to write; rows are fast as they are
                    pack_rows(A, r * a_row + k * a_k, a_row, a_k, mb, kb, block_a)
                    for p in range(0, mb, ROWS):
                        m = min(ROWS, mb - p)
                        multiply(block_a, p * kb, ONE, ROWS, block_b, C, (r + p) * N + c, N, m, nb, kb, add)
                else:
                    multiply(A, r * a_row + k * a_k, a_row, a_k, block_b, C, r * N + c, N, mb, nb, kb, add)


@parallel
def _product(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns):
    product_part(part, parts, A, a_row, a_k, B, b_k, b_col, bias, C, M, N, K, by_columns)


def product(A: Array, B: Array, bias: Array | None = None) -> Array:
    """Return A B (+ bias to each row). A (M, K), B (K, N), bias (N,); any strides, transposes cost nothing."""
    (M, K), N = A.shape, B.shape[1]
    # 16 multiply-adds count as one elementary step; less than two full rows of tiles is a matter for BLAS.
    parts = threads_for(M * N * K // 16, max(M // ROWS, N // COLUMNS))
    alone = parts == 1 and (K >= 8 or M * N < 10_000)  # few terms for many sums: BLAS 1.5 ms, ours 0.16 for 4000·1·256
    if alone or A.dtype != np.float32 or min(M, N) < 4:
        C = A @ B
        if bias is not None:
            C += bias
        return C
    C = np.empty((M, N), A.dtype)
    a, a_row, a_k = flat(A)
    b, b_k, b_col = flat(B)
    bias = np.empty(0, A.dtype) if bias is None else np.ascontiguousarray(bias)
    _product(parts, a, a_row, a_k, b, b_k, b_col, bias, C.reshape(-1), M, N, K, N // COLUMNS >= M // ROWS)
    return C


def flat(A: Array) -> tuple[Array, int, int]:
    """Return a matrix as one contiguous line and its two strides in elements; a copy only if it must be."""
    if A.flags.c_contiguous:
        return A.reshape(-1), A.shape[1], 1
    if A.flags.f_contiguous:
        return A.T.reshape(-1), 1, A.shape[0]
    return np.ascontiguousarray(A).reshape(-1), A.shape[1], 1
