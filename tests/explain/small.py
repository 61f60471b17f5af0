"""Small networks to look at, and what must not change when somebody looks."""

from typing import Any

import numpy as np

from amont import nn
from amont.autograd import no_grad
from amont.core import rng as streams


class Residual(nn.Module):
    """Two convolutions of which the second one's output is added to the first one's, then global pooling."""

    def __init__(self, channels: int = 1) -> None:
        self.first = nn.Conv2d(channels, 3, 3, stride=2, padding=1, rng=np.random.default_rng(0))
        self.norm = nn.BatchNorm2d(3)
        self.second = nn.Conv2d(3, 3, 3, padding=1, rng=np.random.default_rng(1))
        self.drop = nn.Dropout(0.5)
        self.dense = nn.Linear(3, 4, rng=np.random.default_rng(2))

    def forward(self, x: Any) -> Any:
        before = self.norm(self.first(x))
        y = before + self.second(before.relu())
        return self.dense(self.drop(y.mean(axis=(2, 3))))


def image(channels: int = 1, size: int = 8) -> np.ndarray:
    return np.random.default_rng(5).random((channels, size, size), np.float32)


class Unchanged:
    """`with Unchanged(model): …` asserts that mode, weights, buffers, gradients and generators are as before."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model.train()
        next(iter(model.modules())).training = True
        for i, p in enumerate(model.parameters()):
            p.grad = np.full(p.shape, i, p.dtype) if i % 2 else None
            p.requires_grad = i != 1
        self.before = self.state()

    def state(self) -> dict[str, Any]:
        parameters = list(self.model.parameters())
        return {
            "modes": [m.training for m in self.model.modules()],
            "state": {k: v.tobytes() for k, v in self.model.state_dict().items()},
            "gradients": [(id(p.grad), None if p.grad is None else p.grad.tobytes()) for p in parameters],
            "wanted": [p.requires_grad for p in parameters],
            "hooks": [m._forward_hooks for m in self.model.modules()],
            "random": str(streams.get_state()),
        }

    def __enter__(self) -> None:
        self.quiet = no_grad()
        self.quiet.__enter__()  # looking works there, too

    def __exit__(self, *error: object) -> None:
        self.quiet.__exit__(*error)
        assert self.state() == self.before
