import numpy as np
import pytest

from amont import optim
from amont.nn import Parameter


def run(gradients: list[float], **options: object) -> float:
    p = Parameter(np.array([0.0]))
    rmsprop = optim.RMSprop([p], **options)  # type: ignore[arg-type]
    for g in gradients:
        p.grad = np.array([g])
        rmsprop.step()
    return p.numpy()[0]


def test_constant_gradient_has_a_closed_form() -> None:
    """s_t = (1 − αᵗ) g², so θ_T = −η Σ_t 1/√(1 − αᵗ)."""
    expected = -0.1 * sum(1 / np.sqrt(1 - 0.9**t) for t in range(1, 6))
    assert run([4.0] * 5, lr=0.1, alpha=0.9, eps=0) == pytest.approx(expected, rel=1e-12)


def test_centered_divides_by_the_deviation() -> None:
    """s_1 = (1 − α) g², a_1 = (1 − α) g: s − a² = (1 − α) α g²."""
    assert run([4.0], lr=0.1, alpha=0.9, eps=0, centered=True) == pytest.approx(-0.1 / np.sqrt(0.1 * 0.9), rel=1e-12)


def test_momentum_sums_the_steps() -> None:
    d1, d2 = 1 / np.sqrt(0.1), 1 / np.sqrt(0.19)
    expected = -0.1 * (d1 + (0.5 * d1 + d2))
    assert run([2.0, 2.0], lr=0.1, alpha=0.9, eps=0, momentum=0.5) == pytest.approx(expected, rel=1e-12)


def test_variance_that_rounds_below_0_gives_no_nan() -> None:
    assert np.isfinite(run([0.1] * 500, lr=1e-6, alpha=0.1, centered=True))
