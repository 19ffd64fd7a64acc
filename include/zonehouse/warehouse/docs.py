"""dbt's own documentation of the warehouse: models, columns, lineage, exposures, semantic definitions."""

from __future__ import annotations

import os
from pathlib import Path

from zonehouse.settings import Settings
from zonehouse.warehouse import dbt

SEMANTICS = "ZONEHOUSE_DBT_SEMANTICS"


def build_docs(settings: Settings) -> Path:
    """Write ``reports/dbt_docs.html``, one page that needs no server and no internet; returns it.

    The semantic definitions are parsed with it, and only here (ADR on semantic definitions).

    Raises:
        WarehouseError: a model, an exposure or a metric is wrong, or nothing has been built yet.
    """
    before = os.environ.get(SEMANTICS)
    os.environ[SEMANTICS] = "semantics"
    try:
        dbt.build(settings, ["--static"], {}, command="docs generate")
    finally:
        if before is None:
            os.environ.pop(SEMANTICS)
        else:
            os.environ[SEMANTICS] = before
    page = settings.home / "dbt" / "target" / "static_index.html"
    target = settings.reports / "dbt_docs.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    page.replace(target)
    return target
