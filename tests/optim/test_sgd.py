"""Gradient descent on L = ½ a θ², whose trajectory has a closed form."""

import numpy as np
import pytest

from amont import optim
from amont.core.errors import ArgumentError
from amont.nn import Parameter

A = np.array([1.0, 3.0, 0.2])
START = np.array([2.0, -1.0, 5.0])


def descend(steps: int, **options: object) -> np.ndarray:
    p = Parameter(START.copy())
    sgd = optim.SGD([p], **options)  # type: ignore[arg-type]
    for _ in range(steps):
        p.grad = A * p.numpy()
        sgd.step()
    return p.numpy()


def test_plain_descent_is_a_geometric_sequence() -> None:
    """θ_t = (1 − η a)ᵗ θ_0."""
    np.testing.assert_allclose(descend(7, lr=0.1), (1 - 0.1 * A) ** 7 * START, rtol=1e-13)


def test_weight_decay_adds_to_the_curvature() -> None:
    np.testing.assert_allclose(descend(7, lr=0.1, weight_decay=0.5), (1 - 0.1 * (A + 0.5)) ** 7 * START, rtol=1e-13)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_follows_its_linear_recurrence(nesterov: bool) -> None:
    """Without Nesterov θ_{t+1} = (1 + μ − η a) θ_t − μ θ_{t−1}: powers of the roots of z² − (1 + μ − η a) z + μ.

    With Nesterov g + μ u takes the place of u: z² − (1 + μ)(1 − η a) z + μ (1 − η a).
    """
    lr, mu, steps = 0.1, 0.9, 12
    shrink = 1 - lr * A
    b, c = ((1 + mu) * shrink, mu * shrink) if nesterov else (mu + shrink, np.full(3, mu))
    first = (shrink - lr * mu * A if nesterov else shrink) * START
    for i in range(3):
        roots = np.roots([1, -b[i], c[i]])
        weights = np.linalg.solve(np.array([[1, 1], roots]), np.array([START[i], first[i]]))
        expected = (weights * roots**steps).sum().real
        np.testing.assert_allclose(descend(steps, lr=lr, momentum=mu, nesterov=nesterov)[i], expected, rtol=1e-10)


def test_first_velocity_is_the_gradient_whatever_the_dampening() -> None:
    np.testing.assert_allclose(descend(1, lr=0.1, momentum=0.9, dampening=0.5), (1 - 0.1 * A) * START)
    x1 = (1 - 0.1 * A) * START
    u2 = 0.9 * A * START + 0.5 * A * x1
    np.testing.assert_allclose(descend(2, lr=0.1, momentum=0.9, dampening=0.5), x1 - 0.1 * u2)


def test_nesterov_without_momentum_is_refused() -> None:
    with pytest.raises(ArgumentError, match="nesterov needs a momentum"):
        optim.SGD([Parameter(START)], lr=0.1, nesterov=True)
