"""`precision("exact")` turns off what rounds more than a product; whose setting counts, and how long."""

import asyncio
import threading

import numpy as np
import pytest

import amont
import amont.functional as F
from amont.backends import precision as settings
from amont.backends.cpu import conv, direct
from amont.core.errors import UnknownNameError

GRID = direct.Grid((1, 1), (1, 1), (1, 1), 1)


def arrays(dtype: str = "float32") -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    shapes = ((2, 20, 9, 9), (24, 20, 3, 3), (24,))
    return tuple(rng.standard_normal(shape).astype(dtype) for shape in shapes)


def convolution(name: str, dtype: str = "float32", backward_in: str | None = None) -> list[np.ndarray]:
    tensors = [amont.tensor(a, dtype=dtype, requires_grad=True) for a in arrays(dtype)]
    with amont.use_backend("cpu"), amont.precision(name):
        y = F.conv2d(*tensors, padding=1)
    with amont.precision(backward_in or name):
        (y * y).sum().backward()
    return [y.numpy(), *(t.grad for t in tensors)]  # type: ignore[list-item]


def test_exact_is_the_product_bit_for_bit() -> None:
    x, w, b = arrays()
    with amont.precision("exact"):
        product = conv.choose(x, w, GRID)
    assert product != conv.WINOGRAD == conv.choose(x, w, GRID)
    y, dx, dw, _ = convolution("exact")
    np.testing.assert_array_equal(y, product.forward(x, w, b, GRID))
    dy = y + y
    np.testing.assert_array_equal(dx, product.input_gradient(dy, w, x.shape, GRID))
    np.testing.assert_array_equal(dw, product.weight_gradient(dy, x, w.shape, GRID))


def test_both_are_right_and_they_differ() -> None:
    right = convolution("exact", "float64")
    fast, exact = convolution("fast"), convolution("exact")
    for one, two, three in zip(fast, exact, right, strict=True):
        np.testing.assert_allclose(one, three, rtol=0, atol=3e-5 * np.abs(three).max())
        np.testing.assert_allclose(two, three, rtol=0, atol=3e-6 * np.abs(three).max())
    assert (fast[0] != exact[0]).any()


def test_float64_is_exact_in_both() -> None:
    for one, two in zip(convolution("fast", "float64"), convolution("exact", "float64"), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("names", [("fast", "exact"), ("exact", "fast")])
def test_backward_has_the_precision_of_its_forward(names: tuple[str, str]) -> None:
    for one, two in zip(convolution(names[0]), convolution(*names[:1], backward_in=names[1]), strict=True):
        np.testing.assert_array_equal(one, two)


def divide_by_zero_in(name: str) -> None:
    with amont.precision(name):
        assert settings.current() == name
        _ = 1 / 0


def test_nested_and_after_an_error() -> None:
    assert settings.current() == "fast"
    with amont.precision("exact"):
        with pytest.raises(ZeroDivisionError):
            divide_by_zero_in("fast")
        assert settings.current() == "exact"
    assert settings.current() == "fast"


def test_another_thread_and_another_task_have_their_own() -> None:
    seen: list[str] = []

    async def other() -> None:
        with amont.precision("exact"):
            await asyncio.sleep(0)
            seen.append(settings.current())

    async def both() -> None:
        task = asyncio.create_task(other())
        await asyncio.sleep(0)
        seen.append(settings.current())
        await task

    asyncio.run(both())
    assert seen == ["fast", "exact"]
    with amont.precision("exact"):
        thread = threading.Thread(target=lambda: seen.append(settings.current()))
        thread.start()
        thread.join()
    assert seen[2] == "fast"


def test_the_environment_sets_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_default", None)
    monkeypatch.setenv("AMONT_PRECISION", "exact")
    assert settings.current() == "exact"
    monkeypatch.setattr(settings, "_default", None)
    monkeypatch.setenv("AMONT_PRECISION", "exakt")
    with pytest.raises(UnknownNameError, match="exact"):
        settings.current()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="fast"), amont.precision("fats"):
        pass
