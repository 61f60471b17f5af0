import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.backends.cpu import gemm
from tests.backends.cpu.guards import Guards

SIZE = st.one_of(st.integers(1, 20), st.sampled_from([31, 48, 65, 97, 130, 260]))


def matrix(rng: np.random.Generator, rows: int, columns: int, transposed: bool, dtype: str) -> np.ndarray:
    a = rng.standard_normal((columns, rows) if transposed else (rows, columns)).astype(dtype)
    return a.T if transposed else a


@settings(deadline=None, max_examples=60)
@given(SIZE, SIZE, SIZE, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.integers(1, 3))
def test_product_of_any_size_and_layout(
    M: int, N: int, K: int, a_turned: bool, b_turned: bool, biased: bool, by_columns: bool, parts: int
) -> None:
    rng, guards = np.random.default_rng(M * 1000 + N * 10 + K), Guards()
    A, B = matrix(rng, M, K, a_turned, "f4"), matrix(rng, K, N, b_turned, "f4")
    bias = rng.standard_normal(N if biased else 0).astype("f4")
    a, a_row, a_k = gemm.flat(A)
    b, b_k, b_col = gemm.flat(B)
    a, b, bias_, C = guards.copy(a), guards.copy(b), guards.copy(bias), guards.array((M, N), np.float32)
    gemm._product(parts, a, a_row, a_k, b, b_k, b_col, bias_, C.reshape(-1), M, N, K, by_columns)
    expected = A.astype("f8") @ B.astype("f8") + (bias if biased else 0)
    np.testing.assert_allclose(C, expected, rtol=1e-5, atol=1e-5 * np.sqrt(K) * 4)
    guards.check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (5, 3, 4), (4000, 2, 37), (70, 300, 90), (3, 500, 4), (0, 3, 4)])
def test_public_product_keeps_the_type(shape: tuple[int, int, int], dtype: str) -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal(shape[:2]).astype(dtype), rng.standard_normal(shape[1:]).astype(dtype)
    bias = rng.standard_normal(shape[2]).astype(dtype)
    C = gemm.product(A[::1], B, bias)
    assert C.dtype == A.dtype
    np.testing.assert_allclose(C, A @ B + bias, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("K", [40, 2100])
@pytest.mark.parametrize("M", [4, 16, 33, 100])
@pytest.mark.parametrize(("a_turned", "b_turned"), [(False, False), (False, True), (True, False), (True, True)])
def test_few_rows_times_a_large_matrix(M: int, K: int, a_turned: bool, b_turned: bool) -> None:
    rng = np.random.default_rng(0)
    A, B = matrix(rng, M, K, a_turned, "f4"), matrix(rng, K, 1003, b_turned, "f4")
    bias = rng.standard_normal(1003).astype("f4")
    exact = A.astype("f8") @ B.astype("f8")
    C = gemm.product(A, B)
    assert C.flags.c_contiguous
    np.testing.assert_allclose(C, exact, atol=1e-6 * K)
    np.testing.assert_allclose(gemm.product(A, B, bias), exact + bias, atol=1e-6 * K)


def test_any_strides() -> None:
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((140, 240)).astype("f4")[::2, ::3], rng.standard_normal((80, 300)).astype("f4")[:, ::2]
    np.testing.assert_allclose(gemm.product(A, B), A @ B, rtol=1e-4, atol=1e-4)


def test_float64_tile_is_exact() -> None:
    rng = np.random.default_rng(0)
    A, B, C = rng.standard_normal((13, 21)), rng.standard_normal((21, 35)), np.empty((13, 35))
    none = np.empty(0)
    gemm._product(1, A.reshape(-1), 21, 1, B.reshape(-1), 35, 1, none, C.reshape(-1), 13, 35, 21, True)
    np.testing.assert_allclose(C, A @ B, rtol=1e-12, atol=1e-13)


def test_two_float_types_and_fields_of_structured_arrays_are_read_right() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((200, 150)).astype(np.float32), rng.standard_normal((150, 190))
    np.testing.assert_allclose(gemm.product(a, b), a @ b)
    np.testing.assert_allclose(gemm.product(a, np.asfortranarray(b)), a @ b)  # packed in registers
    table = np.zeros((200, 150), np.dtype([("a", "f4"), ("b", "i2")]))  # 6 bytes from number to number
    table["a"] = a
    b = b.astype(np.float32)
    np.testing.assert_allclose(gemm.product(table["a"], b), a @ b, rtol=1e-4, atol=1e-4)
