"""ConvNeXt: published count and names, and what a block does."""

from __future__ import annotations

import numpy as np

import amont
import amont.functional as F
from amont import models
from amont.models.convnext import CNBlock


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_parameters_are_as_published_under_torchvisions_names() -> None:
    state = models.convnext_tiny().state_dict()
    assert sum(array.size for array in state.values()) == 28_589_128
    expected = {
        "features.0.1.weight": (96,),
        "features.1.0.layer_scale": (96, 1, 1),
        "features.1.2.block.0.weight": (96, 1, 7, 7),
        "features.4.1.weight": (384, 192, 2, 2),
        "features.7.2.block.5.weight": (768, 3072),
        "classifier.0.bias": (768,),
        "classifier.2.weight": (1000, 768),
    }
    assert {name: state[name].shape for name in expected} == expected


def test_stages_and_stems() -> None:
    small = models.ConvNeXt((1, 1), (6, 8), 3, in_channels=2, stem="cifar")
    assert small.features(random(2, 2, 8, 12)).shape == (2, 8, 2, 3)
    assert small(random(2, 2, 4, 5)).shape == (2, 3)
    large = models.ConvNeXt((1, 1), (6, 8), 3)
    assert large.features(random(1, 3, 16, 24)).shape == (1, 8, 2, 3)


def test_stochastic_depth_leaves_out_blocks_sample_by_sample_in_training_only() -> None:
    model = models.ConvNeXt((2, 3), (4, 4), stochastic_depth=0.4)
    np.testing.assert_allclose([m.drop for m in model.modules() if isinstance(m, CNBlock)], [0, 0.1, 0.2, 0.3, 0.4])
    amont.seed(0)
    block, x = CNBlock(4, drop=0.5), random(64, 4, 3, 3)
    block.layer_scale.data = np.ones((4, 1, 1), np.float32)
    f = block.eval()(x).numpy() - x
    added = block.train()(x).numpy() - x
    out = np.abs(added).max(axis=(1, 2, 3)) == 0
    assert 16 < out.sum() < 48
    np.testing.assert_allclose(added[~out], 2 * f[~out], rtol=1e-4, atol=1e-5)


def test_gradients_reach_every_parameter() -> None:
    model = models.ConvNeXt((1, 1), (6, 8), 3, stochastic_depth=0.1)
    F.cross_entropy(model(random(8, 3, 16, 16)), np.arange(8) % 3).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())
