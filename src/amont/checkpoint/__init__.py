"""Saving and loading: weights, and whole training states, in safetensors files."""

from amont.checkpoint.arrays import load_arrays, load_metadata, save_arrays
from amont.checkpoint.model import load, save
from amont.checkpoint.state import load_state, save_state

__all__ = ["load", "load_arrays", "load_metadata", "load_state", "save", "save_arrays", "save_state"]
