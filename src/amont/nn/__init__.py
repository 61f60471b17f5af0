"""Layers: modules with parameters, with PyTorch's names."""

from amont.nn import init
from amont.nn.containers import ModuleDict, ModuleList, Sequential
from amont.nn.linear import Linear
from amont.nn.module import Buffer, Module, Parameter

__all__ = ["Buffer", "Linear", "Module", "ModuleDict", "ModuleList", "Parameter", "Sequential", "init"]
