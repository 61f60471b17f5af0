"""How PyTorch runs a workload: eager, with the defaults that its users get."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from benchmarks.workloads.bench import Bench
from benchmarks.workloads.kernels import GATES, KernelCase, arrays
from benchmarks.workloads.models import MOMENTUM, Workload, batch, lengths
from benchmarks.workloads.torch_models import make

VERSION = torch.__version__
LAYOUTS = ("contiguous", "channels_last")  # the second for images only


def prepare(threads: int) -> None:
    """Set the number of threads."""
    torch.set_num_threads(threads)


def _as(tensor: Any, layout: str) -> Any:
    """Return an image tensor or a model in a layout; other tensors as they are."""
    images = isinstance(tensor, torch.nn.Module) or tensor.ndim == 4
    return tensor.to(memory_format=torch.channels_last) if layout == "channels_last" and images else tensor


def build_model(workload: Workload, weights: str, layout: str) -> Bench:
    """Return the step of a workload that starts from the weights that amont wrote."""
    from safetensors.numpy import load_file

    model = make(workload)
    state = {name: torch.from_numpy(array) for name, array in load_file(weights).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or any(not name.endswith("num_batches_tracked") for name in missing):
        raise ValueError(f"the two sides of {workload.name} differ: missing {missing}, unexpected {unexpected}")
    model = _as(model, layout)
    x, labels = (torch.from_numpy(a) for a in batch(workload))
    x = _as(x, layout)
    if not workload.training:
        model.eval()

        def infer() -> Any:
            with torch.inference_mode():
                return model(x)

        return Bench({"step": infer}, number)
    given = () if (steps := lengths(workload)) is None else (torch.from_numpy(steps),)
    optimizer = torch.optim.SGD(model.parameters(), lr=workload.lr, momentum=MOMENTUM)

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x, *given), labels)
        loss.backward()
        optimizer.step()
        return loss

    return Bench({"step": step}, number, repeats=3)


def build_kernel(case: KernelCase, layout: str) -> Bench:
    """Return the pieces of a kernel, called as autograd calls them."""
    a = {name: torch.from_numpy(array) for name, array in arrays(case).items()}
    if case.op in GATES:
        return _recurrent(case, a)
    if case.op in ("layer_norm", "gelu"):
        return _pointwise(case, a)
    x, w, dy = (_as(a[name], layout) for name in ("x", "w", "dy"))
    if case.op == "linear":
        pieces = {
            "forward": lambda: F.linear(x, w, a["b"]),
            "dx": lambda: dy.mm(w),
            "dw": lambda: (dy.t().mm(x), dy.sum(0))[0],
        }
        return Bench(pieces, number)
    stride, padding, turned = [case.stride] * 2, [case.padding] * 2, case.op == "conv_transpose"
    rest = (stride, padding, [1, 1], turned, [0, 0], case.groups)

    def backward(*mask: bool) -> Any:
        return torch.ops.aten.convolution_backward(dy, x, w, [dy.shape[1]], *rest, list(mask))

    pieces = {
        "forward": lambda: torch.convolution(x, w, a["b"], *rest),
        "dx": lambda: backward(True, False, False)[0],
        "dw": lambda: backward(False, True, True)[1],
    }
    return Bench(pieces, number)


def _recurrent(case: KernelCase, a: dict[str, Any]) -> Bench:
    layer = getattr(torch.nn, case.op.upper())(case.shape[2], case.weight[0], batch_first=True)
    names = {"weight_ih_l0": "w_ih", "weight_hh_l0": "w_hh", "bias_ih_l0": "b_ih", "bias_hh_l0": "b_hh"}
    layer.load_state_dict({name: a[key] for name, key in names.items()})
    x, inputs = a["x"].requires_grad_(), list(layer.parameters())
    y = layer(x)[0]
    pieces = {
        "forward": lambda: layer(x)[0],
        "backward": lambda: torch.autograd.grad(y, [x, *inputs], a["dy"], retain_graph=True)[0],
    }
    return Bench(pieces, number)


def _pointwise(case: KernelCase, a: dict[str, Any]) -> Bench:
    """Return forward, and the kernel that autograd calls backward."""
    x, dy, gamma, beta, sizes = a["x"], a["dy"], a["gamma"], a["beta"], list(case.weight)
    if case.op == "gelu":
        return Bench({"forward": lambda: F.gelu(x), "backward": lambda: torch.ops.aten.gelu_backward(dy, x)}, number)
    _, mean, inverse = torch.native_layer_norm(x, sizes, gamma, beta, 1e-6)
    back = (dy, x, sizes, mean, inverse, gamma, beta, [True] * 3)
    pieces = {
        "forward": lambda: F.layer_norm(x, sizes, gamma, beta, 1e-6),
        "backward": lambda: torch.ops.aten.native_layer_norm_backward(*back)[0],
    }
    return Bench(pieces, number)


def product(n: int) -> Bench:
    """Return the product of two n × n matrices, for the best speed of this machine."""
    a = torch.from_numpy(np.random.default_rng(0).standard_normal((n, n), np.float32))
    return Bench({"product": lambda: a @ a}, number)


def number(value: Any) -> float:
    """Return mean |value|: of a loss, the loss."""
    return float(value.detach().double().abs().mean())
