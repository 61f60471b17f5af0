"""Shrinking: the small model says exactly what the large one says when the lost channels are zero."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import models, nn, optim, prune
from amont.core.errors import ArgumentError, CheckpointError, GraphError, UnknownNameError

Shape = tuple[int, ...]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal(shape)


def used(model: nn.Module) -> nn.Module:
    """Return the model in float64, with batch norms that are no longer as they were made."""
    rng = np.random.default_rng(2)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for vector in (module.weight, module.bias, module.running_mean, module.running_var):
                vector.data = rng.uniform(0.5, 1.5, vector.shape)
    return model.astype("float64").eval()


class Residual(nn.Module):
    """Two blocks with skips, the second with a projection; BN everywhere, flatten at the end."""

    def __init__(self) -> None:
        self.stem, self.bn = nn.Conv2d(1, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.a1, self.an1 = nn.Conv2d(6, 5, 3, padding=1), nn.BatchNorm2d(5)
        self.a2, self.an2 = nn.Conv2d(5, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.b1, self.b2 = nn.Conv2d(6, 4, 3, 2, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.down = nn.Conv2d(6, 8, 1, 2)
        self.fc = nn.Linear(8 * 4 * 4, 3)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.bn(self.stem(x)))
        x = F.relu(F.add(x, self.an2(self.a2(F.relu(self.an1(self.a1(x))))), before_relu=True))
        x = F.relu(self.b2(F.relu(self.b1(x))) + self.down(x))
        return self.fc(F.flatten(x, 1))


class Joined(nn.Module):
    """Features side by side (as in a U-Net), a depthwise and a grouped convolution, a way up, a layer scale."""

    def __init__(self) -> None:
        self.left, self.right = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(1, 6, 3, padding=1)
        self.depthwise, self.mixed = nn.Conv2d(10, 10, 3, padding=1, groups=10), nn.Conv2d(10, 8, 1)
        self.grouped = nn.Conv2d(8, 8, 1, groups=4)
        self.scale = nn.Parameter(np.linspace(0.5, 1, 8, dtype=np.float32).reshape(8, 1, 1))
        self.up, self.last = nn.ConvTranspose2d(8, 5, 2, 2), nn.Conv2d(5, 2, 1)

    def forward(self, x: Any) -> Any:
        x = F.concatenate([F.relu(self.left(x)), F.sigmoid(self.right(x))], axis=1)
        x = self.grouped(F.tanh(self.mixed(F.gelu(self.depthwise(x))))) * self.scale
        return self.last(self.up(F.avg_pool2d(x, 2))[:, :, 1:-1, 1:-1])


MODELS: dict[str, tuple[Callable[[], nn.Module], Shape]] = {
    "mlp": (lambda: models.MLP((12, 9, 7, 3), activation="sigmoid"), (12,)),
    "lenet": (lambda: models.LeNet5(image_size=12), (1, 12, 12)),
    "cnn1d": (lambda: models.CNN1d(), (1, 40)),
    "cnn2d": (lambda: models.CNN2d(channels=(6, 9), hidden=(11,), dropout=0.5, batch_norm=True), (1, 8, 8)),
    "residual": (Residual, (1, 8, 8)),
    "joined": (Joined, (1, 8, 8)),
    "resnext": (lambda: models.ResNet(models.resnet.Bottleneck, (1, 1), 3, 1, "cifar", (8, 8), 2, 32), (1, 8, 8)),
}


def masked(model: nn.Module, groups: list[prune.Group], share: float) -> tuple[nn.Module, int]:
    """Return a copy in which the channels with the smallest filters are 0, and how many parameters that concerns."""
    twin = copy.deepcopy(model)
    own = dict(twin.named_parameters())
    dead = {name: np.zeros(p.shape, bool) for name, p in own.items()}
    for group in groups:
        norms = [
            sum(np.abs(own[n].numpy().take(i, axis)).sum() for n, axis, i in channel if (n, axis) in group.makers)
            for channel in group.channels
        ]
        for i in np.argsort(norms)[: round(share * len(norms))]:
            for name, axis, index in group.channels[i]:
                if name in dead:  # else it is a running average
                    np.moveaxis(dead[name], axis, 0)[index] = True
    for name, p in own.items():
        p.data[dead[name]] = 0
    return twin, sum(int(d.sum()) for d in dead.values())


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_the_small_model_says_what_the_masked_one_says(name: str, skips: bool) -> None:
    build, shape = MODELS[name]
    model, x = used(build()), noise(5, *shape)
    free = [g for g in prune.couplings(model, x) if not g.kept and (skips or not g.skipped)]
    twin, lost = masked(model, free, 0.5)
    shrunk = prune.channels(model, 0.5, shape, skips=skips)
    assert lost == model.num_parameters() - shrunk.model.num_parameters() > 0
    np.testing.assert_allclose(shrunk.model(x).numpy(), twin(x).numpy(), rtol=1e-9, atol=1e-12)
    assert np.abs(shrunk.model(x).numpy() - model(x).numpy()).max() > 1e-3


def rows(shrunk: prune.Shrunk) -> dict[str, tuple[int, int, str]]:
    return {r.layer: (r.before, r.after, r.note) for r in shrunk.layers}


def test_inside_a_block_channels_go_alone_and_over_a_skip_together() -> None:
    model = used(Residual())
    inner = rows(prune.channels(model, 0.5, (1, 8, 8)))
    assert inner["a1"] == (5, 3, "")  # round(2.5) = 2 go
    assert inner["stem"] == inner["a2"] == (6, 6, "coupled by a skip")
    assert inner["b2"] == inner["down"] == (8, 8, "coupled by a skip")
    assert inner["fc"] == (3, 3, "makes the output of the model")
    both = prune.channels(model, 0.5, (1, 8, 8), skips=True)
    assert rows(both)["stem"][:2] == rows(both)["a2"][:2] == (6, 3)
    assert both.model.fc.weight.shape == (3, 4 * 4 * 4)
    assert both.model.bn.running_mean.shape == both.model.an2.weight.shape == (3,)


def test_layers_know_their_new_sizes() -> None:
    small = prune.channels(used(Joined()), 0.5, (1, 8, 8)).model
    said = {name: layer.extra_repr().split(", kernel")[0] for name, layer in small.named_children()}
    assert said == {"left": "1, 2", "right": "1, 3", "depthwise": "5, 5", "mixed": "5, 4", "grouped": "4, 4"} | {
        "up": "4, 3",  # round(2.5) = 2 of 5 go
        "last": "3, 2",
    }
    assert (small.depthwise.groups, small.grouped.groups, small.scale.shape) == (5, 2, (4, 1, 1))


def test_batch_norm_can_choose_the_channels() -> None:
    model = models.CNN2d(channels=(4, 4), batch_norm=True)
    model.features[1].weight.data = [0.1, -3.0, 0.2, 1.0]  # features.1: the batch norm behind the first convolution
    small = prune.channels(model, {"features.0": 0.5}, (1, 8, 8), criterion="bn").model
    np.testing.assert_array_equal(small.features[1].weight.numpy(), [-3, 1])
    np.testing.assert_array_equal(small.features[0].weight.numpy(), model.features[0].weight.numpy()[[1, 3]])


def test_what_is_not_understood_stays_and_says_why() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.a, self.norm, self.b, self.c = nn.Linear(4, 6), nn.LayerNorm(6), nn.Linear(6, 6), nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            return self.c(F.relu(self.b(self.norm(self.a(x)))))

    found = rows(prune.channels(Net(), 0.5, (4,)))
    assert found["a"] == (6, 6, "feeds LayerNorm, through which channels are not followed")
    assert found["b"] == (6, 3, "")
    with pytest.raises(ArgumentError, match="channels of 'a' cannot be pruned: feeds LayerNorm"):
        prune.channels(Net(), {"a": 0.5}, (4,))


def test_a_forward_that_knows_its_sizes_by_heart_is_noticed() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.a, self.b = nn.Linear(4, 6), nn.Linear(6, 2)

        def forward(self, x: Any) -> Any:
            hidden = self.a(x)
            return self.b(hidden) * (hidden.shape[1] / 6)

    with pytest.raises(GraphError, match="in a way that the graph does not show"):
        prune.channels(Net(), 0.5, (4,))


def test_the_model_is_left_as_it_was_and_the_small_one_can_be_trained() -> None:
    model = models.CNN2d(batch_norm=True, dropout=0.5)
    before = model.state_dict()
    small = prune.channels(model, 0.3, (1, 8, 8)).model
    assert all(m.training for m in [*model.modules(), *small.modules()])
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    optimizer = optim.Adam(small.parameters(), lr=0.01)
    x, y = noise(8, 1, 8, 8).astype(np.float32), np.arange(8)
    losses = []
    for _ in range(20):
        loss = F.cross_entropy(small(x), y)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < losses[0] / 2


def test_a_shrunk_model_is_rebuilt_from_its_shapes(tmp_path: Path) -> None:
    shrunk = prune.channels(models.LeNet5(), 0.5, (1, 28, 28))
    amont.save(shrunk.model, tmp_path / "small.safetensors")
    again = amont.load(prune.resize(models.LeNet5(), shrunk.shapes), tmp_path / "small.safetensors")
    assert repr(again) == repr(shrunk.model)
    np.testing.assert_array_equal(again(noise(2, 1, 28, 28)).numpy(), shrunk.model(noise(2, 1, 28, 28)).numpy())
    with pytest.raises(CheckpointError, match=r"no parameter 'features.0.weigt'.*did you mean 'features.0.weight'"):
        prune.resize(models.LeNet5(), {"features.0.weigt": [3, 1, 5, 5]})
    with pytest.raises(CheckpointError, match="cannot be resized"):
        prune.resize(models.LeNet5(), {"features.0.weight": [3, 1]})


def test_bad_requests_say_what_to_do() -> None:
    lenet, shape = models.LeNet5(), (1, 28, 28)
    with pytest.raises(ArgumentError, match=r"at least 0 and below 1.*got 1\.0"):
        prune.channels(lenet, 1.0, shape)
    with pytest.raises(ArgumentError, match=r"'features.0' would lose all of its 6 channels"):
        prune.channels(lenet, 0.95, shape)
    with pytest.raises(UnknownNameError, match=r"did you mean 'features.3'"):
        prune.channels(lenet, {"feature.3": 0.5}, shape)
    with pytest.raises(ArgumentError, match=r"'classifier.5' cannot be pruned: makes the output"):
        prune.channels(lenet, {"classifier.5": 0.5}, shape)
    with pytest.raises(ArgumentError, match="criterion must be one of bn, l1"):
        prune.channels(lenet, 0.5, shape, criterion="l3")
    with pytest.raises(ArgumentError, match="coupled by a skip; skips=True"):
        prune.channels(Residual(), {"stem": 0.5}, (1, 8, 8))
    with pytest.raises(ArgumentError, match="their share must be the same"):
        prune.channels(Residual(), {"stem": 0.5, "a2": 0.2}, (1, 8, 8), skips=True)
    prune.l1_unstructured(lenet, 0.5)
    with pytest.raises(ArgumentError, match="make_permanent"):
        prune.channels(lenet, 0.5, shape)
