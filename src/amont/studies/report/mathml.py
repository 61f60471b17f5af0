"""Equations as MathML, which browsers draw themselves: no script, no fonts to fetch.

Each function returns a piece of MathML (`Markup`); `block` makes an equation of it. Strings are set as identifiers.
"""

from __future__ import annotations

from markupsafe import Markup, escape

Piece = Markup | str


def tag(name: str, *children: Piece, **attributes: str) -> Markup:
    """Return an element with its children."""
    extra = Markup("").join(Markup(' {}="{}"').format(k, v) for k, v in attributes.items())
    inner = Markup("").join(piece(c) for c in children)
    return Markup("<{0}{1}>{2}</{0}>").format(Markup(name), extra, inner)


def piece(content: Piece) -> Markup:
    """Return markup as it is; text becomes a number, an operator or an identifier."""
    if isinstance(content, Markup):
        return content
    if content.replace(".", "").isdigit():
        return tag("mn", Markup(escape(content)))
    if content in OPERATORS:
        return tag("mo", Markup(escape(content)))
    return tag("mi", Markup(escape(content)))


OPERATORS = {*"=+−·∗()[],≤≥≈∝∂∈⊙‖|:<>", "→", "⋯", "⊤"} - {"∂", "⊤"}


def row(*children: Piece) -> Markup:
    """Return pieces beside each other."""
    return tag("mrow", *children)


def sub(base: Piece, below: Piece) -> Markup:
    """Return base_below."""
    return tag("msub", piece(base), piece(below))


def sup(base: Piece, above: Piece) -> Markup:
    """Return base^above."""
    return tag("msup", piece(base), piece(above))


def subsup(base: Piece, below: Piece, above: Piece) -> Markup:
    """Return base_below^above."""
    return tag("msubsup", piece(base), piece(below), piece(above))


def frac(above: Piece, below: Piece) -> Markup:
    """Return above / below."""
    return tag("mfrac", piece(above), piece(below))


def over(sign: str, below: Piece, above: Piece | None = None) -> Markup:
    """Return a big operator (Σ, ∏) with its bounds."""
    operator = tag("mo", Markup(escape(sign)), largeop="true", movablelimits="false")
    if above is None:
        return tag("munder", operator, piece(below))
    return tag("munderover", operator, piece(below), piece(above))


def partial(above: Piece, below: Piece) -> Markup:
    """Return ∂above / ∂below."""
    return frac(row("∂", above), row("∂", below))


def inline(*children: Piece) -> Markup:
    """Return an equation inside a line."""
    return tag("math", row(*children))


def block(*children: Piece) -> Markup:
    """Return an equation on its own line."""
    return tag("math", row(*children), display="block")
