"""Optimizers, learning-rate schedules and gradient clipping."""

from amont.optim import schedules
from amont.optim.adagrad import Adagrad
from amont.optim.adam import Adam
from amont.optim.adamw import AdamW
from amont.optim.clip import clip_grad_norm, clip_grad_value
from amont.optim.optimizer import Optimizer
from amont.optim.rmsprop import RMSprop
from amont.optim.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "clip_grad_norm", "clip_grad_value", "schedules"]
