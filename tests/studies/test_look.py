"""`amont look`: the files it writes, in both languages, and what it refuses."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from amont.core.errors import ArgumentError, UnknownNameError
from amont.studies.look import Options, look
from amont.training import run as runs
from amont.training.config import RunConfig

FIGURES = {"answer", "filters", "filters-deep", "feature-maps", "saliency", "grad-cam", "patches", "shifts"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for model in ("lenet", "mlp", "rnn"):
        runs.train(RunConfig(model, "digits", epochs=1, batch_size=256), folder / model, progress=False)
    runs.train(RunConfig("rnn", "japanese-vowels", epochs=1, batch_size=256), folder / "vowels", progress=False)
    return folder


def test_a_cnn_has_all_figures_and_a_page_that_needs_nothing_else(folder: Path, tmp_path: Path) -> None:
    page = look(Options(folder / "lenet", tmp_path / "out", index=3, against=[folder / "mlp"], layer="features.3"))
    assert {p.stem for p in page.parent.glob("*.png")} == FIGURES
    assert len({Image.open(p).size for p in page.parent.glob("*.png")}) > 3
    html = page.read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == len(FIGURES)
    assert "What lenet sees in digits, 3" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)


def test_an_image_file_in_french_as_svg(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "photo.jpg"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (30, 40, 3), np.uint8)).save(picture)
    page = look(Options(folder / "lenet", tmp_path / "out", image=picture, target="7", format="svg", lang="fr"))
    assert {p.stem for p in page.parent.glob("*.svg")} == FIGURES
    assert "Ce que lenet voit dans photo.jpg" in page.read_text(encoding="utf-8")
    ids = re.findall(r' id="([^"]+)"', page.read_text(encoding="utf-8"))
    assert len(ids) == len(set(ids))


def test_a_model_without_convolutions_has_the_figures_that_need_none(folder: Path, tmp_path: Path) -> None:
    page = look(Options(folder / "rnn", tmp_path / "out"))
    assert {p.stem for p in page.parent.glob("*.png")} == {"answer", "saliency", "shifts"}


def test_what_cannot_be_looked_at_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ArgumentError, match="rnn on sequence data"):
        look(Options(folder / "vowels", out))
    with pytest.raises(ArgumentError, match="samples 0 to 499, no 500"):
        look(Options(folder / "lenet", out, index=500))
    with pytest.raises(UnknownNameError, match="no class '10'"):
        look(Options(folder / "lenet", out, target="10"))
    with pytest.raises(UnknownNameError, match=r"did you mean 'features\.4'"):
        look(Options(folder / "lenet", out, layer="features.44"))
    with pytest.raises(UnknownNameError, match="known: png, svg"):
        look(Options(folder / "lenet", out, format="pdf"))
    assert not out.exists()
