"""Losses: what training makes small. The checks of predictions and targets are in `ops/targets.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor
from amont.core.errors import ArgumentError, ShapeError
from amont.ops import targets

Array = np.ndarray[Any, Any]


class MSE(Op):
    """Squared error."""

    kernel = "mse"
    equation = "l = (x − y)²"
    keeps_inputs = False


class L1(Op):
    """Absolute error."""

    kernel = "l1"
    equation = "l = |x − y|"
    keeps_inputs = False


class Huber(Op):
    """Squared for small errors, absolute for large ones."""

    kernel = "huber"
    equation = "l = slope·d²/(2δ) for |d| ≤ δ, else slope·(|d| − δ/2),  d = x − y"
    keeps_inputs = False


class BinaryCrossEntropy(Op):
    """Negative log-likelihood of two classes, from probabilities."""

    kernel = "binary_cross_entropy"
    equation = "l = −y log p − (1 − y) log(1 − p)"


class BinaryCrossEntropyWithLogits(Op):
    """Negative log-likelihood of two classes, from logits."""

    kernel = "binary_cross_entropy_with_logits"
    equation = "l = −w y log σ(z) − (1 − y) log(1 − σ(z))"


class NLL(Op):
    """Negative log-likelihood, from log-probabilities."""

    kernel = "nll"
    equation = "l = −w[y] log p[y]"
    keeps_inputs = False


class SoftmaxCrossEntropy(Op):
    """Softmax and cross-entropy in one, from logits."""

    kernel = "softmax_cross_entropy"
    equation = "l = −Σ_c q_c log(e^{z_c} / Σ_k e^{z_k})"
    keeps_inputs = False


class L2Penalty(Op):
    """λ‖θ‖² of all parameters."""

    kernel = "l2_penalty"
    equation = "λ Σ θ²"


def mse_loss(x: Any, y: Any, reduction: str = "mean") -> Tensor:
    """Return the squared error (x − y)². x and y of one shape.

    "mean" divides by the number of elements, as PyTorch does; the course's MSE on one-hot targets (D3 2.1),
    1/N Σ_i ‖f(x_i) − y_i‖², divides by N only: reduction="batchmean", K times the mean.
    """
    x, y = targets.same_shape(x, y, reduction)
    return MSE.apply(x, y, reduction=reduction)


def l1_loss(x: Any, y: Any, reduction: str = "mean") -> Tensor:
    """Return the absolute error |x − y|. x and y of one shape."""
    x, y = targets.same_shape(x, y, reduction)
    return L1.apply(x, y, reduction=reduction)


def huber_loss(x: Any, y: Any, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Return d²/2 where |d| ≤ δ, else δ (|d| − δ/2), with d = x − y. x and y of one shape."""
    targets.above_0(delta=delta)
    x, y = targets.same_shape(x, y, reduction)
    return Huber.apply(x, y, delta=float(delta), slope=float(delta), reduction=reduction)


