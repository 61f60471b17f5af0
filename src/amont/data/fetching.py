"""`fetch`: get the files of a data set from their public addresses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from amont.core.errors import ArgumentError, FileError
from amont.data.cifar import ARCHIVE
from amont.data.folders import PathLike, cache_folder
from amont.data.mnist import CLASS_NAMES, find_mnist
from amont.data.sources import ON_DISK, check_name

if TYPE_CHECKING:
    from amont.data.download import Progress


@dataclass(frozen=True)
class Remote:
    """A file, the addresses that have it, and what it must be."""

    file: str
    bases: tuple[str, ...]
    size: int
    sha256: str


_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
_FASHION = (
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)
_CIFAR = ("https://www.cs.toronto.edu/~kriz/",)

REMOTES: dict[str, tuple[Remote, ...]] = {
    "mnist": (
        Remote(
            "train-images-idx3-ubyte.gz", _MNIST, 9912422,
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        ),
        Remote(
            "train-labels-idx1-ubyte.gz", _MNIST, 28881,
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        ),
        Remote(
            "t10k-images-idx3-ubyte.gz", _MNIST, 1648877,
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        ),
        Remote(
            "t10k-labels-idx1-ubyte.gz", _MNIST, 4542,
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        ),
    ),
    "fashion-mnist": (
        Remote(
            "train-images-idx3-ubyte.gz", _FASHION, 26421880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        Remote(
            "train-labels-idx1-ubyte.gz", _FASHION, 29515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        Remote(
            "t10k-images-idx3-ubyte.gz", _FASHION, 4422102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        Remote(
            "t10k-labels-idx1-ubyte.gz", _FASHION, 5148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
    "cifar-10": (
        Remote(ARCHIVE, _CIFAR, 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    ),
}  # fmt: skip


def fetch(name: str, root: PathLike | None = None, progress: Progress | None = None) -> Path:
    """Return the folder with the files of data set `name`, fetched if this machine does not have them yet.

    root: a folder to put them into, as root/NAME; without it ~/.cache/amont/data/NAME, where `load` looks.
    Files that `load` would find elsewhere (another program's folder, a package of the system) are left there.
    progress: called with (file name, bytes that are there, bytes in all) as they arrive.

    Every file is checked by its SHA-256. An interrupted fetch goes on where it stopped.
    Errors: `UnknownNameError`; `ArgumentError` for what comes with amont; `FileError` if no address can be reached.
    """
    from amont.data.download import download  # here, because Python's HTTP client is slow to import

    check_name(name)
    if name not in ON_DISK:
        raise ArgumentError(f"{name!r} comes with amont, there is nothing to fetch: data.load({name!r})")
    folder = cache_folder(name) if root is None else Path(root).expanduser() / name
    elsewhere = _found(name, root)
    if elsewhere is not None and elsewhere != folder:
        return elsewhere
    for remote in REMOTES[name]:
        urls = [base + remote.file for base in remote.bases]
        try:
            download(urls, folder / remote.file, sha256=remote.sha256, size=remote.size, progress=progress)
        except FileError as error:
            wanted = ", ".join(r.file for r in REMOTES[name])
            raise FileError(
                f"cannot fetch {name!r}: {error}. Without a network, put {wanted} into {folder}; what has arrived is "
                f"kept, and the same command goes on from there"
            ) from None
    return folder


def _found(name: str, root: PathLike | None) -> Path | None:
    """Return the folder in which `load` finds all files of MNIST or Fashion-MNIST, if there is one."""
    try:
        return find_mnist(name, root)[0].parent if name in CLASS_NAMES else None
    except FileError:
        return None
