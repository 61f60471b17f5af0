"""Models: the systems of the course, built from layers."""

from amont.models.alexnet import AlexNet
from amont.models.autoencoder import Autoencoder
from amont.models.cnn1d import CNN1d
from amont.models.cnn2d import CNN2d
from amont.models.convnext import ConvNeXt, convnext_tiny
from amont.models.fcn8s import FCN8s
from amont.models.inputs import usual_data, usual_shape
from amont.models.lenet import LeNet5
from amont.models.logistic import LogisticRegression
from amont.models.mlp import MLP
from amont.models.recurrent import GRUClassifier, LSTMClassifier, RNNClassifier
from amont.models.registry import NAMES, create, fitting, for_data
from amont.models.resnet import (
    BasicBlock,
    Bottleneck,
    PlainBlock,
    ResNet,
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

__all__ = [
    "MLP",
    "NAMES",
    "AlexNet",
    "Autoencoder",
    "BasicBlock",
    "Bottleneck",
    "CNN1d",
    "CNN2d",
    "ConvNeXt",
    "FCN8s",
    "FrameClassifier",
    "GRUClassifier",
    "LSTMClassifier",
    "LeNet5",
    "LogisticRegression",
    "PlainBlock",
    "RNNClassifier",
    "ResNet",
    "VideoClassifier",
    "convnext_tiny",
    "create",
    "fitting",
    "for_data",
    "plain18",
    "plain20",
    "plain34",
    "plain56",
    "resnet8",
    "resnet18",
    "resnet20",
    "resnet34",
    "resnet50",
    "resnet56",
    "resnet101",
    "resnext50_32x4d",
    "usual_data",
    "usual_shape",
    "wide_resnet50_2",
]
