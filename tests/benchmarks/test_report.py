import json
from pathlib import Path

import pytest

from benchmarks import priority
from benchmarks.cli import parse
from benchmarks.report import Choice, Report

HEAD = ("workload", "ms")


def table(folder: Path | None, head: tuple[str, ...] = HEAD) -> Report:
    return Report("steps", "Steps", head, ["a|b", "second", "third"], folder, notes=["a note"])


def test_markdown_has_one_line_a_row_and_escapes_bars() -> None:
    report = table(None)
    report.put("a|b", "1.5")
    date = report.rows["a|b"]["date"]
    lines = report.markdown({"date": "today"}).splitlines()
    assert lines[0] == "# Steps"
    assert lines[2] == "date: today"
    assert lines[4:7] == ["| workload | ms | measured |", "| --- | ---: | ---: |", f"| a\\|b | 1.5 | {date} |"]
    assert lines[-1] == "- a note"


def test_a_finished_row_is_on_the_disk_at_once(tmp_path: Path) -> None:
    report = table(tmp_path)
    report.put("second", "2", seconds=0.002)
    kept = json.loads((tmp_path / "steps.json").read_text())
    assert [(row["name"], row["seconds"]) for row in kept["rows"]] == [("second", 0.002)]
    assert "| second | 2 |" in (tmp_path / "steps.md").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["steps.json", "steps.md"]


def test_a_part_of_a_table_leaves_the_other_rows_as_they_are(tmp_path: Path) -> None:
    report = table(tmp_path)
    report.put("third", "3")
    report.put("a|b", "1")
    again = table(tmp_path)
    again.put("third", "30")
    assert table(tmp_path).lines() == [("a|b", "1"), ("third", "30")]


def test_rows_of_another_head_are_not_mixed_in(tmp_path: Path) -> None:
    table(tmp_path).put("third", "3")
    assert table(tmp_path, ("workload", "seconds")).rows == {}


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table(None).put("third", "3")
    assert list(tmp_path.iterdir()) == []


def test_what_to_measure(tmp_path: Path) -> None:
    report = table(tmp_path)
    report.put("second", "2")
    assert [name for name in report.names if Choice("", True).of(report, name)] == ["a|b", "third"]
    assert [name for name in report.names if Choice("SEC").of(report, name)] == ["second"]
    assert Choice("", True).of(report, "case", "second", "third")  # one of its rows is missing
    assert not Choice("", True).of(report, "case", "second")


def test_the_last_row_comes_from_the_numbers_of_all_rows(tmp_path: Path) -> None:
    report = table(tmp_path)
    report.close = lambda rows: ("sum", str(sum(row["n"] for row in rows)))
    report.put("second", "2", n=2)
    report.put("a|b", "1", n=1)
    assert report.lines()[-1] == ("sum", "3")


def test_options() -> None:
    assert parse([]).pairs == 5
    assert parse(["steps", "--quick"]).pairs == 2
    for wrong in (["nothing"], ["--pairs", "0"]):
        with pytest.raises(SystemExit):
            parse(wrong)


def test_a_session_gets_priority_for_the_block_if_the_process_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = tmp_path / "autogroup"
    for niceness, within in ((-1, "-20"), (0, "/autogroup-85 nice 3")):
        monkeypatch.setattr("os.nice", lambda change, n=niceness: n)
        group.write_text("/autogroup-85 nice 3")
        with priority.of_the_session(group):
            assert group.read_text() == within
    with priority.of_the_session(tmp_path / "none"):
        pass
