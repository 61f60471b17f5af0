"""The settings of a run: checked, written as TOML, read back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amont.core.errors import AmontError, DTypeError, FileError
from amont.training import toml
from amont.training.config import RunConfig

plain = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text())
text = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(text, st.one_of(plain.filter(lambda v: not isinstance(v, str)), text, st.lists(text))))
def test_toml_is_read_back_as_it_was(table: dict[str, object]) -> None:
    assert tomllib.loads(toml.dumps({"a": 1, "table": table})) == {"a": 1, "table": table}


def test_toml_refuses_what_it_cannot_say() -> None:
    with pytest.raises(DTypeError, match="object"):
        toml.dumps({"a": object()})
    assert toml.dumps({"a": None, "b": 1e-05}) == "b = 1e-05\n"


def test_round_trip(tmp_path: Path) -> None:
    config = RunConfig("mlp", "digits", lr=1e-3, root="C:\\data\n", model_args={"sizes": [64, 10], "dropout": 0.1})
    config.save(tmp_path / "config.toml")
    assert RunConfig.load(tmp_path / "config.toml") == config


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"epochs": True}, "epochs must be a whole number, got True"),
        ({"lr": "fast"}, "lr must be a number"),
        ({"lr": -1.0}, "lr must be above 0"),
        ({"validation": 1.0}, "validation must be between 0 and 1"),
        ({"label_smoothing": 1.5}, "label_smoothing"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"schedule": "cosin"}, "did you mean 'cosine'"),
        ({"lr": float("inf")}, "lr must be a finite number"),
        ({"clip_norm": float("nan")}, "clip_norm must be a finite number"),
        ({"clip_norm": -2.0}, "clip_norm must be at least 0"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(AmontError, match=message):
        RunConfig("mlp", "digits", **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written, message",
    [
        ('model = "mlp"\ndata = "digits"\nepoch = 3\n', "unknown setting 'epoch': did you mean 'epochs'"),
        ('model = "mlp', "cannot read the settings"),
        ('data = "digits"', "does not say which model"),
        ("", "does not say which model"),
        ('model = "mlp"\ndata = "digits"\nlr = -1.0\n', "lr must be above 0"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, written: str, message: str) -> None:
    (tmp_path / "config.toml").write_text(written)
    with pytest.raises(FileError, match=message) as caught:
        RunConfig.load(tmp_path / "config.toml")
    assert "config.toml" in str(caught.value)


def test_a_folder_without_settings(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no run folder: it has no config\.toml"):
        RunConfig.load(tmp_path / "config.toml")
