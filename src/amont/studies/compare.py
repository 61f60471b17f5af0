"""Is one mean above another, given how much both scatter? What a conclusion may say and what not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# 97.5 % quantiles of Student's t by degrees of freedom: |t| above them is unlikely (5 %) without a difference.
T_QUANTILES = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 20: 2.09}


@dataclass(frozen=True)
class Sample:
    """The values of one measurement over the seeds."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Sample:
        """Return the sample of some values."""
        return cls(tuple(float(v) for v in values))

    @property
    def mean(self) -> float:
        """The mean."""
        return sum(self.values) / len(self.values)

    @property
    def deviation(self) -> float | None:
        """The standard deviation (n − 1 in the denominator); None for a single value."""
        if len(self.values) < 2:
            return None
        return math.sqrt(sum((v - self.mean) ** 2 for v in self.values) / (len(self.values) - 1))

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {"mean": self.mean, "deviation": self.deviation, "values": list(self.values)}


@dataclass(frozen=True)
class Comparison:
    """a against b: the difference of the means, and whether it stands out from the scatter."""

    difference: float
    margin: float | None  # half the width of the 95 % interval of the difference; None with a single seed

    @property
    def verdict(self) -> str:
        """Return "higher", "lower", "alike" (the interval holds 0), or "unknown" (one seed tells no scatter)."""
        if self.margin is None:
            return "unknown"
        if abs(self.difference) <= self.margin:
            return "alike"
        return "higher" if self.difference > 0 else "lower"


def compare(a: Sample, b: Sample) -> Comparison:
    """Compare two means by Welch's interval: d ± t · √(s_a²/n_a + s_b²/n_b)."""
    difference = a.mean - b.mean
    if a.deviation is None or b.deviation is None:
        return Comparison(difference, None)
    va, vb = a.deviation**2 / len(a.values), b.deviation**2 / len(b.values)
    if va + vb == 0:
        return Comparison(difference, 0.0)
    freedom = (va + vb) ** 2 / (va**2 / (len(a.values) - 1) + vb**2 / (len(b.values) - 1))
    return Comparison(difference, _quantile(freedom) * math.sqrt(va + vb))


def _quantile(freedom: float) -> float:
    return T_QUANTILES[max(n for n in T_QUANTILES if n <= max(1.0, freedom + 1e-9))]
