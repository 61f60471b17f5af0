"""Saving and loading: weights, and whole training states, in safetensors files; weights of PyTorch as data."""

from amont.checkpoint.arrays import load_arrays, load_metadata, save_arrays
from amont.checkpoint.model import load, save
from amont.checkpoint.pytorch import load_pytorch, read_pytorch
from amont.checkpoint.state import load_state, save_state

__all__ = [
    "load",
    "load_arrays",
    "load_metadata",
    "load_pytorch",
    "load_state",
    "read_pytorch",
    "save",
    "save_arrays",
    "save_state",
]
