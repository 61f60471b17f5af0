"""Update rules of the optimizers: variants of θ ← θ − η ∇L (course D3 2.2), with PyTorch's formulas.

Here p is θ, g = ∂L/∂p, lr is η, and everything is element by element. These kernels write into p and into the
state. Weight decay adds λ p to the gradient: it is the gradient of (λ/2)‖θ‖². The course's penalty λ‖θ‖² (D3 2.1)
has the gradient 2λ θ, so its λ is half of `weight_decay`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def sgd_update(
    p: Array,
    g: Array,
    velocity: Array | None,
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
    g = _decayed(g, p, weight_decay)
    if velocity is not None:
        velocity *= momentum
        velocity += (1 - dampening) * g
        g = g + momentum * velocity if nesterov else velocity
    p -= lr * g


def adam_update(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    v_max: Array | None,
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
    if decoupled:
        p *= 1 - lr * weight_decay
    else:
        g = _decayed(g, p, weight_decay)
    m += (1 - beta1) * (g - m)
    v *= beta2
    v += (1 - beta2) * g * g
    if v_max is not None:
        np.maximum(v_max, v, out=v_max)
    correction1, correction2 = 1 - beta1**step, 1 - beta2**step
    denominator = np.sqrt(v if v_max is None else v_max) / math.sqrt(correction2) + eps
    p -= (lr / correction1) * m / denominator


def rmsprop_update(
    p: Array,
    g: Array,
    square: Array,
    mean: Array | None,
    velocity: Array | None,
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
    g = _decayed(g, p, weight_decay)
    square *= alpha
    square += (1 - alpha) * g * g
    spread = square
    if mean is not None:
        mean += (1 - alpha) * (g - mean)
        spread = np.maximum(square - mean * mean, 0)  # rounding may bring a variance of 0 below 0
    d = g / (np.sqrt(spread) + eps)
    if velocity is not None:
        velocity *= momentum
        velocity += d
        d = velocity
    p -= lr * d


def adagrad_update(
    p: Array, g: Array, total: Array, *, lr: float, lr_decay: float, eps: float, weight_decay: float, step: int
) -> None:
    """Adagrad (Duchi et al., 2011): directions that moved much move less.

    s ← s + g²
    p ← p − η/(1 + (t − 1) · lr_decay) · g / (√s + ε)
    """
    g = _decayed(g, p, weight_decay)
    total += g * g
    p -= lr / (1 + (step - 1) * lr_decay) * g / (np.sqrt(total) + eps)


def _decayed(g: Array, p: Array, weight_decay: float) -> Array:
    """Return g + λ p, the gradient of L + (λ/2)‖p‖²."""
    return g + weight_decay * p if weight_decay else g
