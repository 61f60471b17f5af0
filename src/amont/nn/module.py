"""`Module`: a part of a network, with parameters, buffers and sub-modules as plain attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import AmontError, CheckpointError
from amont.core.mismatch import describe_mismatch
from amont.core.shapes import check_float

Array = np.ndarray[Any, Any]


class Parameter(Tensor):
    """A tensor that an optimizer changes. `Parameter(array)` takes the array as it is, if it can be written to."""

    __slots__ = ()

    def __init__(self, data: Array | Tensor, name: str | None = None) -> None:
        array = data.array.copy() if isinstance(data, Tensor) else data
        if isinstance(array, np.ndarray) and not array.flags.writeable:
            array = array.copy()
        super().__init__(array, requires_grad=True, name=name)


class Buffer(Tensor):
    """A tensor that belongs to the state of a module but is not trained, e.g. running averages."""

    __slots__ = ()


Caller = Callable[["Module", tuple[Any, ...], dict[str, Any]], Any]
_caller: ContextVar[Caller | None] = ContextVar("amont_caller", default=None)


@contextmanager
def called_by(caller: Caller) -> Iterator[None]:
    """Let `caller(module, inputs, options)` run the forward of every module that is called inside this `with` block.

    It returns what `module.forward(*inputs, **options)` gives. Unlike a hook it sees where a module begins, and it
    leaves fused layers fused.
    """
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


class Module:
    """Base of all layers and models: set parameters and sub-modules as attributes, write `forward`.

    The module finds its parts by looking at its attributes (also inside lists, tuples and dicts), in the order in
    which they were set. Names are paths: `features.3.weight`.
    """

    training: bool = True
    _forward_hooks: tuple[Callable[..., Any], ...] = ()

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Return the output; to be written by each module."""
        raise TypeError(f"{type(self).__name__} has no forward(); write one")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        caller = _caller.get()
        try:
            output = self.forward(*inputs, **options) if caller is None else caller(self, inputs, options)
        except AmontError as error:
            self._put_layer_name(error)
            raise
        for hook in self._forward_hooks:
            replaced = hook(self, inputs, output)
            output = output if replaced is None else replaced
        return output

    def _put_layer_name(self, error: AmontError) -> None:
        """Note on its way up which layer an error comes from: "Conv2d 'features.3'"."""
        origin = getattr(error, "_origin", None)
        if origin is None:
            error._path, error._class = "", type(self).__name__  # type: ignore[attr-defined]
        else:
            name = next((n for n, m in self.named_children() if m is origin), "?")
            error._path = f"{name}.{error._path}".rstrip(".")  # type: ignore[attr-defined]
        error._origin = self  # type: ignore[attr-defined]
        path = f" '{error._path}'" if error._path else ""  # type: ignore[attr-defined]
        error.layer = f"{error._class}{path}"  # type: ignore[attr-defined]

    def register_forward_hook(self, hook: Callable[..., Any]) -> Callable[[], None]:
        """Call `hook(module, inputs, output)` after each forward; a result that is not None replaces the output.

        Returns a function that removes the hook.
        """
        self._forward_hooks = (*self._forward_hooks, hook)

        def remove() -> None:
            self._forward_hooks = tuple(h for h in self._forward_hooks if h is not hook)

        return remove

    # -- looking at the parts ------------------------------------------------------------------------------------

    def _parts(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self).items():
            if isinstance(value, (Module, Parameter, Buffer)):
                yield name, value
            elif isinstance(value, (list, tuple, dict)):
                yield from _look_into(name, value)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield (name, module) for the direct sub-modules."""
        return ((n, p) for n, p in self._parts() if isinstance(p, Module))

    def children(self) -> Iterator[Module]:
        """Yield the direct sub-modules."""
        for value in vars(self).values():  # not by way of their names: at each forward of a Sequential it is asked
            if isinstance(value, Module):
                yield value
            elif isinstance(value, (list, tuple, dict)):
                yield from (part for _, part in _look_into("", value) if isinstance(part, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield (path, module) for this module and all below it, in order."""
        yield prefix, self
        for name, child in self.named_children():
            yield from child.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all below it."""
        return (m for _, m in self.named_modules())

    def _named_tensors(self, kind: type[Tensor]) -> Iterator[tuple[str, Any]]:
        for path, module in self.named_modules():
            for name, part in module._parts():
                if isinstance(part, kind):
                    yield (f"{path}.{name}" if path else name), part

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield (path, parameter); one that is shared by two modules comes once."""
        seen: set[int] = set()
        for name, parameter in self._named_tensors(Parameter):
            if id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def parameters(self) -> Iterator[Parameter]:
        """Yield all parameters of this module and those below it."""
        return (p for _, p in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Yield (path, buffer)."""
        return self._named_tensors(Buffer)

    def num_parameters(self) -> int:
        """Return how many numbers are trained."""
        return sum(p.size for p in self.parameters())

    # -- modes and types -----------------------------------------------------------------------------------------

    def train(self, mode: bool = True) -> Self:
        """Switch to training mode (dropout active, batch norm uses the batch), or back with `mode=False`."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to test mode."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def requires_grad_(self, value: bool = True) -> Self:
        """Freeze (`False`) or unfreeze all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad = value
        return self

    def astype(self, dtype: Any) -> Self:
        """Convert all parameters and floating point buffers to a float type, in place."""
        check_float(np.dtype(dtype), "the type of a model's parameters")
        tensors = [*self.parameters(), *(b for _, b in self.named_buffers() if b.dtype.kind == "f")]
        for tensor in tensors:
            tensor._data = tensor._data.astype(dtype)
            tensor.grad = None
            tensor.changed()
        return self

    # -- state ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Array]:
        """Return all parameters and buffers by name, as copies. Names are PyTorch's."""
        return {name: tensor.array.copy() for name, tensor in self._named_tensors(Tensor)}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Copy values by name into parameters and buffers; nothing is changed if anything does not fit.

        PyTorch's `num_batches_tracked` is accepted and ignored. With `strict=False`, missing and unexpected names
        are passed over; shapes must fit all the same.
        """
        if not isinstance(state, Mapping):
            raise CheckpointError(f"weights come as a mapping from names to arrays, got {type(state).__name__}")
        own = dict(self._named_tensors(Tensor))
        given = {k: np.asarray(v) for k, v in state.items() if not k.endswith("num_batches_tracked")}
        for name, value in given.items():
            if value.dtype.kind not in "biuf":
                raise CheckpointError(f"{name}: expected numbers, got {value.dtype}")
        both = own.keys() & given.keys()
        wrong = describe_mismatch(
            {k: v.shape for k, v in own.items() if strict or k in both},
            {k: v.shape for k, v in given.items() if strict or k in both},
        )
        if wrong:
            raise CheckpointError(
                f"these weights do not fit {type(self).__name__}:\n{wrong}\n"
                f"build the model with the arguments it was saved with"
            )
        for name, value in given.items():
            if name in own:
                np.copyto(own[name].array, value, casting="same_kind")
                own[name].changed()

    # -- looking nice --------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """Return what stands between the parentheses of `repr`, e.g. "1, 6, kernel_size=5"."""
        return ""

    def __repr__(self) -> str:
        lines = [f"  ({n}): {m!r}".replace("\n", "\n  ") for n, m in self.named_children()]
        inner = "\n" + "\n".join(lines) + "\n" if lines else self.extra_repr()
        return f"{type(self).__name__}({inner})"


def _look_into(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (Module, Parameter, Buffer)):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _look_into(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _look_into(f"{name}.{key}", item)
