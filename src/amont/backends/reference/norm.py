"""Normalization: bring values to mean 0 and variance 1, then scale by γ and shift by β (course D3 5).

The three layers differ only in the axes A over which mean and variance are taken, M values at a time:
batch norm N and positions, per channel; layer norm the features, per row; group norm a group's channels and
positions, per sample.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from amont.backends.reference.activation import relu_forward

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]
Axes = tuple[int, ...]


def batch_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, eps: float, relu: bool = False
) -> tuple[tuple[Array, Array, Array], Any]:
    """Batch normalization in training, course D3 5.1 (there a = γ, b = β).

    μ_k = 1/M Σ_i x[i, k],  σ²_k = 1/M Σ_i (x[i, k] − μ_k)²
    y[i, k] = γ_k (x[i, k] − μ_k) / √(σ²_k + ε) + β_k
    """
    axes = _all_but_channels(x)
    x_hat, inverse, mean, var = _normalize(x, axes, eps)
    y = _scale_and_shift(x_hat, _along_channels(gamma, x.ndim), _along_channels(beta, x.ndim))
    return (relu_forward(y)[0] if relu else y, mean.reshape(-1), var.reshape(-1)), (x_hat, inverse, gamma)


def batch_norm_backward(
    upstream: tuple[Array | None, Array | None, Array | None], cache: Any, needs: tuple[bool, ...]
) -> Gradients:
    """Chain rule through x̂ = (x − μ)/s, s = √(σ² + ε), where μ and σ² depend on every x (see `_back`).

    ∂L/∂β_k = Σ_i dy[i, k],  ∂L/∂γ_k = Σ_i dy[i, k] x̂[i, k]
    An upstream gradient of the outputs μ and σ² adds (∂L/∂μ + 2 (x − μ) ∂L/∂σ²) / M, with x − μ = s x̂.
    """
    dy, dmean, dvar = upstream
    x_hat, inverse, gamma = cache
    axes, count = _all_but_channels(x_hat), x_hat.size / x_hat.shape[1]
    dx, dgamma, dbeta = np.zeros_like(x_hat) if needs[0] else None, None, None
    if dy is not None:
        dx = _back(dy * _along_channels(gamma, dy.ndim, 1), x_hat, inverse, axes) if needs[0] else None
        dgamma = (dy * x_hat).sum(axis=axes) if gamma is not None and needs[1] else None
        dbeta = dy.sum(axis=axes) if needs[2] else None
    if dx is not None and dmean is not None:
        dx = dx + _along_channels(dmean, dx.ndim) / count
    if dx is not None and dvar is not None:
        dx = dx + 2 * x_hat / inverse * _along_channels(dvar, dx.ndim) / count
    return dx, dgamma, dbeta


def batch_norm_test_forward(
    x: Array, gamma: Array | None, beta: Array | None, mean: Array, var: Array, *, eps: float, relu: bool = False
) -> tuple[Array, Any]:
    """Batch normalization at test time, course D3 5.2: by the averages gathered in training.

    y[i, k] = γ_k (x[i, k] − μ_k) / √(σ²_k + ε) + β_k        an affine function of x
    """
    inverse = _along_channels(1 / np.sqrt(var + eps), x.ndim)
    x_hat = (x - _along_channels(mean, x.ndim)) * inverse
    y = _scale_and_shift(x_hat, _along_channels(gamma, x.ndim), _along_channels(beta, x.ndim))
    return (relu_forward(y)[0] if relu else y), (x_hat, inverse, gamma)


def batch_norm_test_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂x = dy γ / s: μ and s are constants here."""
    x_hat, inverse, gamma = cache
    axes = _all_but_channels(x_hat)
    dx = dy * _along_channels(gamma, dy.ndim, 1) * inverse if needs[0] else None
    dgamma = (dy * x_hat).sum(axis=axes) if gamma is not None and needs[1] else None
    dbeta = dy.sum(axis=axes) if needs[2] else None
    return dx, dgamma, dbeta, None, None


def layer_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, axes: int, eps: float
) -> tuple[Array, Any]:
    """Layer normalization: each row by its own mean and variance over its features, same in training and test.

    y[n, d] = γ_d (x[n, d] − μ_n) / √(σ²_n + ε) + β_d        Source: Ba, Kiros and Hinton, 2016.
    """
    x_hat, inverse, _, _ = _normalize(x, tuple(range(-axes, 0)), eps)
    return _scale_and_shift(x_hat, gamma, beta), (x_hat, inverse, gamma, axes)


