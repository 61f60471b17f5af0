"""`amont summary MODEL`: layers, shapes, parameters, multiply-adds, memory."""

from __future__ import annotations

from typing import Annotated

import typer


def summary(
    model: Annotated[str, typer.Argument(help="The model, e.g. lenet.")],
    data: Annotated[str, typer.Option(help="The data set whose samples it reads.")] = "digits",
    batch: Annotated[int, typer.Option(help="Batch size for the estimate of the memory.", min=1)] = 32,
) -> None:
    """Show what a model costs: parameters, multiply-adds, and the memory of a training step."""
    from rich.console import Console

    from amont import data as datasets
    from amont import explain, models

    source = datasets.load(data)
    counts = explain.summary(models.for_data(model, source), source.sample_shape)
    Console().print(counts)
    megabytes = counts.training_bytes(batch) / 1e6
    typer.echo(f"A training step with a batch of {batch} keeps {megabytes:.2f} MB: weights, gradients, activations.")
