"""Where in an epoch training stands, so that it can go on there bit for bit.

A loader draws its shuffle when an epoch begins. Noted are therefore the generators as they were at that moment and
the number of batches used since. To come back: put the generators back, begin the epoch again, pass over these
batches, and set the generators to where they are now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from amont.core import rng as streams
from amont.nn import Module
from amont.training.metrics import Mean


class Position:
    """A place in an epoch: generators and loader at its beginning, batches used, and what was measured so far."""

    def __init__(self, loader: Any) -> None:
        self.rng = streams.get_state()
        self.loader = loader.state_dict() if hasattr(loader, "state_dict") else {}
        self.batches = 0
        self.mean = Mean()

    def rest(self, loader: Any) -> Iterator[Any]:
        """Return the batches of the epoch that were not used yet."""
        if self.batches == 0:
            return iter(loader)
        now = streams.get_state()
        self.go_to_start(loader)
        batches = iter(loader)
        for _ in islice(batches, self.batches):
            pass
        streams.set_state(now)
        return batches

    def go_to_start(self, loader: Any) -> None:
        """Put generators and loader back to where they were when the epoch began."""
        streams.set_state(self.rng)
        if self.loader:
            loader.load_state_dict(self.loader)

    def state_dict(self) -> dict[str, Any]:
        """Return the position as plain values."""
        mean = {"count": self.mean.count, "sums": self.mean.sums, "counts": self.mean.counts}
        return {"rng": self.rng, "loader": self.loader, "batches": self.batches, "mean": mean}

    @classmethod
    def from_state_dict(cls, state: dict[str, Any]) -> Position:
        """Return the position that `state_dict` described."""
        position = object.__new__(cls)
        position.rng, position.loader, position.batches = state["rng"], state["loader"], state["batches"]
        position.mean = Mean(**state["mean"])
        return position


@contextmanager
def undisturbed(model: Module, loader: Any) -> Iterator[None]:
    """Leave mode, generators and loader at the end of this `with` block as they were at its beginning."""
    place, generators, training = Position(loader), generator_states(model), model.training
    try:
        yield
    finally:
        model.train(training)
        set_generator_states(model, generators)
        place.go_to_start(loader)


def generator_states(model: Module) -> dict[str, Any]:
    """Return the states of generators that were handed to layers (`rng=`), by path."""
    return {name: generator.bit_generator.state for name, generator in _generators(model)}


def set_generator_states(model: Module, states: dict[str, Any]) -> None:
    """Put the generators of layers back."""
    for name, generator in _generators(model):
        if name in states:
            generator.bit_generator.state = states[name]


def _generators(model: Module) -> Iterator[tuple[str, Any]]:
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if hasattr(value, "bit_generator"):
                yield f"{path}.{name}", value
