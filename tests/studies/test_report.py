"""The report is one page that carries all it needs, in both languages."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from amont.studies.cnn_vs_rnn import figures, report
from amont.studies.cnn_vs_rnn.study import Outcome
from amont.studies.report import Language
from amont.studies.report.page import to_svg


@pytest.fixture(scope="package")
def english(outcome: Outcome) -> str:
    return outcome.report.read_text(encoding="utf-8")


@pytest.fixture(scope="package")
def french(outcome: Outcome) -> str:
    return report.write(outcome.numbers, Language("fr"))


@pytest.fixture(params=["english", "french"])
def page(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


class Elements(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_nothing_is_loaded_from_anywhere(page: str) -> None:
    for tag, attributes in Elements(page).found:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base"), tag
        for name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_ids_are_unique_and_references_lead_somewhere(page: str) -> None:
    ids = [attributes["id"] for _, attributes in Elements(page).found if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = {a["xlink:href"][1:] for _, a in Elements(page).found if a.get("xlink:href")}
    assert used | set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_it_has_figures_tables_equations_and_conclusions(page: str) -> None:
    tags = [tag for tag, _ in Elements(page).found]
    assert tags.count("figure") == tags.count("svg") == 7
    assert tags.count("table") == 5
    assert page.count('<math display="block">') == 9
    assert all(f"({number})</span>" in page for number in (1, 2, 3))
    assert len(re.findall(r'class="verdict (holds|fails|uncertain)"', page)) == 13
    assert "&lt;" not in page.replace("&lt;=", "")


def test_the_french_page_is_french(french: str) -> None:
    own = re.sub(r"<ol>.*?</ol>", "", french, flags=re.DOTALL)  # titles of the references stay in their language
    text = re.sub(r"<(svg|style|math)\b.*?</\1>|<[^>]+>", " ", own, flags=re.DOTALL)
    assert '<html lang="fr">' in french
    assert not re.search(r"\s(the|and|with|of|is|are)\s", text)
    assert not re.search(r"\d\.\d+\u00a0%", text)


def test_results_are_complete(outcome: Outcome) -> None:
    results = json.loads(outcome.results.read_text(encoding="utf-8"))
    assert results["schema_version"] == 1
    assert results["environment"]["amont"]
    assert set(results["tasks"]) == {"mnist1d", "mnist1d-shuffled", "digits", "memory"}
    gru = results["tasks"]["mnist1d"]["gru"]
    assert len(gru["gradients"]["start"]["steps"]) == 40
    assert len(results["tasks"]["memory"]["lstm"]["gradients"]["end"]["products"]) == 40
    assert results["counts"]["receptive_field"] == 17


def test_the_same_numbers_give_the_same_drawing(outcome: Outcome) -> None:
    drawings = [to_svg(figures.cost(outcome.numbers, Language("en")), "cost") for _ in range(2)]
    assert drawings[0] == drawings[1]
