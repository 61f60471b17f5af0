"""Numbers as each language writes them, and catalogs in which nothing is missing."""

from __future__ import annotations

import gettext
import io
import re
from pathlib import Path

import pytest

import amont
from amont.core.errors import UnknownNameError
from amont.core.language import LANGUAGES, LOCALE, Language

EN, FR = Language("en"), Language("fr")
PACKAGE = Path(amont.__file__).parent


def test_numbers() -> None:
    assert (EN.number(-1234.5), FR.number(-1234.5)) == ("−1,234.5", "−1\u202f234,5")
    assert (EN.percent(0.683), FR.percent(0.683)) == ("68.3\u00a0%", "68,3\u00a0%")
    assert FR.spread(0.683, 0.012) == "68,3\u00a0±\u00a01,2\u00a0%"
    assert EN.spread(0.683, None) == "68.3\u00a0%"
    assert (EN.scientific(1.2e-9), FR.scientific(1.2e-9)) == ("1.2·10⁻⁹", "1,2·10⁻⁹")
    assert (EN.scientific(0.5), EN.scientific(42.0), EN.scientific(0.0)) == ("0.50", "42", "0")
    assert (EN.number(float("nan")), EN.scientific(float("inf"))) == ("–", "∞")
    assert (EN.data_size(8380), FR.data_size(8380)) == ("8.4\u00a0kB", "8,4\u00a0ko")
    assert (EN.seconds(0.0042), EN.seconds(2.5), EN.seconds(125)) == (
        "4.2\u00a0ms",
        "2.50\u00a0s",
        "2\u00a0min\u00a05\u00a0s",
    )
    assert (EN.join(["a", "b", "c"]), FR.join(["a", "b"]), EN.join(["a"])) == ("a, b and c", "a et b", "a")
    assert FR.quote("a") == "«\u00a0a\u00a0»"


def test_an_unknown_language_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="known: en, fr"):
        Language("fra")


def test_an_empty_sentence_does_not_become_the_header_of_the_catalog() -> None:
    assert FR._("") == ""


def sentences() -> set[str]:
    """Return every sentence of the reports that is to be translated, from the sources."""
    extract = pytest.importorskip("babel.messages.extract")
    frontend = pytest.importorskip("babel.messages.frontend")
    methods, options = frontend.parse_mapping_cfg(io.StringIO((LOCALE / "babel.cfg").read_text()))
    found = extract.extract_from_dir(PACKAGE, methods, options, keywords={"_": None, "gettext": None})
    return {message for _, _, message, _, _ in found if message}


def catalog(language: str) -> dict[str, str]:
    pofile = pytest.importorskip("babel.messages.pofile")
    with (LOCALE / language / "LC_MESSAGES" / "amont.po").open("rb") as file:
        messages = pofile.read_po(file, locale=language)
    assert not [m.id for m in messages if m.id and m.fuzzy]
    return {m.id: m.string for m in messages if m.id}


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_every_sentence_has_its_translation(language: str) -> None:
    wanted, translated = sentences(), {k for k, v in catalog(language).items() if v}
    assert len(wanted) > 100
    assert wanted - translated == set(), "run `make messages` and translate these"
    assert translated - wanted == set(), "these stand in no source any more"


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_translations_have_the_same_places_to_fill(language: str) -> None:
    places = re.compile(r"\{\w+\}|%\(\w+\)s")
    for message, translation in catalog(language).items():
        assert set(places.findall(message)) == set(places.findall(translation)), message


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != "en"])
def test_the_compiled_catalog_is_that_of_the_text(language: str) -> None:
    compiled = gettext.translation("amont", LOCALE, languages=[language])
    for message, translation in catalog(language).items():
        assert compiled.gettext(message) == translation, "run `make messages`"


def test_french_typography() -> None:
    for translation in catalog("fr").values():
        assert not re.search(r"(?<![\u00a0\u202f]):(?!\w|=)|[^\u202f\u00a0][;?!]|'", translation), translation
