"""Medians of times and ratios."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Comparison:
    """Times of two sides that ran in turn, seconds: `ours[i]` and `theirs[i]` are of one pair."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """Return their time ÷ ours, pair by pair: above 1, ours is faster. The clock's drift cancels."""
        return [theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """Return the median of the ratios (not the ratio of the medians, which mixes times of different clocks)."""
        return statistics.median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Return the first and third quartile of the ratios."""
        return quartiles(self.ratios)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and third quartile, between the neighbours where they fall between two values."""
    if len(values) < 2:
        return values[0], values[0]
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def geometric_mean(values: Sequence[float]) -> float:
    """Return exp(mean log): a row twice as fast and one half as fast come to 1."""
    return math.exp(sum(map(math.log, values)) / len(values))


def relative_difference(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the largest |a − b| / max(|a|, |b|) of two lists of numbers."""
    return max(abs(x - y) / max(abs(x), abs(y), 1e-30) for x, y in zip(a, b, strict=True))
