"""The running text of the report, filled with numbers."""

from __future__ import annotations

from typing import Any

from amont.studies.cnn_vs_rnn.conclusions import FAILS, HOLDS, Finding
from amont.studies.cnn_vs_rnn.config import MEMORY
from amont.studies.cnn_vs_rnn.networks import HIDDEN
from amont.studies.cnn_vs_rnn.published import PUBLISHED, reproduced
from amont.studies.cnn_vs_rnn.results import Results, accuracy
from amont.studies.cnn_vs_rnn.wording import sentence
from amont.studies.compare import compare
from amont.studies.report import Language


def subtitle(results: Results, lang: Language) -> str:
    """Return the line below the title."""
    text = lang._("Technical report, computed by amont {version} on {date} (size: {size}; seeds: {seeds}).")
    plan, day = results["plan"], results["written"][:10]
    return text.format(version=results["environment"]["amont"], date=day, size=plan["name"], seeds=plan["seeds"])


def abstract(results: Results, findings: list[Finding], lang: Language) -> str:
    """Return the abstract: what was done, then the findings that carry it."""
    opening = lang._(
        "Logistic regression, MLP, CNN, RNN, LSTM and GRU, each written from scratch with its backward pass, are "
        "trained on signals (MNIST-1D, in order and shuffled) and on images (digits), and their gradients are measured."
    )
    chosen = ("best_in_order", "shuffling_harmless", "shuffling_hurts", "initialization", "initialization_matters")
    count = {verdict: sum(f.verdict == verdict for f in findings) for verdict in (HOLDS, FAILS)}
    closing = lang._("Claims examined: {total}; they hold: {holds}; they do not: {fails}; not decided: {open}.").format(
        total=len(findings), holds=count[HOLDS], fails=count[FAILS], open=len(findings) - sum(count.values())
    )
    return " ".join([opening, *(sentence(finding, lang) for finding in findings if finding.key in chosen), closing])


def table_1(results: Results, lang: Language) -> list[dict[str, Any]]:
    """Return the course's Table 1 with what was measured."""
    _ = lang._
    counts, rows = results["counts"], results["tasks"]["mnist1d"]
    steps = results["tasks"][MEMORY]["rnn-small"]["gradients"]["start"]["steps"]
    seen = _("One output of the last layer sees {field} of {all} positions. Shuffling costs the CNN {loss}.")
    weights = _("The first layer has {own} parameters for {positions} positions; a dense one would have {dense}.")
    recurrent = _("{own} parameters in each direction, used at each of the {steps} steps.")
    price = _("Stride 2 needs {two} multiply-adds per sample, stride 1 {one}.")
    gone = _("With small Wₕₕ, {factor} of the gradient is left after {steps} steps back.")
    forward = _("All positions at once: {time} per epoch, {rate} per million multiply-adds.")
    loop = _("{steps} steps, one after the other: {time} per epoch, {rate} per million multiply-adds.")
    lines = [
        (
            _("Dependency"),
            (
                _("Spatial (neighbourhood)"),
                seen.format(field=counts["receptive_field"], all=counts["steps"], loss=_loss(results, "cnn", lang)),
            ),
            (
                _("Temporal (sequence)"),
                _("Shuffling costs the RNN {rnn}, the GRU {gru}.").format(
                    rnn=_loss(results, "rnn", lang), gru=_loss(results, "gru", lang)
                ),
            ),
        ),
        (
            _("Weights"),
            (
                _("Shared in space"),
                weights.format(
                    own=lang.whole(counts["conv_parameters"]),
                    positions=counts["conv_positions"],
                    dense=lang.whole(counts["conv_as_dense_parameters"]),
                ),
            ),
            (_("Shared in time"), recurrent.format(own=counts["recurrent_parameters"], steps=counts["steps"])),
        ),
        (
            _("Problem"),
            (
                _("Explosion of the computation (stride)"),
                price.format(
                    one=lang.whole(counts["multiply_adds_stride_1"]), two=lang.whole(counts["multiply_adds_stride_2"])
                ),
            ),
            (_("Vanishing gradient"), gone.format(factor=lang.scientific(steps[0] / steps[-1]), steps=len(steps) - 1)),
        ),
        (
            _("Data flow"),
            (_("Forward (one direction)"), forward.format(**_speed(rows["cnn"], lang))),
            (_("Feedback loop"), loop.format(steps=counts["steps"], **_speed(rows["rnn"], lang))),
        ),
    ]
    keys = ("course", "measured")
    return [{"name": name, "sides": [dict(zip(keys, side)) for side in sides]} for name, *sides in lines]


