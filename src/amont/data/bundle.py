"""`Data`: a data set as `load` returns it, with its training and test parts and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from amont.core.errors import ArgumentError, DataError
from amont.data.dataset import ArrayDataset

Kind = Literal["image", "scene", "signal", "sequence", "video"]


@dataclass(frozen=True)
class Info:
    """Where a data set comes from, and what one may do with it."""

    description: str
    source: str
    licence: str
    citation: str


@dataclass(frozen=True)
class Data:
    """A named data set for classification.

    kind: "image" (N, C, H, W), "signal" (N, C, L), "sequence" (N, T, D) or "video" (N, T, C, H, W), the last two with
    lengths; "scene" is an image (N, C, H, W) with a class for every pixel, y (N, H, W).
    class_names: the name of class k at place k; every label must be one of these places.
    """

    name: str
    kind: Kind
    train: ArrayDataset
    test: ArrayDataset
    class_names: tuple[str, ...]
    info: Info

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ArgumentError(f"kind must be one of {get_args(Kind)}, got {self.kind!r}")
        for part, dataset in (("training", self.train), ("test", self.test)):
            _check_labels(f"{self.name}, {part} part", dataset, self.num_classes)

    @property
    def num_classes(self) -> int:
        """K, the number of classes."""
        return len(self.class_names)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample: (C, H, W), (C, L), (T, D) or (T, C, H, W)."""
        return self.train.x.shape[1:]


def _check_labels(where: str, dataset: ArrayDataset, num_classes: int) -> None:
    bad = np.argwhere((dataset.y < 0) | (dataset.y >= num_classes))
    if len(bad):
        found = dataset.y[tuple(bad[0])]
        raise DataError(f"{where}: labels must lie between 0 and {num_classes - 1}, but sample {bad[0][0]} has {found}")
