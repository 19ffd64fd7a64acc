"""Tasks of ``half_year_marts``: each calls one function of the library and passes on what fits in an XCom.

A task takes its settings from the environment and the time from the clock: it is the entry point.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from zonehouse.orchestration.alerts import approval_needed
from zonehouse.periods import HalfYear
from zonehouse.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol

_log = structlog.get_logger(__name__)


def half_year(dag_run: DagRunProtocol | None = None) -> str | None:
    """The half-year this run is for; None, which skips the rest, when there is nothing to refresh.

    Nothing: none of its own months was reported, or its inputs are settled already (published, rejected, blocked) or
    being asked about. A run by hand refreshes in the second case all the same (a changed model, say).
    """
    from zonehouse import warehouse

    if dag_run is None or not dag_run.partition_key:
        raise AirflowFailException("trigger half_year_marts with a partition key such as 2016-H1")
    settings, wanted = Settings(), HalfYear.parse(dag_run.partition_key)
    if wanted not in warehouse.reported_half_years(settings):
        _log.info("half_year_not_reported", half_year=str(wanted))
        return None
    if not _is_to_refresh(settings, wanted, dag_run):
        _log.info("half_year_already_settled", half_year=str(wanted))
        return None
    return str(wanted)


def build_candidate(half_year: str, dag_run: DagRunProtocol | None = None) -> str:
    """Build and freeze a candidate; its id.

    Looks again whether there is something to refresh: while this run queued for the warehouse, another one of the same
    half-year (left by a crash, announced again by the next night) may have settled it.
    """
    from zonehouse import warehouse

    settings, wanted = Settings(), HalfYear.parse(half_year)
    _skip_if_settled(settings, wanted, dag_run)
    candidate = warehouse.waiting_candidate(settings, wanted)
    if candidate is None:
        # The other run may have published the waiting one since: what it left must not be made a second time.
        _skip_if_settled(settings, wanted, dag_run)
        candidate = warehouse.build_candidate(settings, wanted, datetime.now(UTC))
    return candidate.id


def _skip_if_settled(settings: Settings, wanted: HalfYear, dag_run: DagRunProtocol | None) -> None:
    if not _is_to_refresh(settings, wanted, dag_run):
        raise AirflowSkipException(f"another run has settled {wanted}")


def _is_to_refresh(settings: Settings, wanted: HalfYear, dag_run: DagRunProtocol | None) -> bool:
    from zonehouse import warehouse

    by_hand = dag_run is not None and str(getattr(dag_run.run_type, "value", dag_run.run_type)) == "manual"
    return by_hand or wanted in warehouse.half_years_to_refresh(settings, datetime.now(UTC))


def check_candidate(candidate_id: str) -> dict[str, str]:
    """Check the candidate and decide: ``candidate_id``, ``outcome``, and ``subject`` and ``body`` for the steward."""
    from zonehouse import quality, warehouse

    settings, now = Settings(), datetime.now(UTC)
    candidate = warehouse.load_candidate(settings, candidate_id)
    report = quality.check_candidate(settings, candidate, now)
    verdict = quality.decide(settings, candidate, report, now)
    return {
        "candidate_id": candidate_id,
        "outcome": verdict.outcome,
        "subject": (
            # Airflow's list shows some 50 characters.
            f"Duyệt công bố {candidate_id}? / Publish {candidate_id}, in spite of its warnings?"
        ),
        "body": quality.describe(verdict, settings.language),
    }


def gate(verdict: Mapping[str, str]) -> str:
    """The task that follows from the verdict; a question to the stewards is told to them."""
    if verdict["outcome"] == "needs_approval":
        approval_needed(verdict)
    return {"pass": "publish", "needs_approval": "approve", "blocked": "blocked"}[verdict["outcome"]]


def blocked(verdict: Mapping[str, str]) -> None:
    """Fail the run with the reasons; the last release stays."""
    raise AirflowFailException(f"{verdict['candidate_id']} is not published:\n{verdict['body']}")


def publish(verdict: Mapping[str, str]) -> str:
    """Publish the candidate that was checked; the release id."""
    from zonehouse import publish as door

    return door.publish(Settings(), verdict["candidate_id"], datetime.now(UTC)).release_id


def serve() -> dict[str, str]:
    """Bring the BI database to what is published; half-year → release id. Skipped when none is configured."""
    from zonehouse import publish as door

    served = door.serve(Settings())
    if served is None:
        raise AirflowSkipException("no serving database is configured (ZONEHOUSE_SERVING_URL)")
    return served.releases


def write_brief(half_year: str) -> list[str]:
    """Write each authority's page from what is published, in both languages and variants; their HTML files."""
    from zonehouse import brief

    settings = Settings()
    wanted = HalfYear.parse(half_year)
    return [str(files.html) for files in brief.write_all_briefs(settings, wanted)]
