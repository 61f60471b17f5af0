"""Every image model against the same one in PyTorch: weights by name, same logits, same gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import amont
from amont.backends.select import load
from benchmarks.workloads import amont_side
from benchmarks.workloads.models import ZOO

pytestmark = pytest.mark.oracle
load("cpu")  # before PyTorch: it tells OpenMP, which asks once, not to let waiting threads spin for long
torch = pytest.importorskip("torch")

SIZE = {"alexnet": 15}  # the smallest images that the small stem takes; else 16
FULL = ("alexnet", "resnet18")  # once with large images and all classes


def pair(name: str, classes: int, size: int) -> tuple[Any, Any]:
    """Return a model of amont and PyTorch's with the same weights; layer scales are large enough to be felt."""
    from benchmarks.workloads import torch_models

    theirs = torch_models.zoo(name, classes, 3, size)
    for key, parameter in theirs.named_parameters():
        if "layer_scale" in key:
            parameter.data.fill_(0.5)
    ours = amont_side.zoo(name, classes, 3, size)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return ours, theirs


def images(count: int, size: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).standard_normal((count, 3, size, size), np.float32)


@pytest.mark.parametrize("name", sorted(ZOO))
def test_logits_in_test_mode(name: str) -> None:
    x = images(2, SIZE.get(name, 16))
    ours, theirs = (model.eval() for model in pair(name, 5, x.shape[2]))
    with torch.no_grad(), amont.no_grad():
        np.testing.assert_allclose(ours(x).numpy(), theirs(torch.tensor(x)).numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", FULL)
def test_logits_of_large_images(name: str) -> None:
    x = images(1, 224)
    ours, theirs = (model.eval() for model in pair(name, 1000, 224))
    with torch.no_grad(), amont.no_grad():
        np.testing.assert_allclose(ours(x).numpy(), theirs(torch.tensor(x)).numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["alexnet", "convnext_tiny", "plain20", "resnet20", "resnext50_32x4d"])
def test_gradients(name: str) -> None:
    """In float64: fifty normalizations in training mode magnify float32's rounding a thousandfold."""
    x, labels = images(3, SIZE.get(name, 16)).astype(np.float64), np.array([0, 2, 1])
    ours, theirs = pair(name, 3, x.shape[2])
    loss = amont.functional.cross_entropy(ours.astype("float64")(x), labels)
    expected = torch.nn.functional.cross_entropy(theirs.double()(torch.tensor(x)), torch.tensor(labels))
    loss.backward()
    expected.backward()
    np.testing.assert_allclose(loss.item(), expected.item(), rtol=1e-9)
    gradients = {key: parameter.grad.numpy() for key, parameter in theirs.named_parameters()}
    for key, parameter in ours.named_parameters():
        scale = np.abs(gradients[key]).max()
        np.testing.assert_allclose(parameter.grad, gradients[key], rtol=1e-6, atol=1e-7 * scale, err_msg=key)
