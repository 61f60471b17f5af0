"""Training: the loop, what is measured, what can be hooked in, and runs that survive anything."""

from amont.training.callback import Callback
from amont.training.checkpointing import Checkpoint
from amont.training.early_stopping import EarlyStopping
from amont.training.gradual_pruning import GradualPruning
from amont.training.history import History
from amont.training.metrics import METRICS
from amont.training.progress import ProgressBar
from amont.training.trainer import Trainer

__all__ = [
    "METRICS",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "GradualPruning",
    "History",
    "ProgressBar",
    "Trainer",
]
