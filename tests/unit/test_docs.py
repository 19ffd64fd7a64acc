"""Pages that are written from data agree with it, and what the docs point to exists."""

from __future__ import annotations

import re

import pytest

from zonehouse.forms import load_catalogue
from zonehouse.forms.describe import forms_page
from zonehouse.settings import Settings

DOCS = Settings().project_root / "docs"


def test_forms_page_is_that_of_the_definitions() -> None:
    written = (DOCS / "forms.md").read_text(encoding="utf-8")
    assert written == forms_page(load_catalogue(Settings())), "run `make docs`"


@pytest.mark.parametrize("name", re.findall(r"`([\w./-]+\.md)`", (DOCS / "README.md").read_text(encoding="utf-8")))
def test_the_index_points_to_pages_that_exist(name: str) -> None:
    assert (DOCS / name).is_file()
