"""Pruning by magnitude: the smallest weights go (Han, Pool, Tran, Dally: Learning both weights and connections, 2015).

The output changes by δ = Σ w x over the weights that are set to 0: where the inputs are of one size, the smallest |w|
do the least harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from amont.nn import Module
from amont.optim import Optimizer
from amont.prune.masks import prunable, set_masks
from amont.prune.share import Share, shares

Array = np.ndarray[Any, Any]


def l1_unstructured(model: Module, share: Share, *, optimizer: Optimizer | None = None) -> None:
    """Hold the given share of each layer's weights, the smallest by |w|, at 0 from now on.

    share: of all weights of a layer, those that are 0 already included; a number, or layer → number.
    optimizer: see `set_masks`. Errors: `ArgumentError`, `UnknownNameError`.
    """
    layers = prunable(model)
    wanted = {name: _largest(np.abs(layers[name].weight.array), s) for name, s in shares(share, layers).items()}
    set_masks(model, wanted, optimizer)


def global_unstructured(
    model: Module, share: float, layers: Iterable[str] | None = None, *, optimizer: Optimizer | None = None
) -> None:
    """Hold the given share of all weights together, the smallest by |w|, at 0: layers with small weights lose more.

    layers: the names of those that take part, by default all. A layer can lose all of its weights, and then nothing
    passes it: `l1_unstructured` is the better choice then. Errors: `ArgumentError`, `UnknownNameError`.
    """
    known = prunable(model)
    names = list(shares(dict.fromkeys(known if layers is None else layers, share), known))
    if not names:
        return
    weights = [known[name].weight.array for name in names]
    kept = _largest(np.concatenate([np.abs(w).ravel() for w in weights]), share)
    parts = np.split(kept, np.cumsum([w.size for w in weights])[:-1])
    set_masks(model, {name: part.reshape(w.shape) for name, w, part in zip(names, weights, parts)}, optimizer)


def _largest(sizes: Array, share: float) -> Array:
    """Return where the values are that stay when round(share · n) of them, the smallest, go."""
    gone = round(share * sizes.size)
    mask = np.ones(sizes.size, bool)
    mask[np.argsort(sizes, axis=None, kind="stable")[:gone]] = False
    return mask.reshape(sizes.shape)
