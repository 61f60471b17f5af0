"""The linear (fully connected, dense) layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from amont.autograd import Tensor
from amont.core.shapes import check_sizes
from amont.nn import init
from amont.nn.module import Module, Parameter
from amont.ops.linear import linear


class Linear(Module):
    """y = x Wᵀ + b (course D3 2.1). x (…, in_features) → (…, out_features).

    Parameters: `weight` (out_features, in_features), `bias` (out_features,), both U(−1/√in, 1/√in).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_sizes(in_features=in_features, out_features=out_features)
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(init.torch_default((out_features, in_features), in_features, rng=rng))
        self.bias = Parameter(init.torch_default((out_features,), in_features, rng=rng)) if bias else None

    def forward(self, x: Any, *, before_relu: bool = False) -> Tensor:
        """Return x Wᵀ + b."""
        return linear(x, self.weight, self.bias, before_relu=before_relu)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"{self.in_features}, {self.out_features}" + ("" if self.bias is not None else ", bias=False")
