"""Tasks that write the workbooks we send; each calls one function of the library.

A task takes its settings from the environment and the time from the clock: it is the entry point.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from airflow.sdk.exceptions import AirflowSkipException

from zonehouse.periods import Month
from zonehouse.settings import Settings

# A first load may hold years of files; in an ordinary night a few come back. A hundred take about a minute.
RETURNED_PER_NIGHT = 100


def issue_templates() -> str:
    """Write this month's templates for all who owe a form; the folder. Skipped when no register names anyone."""
    from zonehouse import workbooks

    settings = Settings()
    month = Month.of(datetime.now(UTC).astimezone(settings.zone).date())
    folder = workbooks.template_folder(settings, month)
    if not workbooks.write_templates(settings, month, folder):
        raise AirflowSkipException("no project register in force names anyone who owes a form this month")
    return str(folder)


def write_night_workbooks(batch_ids: Sequence[str]) -> str:
    """Write the steward's workbook of these landed batches and the returned workbooks of their senders; the former.

    Skipped when there is no batch. Of a flood only the first ``RETURNED_PER_NIGHT`` are returned, rejected ones first.
    """
    from zonehouse import workbooks

    if not batch_ids:
        raise AirflowSkipException("nothing was landed")
    settings = Settings()
    steward = workbooks.write_steward_workbook(settings, batch_ids)
    folder = workbooks.returned_folder(settings, steward.stem)
    workbooks.write_returned_workbooks(settings, batch_ids, folder, limit=RETURNED_PER_NIGHT)
    return str(steward)
