"""Modules made of modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, overload

from amont.core.errors import ArgumentError
from amont.nn.module import Module


class Sequential(Module):
    """Apply modules one after the other: x ↦ f_K(… f_2(f_1(x))).

    A convolution or batch norm with a ReLU behind it is computed together with it. Not so a linear layer: its output
    is small, and what fusion saves in the kernels (MLP 784-256-128-10: 10 of 900 µs) it costs in the graph.
    """

    def __init__(self, *modules: Module | Mapping[str, Module]) -> None:
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else None
        items = named.items() if named is not None else ((str(i), m) for i, m in enumerate(modules))
        for name, module in items:
            _add(self, name, module)

    def forward(self, x: Any) -> Any:
        """Return the output of the last module."""
        modules = list(self.children())
        for module, following in zip(modules, [*modules[1:], None]):
            x = module(x, before_relu=True) if _fuse(module, following) else module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module | Sequential:
        if isinstance(index, slice):
            return Sequential(dict(list(self.named_children())[index]))
        return list(self.children())[index]


class ModuleList(Module):
    """A list of modules; it has no forward of its own."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> ModuleList:
        """Add a module at the end."""
        _add(self, str(len(self)), module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __getitem__(self, index: int) -> Module:
        return list(self.children())[index]


class ModuleDict(Module):
    """Modules by name; it has no forward of its own."""

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        for name, module in (modules or {}).items():
            _add(self, name, module)

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self.named_children())

    def __len__(self) -> int:
        return sum(1 for _ in self.children())


def _fuse(module: Module, following: Module | None) -> bool:
    """Return whether a layer and a ReLU, exactly these classes, are computed by one kernel (`amont.autograd.fused`)."""
    if following is None or "is_relu" not in type(following).__dict__ or "fuses_with_relu" not in type(module).__dict__:
        return False
    return not ("forward" in module.__dict__ or module._forward_hooks or following._forward_hooks)


def _add(container: Module, name: str, module: Any) -> None:
    """Set a module as an attribute, if it is one and the name is free."""
    kind = type(container).__name__
    if isinstance(module, (list, tuple)):
        raise ArgumentError(f"{kind} got a list at position {name}; take it apart with a star: nn.Sequential(*layers)")
    if not isinstance(module, Module):
        given = f"the class {module.__name__}" if isinstance(module, type) else type(module).__name__
        raise ArgumentError(
            f"{kind} takes modules, got {given} at position {name}; use a layer that is made, e.g. nn.ReLU() in place "
            f"of nn.ReLU or F.relu"
        )
    if not isinstance(name, str) or "." in name or hasattr(container, name):
        raise ArgumentError(f"a module in a {kind} cannot be called {name!r}: names are free words without a dot")
    setattr(container, name, module)
