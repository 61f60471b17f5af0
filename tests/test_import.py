"""`import amont`: every public name is there, and nothing heavy is loaded before it is used."""

import subprocess
import sys

import pytest

import amont


@pytest.mark.parametrize("name", amont.__all__)
def test_every_public_name_can_be_reached(name: str) -> None:
    assert getattr(amont, name) is not None
    assert name in dir(amont)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Trainr'"):
        amont.Trainr  # noqa: B018


def test_import_loads_nothing_heavy() -> None:
    heavy = "{'numba', 'matplotlib', 'rich', 'typer', 'safetensors', 'amont.training', 'amont.data', 'amont.explain'}"
    code = f"import sys, amont; loaded = {heavy} & set(sys.modules); sys.exit(str(loaded) if loaded else 0)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
