"""Make the data sets that come with amont, from the packages that carry them.

    python -m pip download --no-deps -d WHEELS scikit-learn==1.9.1 aeon==1.6.0
    python -m pip install numpy==2.4.6 scipy==1.17.1 mnist1d==0.0.2.post1     # in an environment of its own
    PYTHONPATH=src python tools/make_embedded_data.py WHEELS

Needed by nobody who uses amont: the results are in src/amont/data/embedded/, and the same versions give the same
bytes again. Each data set has a .toml beside it with its source, licence and citation.

digits           sklearn/datasets/data/digits.csv.gz: 1797 rows of 64 pixels 0 … 16 and a label. Divided by 16; split
                 into 1297 + 500 by `amont.data.split`, stratified, with NumPy's generator of seed 0.
japanese-vowels  aeon/datasets/data/JapaneseVowels/JapaneseVowels_{TRAIN,TEST}.ts: the original split, 270 + 370
                 sequences of 7 to 29 steps of 12 features. Padded with zeros to (N, 29, 12), labels 1 … 9 → 0 … 8.
mnist1d          mnist1d.data.make_dataset(get_dataset_args()): the default arguments. float64 → float32, (N, 1, 40).
"""

from __future__ import annotations

import gzip
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from amont.data import ArrayDataset, pad_sequences, split

TARGET = Path(__file__).parents[1] / "src" / "amont" / "data" / "embedded"


def read_from_wheel(wheels: Path, package: str, member: str) -> bytes:
    """Return a file inside the wheel of a package."""
    (wheel,) = wheels.glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(member)


def digits(wheels: Path) -> tuple[ArrayDataset, ArrayDataset]:
    """Return the training and test parts of the optical digits."""
    text = gzip.decompress(read_from_wheel(wheels, "scikit_learn", "sklearn/datasets/data/digits.csv.gz")).decode()
    rows = np.loadtxt(text.splitlines(), delimiter=",")
    images = (rows[:, :64] / 16).reshape(-1, 1, 8, 8)
    train, test = split(ArrayDataset(images, rows[:, 64].astype(np.int64)), (1297, 500), rng=np.random.default_rng(0))
    return train, test


def japanese_vowels(wheels: Path) -> tuple[ArrayDataset, ArrayDataset]:
    """Return the training and test parts of the Japanese vowels, as the authors split them."""
    folder = "aeon/datasets/data/JapaneseVowels/JapaneseVowels"
    train, test = (
        read_ts(read_from_wheel(wheels, "aeon", f"{folder}_{part}.ts").decode()) for part in ("TRAIN", "TEST")
    )
    return train, test


def read_ts(text: str) -> ArrayDataset:
    """Return the sequences of a .ts file: after @data, one a line, features between colons, the label last."""
    sequences, labels = [], []
    for line in text.partition("@data\n")[2].splitlines():
        *features, label = line.split(":")
        sequences.append(np.array([[float(v) for v in feature.split(",")] for feature in features]).T)  # (T, 12)
        labels.append(int(label) - 1)
    x, lengths = pad_sequences(sequences, length=29)
    return ArrayDataset(x, labels, lengths)


def mnist1d(_: Path) -> tuple[ArrayDataset, ArrayDataset]:
    """Return the training and test parts of MNIST-1D, generated with the package's default arguments."""
    from mnist1d.data import get_dataset_args, make_dataset

    made = make_dataset(get_dataset_args())
    return ArrayDataset(made["x"][:, None], made["y"]), ArrayDataset(made["x_test"][:, None], made["y_test"])


def save(name: str, train: ArrayDataset, test: ArrayDataset) -> None:
    """Write the arrays of both parts to one .npz, without pickle."""
    arrays: dict[str, Any] = {}
    for part, dataset in (("train", train), ("test", test)):
        arrays[f"x_{part}"], arrays[f"y_{part}"] = dataset.x, dataset.y
        if dataset.lengths is not None:
            arrays[f"lengths_{part}"] = dataset.lengths
    np.savez_compressed(TARGET / f"{name}.npz", allow_pickle=False, **arrays)
    print(
        f"{name}: {len(train)} + {len(test)} of shape {train.x.shape[1:]}, {(TARGET / f'{name}.npz').stat().st_size} B"
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, make in {"digits": digits, "japanese-vowels": japanese_vowels, "mnist1d": mnist1d}.items():
        save(name, *make(folder))
