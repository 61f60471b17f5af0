import json
from pathlib import Path

import pytest
from benchmarks.cli import parse
from benchmarks.report import Report


def table() -> Report:
    return Report("steps", "Steps", ("workload", "ms"), [("a|b", "1.5")], ["a note"], {"rows": [{"name": "a|b"}]})


def test_markdown_has_one_line_a_row_and_escapes_bars() -> None:
    lines = table().markdown({"date": "today"}).splitlines()
    assert lines[0] == "# Steps"
    assert lines[2] == "date: today"
    assert lines[4:7] == ["| workload | ms |", "| --- | ---: |", "| a\\|b | 1.5 |"]
    assert lines[-1] == "- a note"


def test_a_part_of_the_table_does_not_replace_the_whole(tmp_path: Path) -> None:
    (dated,) = table().write(False, tmp_path)
    assert json.loads(dated.read_text())["rows"] == [{"name": "a|b"}]
    assert not (tmp_path / "steps.md").exists()
    table().write(True, tmp_path)
    assert (tmp_path / "steps.md").read_text().startswith("# Steps")
    assert json.loads((tmp_path / "steps.json").read_text())["section"] == "steps"


def test_options() -> None:
    assert parse([]).pairs == 5
    assert parse(["steps", "--quick"]).pairs == 2
    for wrong in (["nothing"], ["--pairs", "0"]):
        with pytest.raises(SystemExit):
            parse(wrong)
