"""The data dictionary agrees with what is defined, in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from zonehouse.settings import Settings
from zonehouse.warehouse.dictionary import DictionaryError, metrics, page, tables


def test_the_page_is_that_of_the_definitions() -> None:
    written = (Settings().project_root / "docs" / "dictionary.md").read_text(encoding="utf-8")
    assert written == page(Settings()), "run `make docs`"


def test_every_column_of_every_mart_is_told_in_both_languages() -> None:
    found = {table.name: table for table in tables(Settings())}
    marts = {path.stem for path in (Settings().dbt_project / "models" / "marts").glob("half_year_*.yml")}
    assert marts <= set(found)
    for table in found.values():
        assert table.columns
        for column in table.columns:
            assert column.vietnamese, f"{table.name}.{column.name}"
            assert column.english, f"{table.name}.{column.name}"


def test_units_follow_from_the_names() -> None:
    (export,) = [table for table in tables(Settings()) if table.name == "half_year_export"]
    units = {column.name: column.unit for column in export.columns}
    assert (units["export_usd"], units["export_growth_pct"], units["tax_code"]) == ("USD", "%", "")


def test_a_metric_is_defined_once() -> None:
    names = [metric.name for metric in metrics(Settings())]
    assert len(names) == len(set(names)) > 20
    assert all(metric.vietnamese and metric.description for metric in metrics(Settings()))


def test_a_column_without_vietnamese_is_named(tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(Settings().dbt_project, project)
    words = yaml.safe_load((project / "dictionary.vi.yml").read_text(encoding="utf-8"))
    del words["columns"]["export_usd"]
    (project / "dictionary.vi.yml").write_text(yaml.safe_dump(words, allow_unicode=True), encoding="utf-8")
    with pytest.raises(DictionaryError, match=r"export_usd has no Vietnamese text"):
        tables(Settings(project_root=tmp_path))
