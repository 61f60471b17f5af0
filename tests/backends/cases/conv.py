from typing import Any

from tests.backends.cases import Case, normal


def plan(rank: int = 2, **changes: Any) -> dict[str, Any]:
    one = (1,) * rank
    return {"stride": one, "padding": (0,) * rank, "dilation": one, "groups": 1} | changes


def transposed(rank: int = 2, **changes: Any) -> dict[str, Any]:
    return plan(rank, output_padding=(0,) * rank) | changes


CASES = [
    Case("conv", "plain", normal((2, 3, 6, 5), (4, 3, 3, 3), (4,)), plan()),
    Case("conv", "no-bias", normal((2, 2, 5, 5), (3, 2, 3, 3), None), plan()),
    Case("conv", "same-3x3", normal((2, 3, 7, 6), (4, 3, 3, 3), (4,)), plan(padding=(1, 1))),
    Case("conv", "pointwise", normal((2, 5, 3, 4), (3, 5, 1, 1), (3,)), plan()),
    Case("conv", "pointwise-strided", normal((2, 3, 5, 5), (4, 3, 1, 1), None), plan(stride=(2, 2))),
    Case("conv", "strided", normal((2, 2, 8, 7), (3, 2, 3, 3), (3,)), plan(stride=(2, 2), padding=(1, 1))),
    Case("conv", "stride-over-kernel", normal((1, 2, 9, 8), (2, 2, 2, 2), (2,)), plan(stride=(3, 3))),
    Case("conv", "uneven", normal((2, 2, 6, 9), (3, 2, 2, 5), (3,)), plan(stride=(1, 2), padding=(0, 3))),
    Case("conv", "dilated", normal((2, 2, 7, 8), (2, 2, 3, 2), (2,)), plan(dilation=(2, 3), padding=(1, 2))),
    Case("conv", "groups", normal((2, 4, 5, 5), (6, 2, 3, 3), (6,)), plan(groups=2, padding=(1, 1))),
    Case("conv", "depthwise", normal((2, 3, 6, 6), (3, 1, 3, 3), (3,)), plan(groups=3, stride=(2, 2), padding=(1, 1))),
    Case("conv", "depthwise-wide", normal((2, 2, 5, 4), (4, 1, 3, 3), None), plan(groups=2, padding=(1, 1))),
    Case("conv", "batch-1", normal((1, 1, 4, 4), (1, 1, 3, 3), (1,)), plan()),
    Case("conv", "batch-0", normal((0, 2, 4, 4), (3, 2, 3, 3), (3,)), plan(padding=(1, 1))),
    Case("conv", "whole-image", normal((2, 3, 4, 4), (5, 3, 4, 4), (5,)), plan()),
    Case("conv", "padding-over-kernel", normal((1, 2, 3, 3), (2, 2, 2, 2), (2,)), plan(padding=(3, 2))),
    Case(
        "conv",
        "everything",
        normal((3, 4, 9, 8), (6, 2, 3, 2), (6,)),
        plan(stride=(2, 1), padding=(2, 1), dilation=(2, 3), groups=2),
    ),
    Case("conv", "lenet-1", normal((3, 1, 28, 28), (6, 1, 5, 5), (6,)), plan(padding=(2, 2)), tolerance=10),
    Case("conv", "lenet-2", normal((3, 6, 14, 14), (16, 6, 5, 5), (16,)), plan(), tolerance=10),
    Case("conv", "channels", normal((2, 5, 7, 9), (31, 5, 5, 2), None), plan(padding=(2, 1)), tolerance=10),
    Case("conv", "wide", normal((2, 17, 13, 15), (19, 17, 3, 3), (19,)), plan(padding=(1, 1)), tolerance=10),
    # Winograd in float32; the numbers of channels and the sizes fill no panel, no tile
    Case("conv", "many-tiles", normal((3, 17, 22, 25), (19, 17, 3, 3), (19,)), plan(padding=(1, 1)), tolerance=10),
    Case("conv", "no-padding", normal((2, 16, 6, 9), (33, 16, 3, 3), None), plan(), tolerance=10),
    Case("conv", "thick-padding", normal((1, 20, 5, 1), (16, 20, 3, 3), (16,)), plan(padding=(2, 3)), tolerance=10),
    Case("conv", "deep", normal((2, 300, 3, 2), (18, 300, 3, 3), (18,)), plan(padding=(1, 1)), tolerance=20),
    Case("conv", "window-in-pieces", normal((2, 32, 9, 6), (35, 32, 5, 4), (35,)), plan(padding=(2, 1)), tolerance=20),
    # Groups in the lanes: more and fewer than lanes, one and several channels in each, remainders of the stride
    Case(
        "conv", "lanes-7x7", normal((2, 16, 9, 10), (16, 1, 7, 7), (16,)), plan(padding=(3, 3), groups=16), tolerance=10
    ),
    Case(
        "conv",
        "lanes-strided",
        normal((2, 27, 11, 8), (18, 3, 3, 2), (18,)),
        plan(stride=(2, 3), padding=(2, 1), dilation=(2, 1), groups=9),
        tolerance=10,
    ),
    Case("conv", "lanes-gaps", normal((1, 10, 7, 9), (20, 2, 1, 2), None), plan(stride=(3, 4), groups=5), tolerance=10),
    Case("conv", "lanes-1d", normal((2, 8, 30), (16, 1, 4), (16,)), plan(1, padding=(5,), groups=8), tolerance=10),
    # Direct in several blocks: rows and columns, channels of x and of y
    Case(
        "conv", "blocks", normal((1, 2, 40, 33), (3, 2, 3, 3), None), plan(stride=(2, 1), padding=(1, 1)), tolerance=10
    ),
    Case("conv", "1d-blocks", normal((2, 9, 800), (7, 9, 40), (7,)), plan(1, stride=(2,), padding=(3,)), tolerance=20),
    Case("conv", "1d", normal((2, 3, 9), (4, 3, 3), (4,)), plan(1)),
    Case("conv", "1d-length-1", normal((2, 3, 1), (4, 3, 1), (4,)), plan(1)),
    Case("conv", "1d-causal", normal((2, 3, 5), (4, 3, 2), None), plan(1, padding=(2,), dilation=(2,))),
    Case(
        "conv",
        "1d-everything",
        normal((2, 4, 11), (4, 2, 3), (4,)),
        plan(1, stride=(2,), padding=(3,), dilation=(2,), groups=2),
    ),
    Case("conv", "1d-mnist1d", normal((5, 1, 40), (8, 1, 5), (8,)), plan(1, stride=(2,), padding=(1,)), tolerance=10),
    Case("conv_transpose", "plain", normal((2, 3, 4, 5), (3, 2, 3, 3), (2,)), transposed()),
    Case("conv_transpose", "no-bias", normal((1, 2, 3, 3), (2, 3, 2, 2), None), transposed()),
    Case("conv_transpose", "upsample", normal((2, 2, 4, 3), (2, 3, 2, 2), (3,)), transposed(stride=(2, 2))),
    Case(
        "conv_transpose",
        "output-padding",
        normal((2, 2, 3, 4), (2, 3, 3, 3), (3,)),
        transposed(stride=(2, 3), padding=(1, 1), output_padding=(1, 2)),
    ),
    Case(
        "conv_transpose",
        "output-padding-of-dilation",
        normal((2, 2, 3, 4), (2, 2, 2, 2), None),
        transposed(dilation=(3, 2), output_padding=(2, 1)),
    ),
    Case("conv_transpose", "groups", normal((2, 4, 3, 3), (4, 3, 2, 2), (6,)), transposed(groups=2)),
    Case("conv_transpose", "gaps", normal((1, 2, 3, 2), (2, 2, 2, 1), (2,)), transposed(stride=(3, 2))),
    Case(
        "conv_transpose",
        "output-padding-beyond-stride",
        normal((2, 3, 3, 4), (3, 2, 2, 3), (2,)),
        transposed(stride=(2, 1), padding=(1, 2), dilation=(4, 3), output_padding=(3, 2)),
    ),
    Case(
        "conv_transpose",
        "output-padding-of-twice-the-padding",
        normal((1, 2, 5), (2, 2, 3), None),
        transposed(1, padding=(1,), dilation=(3,), output_padding=(2,)),
    ),
    Case(
        "conv_transpose",
        "winograd",
        normal((2, 17, 5, 6), (17, 16, 3, 3), (16,)),
        transposed(padding=(1, 1)),
        tolerance=10,
    ),
    Case(
        "conv_transpose",
        "lanes",
        normal((2, 16, 5, 4), (16, 3, 4, 4), (24,)),
        transposed(stride=(2, 2), padding=(1, 1), groups=8),
        tolerance=10,
    ),
    Case("conv_transpose", "batch-0", normal((0, 2, 3, 3), (2, 3, 2, 2), (3,)), transposed(stride=(2, 2))),
    Case("conv_transpose", "1d", normal((2, 3, 6), (3, 2, 4), (2,)), transposed(1, stride=(2,), padding=(1,))),
    Case("conv_transpose", "1d-length-1", normal((1, 2, 1), (2, 3, 3), (3,)), transposed(1)),
]
