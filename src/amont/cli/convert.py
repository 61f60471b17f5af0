"""`amont convert`: weights of PyTorch, read without executing anything in them, as safetensors."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from amont.cli.arguments import key_values


def convert(
    file: Annotated[str, typer.Argument(help="A .pth or .pt file of torch.save.")],
    out: Annotated[str, typer.Argument(help="The .safetensors file to write.")],
    model: Annotated[str | None, typer.Option(help="Check the names and shapes against this model first.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Argument of the model.")] = None,
    key: Annotated[str | None, typer.Option(help="Where the weights are, if the file holds several sets.")] = None,
) -> None:
    """Read PyTorch weights and write them as safetensors, for amont.load(model, OUT).

    The file is read as data: one that asks for code is refused. bfloat16 becomes float32; the "module." that
    DataParallel puts in front of all names is taken off.
    """
    from amont.checkpoint import read_pytorch, save_arrays
    from amont.core.errors import shown

    _check_out(file, out)
    weights = read_pytorch(file, key)
    if model is not None:
        _check_model(file, weights.arrays, model, set_ or [])
    save_arrays(weights.arrays, out)
    numbers = sum(array.size for array in weights.arrays.values())
    typer.echo(f"{out} holds {numbers} numbers in {len(weights.arrays)} arrays")
    if weights.key != ".":
        typer.echo(f"they were under the key {weights.key!r}")
    if weights.prefix:
        typer.echo(f"taken off all names: {weights.prefix!r}")
    if weights.passed_over:
        more = f" and {len(weights.passed_over) - 5} more" if len(weights.passed_over) > 5 else ""
        typer.echo(f"passed over, being no tensors: {', '.join(map(shown, weights.passed_over[:5]))}{more}")


def _check_out(file: str, out: str) -> None:
    from pathlib import Path

    from amont.core.errors import ArgumentError

    if Path(out).suffix != ".safetensors":
        raise ArgumentError(f"amont writes safetensors; let the name end so: {Path(out).with_suffix('.safetensors')}")
    if Path(out).resolve() == Path(file).resolve():
        raise ArgumentError("the file to write is the file to read; choose another name")


def _check_model(file: str, arrays: dict[str, Any], model: str, settings: list[str]) -> None:
    from amont import models
    from amont.core.errors import CheckpointError

    try:
        models.create(model, **key_values(settings)).load_state_dict(arrays)
    except CheckpointError as error:
        raise CheckpointError(f"{file!r} is a checkpoint of another model than {model!r}: {error.message}") from error
