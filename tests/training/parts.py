"""A small problem that several tests train on."""

from __future__ import annotations

from typing import Any

import numpy as np

import amont
from amont import data, nn, optim


def dataset(n: int = 60, seed: int = 0) -> data.ArrayDataset:
    """Return three clouds of points in four dimensions."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return data.ArrayDataset(rng.standard_normal((n, 4)) + 2 * np.eye(3, 4)[y], y)


def model() -> nn.Sequential:
    """Return a net with dropout (randomness) and batch norm (buffers)."""
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))


def loaders(n: int = 60, batch_size: int = 8) -> tuple[data.DataLoader, data.DataLoader]:
    """Return loaders for training and validation."""
    train = data.DataLoader(dataset(n), batch_size, shuffle=True, transform=data.transforms.GaussianNoise(0.1))
    return train, data.DataLoader(dataset(30, seed=1), 16)


def trainer(net: nn.Module | None = None, lr: Any = 0.02, **options: Any) -> amont.Trainer:
    """Return a quiet trainer."""
    net = net or model()
    options = {"metrics": ["accuracy"], "progress": False} | options
    return amont.Trainer(net, optimizer=optim.Adam(net.parameters(), lr=lr), **options)
