"""`amont prune RUN`: make the model of a run smaller, and train it on."""

from __future__ import annotations

from typing import Annotated, Any

import typer


def prune(
    run: str = typer.Argument(..., metavar="RUN", help="Folder of a run, e.g. runs/lenet-digits."),
    share: float = typer.Option(0.5, help="Share of the channels of each layer, or of all weights, that go."),
    kind: str = typer.Option("channels", help="channels: a smaller, faster model; magnitude: weights held at 0."),
    layer: Annotated[list[str] | None, typer.Option(help="Only this layer; may be given several times.")] = None,
    epochs: int = typer.Option(3, help="Passes through the training data after pruning."),
    lr: float | None = typer.Option(None, help="Learning rate at its highest; default that of the run."),
    criterion: str = typer.Option("l1", help="Which channels go: l1, small filters; bn, small γ of the batch norm."),
    skips: bool = typer.Option(False, "--skips", help="Also channels that skips couple, in all layers together."),
    out: str | None = typer.Option(None, help="Folder of the new run; default RUN-pruned."),
    root: str | None = typer.Option(None, help="Folder of data sets that are not embedded."),
) -> None:
    """Prune the model of a run, train it on with the run's data, and show what that cost and gave.

    The result is a run folder like any other: amont evaluate measures it, amont prune makes it smaller still.
    """
    from contextlib import suppress
    from pathlib import Path

    from rich.console import Console
    from rich.table import Table

    from amont.core.errors import FileError
    from amont.training.pruned_run import prune_run
    from amont.training.run_folder import CONFIG, free_folder

    if out is not None and (Path(out) / CONFIG).exists():
        raise FileError(f"{out!r} holds a run already; choose another folder")
    folder = Path(out) if out is not None else free_folder(f"{run.rstrip('/')}-pruned")
    options: dict[str, Any] = {"kind": kind, "layers": layer, "criterion": criterion, "skips": skips}
    try:
        result = prune_run(run, folder, share, epochs=epochs, lr=lr, root=root, **options)
    finally:
        with suppress(OSError):
            folder.rmdir()  # empty if something did not fit
    if result.run.interrupted:
        typer.echo(f"saved; go on with: amont train --resume {folder}", err=True)
        raise typer.Exit(130)
    for found in result.layers:
        typer.echo(f"{found.layer:24} {found.before:5} → {found.after:<5} {found.note}".rstrip())
    table = Table()
    for head in ("", "before", "after", "after ÷ before"):
        table.add_column(head, justify="right" if head else "left")
    for row in result.rows():
        table.add_row(*row)
    Console().print(table)
    typer.echo(f"kept in {folder}")
