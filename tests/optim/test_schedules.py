"""Every schedule at its corners."""

import math

import pytest

from amont.core.errors import ArgumentError
from amont.optim import schedules as s


def values(schedule: s.Schedule, *steps: int) -> list[float]:
    return [schedule(t) for t in steps]


def test_constant() -> None:
    assert values(s.constant(0.3), 0, 10**6) == [0.3, 0.3]


def test_step_divides_every_x_steps() -> None:
    assert values(s.step(1.0, every=3, factor=0.5), 0, 2, 3, 5, 6) == [1, 1, 0.5, 0.5, 0.25]


def test_exponential() -> None:
    assert values(s.exponential(2.0, 0.5), 0, 1, 3) == [2, 1, 0.25]


def test_cosine_ends_at_final_and_stays() -> None:
    cosine = s.cosine(1.0, steps=10, final=0.2)
    assert values(cosine, 0, 5, 10, 99) == pytest.approx([1, 0.6, 0.2, 0.2])
    assert cosine(1) == pytest.approx(0.2 + 0.4 * (1 + math.cos(math.pi / 10)))


def test_linear() -> None:
    assert values(s.linear(1.0, 3.0, steps=4), 0, 1, 4, 9) == [1, 1.5, 3, 3]


def test_warmup_grows_to_the_first_value_of_what_follows() -> None:
    assert values(s.warmup(1.0, steps=4), 0, 1, 3, 4, 50) == [0, 0.25, 0.75, 1, 1]
    then = s.warmup(s.step(1.0, every=2, factor=0.1), steps=2, start=0.5)
    assert values(then, 0, 1, 2, 3, 4) == pytest.approx([0.5, 0.75, 1, 1, 0.1])


def test_one_cycle_starts_peaks_and_ends() -> None:
    cycle = s.one_cycle(1.0, steps=11, rise=4 / 11, start=10, final=100)
    assert values(cycle, 0, 3, 10, 20) == pytest.approx([0.1, 1, 0.001, 0.001])
    assert all(cycle(t) < cycle(t + 1) for t in range(3))
    assert all(cycle(t) > cycle(t + 1) for t in range(3, 10))


def test_chain_starts_each_part_at_its_own_0() -> None:
    chain = s.chain((s.constant(3.0), 2), (s.exponential(1.0, 0.5), 3), s.exponential(8.0, 0.5))
    assert values(chain, 0, 1, 2, 3, 4, 5, 6) == [3, 3, 1, 0.5, 0.25, 8, 4]
    assert values(s.chain((s.constant(3.0), 2), (s.exponential(1.0, 0.5), 3)), 2, 5) == [1, 0.125]  # the last goes on


def test_by_epoch() -> None:
    assert values(s.by_epoch(s.exponential(1.0, 0.5), steps_per_epoch=3), 0, 2, 3, 6) == [1, 1, 0.5, 0.25]


def test_arguments_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ArgumentError, match="steps must be at least 1, got 0"):
        s.cosine(0.1, steps=0)
    with pytest.raises(ArgumentError, match="every must be at least 1"):
        s.step(0.1, every=0)
    with pytest.raises(ArgumentError, match="take more steps"):
        s.one_cycle(0.1, steps=2)
    with pytest.raises(ArgumentError, match="pairs"):
        s.chain(s.constant(1.0), s.constant(2.0))
    with pytest.raises(ArgumentError, match="pairs"):
        s.chain()
