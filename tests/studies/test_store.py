from pathlib import Path

import pytest

from amont.core.errors import FileError
from amont.studies.store import RunStore, digest

CONFIG = {"task": "a", "seed": 0, "rate": 0.1}
RESULT = {"accuracy": 0.5, "curve": [1.0, 0.5]}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    store = RunStore(tmp_path / "runs")
    store.path("a", CONFIG, ".safetensors").touch()
    store.save("a", CONFIG, RESULT)
    return store


def test_a_finished_run_is_found_again(store: RunStore) -> None:
    assert RunStore(store.folder).load("a", CONFIG) == RESULT


def test_another_configuration_is_not_there(store: RunStore) -> None:
    assert store.load("a", {**CONFIG, "rate": 0.2}) is None


@pytest.mark.parametrize(
    "damage", [lambda t: t[: len(t) // 2], lambda t: t.replace("0.5", "0.6"), lambda t: "", lambda t: "[]"]
)
def test_a_damaged_file_counts_as_not_there(store: RunStore, damage) -> None:
    path = store.path("a", CONFIG)
    path.write_text(damage(path.read_text()))
    assert store.load("a", CONFIG) is None


def test_without_its_weights_a_run_counts_as_not_there(store: RunStore) -> None:
    store.path("a", CONFIG, ".safetensors").unlink()
    assert store.load("a", CONFIG) is None


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="cannot write"):
        RunStore(tmp_path / "file" / "runs")


def test_the_hash_does_not_depend_on_the_order_of_the_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 2, "b": 1})
