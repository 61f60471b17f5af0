"""What share of which layer is pruned: one number for all, or one for each layer by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from amont.core.errors import ArgumentError, UnknownNameError, nearest

Share = float | Mapping[str, float]


def shares(share: Share, layers: Iterable[str]) -> dict[str, float]:
    """Return layer → share for the layers that are to be pruned.

    share: a number for all `layers`, or a mapping from names of layers; those that it leaves out are left whole.
    Errors: `ArgumentError` for a share outside [0, 1), `UnknownNameError` with the nearest name.
    """
    known = list(layers)
    if not isinstance(share, Mapping):
        return dict.fromkeys(known, check_share(share))
    for name in share:
        if name not in known:
            raise UnknownNameError(f"there is no layer {name!r} that could be pruned: {nearest(name, known)}")
    return {name: check_share(value) for name, value in share.items()}


def check_share(share: Any) -> float:
    """Return a share if it is one: at least 0 and below 1. Errors: `ArgumentError`."""
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
        raise ArgumentError(f"the share to prune must be at least 0 and below 1 (0.5: every second), got {share!r}")
    return float(share)
