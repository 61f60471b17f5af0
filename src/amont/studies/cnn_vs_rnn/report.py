"""The report: tables, figures, text and conclusions put into one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matplotlib.figure import Figure as Plot

from amont.studies.cnn_vs_rnn import figures, text
from amont.studies.cnn_vs_rnn.conclusions import Finding
from amont.studies.cnn_vs_rnn.config import MEMORY, MEMORY_MODELS, MODELS, TASKS
from amont.studies.cnn_vs_rnn.equations import all_equations
from amont.studies.cnn_vs_rnn.published import PUBLISHED, reproduced
from amont.studies.cnn_vs_rnn.results import Results
from amont.studies.cnn_vs_rnn.wording import capital, model_name, sentence, task_name, verdict_name
from amont.studies.report import Figure, Language, render
from amont.studies.report.mathml import inline, partial, row, sub

Row = dict[str, Any]


def write(results: Results, lang: Language) -> str:
    """Return the page as HTML."""
    findings = [Finding(**finding) for finding in results["conclusions"]]
    return render(
        "cnn_vs_rnn/report.html.j2",
        lang,
        title=lang._("CNN and RNN compared: the mathematics, and the measurements"),
        subtitle=text.subtitle(results, lang),
        abstract=text.abstract(results, findings, lang),
        eq=all_equations(),
        figures=draw(results, lang),
        findings=[_finding(finding, lang) for finding in findings],
        method=text.method(results, lang),
        published_text=text.published(results, lang),
        environment=text.environment(results, lang),
        command=text.command(results, lang),
        references=text.references(lang),
        table_1=text.table_1(results, lang),
        table_2=table_2(results, lang),
        table_2_caption=text.table_2_caption(results, lang),
        table_3=table_3(results, lang),
        table_4=table_4(results, lang),
        table_5=table_5(results, lang),
        product_head=inline("‖", row(partial(sub("h", "T"), sub("h", "1"))), "‖"),
    )


def draw(results: Results, lang: Language) -> dict[str, Figure]:
    """Return all figures by name, with captions."""
    return {
        name: Figure.of(name, plot(results, lang), *text.caption(name, results, lang)) for name, plot in PLOTS.items()
    }


PLOTS: dict[str, Callable[[Results, Language], Plot]] = {
    "accuracies": figures.accuracies,
    "learning_curves": figures.learning_curves,
    "cost": figures.cost,
    "layer_gradients": figures.layer_gradients,
    "step_gradients": figures.step_gradients,
    "jacobian_products": figures.jacobian_products,
    "data_examples": lambda results, lang: figures.data_examples(lang),
}


def table_2(results: Results, lang: Language) -> list[Row]:
    """Return the measured numbers, task by task."""
    return [
        {"name": task_name(task, lang), "rows": [_measured(results, task, model, lang) for model in MODELS]}
        for task in TASKS
    ]


def _measured(results: Results, task: str, model: str, lang: Language) -> Row:
    numbers = results["tasks"][task][model]
    return {
        "name": capital(model_name(model, lang)),
        "test": _spread(numbers["test_accuracy"], lang),
        "train": _spread(numbers["train_accuracy"], lang),
        "parameters": lang.whole(numbers["parameters"]),
        "multiply_adds": lang.whole(numbers["multiply_adds"]),
        "kept": lang.data_size(numbers["kept_bytes"]),
        "seconds": lang.seconds(numbers["seconds_per_epoch"]["mean"]),
    }


def table_3(results: Results, lang: Language) -> list[Row]:
    """Return the published accuracies beside those measured here."""
    rows = []
    for task, models in PUBLISHED.items():
        for model, (value, tolerance, floor) in models.items():
            asked = f"≥ {lang.percent(floor, 0)}" if tolerance is None else f"± {lang.percent(tolerance, 0)}"
            rows.append(
                {
                    "task": task_name(task, lang),
                    "model": capital(model_name(model, lang)),
                    "published": lang.percent(value, 0),
                    "asked": asked,
                    "here": _spread(results["tasks"][task][model]["test_accuracy"], lang),
                    "verdict": lang._("yes") if reproduced(results, task, model) else lang._("no"),
                }
            )
    return rows


def table_4(results: Results, lang: Language) -> list[Row]:
    """Return the memory experiment."""
    rows = []
    for model in MEMORY_MODELS:
        numbers = results["tasks"][MEMORY][model]
        norms = {when: numbers["gradients"][when]["products"][0] for when in ("start", "end")}
        ends = {when: lang.scientific(norm) for when, norm in norms.items()}
        rows.append({"name": capital(model_name(model, lang)), "test": _spread(numbers["test_accuracy"], lang), **ends})
    return rows


def table_5(results: Results, lang: Language) -> list[Row]:
    """Return how the hyperparameters were chosen."""
    rows = []
    for model, tuned in results["tuning"]["models"].items():
        candidates = []
        for candidate in tuned["candidates"]:
            recipe = candidate["recipe"]
            setting = f"{lang.number(recipe['learning_rate'], 3)}, {recipe['batch']}"
            setting += f", {lang.number(recipe['weight_decay'])}" if recipe["weight_decay"] else ""
            score = lang.percent(candidate["mean"])
            candidates.append({"text": f"{setting}: {score}", "chosen": recipe == tuned["chosen"]})
        rows.append(
            {"name": capital(model_name(model, lang)), "epochs": tuned["chosen"]["epochs"], "candidates": candidates}
        )
    return rows


def _finding(finding: Finding, lang: Language) -> Row:
    return {
        "verdict": finding.verdict,
        "verdict_name": verdict_name(finding.verdict, lang),
        "sentence": sentence(finding, lang),
    }


def _spread(sample: dict[str, Any], lang: Language) -> str:
    return lang.spread(sample["mean"], sample["deviation"])
