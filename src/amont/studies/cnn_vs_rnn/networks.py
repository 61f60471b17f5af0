"""The networks of the study: those of the published MNIST-1D table, and their counterparts for 8×8 images.

Greydanus & Kobak: MLP 40-100-100-10; CNN of three convolutions with 25 channels (kernels 5, 3, 3, stride 2,
padding 1) and a dense layer; GRU with 6 hidden units in both directions, whose states at all 40 steps go to a dense
layer. RNN and LSTM stand in the GRU's place with the same sizes.
"""

from __future__ import annotations

import math
from typing import Any

from amont import models
from amont.nn import Module, init
from amont.studies.cnn_vs_rnn.config import MEMORY, SCALES

CLASSIFIERS = {"rnn": models.RNNClassifier, "lstm": models.LSTMClassifier, "gru": models.GRUClassifier}
HIDDEN = {"mnist1d": 6, "digits": 16}  # per direction
MEMORY_HIDDEN = 32


def build(task: str, model: str, shape: tuple[int, ...], classes: int = 10) -> Module:
    """Return a new network for samples of the given shape; its weights come from the stream "init"."""
    if task == MEMORY:
        return _memory(model, classes)
    if model == "logistic":
        return models.LogisticRegression(math.prod(shape), classes)
    if model == "mlp":
        return models.MLP((math.prod(shape), 100, 100, classes))
    if model == "cnn":
        return signal_cnn(classes) if len(shape) == 2 else models.CNN2d(classes)
    steps, features = (shape[-1], 1) if len(shape) == 2 else shape[-2:]
    hidden = HIDDEN[task.removesuffix("-shuffled")]
    return CLASSIFIERS[model](
        features, classes, hidden, readout="all", steps=steps, signals=len(shape) == 2, bidirectional=True
    )


def signal_cnn(classes: int = 10, stride: int = 2) -> Module:
    """Return the published CNN for (1, 40). Other strides serve to count what the stride saves."""
    return models.CNN1d(classes, stride=stride)


def _memory(model: str, classes: int) -> Module:
    """Return a network that has to carry what it saw to the last step: one direction, the last state only."""
    kind, _, initialization = model.partition("-")
    options = {"hidden_init": hidden_init(initialization)} if initialization else {}
    return CLASSIFIERS[kind](1, classes, MEMORY_HIDDEN, readout="last", signals=True, **options)


def hidden_init(initialization: str) -> Any:
    """Return the initializer of W_hh, shape → array: the identity, or an orthogonal matrix times a scale."""
    if initialization == "identity":
        return init.identity
    return lambda shape: init.orthogonal(shape, gain=SCALES[initialization])
