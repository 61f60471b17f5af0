"""AlexNet: the table of the course, course D3 4.4."""

from __future__ import annotations

import numpy as np
import pytest

import amont.functional as F
from amont import explain, models, nn
from amont.core.errors import UnknownNameError

TABLE = {  # layer → (output of one image, parameters)
    "conv1": ((96, 55, 55), 34_944),
    "pool1": ((96, 27, 27), 0),
    "conv2": ((256, 27, 27), 614_656),
    "pool2": ((256, 13, 13), 0),
    "conv3": ((384, 13, 13), 885_120),
    "conv4": ((384, 13, 13), 1_327_488),
    "conv5": ((256, 13, 13), 884_992),
    "pool3": ((256, 6, 6), 0),
    "flatten": ((9216,), 0),
    "fc1": ((4096,), 37_752_832),
    "fc2": ((4096,), 16_781_312),
    "fc3": ((1000,), 4_097_000),
}


def test_the_table_of_the_course() -> None:
    counts = explain.summary(models.AlexNet(), (3, 224, 224))
    rows = {layer.name: (layer.output_shape, layer.parameters) for layer in counts.layers}
    assert {name: rows[name] for name in TABLE} == TABLE
    assert counts.parameters == 62_378_344
    dense = sum(parameters for name, (_, parameters) in TABLE.items() if name.startswith("fc"))
    assert round(100 * dense / counts.parameters) == 94


def test_the_docstring_shows_the_table() -> None:
    text = " ".join((models.AlexNet.__doc__ or "").split())
    for name, ((channels, *size), parameters) in TABLE.items():
        assert f"{parameters:,}".replace(",", " ") in text or not parameters
        assert not size or f"{size[0]}×{size[1]}×{channels}" in text, name
    assert "62 378 344" in text


def test_dropout_stands_before_the_first_two_dense_layers_and_no_relu_behind_the_last() -> None:
    model = models.AlexNet(2, image_size=63, dropout=0.25)
    names = [name for name, _ in model.named_children()]
    assert names[-8:] == ["flatten", "drop1", "fc1", "relu6", "drop2", "fc2", "relu7", "fc3"]
    assert [m.p for m in model if isinstance(m, nn.Dropout)] == [0.25, 0.25]


def test_small_images_have_a_stem_of_their_own() -> None:
    model = models.AlexNet(3, in_channels=1, image_size=15, stem="cifar")
    x = np.random.default_rng(0).standard_normal((2, 1, 15, 15)).astype(np.float32)
    assert model.fc1.weight.shape == (4096, 256)
    F.cross_entropy(model(x), np.array([0, 2])).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_an_unknown_stem() -> None:
    with pytest.raises(UnknownNameError, match="no stem 'small': known: cifar, imagenet"):
        models.AlexNet(stem="small")
