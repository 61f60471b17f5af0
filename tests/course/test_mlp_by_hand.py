"""Course D1, "Exemple": a 2-2-1 network of sigmoids with C = ½ (a⁽³⁾ − y)², by hand and by autograd."""

import numpy as np
import pytest

import amont.functional as F
from amont import nn, tensor

X, Y, ETA = np.array([0.5, -1.2]), 0.8, 0.1
W2, B2 = np.array([[0.15, -0.4], [0.7, 0.25]]), np.array([0.1, -0.3])
W3, B3 = np.array([[0.45, -0.55]]), np.array([0.2])


def sigma(z):
    return 1 / (1 + np.exp(-z))


def by_hand() -> dict[str, np.ndarray]:
    """The δ of the course, number by number."""
    a1 = sigma(W2[0, 0] * X[0] + W2[0, 1] * X[1] + B2[0])
    a2 = sigma(W2[1, 0] * X[0] + W2[1, 1] * X[1] + B2[1])
    out = sigma(W3[0, 0] * a1 + W3[0, 1] * a2 + B3[0])
    delta_3 = out * (1 - out) * (out - Y)  # δ₁⁽³⁾
    delta_21 = a1 * (1 - a1) * delta_3 * W3[0, 0]  # δ₁⁽²⁾
    delta_22 = a2 * (1 - a2) * delta_3 * W3[0, 1]  # δ₂⁽²⁾
    return {
        "cost": np.array(0.5 * (out - Y) ** 2),
        "delta_3": np.array([delta_3]),
        "delta_2": np.array([delta_21, delta_22]),
        "w3": np.array([[delta_3 * a1, delta_3 * a2]]),
        "b3": np.array([delta_3]),
        "w2": np.array([[delta_21 * X[0], delta_21 * X[1]], [delta_22 * X[0], delta_22 * X[1]]]),
        "b2": np.array([delta_21, delta_22]),
    }


def test_autograd_gives_the_numbers_of_the_course() -> None:
    hand = by_hand()
    w2, b2, w3, b3 = (tensor(a, dtype="f8", requires_grad=True) for a in (W2, B2, W3, B3))
    z2 = F.linear(tensor(X, dtype="f8"), w2, b2).retain_grad()
    z3 = F.linear(F.sigmoid(z2), w3, b3).retain_grad()
    cost = 0.5 * ((F.sigmoid(z3) - Y) ** 2).sum()
    cost.backward()
    found = {"cost": cost.numpy(), "delta_3": z3.grad, "delta_2": z2.grad}
    found |= {"w3": w3.grad, "b3": b3.grad, "w2": w2.grad, "b2": b2.grad}
    for name, expected in hand.items():
        np.testing.assert_allclose(found[name], expected, rtol=1e-13, err_msg=name)


def test_the_same_with_layers_and_one_step_of_descent() -> None:
    hand = by_hand()
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid()).astype("f8")
    model.load_state_dict({"0.weight": W2, "0.bias": B2, "2.weight": W3, "2.bias": B3})
    cost = ((model(X) - Y) ** 2).sum() * 0.5
    cost.backward()
    for parameter, name in zip(model.parameters(), ("w2", "b2", "w3", "b3")):
        np.testing.assert_allclose(parameter.grad, hand[name], rtol=1e-13)
        parameter.data = parameter.data - ETA * parameter.grad  # θ⁽ⁿ⁺¹⁾ = θ⁽ⁿ⁾ − η ∇L (equation 1)
    assert ((model(X) - Y) ** 2).item() * 0.5 < cost.item()


@pytest.mark.parametrize("z", [-3.0, 0.0, 0.4, 5.0])
def test_the_derivative_of_the_sigmoid(z: float) -> None:  # f'(x) = σ(x) (1 − σ(x))
    x = tensor([z], dtype="f8", requires_grad=True)
    F.sigmoid(x).backward()
    np.testing.assert_allclose(x.grad, sigma(z) * (1 - sigma(z)), rtol=1e-14)
