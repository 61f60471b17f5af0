"""Masks: pruned weights are 0 and stay 0, with every optimizer, also with one that remembers earlier gradients."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import amont.functional as F
from amont import nn, optim, prune
from amont.core.errors import ArgumentError, ShapeError, UnknownNameError
from tests.training.parts import dataset, model

OPTIMIZERS: list[Callable[..., Any]] = [
    optim.Adagrad,
    optim.Adam,
    lambda params, lr: optim.AdamW(params, lr=lr, weight_decay=0.1),
    optim.RMSprop,
    lambda params, lr: optim.SGD(params, lr=lr, momentum=0.9, weight_decay=0.01, nesterov=True),
]


def train(net: nn.Module, optimizer: Any, steps: int = 5) -> None:
    samples = dataset()
    for _ in range(steps):
        F.cross_entropy(net(samples.x), samples.y).backward()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_pruned_weights_stay_0_while_the_others_are_trained(make: Callable[..., Any]) -> None:
    net = model()
    optimizer = make(net.parameters(), lr=0.05)
    train(net, optimizer)  # now it remembers gradients of all weights
    prune.l1_unstructured(net, 0.5, optimizer=optimizer)
    masks, before = prune.masks(net), net.state_dict()
    train(net, optimizer)
    assert set(masks) == {"0", "4"}
    for name, mask in masks.items():
        after = net.state_dict()[f"{name}.weight"]
        assert mask.sum() == mask.size // 2
        assert not after[~mask].any()
        assert (after[mask] != before[f"{name}.weight"][mask]).mean() > 0.4  # units that are always off stay


def test_without_the_optimizer_its_momentum_would_carry_weights_on() -> None:
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    train(net, optimizer)
    prune.l1_unstructured(net, 0.5)
    train(net, optimizer, 1)
    assert net[0].weight.numpy()[~prune.masks(net)["0"]].any()


def test_the_smallest_of_each_layer_go() -> None:
    net = nn.Sequential(nn.Linear(4, 1, bias=False), nn.Linear(2, 2))
    net[0].weight.data = [[3.0, -1.0, 0.5, -4.0]]
    net[1].weight.data = [[0.1, 0.2], [0.3, 0.4]]
    prune.l1_unstructured(net, {"0": 0.5})
    np.testing.assert_array_equal(net[0].weight.numpy(), [[3, 0, 0, -4]])
    assert set(prune.masks(net)) == {"0"}
    prune.l1_unstructured(net, {"0": 0.75})
    np.testing.assert_array_equal(net[0].weight.numpy(), [[0, 0, 0, -4]])


def test_global_prunes_the_smallest_of_all_together() -> None:
    net = nn.Sequential(nn.Linear(4, 1), nn.Linear(2, 2))
    net[0].weight.data = [[3.0, -1.0, 0.5, -4.0]]
    net[1].weight.data = [[0.1, 0.2], [0.3, 5]]
    prune.global_unstructured(net, 0.5)
    np.testing.assert_array_equal(net[0].weight.numpy(), [[3, -1, 0, -4]])
    np.testing.assert_array_equal(net[1].weight.numpy(), np.float32([[0, 0], [0, 5]]))
    assert prune.sparsity(net) == 0.5
    prune.global_unstructured(net, 0.5, layers=["0"])
    np.testing.assert_array_equal(net[0].weight.numpy(), [[3, 0, 0, -4]])


def test_permanent_zeros_have_no_mask_and_can_be_trained_again() -> None:
    net = model()
    prune.l1_unstructured(net, 0.5)
    assert prune.is_pruned(net)
    gone = ~prune.masks(net)["0"]
    prune.make_permanent(net)
    assert not prune.is_pruned(net)
    assert not net[0].weight.numpy()[gone].any()
    train(net, optim.SGD(net.parameters(), lr=0.05), 1)
    assert net[0].weight.numpy()[gone].any()
    assert set(net.state_dict()) == set(model().state_dict())


def test_a_copy_has_masks_of_its_own() -> None:
    net = model()
    prune.l1_unstructured(net, 0.5)
    twin = copy.deepcopy(net)
    prune.make_permanent(net)
    assert prune.is_pruned(twin)
    train(twin, optim.Adam(twin.parameters(), lr=0.05), 2)
    assert not twin[0].weight.numpy()[~prune.masks(twin)["0"]].any()


@pytest.mark.parametrize("share", [1, 1.0, -0.1, float("nan"), "half", True])
def test_shares_outside_0_to_1_are_refused(share: Any) -> None:
    for function in (prune.l1_unstructured, prune.global_unstructured):
        with pytest.raises(ArgumentError, match="at least 0 and below 1"):
            function(model(), share)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"no layer '44' .*did you mean '4'"):
        prune.l1_unstructured(model(), {"44": 0.5})
    with pytest.raises(UnknownNameError, match="no layer '1'"):  # a batch norm
        prune.set_masks(model(), {"1": np.ones(8)})
    with pytest.raises(ShapeError, match=r"'0' must have the shape \(8, 4\)"):
        prune.set_masks(model(), {"0": np.ones((4, 8))})
    with pytest.raises(ArgumentError, match="no weights"):
        prune.sparsity(nn.ReLU())
