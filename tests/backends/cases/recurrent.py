from collections.abc import Callable
from typing import Any

import numpy as np

from tests.backends.cases import Case

GATES = {"rnn": 1, "lstm": 4, "gru": 3}


def sequence(
    kernel: str,
    N: int,
    T: int,
    D: int,
    H: int,
    *,
    lengths: list[int] | None = None,
    state: bool = True,
    bias: bool = True,
) -> Callable[[np.random.Generator], tuple[Any, ...]]:
    """Return a maker of (x, initial states, w_ih, w_hh, b_ih, b_hh, lengths)."""
    G = GATES[kernel]

    def make(rng: np.random.Generator) -> tuple[Any, ...]:
        states = [rng.standard_normal((N, H)) if state else None for _ in range(2 if kernel == "lstm" else 1)]
        biases = [rng.standard_normal(G * H) if bias else None for _ in range(2)]
        w_ih, w_hh = rng.standard_normal((G * H, D)), rng.standard_normal((G * H, H)) / np.sqrt(H)
        steps = None if lengths is None else np.array(lengths)
        return rng.standard_normal((N, T, D)), *states, w_ih, w_hh, *biases, steps

    return make


def rows(kernel: str, **params: Any) -> list[Case]:
    """Return the cases that each recurrent kernel is held to."""
    table = {
        "plain": (sequence(kernel, 3, 5, 4, 6), False),
        "reverse": (sequence(kernel, 3, 5, 4, 6), True),
        "lengths": (sequence(kernel, 4, 7, 3, 5, lengths=[7, 1, 4, 6]), False),
        "lengths-reverse": (sequence(kernel, 4, 7, 3, 5, lengths=[2, 7, 1, 5]), True),
        "lengths-all-short": (sequence(kernel, 2, 6, 3, 2, lengths=[3, 4], state=False), False),
        "one-step": (sequence(kernel, 3, 1, 2, 4), False),
        "batch-1": (sequence(kernel, 1, 6, 3, 4), False),
        "no-state": (sequence(kernel, 2, 4, 3, 3, state=False), False),
        "no-bias": (sequence(kernel, 2, 4, 3, 3, bias=False), True),
        "one-feature": (sequence(kernel, 5, 9, 1, 1), False),
        "odd-sizes": (sequence(kernel, 7, 11, 5, 13, lengths=[11, 3, 8, 1, 10, 5, 2]), False),
        "batch-1-odd": (sequence(kernel, 1, 5, 3, 37), True),
        "batch-2-lengths": (sequence(kernel, 2, 6, 2, 19, lengths=[6, 3]), False),
        "batch-2-lengths-reverse": (sequence(kernel, 2, 6, 2, 19, lengths=[2, 5]), True),
        "wide": (sequence(kernel, 19, 8, 9, 37), False),
    }
    suffix = "".join(f"-{v}" for v in params.values())
    return [
        Case(kernel, name + suffix, make, {**params, "reverse": r}, tolerance=5) for name, (make, r) in table.items()
    ]


CASES = [
    *rows("rnn", nonlinearity="tanh"),
    *rows("rnn", nonlinearity="sigmoid"),
    *rows("rnn", nonlinearity="relu"),
    *rows("lstm"),
    *rows("gru"),
]
