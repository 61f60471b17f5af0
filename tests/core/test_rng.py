"""Random streams: one per purpose, all from one seed, saved and restored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import nn
from amont.core import rng
from amont.core.errors import ArgumentError


@pytest.fixture(autouse=True)
def _streams_as_before() -> Any:
    state = rng.get_state()
    yield
    rng.set_state(state)


def draw(purpose: str = "dropout") -> list[float]:
    return rng.stream(purpose).random(3).tolist()


def test_the_same_seed_gives_the_same_numbers() -> None:
    amont.seed(3)
    first = draw(), nn.Linear(2, 2).weight.numpy().tolist()
    amont.seed(np.int64(3))
    assert (draw(), nn.Linear(2, 2).weight.numpy().tolist()) == first
    amont.seed(4)
    assert draw() != first[0]


def test_one_purpose_does_not_disturb_another() -> None:
    amont.seed(3)
    expected = draw("shuffle")
    amont.seed(3)
    draw("init")
    assert draw("shuffle") == expected
    assert draw("shuffle") != expected


def test_state_goes_on_where_it_was_saved_also_for_streams_not_begun() -> None:
    amont.seed(5)
    draw()
    state = rng.get_state()
    expected = draw(), draw("init")
    amont.seed(6)
    draw("shuffle")
    rng.set_state(state)
    assert (draw(), draw("init")) == expected


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None], ids=repr)
def test_a_seed_is_a_whole_number(seed: Any) -> None:
    with pytest.raises(ArgumentError, match="a seed is a whole number of at least 0, got"):
        amont.seed(seed)


@pytest.mark.parametrize("make", [lambda r: nn.Linear(2, 2, rng=r), lambda r: F.dropout(np.ones(3), rng=r)])
@pytest.mark.parametrize("given", [7, np.random.RandomState(0)], ids=["int", "RandomState"])
def test_a_number_is_no_generator(make: Any, given: Any) -> None:
    with pytest.raises(ArgumentError, match=r"rng must be a generator, .* pass np.random.default_rng\([07]\)"):
        make(given)
