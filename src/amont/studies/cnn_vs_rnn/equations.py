"""The equations of the report, as MathML: (1), (2), (3) of the course's document, and how their gradients follow."""

from __future__ import annotations

from markupsafe import Markup

from amont.studies.report.mathml import block, frac, inline, over, partial, row, sub, sup, tag

W_HH, W_XH = sub("W", row("h", "h")), sub("W", row("x", "h"))
H_T, H_BEFORE, X_T = sub("h", "t"), sub("h", row("t", "−", "1")), sub("x", "t")
COMMA = tag("mo", Markup(","))


def _at(name: str, *index: str | Markup) -> Markup:
    return sub(name, row(*index))


def _convolution() -> Markup:
    """(X ∗ W)_{i,j} = Σ_m Σ_n X_{i+m,j+n} · W_{m,n} + b."""
    left = sub(row("(", "X", "∗", "W", ")"), row("i", COMMA, "j"))
    x = _at("X", "i", "+", "m", COMMA, "j", "+", "n")
    return block(left, "=", over("∑", "m"), over("∑", "n"), x, "·", _at("W", "m", COMMA, "n"), "+", "b")


def _convolution_weights() -> Markup:
    """∂L/∂W_{m,n} = Σ_i Σ_j ∂L/∂Y_{i,j} · X_{i+m,j+n}, with Y = X ∗ W."""
    upstream = partial("L", _at("Y", "i", COMMA, "j"))
    x = _at("X", "i", "+", "m", COMMA, "j", "+", "n")
    left = partial("L", _at("W", "m", COMMA, "n"))
    end = sub(row("(", "X", "∗", partial("L", "Y"), ")"), row("m", COMMA, "n"))
    return block(left, "=", over("∑", "i"), over("∑", "j"), upstream, "·", x, "=", end)


def _convolution_input() -> Markup:
    """∂L/∂X_{p,q} = Σ_m Σ_n ∂L/∂Y_{p−m,q−n} · W_{m,n}; ∂L/∂b = Σ_i Σ_j ∂L/∂Y_{i,j}."""
    upstream = partial("L", _at("Y", "p", "−", "m", COMMA, "q", "−", "n"))
    left = partial("L", _at("X", "p", COMMA, "q"))
    return block(left, "=", over("∑", "m"), over("∑", "n"), upstream, "·", _at("W", "m", COMMA, "n"))


def _recurrence() -> Markup:
    """h_t = σ(W_hh h_{t−1} + W_xh x_t + b_h)."""
    inside = row(W_HH, H_BEFORE, "+", W_XH, X_T, "+", sub("b", "h"))
    return block(H_T, "=", "σ", "(", inside, ")")


def _jacobian() -> Markup:
    """∂h_k/∂h_{k−1} = diag(σ'(a_k)) W_hh, hence ‖∂h_T/∂h_t‖ ≤ (max σ' · ‖W_hh‖)^{T−t}."""
    step = partial(sub("h", "k"), sub("h", row("k", "−", "1")))
    diagonal = row(tag("mi", Markup("diag")), "(", sup("σ", "′"), "(", sub("a", "k"), ")", ")")
    return block(step, "=", diagonal, W_HH)


def _bound() -> Markup:
    """‖∂h_T/∂h_t‖ = ‖Π_{k=t+1}^{T} ∂h_k/∂h_{k−1}‖ ≤ (max|σ'| · ‖W_hh‖)^{T−t}."""
    step = partial(sub("h", "k"), sub("h", row("k", "−", "1")))
    product = row("‖", over("∏", row("k", "=", "t", "+", "1"), "T"), step, "‖")
    slope = row(tag("mi", Markup("max")), "|", sup("σ", "′"), "|")
    base = row("(", slope, "·", "‖", W_HH, "‖", ")")
    return block("‖", partial(sub("h", "T"), H_T), "‖", "=", product, "≤", sup(base, row("T", "−", "t")))


def _through_time() -> Markup:
    """∂L/∂W_hh = Σ_t ∂L_t/∂h_t (Π_{k=1}^{t} ∂h_k/∂h_{k−1}) ∂h_t/∂W_hh, as the course writes it."""
    step = partial(sub("h", "k"), sub("h", row("k", "−", "1")))
    product = row("(", over("∏", row("k", "=", "1"), "t"), step, ")")
    first = partial(sub("L", "t"), H_T)
    total = over("∑", row("t", "=", "1"), "T")
    return block(partial("L", W_HH), "=", total, first, product, partial(H_T, W_HH))


def _through_time_exact() -> Markup:
    """∂L/∂W_hh = Σ_t Σ_{k≤t} ∂L_t/∂h_t (Π_{j=k+1}^{t} ∂h_j/∂h_{j−1}) ∂⁺h_k/∂W_hh: each use of W_hh counted."""
    step = partial(sub("h", "j"), sub("h", row("j", "−", "1")))
    product = row("(", over("∏", row("j", "=", "k", "+", "1"), "t"), step, ")")
    direct = frac(row(sup("∂", "+"), sub("h", "k")), row("∂", W_HH))
    sums = row(over("∑", row("t", "=", "1"), "T"), over("∑", row("k", "=", "1"), "t"))
    return block(partial("L", W_HH), "=", sums, partial(sub("L", "t"), H_T), product, direct)


def _lstm() -> Markup:
    """c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t, hence the direct path ∂c_t/∂c_{t−1} = diag(f_t)."""
    c, before = sub("c", "t"), sub("c", row("t", "−", "1"))
    gates = row(sub("f", "t"), "⊙", before, "+", sub("i", "t"), "⊙", sub("g", "t"))
    space = tag("mspace", width="2em")
    path = row(partial(c, before), "≈", tag("mi", Markup("diag")), "(", sub("f", "t"), ")")
    return block(c, "=", gates, space, path)


def all_equations() -> dict[str, Markup]:
    """Return the equations by name, for the template."""
    blocks = {
        "convolution": _convolution(),
        "convolution_weights": _convolution_weights(),
        "convolution_input": _convolution_input(),
        "recurrence": _recurrence(),
        "jacobian": _jacobian(),
        "bound": _bound(),
        "through_time": _through_time(),
        "through_time_exact": _through_time_exact(),
        "lstm": _lstm(),
    }
    words = {
        "W": inline("W"),
        "X": inline("X"),
        "Y": inline("Y", "=", "X", "∗", "W"),
        "W_hh": inline(W_HH),
        "h_t": inline(H_T),
        "h_before": inline(H_BEFORE),
        "a_k": inline(sub("a", "k")),
        "c_t": inline(sub("c", "t")),
        "f_t": inline(sub("f", "t")),
        "Q": inline("Q"),
        "I": inline("I"),
        "product": inline(partial(sub("h", "T"), H_T)),
        "conv_gradient": inline(partial("L", "W")),
        "direct": inline(sup("∂", "+")),
    }
    return blocks | {f"i_{name}": markup for name, markup in words.items()}
