"""The optimizers' updates in one pass over parameter and state, in place.

The reference's `p -= lr * g` writes a temporary for every operation: memory traffic is all there is to save. Arrays
that are not contiguous, and variants rarely used (AMSGrad), go to the reference.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.backends.cpu.jit import parallel, share, threads_for
from amont.backends.reference import optimizers as reference

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
    """u ← μ u + (1 − dampening) g;  p ← p − η u, or p − η (g + μ u) with Nesterov."""
    if not _plain(p, g, p if velocity is None else velocity):
        options = {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        reference.sgd_update(p, g, velocity, **options, nesterov=nesterov)
        return
    real, parts = p.dtype.type, threads_for(p.size)
    if velocity is None:
        _sgd(parts, p.reshape(-1), g.reshape(-1), real(lr), real(weight_decay))
        return
    numbers = (real(lr), real(momentum), real(1 - dampening), real(weight_decay))
    _momentum(parts, p.reshape(-1), g.reshape(-1), velocity.reshape(-1), *numbers, nesterov)


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
    """m ← β1 m + (1 − β1) g, v ← β2 v + (1 − β2) g²;  p ← p − η m̂ / (√v̂ + ε)."""
    if v_max is not None or not _plain(p, g, m, v):
        options = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
        reference.adam_update(p, g, m, v, v_max, **options, decoupled=decoupled, step=step)
        return
    real = p.dtype.type
    keep = real(1 - lr * weight_decay if decoupled else 1)
    decay = real(0 if decoupled else weight_decay)
    rate, root = real(lr / (1 - beta1**step)), real(1 / math.sqrt(1 - beta2**step))
    flat = (a.reshape(-1) for a in (p, g, m, v))
    _adam(
        threads_for(p.size * 4),
        *flat,
        keep,
        decay,
        rate,
        root,
        real(1 - beta1),
        real(beta2),
        real(1 - beta2),
        real(eps),
    )


def _plain(*arrays: Array) -> bool:
    """Return whether all arrays are contiguous and of one float type that kernels know."""
    kind = arrays[0].dtype
    return kind.char in "fd" and all(a.flags.c_contiguous and a.dtype == kind for a in arrays)


@parallel
def _sgd(part, parts, p, g, lr, decay):
    begin, end = share(part, parts, p.size)
    p, g = p[begin:end], g[begin:end]
    for i in range(p.size):
        p[i] -= lr * (g[i] + decay * p[i])


@parallel
def _momentum(part, parts, p, g, u, lr, momentum, fresh, decay, nesterov):
    begin, end = share(part, parts, p.size)
    p, g, u = p[begin:end], g[begin:end], u[begin:end]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        u[i] = momentum * u[i] + fresh * slope
        p[i] -= lr * (slope + momentum * u[i] if nesterov else u[i])


@parallel
def _adam(part, parts, p, g, m, v, keep, decay, rate, root, new1, beta2, new2, eps):
    begin, end = share(part, parts, p.size)
    p, g, m, v = p[begin:end], g[begin:end], m[begin:end], v[begin:end]
    for i in range(p.size):
        slope = g[i] + decay * p[i]
        m[i] += new1 * (slope - m[i])
        v[i] = beta2 * v[i] + new2 * slope * slope
        p[i] = keep * p[i] - rate * m[i] / (np.sqrt(v[i]) * root + eps)
