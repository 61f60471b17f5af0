"""`load`: a data set by its name, embedded, generated, or from files on this machine."""

from __future__ import annotations

from collections.abc import Callable

from amont.core.errors import UnknownNameError, nearest
from amont.data import embedded
from amont.data.bundle import Data
from amont.data.cifar import load_cifar10
from amont.data.folders import PathLike
from amont.data.mnist import load_mnist
from amont.data.moving_digits import load_moving_digits
from amont.data.scenes import load_scenes

EMBEDDED = embedded.NAMES
GENERATED: dict[str, Callable[[], Data]] = {"moving-digits": load_moving_digits, "scenes": load_scenes}
ON_DISK = {"cifar-10": load_cifar10, "fashion-mnist": load_mnist, "mnist": load_mnist}
NAMES = (*EMBEDDED, *GENERATED, *ON_DISK)


def load(name: str, root: PathLike | None = None) -> Data:
    """Return the data set `name`, one of `NAMES`, split into training and test as its authors did.

    A generated data set is made anew at each call, and is the same each time.

    root: for data sets on disk, the folder to look into; without it $AMONT_DATA/NAME, ~/.cache/amont/data/NAME
    (where `fetch` puts files) and /usr/share/datasets/NAME (Debian's package dataset-fashion-mnist).

    Errors: `UnknownNameError`, `FileError` if files are missing, `DataError` if one is broken.
    """
    check_name(name)
    if name in EMBEDDED:
        return embedded.load_embedded(name)
    return GENERATED[name]() if name in GENERATED else ON_DISK[name](name, root)


def check_name(name: str) -> None:
    """Refuse a name that is not a data set's; the message offers the nearest one."""
    if name not in NAMES:
        raise UnknownNameError(f"there is no data set {name!r}; {nearest(name, NAMES)}")