def layer_norm_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂β_d = Σ_n dy[n, d],  ∂L/∂γ_d = Σ_n dy[n, d] x̂[n, d];  ∂L/∂x as in `_back`."""
    x_hat, inverse, gamma, axes = cache
    rows = tuple(range(dy.ndim - axes))
    dx = _back(dy if gamma is None else dy * gamma, x_hat, inverse, tuple(range(-axes, 0))) if needs[0] else None
    dgamma = (dy * x_hat).sum(axis=rows) if gamma is not None and needs[1] else None
    dbeta = dy.sum(axis=rows) if needs[2] else None
    return dx, dgamma, dbeta


def group_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, groups: int, eps: float
) -> tuple[Array, Any]:
    """Group normalization: the channels of a sample in groups, each group by its own mean and variance.

    y[n, c, …] = γ_c (x[n, c, …] − μ[n, g]) / √(σ²[n, g] + ε) + β_c,  g the group of c
    Source: Wu and He, 2018.
    """
    grouped = x.reshape(x.shape[0], groups, math.prod(x.shape[1:]) // groups)  # the channels of a group are neighbours
    x_hat, inverse, _, _ = _normalize(grouped, (2,), eps)
    x_hat = x_hat.reshape(x.shape)
    y = _scale_and_shift(x_hat, _along_channels(gamma, x.ndim), _along_channels(beta, x.ndim))
    return y, (x_hat, inverse, gamma, groups)


def group_norm_backward(dy: Array, cache: Any, needs: tuple[bool, ...]) -> Gradients:
    """∂L/∂β and ∂L/∂γ as for batch norm;  ∂L/∂x as in `_back`, over each group."""
    x_hat, inverse, gamma, groups = cache
    axes, grouped = _all_but_channels(dy), (dy.shape[0], groups, math.prod(dy.shape[1:]) // groups)
    dx = None
    if needs[0]:
        dx_hat = dy * _along_channels(gamma, dy.ndim, 1)
        dx = _back(dx_hat.reshape(grouped), x_hat.reshape(grouped), inverse, (2,)).reshape(dy.shape)
    dgamma = (dy * x_hat).sum(axis=axes) if gamma is not None and needs[1] else None
    dbeta = dy.sum(axis=axes) if needs[2] else None
    return dx, dgamma, dbeta


def _normalize(x: Array, axes: Axes, eps: float) -> tuple[Array, Array, Array, Array]:
    """Return x̂ = (x − μ)/√(σ² + ε), 1/√(σ² + ε), μ and σ² (axes kept with size 1)."""
    mean = x.mean(axis=axes, keepdims=True)
    centered = x - mean
    var = (centered * centered).mean(axis=axes, keepdims=True)
    inverse = 1 / np.sqrt(var + eps)
    return centered * inverse, inverse, mean, var


def _back(dx_hat: Array, x_hat: Array, inverse: Array, axes: Axes) -> Array:
    """Return ∂L/∂x from dx̂ = ∂L/∂x̂, for x̂ = (x − μ)/s with s = √(σ² + ε).

    From ∂μ/∂x_j = 1/M and ∂σ²/∂x_j = 2 (x_j − μ)/M, hence ∂s/∂x_j = x̂_j/M:
    ∂x̂_i/∂x_j = (1[i = j] − 1/M)/s − x̂_i x̂_j/(M s)
    ∂L/∂x_j = Σ_i dx̂_i ∂x̂_i/∂x_j = (dx̂_j − mean(dx̂) − x̂_j mean(dx̂ x̂)) / s
    What would move the mean or the variance of x is taken out of the gradient: the output does not feel it.
    """
    along_mean = dx_hat.mean(axis=axes, keepdims=True)
    along_spread = (dx_hat * x_hat).mean(axis=axes, keepdims=True)
    return (dx_hat - along_mean - x_hat * along_spread) * inverse


def _all_but_channels(x: Array) -> Axes:
    return (0, *range(2, x.ndim))


def _along_channels(v: Array | None, ndim: int, missing: Any = None) -> Any:
    """Return a vector (C,) so that it broadcasts along axis 1, or `missing` where there is none."""
    return missing if v is None else v.reshape(1, -1, *(1,) * (ndim - 2))


def _scale_and_shift(x_hat: Array, gamma: Array | None, beta: Array | None) -> Array:
    y = x_hat if gamma is None else x_hat * gamma
    return y + (0 if beta is None else beta)  # a fresh array in any case: backward keeps x_hat
