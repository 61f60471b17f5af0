"""CIFAR-10 from six files or the archive, which is not trusted."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from amont import data
from amont.core.errors import DataError, FileError
from amont.data.cifar import ARCHIVE, FILES, MEMBERS
from tests.data.files import cifar_contents


def write_archive(path: Path, contents: dict[str, bytes], prefix: str = MEMBERS + "/") -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("place", ["", MEMBERS, "cifar-10"])
def test_files(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(exist_ok=True)
    contents = cifar_contents()
    for name, content in contents.items():
        (tmp_path / place / name).write_bytes(content)
    cifar = data.load("cifar-10", tmp_path)
    assert (len(cifar.train), len(cifar.test)) == (20, 4)
    assert cifar.sample_shape == (3, 32, 32)
    record = np.frombuffer(contents["data_batch_2.bin"], np.uint8)[:3073]  # the fifth image of the training part
    assert cifar.train.y[4] == record[0]
    assert np.array_equal(cifar.train.x[4] * 255, record[1:].reshape(3, 32, 32))
    assert cifar.class_names[cifar.num_classes - 1] == "truck"


def test_archive_gives_the_same(tmp_path: Path) -> None:
    contents = cifar_contents()
    contents = {"readme.html": b"hello", **contents, "../../evil.bin": b"x", "sub/data_batch_1.bin": b"x"}
    write_archive(tmp_path / ARCHIVE, contents)
    cifar = data.load("cifar-10", tmp_path)
    assert cifar.test.y.tolist() == list(np.frombuffer(contents["test_batch.bin"], np.uint8)[::3073])
    assert [path.name for path in tmp_path.rglob("*")] == [ARCHIVE]  # nothing was unpacked


def test_a_link_with_the_right_name_is_not_followed(tmp_path: Path) -> None:
    contents = cifar_contents()
    write_archive(tmp_path / "x.tar.gz", {k: v for k, v in contents.items() if k != "test_batch.bin"})
    with tarfile.open(tmp_path / ARCHIVE, "w:gz") as archive:
        for name in FILES[:-1]:
            member = tarfile.TarInfo(f"{MEMBERS}/{name}")
            member.size = len(contents[name])
            archive.addfile(member, io.BytesIO(contents[name]))
        link = tarfile.TarInfo(f"{MEMBERS}/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(DataError, match=r"expected test_batch.bin in the archive"):
        data.load("cifar-10", tmp_path)


def test_broken_files(tmp_path: Path) -> None:
    for name, content in cifar_contents().items():
        (tmp_path / name).write_bytes(content)
    good = (tmp_path / "data_batch_3.bin").read_bytes()
    for content, message in (
        (b"", "found 0 bytes"),
        (good[:-1], "records of 3073 bytes, found 12291"),
        (b"\x0a" + good[1:], "number 0 is 10"),
    ):
        (tmp_path / "data_batch_3.bin").write_bytes(content)
        with pytest.raises(DataError, match=rf"data_batch_3.bin.*{message}"):
            data.load("cifar-10", tmp_path)


def test_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amont.data.cifar.MAX_FILE", 3073)
    write_archive(tmp_path / ARCHIVE, cifar_contents())
    with pytest.raises(DataError, match="at most 3073 bytes, it claims 12292"):
        data.load("cifar-10", tmp_path)
    for name, content in cifar_contents().items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match="at most 3073 bytes, found 12292"):
        data.load("cifar-10", tmp_path)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("amont.data.cifar.MAX_ARCHIVE", 100_000)
    write_archive(tmp_path / ARCHIVE, {"zeros": bytes(1_000_000), **cifar_contents()})
    with pytest.raises(DataError, match="unpacks to more than 100000 bytes"):
        data.load("cifar-10", tmp_path)


def test_broken_archives(tmp_path: Path) -> None:
    write_archive(tmp_path / ARCHIVE, cifar_contents())
    good = (tmp_path / ARCHIVE).read_bytes()
    for content in (b"", good[: len(good) // 2], b"no archive at all", good[:200] + bytes(100) + good[300:]):
        (tmp_path / ARCHIVE).write_bytes(content)
        with pytest.raises(DataError, match=ARCHIVE):
            data.load("cifar-10", tmp_path)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="amont data fetch cifar-10"):
        data.load("cifar-10", tmp_path)
