"""F.scaled_dot_product_attention against PyTorch: outputs and all gradients."""

from typing import Any

import numpy as np
import pytest

from amont.autograd import tensor
from amont.ops.attention import scaled_dot_product_attention as attention

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")


@pytest.mark.parametrize("kind", ["none", "causal", "bool", "float"])
@pytest.mark.parametrize("scale", [None, 0.3])
@pytest.mark.parametrize("seed", range(4))
def test_attention_equals_pytorch(kind: str, scale: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    N, heads, L, S, E, V = (int(n) for n in rng.integers(1, 7, 6))
    arrays = [rng.standard_normal((N, heads, *s)) for s in ((L, E), (S, E), (S, V))]
    mask: Any = {"bool": rng.random((N, 1, L, S)) < 0.6, "float": rng.standard_normal((L, S))}.get(kind)
    if kind == "bool":
        mask[..., 0] = True
    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    tmask = None if mask is None else torch.tensor(mask, requires_grad=kind == "float")
    expected = torch.nn.functional.scaled_dot_product_attention(
        *theirs, attn_mask=tmask, is_causal=kind == "causal", scale=scale
    )
    ours = [tensor(a, dtype="float64", requires_grad=True) for a in arrays]
    amask = tensor(mask, dtype="float64", requires_grad=True) if kind == "float" else mask
    y = attention(*ours, amask, is_causal=kind == "causal", scale=scale)
    upstream = rng.standard_normal(y.shape)
    expected.backward(torch.tensor(upstream))
    y.backward(upstream)
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), atol=1e-12)
    for a, t in zip(ours, theirs):
        np.testing.assert_allclose(a.grad, t.grad.numpy(), atol=1e-12)
    if kind == "float":
        np.testing.assert_allclose(amask.grad, tmask.grad.numpy(), atol=1e-12)


def test_dead_row_gives_zeros_as_in_pytorch() -> None:
    q, k, v = (np.random.default_rng(i).standard_normal((3, 4)) for i in range(3))
    mask = np.ones((3, 3), bool)
    mask[1] = False
    expected = torch.nn.functional.scaled_dot_product_attention(
        *(torch.tensor(a)[None, None] for a in (q, k, v)), attn_mask=torch.tensor(mask)
    )
    np.testing.assert_allclose(attention(q, k, v, mask).numpy(), expected.numpy()[0, 0], atol=1e-12)
