"""Randomness: one seeded generator per purpose, so that one use never disturbs another.

`seed(n)` sets all of them. The stream of a purpose is made from (n, purpose), hence drawing more
initial weights does not change the order in which the data is shuffled. Every random thing of
amont also takes `rng=`, a generator that is handed over.
"""

from __future__ import annotations

import json
import operator
import zlib
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError

Purpose = str  # "init", "shuffle", "dropout", "augment", "padding", "split", …

_streams: dict[Purpose, np.random.Generator] = {}
_seed: int | None = None


def seed(n: int) -> None:
    """Set every random stream of amont from one whole number `n` ≥ 0."""
    global _seed
    try:
        number = operator.index(n)
    except TypeError:
        raise ArgumentError(f"a seed is a whole number of at least 0, got {n!r}") from None
    if number < 0:
        raise ArgumentError(f"a seed is a whole number of at least 0, got {n!r}")
    _seed = number
    _streams.clear()


def stream(purpose: Purpose, rng: np.random.Generator | None = None) -> np.random.Generator:
    """Return `rng` if one is given, else the default generator of this purpose."""
    if isinstance(rng, (int, np.random.RandomState)):
        raise ArgumentError(
            f"rng must be a generator, got {rng!r}; pass np.random.default_rng({rng if isinstance(rng, int) else 0})"
        )
    if rng is not None:
        return rng
    if purpose not in _streams:
        _streams[purpose] = generator(_seed, purpose)
    return _streams[purpose]


def generator(n: int | None, purpose: Purpose) -> np.random.Generator:
    """Return a new generator for a purpose; with `n` None it is seeded from the system."""
    entropy = None if n is None else [n, zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def get_state() -> str:
    """Return the state of all streams as JSON text, to be stored in a checkpoint."""
    return json.dumps({"seed": _seed, "streams": {k: g.bit_generator.state for k, g in _streams.items()}})


def set_state(text: str) -> None:
    """Restore all streams from the text of `get_state`."""
    global _seed
    state: dict[str, Any] = json.loads(text)
    _seed = state["seed"]
    _streams.clear()
    for purpose, bits in state["streams"].items():
        _streams[purpose] = generator(0, purpose)
        _streams[purpose].bit_generator.state = bits
