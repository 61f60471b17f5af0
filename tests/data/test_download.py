"""A download: checked, resumed after every kind of interruption, never half there."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amont.core.errors import FileError
from amont.data.download import ATTEMPTS, download
from tests.data.server import serving

CONTENT = np.random.default_rng(0).bytes(100_000)
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def get(*urls: str, target: Path, **other: Any) -> Path:
    return download(urls, target, sha256=SUM, size=len(CONTENT), **other)


def test_in_one_go_with_progress(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    with serving(files={"f": CONTENT}) as server:
        get(server.url + "f", target=tmp_path / "new/folder/f", progress=lambda *what: seen.append(what))
        assert (tmp_path / "new/folder/f").read_bytes() == CONTENT
        assert seen[-1] == ("f", 100_000, 100_000)
        assert [there for _, there, _ in seen] == sorted(there for _, there, _ in seen)
        get(server.url + "f", target=tmp_path / "new/folder/f")
        assert server.requests == ["/f"]  # what is there is not fetched again
    assert [path.name for path in (tmp_path / "new/folder").iterdir()] == ["f"]


def test_goes_on_by_itself_when_the_connection_breaks(tmp_path: Path) -> None:
    with serving(files={"f": CONTENT}, cut_after=30_000) as server:
        get(server.url + "f", target=tmp_path / "f")
        assert server.requests == ["/f", "/f bytes=30000-", "/f bytes=60000-", "/f bytes=90000-"]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_goes_on_the_next_time(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:70_000])
    with serving(files={"f": CONTENT}) as server:
        get(server.url + "f", target=tmp_path / "f")
        assert server.requests == ["/f bytes=70000-"]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_complete_part_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT)
    get("http://127.0.0.1:1/f", target=tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_without_ranges_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:70_000])
    with serving(files={"f": CONTENT}, ranges=False) as server:
        get(server.url + "f", target=tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_a_server_that_never_gets_further_is_given_up(tmp_path: Path) -> None:
    with serving(files={"f": CONTENT}, ranges=False, cut_after=1000) as server:
        with pytest.raises(FileError, match="no more than 1000 of 100000 bytes"):
            get(server.url + "f", target=tmp_path / "f")
        assert len(server.requests) < 10
    assert not (tmp_path / "f").exists()
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:1000]  # kept for the next time


def test_the_wrong_file_is_refused_and_removed(tmp_path: Path) -> None:
    wrong = CONTENT[:-1] + bytes([CONTENT[-1] ^ 1])
    with serving(files={"f": wrong}) as server, pytest.raises(FileError, match=f"expected SHA-256 {SUM}, found"):
        get(server.url + "f", target=tmp_path / "f")
    assert not list(tmp_path.iterdir())


def test_a_wrong_part_costs_one_address_only(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(bytes(150_000))
    with serving(files={"f": CONTENT}) as server:
        get(server.url + "f", server.url + "f", target=tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_an_endless_answer_is_cut(tmp_path: Path) -> None:
    endless = serving(files={"f": CONTENT + bytes(10_000_000)})
    with endless as server, pytest.raises(FileError, match="expected 100000 bytes, but more came"):
        get(server.url + "f", target=tmp_path / "f")
    assert (tmp_path / "f.part").stat().st_size == 0


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_next_address_is_tried(tmp_path: Path, status: int) -> None:
    with serving(status=status) as broken, serving(files={"f": CONTENT}) as good:
        get("http://127.0.0.1:1/f", broken.url + "f", good.url + "f", target=tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_all_addresses_are_named_when_none_answers(tmp_path: Path) -> None:
    with serving() as server, pytest.raises(FileError, match=r"127.0.0.1:1/f: .*refused; .*/f: Not Found"):
        get("http://127.0.0.1:1/f", server.url + "f", target=tmp_path / "f")


def test_a_server_that_closes_without_a_word_is_tried_a_few_times(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:70_000])
    with serving(silent=True) as server:
        with pytest.raises(FileError, match="closed connection"):
            get(server.url + "f", target=tmp_path / "f")
        assert server.requests == ["/f bytes=70000-"] * ATTEMPTS
    assert (tmp_path / "f.part").read_bytes() == CONTENT[:70_000]


def test_disk_full_is_said_at_once(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    (tmp_path / "f.part").symlink_to("/dev/full")
    with serving(files={"f": CONTENT}) as server:
        with pytest.raises(FileError, match="the disk is full"):
            get(server.url + "f", server.url + "f", target=tmp_path / "f")
        assert server.requests == ["/f"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match="cannot write"):
        get("http://127.0.0.1:1/f", target=tmp_path / "file/folder/f")
