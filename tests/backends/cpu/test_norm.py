"""Batch norm where small cases do not reach: several groups of channels, values far from zero, no image at all."""

import numpy as np
import pytest

from amont.backends.cpu import norm
from amont.backends.select import load

CPU, REFERENCE = load("cpu"), load("reference")


def draw(*shape: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    C = shape[1]
    return (
        rng.standard_normal(shape, np.float32),
        rng.standard_normal(C, np.float32),
        rng.standard_normal(C, np.float32),
    )


@pytest.mark.parametrize("shape", [(3, 11, 1030), (2, 3, norm.RUN + 5), (2, 600, 3, 3)])
def test_groups_of_channels(shape: tuple[int, ...]) -> None:
    x, gamma, beta = draw(*shape)
    dy = draw(*shape)[0][::-1]
    outputs, gradients = [], []
    for backend in (CPU, REFERENCE):
        results, cache = backend.batch_norm_forward(x, gamma, beta, eps=1e-5)
        outputs.append(results)
        gradients.append(backend.batch_norm_backward((dy, None, None), cache, (True,) * 3))
    for one, two in zip(outputs[0] + gradients[0], outputs[1] + gradients[1]):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)
    _, mean, var = outputs[0]
    ours, theirs = (b.batch_norm_test_forward(x, gamma, beta, mean, var, eps=1e-5) for b in (CPU, REFERENCE))
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-4, atol=1e-5)
    ours, theirs = (b.batch_norm_test_backward(dy, c, (True,) * 3) for b, c in ((CPU, ours[1]), (REFERENCE, theirs[1])))
    for one, two in zip(ours[:3], theirs[:3]):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)


def test_far_from_zero_nothing_cancels() -> None:
    x, gamma, beta = draw(16, 3, 20, 20)
    x += 3000
    (y, mean, var), _ = CPU.batch_norm_forward(x, gamma, beta, eps=1e-5)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=(0, 2, 3)), rtol=1e-7)
    np.testing.assert_allclose(var, exact.var(axis=(0, 2, 3)), rtol=5e-5)  # Σx²/M − mean² in float32 gives 1 to 3
    (expected, *_), _ = REFERENCE.batch_norm_forward(exact, gamma.astype("f8"), beta.astype("f8"), eps=1e-5)
    np.testing.assert_allclose(y, expected, atol=1e-3)


def test_no_image_at_all() -> None:
    _, gamma, beta = draw(1, 3, 9)
    y, cache = CPU.batch_norm_test_forward(np.empty((0, 3, 9), "f4"), gamma, beta, beta, np.abs(gamma), eps=1e-5)
    assert y.shape == (0, 3, 9)
    assert CPU.batch_norm_test_backward(y, cache, (True, True, True))[1].shape == (3,)
