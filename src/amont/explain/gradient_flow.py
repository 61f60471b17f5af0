"""How large the gradient is at each parameter: where it vanishes, where it explodes (course D3 7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from amont.core.errors import GraphError
from amont.nn.module import Module


@dataclass(frozen=True)
class Flow:
    """The gradient of one parameter: ‖g‖₂, its root mean square, its largest |g|, and ‖g‖ / ‖w‖."""

    name: str
    shape: tuple[int, ...]
    norm: float
    rms: float
    largest: float
    relative: float


@dataclass(frozen=True)
class GradientFlow:
    """The gradients of a model's parameters, from the first layer to the last. `print(flow)` shows a table."""

    rows: tuple[Flow, ...]

    def __iter__(self) -> Iterator[Flow]:
        return iter(self.rows)

    def layers(self) -> dict[str, float]:
        """Return the norm per layer: √Σ‖g‖² over the weights and biases that share a path."""
        squares: dict[str, float] = {}
        for row in self.rows:
            layer = row.name.rpartition(".")[0] or row.name
            squares[layer] = squares.get(layer, 0.0) + row.norm**2
        return {layer: square**0.5 for layer, square in squares.items()}

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return everything as plain values, by the name of the parameter."""
        return {row.name: asdict(row) for row in self.rows}

    def __str__(self) -> str:
        width = max(len(row.name) for row in self.rows)
        head = f"{'parameter':{width}}  {'norm':>10}  {'rms':>10}  {'largest':>10}  {'norm/weight':>11}"
        lines = [
            f"{r.name:{width}}  {r.norm:10.3e}  {r.rms:10.3e}  {r.largest:10.3e}  {r.relative:11.3e}" for r in self.rows
        ]
        return "\n".join([head, *lines])


def gradient_flow(model: Module) -> GradientFlow:
    """Return the size of each parameter's gradient; to be called after `loss.backward()`."""
    rows = [_flow(name, p.array, p.grad) for name, p in model.named_parameters() if p.grad is not None]
    if not rows:
        raise GraphError("no parameter has a gradient; call loss.backward() first, and zero_grad() only afterwards")
    return GradientFlow(tuple(rows))


def _flow(name: str, weight: Any, gradient: Any) -> Flow:
    g = gradient.astype(np.float64)  # the square of a small float32 gradient would be zero
    norm = float(np.linalg.norm(g))
    scale = float(np.linalg.norm(weight.astype(np.float64)))
    largest = float(np.abs(g).max()) if g.size else 0.0
    rms = norm / max(1, g.size) ** 0.5
    return Flow(name, g.shape, norm, rms, largest, norm / scale if scale else float("inf" if norm else "nan"))
