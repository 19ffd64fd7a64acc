"""What is checked when: the months of a night, or a candidate before it may be published."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import structlog

from zonehouse.periods import HalfYear, Month
from zonehouse.quality import ledger
from zonehouse.quality.acceptance import with_acceptances
from zonehouse.quality.night import refresh_night_page
from zonehouse.quality.report import SEVERITIES, CheckReport, CheckResult, QualityError
from zonehouse.quality.rules import query_of
from zonehouse.quality.runner import Task, read_suite, run_checkpoints
from zonehouse.settings import Settings

MONTH_CHECKPOINTS = ("landing", "facts")
CANDIDATE_CHECKPOINTS = ("facts", "candidate")
EXAMPLES = 5
_log = structlog.get_logger(__name__)


class CandidateLike(Protocol):
    """What the gate needs of a candidate (``zonehouse.warehouse.Candidate``)."""

    @property
    def id(self) -> str: ...
    @property
    def half_year(self) -> HalfYear: ...
    @property
    def database(self) -> Path: ...
    @property
    def inputs_digest(self) -> str: ...


def check_months(
    settings: Settings, months: Sequence[Month], now: datetime, progress: Callable[[str], None] | None = None
) -> CheckReport:
    """Check what was landed and built for ``months``, on a small copy of their rows; nothing for no months.

    The cost follows the rows of these months, not the history.
    """
    key = months_key(months)
    if not months:
        return CheckReport("", now.astimezone(UTC), "months", key)
    from zonehouse import warehouse

    settings.reports.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".checked-", dir=settings.reports))
    try:
        database = folder / "months.duckdb"
        warehouse.export_scope(settings, sorted(months), database)
        task = Task("months", key, MONTH_CHECKPOINTS, database, _parameters(settings))
        return _check(settings, task, now, progress)
    finally:
        shutil.rmtree(folder)


def check_candidate(
    settings: Settings, candidate: CandidateLike, now: datetime, progress: Callable[[str], None] | None = None
) -> CheckReport:
    """Check the facts and marts that are frozen in a candidate.

    Raises:
        QualityError: its database is not there.
    """
    if not candidate.database.is_file():
        raise QualityError(
            f"candidate {candidate.id} has no database at {candidate.database}; "
            f"build it again (zonehouse build --half {candidate.half_year})"
        )
    task = Task("candidate", candidate.id, CANDIDATE_CHECKPOINTS, candidate.database, _parameters(settings))
    return _check(settings, task, now, progress)


def months_key(months: Sequence[Month]) -> str:
    """How a set of months is called: ``2016-05``, or ``2016-04..2016-06`` for the first and the last of several."""
    ordered = sorted(set(months))
    if not ordered:
        return ""
    return str(ordered[0]) if len(ordered) == 1 else f"{ordered[0]}..{ordered[-1]}"


def _check(settings: Settings, task: Task, now: datetime, progress: Callable[[str], None] | None) -> CheckReport:
    results = run_checkpoints(settings, task, now, progress)
    report = CheckReport(
        run_id=f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{task.scope}-{task.key}",
        checked_at=now.astimezone(UTC),
        scope=task.scope,
        scope_key=task.key,
        results=tuple(with_acceptances(settings, task.database, _with_examples(settings, task.database, results))),
    )
    ledger.append_results(settings, report)
    refresh_night_page(settings, now)
    counts = {severity: len(report.failed(severity)) for severity in SEVERITIES} | {"accepted": len(report.accepted)}
    _log.info("checked", scope=task.scope, scope_key=task.key, expectations=len(results), **counts)
    return report


def _parameters(settings: Settings) -> dict[str, object]:
    return {
        "headline_indicators": _headline_indicators(settings),
        "imputed_share_max_pct": settings.imputed_share_max_pct,
    }


def _headline_indicators(settings: Settings) -> list[str]:
    """Codes of the indicators that the page holds, from their list (seed ``headline_indicator``)."""
    path = settings.seeds / "headline_indicator.csv"
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return [row["code"] for row in csv.DictReader(lines)]
    except (OSError, KeyError) as error:
        raise QualityError(f"{path} cannot be read as the list of indicators ({error}); restore it from git") from error


def _with_examples(settings: Settings, database: Path, results: Sequence[CheckResult]) -> list[CheckResult]:
    """Add a few rows to each failed rule that is a query: Great Expectations itself gives only their number."""
    wanted = [one for one in results if not one.success and not one.raised and one.unexpected_count]
    if not wanted:
        return list(results)
    queries = _queries(settings, {one.suite for one in wanted})
    with duckdb.connect(str(database), read_only=True) as connection:
        shown = {
            (one.suite, one.rule): _rows(connection, queries[one.suite, one.rule].replace("{batch}", one.table_name))
            for one in wanted
            if (one.suite, one.rule) in queries
        }
    return [replace(one, examples=shown.get((one.suite, one.rule), ())) for one in results]


def _queries(settings: Settings, suites: set[str]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for suite in suites:
        for expectation in read_suite(settings, suite)["expectations"]:
            query = query_of(expectation["type"], expectation["kwargs"])
            if query:
                found[suite, expectation["meta"]["rule"]] = query
    return found


# Columns by which a steward recognises a row and finds the cell; the rest of a row would only hide them.
_TELLING = (
    "original_name", "authority_code", "form_code", "reporting_unit_code", "tax_code", "project_code", "work_code",
    "contact_no", "zone_code", "indicator_code", "period_month", "product_code", "market_code", "category_code",
    "enterprise_name", "sheet_name", "row_number", "column_code", "reason_code",
)  # fmt: skip
_UNTELLING = (
    "release_id", "half_year", "submission_id", "submission_version", "period_start", "period_end", "display_order",
    "indicator_kind", "unit", "imputed_share_pct", "suspicion_rank", "history_month_count", "history_mad",
    "modified_z_score", "last_year_z_score",
)  # fmt: skip


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[dict[str, str], ...]:
    cursor = connection.execute(f"select * from ({query}) as failed order by all limit {EXAMPLES}")  # noqa: S608 our own suites
    names = [column[0] for column in cursor.description]
    return tuple(_telling(dict(zip(names, row, strict=True))) for row in cursor.fetchall())


def _telling(row: dict[str, Any]) -> dict[str, str]:
    given = {name: str(value) for name, value in row.items() if value is not None and name not in _UNTELLING}
    known = {name: given.pop(name) for name in _TELLING if name in given}
    figures = {name: value for name, value in given.items() if not name.endswith(("_vi", "_en", "_name"))}
    return known | dict(list(figures.items())[:6])
