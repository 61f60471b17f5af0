"""`amont study NAME`: run a study and write its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amont.core.errors import ArgumentError


def study(
    name: Annotated[str, typer.Argument(help="The study, e.g. cnn-vs-rnn.")],
    quick: Annotated[bool, typer.Option("--quick", help="A minute: too few epochs to conclude much.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Five seeds, all epochs.")] = False,
    seeds: Annotated[int | None, typer.Option(help="How often each run is repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report; by default reports/NAME.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the report: en or fr.")] = "en",
    resume: Annotated[
        bool, typer.Option(help="Keep finished runs of the same configuration, or make all again.")
    ] = True,
    tune: Annotated[
        bool, typer.Option("--tune", help="Choose the hyperparameters again, on the validation split.")
    ] = False,
) -> None:
    """Run a study: experiments on embedded data, results.json, and one report.html that needs no network."""
    from rich.console import Console

    from amont import studies

    package = studies.find(name)
    if quick and full:
        raise ArgumentError("--quick and --full exclude each other; give one of them, or neither")
    console = Console(stderr=True)
    folder = out or Path("reports") / name
    if tune:
        typer.echo(package.tune_recipes(folder, console))
        return
    size = "quick" if quick else "full" if full else "default"
    options = package.Options(out=folder, size=size, seeds=seeds, lang=lang, resume=resume)
    try:
        outcome = package.run(options, console)
    except KeyboardInterrupt:
        kept = f"\ninterrupted; finished runs are kept in {folder / 'runs'}: the same command goes on from there"
        console.print(kept, highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    typer.echo(outcome.report)
