"""Pages that are written from data agree with it, and what the docs point to exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from zonehouse.alerts.tell import KINDS
from zonehouse.deployment.env_file import OPTIONS, SECRETS
from zonehouse.deployment.prepare import DeploymentOptions
from zonehouse.forms import load_catalogue
from zonehouse.forms.describe import forms_page
from zonehouse.orchestration.environment import LocalOptions
from zonehouse.settings import Settings

DOCS = Settings().project_root / "docs"
TESTS = Settings().project_root / "tests"


def test_forms_page_is_that_of_the_definitions() -> None:
    written = (DOCS / "forms.md").read_text(encoding="utf-8")
    assert written == forms_page(load_catalogue(Settings())), "run `make docs`"


@pytest.mark.parametrize("name", re.findall(r"`([\w./-]+\.md)`", (DOCS / "README.md").read_text(encoding="utf-8")))
def test_the_index_points_to_pages_that_exist(name: str) -> None:
    assert (DOCS / name).is_file()


def _tables_of(page: str, heading: str) -> list[list[str]]:
    """The cells of the tables below a heading, without the tables' own heads."""
    section = re.split(r"^## ", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)
    (found,) = [part for part in section if part.splitlines()[0] == heading]
    rows = [line.strip("| ").split(" | ") for line in found.splitlines() if line.startswith("| ")]
    return rows[1:]


def test_every_threat_names_a_test() -> None:
    threats = _tables_of("security.md", "Threats")
    assert len(threats) > 15
    for row in threats:
        assert re.search(r"`[\w/]*test_\w+\.py`", row[-1]), row[0]


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_the_tests_that_a_page_names_exist(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    files = {path.name: path for path in TESTS.rglob("test_*.py")}
    for name in re.findall(r"`([\w/]*test_\w+\.py)`", text):
        found = files.get(name.rpartition("/")[2])
        assert found is not None and ("/" not in name or found == TESTS.parent / name), name
    named = re.findall(r"`(test_\w+)(…?)`", text)
    defined = (
        set(re.findall(r"^def (test_\w+)", "\n".join(map(_read, files.values())), re.MULTILINE)) if named else set()
    )
    for name, shortened in named:
        assert any(one.startswith(name) if shortened else one == name for one in defined), name


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_operations_guide_tells_of_every_alert_and_of_no_other() -> None:
    told = {row[0].strip("`") for row in _tables_of("operations.md", "What an alert means") if row[0].startswith("`")}
    assert told == {*KINDS, "alert_not_sent"}
    sources = "\n".join(map(_read, (Settings().project_root / "include" / "zonehouse").rglob("*.py")))
    logged = set(re.findall(r"log\.(?:error|exception|critical)\(\s*\"(\w+)\"", sources))
    assert len(logged) > 5
    assert {name for name in logged if f"`{name}`" not in _read(DOCS / "operations.md")} == set()


def test_every_variable_that_the_operations_guide_names_is_read() -> None:
    ours = {
        f"ZONEHOUSE_{name.upper()}"
        for model in (Settings, LocalOptions, DeploymentOptions)
        for name in model.model_fields
    }
    text = _read(DOCS / "operations.md")
    named = set(re.findall(r"(?<!…)\b(?:ZONEHOUSE|PAGES|SUPERSET|POSTGRES|STATSD)_[A-Z_]+\b", text))
    assert named <= ours | set(OPTIONS) | set(SECRETS)
