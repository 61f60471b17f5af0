"""Update rules of the optimizers: variants of θ ← θ − η ∇L (course D3 2.2), with PyTorch's formulas.

Here p is θ, g = ∂L/∂p, lr is η, and everything is element by element. p, g and the state come as lists, one entry per
parameter: the loops go over the parameters. These kernels write into p and into the state. Weight decay adds λ p to
the gradient: it is the gradient of (λ/2)‖θ‖². The course's penalty λ‖θ‖² (D3 2.1) has the gradient 2λ θ, so its λ is
half of `weight_decay`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Sequence[Array]
States = Sequence[Array | None]


def sgd_update(
    p: Arrays,
    g: Arrays,
    velocity: States,
    *,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
) -> None:
    """Gradient descent, a heavy ball where there is momentum.

    u ← μ u + (1 − dampening) g          the velocity, a sum of past gradients that fade by μ per step
    p ← p − η u                          Nesterov: p ← p − η (g + μ u), a look ahead along u
    """
    for p_i, g_i, u in zip(p, g, velocity, strict=True):
        g_i = _decayed(g_i, p_i, weight_decay)
        if u is not None:
            u *= momentum
            u += (1 - dampening) * g_i
            g_i = g_i + momentum * u if nesterov else u
        p_i -= lr * g_i


def adam_update(
    p: Arrays,
    g: Arrays,
    m: Arrays,
    v: Arrays,
    v_max: States,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    step: int,
) -> None:
    """Adam (Kingma and Ba, 2015): a step of about η in every direction, whatever the gradient's scale.

    m ← β1 m + (1 − β1) g                running mean of the gradient
    v ← β2 v + (1 − β2) g²               … and of its square
    m̂ = m/(1 − β1ᵗ),  v̂ = v/(1 − β2ᵗ)    both start at 0: after t steps their weights add up to 1 − βᵗ only
    p ← p − η m̂ / (√v̂ + ε)

    AdamW (`decoupled`) shrinks p ← (1 − ηλ) p first, and leaves the decay out of g, hence out of m and v.
    AMSGrad (`v_max`) puts the largest v so far in place of v.
    """
    for p_i, g_i, m_i, v_i, largest in zip(p, g, m, v, v_max, strict=True):
        if decoupled:
            p_i *= 1 - lr * weight_decay
        else:
            g_i = _decayed(g_i, p_i, weight_decay)
        m_i += (1 - beta1) * (g_i - m_i)
        v_i *= beta2
        v_i += (1 - beta2) * g_i * g_i
        if largest is not None:
            np.maximum(largest, v_i, out=largest)
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        denominator = np.sqrt(v_i if largest is None else largest) / math.sqrt(correction2) + eps
        p_i -= (lr / correction1) * m_i / denominator


def rmsprop_update(
    p: Arrays,
    g: Arrays,
    square: Arrays,
    mean: States,
    velocity: States,
    *,
    lr: float,
    alpha: float,
    eps: float,
    weight_decay: float,
    momentum: float,
) -> None:
    """RMSprop (Tieleman and Hinton, 2012): the gradient divided by its recent size.

    s ← α s + (1 − α) g²                 running mean of the square
    a ← α a + (1 − α) g                  centered: s − a², the variance, takes the place of s
    d = g / (√s + ε)
    u ← μ u + d,  p ← p − η u            without momentum u = d
    """
    for p_i, g_i, s, a, u in zip(p, g, square, mean, velocity, strict=True):
        g_i = _decayed(g_i, p_i, weight_decay)
        s *= alpha
        s += (1 - alpha) * g_i * g_i
        spread = s
        if a is not None:
            a += (1 - alpha) * (g_i - a)
            spread = np.maximum(s - a * a, 0)  # rounding may bring a variance of 0 below 0
        d = g_i / (np.sqrt(spread) + eps)
        if u is not None:
            u *= momentum
            u += d
            d = u
        p_i -= lr * d


def adagrad_update(
    p: Arrays, g: Arrays, total: Arrays, *, lr: float, lr_decay: float, eps: float, weight_decay: float, step: int
) -> None:
    """Adagrad (Duchi et al., 2011): directions that moved much move less.

    s ← s + g²
    p ← p − η/(1 + (t − 1) · lr_decay) · g / (√s + ε)
    """
    for p_i, g_i, s in zip(p, g, total, strict=True):
        g_i = _decayed(g_i, p_i, weight_decay)
        s += g_i * g_i
        p_i -= lr / (1 + (step - 1) * lr_decay) * g_i / (np.sqrt(s) + eps)


def _decayed(g: Array, p: Array, weight_decay: float) -> Array:
    """Return g + λ p, the gradient of L + (λ/2)‖p‖²."""
    return g + weight_decay * p if weight_decay else g
