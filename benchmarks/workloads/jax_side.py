"""How JAX runs the MLP and LeNet: one jitted function is the whole step."""

from __future__ import annotations

import os
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.workloads.bench import Bench
from benchmarks.workloads.models import MOMENTUM, Workload, batch

VERSION = jax.__version__
LAYOUTS = ("contiguous",)


def prepare(threads: int) -> None:
    """Keep to as many CPUs as threads: XLA has no reliable option for it. Its pool is made at the first use."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def _dense(p: dict[str, Any], prefix: str, indices: tuple[int, ...], x: Any) -> Any:
    for i in indices:
        x = x @ p[f"{prefix}.{i}.weight"].T + p[f"{prefix}.{i}.bias"]
        x = x if i == indices[-1] else jax.nn.relu(x)
    return x


def _conv_pool(p: dict[str, Any], i: int, x: Any, padding: int) -> Any:
    x = lax.conv_general_dilated(x, p[f"features.{i}.weight"], (1, 1), [(padding, padding)] * 2)
    x = jax.nn.relu(x + p[f"features.{i}.bias"][:, None, None])
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def _logits(model: str, p: dict[str, Any], x: Any) -> Any:
    if model == "mlp":
        return _dense(p, "layers", (1, 3, 5), x)
    x = _conv_pool(p, 3, _conv_pool(p, 0, x, 2), 0)
    return _dense(p, "classifier", (1, 3, 5), x.reshape(len(x), -1))


def build_model(workload: Workload, weights: str, layout: str) -> Bench:
    """Return the step of a workload that starts from the weights that amont wrote."""
    from safetensors.numpy import load_file

    parameters = {name: jnp.asarray(array) for name, array in load_file(weights).items()}
    x, labels = map(jnp.asarray, batch(workload))

    def loss(p: dict[str, Any]) -> Any:
        logs = jax.nn.log_softmax(_logits(workload.model, p, x))
        return -jnp.take_along_axis(logs, labels[:, None], axis=1).mean()

    @jax.jit
    def update(p: dict[str, Any], velocity: dict[str, Any]) -> Any:
        value, dp = jax.value_and_grad(loss)(p)
        velocity = jax.tree.map(lambda v, g: MOMENTUM * v + g, velocity, dp)
        return jax.tree.map(lambda w, v: w - workload.lr * v, p, velocity), velocity, value

    state = [parameters, jax.tree.map(jnp.zeros_like, parameters)]
    infer = jax.jit(lambda p: _logits(workload.model, p, x))

    def step() -> Any:
        state[0], state[1], value = update(*state)
        return jax.block_until_ready((value, state[0]))[0]

    if not workload.training:
        return Bench({"step": lambda: jax.block_until_ready(infer(parameters))}, number)
    return Bench({"step": step}, number, repeats=3)


def number(value: Any) -> float:
    """Return mean |value|: of a loss, the loss."""
    return float(jnp.abs(value).mean())
