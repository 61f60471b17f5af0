"""Normalization layers against PyTorch in float64: outputs, all gradients, running averages."""

from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

from amont import nn, tensor  # noqa: E402


def compare(ours: nn.Module, theirs: Any, shape: tuple[int, ...], steps: int = 1) -> None:
    """Give both the same weights and inputs; compare outputs, gradients and state after each step."""
    rng = np.random.default_rng(0)
    theirs = theirs.double()
    theirs.zero_grad()
    for p in theirs.parameters():
        p.data = torch.tensor(rng.standard_normal(p.shape))
    ours.astype(np.float64)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    for _ in range(steps):
        a = rng.standard_normal(shape) * 2 + 1
        x, y = tensor(a, dtype="f8", requires_grad=True), torch.tensor(a, requires_grad=True)
        u, v = ours(x), theirs(y)
        np.testing.assert_allclose(u.numpy(), v.detach().numpy(), rtol=1e-10, atol=1e-11)
        upstream = rng.standard_normal(shape)
        u.backward(upstream)
        v.backward(torch.tensor(upstream))
        np.testing.assert_allclose(x.grad, y.grad.numpy(), rtol=1e-8, atol=1e-10)  # type: ignore[arg-type]
        for (name, p), q in zip(ours.named_parameters(), theirs.parameters()):
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-9, atol=1e-10, err_msg=name)  # type: ignore[arg-type]
        for name, array in ours.state_dict().items():
            np.testing.assert_allclose(array, theirs.state_dict()[name].numpy(), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("track_running_stats", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(
    "kind, shape", [("1d", (7, 3)), ("1d", (2, 3)), ("1d", (4, 3, 5)), ("1d", (1, 3, 5)), ("2d", (3, 3, 4, 5))]
)
def test_batch_norm(kind: str, shape: tuple[int, ...], affine: bool, track_running_stats: bool) -> None:
    options = {"affine": affine, "track_running_stats": track_running_stats, "momentum": 0.3, "eps": 1e-3}
    ours = getattr(nn, f"BatchNorm{kind}")(3, **options)
    theirs = getattr(torch.nn, f"BatchNorm{kind}")(3, **options)
    compare(ours, theirs, shape, steps=3)
    if track_running_stats:
        start = theirs.state_dict()
        assert not np.allclose(start["running_mean"].numpy(), 0)
    compare(ours.eval(), theirs.eval(), shape)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape, axes", [((4, 7), 1), ((2, 3, 5), 1), ((2, 3, 5), 2), ((3, 1, 4, 2), 3)])
def test_layer_norm(shape: tuple[int, ...], axes: int, affine: bool) -> None:
    size, options = shape[-axes:], {"elementwise_affine": affine, "eps": 1e-3}
    compare(nn.LayerNorm(size, **options), torch.nn.LayerNorm(size, **options), shape)  # type: ignore[arg-type]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape, groups", [((4, 6), 2), ((2, 6, 5), 6), ((1, 4, 3, 5), 1), ((2, 6, 3, 5), 3)])
def test_group_norm(shape: tuple[int, ...], groups: int, affine: bool) -> None:
    compare(nn.GroupNorm(groups, shape[1], affine=affine), torch.nn.GroupNorm(groups, shape[1], affine=affine), shape)
