"""What was published and what was decided, as lists: read from ``marts.duckdb``, ``steward.duckdb`` and the folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from zonehouse.publish.candidate import half_year_and_number
from zonehouse.publish.marts_file import marts_path
from zonehouse.publish.release import releases_folder
from zonehouse.settings import Settings


@dataclass(frozen=True)
class PublishedRelease:
    """A line of ``release_history``; times are UTC without zone, ``superseded_at`` None for the current release."""

    release_id: str
    half_year: str
    release_no: int
    vintage: str | None
    created_at: datetime
    git_revision: str
    input_count: int
    gate_outcome: str
    expectation_count: int | None
    failed_warning_count: int | None
    approved_by: str | None
    approved_at: datetime | None
    approval_reason: str | None
    superseded_at: datetime | None


@dataclass(frozen=True)
class Vintage:
    """A figure as one release said it; ``revision_pct`` against the release before, ``imputed_share_pct`` beside it."""

    value: Decimal | None
    revision_pct: float | None
    imputed_share_pct: float | None = None


@dataclass(frozen=True)
class TriangleRow:
    """An indicator of an authority (``TOTAL``) over the releases of a half-year, by release id."""

    authority_code: str
    indicator_code: str
    label_vi: str
    label_en: str
    unit: str
    vintages: dict[str, Vintage]

    @property
    def is_revised(self) -> bool:
        """Whether two releases said different things."""
        return len({one.value for one in self.vintages.values()}) > 1


@dataclass(frozen=True)
class RefreshStatus:
    """The newest candidate of a half-year and the decision in force about it (a line of ``refresh_status``)."""

    half_year: str
    candidate_id: str
    current_release_id: str | None
    outcome: str | None
    may_be_published: bool
    is_published: bool
    decided_at: datetime | None
    decided_by: str | None
    reason_vi: str | None
    reason_en: str | None


@dataclass(frozen=True)
class FailedCheck:
    """What stands against a candidate (a line of ``failed_check``)."""

    candidate_id: str
    severity: str
    table_name: str
    column_name: str | None
    unexpected_count: int | None
    observed: str | None
    reason_vi: str
    reason_en: str
    owner: str


@dataclass(frozen=True)
class Estimate:
    """A total with an estimate for missing reports beside it; amounts in ``unit``, the share by value."""

    authority_code: str
    indicator_code: str
    label_vi: str
    label_en: str
    unit: str
    value: Decimal | None
    value_with_imputation: Decimal
    imputed_share_pct: float


_ESTIMATES = """
select authority_code, indicator_code, label_vi, label_en, unit, value, value_with_imputation, imputed_share_pct
from marts.half_year_headline
where zone_code = 'TOTAL' and is_imputed
order by authority_code, display_order, indicator_code
"""
_TRIANGLE = """
select triangle.release_id, triangle.authority_code, triangle.indicator_code, label_vi, label_en, triangle.unit,
    triangle.value, triangle.revision_pct, headline_vintage.imputed_share_pct
from revision_triangle as triangle
inner join headline_vintage using (release_id, half_year, authority_code, zone_code, indicator_code)
where half_year = ? and zone_code = 'TOTAL'
order by authority_code, display_order, indicator_code, triangle.release_no
"""


def release_list(settings: Settings) -> list[PublishedRelease]:
    """Every release ever, the newest half-year and release first; empty before the first publication."""
    columns = ", ".join(PublishedRelease.__dataclass_fields__)
    with _reading(marts_path(settings)) as marts:
        if marts is None or not _has(marts, "release_history"):  # a file of an older layout: the next release mends it
            return []
        sql = f"select {columns} from release_history order by half_year desc, release_no desc"  # noqa: S608 - our names
        return [PublishedRelease(*row) for row in marts.execute(sql).fetchall()]


def revision_triangle(settings: Settings, half_year: str) -> list[TriangleRow]:
    """The headline figures of a half-year in each of its releases, in the order of the page."""
    found: dict[tuple[str, str], TriangleRow] = {}
    with _reading(marts_path(settings)) as marts:
        if marts is None or not _has(marts, "headline_vintage"):
            return []
        for release_id, authority, indicator, vi, en, unit, value, revision_pct, imputed in marts.execute(
            _TRIANGLE, [half_year]
        ).fetchall():
            row = found.setdefault((authority, indicator), TriangleRow(authority, indicator, vi, en, unit, {}))
            row.vintages[release_id] = Vintage(value, revision_pct, imputed)
    return list(found.values())


def release_files(settings: Settings, release_id: str) -> list[Path]:
    """The pages of a release that people read (``brief.*``), by name; empty when there is no such release."""
    half_year_and_number(release_id)
    return sorted(path for path in (releases_folder(settings) / release_id).glob("brief.*") if path.is_file())


def refresh_status(settings: Settings) -> list[RefreshStatus]:
    """Where each half-year stands, the newest first; empty before anything was decided."""
    columns = ", ".join(RefreshStatus.__dataclass_fields__)
    with _reading(settings.published / "steward.duckdb") as file:
        if file is None:
            return []
        if "reason_vi" not in file.table("refresh_status").columns:  # as older code wrote it, until the next decision
            columns = columns.replace("reason_vi, reason_en", "reason, reason")
        sql = f"select {columns} from refresh_status order by half_year desc"  # noqa: S608 - our names
        return [RefreshStatus(*row) for row in file.execute(sql).fetchall()]


def failed_checks(settings: Settings) -> list[FailedCheck]:
    """What failed in the latest checks of the newest candidates, the gravest first."""
    columns = ", ".join(FailedCheck.__dataclass_fields__)
    order = "case severity when 'critical' then 0 when 'warning' then 1 else 2 end"
    with _reading(settings.published / "steward.duckdb") as file:
        if file is None:
            return []
        sql = f"select {columns} from failed_check order by candidate_id desc, {order}, table_name, column_name"  # noqa: S608 - our names
        return [FailedCheck(*row) for row in file.execute(sql).fetchall()]


def candidate_estimates(settings: Settings, candidate_id: str) -> list[Estimate]:
    """The totals of a candidate that an estimate stands beside, in the order of the page; none when it is not there."""
    half_year_and_number(candidate_id)
    with _reading(settings.candidates / candidate_id / "candidate.duckdb") as candidate:
        if candidate is None or not _has(candidate, "half_year_headline"):
            return []
        if "is_imputed" not in candidate.table("marts.half_year_headline").columns:  # one of older models
            return []
        return [Estimate(*row) for row in candidate.execute(_ESTIMATES).fetchall()]


@contextmanager
def _reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection | None]:
    if not path.is_file():
        yield None
        return
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def _has(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    sql = "select count(*) from duckdb_tables() where table_name = ?"
    return connection.execute(sql, [table]).fetchone() == (1,)
