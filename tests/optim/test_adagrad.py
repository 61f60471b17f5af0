import numpy as np
import pytest

from amont import optim
from amont.nn import Parameter


def run(gradients: list[float], **options: object) -> float:
    p = Parameter(np.array([0.0]))
    adagrad = optim.Adagrad([p], **options)  # type: ignore[arg-type]
    for g in gradients:
        p.grad = np.array([g])
        adagrad.step()
    return p.numpy()[0]


def test_constant_gradient_has_a_closed_form() -> None:
    """s_t = t g², so θ_T = −η Σ_t 1/√t."""
    expected = -0.1 * sum(1 / np.sqrt(t) for t in range(1, 8))
    assert run([5.0] * 7, lr=0.1, eps=0) == pytest.approx(expected, rel=1e-12)


def test_start_value_and_decay_of_the_learning_rate() -> None:
    expected = -0.1 / np.sqrt(3 + 1) - 0.1 / 1.5 / np.sqrt(3 + 2)
    assert run([1.0, 1.0], lr=0.1, eps=0, initial_accumulator_value=3.0, lr_decay=0.5) == pytest.approx(expected)
