"""Which inputs a model is made for, when nobody says: the size that follows from its own arguments, or a data set."""

from __future__ import annotations

from inspect import signature
from typing import Any

from amont.models.registry import _entry

STEMS = {"cifar": 32, "imagenet": 224}  # pixels
DATA = {"image": "digits", "signal": "mnist1d", "sequence": "japanese-vowels", "video": "moving-digits"}


def usual_shape(name: str, **arguments: Any) -> tuple[int, ...] | None:
    """Return the size (C, H, W) or (C, L) of an input of a model, from its arguments and their defaults.

    None for a model whose arguments do not tell. Errors: `UnknownNameError`.
    """
    found = _entry(name)
    values = {n: p.default for n, p in signature(found.build).parameters.items()} | arguments
    channels = values.get("in_channels")
    if not isinstance(channels, int) or found.kinds == ("video",):
        return None
    if "length" in values:
        return channels, values["length"]
    size = values.get("image_size") or STEMS.get(values.get("stem", "imagenet"))
    return (channels, *(size if isinstance(size, (tuple, list)) else (size, size))) if size else None


def usual_data(name: str) -> str:
    """Return the name of a data set that a model can be built for. Errors: `UnknownNameError`."""
    return DATA[_entry(name).kinds[0]]
