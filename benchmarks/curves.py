"""Training curves: amont "fast" and "exact" and PyTorch, from the same weights over the same batches, three seeds.

The data is made here, so that it needs no network: handwritten digits in colour on a noisy ground, the size of MNIST's
images for LeNet and of CIFAR's for ResNet-18. Rounding differs between the three, and training carries each difference
on, so curves part after some steps; they must end within the spread that the seeds have anyway.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import amont
import amont.functional as F
from amont import data, optim
from benchmarks.child import peers
from benchmarks.pairs import Effort
from benchmarks.report import Choice, Report
from benchmarks.workloads import amont_side
from benchmarks.workloads.models import Workload

Array = np.ndarray[Any, Any]

HEAD = (
    "model, side",
    "loss at the end, mean of 3 seeds",
    "by seed",
    "test accuracy",
    "by seed",
    "sides apart",
    "seeds apart",
)
SIDES = ("fast", "exact", "torch")
SEEDS = (0, 1, 2)
LAST = 10  # steps whose mean loss is called the end of the curve


class Images(NamedTuple):
    """Training and test images with their labels."""

    x: Array
    y: Array
    test_x: Array
    test_y: Array


@dataclass(frozen=True)
class Plan:
    """What is trained: `steps` batches of `batch` images, SGD with momentum 0.9."""

    workload: Workload
    steps: int
    batch: int
    lr: float


PLANS = (
    Plan(Workload("LeNet-5", "lenet", (64, 1, 28, 28), 10, 1, 2), steps=300, batch=64, lr=0.02),
    Plan(Workload("ResNet-18 3×32×32", "resnet18", (32, 3, 32, 32), 10, 1, 2), steps=60, batch=32, lr=0.02),
)


@dataclass(frozen=True)
class Curve:
    """The loss of each step, and the share of test images that are recognized in the end."""

    losses: list[float]
    accuracy: float

    @property
    def end(self) -> float:
        """The mean loss of the last steps."""
        return statistics.fmean(self.losses[-LAST:])


def report(choice: Choice, effort: Effort, threads: int) -> Report:
    """Train every plan that is chosen on each side from each seed."""
    sides = [side for side in SIDES if side != "torch" or "torch" in peers()]
    names = {plan.workload.name: [f"{plan.workload.name}, {side}" for side in sides] for plan in PLANS}
    rows = [row for of_plan in names.values() for row in of_plan]
    title = "Training curves, the same weights and batches on each side"
    table = Report("curves", title, HEAD, rows, choice.folder)
    table.notes.append("sides apart: of the means over the seeds, to stay below what the seeds of one side are apart")
    for plan in PLANS:
        name = plan.workload.name
        if choice.of(table, name, *names[name]):
            curves = train(plan, lambda plan=plan: amont_side.make(plan.workload), _torch_model(plan), sides)
            _add(table, name, curves)
    return table


def _torch_model(plan: Plan) -> Callable[[], Any]:
    def make() -> Any:
        from benchmarks.workloads import torch_models

        return torch_models.make(plan.workload)

    return make


def _add(table: Report, name: str, curves: dict[str, list[Curve]]) -> None:
    apart = (f"{distance(curves):.4f}", f"{noise(curves):.4f}")
    for side, runs in curves.items():
        ends, found = [c.end for c in runs], [c.accuracy for c in runs]
        cells = [f"{statistics.fmean(ends):.4f}", " ".join(f"{e:.4f}" for e in ends)]
        cells += [f"{statistics.fmean(found):.3f}", " ".join(f"{a:.3f}" for a in found), *apart]
        table.put(f"{name}, {side}", *cells, losses=[c.losses for c in runs], accuracies=found)


def distance(curves: dict[str, list[Curve]]) -> float:
    """Return how far apart the sides end: the largest difference between their means over the seeds."""
    ends = [statistics.fmean(c.end for c in runs) for runs in curves.values()]
    return max(ends) - min(ends)


def noise(curves: dict[str, list[Curve]]) -> float:
    """Return how far apart seeds end on one side: the median over the sides."""
    ends = [[c.end for c in runs] for runs in curves.values()]
    return statistics.median(max(e) - min(e) for e in ends)


def train(
    plan: Plan, model: Callable[[], Any], torch_model: Callable[[], Any], sides: Any = SIDES
) -> dict[str, list[Curve]]:
    """Return for each side a curve per seed; the seed chooses weights, images and batches."""
    curves: dict[str, list[Curve]] = {side: [] for side in sides}
    for seed in SEEDS:
        amont.seed(seed)
        weights = {name: array.copy() for name, array in model().state_dict().items()}
        images = make_images(plan, seed)
        for side in sides:
            run = _train_torch if side == "torch" else _train_amont
            curves[side].append(run(plan, torch_model() if side == "torch" else model(), weights, images, side))
    return curves


def make_images(plan: Plan, seed: int) -> Images:
    """Return coloured digits, 8×8 enlarged by 3, near the middle of a noisy ground."""
    rng = np.random.default_rng(seed)
    digits = data.load("digits")
    parts = []
    for part, count in ((digits.train, plan.steps * plan.batch), (digits.test, 500)):
        index = rng.integers(len(part.x), size=count)
        _, C, H, W = plan.workload.shape
        x = rng.normal(0, 0.2, (count, C, H, W)).astype(np.float32)
        colours = rng.normal(0, 1.5, (count, C, 1, 1)).astype(np.float32) + (1.5 if C == 1 else 0)
        drawn = colours * np.kron(part.x[index], np.ones((1, 1, 3, 3), np.float32))
        for image, digit, top, left in zip(
            x, drawn, rng.integers(H - 23, size=count), rng.integers(W - 23, size=count)
        ):
            image[:, top : top + 24, left : left + 24] += digit
        parts += [x, part.y[index]]
    return Images(*parts)


def _batches(plan: Plan, images: Images) -> Iterator[tuple[Array, Array]]:
    for i in range(0, plan.steps * plan.batch, plan.batch):
        yield images.x[i : i + plan.batch], images.y[i : i + plan.batch]


def _train_amont(plan: Plan, model: Any, weights: dict[str, Array], images: Images, precision: str) -> Curve:
    model.load_state_dict(weights)
    optimizer = optim.SGD(model.parameters(), lr=plan.lr, momentum=0.9)
    losses = []
    with amont.precision(precision):
        for x, y in _batches(plan, images):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        model.eval()
        with amont.no_grad():
            found = [model(images.test_x[i : i + 100]).numpy().argmax(1) for i in range(0, len(images.test_x), 100)]
    return Curve(losses, float((np.concatenate(found) == images.test_y).mean()))


def _train_torch(plan: Plan, model: Any, weights: dict[str, Array], images: Images, side: str) -> Curve:
    import torch

    model.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()}, strict=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=plan.lr, momentum=0.9)
    losses = []
    for x, y in _batches(plan, images):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        test = torch.from_numpy(images.test_x)
        found = [model(test[i : i + 100]).argmax(1).numpy() for i in range(0, len(test), 100)]
    return Curve(losses, float((np.concatenate(found) == images.test_y).mean()))
