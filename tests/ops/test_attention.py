"""F.scaled_dot_product_attention: masks, and what it refuses."""

import numpy as np
import pytest

from amont.autograd import tensor
from amont.core.errors import DTypeError, ShapeError
from amont.ops.attention import scaled_dot_product_attention as attention

rng = np.random.default_rng(0)
Q, K, V = (rng.standard_normal(s) for s in ((2, 3, 4), (2, 5, 4), (2, 5, 6)))


def test_one_key_returns_its_value() -> None:
    y = attention(Q, K[:, :1], V[:, :1])
    np.testing.assert_allclose(y.numpy(), np.broadcast_to(V[:, :1], (2, 3, 6)))


def test_masked_keys_are_as_if_they_were_not_there() -> None:
    mask = np.array([True, True, False, True, False])
    y = attention(Q, K, V, np.broadcast_to(mask, (3, 5)))
    np.testing.assert_allclose(y.numpy(), attention(Q, K[:, mask], V[:, mask]).numpy())


def test_bool_mask_equals_minus_infinity_added() -> None:
    allowed = rng.random((3, 5)) < 0.7
    allowed[:, 0] = True
    added = np.where(allowed, 0.0, -np.inf)
    np.testing.assert_allclose(attention(Q, K, V, allowed).numpy(), attention(Q, K, V, added).numpy())


def test_causal_query_does_not_see_later_keys() -> None:
    x = rng.standard_normal((5, 4))
    changed = x.copy()
    changed[3:] += 7
    before, after = (attention(z, z, z, is_causal=True).numpy() for z in (x, changed))
    np.testing.assert_array_equal(before[:3], after[:3])
    assert not np.allclose(before[3:], after[3:])


def test_query_that_may_attend_to_nothing_gives_zeros_and_no_gradient() -> None:
    mask = np.ones((3, 5), bool)
    mask[1] = False
    q = tensor(Q, requires_grad=True)
    y = attention(q, K, V, mask)
    y.sum().backward()
    assert not y.numpy()[:, 1].any()
    assert q.grad is not None
    assert not q.grad[:, 1].any()
    assert q.grad[:, 0].any()


def test_huge_scores_stay_finite() -> None:
    assert np.isfinite(attention(Q * 1e4, K * 1e4, V).numpy()).all()


@pytest.mark.parametrize(
    "q, k, v, mask, message",
    [
        (Q[..., :3], K, V, None, "one size on the last axis"),
        (Q, K[:, :4], V, None, "one value per key, got 4 keys and 5 values"),
        (Q, K, V, np.ones((3, 4), bool), r"a mask ends in \(L, S\) = \(3, 5\)"),
        (Q, K[:1].repeat(3, 0), V, None, "leading axes must fit"),
        (Q, K[:, :0], V[:, :0], None, "none of them 0"),
        (Q[0, 0], K, V, None, "expected q of shape"),
    ],
)
def test_what_does_not_fit_is_refused(q, k, v, mask, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeError, match=message):
        attention(q, k, v, mask)


def test_mask_of_integers_is_refused() -> None:
    with pytest.raises(DTypeError, match="bools"):
        attention(Q, K, V, np.ones((3, 5), int))
