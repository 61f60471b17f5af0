import numpy as np
import pytest

from amont import optim
from amont.core.errors import ArgumentError
from amont.nn import Parameter


def steps(optimizer: type[optim.Adam], start: float, gradients: list[float], **options: object) -> float:
    p = Parameter(np.array([start]))
    adam = optimizer([p], **options)  # type: ignore[arg-type]
    for g in gradients:
        p.grad = np.array([g])
        adam.step()
    return p.numpy()[0]


@pytest.mark.parametrize("g", [1e-3, 0.5, -40.0])
def test_first_step_is_the_learning_rate_whatever_the_gradient(g: float) -> None:
    """m̂ = g and v̂ = g², so θ moves by η g/(|g| + ε)."""
    assert steps(optim.Adam, 1.0, [g], lr=0.1, eps=0) == pytest.approx(1 - 0.1 * np.sign(g), rel=1e-12)


def test_constant_gradients_keep_that_step() -> None:
    assert steps(optim.Adam, 0.0, [3.0] * 10, lr=0.01, eps=0) == pytest.approx(-0.1, rel=1e-10)


def test_second_step_by_hand() -> None:
    """g = 1 then 2, β = (0.5, 0.5): m = 0.5, 1.25; v = 0.5, 2.25; m̂_2 = 1.25/0.75, v̂_2 = 2.25/0.75 = 3."""
    expected = -0.1 * 1 - 0.1 * (5 / 3) / np.sqrt(3)
    assert steps(optim.Adam, 0.0, [1, 2], lr=0.1, betas=(0.5, 0.5), eps=0) == pytest.approx(expected, rel=1e-12)


def test_amsgrad_keeps_the_largest_square() -> None:
    """g = 2 then 0, β = (0, 0.5): v = 2 then 1, the largest 2, v̂ = 2/0.75; but m = 0, so only a third step shows it."""
    third = -0.1 * 1 / np.sqrt(2 / 0.875)
    got = steps(optim.Adam, 0.0, [2, 0, 1], lr=0.1, betas=(0.0, 0.5), eps=0, amsgrad=True)
    assert got == pytest.approx(-0.1 + third, rel=1e-12)


def test_decoupled_decay_is_the_same_factor_for_any_gradient() -> None:
    """AdamW with g = 0: θ ← (1 − η λ) θ. Adam's decay becomes a whole step of η."""
    assert steps(optim.AdamW, 2.0, [0.0] * 3, lr=0.1, weight_decay=0.5) == pytest.approx(2 * 0.95**3, rel=1e-12)
    assert steps(optim.Adam, 2.0, [0.0], lr=0.1, weight_decay=0.5, eps=0) == pytest.approx(1.9, rel=1e-12)


def test_betas_outside_are_refused() -> None:
    with pytest.raises(ArgumentError, match="beta2 must be a number of at least 0 and below 1, got 1"):
        optim.Adam([Parameter(np.ones(1))], betas=(0.9, 1.0))
