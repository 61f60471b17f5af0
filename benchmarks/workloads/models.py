"""The rows of the table: models, sizes, and the ratio PyTorch time ÷ amont time that each is to reach."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LEARNING_RATE = 1e-3  # small: see the package's docstring on denormals
MOMENTUM = 0.9


@dataclass(frozen=True)
class Workload:
    """A training step (forward, loss, backward, SGD with momentum 0.9), or a forward pass in test mode.

    shape: of the input, batch included.
    at_least, aim: the goals, PyTorch time ÷ amont time. hidden: H of a recurrent layer, which has `layers` and, with
    `both`, both directions; with `padded`, its sequences have lengths of their own (PyTorch: a packed sequence).
    lr: the learning rate.
    """

    name: str
    model: str
    shape: tuple[int, ...]
    classes: int
    at_least: float
    aim: float
    training: bool = True
    hidden: int = 0
    layers: int = 1
    both: bool = False
    padded: bool = False
    lr: float = LEARNING_RATE

    kind = "model"

    def request(self) -> dict[str, Any]:
        """Return what a worker needs to build this workload, as plain values."""
        return {"kind": self.kind, **asdict(self)}


_FORMS: dict[str, dict[str, Any]] = {
    "lengths": {"padded": True},
    "2 layers": {"layers": 2},
    "both ways": {"both": True},
}
_T100, _T40 = (64, 100, 64), (100, 40, 1)  # (N, T, D)

TRAINING = (
    Workload("MLP b64", "mlp", (64, 784), 10, 1.8, 3.0),
    Workload("LeNet-5 b64", "lenet", (64, 1, 28, 28), 10, 2.5, 4.0),
    Workload("ResNet-18 3×32×32 b64", "resnet18", (64, 3, 32, 32), 10, 1.6, 2.2),
    Workload("ResNet-18 3×224×224 b8", "resnet18", (8, 3, 224, 224), 1000, 1.3, 1.8),
    Workload("AlexNet 3×224×224 b16", "alexnet", (16, 3, 224, 224), 1000, 1.2, 1.6),
    Workload("RNN T100 N64 D64 H256", "rnn", _T100, 64, 1.3, 2.0, hidden=256),
    Workload("GRU T100 N64 D64 H256", "gru", _T100, 64, 1.5, 2.2, hidden=256),
    Workload("LSTM T100 N64 D64 H256", "lstm", _T100, 64, 1.15, 1.5, hidden=256),
    Workload("LSTM T40 N100 D1 H64", "lstm", _T40, 10, 1.2, 2.0, hidden=64),
    Workload("GRU T40 N100 D1 H64", "gru", _T40, 10, 1.8, 3.0, hidden=64),
)
_LARGE = (3, 224, 224)
_IMAGES: tuple[tuple[str, int, tuple[int, ...]], ...] = (  # model, batch, image
    ("lenet", 64, (1, 28, 28)),
    ("alexnet", 32, (3, 32, 32)),
    ("alexnet", 16, _LARGE),
    ("resnet8", 64, (1, 28, 28)),
    ("resnet20", 64, (3, 32, 32)),
    ("plain20", 64, (3, 32, 32)),
    ("resnet56", 64, (3, 32, 32)),
    ("plain56", 64, (3, 32, 32)),
    ("resnet18", 32, (3, 32, 32)),
    ("resnet18", 4, _LARGE),
    ("plain18", 4, _LARGE),
    ("resnet34", 4, _LARGE),
    ("plain34", 4, _LARGE),
    ("resnet50", 4, _LARGE),
    ("resnet101", 2, _LARGE),
    ("wide_resnet50_2", 2, _LARGE),
    ("resnext50_32x4d", 16, (3, 32, 32)),
    ("resnext50_32x4d", 4, _LARGE),
    ("convnext_tiny", 32, (3, 32, 32)),
    ("convnext_tiny", 4, _LARGE),
)
NONE_SLOWER = 0.91  # PyTorch time ÷ amont time: at most 10 % slower
CAREFUL = 1e-6  # learning rate: fifty normalizations magnify rounding, and large steps would magnify it further
IMAGE_MODELS = tuple(
    Workload(
        f"{model} {'×'.join(map(str, image))} b{batch}",
        model,
        (batch, *image),
        1000 if image == _LARGE else 10,
        NONE_SLOWER,
        1.0,
        lr=CAREFUL,
    )
    for model, batch, image in _IMAGES
)
ZOO = {w.model for w in IMAGE_MODELS} - {"lenet"}
INFERENCE = (
    Workload("infer LeNet-5 b1", "lenet", (1, 1, 28, 28), 10, 1.2, 2.0, training=False),
    Workload("infer ResNet-18 224 b1", "resnet18", (1, 3, 224, 224), 1000, 1.2, 2.0, training=False),
    Workload("infer LSTM T100 b1", "lstm", (1, 100, 64), 64, 1.2, 2.0, training=False, hidden=256),
)
WORKLOADS = TRAINING + INFERENCE
SEQUENCES = tuple(
    Workload(f"{name.upper()} T100 N64 D64 H256, {what}", name, _T100, 64, at_least, aim, hidden=256, **options)
    for name, at_least, aim in (("rnn", 1.3, 2.0), ("gru", 1.5, 2.2), ("lstm", 1.15, 1.5))
    for what, options in _FORMS.items()
)

# Goals of the table as a whole.
GEOMETRIC_MEAN_AT_LEAST, GEOMETRIC_MEAN_AIM = 1.6, 2.2
JAX_MODELS = ("mlp", "lenet")  # what `jax_side.py` has
JAX_AT_LEAST = {"mlp": 1.1}


def batch(workload: Workload) -> tuple[Array, Array]:
    """Return x and its labels: the same numbers on every side."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(workload.shape, np.float32)
    return x, rng.integers(0, workload.classes, workload.shape[0])


def lengths(workload: Workload) -> Array | None:
    """Return how many steps of each sequence are no padding, from a quarter of T to T; None if all are."""
    N, T = workload.shape[:2]
    return np.random.default_rng(1).integers(T // 4, T + 1, N) if workload.padded else None


def stem_for(size: int) -> str:
    """Return the stem for images of size × size pixels."""
    return "cifar" if size <= 64 else "imagenet"
