"""`amont`: the command line. A command is a file beside this one; only what is asked for is loaded."""

from __future__ import annotations

import io
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from amont.core.errors import AmontError
from amont.version import __version__


class Group(TyperGroup):
    """The commands, with one clear line on stderr for every error of amont, and `--debug` anywhere on the line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--debug` to the front, where it is known, from wherever it was written."""
        rest = [arg for arg in args if arg != "--debug"]
        return super().parse_args(ctx, ["--debug", *rest] if len(rest) < len(args) else rest)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors of amont end with code 2, Ctrl-C with 130."""
        try:
            return super().invoke(ctx)
        except AmontError as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
        except (OSError, MemoryError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # whoever read the output has gone; typer ends quietly then
            if ctx.params.get("debug"):
                traceback.print_exc()
            typer.echo(f"error: {'there is not enough memory' if isinstance(error, MemoryError) else error}", err=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            typer.echo("interrupted", err=True)
            raise typer.Exit(130) from error


app = typer.Typer(
    cls=Group,
    name="amont",
    help="Deep learning from scratch: train, compare and look inside.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"amont {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Deep learning from scratch: train, compare and look inside."""


def _register() -> None:
    """Add the commands, in the order of the help. Their files load heavy things inside their functions only."""
    from amont.cli import convert, data, evaluate, look, prune, study, summary, train

    app.command("study")(study.study)
    app.command("train")(train.train)
    app.command("evaluate")(evaluate.evaluate)
    app.command("prune")(prune.prune)
    app.command("summary")(summary.summary)
    app.command("convert")(convert.convert)
    app.command("look")(look.look)
    app.add_typer(data.app, name="data")


_register()


def main() -> None:
    """Run the command line (the entry point `amont`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without × shows ?
    app(prog_name="amont")
