"""How a layer of amont is held against PyTorch's: same weights, same input, same upstream gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

import amont
from amont import nn

TOLERANCE = {"rtol": 1e-9, "atol": 1e-10}  # in float64


def compare_layers(ours: nn.Module, theirs: Any, x: np.ndarray[Any, Any]) -> None:
    """Load PyTorch's weights into `ours`; compare the output, the input's gradient and those of all parameters."""
    import torch

    theirs = theirs.double()
    ours.astype("float64").load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    our_x = amont.tensor(x, dtype="float64", requires_grad=True)
    their_x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y, expected = ours(our_x), theirs(their_x)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), err_msg=f"{ours}: output", **TOLERANCE)
    upstream = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(upstream)
    expected.backward(torch.tensor(upstream))
    np.testing.assert_allclose(our_x.grad, their_x.grad.numpy(), err_msg=f"{ours}: input", **TOLERANCE)
    gradients = {name: p.grad.numpy() for name, p in theirs.named_parameters()}
    assert {name for name, _ in ours.named_parameters()} == set(gradients)
    for name, p in ours.named_parameters():
        np.testing.assert_allclose(p.grad, gradients[name], err_msg=f"{ours}: {name}", **TOLERANCE)
