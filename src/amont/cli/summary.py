"""`amont summary MODEL`: sizes, parameters, multiply-adds and memory of a model, layer by layer, before training."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def summary(
    model: Annotated[str, typer.Argument(help="The model, e.g. lenet: an unknown name lists them all.")],
    data: Annotated[str | None, typer.Option(help="Build the model for this data set.")] = None,
    shape: Annotated[str | None, typer.Option(help="Size of one input, e.g. 3,224,224.", metavar="C,H,W")] = None,
    batch: Annotated[int, typer.Option(help="Samples of a step, for the memory.", min=1)] = 32,
    optimizer: Annotated[str, typer.Option(help="sgd (momentum 0.9), adam, adamw, rmsprop, adagrad.")] = "adamw",
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Argument of the model.")] = None,
    measure: Annotated[
        bool | None, typer.Option("--measure/--no-measure", help="Also run a step and count; by default if quick.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Everything as JSON, for programs.")] = False,
    lang: Annotated[str, typer.Option(help="Language of the table: en or fr.")] = "en",
    root: Annotated[str | None, typer.Option(help="Folder of data sets that are not embedded.")] = None,
) -> None:
    """Show what a model costs: sizes, parameters, multiply-adds, and the memory of a training step.

    An input that does not fit ends with the layers up to the one that refuses it, and with what that layer says.
    """
    import shutil

    from amont import explain
    from amont.cli.arguments import key_values
    from amont.core.errors import AmontError, UnknownNameError, nearest
    from amont.core.language import Language
    from amont.explain.tables import chain
    from amont.training.recipes import OPTIMIZERS

    language = Language(lang)
    if optimizer not in OPTIMIZERS:
        raise UnknownNameError(f"there is no optimizer {optimizer!r}: {nearest(optimizer, OPTIMIZERS)}")
    built, size = _build(model, data, _sizes(shape) if shape else None, key_values(set_ or []), root)
    make: Any = OPTIMIZERS[optimizer]
    try:
        counts = explain.summary(built, size, batch=batch, optimizer=make, measured=measure)
    except AmontError as error:
        if layers := getattr(error, "layers", None):
            typer.echo(chain(layers))
        raise
    if json:
        import json as text

        typer.echo(text.dumps(counts.to_dict(), indent=2))
    else:
        typer.echo(counts.text(shutil.get_terminal_size((80, 24)).columns, language))


def _sizes(text: str) -> tuple[int, ...]:
    from amont.core.errors import ArgumentError

    parts = text.replace("×", ",").replace("x", ",").split(",")
    if not all(part.strip().isdecimal() and int(part) for part in parts):
        raise ArgumentError(
            f"--shape takes the sizes of one input, e.g. 3,224,224 (channels, height, width), got {text!r}"
        )
    return tuple(int(part) for part in parts)


def _build(
    name: str, data: str | None, shape: tuple[int, ...] | None, arguments: dict[str, Any], root: str | None
) -> tuple[Any, tuple[int, ...]]:
    """Return the model and the size of an input: for a data set, or as its class is by default.

    A model that cannot be built without knowing its data is built for digits.
    """
    from amont import data as datasets
    from amont import models

    if data is None and (usual := models.usual_shape(name, **arguments)):
        return models.create(name, **arguments), shape or usual
    source = datasets.load(data or models.usual_data(name), root)
    return models.for_data(name, source, **arguments), shape or source.sample_shape
