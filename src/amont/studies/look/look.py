"""Looking at the model of a run: which image, which class, which figures, and the page that shows them."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from amont import explain
from amont.core import atomic
from amont.core.errors import ArgumentError, UnknownNameError, nearest
from amont.data import Data
from amont.data.picture import read_image
from amont.explain.plots import translated
from amont.nn import Module
from amont.studies.look.figures import View, figures
from amont.studies.report import Figure, Language, render
from amont.studies.report.page import to_svg
from amont.training.run import trained

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

FORMATS = ("png", "svg")
DPI = 130


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `against`: other runs on the same data, for the response to shifts."""

    run: Path
    out: Path
    image: Path | None = None
    index: int = 0
    layer: str | None = None
    target: str | None = None
    against: Sequence[Path] = ()
    format: str = "png"
    lang: str = "en"
    root: str | None = None
    invert: bool = False


def look(options: Options) -> Path:
    """Draw all figures, write them and `index.html` to `options.out`, and return the path of that page.

    Errors: `ArgumentError` for a run on anything but images; whatever is wrong with the run or the image file.
    Nothing is written before all figures are drawn.
    """
    lang = Language(options.lang)
    if options.format not in FORMATS:
        raise UnknownNameError(f"there is no format {options.format!r}: {nearest(options.format, FORMATS)}")
    view = _view(options)
    with translated(lang._, lang.decimal):
        drawn = [(name, *_written(plot, name, options.format), text) for name, plot, text in figures(view, lang)]
    folder = atomic.make_folder(options.out)
    for name, content, _, _ in drawn:
        atomic.write_bytes(folder / f"{name}.{options.format}", content)
    shown = [Figure(name, markup, text, text) for name, _, markup, text in drawn]
    page = render("look/page.html.j2", lang, title=view.title(lang), figures=shown, view=view)
    atomic.write_text(folder / "index.html", page)
    return folder / "index.html"


def _view(options: Options) -> View:
    model, data = _model(options.run, options.root)
    others = {}
    for run in options.against:
        other, its_data = _model(run, options.root)
        if its_data.sample_shape != data.sample_shape:
            raise ArgumentError(
                f"{str(run)!r} reads images of shape {its_data.sample_shape}, {str(options.run)!r} of "
                f"{data.sample_shape}; compare runs on the same images"
            )
        others[run.name] = other
    if options.image is not None:
        x, source = read_image(options.image, data.sample_shape, invert=options.invert), options.image.name
    else:
        x, source = _sample(data, options.index), f"{data.name}, {options.index}"
    if options.layer is not None:
        explain.feature_maps(model, x, [options.layer])  # refuses one that does not exist, before anything is drawn
    target = _class(options.target, data)
    return View(options.run.resolve().name, model, data, x, source, options.layer, target, others)


def _model(run: Path, root: str | None) -> tuple[Module, Data]:
    """Return the model of a run and its data. Errors: `ArgumentError` if it does not read images."""
    config, model, data = trained(run, root=root)
    if data.kind != "image":
        raise ArgumentError(
            f"{str(run)!r} is a {config.model} on {data.kind} data ({data.name}), which has no pictures to look at; "
            f"give a run on images, e.g. of: amont train lenet --data digits"
        )
    return model, data


def _sample(data: Data, index: int) -> np.ndarray[Any, Any]:
    if not 0 <= index < len(data.test):
        raise ArgumentError(f"the test set of {data.name} has the samples 0 to {len(data.test) - 1}, no {index}")
    return data.test.x[index]


def _class(target: str | None, data: Data) -> int | None:
    """Return the number of a class that is given by its name or its number."""
    if target is None:
        return None
    if target in data.class_names:
        return data.class_names.index(target)
    if target.isdecimal() and int(target) < data.num_classes:
        return int(target)
    raise UnknownNameError(f"{data.name} has no class {target!r}: {nearest(target, data.class_names)}")


def _written(plot: Plot, name: str, kind: str) -> tuple[bytes, Markup]:
    """Return a figure as the content of its file, and as markup for the page, which carries it inside."""
    if kind == "svg":
        svg = to_svg(plot, name)
        return svg.encode(), svg
    out = io.BytesIO()
    plot.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    width = round(plot.get_figwidth() * 72)
    content = base64.b64encode(out.getvalue()).decode()
    return out.getvalue(), Markup('<img alt="" width="{}" src="data:image/png;base64,{}">').format(width, content)
