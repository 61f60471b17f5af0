"""What is said about names that do not fit."""

from __future__ import annotations

from amont.core.errors import shown
from amont.core.mismatch import describe_mismatch

OWN = {"conv1.weight": (6, 1, 5, 5), "conv1.bias": (6,), "fc.weight": (10, 84), "fc.bias": (10,)}


def test_nothing_is_wrong() -> None:
    assert describe_mismatch(OWN, dict(reversed(OWN.items()))) == ""
    assert describe_mismatch({}, {}) == ""


def test_each_kind_has_its_line_and_unexpected_names_the_nearest_missing_one() -> None:
    given = {"conv1.wieght": (6, 1, 5, 5), "conv1.bias": (6,), "fc.weight": (1000, 84), "x": ()}
    assert describe_mismatch(OWN, given).splitlines() == [
        "  missing: conv1.weight, fc.bias",
        "  unexpected: conv1.wieght (conv1.weight?), x",
        "  of another shape: fc.weight: expected shape (10, 84), got (1000, 84)",
    ]


def test_long_lists_are_cut() -> None:
    many = {f"layer{i}.weight": (1,) for i in range(30)}
    assert describe_mismatch(many, {}).endswith("layer9.weight and 20 more")
    assert len(describe_mismatch(many, {}).splitlines()) == 1


def test_a_prefix_that_came_or_that_is_missing_is_seen() -> None:
    longer = {f"net.model.{name}": shape for name, shape in OWN.items()}
    assert "all names that came begin with 'net.model.': take it off" in describe_mismatch(OWN, longer)
    assert "all names of the model begin with 'net.model.': put it on" in describe_mismatch(longer, OWN)
    part = {name.removeprefix("net."): shape for name, shape in longer.items()}
    assert "all names of the model begin with 'net.': put it on" in describe_mismatch(longer, part)
    assert "begin with" not in describe_mismatch(OWN, {"a.b": (1,), "a.c": (1,)})


def test_names_from_files_are_fit_to_be_printed() -> None:
    hostile = {"\x1b[2J\n" + "x" * 5000: (1,)}
    said = describe_mismatch(OWN, hostile)
    assert r"\x1b[2J\n" in said
    assert len(said) < 300
    assert shown("é × 3") == "é × 3"
    assert len(shown("x" * 500)) == 100
