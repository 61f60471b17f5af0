"""Batch normalization in training, a channel at a time, in parallel over channels.

Forward reads x three times (mean, variance, output) and backward twice; NumPy makes some fifteen passes. Sums run in
SIMD lanes within an image's channel, and in float64 from image to image. Channels of fewer than 8 positions (after
a linear layer) lie too far apart in memory for this: they go to the reference, as does an upstream of mean or variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.backends.cpu.jit import parallel, share, threads_for
from amont.backends.reference import norm as reference

Array = np.ndarray[Any, Any]
Gradients = tuple[Array | None, ...]

SHORTEST = 8


def batch_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, eps: float
) -> tuple[tuple[Array, Array, Array], Any]:
    """y = γ (x − μ)/√(σ² + ε) + β, with μ and σ² of each channel."""
    if x.size < SHORTEST * x.shape[0] * x.shape[1]:
        return reference.batch_norm_forward(x, gamma, beta, eps=eps)
    C, dtype = x.shape[1], x.dtype
    y, x_hat = np.empty(x.shape, dtype), np.empty(x.shape, dtype)
    mean, var, inverse = (np.empty(C, dtype) for _ in range(3))
    scale = np.ones(C, dtype) if gamma is None else np.ascontiguousarray(gamma)
    shift = np.zeros(C, dtype) if beta is None else np.ascontiguousarray(beta)
    arrays = (_lines(x), scale, shift, eps, _lines(y), _lines(x_hat), mean, var, inverse)
    _forward(threads_for(x.size * 2, C), *arrays)
    return (y, mean, var), (x_hat, inverse.reshape(-1, *(1,) * (x.ndim - 2))[np.newaxis], gamma)


def batch_norm_backward(
    upstream: tuple[Array | None, Array | None, Array | None], cache: Any, needs: tuple[bool, ...]
) -> Gradients:
    """dx = (dx̂ − mean(dx̂) − x̂ mean(dx̂ x̂)) / s, with dx̂ = γ dy."""
    dy, dmean, dvar = upstream
    x_hat, inverse, gamma = cache
    short = x_hat.size < SHORTEST * x_hat.shape[0] * x_hat.shape[1]
    if dy is None or dmean is not None or dvar is not None or short or not any(needs):
        return reference.batch_norm_backward(upstream, cache, needs)
    C, dtype = x_hat.shape[1], x_hat.dtype
    dx = np.empty(x_hat.shape, dtype) if needs[0] else np.empty((1, C, 0), dtype)
    dgamma, dbeta = np.empty(C, dtype), np.empty(C, dtype)
    scale = np.ones(C, dtype) if gamma is None else np.ascontiguousarray(gamma)
    arrays = (_lines(dy), _lines(x_hat), scale, inverse.reshape(-1), _lines(dx), dgamma, dbeta)
    _backward(threads_for(dy.size * 2, C), *arrays)
    return (
        dx if needs[0] else None,
        dgamma if gamma is not None and needs[1] else None,
        dbeta if needs[2] else None,
    )


def _lines(x: Array) -> Array:
    """(N, C, *S) → (N, C, positions), contiguous."""
    return np.ascontiguousarray(x).reshape(x.shape[0], x.shape[1], -1 if x.size else 0)


@parallel
def _forward(part, parts, x, gamma, beta, eps, y, x_hat, mean, var, inverse):
    begin, end = share(part, parts, x.shape[1])
    N, zero = x.shape[0], x.dtype.type(0)
    count = N * x.shape[2]
    for c in range(begin, end):
        total = 0.0
        for n in range(N):
            line, some = x[n, c], zero
            for i in range(line.size):
                some += line[i]
            total += some
        mu, total = x.dtype.type(total / count), 0.0
        for n in range(N):
            line, some = x[n, c], zero
            for i in range(line.size):
                some += (line[i] - mu) * (line[i] - mu)
            total += some
        mean[c], var[c], inverse[c] = mu, total / count, 1 / np.sqrt(total / count + eps)
        s, scale, shift = inverse[c], gamma[c], beta[c]
        for n in range(N):
            line, hat, out = x[n, c], x_hat[n, c], y[n, c]
            for i in range(line.size):
                hat[i] = (line[i] - mu) * s
            for i in range(line.size):
                out[i] = scale * hat[i] + shift


@parallel
def _backward(part, parts, dy, x_hat, gamma, inverse, dx, dgamma, dbeta):
    begin, end = share(part, parts, dy.shape[1])
    N, zero = dy.shape[0], dy.dtype.type(0)
    count = N * dy.shape[2]
    for c in range(begin, end):
        sum_g, sum_b = 0.0, 0.0
        for n in range(N):
            line, hat, g, b = dy[n, c], x_hat[n, c], zero, zero
            for i in range(line.size):
                g += line[i] * hat[i]
            for i in range(line.size):
                b += line[i]
            sum_g += g
            sum_b += b
        dgamma[c], dbeta[c] = sum_g, sum_b
        if dx.size:
            along_spread, along_mean = dy.dtype.type(sum_g / count), dy.dtype.type(sum_b / count)
            scale = gamma[c] * inverse[c]
            for n in range(N):
                line, hat, out = dy[n, c], x_hat[n, c], dx[n, c]
                for i in range(line.size):
                    out[i] = (line[i] - along_mean - hat[i] * along_spread) * scale
