"""Augmentation and normalization, for whole batches, with one private random stream per sample."""

from amont.data.transforms.base import Compose, Transform
from amont.data.transforms.flip import RandomHorizontalFlip
from amont.data.transforms.noise import Cutout, GaussianNoise
from amont.data.transforms.normalize import Normalize
from amont.data.transforms.rotation import RandomRotation
from amont.data.transforms.shift import RandomCrop, RandomShift

__all__ = [
    "Compose",
    "Cutout",
    "GaussianNoise",
    "Normalize",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomRotation",
    "RandomShift",
    "Transform",
]
