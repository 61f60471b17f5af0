"""One HTML page that carries everything inside it: style, figures as SVG, equations as MathML; no script."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from amont.core.language import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot


@dataclass(frozen=True)
class Figure:
    """A figure of a report: a name (for anchors and ids), the drawing, and its caption."""

    name: str
    svg: Markup
    caption: str
    description: str  # for those who cannot see it

    @classmethod
    def of(cls, name: str, plot: Plot, caption: str, description: str) -> Figure:
        """Turn a matplotlib figure into SVG and close it."""
        return cls(name, to_svg(plot, name), caption, description)


def to_svg(plot: Plot, name: str) -> Markup:
    """Return the drawing as an `<svg>` element with ids of its own, the same for the same drawing.

    Letters are drawn as outlines, so that the page looks the same everywhere.
    """
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": name}):
        plot.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    plot.clear()
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # An image drawn twice has one id twice; nothing refers to it.
    svg = re.sub(r' id="(image\w+)"', lambda found: found[0] if f'#{found[1]}"' in svg else "", svg)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)  # two figures share no id
    return Markup(re.sub(r"\b([1-9]\d*\.\d\d)\d+", r"\1", svg))  # hundredths of a point are enough


def render(template: str, lang: Language, **content: Any) -> str:
    """Fill a template of `amont.studies`, everything escaped unless it is markup already."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("amont.studies", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lang.catalog.gettext, lang.catalog.ngettext, newstyle=True
    )
    return environment.get_template(template).render(lang=lang, **content)
