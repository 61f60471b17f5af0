"""Single kernels at the sizes that the models of the table use, so that a change can be judged in a minute.

The pieces timed: forward, dx (gradient of the input) and dw (gradient of the weights and bias) of convolutions and
linear layers; forward and backward (all gradients) of all others.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class KernelCase:
    """A kernel at one size.

    op "conv": shape (N, C, H, W), weight (K, C / groups, S, S), stride, padding, groups.
    op "conv_transpose": shape (N, C, H, W), weight (C, K, S, S), stride, padding.
    op "linear": shape (N, D), weight (K, D).
    op "layer_norm": shape (N, D), weight (D,). op "gelu": shape (N, D).
    op "rnn", "lstm", "gru": shape (N, T, D), weight (H,).
    """

    name: str
    op: str
    shape: tuple[int, ...]
    weight: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    groups: int = 1

    kind = "kernel"

    def request(self) -> dict[str, Any]:
        """Return what a worker needs to build this case, as plain values."""
        return {"kind": self.kind, **asdict(self)}

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds of forward; dx and dw have as many each, backward of a recurrent layer twice as many."""
        if self.op == "conv":
            N, _, H, W = self.shape
            K, C, S, _ = self.weight
            out = [(n + 2 * self.padding - S) // self.stride + 1 for n in (H, W)]
            return N * K * out[0] * out[1] * C * S * S
        if self.op == "conv_transpose":
            return int(np.prod(self.shape) * np.prod(self.weight[1:]))
        if self.op == "linear":
            return self.shape[0] * self.weight[0] * self.weight[1]
        if self.op not in GATES:
            return 0
        (N, T, D), (H,) = self.shape, self.weight
        return N * T * GATES[self.op] * H * (D + H)


GATES = {"rnn": 1, "gru": 3, "lstm": 4}
PIECES = dict.fromkeys(("conv", "conv_transpose", "linear"), ("forward", "dx", "dw")) | dict.fromkeys(
    ("layer_norm", "gelu", *GATES), ("forward", "backward")
)


def _conv(model: str, N: int, C: int, size: int, K: int, S: int, stride: int = 1, groups: int = 1) -> KernelCase:
    padding = 2 if S == 11 else S // 2 if S % 2 else 0  # AlexNet's first layer pads 224 to 228
    name = f"conv {model} {C}×{size}² → {K}, {S}×{S}" + (f" stride {stride}" if stride > 1 else "")
    name += "" if groups == 1 else " depthwise" if groups == C else f" in {groups} groups"
    return KernelCase(name, "conv", (N, C, size, size), (K, C // groups, S, S), stride, padding, groups)


def _transposed(N: int, C: int, size: int, K: int, S: int, padding: int) -> KernelCase:
    name = f"conv_transpose {C}×{size}² → {K}, {S}×{S} stride 2"
    return KernelCase(name, "conv_transpose", (N, C, size, size), (C, K, S, S), 2, padding)


_RESNET_32 = [
    _conv("resnet32", 64, *sizes)
    for sizes in (
        (3, 32, 64, 3), (64, 32, 64, 3), (64, 32, 128, 3, 2), (64, 32, 128, 1, 2), (128, 16, 128, 3),
        (256, 8, 256, 3), (512, 4, 512, 3),
    )
]  # fmt: skip
_RESNET_224 = [
    _conv("resnet224", 8, *sizes)
    for sizes in (
        (3, 224, 64, 7, 2), (64, 56, 64, 3), (64, 56, 128, 3, 2), (64, 56, 128, 1, 2), (128, 28, 128, 3),
        (256, 14, 256, 3), (512, 7, 512, 3),
    )
]  # fmt: skip
_ALEXNET = [
    _conv("alexnet", 16, *sizes)
    for sizes in ((3, 224, 96, 11, 4), (96, 27, 256, 5), (256, 13, 384, 3), (384, 13, 384, 3), (384, 13, 256, 3))
]
_LENET = [
    KernelCase("conv lenet 1×28² → 6, 5×5", "conv", (64, 1, 28, 28), (6, 1, 5, 5), 1, 2),
    KernelCase("conv lenet 6×14² → 16, 5×5", "conv", (64, 6, 14, 14), (16, 6, 5, 5), 1, 0),
]
_CONVNEXT = [
    *(_conv("convnext", 8, *sizes) for sizes in ((3, 224, 96, 4, 4), (96, 56, 192, 2, 2), (384, 14, 768, 2, 2))),
    *(_conv("convnext", 8, C, size, C, 7, 1, C) for C, size in ((96, 56), (192, 28), (384, 14), (768, 7))),
    *(
        KernelCase(f"{op} convnext {N}×{D}", op, (N, D), (D,))
        for op, N, D in (("layer_norm", 25088, 96), ("layer_norm", 392, 768), ("gelu", 25088, 384))
    ),
]
_MOBILENET = [
    _conv("mobile", 8, C, size, C, 3, stride, C)
    for C, size, stride in ((32, 112, 1), (96, 112, 2), (144, 56, 1), (384, 14, 1), (576, 14, 2), (960, 7, 1))
]
_RESNEXT = [
    *(_conv("resnext", 8, C, size, C, 3, 1, 32) for C, size in ((128, 56), (256, 28), (512, 14), (1024, 7))),
    *(_conv("resnext", 8, C, size, C, 3, 2, 32) for C, size in ((256, 56), (512, 28), (1024, 14))),
]
_RESNET_50 = [
    _conv("resnet50", 8, *sizes)
    for sizes in (
        (64, 56, 256, 1), (256, 56, 64, 1), (256, 56, 512, 1, 2), (1024, 14, 256, 1), (1024, 14, 2048, 1, 2),
        (128, 56, 128, 3, 2), (256, 28, 256, 3, 2), (512, 14, 512, 3, 2), (512, 7, 2048, 1),
    )
]  # fmt: skip
_DECODER = [
    _conv("decoder", 8, 3, 96, 32, 3), _transposed(8, 128, 24, 64, 2, 0), _transposed(8, 64, 48, 32, 2, 0),
    _transposed(8, 128, 24, 64, 4, 1), _transposed(8, 32, 48, 16, 4, 1),
]  # fmt: skip
_LINEAR = [
    KernelCase(f"linear {N}×{D} → {K}", "linear", (N, D), (K, D))
    for N, D, K in ((64, 784, 256), (16, 9216, 4096), (64, 400, 120))
]
_RECURRENT = [
    KernelCase(f"{op} T{T} N{N} D{D} H{H}", op, (N, T, D), (H,))
    for N, T, D, H in ((64, 100, 64, 256), (100, 40, 1, 64), (1, 100, 64, 256))
    for op in GATES
]
KERNELS = (
    *_RESNET_32, *_RESNET_224, *_ALEXNET, *_LENET, *_CONVNEXT, *_MOBILENET, *_RESNEXT, *_RESNET_50, *_DECODER,
    *_LINEAR, *_RECURRENT,
)  # fmt: skip


def arrays(case: KernelCase) -> dict[str, Array]:
    """Return x, the weights and the upstream gradient dy of a case: the same numbers on every side."""
    rng = np.random.default_rng(0)

    def draw(*shape: int, fan_in: int = 1) -> Array:
        return rng.standard_normal(shape, np.float32) / np.float32(np.sqrt(fan_in))

    x = draw(*case.shape)
    if case.op == "conv":
        size = (case.shape[2] + 2 * case.padding - case.weight[2]) // case.stride + 1
        w = draw(*case.weight, fan_in=int(np.prod(case.weight[1:])))
        return {"x": x, "w": w, "b": draw(case.weight[0]), "dy": draw(case.shape[0], case.weight[0], size, size)}
    if case.op == "conv_transpose":
        size = (case.shape[2] - 1) * case.stride - 2 * case.padding + case.weight[2]
        w = draw(*case.weight, fan_in=int(np.prod(case.weight[1:])))
        return {"x": x, "w": w, "b": draw(case.weight[1]), "dy": draw(case.shape[0], case.weight[1], size, size)}
    if case.op == "linear":
        w = draw(*case.weight, fan_in=case.weight[1])
        return {"x": x, "w": w, "b": draw(case.weight[0]), "dy": draw(case.shape[0], case.weight[0])}
    if case.op not in GATES:
        return {"x": x, "gamma": draw(*case.weight), "beta": draw(*case.weight), "dy": draw(*case.shape)}
    (N, T, D), (H,) = case.shape, case.weight
    rows = GATES[case.op] * H
    small = {"w_ih": draw(rows, D, fan_in=H), "w_hh": draw(rows, H, fan_in=H)}
    return {"x": x, **small, "b_ih": draw(rows, fan_in=H), "b_hh": draw(rows, fan_in=H), "dy": draw(N, T, H)}
