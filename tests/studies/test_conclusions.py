"""Conclusions follow the numbers: turn the numbers round, and the sentence turns."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from amont.studies.cnn_vs_rnn import conclusions
from amont.studies.cnn_vs_rnn.conclusions import FAILS, HOLDS, UNCERTAIN, Finding
from amont.studies.cnn_vs_rnn.config import MEMORY
from amont.studies.cnn_vs_rnn.study import Outcome
from amont.studies.cnn_vs_rnn.wording import sentence
from amont.studies.compare import Sample
from amont.studies.report import Language

LEVELS = {"mnist1d": {"logistic": 0.3, "mlp": 0.68, "cnn": 0.94, "rnn": 0.6, "lstm": 0.85, "gru": 0.9}}
LEVELS["mnist1d-shuffled"] = {"logistic": 0.3, "mlp": 0.68, "cnn": 0.56, "rnn": 0.45, "lstm": 0.55, "gru": 0.57}
LEVELS["digits"] = {"logistic": 0.9, "mlp": 0.95, "cnn": 0.98, "rnn": 0.94, "lstm": 0.95, "gru": 0.96}


@pytest.fixture
def numbers(outcome: Outcome) -> dict[str, Any]:
    """The results of the tiny study with accuracies as in the published table, over three seeds."""
    results = copy.deepcopy(outcome.numbers)
    for task, levels in LEVELS.items():
        for model, level in levels.items():
            set_accuracy(results, task, model, level)
    for model, level in zip(results["tasks"][MEMORY], (0.1, 0.4, 0.5, 0.1, 0.2, 0.5, 0.6)):
        set_accuracy(results, MEMORY, model, level)
    return results


def set_accuracy(results: dict[str, Any], task: str, model: str, level: float, scatter: float = 0.005) -> None:
    values = [level - scatter, level, level + scatter]
    results["tasks"][task][model]["test_accuracy"] = Sample.of(values).to_dict()


def verdicts(results: dict[str, Any]) -> dict[str, str]:
    found = {}
    for finding in conclusions.draw(results):
        found[finding.key + finding.numbers.get("model", "")] = finding.verdict
    return found


def test_with_the_published_numbers_the_claims_hold(numbers: dict[str, Any]) -> None:
    found = verdicts(numbers)
    for key in (
        "best_in_order",
        "cnn_against_mlp",
        "shuffling_harmlessmlp",
        "shuffling_hurtscnn",
        "shuffling_hurtsgru",
    ):
        assert found[key] == HOLDS, key
    assert found["gates_against_plain"] == found["images"] == found["initialization_matters"] == HOLDS


def test_the_initial_products_of_jacobians_vanish_and_explode(numbers: dict[str, Any]) -> None:
    found = verdicts(numbers)
    assert found["vanishing"] == found["initialization"] == HOLDS  # measured, before any training


@pytest.mark.parametrize(
    "task, model, level, key, verdict",
    [
        ("mnist1d-shuffled", "mlp", 0.5, "shuffling_harmlessmlp", FAILS),
        ("mnist1d-shuffled", "cnn", 0.94, "shuffling_hurtscnn", UNCERTAIN),
        ("mnist1d-shuffled", "cnn", 0.99, "shuffling_hurtscnn", FAILS),
        ("mnist1d", "cnn", 0.5, "cnn_against_mlp", FAILS),
        ("mnist1d", "gru", 0.94, "best_in_order", UNCERTAIN),
        ("mnist1d", "gru", 0.5, "gates_against_plain", UNCERTAIN),
        ("digits", "gru", 0.999, "images", FAILS),
    ],
)
def test_other_numbers_turn_the_verdict(
    numbers: dict[str, Any], task: str, model: str, level: float, key: str, verdict: str
) -> None:
    set_accuracy(numbers, task, model, level, scatter=0.0005)
    assert verdicts(numbers)[key] == verdict


def test_what_reaches_the_first_step_is_compared_with_its_scatter(numbers: dict[str, Any]) -> None:
    for model, log in (("rnn", -5.0), ("lstm", -1.0), ("gru", 0.0)):
        numbers["tasks"][MEMORY][model]["reach"]["end"] = Sample.of([log - 0.1, log, log + 0.1]).to_dict()
    assert verdicts(numbers)["gates_keep_gradient"] == HOLDS
    numbers["tasks"][MEMORY]["gru"]["reach"]["end"] = Sample.of([-9.0, -5.0, -1.0]).to_dict()
    assert verdicts(numbers)["gates_keep_gradient"] == UNCERTAIN


def test_times_are_compared_per_product(numbers: dict[str, Any]) -> None:
    for model in ("cnn", "rnn", "lstm", "gru"):
        row = numbers["tasks"]["mnist1d"][model]
        seconds = row["multiply_adds"] * (1 if model == "cnn" else 2)
        row["seconds_per_epoch"] = Sample.of([0.99 * seconds, seconds, 1.01 * seconds]).to_dict()
    assert verdicts(numbers)["sequential"] == HOLDS
    row = numbers["tasks"]["mnist1d"]["rnn"]
    row["seconds_per_epoch"] = Sample.of([row["multiply_adds"] * factor for factor in (0.5, 1, 1.5)]).to_dict()
    assert verdicts(numbers)["sequential"] == UNCERTAIN


def test_much_scatter_decides_nothing(numbers: dict[str, Any]) -> None:
    set_accuracy(numbers, "mnist1d", "cnn", 0.8, scatter=0.2)
    assert verdicts(numbers)["cnn_against_mlp"] == UNCERTAIN


def test_one_seed_decides_nothing_about_means(outcome: Outcome) -> None:
    found = verdicts(outcome.numbers)
    for key in ("cnn_against_mlp", "shuffling_harmlessmlp", "shuffling_hurtscnn", "images", "gates_against_plain"):
        assert found[key] == UNCERTAIN, key


@pytest.mark.parametrize("code", ["en", "fr"])
@pytest.mark.parametrize("verdict", [HOLDS, FAILS, UNCERTAIN])
def test_every_verdict_has_its_sentence(numbers: dict[str, Any], verdict: str, code: str) -> None:
    always_decided = {"vanishing", "initialization"}
    for finding in conclusions.draw(numbers):
        if verdict == UNCERTAIN and finding.key in always_decided:
            continue
        text = sentence(Finding(finding.key, verdict, finding.numbers), Language(code))
        assert text.endswith(".")
        assert "{" not in text
