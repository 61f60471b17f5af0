"""Models by name, and models that fit a data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any

from amont.core.errors import ArgumentError, UnknownNameError, nearest
from amont.data import Data
from amont.models.alexnet import AlexNet
from amont.models.autoencoder import Autoencoder
from amont.models.cnn1d import CNN1d
from amont.models.cnn2d import CNN2d
from amont.models.convnext import convnext_tiny
from amont.models.fcn8s import FCN8s
from amont.models.lenet import LeNet5
from amont.models.logistic import LogisticRegression
from amont.models.mlp import MLP
from amont.models.recurrent import GRUClassifier, LSTMClassifier, RNNClassifier
from amont.models.resnet import (
    plain18,
    plain20,
    plain34,
    plain56,
    resnet8,
    resnet18,
    resnet20,
    resnet34,
    resnet50,
    resnet56,
    resnet101,
    resnext50_32x4d,
    wide_resnet50_2,
)
from amont.models.video import FrameClassifier, VideoClassifier
from amont.nn import Module

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """A model: how to build it, the kinds of data it takes, and the arguments that follow from the data.

    smallest: height and width that images must have.
    """

    build: Callable[..., Module]
    kinds: tuple[str, ...]
    arguments: Callable[[Data], Arguments]
    smallest: int = 1


def _flat_size(data: Data) -> int:
    size = 1
    for n in data.sample_shape:
        size *= n
    return size


def _logistic(data: Data) -> Arguments:
    return {"in_features": _flat_size(data), "num_classes": data.num_classes}


def _mlp(data: Data) -> Arguments:
    """From 28×28 pixels on, the hidden layers of LeCun et al., 1998; smaller ones for small samples."""
    inputs = _flat_size(data)
    return {"sizes": (inputs, *((300, 100) if inputs >= 784 else (100, 100)), data.num_classes)}


def _image(data: Data) -> Arguments:
    channels, *size = data.sample_shape
    return {"num_classes": data.num_classes, "in_channels": channels, "image_size": tuple(size)}


def _autoencoder(data: Data) -> Arguments:
    channels, *size = data.sample_shape
    return {"in_channels": channels, "image_size": tuple(size)}


def _dense(data: Data) -> Arguments:
    return {"num_classes": data.num_classes, "in_channels": data.sample_shape[0], "backbone": "small", "dropout": 0.0}


def _with_stem(data: Data) -> Arguments:
    """Small images get the small stem: the other one, made for 224 pixels, would leave too little of them."""
    channels, *size = data.sample_shape
    stem = "cifar" if min(size) <= LARGEST_SMALL_IMAGE else "imagenet"
    return {"num_classes": data.num_classes, "in_channels": channels, "stem": stem}


def _video(data: Data) -> Arguments:
    _, channels, *size = data.sample_shape
    return {"num_classes": data.num_classes, "in_channels": channels, "image_size": tuple(size)}


def _alexnet(data: Data) -> Arguments:
    return _image(data) | _with_stem(data)


def _signal(data: Data) -> Arguments:
    channels, length = data.sample_shape
    return {"num_classes": data.num_classes, "in_channels": channels, "length": length}


def _recurrent(data: Data) -> Arguments:
    """Images row by row; signals point by point in both directions with all states read, as in the published GRU."""
    shape = data.sample_shape
    if data.kind == "image":
        return {"num_classes": data.num_classes, "input_size": shape[0] * shape[2], "steps": shape[1]}
    if data.kind == "sequence":
        return {"num_classes": data.num_classes, "input_size": shape[1]}
    published = {"hidden_size": 6, "bidirectional": True, "readout": "all", "steps": shape[1], "signals": True}
    return {"num_classes": data.num_classes, "input_size": shape[0], **published}


LARGEST_SMALL_IMAGE = 64  # pixels

_ALL = ("image", "signal", "sequence")
_FIXED = ("image", "signal")  # samples of one size: a flat model cannot tell padding from data
_ENTRIES: Mapping[str, Entry] = {
    "alexnet": Entry(AlexNet, ("image",), _alexnet, smallest=15),
    "autoencoder": Entry(Autoencoder, ("image",), _autoencoder),
    "cnn1d": Entry(CNN1d, ("signal",), _signal),
    "cnn2d": Entry(CNN2d, ("image",), _image),
    "convnext_tiny": Entry(convnext_tiny, ("image",), _with_stem, smallest=16),
    "fcn8s": Entry(FCN8s, ("scene",), _dense),
    "frame-cnn": Entry(FrameClassifier, ("video",), _video),
    "gru": Entry(GRUClassifier, _ALL, _recurrent),
    "lenet": Entry(LeNet5, ("image",), _image),
    "logistic": Entry(LogisticRegression, _FIXED, _logistic),
    "lstm": Entry(LSTMClassifier, _ALL, _recurrent),
    "mlp": Entry(MLP, _FIXED, _mlp),
    "plain18": Entry(plain18, ("image",), _with_stem),
    "plain20": Entry(plain20, ("image",), _with_stem),
    "plain34": Entry(plain34, ("image",), _with_stem),
    "plain56": Entry(plain56, ("image",), _with_stem),
    "resnet8": Entry(resnet8, ("image",), _with_stem),
    "resnet18": Entry(resnet18, ("image",), _with_stem),
    "resnet20": Entry(resnet20, ("image",), _with_stem),
    "resnet34": Entry(resnet34, ("image",), _with_stem),
    "resnet50": Entry(resnet50, ("image",), _with_stem),
    "resnet56": Entry(resnet56, ("image",), _with_stem),
    "resnet101": Entry(resnet101, ("image",), _with_stem),
    "resnext50_32x4d": Entry(resnext50_32x4d, ("image",), _with_stem),
    "rnn": Entry(RNNClassifier, _ALL, _recurrent),
    "video": Entry(VideoClassifier, ("video",), _video),
    "wide_resnet50_2": Entry(wide_resnet50_2, ("image",), _with_stem),
}
NAMES = tuple(_ENTRIES)


def create(name: str, **arguments: Any) -> Module:
    """Return a new model by name, with the arguments of its class. Errors: `UnknownNameError`, `ArgumentError`."""
    entry = _entry(name)
    known = _known_arguments(entry.build)
    for argument in arguments:
        if argument not in known:
            raise ArgumentError(f"the model {name!r} has no argument {argument!r}: {nearest(argument, known)}")
    try:
        return entry.build(**arguments)
    except TypeError as error:
        raise ArgumentError(f"cannot build the model {name!r}: {error}") from error


def _known_arguments(build: Callable[..., Module]) -> list[str]:
    """Return the names of a model's arguments; what a recurrent classifier passes on, its layer knows."""
    if not isinstance(build, type):
        return list(signature(build).parameters)
    classes = [*build.__mro__, *getattr(build, "layer", build).__mro__]
    parameters = [p for c in classes if "__init__" in vars(c) for p in signature(c.__init__).parameters.values()]
    variable = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return list(dict.fromkeys(p.name for p in parameters if p.kind not in variable and p.name != "self"))


def fitting(data: Data) -> list[str]:
    """Return the names of the models that a data set can be given to."""
    size = min(data.sample_shape[1:]) if data.kind == "image" else 1
    return [name for name, entry in _ENTRIES.items() if data.kind in entry.kinds and size >= entry.smallest]


def for_data(name: str, data: Data, **arguments: Any) -> Module:
    """Return a new model that fits a data set: sizes and classes follow from the data, `arguments` go before.

    Errors: `ArgumentError` if the model is made for another kind of data; the message says which models fit.
    """
    entry = _entry(name)
    if data.kind not in entry.kinds:
        raise ArgumentError(
            f"the model {name!r} takes {' or '.join(entry.kinds)} data, but {data.name!r} is {data.kind} data of shape "
            f"{data.sample_shape}; models that fit it: {', '.join(fitting(data))}"
        )
    return create(name, **(entry.arguments(data) | arguments))


def _entry(name: str) -> Entry:
    if name not in _ENTRIES:
        raise UnknownNameError(f"there is no model {name!r}: {nearest(name, NAMES)}")
    return _ENTRIES[name]
