"""`amont look RUN`: what a trained network sees in an image."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def look(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run on images, e.g. runs/lenet-mnist.")],
    image: Annotated[Path | None, typer.Option(help="A PNG or JPEG file; else a sample of the test set.")] = None,
    index: Annotated[int | None, typer.Option(help="Which sample of the test set; by default the first, 0.")] = None,
    layer: Annotated[str | None, typer.Option(help="Path of the layer to look at; by default the last maps.")] = None,
    target: Annotated[str | None, typer.Option("--class", help="Name or number of a class; else the answer.")] = None,
    against: Annotated[
        list[Path] | None, typer.Option(metavar="RUN", help="Another run whose response to shifts is drawn, too.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the figures; by default RUN/look.")] = None,
    format: Annotated[str, typer.Option(help="png or svg.")] = "png",
    lang: Annotated[str, typer.Option(help="Language of the page: en or fr.")] = "en",
    invert: Annotated[
        bool, typer.Option("--invert", help="The file is dark on bright; the model wants it inverted.")
    ] = False,
    root: Annotated[str | None, typer.Option(help="Folder of data sets that are not embedded.")] = None,
) -> None:
    """Draw filters, feature maps, saliency, Grad-CAM, exciting patches and the response to shifts; write a page."""
    from amont.core.errors import ArgumentError
    from amont.studies.look import Options
    from amont.studies.look import look as draw

    if image is not None and index is not None:
        raise ArgumentError("--image and --index exclude each other: an image file, or a sample of the test set")
    if invert and image is None:
        raise ArgumentError("--invert is for an image file: give it with --image FILE")
    page = draw(
        Options(
            run=run,
            out=run / "look" if out is None else out,
            image=image,
            index=index or 0,
            layer=layer,
            target=target,
            against=tuple(against or ()),
            format=format,
            lang=lang,
            root=root,
            invert=invert,
        )
    )
    typer.echo(str(page))
