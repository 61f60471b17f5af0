"""Reports: languages, figures, equations, and one self-contained HTML page."""

from amont.core.language import LANGUAGES, Language
from amont.studies.report.page import Figure, render

__all__ = ["LANGUAGES", "Figure", "Language", "render"]
