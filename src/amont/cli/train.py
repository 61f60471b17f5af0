"""`amont train`: train a model on a data set, or go on with a run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from amont.cli.arguments import key_values


def train(
    model: str | None = typer.Argument(None, help="lenet, mlp, gru, …: an unknown name lists them all."),
    data: str | None = typer.Option(None, help="Name of a data set (see: amont data list)."),
    epochs: int | None = typer.Option(None, help="Passes through the training data."),
    batch_size: int | None = typer.Option(None, help="Samples per step."),
    lr: float | None = typer.Option(None, help="Learning rate at its highest."),
    optimizer: str | None = typer.Option(None, help="sgd (momentum 0.9), adam, adamw, rmsprop, adagrad."),
    schedule: str | None = typer.Option(None, help="constant, cosine, step, exponential, warmup-cosine, one-cycle."),
    weight_decay: float | None = typer.Option(None, help="Decay of the weights."),
    label_smoothing: float | None = typer.Option(None, help="Share of the target spread over all classes."),
    clip_norm: float | None = typer.Option(None, help="Largest norm of the gradient; 0: no limit."),
    augment: bool | None = typer.Option(None, "--augment/--no-augment", help="Change the samples a little each time."),
    cutout: int | None = typer.Option(None, help="With --augment: side of a square of zeros in each image; 0: none."),
    validation: float | None = typer.Option(None, help="Share of the training data kept for validation."),
    patience: int | None = typer.Option(None, help="Stop after so many epochs without improvement; 0: never."),
    prune: float | None = typer.Option(None, help="Share of the weights to set to 0 step by step, the smallest."),
    seed: int | None = typer.Option(None, help="Seed of everything random."),
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Argument of the model.")] = None,
    out: str | None = typer.Option(None, help="Run folder; default runs/MODEL-DATA."),
    resume: str | None = typer.Option(None, metavar="RUN", help="Go on with a run, bit for bit."),
    root: str | None = typer.Option(None, help="Folder of data sets that are not embedded."),
) -> None:
    """Train MODEL on a data set; weights, history and all that resuming needs go to a run folder.

    A finished run ends with one measurement on the test set. Settings that are not given have values that work.
    """
    given = {
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "optimizer": optimizer,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "label_smoothing": label_smoothing,
        "clip_norm": clip_norm,
        "augment": augment,
        "cutout": cutout,
        "validation": validation,
        "patience": patience,
        "prune": prune,
        "seed": seed,
        "model_args": key_values(set_ or []) or None,
        "root": root,
    }
    settings = {name: value for name, value in given.items() if value is not None}
    run = _resume(resume, model, data, out, settings) if resume else _start(model, data, out, settings)
    if run.interrupted:
        typer.echo(f"saved; go on with: amont train --resume {run.folder}", err=True)
        raise typer.Exit(130)
    typer.echo(f"test set: {'  '.join(f'{name} {value:.4f}' for name, value in run.test.items())}")
    typer.echo(f"kept in {run.folder}")


def _start(model: str | None, data: str | None, out: str | None, settings: dict[str, Any]) -> Any:
    from contextlib import suppress
    from pathlib import Path

    from amont import models
    from amont.core.errors import ArgumentError, FileError, UnknownNameError, nearest
    from amont.data.sources import check_name
    from amont.training import recipes, run
    from amont.training.config import RunConfig
    from amont.training.run_folder import CONFIG, free_folder

    if model is None or data is None:
        raise ArgumentError("say what to train: amont train MODEL --data NAME (or amont train --resume RUN)")
    if model not in models.NAMES:
        raise UnknownNameError(f"there is no model {model!r}: {nearest(model, models.NAMES)}")
    check_name(data)
    config = RunConfig(model, data, **(recipes.defaults(model, data, settings.get("optimizer")) | settings))
    if out is not None and (Path(out) / CONFIG).exists():
        raise FileError(f"{out!r} holds a run already; choose another folder, or go on with it: --resume {out}")
    folder = Path(out) if out is not None else free_folder(f"runs/{model}-{data}")
    try:
        return run.train(config, folder)
    finally:
        with suppress(OSError):
            folder.rmdir()  # empty if the settings turned out not to fit


def _resume(folder: str, model: str | None, data: str | None, out: str | None, settings: dict[str, Any]) -> Any:
    from dataclasses import replace
    from pathlib import Path

    from amont.core.errors import ArgumentError
    from amont.training import run
    from amont.training.config import RunConfig
    from amont.training.run_folder import CONFIG

    config = RunConfig.load(Path(folder) / CONFIG)
    asked = settings | {k: v for k, v in (("model", model), ("data", data)) if v is not None}
    others = [k for k, v in asked.items() if k not in ("epochs", "root") and v != getattr(config, k)]
    if others or out is not None:
        names = ", ".join([*others, *(["out"] if out is not None else [])])
        raise ArgumentError(
            f"a resumed run keeps its settings, but these differ or do not belong here: {names}; leave them out "
            f"(only --epochs and --root can change), or start a new run"
        )
    changes = {k: settings[k] for k in ("epochs", "root") if k in settings}
    return run.train(replace(config, **changes), folder, resume=True)
