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
