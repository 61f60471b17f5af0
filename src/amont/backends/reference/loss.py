"""Losses. Each has one value per element or per row, which a reduction brings to one number."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]


def mse_forward(x: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
    """Squared error, course D3 2.1 (there x = f_θ(x_i), y one-hot, reduction "batchmean").

    l = (x − y)²
    """
    difference = x - y
    return _reduced(difference * difference, reduction), (difference, reduction)


def mse_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂x = 2 (x − y) = −∂l/∂y."""
    difference, reduction = cache
    return _both_ways(2 * difference, dl, reduction, needs)


def l1_forward(x: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
    """Absolute error: l = |x − y|."""
    difference = x - y
    return _reduced(np.abs(difference), reduction), (difference, reduction)


def l1_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂x = sign(x − y) = −∂l/∂y; 0 at the kink."""
    difference, reduction = cache
    return _both_ways(np.sign(difference), dl, reduction, needs)


def huber_forward(x: Array, y: Array, *, delta: float, slope: float, reduction: str) -> tuple[Array, Any]:
    """Huber's loss: squared for small errors, absolute for large ones, so that outliers pull less.

    l = slope · d²/(2δ)        where |d| ≤ δ, d = x − y
    l = slope · (|d| − δ/2)    elsewhere
    """
    d = x - y
    small = np.abs(d) <= delta
    value = np.where(small, d * d / (2 * delta), np.abs(d) - delta / 2)
    return _reduced(slope * value, reduction), (d, delta, slope, reduction)


def huber_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂x = slope · d/δ where |d| ≤ δ, slope · sign(d) elsewhere: d/δ cut to [−1, 1]."""
    d, delta, slope, reduction = cache
    return _both_ways(slope * np.clip(d / delta, -1, 1), dl, reduction, needs)


def binary_cross_entropy_forward(p: Array, y: Array, *, reduction: str) -> tuple[Array, Any]:
    """Negative log-likelihood of two classes, p the probability of class 1 (course D3 6.1 with K = 2).

    l = −y log p − (1 − y) log(1 − p)        each log cut at −100, so that p = 0 or 1 gives no infinity
    """
    l1, l0 = _log(p), _log(1 - p)
    return _reduced(-y * l1 - (1 - y) * l0, reduction), (p, y, l1, l0, reduction)


def binary_cross_entropy_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂p = −y/p + (1 − y)/(1 − p) = (p − y)/(p (1 − p));  ∂l/∂y = log(1 − p) − log p."""
    p, y, l1, l0, reduction = cache
    upstream = _spread(dl, p.shape, reduction)
    dp = upstream * (p - y) / np.maximum(p * (1 - p), 1e-12) if needs[0] else None
    dy = upstream * (l0 - l1) if needs[1] else None
    return dp, dy


def binary_cross_entropy_with_logits_forward(
    z: Array, y: Array, pos_weight: Array | None, *, reduction: str
) -> tuple[Array, Any]:
    """Binary cross-entropy of p = σ(z), stable for any z; positives count w times.

    l = −w y log σ(z) − (1 − y) log(1 − σ(z))
    With log σ(z) = −softplus(−z) and log(1 − σ(z)) = −z − softplus(−z):
    l = (1 − y) z + s softplus(−z),  s = 1 + (w − 1) y
    """
    s = 1 + ((1 if pos_weight is None else pos_weight) - 1) * y
    softplus = np.maximum(-z, 0) + np.log1p(np.exp(-np.abs(z)))
    return _reduced((1 - y) * z + s * softplus, reduction), (z, y, s, pos_weight, softplus, reduction)


def binary_cross_entropy_with_logits_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂z = (1 − y) − s σ(−z), which is σ(z) − y for w = 1;  ∂l/∂y = −z + (w − 1) softplus(−z)."""
    z, y, s, pos_weight, softplus, reduction = cache
    upstream = _spread(dl, z.shape, reduction)
    e = np.exp(-np.abs(z))
    sigma_minus = np.where(z > 0, e, 1) / (1 + e)  # σ(−z) without overflow
    dz = upstream * ((1 - y) - s * sigma_minus) if needs[0] else None
    dy = upstream * (((1 if pos_weight is None else pos_weight) - 1) * softplus - z) if needs[1] else None
    return dz, dy, None


def nll_forward(
    logp: Array, labels: Array, weight: Array | None, *, ignore_index: int, reduction: str
) -> tuple[Array, Any]:
    """Negative log-likelihood, course D3 6.1; `logp` are log-probabilities.

    l_i = −w[y_i] logp[i, y_i], 0 where y_i is ignored;    mean: Σ_i l_i / Σ_i w[y_i]
    """
    row_weight, safe = _row_weights(labels, weight, ignore_index, logp.shape[1], logp.dtype)
    picked = np.take_along_axis(logp, safe[:, np.newaxis], axis=1)[:, 0]
    values = -np.multiply(row_weight, picked, where=row_weight != 0, out=np.zeros_like(row_weight))
    norm = row_weight.sum() if reduction == "mean" else 1
    return _normed(values, norm, reduction), (row_weight, safe, norm, logp.shape)


def nll_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l_i/∂logp[i, c] = −w[y_i] for c = y_i, else 0."""
    row_weight, safe, norm, shape = cache
    if not needs[0]:
        return None, None, None
    dlogp = np.zeros(shape, row_weight.dtype)
    np.put_along_axis(dlogp, safe[:, np.newaxis], (-row_weight * dl / norm)[:, np.newaxis], axis=1)
    return dlogp, None, None


def softmax_cross_entropy_forward(
    z: Array,
    target: Array,
    weight: Array | None,
    *,
    label_smoothing: float,
    ignore_index: int,
    reduction: str,
) -> tuple[Array, Any]:
    """Softmax and cross-entropy in one, course D3 6.2 and 6.3, stable for any logits.

    p_c = e^{z_c} / Σ_k e^{z_k},  log p_c = (z_c − max z) − log Σ_k e^{z_k − max z}
    l_i = −Σ_c q[i, c] log p[i, c]
    Labels: q_c = (1 − ε) w_y 1[c = y] + (ε/K) w_c, and mean divides by Σ_i w[y_i]; for ε = 0, w = 1 this is −log p_y.
    Probabilities t: q_c = w_c ((1 − ε) t_c + ε/K), and mean divides by the number of rows.
    """
    shifted = z - z.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e.sum(axis=1, keepdims=True)
    logp, p = shifted - np.log(total), e / total
    q, rows = _soft_target(target, weight, label_smoothing, ignore_index, z.shape[1], z.dtype)
    # A class ruled out by a logit of −∞ has log p = −∞; with q = 0 it adds nothing.
    values = -np.multiply(q, logp, where=q != 0, out=np.zeros_like(q)).sum(axis=1)
    norm = rows.sum() if reduction == "mean" else 1
    dtarget = (logp, weight, label_smoothing) if target.dtype.kind == "f" else None
    return _normed(values, norm, reduction), (p, q, norm, dtarget)


def softmax_cross_entropy_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂l/∂z = p Σ_c q_c − q, which for a plain label is p − y (y one-hot).

    From ∂log p_c/∂z_k = 1[c = k] − p_k:  ∂l/∂z_k = −Σ_c q_c (1[c = k] − p_k) = p_k Σ_c q_c − q_k.
    Probabilities: ∂l/∂t_c = −(1 − ε) w_c log p_c.
    """
    p, q, norm, about_target = cache
    upstream = np.expand_dims(dl / norm, 1) if dl.ndim else dl / norm
    dz = upstream * (p * q.sum(axis=1, keepdims=True) - q) if needs[0] else None
    dtarget = None
    if about_target is not None and needs[1]:
        logp, weight, smoothing = about_target
        dtarget = -(1 - smoothing) * upstream * logp * _per_class(weight, logp.ndim)
    return dz, dtarget, None


def l2_penalty_forward(*arrays: Array, strength: float) -> tuple[Array, Any]:
    """The penalty on large weights, course D3 2.1: λ‖θ‖² = λ Σ θ², over all arrays together."""
    total = sum((a * a).sum() for a in arrays)
    return np.asarray(strength * total, dtype=arrays[0].dtype), (arrays, strength)


def l2_penalty_backward(dl: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂/∂θ λ‖θ‖² = 2 λ θ: the same as a weight decay of 2λ in SGD."""
    arrays, strength = cache
    return tuple(2 * strength * dl * a if need else None for a, need in zip(arrays, needs))


# -- reductions ----------------------------------------------------------------------------------------------------


def _reduced(values: Array, reduction: str) -> Array:
    return values if reduction == "none" else np.asarray(values.sum() / _count(values.shape, reduction))


def _spread(dl: Array, shape: tuple[int, ...], reduction: str) -> Array:
    """Return ∂L/∂value for every value: each has the same share of a sum or mean."""
    return dl if reduction == "none" else np.broadcast_to(dl / _count(shape, reduction), shape)


def _count(shape: tuple[int, ...], reduction: str) -> int:
    every = int(np.prod(shape))
    return {"mean": every, "batchmean": shape[0] if shape else 1, "sum": 1}[reduction]


def _both_ways(slope: Array, dl: Array, reduction: str, needs: tuple[bool, ...]) -> Gradients:
    """Return the gradients of a loss of x − y: the same for both, with opposite signs."""
    dx = slope * _spread(dl, slope.shape, reduction)
    return dx if needs[0] else None, -dx if needs[1] else None


def _normed(values: Array, norm: Any, reduction: str) -> Array:
    return values if reduction == "none" else np.asarray(values.sum() / norm)


# -- targets -------------------------------------------------------------------------------------------------------


def _log(p: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(p), -100)


def _per_class(weight: Array | None, ndim: int) -> Any:
    """Return class weights so that they broadcast along axis 1."""
    return 1 if weight is None else weight.reshape(1, -1, *(1,) * (ndim - 2))


def _row_weights(labels: Array, weight: Array | None, ignore: int, classes: int, dtype: Any) -> tuple[Array, Array]:
    """Return w[y_i], 0 for ignored rows, and the labels with 0 in place of the ignored index."""
    used = labels != ignore
    safe = np.where(used, labels, 0)
    each = np.ones(classes, dtype) if weight is None else weight
    return each[safe] * used, safe


def _soft_target(
    target: Array, weight: Array | None, smoothing: float, ignore: int, classes: int, dtype: Any
) -> tuple[Array, Array]:
    """Return q (N, K, …) of the equation above, and the weight of each row in the mean."""
    if target.dtype.kind == "f":
        q = _per_class(weight, target.ndim) * ((1 - smoothing) * target + smoothing / classes)
        return q, np.ones((q.shape[0], *q.shape[2:]), dtype)
    rows, safe = _row_weights(target, weight, ignore, classes, dtype)
    q = np.zeros((target.shape[0], classes, *target.shape[1:]), dtype)
    np.put_along_axis(q, safe[:, np.newaxis], ((1 - smoothing) * rows)[:, np.newaxis], axis=1)
    used = (target != ignore)[:, np.newaxis]
    q += smoothing / classes * _per_class(weight, q.ndim) * used
    return q, rows