def smooth_l1_loss(x: Any, y: Any, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return d²/(2β) where |d| ≤ β, else |d| − β/2, with d = x − y: Huber's loss divided by β; |d| for β = 0."""
    if beta == 0:
        return l1_loss(x, y, reduction)
    targets.above_0(beta=beta)
    x, y = targets.same_shape(x, y, reduction)
    return Huber.apply(x, y, delta=float(beta), slope=1.0, reduction=reduction)


def binary_cross_entropy(p: Any, y: Any, reduction: str = "mean") -> Tensor:
    """Return −y log p − (1 − y) log(1 − p), for probabilities p and targets y in [0, 1], of one shape.

    Logs are cut at −100, as in PyTorch. From logits, `binary_cross_entropy_with_logits` is exact.
    """
    p, y = targets.same_shape(p, y, reduction)
    targets.in_unit_interval(p.array, "probabilities", "apply F.sigmoid, or use binary_cross_entropy_with_logits")
    targets.in_unit_interval(y.array, "targets", "use 0 and 1")
    return BinaryCrossEntropy.apply(p, y, reduction=reduction)


def binary_cross_entropy_with_logits(z: Any, y: Any, pos_weight: Any = None, reduction: str = "mean") -> Tensor:
    """Return −w y log σ(z) − (1 − y) log(1 − σ(z)), for any logits z and targets y of one shape.

    `pos_weight` w, one number or one per last axis, makes positives count w times (more recall).
    """
    z, y = targets.same_shape(z, y, reduction)
    targets.in_unit_interval(y.array, "targets", "use 0 and 1")
    if pos_weight is not None:
        pos_weight = np.asarray(pos_weight, dtype=z.dtype)
        if pos_weight.ndim > z.ndim or any(a not in (1, b) for a, b in zip(pos_weight.shape[::-1], z.shape[::-1])):
            raise ShapeError(f"pos_weight of shape {pos_weight.shape} does not broadcast to the logits' {z.shape}")
    return BinaryCrossEntropyWithLogits.apply(z, y, pos_weight, reduction=reduction)


def nll_loss(
    logp: Any, labels: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Return −w[y] log p[y], the negative log-likelihood of the labels (course D3 6.1).

    logp (N, K, …) log-probabilities (of `F.log_softmax`), labels integers (N, …), weight (K,) or None.
    "mean" is Σ_i l_i / Σ_i w[y_i], over the rows that are not `ignore_index`.
    """
    logp = targets.class_scores(logp, reduction)
    labels = targets.class_labels(labels, logp.shape, ignore_index)
    weight = targets.class_weights(weight, logp)
    targets.refuse_zero_by_zero(labels, weight, ignore_index, reduction)
    return NLL.apply(logp, labels, weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(
    logits: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the cross-entropy −Σ_c q_c log softmax(z)_c of logits z (course D3 6.2, 6.3); ∂l/∂z = p − y.

    logits (N, K, …); target: integer labels (N, …), or class probabilities (N, K, …). With labels y it is
    −log(e^{z_y} / Σ_k e^{z_k}), the negative log-likelihood. It takes logits: no softmax before it.
    weight: one per class, (K,). ignore_index: rows with this label do not count. label_smoothing ε: the target is
    (1 − ε) y + ε/K. "mean" divides by Σ_i w[y_i] for labels, by the number of rows for probabilities, as PyTorch.

    Errors: `DataError` for a label outside 0 … K − 1, an empty batch, or when all rows are ignored; `DTypeError` for
    labels that are no integers; `ShapeError` for shapes that do not fit.
    """
    z = targets.class_scores(logits, reduction)
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"label_smoothing must be between 0 and 1, got {label_smoothing!r}")
    weight = targets.class_weights(weight, z)
    soft = targets.class_probabilities(target, z)
    if soft is None:
        labels = targets.class_labels(target, z.shape, ignore_index)
        targets.refuse_zero_by_zero(labels, weight, ignore_index, reduction)
    return SoftmaxCrossEntropy.apply(
        z,
        labels if soft is None else soft,
        weight,
        label_smoothing=float(label_smoothing),
        ignore_index=ignore_index,
        reduction=reduction,
    )


def l2_penalty(params: Iterable[Tensor], strength: float = 1.0) -> Tensor:
    """Return λ‖θ‖², λ = `strength`, over all parameters: L = L_MSE + λ‖θ‖² (course D3 2.1).

    Its gradient is 2λθ, so `weight_decay=2 * strength` in `optim.SGD` does the same.
    """
    tensors = list(params)
    if not tensors:
        raise ArgumentError("there are no parameters to penalize; did an iterator run out?")
    return L2Penalty.apply(*tensors, strength=float(strength))


def one_hot(labels: Any, num_classes: int, dtype: Any = np.float32) -> Array:
    """Return y (…, K) with y[…, c] = 1 for c the label, else 0 (course D3 2.1). labels integers (…)."""
    array = np.asarray(labels)
    targets.check_labels(array, num_classes)
    return np.eye(num_classes, dtype=dtype)[array]
