from typing import Any

import numpy as np

from tests.backends.cases import Case, normal


def window(kernel: tuple[int, ...], stride: tuple[int, ...] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "kernel": kernel,
        "stride": stride or kernel,
        "padding": (0,) * len(kernel),
        "dilation": (1,) * len(kernel),
        "ceil_mode": False,
    } | changes


def average(kernel: tuple[int, ...], stride: tuple[int, ...] | None = None, **changes: Any) -> dict[str, Any]:
    plan = window(kernel, stride) | {"count_include_pad": True} | changes
    del plan["dilation"]
    return plan


def distinct(shape: tuple[int, ...]) -> Any:
    """Values at least 0.1 apart, so that a numeric gradient changes no winner."""
    return lambda rng: (rng.permutation(np.prod(shape)).reshape(shape) / 10 - 3,)


CASES = [
    Case("max_pool", "plain", distinct((2, 3, 6, 4)), window((2, 2))),
    Case("max_pool", "odd", distinct((2, 2, 7, 5)), window((2, 2))),
    Case("max_pool", "overlapping", distinct((2, 2, 7, 9)), window((3, 3), (2, 2))),
    Case("max_pool", "padding", distinct((1, 2, 5, 6)), window((3, 2), (2, 1), padding=(1, 1))),
    Case("max_pool", "ceil", distinct((1, 2, 6, 7)), window((3, 2), (2, 3), ceil_mode=True)),
    Case("max_pool", "ceil-padding", distinct((2, 1, 6, 5)), window((3, 3), (2, 2), padding=(1, 1), ceil_mode=True)),
    Case("max_pool", "gaps", distinct((1, 2, 7, 7)), window((2, 2), (3, 3))),
    Case("max_pool", "dilated", distinct((1, 2, 8, 7)), window((3, 2), (1, 2), padding=(1, 0), dilation=(2, 3))),
    Case("max_pool", "whole-image", distinct((3, 2, 4, 4)), window((4, 4))),
    Case("max_pool", "kernel-1", distinct((1, 1, 3, 3)), window((1, 1))),
    Case("max_pool", "1d", distinct((2, 3, 9)), window((3,), (2,), padding=(1,))),
    Case("max_pool", "1d-length-1", distinct((1, 2, 1)), window((1,))),
    Case("max_pool", "1d-ceil", distinct((2, 2, 8)), window((3,), (3,), ceil_mode=True)),
    Case("avg_pool", "plain", normal((2, 3, 6, 4)), average((2, 2))),
    Case("avg_pool", "odd", normal((2, 2, 7, 5)), average((3, 2))),
    Case("avg_pool", "overlapping", normal((2, 2, 7, 9)), average((3, 3), (2, 1))),
    Case("avg_pool", "padding", normal((1, 2, 5, 6)), average((3, 2), (2, 1), padding=(1, 1))),
    Case(
        "avg_pool",
        "padding-not-counted",
        normal((2, 2, 5, 6)),
        average((3, 3), padding=(1, 1), count_include_pad=False),
    ),
    Case("avg_pool", "ceil", normal((1, 2, 6, 7)), average((3, 2), (2, 3), ceil_mode=True)),
    Case("avg_pool", "ceil-padding", normal((1, 2, 6, 5)), average((3, 3), (2, 2), padding=(1, 1), ceil_mode=True)),
    Case(
        "avg_pool",
        "ceil-padding-not-counted",
        normal((1, 2, 6, 5)),
        average((3, 3), (2, 2), padding=(1, 1), ceil_mode=True, count_include_pad=False),
    ),
    Case("avg_pool", "1d", normal((2, 3, 9)), average((3,), (2,), padding=(1,))),
    Case("avg_pool", "1d-length-1", normal((1, 2, 1)), average((1,))),
    Case("adaptive_avg_pool", "global", normal((2, 3, 4, 5)), {"output_size": (1, 1)}),
    Case("adaptive_avg_pool", "divides", normal((2, 2, 6, 4)), {"output_size": (3, 2)}),
    Case("adaptive_avg_pool", "overlapping", normal((1, 2, 7, 5)), {"output_size": (3, 4)}),
    Case("adaptive_avg_pool", "larger", normal((1, 2, 3, 2)), {"output_size": (5, 3)}),
    Case("adaptive_avg_pool", "1d", normal((2, 3, 7)), {"output_size": (3,)}),
    Case("adaptive_max_pool", "global", distinct((2, 3, 4, 5)), {"output_size": (1, 1)}),
    Case("adaptive_max_pool", "overlapping", distinct((1, 2, 7, 5)), {"output_size": (3, 4)}),
    Case("adaptive_max_pool", "larger", distinct((1, 2, 3, 2)), {"output_size": (5, 3)}),
    Case("adaptive_max_pool", "1d", distinct((2, 3, 7)), {"output_size": (3,)}),
]
