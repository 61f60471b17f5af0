"""The same first weights in every run of the tests."""

from __future__ import annotations

import pytest

import amont


@pytest.fixture(autouse=True)
def _seeded() -> None:
    amont.seed(0)
