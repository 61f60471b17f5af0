"""The beginning of a network: large steps for large images, small ones for small images."""

from __future__ import annotations

from amont.core.errors import UnknownNameError, nearest

STEMS = ("imagenet", "cifar")


def check_stem(stem: str) -> None:
    """Refuse a stem that does not exist."""
    if stem not in STEMS:
        raise UnknownNameError(f"there is no stem {stem!r}: {nearest(str(stem), STEMS)} (cifar is for small images)")
