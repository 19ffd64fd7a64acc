"""Data Docs that need nothing from the internet: page views for Great Expectations' site builder.

Great Expectations finds these classes by their names in ``expectations/great_expectations.yml`` and is therefore
imported already when this module is: nothing else may import it. The templates beside it take the place of those of
the same name that load scripts and styles from elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from great_expectations.render.view.view import DefaultJinjaIndexPageView, DefaultJinjaPageView, DefaultJinjaView
from jinja2 import ChoiceLoader, FileSystemLoader

TEMPLATES = Path(__file__).parent / "templates"


def _use_own_templates(view: DefaultJinjaView) -> None:
    shipped = view.env.loader
    view.env.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), *([shipped] if shipped else [])])


class OfflinePageView(DefaultJinjaPageView):
    """A suite or a validation result as one self-contained page."""

    _template: ClassVar[str] = "offline_page.j2"

    def __init__(self, custom_styles_directory: str | None = None, custom_views_directory: str | None = None) -> None:
        super().__init__(custom_styles_directory, custom_views_directory)
        _use_own_templates(self)


class OfflineIndexView(DefaultJinjaIndexPageView):
    """The list of runs and suites, as one self-contained page."""

    _template: ClassVar[str] = "offline_page.j2"

    def __init__(self, custom_styles_directory: str | None = None, custom_views_directory: str | None = None) -> None:
        super().__init__(custom_styles_directory, custom_views_directory)
        _use_own_templates(self)
