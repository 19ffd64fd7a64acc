"""Tasks of the weekly upkeep; each calls one function of the library and takes the time from the clock."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk.exceptions import AirflowSkipException

from zonehouse.settings import Settings


def compact_landing() -> list[str]:
    """Merge the landing's small files; the datasets that were merged. Skipped when there is nothing to merge."""
    from zonehouse import intake

    done = intake.compact(Settings(), datetime.now(UTC))
    if not done.datasets:
        raise AirflowSkipException("no month of any dataset has more than one file")
    return done.datasets


def write_docs() -> str:
    """Write dbt's documentation of the warehouse; its page. Skipped when nothing has been built yet."""
    from zonehouse import warehouse

    settings = Settings()
    if not settings.warehouse.is_file():
        raise AirflowSkipException("nothing has been built yet")
    return str(warehouse.build_docs(settings))
