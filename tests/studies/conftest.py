"""A study small enough for a test: a few samples, two epochs, one seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from amont import data, use_backend
from amont.studies import cnn_vs_rnn
from amont.studies.cnn_vs_rnn import tasks
from amont.studies.cnn_vs_rnn.config import Plan
from amont.studies.cnn_vs_rnn.study import Outcome

TINY = Plan("tiny", seeds=1, epochs=0.01)


def few_samples(name: str) -> data.Data:
    source = data.load(name)
    return replace(source, train=source.train.subset(range(120)), test=source.test.subset(range(50)))


@pytest.fixture(autouse=True, scope="package")  # not longer: other packages test the default backend
def small_data() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, use_backend("reference"):  # nothing to compile
        patch.setattr(tasks, "read", few_samples)
        yield


def run_tiny(out: Path, **options: object) -> Outcome:
    return cnn_vs_rnn.run(cnn_vs_rnn.Options(out=out, plan=TINY, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return run_tiny(tmp_path_factory.mktemp("study"))
