"""The table of a summary: for a terminal of any width from 30 columns, and as HTML for notebooks."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from amont.core.language import Language

if TYPE_CHECKING:
    from amont.explain.counting import LayerCount, Summary

WIDE, MIDDLE = 120, 70  # columns: one line a layer; two lines a layer; below, a block of lines

CSS = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums",
    "padding:2px 8px;text-align:left;white-space:nowrap",
    "padding:2px 8px;text-align:right;white-space:nowrap",
)


def heads(lang: Language) -> tuple[str, ...]:
    """Return the heads of the columns."""
    _ = lang._
    return (
        _("layer"),
        _("kind"),
        _("output size"),
        _("output"),
        _("weights"),
        _("biases"),
        _("multiply-adds"),
        _("kept for backward"),
    )


def rows(summary: Summary, lang: Language) -> list[tuple[str, ...]]:
    """Return a row for each layer, in the order of `heads`."""
    return [
        (
            layer.name,
            layer.kind,
            layer.formula,
            "×".join(map(str, layer.output_shape)) or "1",
            lang.whole(layer.weights) if layer.weights else "",
            lang.whole(layer.biases) if layer.biases else "",
            lang.whole(layer.multiply_adds) if layer.multiply_adds else "",
            lang.data_size(layer.kept_bytes) if layer.kept_bytes else "",
        )
        for layer in summary.layers
    ]


def total(summary: Summary, lang: Language) -> tuple[str, ...]:
    """Return the last row."""
    counts = [lang.whole(n) for n in (summary.weights, summary.biases, summary.multiply_adds)]
    return (lang._("total"), summary.model, "", "", *counts, lang.data_size(summary.kept_bytes))


def notes(summary: Summary, lang: Language) -> list[str]:
    """Return the sentences below the table: parameters by kind of layer, and the memory."""
    _, pair = lang._, lang._("{name}: {value}")
    text = [_("Parameters: {count}.").format(count=lang.whole(summary.parameters))]
    for name, sums in summary.groups().items():
        if sums["parameters"]:
            value = f"{lang.whole(sums['parameters'])} ({lang.percent(sums['share'])})"
            text.append("  " + pair.format(name=_(GROUP_NAMES[name]), value=value))
    if summary.unused:
        text.append(_("{count} of them were not used by this forward pass.").format(count=lang.whole(summary.unused)))
    text.append(_("Memory of a step with a batch of {batch}:").format(batch=summary.batch))
    return [*text, *("  " + pair.format(name=name, value=value) for name, value in memory(summary, lang))]


def memory(summary: Summary, lang: Language) -> list[tuple[str, str]]:
    """Return the memory by the formula and as measured, as pairs of words."""
    _, size = lang._, lang.data_size
    forward, training, measured = summary.forward, summary.training, summary.measured
    weights, kept, passing = _("weights"), _("kept"), _("passing")
    lines = [
        (
            _("forward, by the formula"),
            f"{size(forward.total)} = {size(forward.weights)} {weights} + {size(forward.kept)} {kept} + "
            f"{size(forward.activations)} {passing}",
        )
    ]
    if measured:
        lines.append((_("forward, measured"), size(measured.forward)))
    of_activations, of_weights, optimizer = _("gradients of activations"), _("gradients of weights"), _("optimizer")
    lines.append(
        (
            _("forward + backward + optimizer, by the formula"),
            f"{size(training.total)} = {size(training.weights)} {weights} + {size(training.kept)} {kept} + "
            f"{size(training.activations)} {of_activations} + {size(training.gradients)} {of_weights} + "
            f"{size(training.state)} {optimizer} " + _("(at {layer})").format(layer=training.where or summary.model),
        )
    )
    if measured:
        lines.append((_("forward + backward + optimizer, measured"), size(measured.training)))
        lines.append((_("more for a moment inside an operation, measured"), size(measured.temporary)))
    else:
        lines.append((_("measured"), _("not: a step takes long; ask for it with --measure (measured=True)")))
    return lines


def _(words: str) -> str:
    """Mark words for the catalog; they are translated where they are shown."""
    return words


GROUP_NAMES = {
    "conv": _("convolutions"),
    "dense": _("dense layers"),
    "norm": _("normalizations"),
    "recurrent": _("recurrent layers"),
    "embedding": _("embeddings"),
    "attention": _("attention"),
    "other": _("others"),
}


def as_text(summary: Summary, width: int, lang: Language) -> str:
    """Return the table and the notes, no line longer than `width` (at least 30) columns."""
    shape = "×".join(map(str, summary.input_shape))
    title = lang._("{model}, one input of size {shape}").format(model=summary.model, shape=shape)
    cells, last, head = rows(summary, lang), total(summary, lang), heads(lang)
    if width >= WIDE:
        body = _columns([head, *cells, last], right=(3, 4, 5, 6, 7))
        if max(map(len, body)) > width:
            body = _two_lines([head, *cells, last], width)
    elif width >= MIDDLE:
        body = _two_lines([head, *cells, last], width)
    else:
        body = [line for row in [*cells, last] for line in _block(row, head, width)]
    folded = [line for note in notes(summary, lang) for line in _fold(note, width)]
    return "\n".join([*_fold(title, width), "", *body, "", *folded])


def _columns(table: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Return lines of aligned columns, ruled under the first row and over the last."""
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    lines = [
        "  ".join(c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip()
        for row in table
    ]
    rule = "─" * max(map(len, lines))
    return [lines[0], rule, *lines[1:-1], rule, lines[-1]]


def _two_lines(table: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return two lines a layer: name, kind and sizes; below them the counts."""
    pairs = []
    for name, kind, formula, output, weights, biases, products, kept in table:
        pairs.append((name, kind, output, kept))
        pairs.append(
            ("  " + formula, "", f"{weights} + {biases}" if weights and biases else weights or biases, products)
        )
    widths = [max(len(row[i]) for row in pairs) for i in (1, 2, 3)]
    first = max(12, width - sum(widths) - 6)
    lines = []
    for name, *rest in pairs:
        parts = textwrap.wrap(name, first, initial_indent="", subsequent_indent="  ", drop_whitespace=False) or [""]
        lines += [part.rstrip() for part in parts[:-1]]
        kind, output, last = rest
        lines.append(
            "  ".join(
                [parts[-1].ljust(first), kind.ljust(widths[0]), output.rjust(widths[1]), last.rjust(widths[2])]
            ).rstrip()
        )
    while_blank = [line for line in lines if line]
    rule = "─" * min(width, max(map(len, while_blank)))
    return [*while_blank[:2], rule, *while_blank[2:-2], rule, *while_blank[-2:]]


def _block(row: Sequence[str], head: Sequence[str], width: int) -> list[str]:
    """Return the lines of one layer, a count a line."""
    name, kind, formula, *values = row
    lines = _fold(f"{name} · {kind}", width)
    lines += [f"  {part}" for part in _fold(formula, width - 2)] if formula else []
    for label, value in zip(head[3:], values):
        if value:
            gap = width - 2 - len(label) - len(value)
            lines += [f"  {label}{' ' * gap}{value}"] if gap > 0 else [f"  {label}", value.rjust(width)]
    return lines


def _fold(text: str, width: int) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, width, subsequent_indent=indent + "  ", break_on_hyphens=False) or [""]


def chain(layers: Sequence[LayerCount]) -> str:
    """Return the layers that ran, with the sizes that came out of them."""
    table = [(c.name, c.kind, "×".join(map(str, c.output_shape)) or "1", c.formula) for c in layers]
    widths = [max((len(row[i]) for row in table), default=0) for i in range(3)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, [*widths, 0])).rstrip() for row in table)


def as_html(summary: Summary, lang: Language) -> str:
    """Return two tables: the layers, and the memory."""
    table, left, right = CSS

    def line(cells: Sequence[str], tag: str) -> str:
        styled = (f'<{tag} style="{left if i < 3 else right}">{html.escape(c)}</{tag}>' for i, c in enumerate(cells))
        return f"<tr>{''.join(styled)}</tr>"

    body = "".join(line(row, "td") for row in rows(summary, lang))
    said = "".join(f"<div>{html.escape(note.strip())}</div>" for note in notes(summary, lang))
    return (
        f'<table style="{table}"><thead>{line(heads(lang), "th")}</thead><tbody>{body}</tbody>'
        f"<tfoot>{line(total(summary, lang), 'th')}</tfoot></table>{said}"
    )
