"""Pruning by channel: convolutions lose whole maps, linear layers whole units, and the model is really smaller.

Channel i of a layer is scored by its filter's norm Σ |w_i| (Li, Kadav, Durdanovic, Samet, Graf: Pruning filters for
efficient convnets, 2017), or by the |γ_i| of the batch norm behind it (Liu et al.: Network slimming, 2017): γ_i = 0
switches the map off. What reads the channel loses the columns that read it, see `couplings`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from amont import nn
from amont.autograd import no_grad
from amont.core.errors import ArgumentError, GraphError
from amont.prune.couplings import Group, Slice, couplings, output_tensors
from amont.prune.masks import is_pruned
from amont.prune.resize import note_sizes, replace, tensors
from amont.prune.share import Share, check_share, shares

Array = np.ndarray[Any, Any]
CRITERIA = ("bn", "l1")


@dataclass(frozen=True)
class LayerChannels:
    """What a layer had and has; `note` says why it lost nothing."""

    layer: str
    before: int
    after: int
    note: str = ""


@dataclass(frozen=True)
class Shrunk:
    """A model with fewer channels. `shapes`: name → shape of what is smaller now, for `resize`."""

    model: nn.Module
    layers: tuple[LayerChannels, ...]
    shapes: dict[str, list[int]]

    def __str__(self) -> str:
        width = max((len(row.layer) for row in self.layers), default=0)
        return "\n".join(f"{r.layer:{width}}  {r.before:5} → {r.after:<5} {r.note}".rstrip() for r in self.layers)


def channels(
    model: nn.Module,
    share: Share,
    shape: Sequence[int],
    *,
    criterion: str = "l1",
    skips: bool = False,
    dtype: Any = None,
) -> Shrunk:
    """Return a smaller copy of the model, without the given share of the channels of each layer; `model` is left whole.

    share: a number for all layers, or layer → number. shape: of one sample, as in `explain.summary`; `dtype`: of the
    input, by default that of the parameters. criterion: "l1" or "bn". skips: prune also what skips couple, the same
    channels in all layers that are added up; by default only the channels inside the blocks of a residual net.

    The copy gives what the model would give with all weights of the lost channels at 0; this is checked. Its weights
    are new: train it on with an optimizer of its own. Errors: `ArgumentError` (share, criterion, a layer that would
    lose all channels, one that is named and cannot be pruned, masks), `UnknownNameError`.
    """
    if criterion not in CRITERIA:
        raise ArgumentError(f"criterion must be one of {', '.join(CRITERIA)}, got {criterion!r}")
    if is_pruned(model):
        raise ArgumentError("this model has masks, which would not fit any more; call prune.make_permanent first")
    small = copy.deepcopy(model)
    x = _sample(small, shape, dtype)
    groups = couplings(small, x)
    by_layer = _wanted(groups, share, skips)
    gone = [part for group in groups for part in _smallest(small, group, by_layer, criterion)]
    _cut(small, gone, x)
    own, new = tensors(model), tensors(small)
    shapes = {name: list(t.shape) for name, t in new.items() if t.shape != own[name].shape}
    made = {name: (axis, group) for group in groups for name, axis in group.makers}
    return Shrunk(small, tuple(_row(name, *made[name], own, new, skips) for name in own if name in made), shapes)


def _sample(model: nn.Module, shape: Sequence[int], dtype: Any) -> Array:
    """Return two samples of noise (of zeros for a model that reads integers)."""
    if dtype is None:
        dtype = next((p.dtype for p in model.parameters()), np.dtype(np.float32))
    noise = np.random.default_rng(0).standard_normal((2, *shape))
    return (noise if np.dtype(dtype).kind == "f" else np.zeros_like(noise)).astype(dtype)


def _why_kept(group: Group, skips: bool) -> str:
    return group.kept or ("" if skips or not group.skipped else "coupled by a skip")


def _wanted(groups: list[Group], share: Share, skips: bool) -> dict[str, float]:
    """Return layer → share. A number spares the layers that cannot be pruned; to name one of these is an error."""
    why = {layer: _why_kept(group, skips) for group in groups for layer in group.layers}
    if not isinstance(share, Mapping):
        check_share(share)
        return shares(share, [layer for layer, reason in why.items() if not reason])
    found = shares(share, why)
    for layer in found:
        if why[layer]:
            more = "; skips=True prunes it together with the layers it is added to" if "skip" in why[layer] else ""
            raise ArgumentError(f"the channels of {layer!r} cannot be pruned: {why[layer]}{more}")
    return found


def _smallest(model: nn.Module, group: Group, by_layer: dict[str, float], criterion: str) -> list[Slice]:
    """Return the slices of a group's channels that go: round(share · n) of n, the smallest."""
    asked = {by_layer[layer] for layer in group.layers if layer in by_layer}
    if not asked or group.kept:
        return []
    if len(asked) > 1:
        raise ArgumentError(f"{', '.join(group.layers)} lose the same channels, so their share must be the same")
    n = len(group.channels)
    gone = round(asked.pop() * n)
    if gone == n:
        raise ArgumentError(
            f"{group.layers[0]!r} would lose all of its {n} channels, and nothing would pass it; prune a smaller "
            f"share, or name the layers: a mapping from layers to shares"
        )
    scores = _scores(model, group, criterion)
    return [part for i in np.argsort(scores, kind="stable")[:gone] for part in group.channels[i]]


