"""`amont look` on the command line; what it draws is tested in tests/studies/test_look.py."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from amont.cli.main import app
from amont.training import run as runs
from amont.training.config import RunConfig


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "logistic"
    runs.train(RunConfig("logistic", "digits", epochs=1, batch_size=256), folder, progress=False)
    return folder


def test_the_page_is_written_beside_the_run(run: Path) -> None:
    result = CliRunner().invoke(app, ["look", str(run), "--index", "2", "--class", "3"])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{run / 'look' / 'index.html'}\n"
    assert {p.name for p in (run / "look").iterdir()} == {
        *("index.html", "answer.png", "filters.png", "saliency.png", "shifts.png")
    }


def test_what_does_not_fit_is_said_in_one_line(run: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no image")
    cases = {
        ("--image", str(text)): "this is no PNG or JPEG image",
        ("--image", str(tmp_path / "missing.png")): "there is no image file",
        ("--image", str(text), "--index", "1"): "exclude each other",
        ("--invert",): "--invert is for an image file",
        ("--index", "-1"): "no -1",
        ("--lang", "de"): "no report in language 'de'",
    }
    for options, message in cases.items():
        result = CliRunner().invoke(app, ["look", str(run), *options, "--out", str(tmp_path / "out")])
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert message in result.stderr
    assert "is no run folder" in CliRunner().invoke(app, ["look", str(tmp_path / "none")]).stderr
    assert not (tmp_path / "out").exists()