def _loss(results: Results, model: str, lang: Language) -> str:
    found = compare(accuracy(results, "mnist1d", model), accuracy(results, "mnist1d-shuffled", model))
    return lang._("{points} points of accuracy").format(points=lang.number(100 * found.difference))


def _speed(row: dict[str, Any], lang: Language) -> dict[str, str]:
    """Return the time of an epoch, and per million multiply-adds (forward passes of its 4000 samples)."""
    seconds = row["seconds_per_epoch"]["mean"]
    millions = 4000 * row["multiply_adds"] / 1e6
    return {"time": lang.seconds(seconds), "rate": lang.seconds(seconds / millions)}


def table_2_caption(results: Results, lang: Language) -> str:
    """Return the caption of the table of results."""
    if results["plan"]["seeds"] == 1:
        return lang._("Results of one seed, without deviations. Recurrent networks read in both directions.")
    text = lang._(
        "Mean ± standard deviation over {seeds} seeds. RNN, LSTM and GRU are bidirectional, and the classifier reads "
        "the states of all steps."
    )
    return text.format(seeds=results["plan"]["seeds"])


def published(results: Results, lang: Language) -> str:
    """Return how many of the published accuracies were met."""
    verdicts = [reproduced(results, task, model) for task, models in PUBLISHED.items() for model in models]
    text = lang._("{met} of {total} published accuracies are met within the tolerance asked for.")
    line = text.format(met=sum(v is True for v in verdicts), total=len(verdicts))
    if results["plan"]["name"] == "full":
        return line
    return (
        line
        + " "
        + lang._(
            "This study was shortened to {share} of the epochs; the comparison is meant for the full size (--full)."
        ).format(share=lang.percent(results["plan"]["epochs"], 0))
    )


def method(results: Results, lang: Language) -> list[str]:
    """Return the paragraphs on how it was done."""
    _ = lang._
    return [
        _(
            "Data. MNIST-1D: 4000 signals of 40 points to train on and 1000 to test with, ten classes. Shuffled: one "
            "permutation of the 40 positions per seed, the same for all samples and models. Digits: 1297 images of "
            "8×8 pixels to train on and 500 to test with; the recurrent networks read the 8 rows as 8 time steps."
        ),
        _(
            "Networks. Those of the published table: MLP 40-100-100-10; CNN of three convolutions with 25 channels "
            "(kernels 5, 3, 3, stride 2), then a dense layer; GRU with {hidden} hidden units in each of two "
            "directions, whose states at all steps go to a dense layer. RNN and LSTM have the same sizes. For digits: "
            "a CNN of two convolutions (16 and 32 channels) with max pooling, {digits} hidden units per direction."
        ).format(hidden=HIDDEN["mnist1d"], digits=HIDDEN["digits"]),
        _(
            "Training. Cross-entropy, AdamW, a learning rate that falls as half a cosine to zero, no early stopping; "
            "the gradient of the recurrent networks is clipped at norm 1. The number of epochs is fixed beforehand. "
            "The test set is evaluated after each epoch for the curves; no decision depends on it, "
            "and the accuracy reported is that after the last epoch."
        ),
        _(
            "Choice of hyperparameters. Learning rate, batch size and weight decay were chosen on MNIST-1D in order, "
            "on a stratified validation split (one eighth of the training set, never the test set), mean of {seeds} "
            "seeds; Table 5 shows all candidates. The networks were then trained on the whole training set. Shuffled "
            "signals and digits use the same values; amont study cnn-vs-rnn --tune makes the choice again. "
            "Weight decay is a candidate for the MLP alone: the published networks are trained without, and that the "
            "MLP may have it was decided after a first run without it had been seen on the test set."
        ).format(seeds=len(results["tuning"]["seeds"])),
        _(
            "Memory experiment. One direction, 32 hidden units, only the last state is read; all models are trained "
            "alike (AdamW without weight decay, learning rate 0.005, clipping at norm 1), and nothing was tuned."
        ),
        _(
            "Gradients. Norms per layer and per time step are those of the loss on 100 training samples (LSTM: hidden "
            "and cell state together). Norms of products of Jacobians are spectral norms, mean over 10 samples. All "
            "are geometric means over the seeds."
        ),
        _(
            "Times are medians over the epochs of a run, without the evaluation, on the machine described below; they "
            "depend on what else it was doing."
        ),
    ]