def _scores(model: nn.Module, group: Group, criterion: str) -> Array:
    """Return how much each channel matters. Where there is no batch norm, "bn" falls back on the filters."""
    own = tensors(model)
    gammas = {f"{name}.weight" for name, m in model.named_modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)}
    places = {(name, 0) for name, axis, _ in group.channels[0] if name in gammas} if criterion == "bn" else set()
    chosen = places or set(group.makers)
    norms = {}
    for name, axis in chosen:
        weight = own[name].array
        norms[name, axis] = np.abs(weight).sum(axis=tuple(a for a in range(weight.ndim) if a != axis), dtype=np.float64)
    return np.array([sum(norms[n, a][i] for n, a, i in parts if (n, a) in norms) for parts in group.channels])


def _cut(model: nn.Module, gone: list[Slice], x: Array) -> None:
    """Take slices out of the parameters. Errors: `GraphError` if the model then says something else than it should."""
    by_name: dict[str, dict[int, list[int]]] = {}
    for name, axis, index in gone:
        by_name.setdefault(name, {}).setdefault(axis, []).append(index)
    own, parameters = tensors(model), dict(model.named_parameters())
    for name, axes in by_name.items():
        if name in parameters:
            for axis, indices in axes.items():
                np.moveaxis(own[name].array, axis, 0)[indices] = 0
    expected = _outputs(model, x)
    for name, axes in by_name.items():
        array = own[name].array
        for axis, indices in axes.items():
            array = np.delete(array, indices, axis)
        replace(own[name], np.ascontiguousarray(array))
    note_sizes(model)
    for got, wanted in zip(_outputs(model, x), expected):
        if not np.allclose(got, wanted, rtol=1e-3, atol=1e-3 * float(np.abs(wanted).max(initial=0))):
            raise GraphError(
                f"{type(model).__name__} without the channels does not give what it gives with their weights at 0, so "
                f"its forward() uses them in a way that the graph does not show; prune other layers of it"
            )


def _outputs(model: nn.Module, x: Array) -> list[Array]:
    modes = [(module, module.training) for module in model.modules()]
    try:
        with no_grad():
            output = model.eval()(x)
    finally:
        for module, mode in modes:
            module.training = mode
    return [t.numpy() for t in output_tensors(output)]


def _row(name: str, axis: int, group: Group, own: dict[str, Any], new: dict[str, Any], skips: bool) -> LayerChannels:
    before, after = own[name].shape[axis], new[name].shape[axis]
    return LayerChannels(name.rpartition(".")[0], before, after, _why_kept(group, skips) if before == after else "")
