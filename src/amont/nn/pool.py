"""Pooling layers: smaller images, less dependent on small shifts (course D3 4.2). They have no parameters."""

from __future__ import annotations

from typing import Any, ClassVar

from amont.autograd import Tensor
from amont.nn.module import Module
from amont.ops import pool
from amont.ops.pool import OutputSize, Size


class _MaxPool(Module):
    """`MaxPool1d` and `MaxPool2d`."""

    _function: ClassVar[Any]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation, self.ceil_mode = padding, dilation, ceil_mode

    def forward(self, x: Any) -> Tensor:
        """Return the maxima."""
        return self._function(x, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        """Return the window, and what differs from the defaults."""
        return _describe(self, padding=0, dilation=1, ceil_mode=False)


class MaxPool1d(_MaxPool):
    """The largest value of each window: x (N, C, L) → (N, C, ⌊(L + 2p − d(S−1) − 1)/s⌋ + 1).

    The stride is the kernel size unless given. With `ceil_mode` the size is rounded up: the last window may hang over.
    """

    _function = staticmethod(pool.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest value of each window: x (N, C, H, W) → (N, C, H_out, W_out), each size as `MaxPool1d`."""

    _function = staticmethod(pool.max_pool2d)


class _AvgPool(Module):
    """`AvgPool1d` and `AvgPool2d`."""

    _function: ClassVar[Any]

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode, self.count_include_pad = padding, ceil_mode, count_include_pad

    def forward(self, x: Any) -> Tensor:
        """Return the means."""
        return self._function(x, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        """Return the window, and what differs from the defaults."""
        return _describe(self, padding=0, ceil_mode=False, count_include_pad=True)


class AvgPool1d(_AvgPool):
    """The mean of each window: x (N, C, L) → (N, C, L_out), sizes as `MaxPool1d`.

    The zeros of the padding count as pixels unless `count_include_pad` is False.
    """

    _function = staticmethod(pool.avg_pool1d)


class AvgPool2d(_AvgPool):
    """The mean of each window: x (N, C, H, W) → (N, C, H_out, W_out); as `AvgPool1d`."""

    _function = staticmethod(pool.avg_pool2d)


class _AdaptivePool(Module):
    """The four layers whose output size is given."""

    _function: ClassVar[Any]

    def __init__(self, output_size: OutputSize) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Tensor:
        """Return the means or maxima."""
        return self._function(x, self.output_size)

    def extra_repr(self) -> str:
        """Return the output size."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptivePool):
    """The means of `output_size` even windows, whatever the input's length: x (N, C, L) → (N, C, output_size)."""

    _function = staticmethod(pool.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptivePool):
    """The means of even windows: x (N, C, H, W) → (N, C, *output_size); 1 is global pooling, None keeps an axis."""

    _function = staticmethod(pool.adaptive_avg_pool2d)


class AdaptiveMaxPool1d(_AdaptivePool):
    """The maxima of `output_size` even windows: x (N, C, L) → (N, C, output_size)."""

    _function = staticmethod(pool.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptivePool):
    """The maxima of even windows: x (N, C, H, W) → (N, C, *output_size); 1 is global pooling, None keeps an axis."""

    _function = staticmethod(pool.adaptive_max_pool2d)


def _describe(layer: Any, **usual: Any) -> str:
    changed = [f", {name}={getattr(layer, name)}" for name, value in usual.items() if getattr(layer, name) != value]
    return f"kernel_size={layer.kernel_size}, stride={layer.stride}{''.join(changed)}"
