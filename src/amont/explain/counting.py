"""Counting what a model costs: sizes, parameters, multiply-adds, and the memory of a step (course D3 4.4, 8.1).

Nothing is estimated from names: a step of two samples and one of three go through the model, and what each layer did
and kept is looked up in the graph (`recording.py`). What grows between the two belongs to a sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from amont.core.errors import AmontError
from amont.core.language import Language
from amont.explain import formulas
from amont.explain.measuring import Measured, measure
from amont.explain.memory import MakeOptimizer, Peak, Plan, make_plan, state_bytes
from amont.explain.recording import (
    Loss,
    Recording,
    Row,
    first_tensor,
    left_as_it_was,
    random_batch,
    record,
    usual_loss,
)
from amont.nn.module import Module, Parameter
from amont.optim import SGD

MOST_MEASURED = 2 * 10**11  # multiply-adds of a step that is measured unasked: some seconds


@dataclass(frozen=True)
class LayerCount:
    """One call of one layer, for one sample."""

    name: str
    kind: str
    group: str  # conv, dense, norm, recurrent, embedding, attention or other
    formula: str
    output_shape: tuple[int, ...]
    weights: int
    biases: int
    multiply_adds: int
    kept_bytes: int

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True)
class Summary:
    """The layers of a model in the order in which they ran. `print(summary)` shows a table, a notebook an HTML one."""

    model: str
    input_shape: tuple[int, ...]
    layers: tuple[LayerCount, ...]
    parameters: int
    parameter_bytes: int
    unused: int  # parameters that no layer of this forward pass used
    batch: int
    forward: Peak
    training: Peak
    measured: Measured | None
    plan: Plan

    @property
    def weights(self) -> int:
        """Parameters that are no biases."""
        return sum(layer.weights for layer in self.layers)

    @property
    def biases(self) -> int:
        """Parameters that are added."""
        return sum(layer.biases for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiplications followed by an addition, in one forward pass of one sample."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def kept_bytes(self) -> int:
        """Bytes that one sample keeps from its forward pass until its backward pass, without those of the loss."""
        return sum(layer.kept_bytes for layer in self.layers)

    def groups(self) -> dict[str, dict[str, float]]:
        """Return parameters and multiply-adds of each kind of layer, with their shares of the whole."""
        found: dict[str, dict[str, float]] = {}
        for layer in self.layers:
            sums = found.setdefault(layer.group, {"parameters": 0, "multiply_adds": 0})
            sums["parameters"] += layer.parameters
            sums["multiply_adds"] += layer.multiply_adds
        for sums in found.values():
            sums["share"] = sums["parameters"] / max(1, self.parameters)
        return {k: v for k, v in found.items() if v["parameters"] or v["multiply_adds"]}

    def training_bytes(self, batch: int, state: int = 0) -> int:
        """Return the memory of a training step by the formula (see `memory.py`); `state` is the optimizer's."""
        return self.plan.training(batch, state).total

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON. The keys stay as they are from version to version."""
        formula = {"forward": asdict(self.forward), "training": asdict(self.training)}
        for name, peak in (("forward", self.forward), ("training", self.training)):
            formula[name]["total"] = peak.total
        return {
            "model": self.model,
            "input_shape": list(self.input_shape),
            "layers": [asdict(layer) | {"output_shape": list(layer.output_shape)} for layer in self.layers],
            "weights": self.weights,
            "biases": self.biases,
            "parameters": self.parameters,
            "parameter_bytes": self.parameter_bytes,
            "unused": self.unused,
            "multiply_adds": self.multiply_adds,
            "kept_bytes": self.kept_bytes,
            "groups": self.groups(),
            "memory": {
                "batch": self.batch,
                "formula": formula,
                "measured": asdict(self.measured) if self.measured else None,
            },
        }

    def text(self, width: int = 80, lang: Language | None = None) -> str:
        """Return the table for a terminal of `width` columns; from 30 on it can be read."""
        from amont.explain.tables import as_text

        return as_text(self, width, lang or Language())

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from amont.explain.tables import as_html

        return as_html(self, Language())


def summary(
    model: Module,
    shape: Sequence[int],
    *,
    batch: int = 32,
    optimizer: MakeOptimizer | None = None,
    loss: Loss = usual_loss,
    measured: bool | None = None,
    dtype: Any = None,
    **options: Any,
) -> Summary:
    """Count a model for samples of a shape (without the batch axis); memory is that of a step of `batch` samples.

    `optimizer` makes one from parameters (`optim.AdamW`; by default plain SGD, which keeps nothing); loss(output, x)
    ends the step. `measured`: also run a step and count the bytes alive; by default where it takes some seconds at
    most. `dtype` is the type of the input: by default that of the parameters; integers for a model that begins with an
    embedding. `options` go to the model's forward. The model is left as it was.

    Errors: what the layer that fails says; the table of the layers before it is a note of the exception (`layers`).
    """
    parameters = list(model.parameters())
    if dtype is None:
        dtype = parameters[0].dtype if parameters else np.float32
    make = optimizer or SGD
    with left_as_it_was(model):
        two = record(model, random_batch(2, shape, dtype), loss, options)
        if two.error is not None:
            _explain(two.error, _layers(model, two, None))
            raise two.error
        three = record(model, random_batch(3, shape, dtype), loss, options, backward=False)
    plan = make_plan(model, two, three)
    layers = _layers(model, two, plan)
    products = 3 * batch * sum(layer.multiply_adds for layer in layers)
    found = None
    if measured or (measured is None and products <= MOST_MEASURED):
        found = measure(model, shape, batch, make, dtype=dtype, loss=loss, options=options)
    return Summary(
        model=type(model).__name__,
        input_shape=tuple(shape),
        layers=tuple(layers),
        parameters=model.num_parameters(),
        parameter_bytes=sum(p.array.nbytes for p in parameters),
        unused=model.num_parameters() - sum(layer.parameters for layer in layers),
        batch=batch,
        forward=plan.forward(batch),
        training=plan.training(batch, state_bytes(model, make)),
        measured=found,
        plan=plan,
    )


def _explain(error: AmontError, layers: list[LayerCount]) -> None:
    from amont.explain.tables import chain

    error.layers = layers  # type: ignore[attr-defined]
    error.add_note("layers up to there, outputs of one sample:\n" + chain(layers))


def _layers(model: Module, book: Recording, plan: Plan | None) -> list[LayerCount]:
    """Return the rows of the table: each parameter and each kept array stands in the first layer that has it."""
    names = {id(p): name for name, p in model.named_parameters()}
    counted: set[int] = set()
    found, place = [], 0
    for row in book.rows:
        events = plan.events[place : place + len(row.nodes)] if plan else []
        place += len(row.nodes)
        kept = {m for event in events for m in event.kept} - counted
        used = [p for p in _parameters(row) if id(p) not in counted]
        counted |= kept | {id(p) for p in used}
        biases = sum(p.size for p in used if names.get(id(p), "").rpartition(".")[2].startswith("bias"))
        if row.module is None and row.nodes[0].op.is_view and row.nodes[0].op.kernel != "reshape":
            continue
        found.append(
            LayerCount(
                name=row.name or "(model)",
                kind=type(row.module or row.nodes[0].op).__name__,
                group=formulas.group(row.nodes),
                formula=formulas.output_size(row),
                output_shape=first_tensor(row.output).shape[1:],
                weights=sum(p.size for p in used) - biases,
                biases=biases,
                multiply_adds=sum(formulas.multiply_adds(node) for node in row.nodes) // book.batch,
                kept_bytes=sum(plan.sizes[m].each for m in kept) if plan else 0,
            )
        )
    return found


def _parameters(row: Row) -> list[Parameter]:
    return list({id(t): t for node in row.nodes for t in node.inputs if isinstance(t, Parameter)}.values())
