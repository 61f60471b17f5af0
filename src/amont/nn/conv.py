"""Convolution layers. Parameters: `weight`, `bias`, both U(−1/√fan_in, 1/√fan_in) as PyTorch's.

fan_in = (C_in/groups) · S² is the number of inputs of one output pixel; a layer has S² · C_in/groups · C_out weights,
whatever the size of the image (course D3 4.1: the weights are shared by all positions).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from amont.autograd import Tensor
from amont.core.errors import ArgumentError, nearest
from amont.core.shapes import check_sizes, to_tuple
from amont.nn import init
from amont.nn.module import Module, Parameter
from amont.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d, padding_widths
from amont.ops.shape import pad
from amont.ops.spatial import check_spatial

Size = int | Sequence[int]
PADDING_MODES = ("zeros", "reflect", "replicate", "random")


class _Base(Module):
    """What all convolution layers have: channels, a kernel, how it moves, weights and perhaps a bias."""

    rank: ClassVar[int]  # spatial axes

    def _set_channels(self, in_channels: int, out_channels: int, groups: int) -> None:
        check_sizes(in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ArgumentError(
                f"groups must divide in_channels and out_channels, got groups={groups} with {in_channels} and "
                f"{out_channels}"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups

    def _set_movement(self, kernel_size: Size, stride: Size, dilation: Size) -> None:
        self.kernel_size = to_tuple(kernel_size, self.rank, "kernel_size", 1)
        self.stride = to_tuple(stride, self.rank, "stride", 1)
        self.dilation = to_tuple(dilation, self.rank, "dilation", 1)

    def _set_parameters(self, shape: tuple[int, ...], bias: bool, rng: np.random.Generator | None) -> None:
        fan_in, _ = init.fans(shape)
        self.weight = Parameter(init.torch_default(shape, fan_in, rng=rng))
        self.bias = Parameter(init.torch_default((self.out_channels,), fan_in, rng=rng)) if bias else None

    def extra_repr(self) -> str:
        """Return the channels, and what differs from the defaults."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        usual = {"padding": (0,) * self.rank, "output_padding": (0,) * self.rank, "dilation": (1,) * self.rank}
        usual |= {"groups": 1, "padding_mode": "zeros"}  # type: ignore[dict-item]
        for name, default in usual.items():
            if (value := getattr(self, name, default)) != default:
                text += f", {name}={value!r}"
        return text if self.bias is not None else text + ", bias=False"


class _Conv(_Base):
    """`Conv1d` and `Conv2d`."""

    _function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        self._set_channels(in_channels, out_channels, groups)
        self._set_movement(kernel_size, stride, dilation)
        if padding_mode not in PADDING_MODES:
            raise ArgumentError(f"there is no padding_mode {padding_mode!r}: {nearest(padding_mode, PADDING_MODES)}")
        self._widths = padding_widths(padding, self.kernel_size, self.stride, self.dilation)
        self.padding = padding if isinstance(padding, str) else to_tuple(padding, self.rank, "padding")
        self.padding_mode, self._rng = padding_mode, rng
        self._set_parameters((out_channels, in_channels // groups, *self.kernel_size), bias, rng)

    def forward(self, x: Any, *, before_relu: bool = False) -> Tensor:
        """Return W * x + b."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            check_spatial(x, self.rank)
            x, padding = pad(x, self._widths, mode=self.padding_mode, rng=self._rng), 0
        options = self.stride, padding, self.dilation, self.groups
        return self._function(x, self.weight, self.bias, *options, before_relu=before_relu)


class Conv1d(_Conv):
    """Convolution of signals: x (N, C_in, L) → (N, C_out, ⌊(L + 2p − d(S−1) − 1)/s⌋ + 1).

    `padding` is a number, "same" (keeps the length, stride 1 only) or "valid" (none); `padding_mode` says what is put
    there: "zeros", "reflect", "replicate", or "random" values from N(0, 1), drawn anew at each call (course D1). `rng`
    draws these and the initial weights. `weight` (C_out, C_in/groups, S), `bias` (C_out,).
    """

    rank = 1
    _function = staticmethod(conv1d)
    fuses_with_relu: ClassVar[bool] = True


class Conv2d(_Conv):
    """Convolution of images (course D0 equation 1): x (N, C_in, H, W) → (N, C_out, H_out, W_out).

    Each size becomes ⌊(n + 2p − d(S−1) − 1)/s⌋ + 1. Arguments are one number or a pair (height, width); `padding` and
    `padding_mode` as in `Conv1d`. `weight` (C_out, C_in/groups, S_H, S_W), `bias` (C_out,).
    """

    rank = 2
    _function = staticmethod(conv2d)
    fuses_with_relu: ClassVar[bool] = True


class _ConvTranspose(_Base):
    """`ConvTranspose1d` and `ConvTranspose2d`."""

    _function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        self._set_channels(in_channels, out_channels, groups)
        self._set_movement(kernel_size, stride, dilation)
        self.padding = to_tuple(padding, self.rank, "padding")
        self.output_padding = to_tuple(output_padding, self.rank, "output_padding")
        self._set_parameters((in_channels, out_channels // groups, *self.kernel_size), bias, rng)

    def forward(self, x: Any) -> Tensor:
        """Return Aᵀ x + b, A the convolution with the same weights."""
        plan = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return self._function(x, self.weight, self.bias, *plan)


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution: x (N, C_in, L) → (N, C_out, (L−1)s − 2p + d(S−1) + output_padding + 1).

    The adjoint of the convolution that goes from C_out to C_in channels; it makes signals longer.
    `weight` (C_in, C_out/groups, S), `bias` (C_out,).
    """

    rank = 1
    _function = staticmethod(conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution of images: x (N, C_in, H, W) → (N, C_out, H_out, W_out), sizes as `ConvTranspose1d`.

    `weight` (C_in, C_out/groups, S_H, S_W), `bias` (C_out,).
    """

    rank = 2
    _function = staticmethod(conv_transpose2d)
