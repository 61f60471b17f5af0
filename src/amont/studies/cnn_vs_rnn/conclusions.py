"""Conclusions drawn from the numbers: each compares what was measured with its scatter, and says whether it holds.

A finding is a key, a verdict and the numbers it rests on; `wording.py` makes a sentence of it in the report's language.
The 95 % interval of a difference of means decides (`studies/compare.py`): where it holds zero, none is claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from amont.studies.cnn_vs_rnn.config import INITIALIZATIONS, MEMORY, MODELS
from amont.studies.cnn_vs_rnn.results import Results, accuracy, reach
from amont.studies.compare import Sample, compare

HOLDS, FAILS, UNCERTAIN = "holds", "fails", "uncertain"
TRAINED = 0.25  # accuracy above which a shuffled model has learned something that shuffling could take (chance: 0.1)


@dataclass(frozen=True)
class Finding:
    """What the numbers say about one claim of the course."""

    key: str
    verdict: str
    numbers: dict[str, Any] = field(default_factory=dict)


def draw(results: Results) -> list[Finding]:
    """Return all findings."""
    return [rule(results) for rule in RULES]


def best_in_order(results: Results) -> Finding:
    """Which model is best on MNIST-1D in order, and from which others can it not be told apart?"""
    scores = {model: accuracy(results, "mnist1d", model) for model in MODELS}
    best = max(scores, key=lambda model: scores[model].mean)
    alike = [m for m in MODELS if m != best and compare(scores[best], scores[m]).verdict in ("alike", "unknown")]
    numbers = {"best": best, "mean": scores[best].mean, "deviation": scores[best].deviation, "alike": alike}
    return Finding("best_in_order", UNCERTAIN if alike else HOLDS, numbers)


def cnn_against_mlp(results: Results) -> Finding:
    """Shared weights: is the CNN better than the MLP, with fewer weights?"""
    cnn, mlp = (accuracy(results, "mnist1d", model) for model in ("cnn", "mlp"))
    weights = {m: results["tasks"]["mnist1d"][m]["parameters"] for m in ("cnn", "mlp")}
    verdict = compare(cnn, mlp).verdict
    holds = verdict == "higher" and weights["cnn"] < weights["mlp"]
    numbers = _difference(cnn, mlp) | {"cnn_parameters": weights["cnn"], "mlp_parameters": weights["mlp"]}
    return Finding("cnn_against_mlp", HOLDS if holds else _not_held(verdict), numbers)


def shuffling(model: str, loses: bool) -> Callable[[Results], Finding]:
    """Return the rule: does a model lose accuracy when the positions are shuffled? The MLP should not (D1)."""

    verdicts = {"higher": HOLDS, "lower": FAILS} if loses else {"alike": HOLDS, "higher": FAILS, "lower": FAILS}

    def rule(results: Results) -> Finding:
        order, shuffled = (accuracy(results, task, model) for task in ("mnist1d", "mnist1d-shuffled"))
        verdict = verdicts.get(compare(order, shuffled).verdict, UNCERTAIN) if order.mean > TRAINED else UNCERTAIN
        numbers = _difference(order, shuffled) | {"model": model}
        return Finding("shuffling_hurts" if loses else "shuffling_harmless", verdict, numbers)

    return rule


def gates_against_plain(results: Results) -> Finding:
    """Are LSTM and GRU better than the plain RNN on MNIST-1D in order?"""
    scores = {model: accuracy(results, "mnist1d", model) for model in ("rnn", "lstm", "gru")}
    verdicts = {model: compare(scores[model], scores["rnn"]).verdict for model in ("lstm", "gru")}
    better = [model for model, verdict in verdicts.items() if verdict == "higher"]
    verdict = HOLDS if len(better) == 2 else _not_held(*verdicts.values())
    return Finding("gates_against_plain", verdict, {m: s.mean for m, s in scores.items()} | {"better": better})


def vanishing(results: Results) -> Finding:
    """Over 39 steps, by which factor does the gradient shrink in the plain RNN with small W_hh?"""
    logs = reach(results, "rnn-small", "start")
    steps = len(results["tasks"][MEMORY]["rnn-small"]["gradients"]["start"]["steps"]) - 1
    verdict = HOLDS if max(logs.values) < -3 else FAILS
    return Finding("vanishing", verdict, {"factor": 10**logs.mean, "steps": steps})


def initialization(results: Results) -> Finding:
    """Do the products ∂h_T/∂h_1 vanish, stay or explode with the initialization of W_hh?"""
    rows = results["tasks"][MEMORY]
    norms = {i: rows[f"rnn-{i}"]["gradients"]["start"]["products"][0] for i in INITIALIZATIONS}
    between = all(1e-3 < norms[i] < 10 for i in ("orthogonal", "identity"))
    holds = norms["small"] < 1e-3 and norms["large"] > 10 and between
    return Finding("initialization", HOLDS if holds else FAILS, {"norms": norms})


def initialization_matters(results: Results) -> Finding:
    """Does the initialization decide what the plain RNN has learned in the end (D0, conclusion)?"""
    scores = {i: accuracy(results, MEMORY, f"rnn-{i}") for i in INITIALIZATIONS}
    best, worst = max(scores, key=lambda i: scores[i].mean), min(scores, key=lambda i: scores[i].mean)
    verdict = compare(scores[best], scores[worst]).verdict
    numbers = _difference(scores[best], scores[worst]) | {"best": best, "worst": worst}
    return Finding("initialization_matters", HOLDS if verdict == "higher" else _not_held(verdict), numbers)


def gates_keep_gradient(results: Results) -> Finding:
    """Once trained, does more of the gradient reach the first step in LSTM and GRU than in the plain RNN?

    All three start from the same kind of weights, U(−1/√H, 1/√H).
    """
    logs = {model: reach(results, model, "end") for model in ("rnn", "lstm", "gru")}
    verdicts = {model: compare(logs[model], logs["rnn"]).verdict for model in ("lstm", "gru")}
    better = [model for model, verdict in verdicts.items() if verdict == "higher"]
    verdict = HOLDS if len(better) == 2 else _not_held(*verdicts.values())
    factors = {model: 10**sample.mean for model, sample in logs.items()}
    return Finding("gates_keep_gradient", verdict, {"factors": factors, "better": better})


def stride(results: Results) -> Finding:
    """What does stride 2 save, against stride 1 (Table 1 names the cost as the CNN's problem)?"""
    counts = results["counts"]
    ratio = counts["multiply_adds_stride_1"] / counts["multiply_adds_stride_2"]
    return Finding("stride", HOLDS if ratio > 1 else FAILS, {"ratio": ratio})


def sequential(results: Results) -> Finding:
    """Is an epoch of the recurrent networks slower per multiply-add, because the steps wait for each other?"""
    rows = results["tasks"]["mnist1d"]
    speed = {m: _per_product(rows[m]) for m in ("cnn", "rnn", "lstm", "gru")}
    verdicts = [compare(speed[m], speed["cnn"]).verdict for m in ("rnn", "lstm", "gru")]
    verdict = HOLDS if all(v == "higher" for v in verdicts) else _not_held(*verdicts)
    slower = {m: speed[m].mean / speed["cnn"].mean for m in ("rnn", "lstm", "gru")}
    return Finding("sequential", verdict, {"slower": slower})


def _per_product(row: dict[str, Any]) -> Sample:
    """Return the seconds of an epoch per multiply-add, over the seeds."""
    return Sample.of([seconds / row["multiply_adds"] for seconds in row["seconds_per_epoch"]["values"]])


def images(results: Results) -> Finding:
    """On images, is the CNN better than the best network that reads them row by row?"""
    scores = {model: accuracy(results, "digits", model) for model in ("cnn", "rnn", "lstm", "gru")}
    rival = max(("rnn", "lstm", "gru"), key=lambda model: scores[model].mean)
    verdict = compare(scores["cnn"], scores[rival]).verdict
    numbers = _difference(scores["cnn"], scores[rival]) | {"rival": rival}
    return Finding("images", HOLDS if verdict == "higher" else _not_held(verdict), numbers)


def _difference(a: Sample, b: Sample) -> dict[str, Any]:
    found = compare(a, b)
    return {"a": a.mean, "b": b.mean, "difference": found.difference, "margin": found.margin}


def _not_held(*verdicts: str) -> str:
    return FAILS if all(v == "lower" for v in verdicts) else UNCERTAIN


RULES: tuple[Callable[[Results], Finding], ...] = (
    best_in_order,
    cnn_against_mlp,
    shuffling("mlp", loses=False),
    shuffling("cnn", loses=True),
    shuffling("gru", loses=True),
    gates_against_plain,
    vanishing,
    initialization,
    initialization_matters,
    gates_keep_gradient,
    stride,
    sequential,
    images,
)
