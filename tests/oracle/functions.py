"""How a function of amont is held against PyTorch's: same arrays, same upstream gradient, all gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import amont


def compare_functions(
    ours: Callable[..., Any], theirs: Callable[..., Any], *arrays: np.ndarray[Any, Any], rtol: float = 1e-9
) -> None:
    """Compare the output and the gradient of every array, in float64, to `rtol` of their size."""
    import torch

    our_arrays = [amont.tensor(a, dtype="float64", requires_grad=True) for a in arrays]
    their_arrays = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in arrays]
    y, expected = ours(*our_arrays), theirs(*their_arrays)
    assert y.shape == tuple(expected.shape)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=rtol, atol=rtol / 10)
    upstream = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(upstream)
    expected.backward(torch.tensor(upstream))
    for i, (our, their) in enumerate(zip(our_arrays, their_arrays)):
        np.testing.assert_allclose(our.grad, their.grad.numpy(), err_msg=f"gradient {i}", rtol=rtol, atol=rtol / 10)
