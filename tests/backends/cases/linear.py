from tests.backends.cases import Case, normal

CASES = [
    Case("linear", "plain", normal((5, 7), (3, 7), (3,))),
    Case("linear", "no-bias", normal((4, 6), (5, 6), None)),
    Case("linear", "batch-1", normal((1, 9), (2, 9), (2,))),
    Case("linear", "vector", normal((6,), (4, 6), (4,))),
    Case("linear", "sequence", normal((2, 5, 3), (4, 3), (4,))),
    Case("linear", "wide", normal((33, 65), (67, 65), (67,))),
    Case("linear", "long", normal((13, 300), (35, 300), (35,)), tolerance=3),
    Case("linear", "empty-batch", normal((0, 5), (3, 5), (3,))),
    Case("matmul", "plain", normal((3, 4), (4, 5))),
    Case("matmul", "wide", normal((33, 65), (65, 67))),
    Case("matmul", "batched", normal((2, 3, 4), (2, 4, 5))),
    Case("matmul", "broadcast", normal((3, 4), (2, 4, 5))),
    Case("matmul", "broadcast-both", normal((2, 1, 3, 4), (5, 4, 2))),
    Case("matmul", "vector-matrix", normal((4,), (4, 5))),
    Case("matmul", "matrix-vector", normal((3, 4), (4,))),
    Case("matmul", "vector-vector", normal((4,), (4,))),
    Case("matmul", "vector-batched", normal((4,), (2, 4, 5))),
]
