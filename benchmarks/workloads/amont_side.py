"""How amont runs a workload. Every side has `prepare`, `build_model` and `build_kernel`; see `Bench`."""

from __future__ import annotations

from typing import Any

import numpy as np

import amont
import amont.functional as F
from amont import models, optim
from amont.backends.select import current
from benchmarks.workloads.bench import Bench
from benchmarks.workloads.kernels import GATES, KernelCase, arrays
from benchmarks.workloads.models import MOMENTUM, ZOO, Workload, batch, lengths, stem_for

VERSION = amont.__version__
LAYOUTS = ("contiguous",)


def prepare(threads: int) -> None:
    """Load the backend: Numba is imported with it. Threads come from AMONT_NUM_THREADS, which the parent set."""
    current()


def make(workload: Workload) -> Any:
    """Return the model of a workload."""
    name, shape, classes = workload.model, workload.shape, workload.classes
    if name == "mlp":
        return models.MLP((shape[1], 256, 128, classes))
    if name == "lenet":
        return models.LeNet5(classes, shape[1], shape[2])
    if name in ZOO:
        return zoo(name, classes, shape[1], shape[2])
    options = {"num_layers": workload.layers, "bidirectional": workload.both}
    return models.create(name, input_size=shape[2], num_classes=classes, hidden_size=workload.hidden, **options)


def zoo(model: str, classes: int, channels: int, size: int) -> Any:
    """Return an image model for images of size × size pixels; nothing in it is random, the sides are compared."""
    options: dict[str, Any] = {"stem": stem_for(size)}
    options |= {"alexnet": {"image_size": size, "dropout": 0}, "convnext_tiny": {"stochastic_depth": 0}}.get(model, {})
    return models.create(model, num_classes=classes, in_channels=channels, **options)


def build_model(workload: Workload, weights: str, layout: str) -> Bench:
    """Return the step of a workload, and write its initial weights to the file `weights` for the other sides."""
    amont.seed(0)
    model = make(workload)
    amont.save(model, weights)
    x, labels = batch(workload)
    data = amont.tensor(x)
    if not workload.training:
        model.eval()

        def infer() -> Any:
            with amont.no_grad():
                return model(data)

        return Bench({"step": infer}, number)
    given = {"lengths": lengths(workload)} if workload.padded else {}
    optimizer = optim.SGD(model.parameters(), lr=workload.lr, momentum=MOMENTUM)

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data, **given), labels)
        loss.backward()
        optimizer.step()
        return loss

    return Bench({"step": step}, number, repeats=3)


def multiply_adds(workload: Workload) -> int:
    """Return the multiply-adds that a workload needs: a forward pass, in training also dx and dw of each layer.

    The first layer's dx is not needed: the input is data. Of a recurrent layer that is the part of W_ih.
    """
    from amont.explain import summary

    counted = summary(make(workload), workload.shape[1:])
    forward = counted.multiply_adds * workload.shape[0]
    if not workload.training:
        return forward
    first = next(layer.multiply_adds for layer in counted.layers if layer.multiply_adds) * workload.shape[0]
    if workload.model in GATES:
        N, T, D = workload.shape
        first = N * T * D * GATES[workload.model] * workload.hidden * (2 if workload.both else 1)
    if (steps := lengths(workload)) is not None:
        forward, first = (int(n * steps.mean() / workload.shape[1]) for n in (forward, first))
    return 3 * forward - first


def build_kernel(case: KernelCase, layout: str) -> Bench:
    """Return the pieces of a kernel, called as the operations call them."""
    a, kernels = arrays(case), current()
    if case.op in GATES:
        return _recurrent(case, a, kernels)
    options: dict[str, Any] = {}
    if case.op.startswith("conv"):
        options = {"stride": (case.stride,) * 2, "padding": (case.padding,) * 2, "dilation": (1, 1)}
        options |= {"groups": case.groups} | ({"output_padding": (0, 0)} if case.op == "conv_transpose" else {})
    forward, backward = getattr(kernels, f"{case.op}_forward"), getattr(kernels, f"{case.op}_backward")
    if case.op in ("layer_norm", "gelu"):
        inputs = (a["x"], a["gamma"], a["beta"]) if case.op == "layer_norm" else (a["x"],)
        options = {"axes": 1, "eps": 1e-6} if case.op == "layer_norm" else {}
        _, cache = forward(*inputs, **options)
        needs = (True,) * len(inputs)
        return Bench(
            {"forward": lambda: forward(*inputs, **options)[0], "backward": lambda: backward(a["dy"], cache, needs)[0]},
            number,
        )
    _, cache = forward(a["x"], a["w"], a["b"], **options)
    pieces = {
        "forward": lambda: forward(a["x"], a["w"], a["b"], **options)[0],
        "dx": lambda: backward(a["dy"], cache, (True, False, False))[0],
        "dw": lambda: backward(a["dy"], cache, (False, True, True))[1],
    }
    return Bench(pieces, number)


def _recurrent(case: KernelCase, a: dict[str, Any], kernels: Any) -> Bench:
    op, states = case.op, 2 if case.op == "lstm" else 1
    options: dict[str, Any] = {"reverse": False} | ({"nonlinearity": "tanh"} if op == "rnn" else {})
    inputs = (a["x"], *[None] * states, a["w_ih"], a["w_hh"], a["b_ih"], a["b_hh"], None)
    forward, backward = getattr(kernels, f"{op}_forward"), getattr(kernels, f"{op}_backward")
    _, cache = forward(*inputs, **options)
    needs = (True, *[False] * states, True, True, True, True, False)
    upstream = (a["dy"], *[None] * states)
    return Bench(
        {
            "forward": lambda: forward(*inputs, **options)[0][0],
            "backward": lambda: backward(upstream, cache, needs)[0],
        },
        number,
    )


def product(n: int) -> Bench:
    """Return the product of two n × n matrices, for the best speed of this machine."""
    a = amont.tensor(np.random.default_rng(0).standard_normal((n, n), np.float32))

    def multiply() -> Any:
        with amont.no_grad():
            return F.matmul(a, a)

    return Bench({"product": multiply}, number)


def number(value: Any) -> float:
    """Return mean |value|: of a loss, the loss."""
    array = value.array if isinstance(value, amont.Tensor) else value
    return float(np.abs(array, dtype=np.float64).mean())
