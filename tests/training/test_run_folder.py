"""Run folders: two runs never share one by accident."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import amont
from amont.core.errors import FileError
from amont.training.run_folder import claimed, free_folder
from tests.training import parts


def test_each_run_gets_a_folder_of_its_own_also_while_the_first_is_still_empty(tmp_path: Path) -> None:
    folders = [free_folder(tmp_path / "runs" / "lenet-digits").name for _ in range(3)]
    assert folders == ["lenet-digits", "lenet-digits-2", "lenet-digits-3"]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(FileError, match="cannot write"):
        free_folder(tmp_path / "runs" / "lenet-digits")


@pytest.mark.skipif(os.name != "posix", reason="locks of folders are POSIX")
def test_a_run_that_is_going_on_is_not_resumed_a_second_time(tmp_path: Path) -> None:
    def fit(**options: Any) -> None:
        parts.trainer(callbacks=[amont.Checkpoint(tmp_path)]).fit(*parts.loaders(), **options)

    fit(epochs=1)
    before = (tmp_path / "state.safetensors").read_bytes()
    with claimed(tmp_path), pytest.raises(FileError, match="another training writes to"):
        fit(epochs=2, resume=tmp_path)
    assert (tmp_path / "state.safetensors").read_bytes() == before
    fit(epochs=2, resume=tmp_path)
