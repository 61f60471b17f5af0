"""`amont data`: which data sets there are, what is in them, and getting those that are not embedded."""

from __future__ import annotations

from typing import Any

import typer

app = typer.Typer(help="List, describe and fetch data sets.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List all data sets."""
    from amont.data.sources import EMBEDDED, GENERATED, NAMES

    for name in NAMES:
        where = "embedded" if name in EMBEDDED else "generated" if name in GENERATED else None
        typer.echo(f"{name:18}{where or f'from disk, or: amont data fetch {name}'}")


@app.command()
def info(
    name: str = typer.Argument(..., help="Name of a data set."),
    root: str | None = typer.Option(None, help="Folder to look for its files in."),
) -> None:
    """Show what a data set is: shapes, classes, source, licence."""
    from amont import data

    found = data.load(name, root)
    rows = {
        "kind": found.kind,
        "training": f"{len(found.train)} samples of shape {found.sample_shape}",
        "test": f"{len(found.test)} samples",
        "classes": f"{found.num_classes}: {', '.join(found.class_names)}",
        "about": found.info.description,
        "source": found.info.source,
        "licence": found.info.licence,
        "cite": found.info.citation,
    }
    typer.echo(name)
    for key, value in rows.items():
        typer.echo(f"  {key:9} {' '.join(value.split())}")


@app.command()
def fetch(
    name: str = typer.Argument(..., help="Name of a data set that is not embedded."),
    root: str | None = typer.Option(None, help="Folder to put it into, as ROOT/NAME."),
) -> None:
    """Fetch a data set from its public address; the files are checked, an interrupted fetch goes on."""
    from rich.console import Console
    from rich.progress import Progress

    from amont import data

    console = Console(stderr=True)
    with Progress(transient=True, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bar.add_task(file, total=total)
            bar.update(tasks[file], completed=done)

        folder = data.fetch(name, root, show)
    typer.echo(f"{name} is in {folder}")
