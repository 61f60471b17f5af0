"""Words of the report in its language: names of models and tasks, and a sentence for each finding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amont.studies.cnn_vs_rnn.conclusions import FAILS, HOLDS, Finding
from amont.studies.report import Language

Numbers = dict[str, Any]


def model_name(model: str, lang: Language) -> str:
    """Return what a model is called."""
    _ = lang._
    names = {"logistic": _("logistic regression"), "mlp": "MLP", "cnn": "CNN", "rnn": "RNN", "lstm": "LSTM"}
    names |= {"gru": "GRU", "rnn-small": _("RNN, small"), "rnn-orthogonal": _("RNN, orthogonal")}
    names |= {"rnn-identity": _("RNN, identity"), "rnn-large": _("RNN, large")}
    return names[model]


def capital(text: str) -> str:
    """Return the text with a capital letter in front, for tables and figures."""
    return text[:1].upper() + text[1:]


def initialization_name(name: str, lang: Language) -> str:
    """Return an initialization of Wₕₕ in words."""
    _ = lang._
    return {"small": _("small"), "orthogonal": _("orthogonal"), "identity": _("identity"), "large": _("large")}[name]


def task_name(task: str, lang: Language) -> str:
    """Return what a task is called."""
    _ = lang._
    names = {"mnist1d": _("MNIST-1D in order"), "mnist1d-shuffled": _("MNIST-1D shuffled"), "digits": _("digits (8×8)")}
    return names[task]


def verdict_name(verdict: str, lang: Language) -> str:
    """Return a verdict in words."""
    _ = lang._
    return {HOLDS: _("holds"), FAILS: _("does not hold")}.get(verdict, _("not decided"))


def sentence(finding: Finding, lang: Language) -> str:
    """Return the finding as a sentence, chosen by its verdict and filled with its numbers."""
    return SENTENCES[finding.key](finding.verdict, finding.numbers, lang)


def _best(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    values = {"best": model_name(n["best"], lang), "score": lang.spread(n["mean"], n["deviation"])}
    if verdict == HOLDS:
        return _("On MNIST-1D in order, {best} is best with {score}, clearly ahead of all others.").format(**values)
    rivals = lang.join([model_name(m, lang) for m in n["alike"]])
    text = _("On MNIST-1D in order, {best} has the highest mean, {score}, but cannot be told apart from {rivals}.")
    return text.format(rivals=rivals, **values)


def _cnn_mlp(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("Shared weights pay: with {cnn} parameters against {mlp}, the CNN beats the MLP by {points}."),
        FAILS: _("Shared weights did not pay here: the CNN ({cnn} parameters) is below the MLP ({mlp}) by {points}."),
    }
    undecided = _("The CNN ({cnn} parameters) and the MLP ({mlp}) differ by {points}, which decides nothing.")
    counts = {"cnn": lang.whole(n["cnn_parameters"]), "mlp": lang.whole(n["mlp_parameters"])}
    return texts.get(verdict, undecided).format(points=points(n, lang), **counts)


def _harmless(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("Shuffling the positions makes no difference that can be shown to the {model}: {points}."),
        FAILS: _("Unlike what the course says, shuffling the positions changes the {model}: {points}."),
    }
    undecided = _("Whether shuffling the positions changes the {model} cannot be said: {points}.")
    return texts.get(verdict, undecided).format(model=model_name(n["model"], lang), points=points(n, lang))


def _hurts(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("The {model} lives on the order of the positions: shuffled, it falls from {a} to {b}."),
        FAILS: _("Unlike what was expected, shuffling does the {model} good: from {a} to {b}."),
    }
    undecided = _("That shuffling hurts the {model} cannot be shown here: {a} in order, {b} shuffled.")
    values = {"a": lang.percent(n["a"]), "b": lang.percent(n["b"])}
    return texts.get(verdict, undecided).format(model=model_name(n["model"], lang), **values)


def _gates(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    scores = {m: lang.percent(n[m]) for m in ("rnn", "lstm", "gru")}
    texts = {
        HOLDS: _("Gates help: LSTM ({lstm}) and GRU ({gru}) are both above the plain RNN ({rnn})."),
        FAILS: _("Gates did not help here: LSTM ({lstm}) and GRU ({gru}) are below the plain RNN ({rnn})."),
    }
    partly = _("Of the gated networks, {better} is above the plain RNN ({rnn}): LSTM {lstm}, GRU {gru}.")
    neither = _("Neither LSTM ({lstm}) nor GRU ({gru}) is clearly above the plain RNN ({rnn}).")
    better = lang.join([model_name(m, lang) for m in n["better"]])
    return texts.get(verdict, partly if better else neither).format(better=better, **scores)


def _vanishing(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("The gradient vanishes: with small Wₕₕ, {factor} of it is left after {steps} steps back."),
        FAILS: _("With small Wₕₕ the gradient does not vanish: {factor} of it is left after {steps} steps back."),
    }
    return texts[verdict].format(factor=lang.scientific(n["factor"]), steps=n["steps"])


def _initialization(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    norms = {name: lang.scientific(value) for name, value in n["norms"].items()}
    texts = {
        HOLDS: _(
            "Wₕₕ decides: over 39 steps the product of Jacobians has norm {small} if it starts small and {large} if "
            "large, but {orthogonal} if orthogonal and {identity} if the identity."
        ),
        FAILS: _(
            "The initialization of Wₕₕ does not separate as expected: norms {small} (small), {orthogonal} "
            "(orthogonal), {identity} (identity), {large} (large)."
        ),
    }
    return texts[verdict].format(**norms)


def _matters(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("It also decides what is learned: after the same training, {best} gives {a} and {worst} {b}."),
    }
    undecided = _("What is learned does not show it clearly: best {best} with {a}, worst {worst} with {b} ({points}).")
    names = {key: lang.quote(initialization_name(n[key], lang)) for key in ("best", "worst")}
    values = {"a": lang.percent(n["a"]), "b": lang.percent(n["b"]), "points": points(n, lang)}
    return texts.get(verdict, undecided).format(**names, **values)


def _keep(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("Once trained, LSTM and GRU keep more of the gradient at the first step than the plain RNN:"),
        FAILS: _("Once trained, LSTM and GRU keep less of the gradient at the first step than the plain RNN:"),
    }
    partly = _("That both LSTM and GRU, once trained, keep more of the gradient at the first step cannot be shown:")
    factors = {m: lang.scientific(v) for m, v in n["factors"].items()}
    detail = f" LSTM {factors['lstm']}, GRU {factors['gru']}, RNN {factors['rnn']}."
    return texts.get(verdict, partly) + detail


def _stride(verdict: str, n: Numbers, lang: Language) -> str:
    text = lang._("Stride 2 keeps the cost of the CNN down: without it, {ratio} times as many multiply-adds.")
    return text.format(ratio=lang.number(n["ratio"]))


def _sequential(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("Waiting for the step before costs time: per multiply-add, {list} as slow as the CNN."),
        FAILS: _("The loop over time costs nothing here: per multiply-add, {list} as slow as the CNN."),
    }
    undecided = _(
        "That the loop over time costs every network time cannot be shown: per multiply-add, {list} as slow as the CNN."
    )
    one = _("{model} is {ratio} times")
    names = [one.format(model=model_name(m, lang), ratio=lang.number(r)) for m, r in n["slower"].items()]
    return texts.get(verdict, undecided).format(list=lang.join(names))


def _images(verdict: str, n: Numbers, lang: Language) -> str:
    _ = lang._
    texts = {
        HOLDS: _("On images, the CNN ({a}) is above {rival}, the best network that reads them by rows ({b})."),
        FAILS: _("On images, {rival}, which reads them by rows ({b}), is above the CNN ({a})."),
    }
    undecided = _("On images, the CNN ({a}) and {rival}, which reads them by rows ({b}), cannot be told apart.")
    values = {"a": lang.percent(n["a"]), "b": lang.percent(n["b"]), "rival": model_name(n["rival"], lang)}
    return texts.get(verdict, undecided).format(**values)


def points(n: Numbers, lang: Language) -> str:
    """Return a difference of accuracies with its 95 % interval, e.g. "25.9 ± 1.2 points"."""
    difference = lang.number(100 * n["difference"])
    if n["margin"] is None:
        return lang._("{difference} points (one seed)").format(difference=difference)
    return lang._("{difference} ± {margin} points").format(difference=difference, margin=lang.number(100 * n["margin"]))


SENTENCES: dict[str, Callable[[str, Numbers, Language], str]] = {
    "best_in_order": _best,
    "cnn_against_mlp": _cnn_mlp,
    "shuffling_harmless": _harmless,
    "shuffling_hurts": _hurts,
    "gates_against_plain": _gates,
    "vanishing": _vanishing,
    "initialization": _initialization,
    "initialization_matters": _matters,
    "gates_keep_gradient": _keep,
    "stride": _stride,
    "sequential": _sequential,
    "images": _images,
}
