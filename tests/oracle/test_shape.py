"""Changes of shape against PyTorch."""

import numpy as np
import pytest

import amont.functional as F
from tests.oracle.functions import compare_functions

pytestmark = pytest.mark.oracle
torch = pytest.importorskip("torch")

X = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
SAME_WORDS = [
    lambda x: x.reshape(6, -1),
    lambda x: x.reshape((4, 30)),
    lambda x: x.squeeze().unsqueeze(1),
    lambda x: x[1, :, 1:3],
    lambda x: x[:, None, ..., 2],
    lambda x: x[:, [0, 2, 2]],
    lambda x: x[[0, 1, 1], [2, 2, 0]],
    lambda x: x[[[0, 1], [1, 1]], :, [0, 3]],
]


@pytest.mark.parametrize("f", SAME_WORDS)
def test_the_same_expression(f) -> None:
    compare_functions(f, f, X)


def test_masks() -> None:
    mask = X > 0
    theirs = torch.tensor(mask)
    compare_functions(lambda x: x[mask], lambda x: x[theirs], X)


@pytest.mark.parametrize("axes", [(3, 1, 0, 2), (0, -1, 1, 2)])
def test_transpose_is_permute(axes) -> None:
    compare_functions(lambda x: F.transpose(x, *axes), lambda x: x.permute(axes), X)


@pytest.mark.parametrize("start, end", [(0, -1), (1, 2), (2, 3)])
def test_flatten(start: int, end: int) -> None:
    compare_functions(lambda x: F.flatten(x, start, end), lambda x: torch.flatten(x, start, end), X)


@pytest.mark.parametrize("axis", [0, 2, -1])
def test_join_flip_and_split(axis: int) -> None:
    compare_functions(lambda a, b: F.stack([a, b], axis), lambda a, b: torch.stack([a, b], axis), X, 2 * X)
    compare_functions(lambda a, b: F.concatenate([a, b, a], axis), lambda a, b: torch.cat([a, b, a], axis), X, 2 * X)
    compare_functions(lambda x: F.flip(x, axis), lambda x: torch.flip(x, [axis]), X)
    compare_functions(lambda x: F.split(x, 2, axis)[-1] * 2, lambda x: torch.split(x, 2, axis)[-1] * 2, X)


def test_broadcast() -> None:
    small = X[:1, :, :1]
    compare_functions(lambda x: F.broadcast_to(x, 7, 2, 3, 4, 5), lambda x: x.broadcast_to(7, 2, 3, 4, 5), small)


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate"])
@pytest.mark.parametrize("rows, columns", [((1, 2), (0, 3)), ((0, 0), (4, 1)), ((3, 3), (2, 2))])
def test_padding(mode: str, rows, columns) -> None:
    theirs = (*columns, *rows)  # PyTorch counts from the last axis
    compare_functions(
        lambda x: F.pad(x, (rows, columns), mode), lambda x: torch.nn.functional.pad(x, theirs, mode=mode), X
    )
