"""The residual networks: published counts and sizes, both stems, and what happens without skips."""

from __future__ import annotations

import numpy as np
import pytest

import amont
import amont.functional as F
from amont import models
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError

PUBLISHED = {  # parameters for 1000 classes (10 for the small ones)
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "wide_resnet50_2": 68_883_240,
    "resnext50_32x4d": 25_028_904,
    "resnet8": 78_042,
    "resnet20": 272_474,
    "resnet56": 855_770,
}


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_as_published(name: str) -> None:
    assert models.create(name).num_parameters() == PUBLISHED[name]


@pytest.mark.parametrize("plain, residual", [("plain18", "resnet18"), ("plain20", "resnet20")])
def test_a_plain_network_lacks_only_the_projections(plain: str, residual: str) -> None:
    without, with_skips = (models.create(name).state_dict() for name in (plain, residual))
    assert {n: a.shape for n, a in with_skips.items() if "downsample" not in n} == {
        n: a.shape for n, a in without.items()
    }


def test_names_are_torchvisions() -> None:
    names = list(models.resnet50(2).state_dict())
    expected = ["conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"]
    expected += [f"layer1.0.conv{i}.weight" for i in (1, 2, 3)] + ["layer1.0.downsample.0.weight"]
    assert set(expected) <= set(names)
    assert names[-2:] == ["fc.weight", "fc.bias"]


def test_each_stage_halves_the_image() -> None:
    sizes = [(f.shape[1:]) for f in models.resnet18(2).eval().features(random(1, 3, 64, 96))]
    assert sizes == [(64, 16, 24), (128, 8, 12), (256, 4, 6), (512, 2, 3)]
    sizes = [(f.shape[1:]) for f in models.resnet20(in_channels=1).eval().features(random(1, 1, 28, 28))]
    assert sizes == [(16, 28, 28), (32, 14, 14), (64, 7, 7)]


def test_a_block_of_zero_is_the_identity_and_a_plain_one_is_not() -> None:
    x = np.abs(random(2, 4, 5, 5))
    for block, expected in [(models.BasicBlock(4, 4), x), (models.PlainBlock(4, 4), 0 * x)]:
        block.bn2.weight.data = np.zeros(4, np.float32)
        np.testing.assert_array_equal(block(x).numpy(), expected)


@pytest.mark.parametrize("block", [models.BasicBlock, models.Bottleneck, models.PlainBlock])
def test_gradients_reach_every_parameter(block: models.resnet.Block) -> None:
    model = models.ResNet(block, (1, 2), 3, 2, "cifar", (8, 16), *((4, 16) if block is models.Bottleneck else ()))
    F.cross_entropy(model(random(2, 2, 6, 6)), np.array([0, 1])).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_images_of_one_pixel_are_enough_where_the_batch_is_not_normalized() -> None:
    assert models.resnet18(3).eval()(random(1, 3, 1, 1)).shape == (1, 3)


def test_initial_weights_keep_the_gradients_variance() -> None:
    amont.seed(0)
    weight = models.resnet18(2).layer4[1].conv1.weight.numpy()
    np.testing.assert_allclose(weight.std(), np.sqrt(2 / (512 * 9)), rtol=0.01)


def test_arguments_that_make_no_sense() -> None:
    with pytest.raises(UnknownNameError, match=r"no stem 'cifer': did you mean 'cifar'\? known: cifar, imagenet"):
        models.resnet18(stem="cifer")
    with pytest.raises(ArgumentError, match="one entry a stage each"):
        models.ResNet(models.BasicBlock, (1, 2, 3))
    with pytest.raises(ShapeError, match=r"Conv2d 'conv1': expected 3 input channels.*set in_channels=1"):
        models.resnet20()(random(2, 1, 28, 28))
