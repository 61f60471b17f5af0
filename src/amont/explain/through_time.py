"""How a gradient fares on its way back through time: where it vanishes, where it explodes (course D0 3.2, D2).

`jacobian_products` shows the products of equation (3) themselves, ∂h_T/∂h_t = ∏_{k=t+1}^{T} ∂h_k/∂h_{k−1};
`gradient_through_time` shows what becomes of the gradient of a loss, ∂L/∂h_t.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from amont.autograd import Op, Tensor, as_tensor, observe
from amont.backends.reference.sequence import flip
from amont.core.errors import ArgumentError, GraphError
from amont.core.shapes import check_ndim
from amont.explain.unfold import Unfolded
from amont.nn.module import Module
from amont.nn.recurrent import GRU, LSTM, RNN, Recurrent
from amont.ops.recurrent import Recurrence, check_lengths

Array = np.ndarray[Any, Any]
KINDS = {RNN: "rnn", LSTM: "lstm", GRU: "gru"}


@dataclass(frozen=True)
class ThroughTime:
    """One number a time step; arrays have T + 1 entries, from t = 0 (the initial state) to t = T (the last state)."""

    def to_dict(self) -> dict[str, list[float] | None]:
        """Return the arrays as lists, for JSON."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: None if v is None else v.tolist() for name, v in values.items()}


@dataclass(frozen=True)
class JacobianProducts(ThroughTime):
    """Norms of ∂s_T/∂s_t, mean over the batch. s is h; for an LSTM the pair (h, c).

    `spectral`: the largest singular value, the most that a gradient can grow on its way from T to t.
    `frobenius`: √Σ of the squares of all entries. At t = T the product is the identity: 1 and √S.
    """

    steps: Array
    spectral: Array
    frobenius: Array


@dataclass(frozen=True)
class GradientThroughTime(ThroughTime):
    """Norms over batch and units. `total`: ‖∂L/∂h_t‖ by all paths. `direct`: by the output y_t alone.

    `cell`: ‖∂L/∂c_t‖ by all paths, for an LSTM; else None. For an LSTM, `total` counts the paths that leave h_t,
    `cell` those that leave c_t to the right.
    """

    steps: Array
    total: Array
    direct: Array
    cell: Array | None = None


def jacobian_products(
    recurrent: Recurrent, x: Any, state: Any = None, lengths: Any = None, *, reverse: bool = False
) -> JacobianProducts:
    """Return the norms of ∂h_T/∂h_t for every t, exact, for a batch x (N, T, D).

    P_T = I, P_{t−1} = P_t · J_t, where J_t = ∂s_t/∂s_{t−1} is the Jacobian of one step: diag(σ') W_hh for the RNN;
    for the gated layers see `amont.explain.unfold`. For an LSTM, s is the pair (h, c), since the gradient goes back
    along both. A sequence that is over has its T at its own end and takes no part in the means beyond it.

    The layer has one layer (num_layers=1); `reverse` takes the second direction of a bidirectional one, where t counts
    in reading order. `state` as the layer takes it.
    """
    unfolded = _unfold(recurrent, x, state, lengths, reverse)
    N, S = len(unfolded.x), sum(s.shape[1] for s in unfolded.states[0])
    P = np.broadcast_to(np.eye(S), (N, S, S))
    spectral, frobenius = np.empty((N, unfolded.T + 1)), np.empty((N, unfolded.T + 1))
    spectral[:, -1], frobenius[:, -1] = 1, np.sqrt(S)
    with np.errstate(over="ignore", invalid="ignore"):
        for t, J in unfolded.backwards():
            P = P @ J
            spectral[:, t - 1], frobenius[:, t - 1] = _norms(P)
    real = _real_states(unfolded.valid[:, :, 0])
    means = (np.where(real, norms, 0).sum(axis=0) / real.sum(axis=0) for norms in (spectral, frobenius))
    return JacobianProducts(np.arange(unfolded.T + 1), *means)


def gradient_through_time(
    model: Module,
    recurrent: Recurrent,
    compute_loss: Callable[[], Tensor],
    *,
    layer: int = 0,
    reverse: bool = False,
) -> GradientThroughTime:
    """Return ‖∂L/∂h_t‖ for every t, by all paths on which h_t reaches the loss.

    `compute_loss()` runs the model and returns the loss, e.g. `lambda: F.cross_entropy(model(x), labels)`;
    `recurrent` is the layer of the model to look at. The backward pass of the graph tells what reaches each output
    directly, dy_t, and the last state. The gradient by all paths follows from them and the Jacobians of the steps:

        ds_T = (gradient of the last state) + dy_T        ds_{t−1} = dy_{t−1} + ds_t · J_t

    where dy counts for the h part of s only. The gradients of the model's parameters are left as they were.

    Errors: `GraphError` if the loss does not depend on the layer, or uses it more than once.
    """
    unfolded, upstream = _observe_layer(model, recurrent.weights(layer, reverse)[1], compute_loss)
    N, T, H = len(unfolded.x), unfolded.T, unfolded.states[0][0].shape[1]
    dy = np.zeros((N, T, H)) if upstream[0] is None else upstream[0].astype(np.float64)
    direct = np.where(unfolded.valid, flip(dy, reverse), 0)
    dlast = [np.zeros((N, H)) if d is None else d.astype(np.float64) for d in upstream[1:]]
    ds = np.concatenate(dlast, axis=1)
    total = np.empty((T + 1, *ds.shape))
    for t, J in unfolded.backwards():
        ds[:, :H] += direct[:, t - 1]
        total[t] = ds
        ds = (ds[:, np.newaxis] @ J)[:, 0]
    total[0] = ds
    local = np.concatenate([np.zeros((N, 1, H)), direct], axis=1).swapaxes(0, 1)
    cell = _size(total[:, :, H:]) if len(dlast) == 2 else None
    return GradientThroughTime(np.arange(T + 1), _size(total[:, :, :H]), _size(local), cell)


