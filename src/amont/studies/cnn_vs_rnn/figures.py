"""The figures of the report. Every series has its own colour, line and marker, so that grey print is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Plot
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from amont.explain.plots import HATCHES, line, lines_over_time, new_figure, style
from amont.studies.cnn_vs_rnn import tasks
from amont.studies.cnn_vs_rnn.config import INITIALIZATIONS, MEMORY, MODELS, RECURRENT, TASKS
from amont.studies.cnn_vs_rnn.results import Results
from amont.studies.cnn_vs_rnn.wording import capital, initialization_name, model_name, task_name
from amont.studies.report import Language

BAR_COLOURS = ("#0072B2", "#E69F00", "#009E73")


def data_examples(lang: Language) -> Plot:
    """Draw a signal in order and shuffled, and an image with its rows."""
    signals, digits = tasks.read("mnist1d").test, tasks.read("digits").test
    with style():
        figure, axes = new_figure(1, 3, (11, 3.2), width_ratios=(2, 2, 1.2))
        order = np.arange(tasks.POSITIONS)
        pairs = ((order, "mnist1d"), (tasks.permutation(0), "mnist1d-shuffled"))
        for ax, (positions, task) in zip(axes[0], pairs):
            ax.plot(order + 1, signals.x[0, 0, positions], ".-", color="#0072B2")
            ax.set(title=task_name(task, lang), xlabel=lang._("position"), ylabel=lang._("value"))
        ax = axes[0, 2]
        ax.pcolormesh(np.arange(1, 9), np.arange(1, 9), digits.x[0, 0], cmap="gray_r")
        ax.set_aspect("equal")
        ax.invert_yaxis()
        ax.set(title=task_name("digits", lang), xlabel=lang._("column"), ylabel=lang._("row = time step"))
        ax.set_xticks(range(1, 9))
        ax.set_yticks(range(1, 9))
        ax.grid(False)
        for ax in axes[0, :2]:
            ax.yaxis.set_major_formatter(_plain(lang))
    return figure


def accuracies(results: Results, lang: Language) -> Plot:
    """Draw the test accuracy of each model on each task: mean, deviation, and every seed as a dot."""
    with style():
        figure, axes = new_figure(size=(11, 4.8))
        ax, width = axes[0, 0], 0.27
        for i, task in enumerate(TASKS):
            samples = [results["tasks"][task][model]["test_accuracy"] for model in MODELS]
            x = np.arange(len(MODELS)) + (i - 1) * width
            means = [100 * s["mean"] for s in samples]
            errors = [100 * (s["deviation"] or 0) for s in samples]
            bars = {"color": BAR_COLOURS[i], "hatch": HATCHES[i], "edgecolor": "black", "linewidth": 0.8}
            ax.bar(x, means, width, yerr=errors, capsize=4, label=task_name(task, lang), **bars)
            for place, s in zip(x, samples):
                dots = 100 * np.array(s["values"])
                ax.plot(np.full(len(dots), place), dots, "o", color="white", markeredgecolor="black", markersize=4)
        ax.axhline(10, color="black", linewidth=1, linestyle=":")
        ax.text(5.5, 11, lang._("chance"), ha="left", va="bottom", fontsize=11)
        ax.set_xticks(range(len(MODELS)), [capital(model_name(m, lang)).replace(" ", "\n") for m in MODELS])
        ax.set(ylabel=lang._("test accuracy (%)"), ylim=(0, 104), xlim=(-0.5, 6))
        ax.grid(axis="x", visible=False)
        figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def learning_curves(results: Results, lang: Language) -> Plot:
    """Draw training loss and test accuracy over the epochs, per task; the band is the range over the seeds."""
    with style():
        figure, axes = new_figure(2, 3, (13, 7.5), sharex="col")
        for column, task in enumerate(TASKS):
            for number, model in enumerate(MODELS):
                curves = results["tasks"][task][model]["curves"]
                _curve(axes[0, column], curves["loss"], 1, number, capital(model_name(model, lang)))
                _curve(axes[1, column], curves["test_accuracy"], 100, number, capital(model_name(model, lang)))
            axes[0, column].set(title=task_name(task, lang))
            _log_scale(axes[0, column], lang)
            axes[1, column].set(xlabel=lang._("epoch"), ylim=(0, 102))
            axes[1, column].xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes[0, 0].set(ylabel=lang._("training loss (nats)"))
        axes[1, 0].set(ylabel=lang._("test accuracy (%)"))
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=6)
    return figure


def _curve(ax: Axes, curve: dict[str, Any], scale: float, number: int, label: str) -> None:
    epochs = np.arange(1, len(curve["mean"]) + 1)
    look = line(number)
    gap = max(1, len(epochs) // 6)
    ax.plot(epochs, scale * np.array(curve["mean"]), label=label, markevery=(number % gap, gap), **look)
    low, high = (scale * np.array(curve[side]) for side in ("low", "high"))
    ax.fill_between(epochs, low, high, color=look["color"], alpha=0.15, linewidth=0)


def cost(results: Results, lang: Language) -> Plot:
    """Draw accuracy against multiply-adds, and the time of an epoch, on MNIST-1D in order."""
    rows = results["tasks"]["mnist1d"]
    with style():
        figure, axes = new_figure(1, 2, (12, 4.6))
        left, right = axes[0]
        for number, model in enumerate(MODELS):
            look = line(number) | {"linestyle": "none", "markersize": 11}
            y = 100 * rows[model]["test_accuracy"]["mean"]
            left.plot(rows[model]["multiply_adds"], y, label=capital(model_name(model, lang)), **look)
        left.set(xscale="log", ylim=(0, 102), xlim=(200, 1e5))
        figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=len(MODELS))
        left.set(xlabel=lang._("multiply-adds per sample"), ylabel=lang._("test accuracy (%)"))
        times = [rows[model]["seconds_per_epoch"]["mean"] for model in MODELS]
        bars = right.barh([capital(model_name(m, lang)) for m in MODELS], times, color="#56B4E9", edgecolor="black")
        right.bar_label(bars, [lang.seconds(t) for t in times], padding=4, fontsize=12)
        right.set(xlabel=lang._("time per training epoch (s)"), xlim=(0, 1.25 * max(times)))
        right.invert_yaxis()
        right.grid(axis="y", visible=False)
        right.xaxis.set_major_formatter(_plain(lang))
    return figure


def layer_gradients(results: Results, lang: Language) -> Plot:
    """Draw the gradient norm per layer of both CNNs, at the start and at the end of training."""
    with style():
        figure, axes = new_figure(1, 2, (12, 4.4))
        for ax, task in zip(axes[0], ("mnist1d", "digits")):
            gradients = results["tasks"][task]["cnn"]["gradients"]
            names = _layer_names(list(gradients["start"]["layers"]), lang)
            for number, (when, label) in enumerate(_moments(lang)):
                ax.plot(names, list(gradients[when]["layers"].values()), label=label, **line(number))
            ax.set(title=task_name(task, lang), xlabel=lang._("layer, from input to output"))
            ax.margins(x=0.1)
            _log_scale(ax, lang)
        axes[0, 0].set(ylabel=r"$\Vert\,\partial L/\partial\theta\,\Vert_2$")
        axes[0, 0].legend()
    return figure


def _layer_names(layers: list[str], lang: Language) -> list[str]:
    convolutions = [f"conv {i + 1}" for i in range(len(layers) - 1)]
    return [*convolutions, lang._("dense")]


def step_gradients(results: Results, lang: Language) -> Plot:
    """Draw the gradient norm per time step, start and end: reading all steps, and reading the last state only."""
    with style():
        figure, axes = new_figure(2, 2, (12.5, 8), sharex=True)
        for row, task in enumerate(("mnist1d", MEMORY)):
            for column, (when, label) in enumerate(_moments(lang)):
                series = {model_name(m, lang): results["tasks"][task][m]["gradients"][when]["steps"] for m in RECURRENT}
                ax = axes[row, column]
                lines_over_time(ax, series)
                ax.legend(loc="best")
                ax.set(title=f"{_readout(task, lang)}, {label}")
            _share_y(axes[row])
            axes[row, 0].set(ylabel=r"$\Vert\,\partial L/\partial h_t\,\Vert_2$")
        for ax in axes.flat:
            _log_scale(ax, lang)
        for ax in axes[1]:
            ax.set(xlabel=lang._("time step t"))
    return figure


def jacobian_products(results: Results, lang: Language) -> Plot:
    """Draw ‖∂h_T/∂h_t‖ over t for the initializations of W_hh, before and after training."""
    with style():
        figure, axes = new_figure(1, 2, (12, 5), sharey=True)
        for ax, (when, label) in zip(axes[0], _moments(lang)):
            series = {
                initialization_name(i, lang): results["tasks"][MEMORY][f"rnn-{i}"]["gradients"][when]["products"]
                for i in INITIALIZATIONS
            }
            lines_over_time(ax, series)
            ax.axhline(1, color="black", linewidth=1)
            ax.set(title=label[0].upper() + label[1:], xlabel=lang._("time step t"))
        axes[0, 0].set(ylabel=r"$\Vert\,\partial h_T/\partial h_t\,\Vert_2$")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        title = lang._("initial") + " $W_{hh}$"
        figure.legend(handles, labels, title=title, loc="outside upper center", ncols=len(labels))
    return figure


def _moments(lang: Language) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("start", lang._("before training")), ("end", lang._("after training"))


def _readout(task: str, lang: Language) -> str:
    return lang._("last state read") if task == MEMORY else lang._("all steps read")


def _share_y(axes: Any) -> None:
    low, high = min(ax.get_ylim()[0] for ax in axes), max(ax.get_ylim()[1] for ax in axes)
    for ax in axes:
        ax.set_ylim(low, high)


def _plain(lang: Language) -> FuncFormatter:
    """Return a formatter that writes numbers with the decimal mark of the language."""
    return FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−").replace(".", lang.decimal))


def _log_scale(ax: Axes, lang: Language) -> None:
    """Make the y axis logarithmic: over less than two decades plain numbers (1, 2, 5), else powers of ten."""
    ax.set_yscale("log")
    low, high = ax.get_ylim()
    ax.yaxis.set_minor_formatter(NullFormatter())
    if high / low < 100:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(_plain(lang))
