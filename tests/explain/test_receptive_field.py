"""The window computed from the geometry, against the pixels that change a unit when they are changed."""

from typing import Any

import numpy as np
import pytest

import amont.functional as F
from amont import explain, nn
from amont.core.errors import ArgumentError, UnknownNameError
from amont.models import CNN2d, LeNet5
from tests.explain.small import Residual, Unchanged, image


class Norms(nn.Module):
    """As in ConvNeXt: the channels brought to the end, normalized, and brought back; and parts joined."""

    def __init__(self) -> None:
        self.wide, self.norm = nn.Conv2d(2, 2, 3, padding=1, groups=2), nn.LayerNorm(2)
        self.out = nn.Conv2d(4, 2, 2)

    def forward(self, x: Any) -> Any:
        y = self.norm(self.wide(x).transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        return self.out(F.concatenate([y, F.softmax(x, 1)], axis=1))


MODELS: dict[str, tuple[Any, tuple[int, int, int]]] = {
    "chain": (lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Conv2d(2, 1, 5, stride=2, padding=2)), (1, 13, 12)),
    "dilated": (lambda: nn.Conv2d(1, 1, (3, 2), stride=(1, 3), dilation=(2, 4)), (1, 9, 11)),
    "same": (lambda: nn.Conv2d(1, 1, 4, padding="same"), (1, 7, 7)),
    "reflect": (lambda: nn.Conv2d(1, 1, 3, padding=2, padding_mode="reflect"), (1, 5, 6)),
    "replicate": (lambda: nn.Conv2d(1, 1, 3, padding=2, padding_mode="replicate"), (1, 5, 6)),
    "pools": (lambda: nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.Conv2d(1, 1, 2), nn.AvgPool2d(2, 3)), (1, 14, 17)),
    "ceil": (lambda: nn.Sequential(nn.MaxPool2d(2, 2, ceil_mode=True), nn.AvgPool2d(3, 2)), (1, 9, 11)),
    "adaptive": (lambda: nn.Sequential(nn.Conv2d(1, 1, 2), nn.AdaptiveAvgPool2d((3, 2))), (1, 9, 8)),
    "up": (lambda: nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(1, 1, 2)), (1, 4, 5)),
    "linear up": (lambda: nn.Upsample(size=(7, 9), mode="bilinear"), (1, 4, 5)),
    "corners": (lambda: nn.Upsample(size=(7, 9), mode="bilinear", align_corners=True), (1, 4, 5)),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, 2)), (1, 4, 5)),
    "residual": (Residual, (1, 9, 8)),
    "norms": (Norms, (2, 5, 6)),
    "lenet": (lambda: LeNet5(image_size=8), (1, 8, 8)),
    "cnn2d": (lambda: CNN2d(batch_norm=True), (1, 8, 8)),
}
LAYERS = {"chain": "1", "pools": "2", "ceil": "1", "adaptive": "1", "up": "1", "transposed": "1", "residual": "second"}
LAYERS |= {"norms": "out", "lenet": "features.5", "cnn2d": "features.7"}


def positive(model: nn.Module) -> nn.Module:
    """Return the model in test mode with weights that let every pixel through: no ReLU is dead, nothing cancels."""
    rng = np.random.default_rng(3)
    for p in model.parameters():
        p.data = rng.uniform(0.5, 1.5, p.shape)
    return model.astype("float64").eval()


def maps_of(model: nn.Module, x: np.ndarray, layer: str) -> np.ndarray:
    found: list[Any] = []
    remove = dict(model.named_modules())[layer].register_forward_hook(lambda m, i, y: found.append(y.array))
    model(x)
    remove()
    return found[-1]


def seen_by(model: nn.Module, shape: tuple[int, int, int], layer: str) -> np.ndarray:
    """Return for each unit (i, j) which pixels (h, w, H, W) change it, one pixel changed at a time."""
    x = np.random.default_rng(0).uniform(1, 2, shape)
    _, H, W = shape
    changed = np.stack([x] * (H * W + 1))
    for n in range(H * W):
        changed[n, 0, n // W, n % W] += 50  # larger than any maximum around it
    maps = maps_of(model, changed, layer).sum(axis=1)
    return (np.abs(maps[:-1] - maps[-1]) > 1e-9).reshape(H, W, *maps.shape[1:]).transpose(2, 3, 0, 1)


@pytest.mark.parametrize("name", MODELS)
def test_every_unit_sees_what_changes_it(name: str) -> None:
    make, shape = MODELS[name]
    model, layer = positive(make()), LAYERS.get(name, "")
    seen = seen_by(model, shape, layer)
    for i, j in np.ndindex(seen.shape[:2]):
        field = explain.receptive_field(model, shape, layer, (i, j))
        rows, columns = (np.flatnonzero(seen[i, j].any(axis=axis)) for axis in (1, 0))
        assert (field.seen_rows, field.seen_columns) == ((rows[0], rows[-1]), (columns[0], columns[-1])), (i, j)


def test_sizes_of_lenet_as_computed_by_hand() -> None:
    """5 → +1·1 = 6 → +4·2 = 14 → +1·2 = 16; the window moves by the product of the strides."""
    model = LeNet5()
    sizes = {"features.0": (5, 1), "features.2": (6, 2), "features.3": (14, 2), "features.5": (16, 4)}
    for layer, (size, stride) in sizes.items():
        field = explain.receptive_field(model, (1, 28, 28), layer)
        assert (field.size, field.stride) == ((size, size), (stride, stride))
    corner = explain.receptive_field(model, (1, 28, 28), "features.0", (0, 0))
    assert (corner.rows, corner.seen_rows) == ((-2, 2), (0, 2))


def test_an_operation_that_is_not_known_may_see_everything() -> None:
    class Flipped(nn.Module):
        def forward(self, x: Any) -> Any:
            return F.flip(x, 2)

    assert explain.receptive_field(nn.Sequential(Flipped()), (1, 4, 5), "0").seen_rows == (0, 3)


def test_the_model_is_left_as_it_was() -> None:
    model = Residual()
    with Unchanged(model):
        explain.receptive_field(model, image().shape, "second")


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"4 × 4, so there is no unit at \(4, 0\)"):
        explain.receptive_field(Residual(), (1, 8, 8), "second", (4, 0))
    with pytest.raises(UnknownNameError, match="did you mean 'first'"):
        explain.receptive_field(Residual(), (1, 8, 8), "frist")