def _unfold(recurrent: Recurrent, x: Any, state: Any, lengths: Any, reverse: bool) -> Unfolded:
    """Return the layer over a batch, unfolded, cut to the longest sequence."""
    kind = next((kind for cls, kind in KINDS.items() if isinstance(recurrent, cls)), None)
    if kind is None or recurrent.num_layers != 1 or (reverse and not recurrent.bidirectional):
        raise ArgumentError(
            f"expected an RNN, LSTM or GRU with num_layers=1 (and bidirectional=True for reverse=True), got "
            f"{recurrent}; look at the layers of a deeper one with gradient_through_time(…, layer=…)"
        )
    x = as_tensor(x, like=recurrent.weights()[0])
    check_ndim(x.shape, 3, "(N, T, D), batch first")
    given = state if isinstance(state, (tuple, list)) else (state,) * len(recurrent.state_names)
    first = [recurrent.first_state(name, s, x) for name, s in zip(recurrent.state_names, given, strict=True)]
    lengths = None if lengths is None else check_lengths(lengths, *x.shape[:2])
    return Unfolded(
        kind,
        x.array if lengths is None else x.array[:, : lengths.max()],
        tuple(None if s is None else s.array[int(reverse)] for s in first),
        _arrays(recurrent.weights(0, reverse)),
        lengths,
        reverse=reverse,
        nonlinearity=getattr(recurrent, "nonlinearity", "tanh"),
    )


def _unfold_op(op: Recurrence) -> Unfolded:
    """Return a node of the graph, unfolded. Its inputs are x, the initial states, four weights, and the lengths."""
    x, *first = _arrays(op.inputs[:-5])
    return Unfolded(op.kernel, x, tuple(first), _arrays(op.inputs[-5:-1]), op.lengths, **op.params)


def _arrays(tensors: tuple[Tensor | None, ...]) -> Any:
    return tuple(None if t is None else t.array for t in tensors)


def _observe_layer(
    model: Module, w_hh: Tensor | None, compute_loss: Callable[[], Tensor]
) -> tuple[Unfolded, tuple[Array | None, ...]]:
    """Return the node that uses `w_hh`, unfolded, and the upstream gradients that reach it from the loss."""
    seen: list[tuple[Unfolded, tuple[Array | None, ...]]] = []

    def watch(op: Op, upstream: tuple[Array | None, ...], downstream: tuple[Array | None, ...]) -> None:
        if isinstance(op, Recurrence) and any(t is w_hh for t in op.inputs):
            seen.append((_unfold_op(op), upstream))

    parameters = list(model.parameters())
    kept = [p.grad for p in parameters]
    for p in parameters:
        p.grad = None
    try:
        with observe(watch):
            compute_loss().backward()
    finally:
        for p, grad in zip(parameters, kept):
            p.grad = grad
    if len(seen) != 1:
        raise GraphError(
            f"expected the loss to depend on this recurrent layer through one call of it, found {len(seen)}; "
            f"compute_loss must run the model once, not under no_grad()"
        )
    return seen[0]


def _norms(P: Array) -> tuple[Array, Array]:
    """Return the spectral and the Frobenius norm of each matrix (N, S, S); infinite where an entry is not finite."""
    finite = np.asarray(np.isfinite(P).all(axis=(1, 2)))
    safe = np.where(finite[:, np.newaxis, np.newaxis], P, 0)
    norms = np.linalg.norm(safe, 2, axis=(1, 2)), np.linalg.norm(safe, axis=(1, 2))
    return np.where(finite, norms[0], np.inf), np.where(finite, norms[1], np.inf)


def _real_states(valid: Array) -> Array:
    """Return which states (N, T + 1) belong to the sequence: those at either end of a valid step (N, T)."""
    edge = np.zeros((len(valid), 1), bool)
    return np.concatenate([valid, edge], axis=1) | np.concatenate([edge, valid], axis=1)


def _size(values: Array) -> Array:
    """Return √Σ of squares over batch and units: (T + 1, N, H) → (T + 1,)."""
    return np.sqrt((values**2).sum(axis=(1, 2)))
