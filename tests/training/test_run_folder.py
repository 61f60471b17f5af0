"""Run folders: two runs never share one by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from amont.core.errors import FileError
from amont.training.run_folder import free_folder


def test_each_run_gets_a_folder_of_its_own_also_while_the_first_is_still_empty(tmp_path: Path) -> None:
    folders = [free_folder(tmp_path / "runs" / "lenet-digits").name for _ in range(3)]
    assert folders == ["lenet-digits", "lenet-digits-2", "lenet-digits-3"]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(FileError, match="cannot write"):
        free_folder(tmp_path / "runs" / "lenet-digits")
