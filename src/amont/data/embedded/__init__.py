"""Small real data sets that come with amont; each is an .npz of arrays and a .toml that says where it comes from.

`tools/make_embedded_data.py` made them, and says how.
"""

from __future__ import annotations

import tomllib
from importlib import resources

import numpy as np

from amont.data.bundle import Data, Info
from amont.data.dataset import ArrayDataset

NAMES = ("digits", "japanese-vowels", "mnist1d")


def load_embedded(name: str) -> Data:
    """Return one of `NAMES`."""
    files = resources.files(__name__)
    about = tomllib.loads((files / f"{name}.toml").read_text(encoding="utf-8"))
    with (files / f"{name}.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        train, test = (
            ArrayDataset(arrays[f"x_{part}"], arrays[f"y_{part}"], arrays.get(f"lengths_{part}"))
            for part in ("train", "test")
        )
    info = Info(**{key: about[key] for key in ("description", "source", "licence", "citation")})
    return Data(name, about["kind"], train, test, tuple(about["class_names"]), info)
