"""A file is replaced whole or not at all, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from amont.core import atomic
from amont.core.errors import FileError


def test_writes_and_leaves_nothing_beside(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "a.txt", "é")
    atomic.write_bytes(tmp_path / "a.txt", b"second")
    assert (tmp_path / "a.txt").read_bytes() == b"second"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_on_a_full_disk_the_old_file_survives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    atomic.write_text(tmp_path / "a.txt", "old")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(FileError, match=r"a\.txt.*disk is full; free some space"):
        atomic.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failure_of_the_writer_itself_keeps_the_old_file(tmp_path: Path) -> None:
    atomic.write_text(tmp_path / "a.txt", "old")

    def write_half() -> None:
        with atomic.replacing(tmp_path / "a.txt") as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_device_is_written_to_and_not_renamed_away() -> None:
    with pytest.raises(FileError, match="disk is full"):
        atomic.write_text("/dev/full", "x")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    "path, why",
    [("file/x.txt", "is a file, not a folder"), ("missing/x.txt", "folder does not exist"), ("folder", "is a folder")],
)
def test_says_what_is_wrong_with_the_path(tmp_path: Path, path: str, why: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match=why):
        atomic.write_text(tmp_path / path, "x")


def test_make_folder_under_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="not a folder"):
        atomic.make_folder(tmp_path / "file" / "run")
    assert atomic.make_folder(tmp_path / "a" / "b").is_dir()


def test_writes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    atomic.write_text(tmp_path / "link", "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "x"


def test_sweep_removes_only_leftovers(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.123abc.amont-tmp").write_text("half")
    (tmp_path / "a.txt").write_text("whole")
    atomic.sweep(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
