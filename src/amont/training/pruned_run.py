"""`amont prune`: the model of a run is pruned and trained on with the run's data, as a new run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from amont import prune
from amont.core.atomic import PathLike
from amont.core.errors import ArgumentError, UnknownNameError, nearest
from amont.nn import Module
from amont.prune.share import check_share
from amont.training.run import Run, score, train, trained
from amont.training.tasks import RECONSTRUCTION, task_of

KINDS = ("channels", "magnitude")


@dataclass(frozen=True)
class PrunedRun:
    """A run that began with a pruned model; costs and accuracies on the test set before, just after and in the end."""

    run: Run
    before: prune.Cost
    after: prune.Cost
    accuracy: tuple[float, float, float]
    layers: tuple[prune.LayerChannels, ...] = ()

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return the table as text: what, before, after, after ÷ before."""
        a, b = self.before, self.after
        first, pruned, tuned = (f"{100 * value:.2f} %" for value in self.accuracy)
        return [
            _row("weights that are not 0", a.nonzero, b.nonzero),
            _row("parameters", a.parameters, b.parameters),
            _row("bytes on disk", a.bytes, b.bytes),
            _row("multiply-adds per sample", a.multiply_adds, b.multiply_adds),
            _row("inference, batch of 32 (ms)", 1e3 * a.inference_seconds, 1e3 * b.inference_seconds),
            _row("training step, batch of 32 (ms)", 1e3 * a.step_seconds, 1e3 * b.step_seconds),
            ("accuracy on the test set", first, tuned, ""),
            ("  just after pruning", "", pruned, ""),
        ]


def prune_run(
    folder: PathLike,
    out: PathLike,
    share: float,
    *,
    kind: str = "channels",
    layers: Sequence[str] | None = None,
    epochs: int = 3,
    lr: float | None = None,
    criterion: str = "l1",
    skips: bool = False,
    root: str | None = None,
    progress: bool = True,
) -> PrunedRun:
    """Prune a run's model, train it on for some epochs, keep that as a new run in `out`, and return what it gave.

    kind: "channels" makes the model smaller (`prune.channels`, with `criterion` and `skips`); "magnitude" holds the
    smallest weights of all layers together at 0. layers: the names of those to prune, by default all. lr: by default
    the run's; it falls to 0 by a cosine. A run that was pruned by magnitude before is trained whole again if its
    channels are pruned now.
    Errors: `FileError` if the folder is no run; those of pruning.
    """
    check_share(share)
    if kind not in KINDS:
        raise UnknownNameError(f"there is no kind of pruning {kind!r}: {nearest(kind, KINDS)}")
    config, model, data = trained(folder, root=root)
    if task_of(config, data) == RECONSTRUCTION:
        raise ArgumentError("amont prune measures accuracy, which an autoencoder has none of; use prune.channels")
    shape = data.sample_shape
    before, first = prune.measure(model, shape), score(config, model, data)["accuracy"]
    if kind == "channels":
        wanted = share if layers is None else dict.fromkeys(layers, share)
        shrunk = prune.channels(model, wanted, shape, criterion=criterion, skips=skips)
        changes: dict[str, Any] = {"sizes": config.sizes | shrunk.shapes, "prune": 0.0}
        pruned, table = shrunk.model, shrunk.layers
    else:
        prune.global_unstructured(model, share, layers)
        changes, pruned, table = {"prune": prune.sparsity(model)}, model, ()
    after, just_after = prune.measure(pruned, shape), score(config, pruned, data)["accuracy"]
    changes |= {"epochs": epochs, "lr": config.lr if lr is None else lr, "root": root or config.root}
    config = replace(config, schedule="cosine", patience=0, **changes)

    def start(new: Module) -> None:
        new.load_state_dict(pruned.state_dict())
        prune.set_masks(new, prune.masks(pruned))

    run = train(config, out, progress=progress, start=start)
    tuned = run.test.get("accuracy", float("nan"))  # none yet if it was interrupted
    return PrunedRun(run, before, after, (first, just_after, tuned), table)


def _row(what: str, before: float, after: float) -> tuple[str, str, str, str]:
    form = "{:,}" if isinstance(before, int) else "{:.3f}"
    return what, form.format(before), form.format(after), f"{after / before:.2f}"
