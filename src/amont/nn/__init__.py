"""Layers: modules with parameters, with PyTorch's names."""

from amont.nn import init
from amont.nn.containers import ModuleDict, ModuleList, Sequential
from amont.nn.linear import Linear
from amont.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HuberLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)
from amont.nn.module import Buffer, Module, Parameter

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "Buffer",
    "CrossEntropyLoss",
    "HuberLoss",
    "L1Loss",
    "Linear",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "Parameter",
    "Sequential",
    "SmoothL1Loss",
    "init",
]
