"""Tasks of ``nightly_load``: each calls one function of the library and passes on what fits in an XCom.

A task takes its settings from the environment and the time from the clock: it is the entry point.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from zonehouse.orchestration.wiring import FACTS
from zonehouse.periods import Month
from zonehouse.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk.types import OutletEventAccessorsProtocol


def receive() -> list[str]:
    """Archive what lies in the inbox; the batches that wait to be landed, one mapped task each."""
    from zonehouse import intake

    return list(intake.receive(Settings(), datetime.now(UTC)).batch_ids)


def read_batch(batch_id: str) -> str:
    """Read and check the workbooks of one batch; its id."""
    from zonehouse import intake

    intake.read_batch(Settings(), batch_id)
    return batch_id


def land(batch_ids: list[str]) -> int:
    """Move read batches into the landing; how many receipts were landed. Skipped when there is none."""
    from zonehouse import intake

    if not batch_ids:
        raise AirflowSkipException("nothing new in the inbox")
    return intake.land(Settings(), batch_ids, datetime.now(UTC)).receipt_count


def reconcile() -> dict[str, int]:
    """Assert that every receipt is in exactly one state; the number in each."""
    from zonehouse import intake

    return dict(intake.reconcile(Settings()).states)


def build_facts() -> list[str]:
    """Build the facts of the months that landed batches and overrides touched; these months. Skipped for none."""
    from zonehouse import warehouse

    settings = Settings()
    pending = warehouse.pending(settings)
    if pending.is_empty:
        raise AirflowSkipException("every landed batch and override is built")
    warehouse.build_facts(settings, pending)
    return [str(month) for month in pending.months]


def check_facts(months: list[str]) -> str:
    """Check the touched months; what was found. A critical failure fails the task: nothing is passed on."""
    from zonehouse import quality

    settings = Settings()
    report = quality.check_months(settings, [Month.parse(month) for month in months], datetime.now(UTC))
    told = quality.describe_report(report, settings.language)
    if report.has_critical:
        # The same data would fail the same checks: no retry.
        raise AirflowFailException(told)
    return told


def emit_facts(months: list[str] | None, outlet_events: OutletEventAccessorsProtocol | None = None) -> list[str]:
    """Announce the months whose half-years may have moved; these months. Skipped when there is none.

    ``months`` are those built this night (None when nothing was built). Those of half-years that an earlier, broken
    night left stale are added.
    """
    from zonehouse import warehouse

    stale = warehouse.half_years_to_refresh(Settings(), datetime.now(UTC))
    keys = sorted({*(months or []), *(str(month) for half_year in stale for month in half_year.months)})
    if not keys or outlet_events is None:
        raise AirflowSkipException("no half-year moved")
    outlet_events[FACTS].add_partitions(keys)
    return keys
