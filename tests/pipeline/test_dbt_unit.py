"""The rules of the models, each on rows written for it (dbt unit tests), on a database of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonehouse.settings import Settings
from zonehouse.warehouse import dbt
from zonehouse.warehouse.landing import ensure_schemas


@pytest.mark.slow
def test_the_rules_of_the_models(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    ensure_schemas(settings)
    # dbt takes the columns of a unit test's inputs from the database, so every relation must exist, empty.
    dbt.build(settings, ["--exclude-resource-type", "unit_test", "--exclude-resource-type", "test", "--empty"], {})
    assert dbt.build(settings, ["--select", "test_type:unit"], {}, command="test") >= 13
