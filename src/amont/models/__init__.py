"""Models: the systems of the course, built from layers."""

from amont.models.cnn1d import CNN1d
from amont.models.cnn2d import CNN2d
from amont.models.lenet import LeNet5
from amont.models.logistic import LogisticRegression
from amont.models.mlp import MLP
from amont.models.recurrent import GRUClassifier, LSTMClassifier, RNNClassifier
from amont.models.registry import NAMES, create, fitting, for_data

__all__ = [
    "MLP",
    "NAMES",
    "CNN1d",
    "CNN2d",
    "GRUClassifier",
    "LSTMClassifier",
    "LeNet5",
    "LogisticRegression",
    "RNNClassifier",
    "create",
    "fitting",
    "for_data",
]
