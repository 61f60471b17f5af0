"""Learning-rate schedules (course D3 2.3): functions that return a function step → learning rate.

    optimizer = optim.SGD(model.parameters(), lr=schedules.cosine(0.1, steps=1000))

t is the number of steps made so far: the first step uses t = 0. A schedule knows nothing else, so it cannot be
called too early, too late or twice. Past their end, schedules keep their last value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from amont.core.errors import ArgumentError

Schedule = Callable[[int], float]


def constant(lr: float) -> Schedule:
    """Return η(t) = lr."""
    return lambda t: lr


def step(lr: float, every: int, factor: float = 0.1) -> Schedule:
    """Return η(t) = lr · factor^⌊t / every⌋: the division every x steps of the course.

    For a division every x epochs, `every` is x times the number of batches in an epoch (or see `by_epoch`).
    """
    _at_least_1(every=every)
    return lambda t: lr * factor ** (t // every)


def exponential(lr: float, factor: float) -> Schedule:
    """Return η(t) = lr · factorᵗ."""
    return lambda t: lr * factor**t


def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """Return η(t) = final + (lr − final) · (1 + cos(π t / steps)) / 2: from lr at t = 0 to final at t = steps."""
    _at_least_1(steps=steps)
    return lambda t: _ease(lr, final, min(t / steps, 1.0))


def linear(start: float, end: float, steps: int) -> Schedule:
    """Return η(t) = start + (end − start) · min(t / steps, 1)."""
    _at_least_1(steps=steps)
    return lambda t: start + (end - start) * min(t / steps, 1.0)


def warmup(then: float | Schedule, steps: int, start: float = 0.0) -> Schedule:
    """Return a learning rate that grows from `start`, linearly over `steps`, and goes on as `then`.

    η(t) = start + (then(0) − start) · t / steps     for t < steps
    η(t) = then(t − steps)                           afterwards
    """
    after = then if callable(then) else constant(then)
    return chain((linear(start, after(0), steps), steps), after)


def one_cycle(peak: float, steps: int, rise: float = 0.3, start: float = 25.0, final: float = 1e4) -> Schedule:
    """Return one cycle: up along a cosine from peak/start during the share `rise` of the steps, then down.

    It ends, at t = steps − 1, at peak/(start · final). With r = rise · steps − 1 the last step of the rise,
    η(t) = ease(peak/start → peak, t/r)                              for t ≤ r
    η(t) = ease(peak → peak/(start · final), (t − r)/(steps − 1 − r))   afterwards
    Source: Smith and Topin, 2018; PyTorch's OneCycleLR.
    """
    r = rise * steps - 1
    if not 0 < r < steps - 1:
        raise ArgumentError(
            f"one_cycle needs more than one step up and more than one down, got steps={steps}, rise={rise}; "
            f"take more steps"
        )
    low, end = peak / start, peak / (start * final)
    return lambda t: _ease(low, peak, t / r) if t <= r else _ease(peak, end, min((t - r) / (steps - 1 - r), 1.0))


def chain(*parts: tuple[Schedule, int] | Schedule) -> Schedule:
    """Return schedules one after the other, each from its own t = 0: chain((first, 100), (second, 50), last).

    A part is (schedule, steps); the last may be a schedule alone. The last part goes on for ever.
    """
    if not parts or any(callable(part) for part in parts[:-1]):
        raise ArgumentError("chain takes (schedule, steps) pairs; only the last may be a schedule without steps")
    pairs = [(part, 1) if callable(part) else part for part in parts]
    for _, steps in pairs:
        _at_least_1(steps=steps)

    def schedule(t: int) -> float:
        for part, steps in pairs[:-1]:
            if t < steps:
                return part(t)
            t -= steps
        return pairs[-1][0](t)

    return schedule


def by_epoch(schedule: Schedule, steps_per_epoch: int) -> Schedule:
    """Return η(t) = schedule(⌊t / steps_per_epoch⌋): a schedule that counts epochs."""
    _at_least_1(steps_per_epoch=steps_per_epoch)
    return lambda t: schedule(t // steps_per_epoch)


def _ease(start: float, end: float, share: float) -> float:
    """Go from start (share 0) to end (share 1) along half a cosine."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _at_least_1(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise ArgumentError(f"{name} must be at least 1, got {value!r}")
