"""Single kernels at the sizes that the models of the table use, so that a change can be judged in a minute.

The pieces timed: forward, dx (gradient of the input) and dw (gradient of the weights and bias) of convolutions and
linear layers; forward and backward (all gradients) of recurrent layers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class KernelCase:
    """A kernel at one size.

    op "conv": shape (N, C, H, W), weight (K, C, S, S), stride, padding.
    op "linear": shape (N, D), weight (K, D).
    op "rnn", "lstm", "gru": shape (N, T, D), weight (H,).
    """

    name: str
    op: str
    shape: tuple[int, ...]
    weight: tuple[int, ...]
    stride: int = 1
    padding: int = 0

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
        if self.op == "linear":
            return self.shape[0] * self.weight[0] * self.weight[1]
        (N, T, D), (H,) = self.shape, self.weight
        return N * T * GATES[self.op] * H * (D + H)


GATES = {"rnn": 1, "gru": 3, "lstm": 4}
PIECES = {"conv": ("forward", "dx", "dw"), "linear": ("forward", "dx", "dw")} | dict.fromkeys(
    GATES, ("forward", "backward")
)


def _conv(model: str, N: int, C: int, size: int, K: int, S: int, stride: int = 1) -> KernelCase:
    padding = 2 if S == 11 else S // 2  # AlexNet's first layer pads 224 to 228
    name = f"conv {model} {C}×{size}² → {K}, {S}×{S}" + (f" stride {stride}" if stride > 1 else "")
    return KernelCase(name, "conv", (N, C, size, size), (K, C, S, S), stride, padding)


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
_LINEAR = [
    KernelCase(f"linear {N}×{D} → {K}", "linear", (N, D), (K, D))
    for N, D, K in ((64, 784, 256), (16, 9216, 4096), (64, 400, 120))
]
_RECURRENT = [
    KernelCase(f"{op} T{T} N{N} D{D} H{H}", op, (N, T, D), (H,))
    for N, T, D, H in ((64, 100, 64, 256), (100, 40, 1, 64), (1, 100, 64, 256))
    for op in GATES
]
KERNELS = (*_RESNET_32, *_RESNET_224, *_ALEXNET, *_LENET, *_LINEAR, *_RECURRENT)


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
    if case.op == "linear":
        w = draw(*case.weight, fan_in=case.weight[1])
        return {"x": x, "w": w, "b": draw(case.weight[0]), "dy": draw(case.shape[0], case.weight[0])}
    (N, T, D), (H,) = case.shape, case.weight
    rows = GATES[case.op] * H
    small = {"w_ih": draw(rows, D, fan_in=H), "w_hh": draw(rows, H, fan_in=H)}
    return {"x": x, **small, "b_ih": draw(rows, fan_in=H), "b_hh": draw(rows, fan_in=H), "dy": draw(N, T, H)}
