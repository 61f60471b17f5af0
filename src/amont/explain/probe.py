"""Running a model to look at it, and leaving it as it was: mode, gradients, generators, hooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont.autograd import Tensor, enable_grad, tensor
from amont.core import rng as streams
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError, nearest
from amont.nn.module import Module

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class LayerOutput:
    """What one call of one module gave. `tensor` is a node of the graph that leads back to the image."""

    name: str
    module: Module
    tensor: Tensor

    @property
    def kind(self) -> str:
        """The class of the module."""
        return type(self.module).__name__

    @property
    def is_map(self) -> bool:
        """Whether it has a place for every position: (N, C, H, W)."""
        return self.tensor.ndim == 4


@dataclass(frozen=True)
class Probe:
    """One forward pass with all that the modules gave, in the order in which they ended."""

    x: Tensor
    y: Tensor
    outputs: tuple[LayerOutput, ...]

    def maps(self, without: tuple[str, ...] = ()) -> list[LayerOutput]:
        """Return the outputs (N, C, H, W), each tensor once, under the name of the innermost module that gave it.

        `without`: what the paths of modules that do not count begin with.
        """
        found: dict[int, LayerOutput] = {}
        for output in self.outputs:
            if output.is_map and not output.name.startswith(without):
                found.setdefault(id(output.tensor), output)
        return list(found.values())

    def find(self, layer: str) -> LayerOutput:
        """Return the (last) output of a module by its path. Errors: `UnknownNameError`, `ArgumentError`."""
        named = [output for output in self.outputs if output.name == layer]
        if not named:
            known = [output.name for output in self.outputs if output.is_map and output.name]
            raise UnknownNameError(f"there is no layer {layer!r} with feature maps: {nearest(layer, known)}")
        if not named[-1].is_map:
            raise ArgumentError(
                f"{named[-1].kind} {layer!r} gives an output of shape {named[-1].tensor.shape}, no positions in it; "
                f"choose a layer whose output is (N, C, H, W)"
            )
        return named[-1]


@contextmanager
def undisturbed(model: Module) -> Iterator[None]:
    """Test mode inside this block, where gradients go to the input alone; at its end the model is as it was.

    Parameters are frozen in the meantime, so that a backward pass neither computes nor changes their gradients.
    """
    modes = [(module, module.training) for module in model.modules()]
    frozen = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    own = [g.bit_generator for m, _ in modes for g in vars(m).values() if isinstance(g, np.random.Generator)]
    drawn, generators = streams.get_state(), [(bits, bits.state) for bits in own]
    try:
        model.eval().requires_grad_(False)
        with enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, wanted in frozen:
            parameter.requires_grad = wanted
        for bits, state in generators:
            bits.state = state
        streams.set_state(drawn)


def probe(model: Module, x: Array) -> Probe:
    """Run a batch x (N, C, H, W) and note the output of every module. To be called inside `undisturbed`."""
    start = tensor(x, dtype=float_type(model), requires_grad=True)
    outputs: list[LayerOutput] = []

    def note(name: str) -> Any:
        def hook(module: Module, inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                outputs.append(LayerOutput(name, module, output))

        return hook

    with ExitStack() as hooks:
        for name, module in model.named_modules():
            hooks.callback(module.register_forward_hook(note(name)))
        y = model(start)
    return Probe(start, y, tuple(outputs))


def float_type(model: Module) -> Any:
    """Return the type of the model's parameters."""
    first = next(iter(model.parameters()), None)
    return np.dtype(np.float32) if first is None else first.dtype


def as_image(x: Any) -> Array:
    """Return one image (C, H, W) or (1, C, H, W) as a batch of one. Errors: `ShapeError`."""
    array = np.asarray(x)
    array = array[np.newaxis] if array.ndim == 3 else array
    if array.ndim != 4 or len(array) != 1:
        raise ShapeError(f"expected one image (C, H, W), got an array of shape {np.shape(x)}; take one: x[0]")
    return array


def choose_class(y: Tensor, target: int | None) -> int:
    """Return `target`, or the class with the largest logit. y (1, K, …). Errors: `ArgumentError`."""
    logits = y.array.reshape(*y.shape[:2], -1).mean(-1)[0]
    if target is None:
        return int(logits.argmax())
    if not 0 <= target < len(logits):
        raise ArgumentError(f"the model has {len(logits)} classes, 0 to {len(logits) - 1}, so there is no {target}")
    return target


def score(y: Tensor, target: int) -> Tensor:
    """Return the logit of a class, one number; of an output with positions (1, K, H, W) the sum over them."""
    return y[0, target].sum()
