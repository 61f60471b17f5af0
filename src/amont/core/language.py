"""The language of a report or a table: translated sentences, and numbers as that language writes them.

Sentences are looked up in the gettext catalogs `amont/locale/LANG/LC_MESSAGES/amont.mo`; English is what stands in the
code. `make messages` collects the sentences, and a test fails when one lacks its translation.
"""

from __future__ import annotations

import gettext
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from amont.core.errors import UnknownNameError, nearest

LANGUAGES = ("en", "fr")
LOCALE = Path(__file__).parents[1] / "locale"
NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Language:
    """One of `LANGUAGES`. `lang._("…")` translates; the other methods write numbers."""

    code: str = "en"

    def __post_init__(self) -> None:
        if self.code not in LANGUAGES:
            raise UnknownNameError(f"there is no report in language {self.code!r}: {nearest(self.code, LANGUAGES)}")

    @cached_property
    def catalog(self) -> gettext.NullTranslations:
        """The translations; English needs none."""
        if self.code == "en":
            return gettext.NullTranslations()
        return gettext.translation("amont", LOCALE, languages=[self.code])

    def _(self, message: str) -> str:
        """Return the translation of an English sentence."""
        return self.catalog.gettext(message) if message else ""

    @property
    def decimal(self) -> str:
        """The decimal mark."""
        return "," if self.code == "fr" else "."

    def number(self, value: float, digits: int = 1) -> str:
        """Return 1234.5 as "1,234.5" or "1 234,5"; "–" for what is not a number."""
        if not math.isfinite(value):
            return "–" if math.isnan(value) else "∞"
        text = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
        if self.code == "fr":
            text = text.replace(",", THIN).replace(".", ",")
        return text

    def whole(self, value: float) -> str:
        """Return a whole number with its thousands apart."""
        return self.number(value, 0)

    def percent(self, ratio: float, digits: int = 1) -> str:
        """Return 0.683 as "68.3 %": a no-break space in both languages, as the SI asks."""
        return f"{self.number(100 * ratio, digits)}{NBSP}%"

    def spread(self, mean: float, deviation: float | None, digits: int = 1) -> str:
        """Return "68.3 ± 0.5 %" for ratios; the mean alone where one seed gives no deviation."""
        if deviation is None:
            return self.percent(mean, digits)
        return f"{self.number(100 * mean, digits)}{NBSP}±{NBSP}{self.number(100 * deviation, digits)}{NBSP}%"

    def scientific(self, value: float, digits: int = 1) -> str:
        """Return 0.00012 as "1.2·10⁻⁴"; numbers between 0.01 and 1000 plainly."""
        if not math.isfinite(value) or value == 0:
            return self.number(value, 0)
        if 0.01 <= abs(value) < 1000:
            return self.number(value, 2 if abs(value) < 10 else 0)
        mantissa, exponent = f"{value:.{digits}e}".split("e")
        power = str(int(exponent)).translate(SUPERSCRIPTS)
        return f"{self.number(float(mantissa), digits)}·10{power}"

    def seconds(self, value: float) -> str:
        """Return a duration in the unit that reads best."""
        if value < 0.1:
            return f"{self.number(1000 * value, 0 if value >= 0.01 else 1)}{NBSP}ms"
        if value < 100:
            return f"{self.number(value, 2 if value < 10 else 0)}{NBSP}s"
        return f"{self.whole(value // 60)}{NBSP}min{NBSP}{self.whole(value % 60)}{NBSP}s"

    def data_size(self, count: float) -> str:
        """Return a number of bytes; French counts in octets."""
        unit = "o" if self.code == "fr" else "B"
        if count < 1000:
            return f"{self.whole(count)}{NBSP}{unit}"
        prefix, scale = ("k", 1e3) if count < 1e6 else ("M", 1e6) if count < 1e9 else ("G", 1e9)
        return f"{self.number(count / scale, 1)}{NBSP}{prefix}{unit}"

    def join(self, words: list[str]) -> str:
        """Return "a, b and c"."""
        if len(words) < 2:
            return "".join(words)
        last = self._("and")
        return f"{', '.join(words[:-1])} {last} {words[-1]}"

    def quote(self, text: str) -> str:
        """Return the text between the quotation marks of the language."""
        return f"«{NBSP}{text}{NBSP}»" if self.code == "fr" else f"“{text}”"
