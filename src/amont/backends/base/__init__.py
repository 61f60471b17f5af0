"""The signature of every kernel, written once, one file per family.

The rules that all kernels follow
---------------------------------
**Names.** A differentiable kernel is a pair `NAME_forward`, `NAME_backward`. The update rules of the
optimizers are single kernels `NAME_update`, which take lists of arrays: many parameters at once.

**Forward.** `NAME_forward(*arrays, **params) -> (outputs, cache)`. The arrays come first, by position;
an optional one (a bias, a mask) may be None. Parameters (strides, modes, …) come by keyword.
`outputs` is one array, or a tuple of arrays where the kernel has several. `cache` is whatever the same
backend's backward needs and nobody else looks into.

**Backward.** `NAME_backward(upstream, cache, needs) -> downstream`. `upstream` is ∂L/∂output, one array,
or a tuple where forward gave a tuple (then any, but not all, may be None, which means zero). `needs` has one
bool per array of forward. `downstream` is a tuple with one entry per array of forward: ∂L/∂array, of
that array's shape and dtype, or None where `needs` is False or the array has no derivative (integers,
masks). The chain rule of the course (D4): downstream = upstream × local derivative.

**ReLU.** Kernels with a parameter `relu` put out max(y, 0) if it is True, of their first output. Everything else stays:
the cache, and backward, which takes ∂L/∂y as ever. The cache of `relu` is its output.

**Aliasing.** Kernels are pure: they never write into their arguments. Outputs and gradients are fresh arrays,
with two exceptions that the engine knows of: kernels of `shape` may return views of their input, and a
downstream gradient may be (a view of) the upstream gradient. `NAME_update` kernels are the only ones that
write: into the parameter and the optimizer's state, in place.

**Layout.** Any strides are allowed. Shapes are (N, C, L), (N, C, H, W), (N, T, D): batch first.

**Types.** All floating arrays of one call have one dtype, float32 or float64 (the reference takes any float
type), and so have the results.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from amont.backends.base.activation import ActivationKernels
from amont.backends.base.arithmetic import ArithmeticKernels
from amont.backends.base.attention import AttentionKernels
from amont.backends.base.conv import ConvKernels
from amont.backends.base.dropout import DropoutKernels
from amont.backends.base.embedding import EmbeddingKernels
from amont.backends.base.linear import LinearKernels
from amont.backends.base.loss import LossKernels
from amont.backends.base.norm import NormKernels
from amont.backends.base.optimizers import OptimizerKernels
from amont.backends.base.pool import PoolKernels
from amont.backends.base.recurrent import RecurrentKernels
from amont.backends.base.reduction import ReductionKernels
from amont.backends.base.resample import ResampleKernels
from amont.backends.base.shape import ShapeKernels

Array = np.ndarray[Any, Any]
Cache = Any

__all__ = ["Array", "Cache", "Kernels"]


class Kernels(
    ActivationKernels,
    ArithmeticKernels,
    AttentionKernels,
    ConvKernels,
    DropoutKernels,
    EmbeddingKernels,
    LinearKernels,
    LossKernels,
    NormKernels,
    OptimizerKernels,
    PoolKernels,
    RecurrentKernels,
    ReductionKernels,
    ResampleKernels,
    ShapeKernels,
    Protocol,
):
    """All kernels of a backend."""

    name: str
