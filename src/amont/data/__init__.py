"""Data: sets in arrays, loaders, transforms, vocabularies, and real data sets by name.

train, validation = data.split(data.load("digits").train, (0.9, 0.1))
for x, y in data.DataLoader(train, batch_size=64, shuffle=True): ...
"""

from amont.data import transforms
from amont.data.bundle import Data, Info
from amont.data.dataset import ArrayDataset, Dataset
from amont.data.fetching import fetch
from amont.data.loader import DataLoader
from amont.data.sample_random import SampleRandom
from amont.data.sources import NAMES, load
from amont.data.splitting import split
from amont.data.vocabulary import Vocabulary, pad_sequences

__all__ = [
    "NAMES",
    "ArrayDataset",
    "Data",
    "DataLoader",
    "Dataset",
    "Info",
    "SampleRandom",
    "Vocabulary",
    "fetch",
    "load",
    "pad_sequences",
    "split",
    "transforms",
]
