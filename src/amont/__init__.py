"""amont: deep learning from scratch, where every backward pass is written out and can be looked at."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from amont import nn
from amont.autograd import Op, Tensor, enable_grad, no_grad, tensor
from amont.backends.precision import precision
from amont.backends.select import use_backend
from amont.core.rng import seed
from amont.version import __version__

if TYPE_CHECKING:
    from amont import data, explain, functional, models, optim, prune, training
    from amont.checkpoint import load, save
    from amont.training import Checkpoint, EarlyStopping, Trainer

__all__ = [
    "Checkpoint",
    "EarlyStopping",
    "Op",
    "Tensor",
    "Trainer",
    "__version__",
    "data",
    "enable_grad",
    "explain",
    "functional",
    "load",
    "models",
    "nn",
    "no_grad",
    "optim",
    "precision",
    "prune",
    "save",
    "seed",
    "tensor",
    "training",
    "use_backend",
]

# Loaded at first use, so that `import amont` stays quick: name → the module it is in (itself, for a package).
_LAZY = {
    **{name: f"amont.{name}" for name in ("data", "explain", "functional", "models", "optim", "prune", "training")},
    **dict.fromkeys(("load", "save"), "amont.checkpoint"),
    **dict.fromkeys(("Checkpoint", "EarlyStopping", "Trainer"), "amont.training"),
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'amont' has no attribute {name!r}")
    module = importlib.import_module(_LAZY[name])
    return module if _LAZY[name] == f"amont.{name}" else getattr(module, name)


def __dir__() -> list[str]:
    return sorted(__all__)
