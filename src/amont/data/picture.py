"""Reading one image file (PNG or JPEG) in the shape a model takes: channels, size, values from 0 to 1."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from amont.core.errors import ArgumentError, DataError, FileError
from amont.data.dataset import Array

FORMATS = ("PNG", "JPEG")
MAX_PIXELS = 50_000_000  # a file of some kilobytes can claim to be larger than the memory


def read_image(path: str | os.PathLike[str], shape: Sequence[int], *, invert: bool = False) -> Array:
    """Return an image file as float32 (C, H, W) in [0, 1], as the data sets of images have them.

    shape: (C, H, W) with C = 1 (grey) or 3 (colours). The image is turned as its camera says, what is transparent
    becomes white, the largest part of the middle with the sides H : W is kept and resampled to H × W. `invert`
    makes ink on paper bright on black, as the digits of MNIST are.

    Errors: `FileError` if there is no such file; `DataError` if it is no PNG or JPEG, broken, or has more than
    50 million pixels; `ArgumentError` for a number of channels that no image has.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise ArgumentError(f"an image file has 1 channel (grey) or 3 (red, green, blue), the model takes {channels}")
    name = os.fspath(path)
    if not Path(path).is_file():
        raise FileError(f"there is no image file {name!r}; give the path of a PNG or JPEG file")
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as opened:
                _check_size(name, *opened.size)
                picture = ImageOps.exif_transpose(opened)
                picture = ImageOps.fit(_plain(picture, "L" if channels == 1 else "RGB"), (width, height))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise DataError(f"{name}: claims more than {MAX_PIXELS:,} pixels; make it smaller first") from None
    except Image.UnidentifiedImageError:
        raise DataError(f"{name}: this is no PNG or JPEG image; convert it to one of them") from None
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, IndexError, TypeError) as error:
        if isinstance(error, DataError | FileError):
            raise
        raise DataError(f"{name}: the image is broken ({error}); make or fetch it again") from None
    pixels = np.asarray(picture, np.float32) / np.float32(255)
    pixels = pixels[np.newaxis] if channels == 1 else pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(1 - pixels if invert else pixels)


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise DataError(f"{name}: has {width} × {height} pixels, more than {MAX_PIXELS:,}; make it smaller first")


def _plain(picture: Any, mode: str) -> Any:
    """Return a picture of any kind with 8 bits a channel, as grey ("L") or colours ("RGB"), on white."""
    from PIL import Image

    if picture.mode.startswith(("I", "F")):  # 16 bits of grey; Pillow would cut them off at 255
        grey = np.clip(np.asarray(picture, np.float64) / 257, 0, 255).round().astype(np.uint8)
        return Image.fromarray(grey).convert(mode)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert(mode)
