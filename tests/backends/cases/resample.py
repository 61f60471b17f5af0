from typing import Any

from tests.backends.cases import Case, normal


def plan(size: tuple[int, ...], mode: str = "linear", **changes: Any) -> dict[str, Any]:
    return {"size": size, "step": None, "mode": mode, "align_corners": False} | changes


CASES = [
    Case("interpolate", "nearest", normal((2, 3, 3, 4)), plan((6, 8), "nearest")),
    Case("interpolate", "nearest-uneven", normal((2, 2, 5, 4)), plan((7, 3), "nearest")),
    Case("interpolate", "nearest-step", normal((1, 2, 5, 7)), plan((7, 10), "nearest", step=(1 / 1.5, 1 / 1.5))),
    Case("interpolate", "nearest-1d", normal((2, 3, 5)), plan((8,), "nearest")),
    Case("interpolate", "bilinear", normal((2, 3, 3, 4)), plan((6, 8))),
    Case("interpolate", "bilinear-uneven", normal((2, 2, 5, 4)), plan((7, 3))),
    Case("interpolate", "bilinear-corners", normal((2, 2, 5, 4)), plan((8, 3), align_corners=True)),
    Case("interpolate", "bilinear-step", normal((1, 2, 5, 7)), plan((7, 10), step=(1 / 1.5, 1 / 1.5))),
    Case("interpolate", "corners-to-1", normal((1, 2, 5, 4)), plan((1, 1), align_corners=True)),
    Case("interpolate", "from-1", normal((1, 2, 1, 1)), plan((3, 4))),
    Case("interpolate", "same-size", normal((1, 2, 3, 4)), plan((3, 4))),
    Case("interpolate", "linear", normal((2, 3, 5)), plan((9,))),
    Case("interpolate", "linear-corners", normal((2, 3, 5)), plan((9,), align_corners=True)),
]
