"""Image files: what a person has on the disk becomes what the model reads, or the message says why not."""

import contextlib
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from amont.core.errors import ArgumentError, DataError, FileError
from amont.data.picture import MAX_PIXELS, read_image


def saved(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    Image.fromarray(np.asarray(pixels), mode).save(path, **options)
    return path


def png_claiming(path: Path, width: int, height: int) -> Path:
    """Write a PNG of some bytes whose header claims a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    content = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


def test_grey_pixels_come_as_they_are_between_0_and_1(tmp_path: Path) -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
    path = saved(tmp_path / "grey.png", pixels)
    x = read_image(path, (1, 3, 4))
    assert (x.dtype, x.shape) == (np.float32, (1, 3, 4))
    np.testing.assert_allclose(x[0], pixels / 255, rtol=1e-6)
    np.testing.assert_allclose(read_image(path, (1, 3, 4), invert=True), 1 - x, rtol=1e-6)
    np.testing.assert_array_equal(read_image(path, (3, 3, 4)), np.repeat(x, 3, axis=0))


def test_colours_come_channel_by_channel_and_become_grey_for_a_model_of_one_channel(tmp_path: Path) -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 1] = [255, 0, 102]
    path = saved(tmp_path / "colour.png", pixels)
    x = read_image(path, (3, 2, 2))
    np.testing.assert_allclose(x[:, 0, 1], [1, 0, 0.4], rtol=1e-6)
    grey = read_image(path, (1, 2, 2))
    assert grey[0, 0, 1] == pytest.approx(0.299 + 0.114 * 0.4, abs=0.005)


def test_a_large_photograph_is_cut_to_its_middle_and_resampled(tmp_path: Path) -> None:
    pixels = np.zeros((60, 100), np.uint8)
    pixels[:, 20:80] = 200  # the middle square
    x = read_image(saved(tmp_path / "photo.jpg", pixels, quality=95), (1, 8, 8))
    np.testing.assert_allclose(x[:, 1:-1, 1:-1], 200 / 255, atol=0.03)


def test_sixteen_bits_transparency_palettes_and_turned_cameras(tmp_path: Path) -> None:
    deep = saved(tmp_path / "deep.png", np.array([[0, 65535], [32896, 257]], np.uint16))
    np.testing.assert_allclose(read_image(deep, (1, 2, 2))[0], [[0, 1], [128 / 255, 1 / 255]], atol=1e-6)
    clear = np.zeros((1, 2, 4), np.uint8)
    clear[0, 1, 3] = 255
    assert read_image(saved(tmp_path / "clear.png", clear), (3, 1, 2))[:, 0].T.tolist() == [[1, 1, 1], [0, 0, 0]]
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert("P").save(tmp_path / "palette.png")
    assert read_image(tmp_path / "palette.png", (1, 1, 2)).tolist() == [[[0, 1]]]
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    saved(tmp_path / "turned.png", np.array([[0, 255]], np.uint8), exif=exif)
    assert read_image(tmp_path / "turned.png", (1, 1, 2)).tolist() == [[[1, 0]]]


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no image")
    empty = tmp_path / "empty.png"
    empty.touch()
    gif = saved(tmp_path / "moving.gif", np.zeros((2, 2), np.uint8))
    for path in (text, empty, gif):
        with pytest.raises(DataError, match="no PNG or JPEG"):
            read_image(path, (1, 2, 2))
    for path in (tmp_path / "missing.png", tmp_path):
        with pytest.raises(FileError, match="there is no image file"):
            read_image(path, (1, 2, 2))
    with pytest.raises(ArgumentError, match="the model takes 2"):
        read_image(text, (2, 2, 2))


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_a_broken_image_is_refused_wherever_it_ends(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    whole = saved(tmp_path / f"whole.{kind}", noise).read_bytes()
    for length in range(0, len(whole) - 20, 37):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(DataError):
            read_image(tmp_path / "cut", (1, 8, 8))


def test_changed_bytes_give_an_image_or_a_clear_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    whole = saved(tmp_path / "whole.png", rng.integers(0, 256, (12, 12, 3), np.uint8)).read_bytes()
    for _ in range(150):
        changed = bytearray(whole)
        changed[rng.integers(8, len(whole))] = rng.integers(256)
        (tmp_path / "changed.png").write_bytes(changed)
        with contextlib.suppress(DataError):
            assert read_image(tmp_path / "changed.png", (1, 4, 4)).shape == (1, 4, 4)


@pytest.mark.parametrize("size", [(50_001, 1000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(DataError, match=f"more than {MAX_PIXELS:,}"):
        read_image(png_claiming(tmp_path / "bomb.png", *size), (1, 8, 8))
