"""Values by hand, stability, and errors that say what is wrong."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amont.functional as F
from amont import nn, tensor
from amont.core.errors import ArgumentError, DataError, DTypeError, ShapeError


def logits(*shape: int, scale: float = 1.0, seed: int = 0) -> Any:
    return tensor(scale * np.random.default_rng(seed).standard_normal(shape), dtype="f8", requires_grad=True)


def test_values_by_hand() -> None:
    x, y = tensor([1.0, 2.0, 5.0]), [1.5, 2.0, 2.0]
    assert F.mse_loss(x, y).item() == pytest.approx((0.25 + 0 + 9) / 3)
    assert F.l1_loss(x, y, reduction="sum").item() == pytest.approx(3.5)
    np.testing.assert_allclose(F.huber_loss(x, y, "none", delta=2.0).numpy(), [0.125, 0, 2 * (3 - 1)])
    np.testing.assert_allclose(F.smooth_l1_loss(x, y, "none", beta=2.0).numpy(), [0.0625, 0, 3 - 1])
    np.testing.assert_allclose(F.smooth_l1_loss(x, y, "none", beta=0).numpy(), [0.5, 0, 3])
    assert F.binary_cross_entropy([0.25], [1.0]).item() == pytest.approx(np.log(4))
    assert F.binary_cross_entropy_with_logits([0.0], [1.0], pos_weight=3).item() == pytest.approx(3 * np.log(2))


def test_class_weights_by_hand() -> None:
    """Uniform scores: each row costs log 2; the mean divides by the weights of the labels met."""
    z, labels = np.zeros((3, 2)), np.array([0, 1, 1])
    assert F.cross_entropy(z, labels, weight=[1, 3]).item() == pytest.approx(np.log(2))
    assert F.cross_entropy(z, labels, weight=[1, 3], reduction="sum").item() == pytest.approx(7 * np.log(2))
    got = F.cross_entropy(z, labels, weight=[1, 3], ignore_index=1, reduction="none")
    np.testing.assert_allclose(got.numpy(), [np.log(2), 0, 0])


def test_label_smoothing_with_weights_by_hand() -> None:
    """p = (½, ¼, ¼), w = (1, 2, 3), y = 1, ε = 0.3: 0.7 · 2 log 4 + 0.1 (1 log 2 + 2 log 4 + 3 log 4) = 3.9 log 2."""
    z, w = np.log([[0.5, 0.25, 0.25]]), [1, 2, 3]
    options = {"weight": w, "label_smoothing": 0.3}
    assert F.cross_entropy(z, np.array([1]), **options, reduction="sum").item() == pytest.approx(3.9 * np.log(2))
    assert F.cross_entropy(z, np.array([1]), **options).item() == pytest.approx(3.9 / 2 * np.log(2))
    # For t = (½, ½, 0): q = w (0.7 t + 0.1) = (0.45, 0.9, 0.3), and the mean divides by the one row.
    assert F.cross_entropy(z, np.array([[0.5, 0.5, 0]]), **options).item() == pytest.approx(2.85 * np.log(2))


@pytest.mark.parametrize("scale", [1e4, 1e30])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_cross_entropy_is_finite_for_any_logits(scale: float, dtype: str) -> None:
    z = tensor([[scale, -scale, 0], [-scale, scale, 0]], dtype=dtype, requires_grad=True)
    loss = F.cross_entropy(z, np.array([0, 0]), reduction="none")
    np.testing.assert_allclose(loss.numpy(), [0, 2 * scale], rtol=1e-6)
    loss.backward(np.ones(2))
    np.testing.assert_allclose(z.grad, [[0, 0, 0], [-1, 1, 0]])  # type: ignore[arg-type]
    b = tensor([scale, -scale], dtype=dtype, requires_grad=True)
    loss = F.binary_cross_entropy_with_logits(b, [0.0, 0.0], reduction="none")
    np.testing.assert_allclose(loss.numpy(), [scale, 0])
    loss.backward(np.ones(2))
    np.testing.assert_allclose(b.grad, [1, 0])  # type: ignore[arg-type]


def test_a_class_can_be_ruled_out_by_minus_infinity() -> None:
    z = tensor([[0.0, -np.inf, 0.0]], requires_grad=True)
    loss = F.cross_entropy(z, np.array([0]))
    assert loss.item() == pytest.approx(np.log(2))
    loss.backward()
    np.testing.assert_allclose(z.grad, [[-0.5, 0, 0.5]])  # type: ignore[arg-type]


def test_not_a_number_stays_visible() -> None:
    assert np.isnan(F.cross_entropy([[np.nan, 0.0]], np.array([0])).item())
    assert np.isnan(F.mse_loss([np.nan], [0.0]).item())


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 6), st.integers(1, 6), st.sampled_from([(), (3,), (2, 3)]), st.integers(0, 99))
def test_labels_are_one_hot_probabilities(n: int, k: int, rest: tuple[int, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, k, (n, *rest))
    soft = np.moveaxis(F.one_hot(labels, k, "f8"), -1, 1)
    for smoothing in (0.0, 0.3):
        a, b = logits(n, k, *rest, seed=seed), logits(n, k, *rest, seed=seed)
        x = F.cross_entropy(a, labels, label_smoothing=smoothing)
        y = F.cross_entropy(b, soft, label_smoothing=smoothing)
        assert x.item() == pytest.approx(y.item(), abs=1e-12)
        x.backward()
        y.backward()
        np.testing.assert_allclose(a.grad, b.grad, atol=1e-12)


def test_l2_penalty_is_a_weight_decay_of_twice_its_strength() -> None:
    layer = nn.Linear(3, 2)
    penalty = F.l2_penalty(layer.parameters(), 0.5)
    assert penalty.item() == pytest.approx(0.5 * sum((p.numpy() ** 2).sum() for p in layer.parameters()), rel=1e-6)
    penalty.backward()
    for p in layer.parameters():
        np.testing.assert_allclose(p.grad, 2 * 0.5 * p.numpy(), rtol=1e-6)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="no parameters to penalize"):
        F.l2_penalty([])


def test_type_is_kept() -> None:
    for dtype in ("float32", "float64"):
        z = tensor(np.ones((4, 3)), dtype=dtype, requires_grad=True)
        labels = np.array([0, 1, 2, 0])
        for loss in (
            F.cross_entropy(z, labels, weight=[1.0, 2, 3], label_smoothing=0.1),
            F.nll_loss(z, labels),
            F.mse_loss(z, np.zeros((4, 3))),
            F.huber_loss(z, np.zeros((4, 3), int)),
            F.binary_cross_entropy(z, np.zeros((4, 3))),
            F.binary_cross_entropy_with_logits(z, np.zeros((4, 3)), pos_weight=[1, 2, 3]),
            F.l2_penalty([z]),
        ):
            assert loss.dtype == dtype
            assert loss.shape == ()
            z.grad = None
            loss.backward()
            assert z.grad.dtype == dtype  # type: ignore[union-attr]


Z = np.zeros((4, 3), np.float32)


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize(
    "z, labels, error, message",
    [
        (Z, [0, 1, 3, 5], DataError, "label 3 at position 2 is outside the 3 classes 0 … 2; .* the model 6 outputs"),
        (Z, [0, -1, 2, 2], DataError, "label -1 at position 1 is outside the 3 classes.*ignore_index=-1"),
        (np.zeros((2, 3, 2)), [[0, 1], [4, 0]], DataError, r"label 4 at position \(1, 0\)"),
        (Z, [0.0, 1.0, 2.0, 0.0], DTypeError, "labels must be integers .* got float64"),
        (Z, [True, False, True, True], DTypeError, "labels must be integers .* got bool"),
        (Z, [0, 1, 2], ShapeError, r"expected labels of shape \(4,\) .* got \(3,\)"),
        (Z, [[0], [1], [2], [0]], ShapeError, r"expected labels of shape \(4,\) .* got \(4, 1\)"),
        (Z, np.zeros((4, 3), int), ShapeError, "look one-hot"),
        (np.zeros((0, 3)), np.zeros(0, int), DataError, "batch is empty"),
        (Z, [-100] * 4, DataError, "all 4 labels are ignore_index=-100, so the mean is 0/0"),
        (np.zeros(3), [0], ShapeError, r"shape \(N, K\)"),
        (np.zeros((4, 3), int), [0, 1, 2, 0], DTypeError, "must be floating point"),
    ],
)
def test_bad_labels(loss: Any, z: Any, labels: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        loss(z, np.array(labels))


@pytest.mark.parametrize("options", [{"weight": [1, 2]}, {"weight": [1, 2, -1]}, {"weight": [0, 0, 0]}])
def test_bad_weights(options: dict[str, Any]) -> None:
    with pytest.raises((ShapeError, ArgumentError, DataError), match="weight"):
        F.cross_entropy(Z, np.zeros(4, int), **options)


def test_bad_options() -> None:
    with pytest.raises(ArgumentError, match="reduction must be one of mean, sum, none, got 'avg'"):
        F.cross_entropy(Z, np.zeros(4, int), reduction="avg")
    with pytest.raises(ArgumentError, match="label_smoothing must be between 0 and 1"):
        F.cross_entropy(Z, np.zeros(4, int), label_smoothing=1.5)
    with pytest.raises(ArgumentError, match="delta must be above 0"):
        F.huber_loss(Z, Z, delta=0)
    with pytest.raises(ShapeError, match="does not broadcast"):
        F.binary_cross_entropy_with_logits(Z, Z, pos_weight=[1, 2])


@pytest.mark.parametrize("loss", [F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy])
def test_shapes_that_would_broadcast_silently_are_refused(loss: Any) -> None:
    with pytest.raises(ShapeError, match=r"expected a target of the prediction's shape \(8, 1\), got \(8,\)"):
        loss(np.zeros((8, 1), np.float32), np.zeros(8, np.float32))
    with pytest.raises(DataError, match="batch is empty"):
        loss(np.zeros((0, 2)), np.zeros((0, 2)))


def test_probabilities_outside_are_refused() -> None:
    with pytest.raises(DataError, match=r"probabilities must be between 0 and 1, got 1.5; apply F.sigmoid"):
        F.binary_cross_entropy([0.5, 1.5], [0.0, 1.0])
    with pytest.raises(DataError, match="targets must be between 0 and 1, got 2"):
        F.binary_cross_entropy_with_logits([0.5], [2.0])


def test_one_hot() -> None:
    np.testing.assert_array_equal(F.one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])
    with pytest.raises(DataError, match="label 3 at position 1 is outside the 3 classes"):
        F.one_hot([0, 3], 3)
    with pytest.raises(DTypeError, match="labels must be integers"):
        F.one_hot([0.5], 3)
