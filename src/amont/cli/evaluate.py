"""`amont evaluate`: measure the model of a run on a test set."""

from __future__ import annotations

import typer


def evaluate(
    run: str = typer.Argument(..., metavar="RUN", help="Folder of a run, e.g. runs/lenet-digits."),
    data: str | None = typer.Option(None, help="Another data set than the one of the run."),
    root: str | None = typer.Option(None, help="Folder of data sets that are not embedded."),
) -> None:
    """Show loss and accuracy of a run's model on the test set."""
    from amont.training import run as runs

    for name, value in runs.evaluate(run, data, root).items():
        typer.echo(f"{name:10}{value:.4f}")