def environment(results: Results, lang: Language) -> list[tuple[str, str]]:
    """Return what the study ran on."""
    _, e = lang._, results["environment"]
    versions = ", ".join(f"{name} {e[name]}" for name in ("amont", "python", "numpy", "numba") if e[name])
    return [
        (_("Versions"), versions.replace("python", "Python").replace("numpy", "NumPy").replace("numba", "Numba")),
        (_("Backend"), _("{name}, {threads} threads").format(name=e["backend"], threads=e["threads"])),
        (_("Processor"), _("{name}, {cores} cores").format(name=e["processor"], cores=e["cores"])),
        (_("System"), e["system"]),
        (_("Duration"), _duration(results, lang)),
    ]


def _duration(results: Results, lang: Language) -> str:
    text = lang._("{time} of training in {runs} runs")
    return text.format(time=lang.seconds(results["training_seconds"]), runs=results["runs"])


def command(results: Results, lang: Language) -> str:
    """Return the command that makes the study again."""
    plan = results["plan"]
    size = "" if plan["name"] == "default" else f" --{plan['name']}"
    version = results["environment"]["amont"]
    study = f"amont study cnn-vs-rnn{size} --seeds {plan['seeds']} --lang {lang.code}"
    return f"pip install amont=={version}\n{study}"


def references(lang: Language) -> list[str]:
    """Return the sources."""
    report = lang.quote("Étude Comparative : Fondements Mathématiques des CNN et RNN")
    return [
        lang._("{title}, technical report of the course, 2025.").format(title=report),
        "S. Greydanus, D. Kobak. Scaling down deep learning with MNIST-1D. ICML 2024. arXiv:2011.14439.",
        "E. Alpaydin, C. Kaynak. Optical Recognition of Handwritten Digits. UCI Machine Learning Repository, 1998. "
        "doi:10.24432/C50P49.",
        "Y. Bengio, P. Simard, P. Frasconi. Learning long-term dependencies with gradient descent is difficult. "
        "IEEE Transactions on Neural Networks 5(2), 1994.",
        "S. Hochreiter, J. Schmidhuber. Long short-term memory. Neural Computation 9(8), 1997.",
        "K. Cho et al. Learning phrase representations using RNN encoder–decoder. EMNLP 2014. arXiv:1406.1078.",
        "R. Pascanu, T. Mikolov, Y. Bengio. On the difficulty of training recurrent neural networks. ICML 2013. "
        "arXiv:1211.5063.",
        "Q. V. Le, N. Jaitly, G. E. Hinton. A simple way to initialize recurrent networks of rectified linear units. "
        "2015. arXiv:1504.00941.",
    ]


def caption(name: str, results: Results, lang: Language) -> tuple[str, str]:
    """Return a figure's caption, and a description for those who cannot see it."""
    _ = lang._
    captions = {
        "accuracies": _("Test accuracy per model and task: mean, standard deviation, and each seed as a dot."),
        "learning_curves": _(
            "Training loss and test accuracy over the epochs, mean over the seeds; the bands span lowest to highest."
        ),
        "cost": _("MNIST-1D in order. Left: accuracy against cost. Right: time of one epoch of training."),
        "layer_gradients": _("Norm of the gradient of the loss per layer of the CNN, before and after training."),
        "step_gradients": _(
            "Norm of the gradient at the state of each time step on MNIST-1D. Top: networks of Table 2, forward "
            "direction. Bottom: memory experiment, all three with the usual initial weights."
        ),
        "jacobian_products": _(
            "Norm of the product of Jacobians from step t to the last step, for four initializations of Wₕₕ. "
            "A straight line on this scale is a power: it vanishes or explodes with the distance."
        ),
        "data_examples": _("The data: a signal of MNIST-1D, the same with its positions shuffled, and an image."),
    }
    return captions[name], captions[name]
