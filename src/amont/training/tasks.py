"""What a run learns: the class of a sample, the class of every pixel, or the input itself.

classification    labels (N,)        cross-entropy
segmentation      labels (N, H, W)   cross-entropy of every pixel; data of the kind "scene"
reconstruction    the input          squared error; the autoencoder
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from amont.core.errors import ArgumentError
from amont.data import ArrayDataset, Data, transforms
from amont.ops.loss import cross_entropy, mse_loss
from amont.training import recipes
from amont.training.config import RunConfig

CLASSIFICATION, SEGMENTATION, RECONSTRUCTION = "classification", "segmentation", "reconstruction"
METRICS = {CLASSIFICATION: ("accuracy",), SEGMENTATION: ("accuracy", "mean_iou"), RECONSTRUCTION: ()}


def task_of(config: RunConfig, data: Data) -> str:
    """Return the task of a run. Errors: `ArgumentError` for a setting that is only for classes."""
    if config.model != "autoencoder":
        return SEGMENTATION if data.kind == "scene" else CLASSIFICATION
    if config.label_smoothing:
        raise ArgumentError(
            "an autoencoder has no labels to smooth: its target is its input; leave label_smoothing out"
        )
    return RECONSTRUCTION


def with_targets(task: str, dataset: ArrayDataset) -> ArrayDataset:
    """Return the data set with what is to be learned as y."""
    return ArrayDataset(dataset.x, dataset.x) if task == RECONSTRUCTION else dataset


def loss_of(task: str, config: RunConfig) -> Callable[..., Any]:
    """Return the loss."""
    return mse_loss if task == RECONSTRUCTION else partial(cross_entropy, label_smoothing=config.label_smoothing)


def augmentation_of(task: str, config: RunConfig, data: Data) -> transforms.Transform | None:
    """Return the augmentation, if the run has one. It changes x, and must leave the target true.

    An autoencoder gets noise and holes: it learns to take them away (a denoising autoencoder).
    """
    if not config.augment:
        return None
    if task != RECONSTRUCTION:
        return recipes.augmentation(data, config.cutout)
    holes = [transforms.Cutout(config.cutout)] if config.cutout else []
    return transforms.Compose(transforms.GaussianNoise(0.1), *holes)
