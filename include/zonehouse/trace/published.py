"""Questions to ``published/marts.duckdb``: the figures, the cells they are made of, and where a file went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from zonehouse.settings import Settings


class TraceError(ValueError):
    """Nothing or more than one thing matches, or nothing is published; says what there is and what to do."""


@dataclass(frozen=True)
class Figure:
    """A line of ``half_year_headline``."""

    release_id: str
    half_year: str
    authority_code: str
    indicator_code: str
    zone_code: str
    zone_name: str | None
    label_vi: str
    label_en: str
    unit: str
    value: Decimal | None
    same_period_value: Decimal | None
    growth_pct: float | None
    status: str
    through_month: str


@dataclass(frozen=True)
class Contribution:
    """A workbook cell and what it adds to a figure; ``cell`` is its address when the columns' letters are known.

    Where a steward's override is in force on the cell, ``reported_value`` (in the unit that the warehouse keeps) is
    what the sender gave, ``edited_value`` what counts instead (None of an acceptance), and the rest says who and why.
    """

    period_month: str
    original_name: str | None
    submission_id: str
    sheet_name: str
    row_number: int
    column_code: str
    cell_text: str | None
    cell_value: Decimal | None
    cell_unit: str | None
    contribution: Decimal
    reported_value: Decimal | None = None
    edited_value: Decimal | None = None
    override_id: str | None = None
    override_action: str | None = None
    overridden_by: str | None = None
    override_reason: str | None = None
    cell: str | None = None


@dataclass(frozen=True)
class Share:
    """What submissions add to a published figure (``TOTAL`` of the authority), and the figure itself."""

    release_id: str
    indicator_code: str
    period: str
    label_vi: str
    label_en: str
    unit: str
    cells: int
    contribution: Decimal
    value: Decimal | None


_FIGURE_COLUMNS = ", ".join(Figure.__dataclass_fields__)
_CELL_COLUMNS = [name for name in Contribution.__dataclass_fields__ if name != "cell"]
_FIGURES = f"""
select {_FIGURE_COLUMNS} from half_year_headline
where indicator_code = $1 and zone_code = $2
order by half_year desc, authority_code
"""  # noqa: S608 - our own names
_CELLS = """
select {columns} from half_year_lineage
where release_id = $1 and authority_code = $2 and indicator_code = $3 and zone_code = $4 and period = $5
order by abs(contribution) desc, period_month, original_name, submission_id, sheet_name, row_number, column_code
"""
_SHARES = """
with shares as (
    select release_id, authority_code, indicator_code, zone_code, period,
        count(*) as cells, sum(contribution) as contribution
    from half_year_lineage
    where list_contains($1::varchar[], submission_id) and zone_code = 'TOTAL' and period in ('current', 'base')
    group by all
)
select release_id, indicator_code, period, label_vi, label_en, unit, cells, contribution,
    if(period = 'base', same_period_value, value) as value
from shares
inner join half_year_headline using (release_id, authority_code, indicator_code, zone_code)
order by release_id desc, period desc, display_order
"""


@contextmanager
def published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, read-only; raises TraceError when nothing is published."""
    path = settings.published / "marts.duckdb"
    if not path.is_file():
        raise TraceError("nothing is published yet, so there is no figure to trace")
    with duckdb.connect(str(path), read_only=True) as connection:
        yield connection


def indicators(settings: Settings) -> list[str]:
    """The codes of the published indicators in the order of the page."""
    with published(settings) as connection:
        sql = "select indicator_code from half_year_headline group by 1 order by min(display_order), 1"
        return [code for (code,) in connection.execute(sql).fetchall()]


def figures(settings: Settings, indicator: str, zone: str) -> list[Figure]:
    """The published figures of an indicator and zone, the newest half-year first."""
    with published(settings) as connection:
        return [Figure(*row) for row in connection.execute(_FIGURES, [indicator, zone]).fetchall()]


def places(settings: Settings, indicator: str) -> tuple[list[str], list[str]]:
    """The half-years and the zones that an indicator is published for."""
    with published(settings) as connection:
        sql = "select distinct half_year, zone_code from half_year_headline where indicator_code = $1"
        rows = connection.execute(sql, [indicator]).fetchall()
    return sorted({row[0] for row in rows}), sorted({row[1] for row in rows})


def cells(settings: Settings, figure: Figure, period: str) -> list[Contribution]:
    """The cells behind a figure (``current``) or its base (``base``), the largest contribution first."""
    key = [figure.release_id, figure.authority_code, figure.indicator_code, figure.zone_code, period]
    with published(settings) as connection:
        # Releases of before overrides were kept lack their columns.
        there = set(connection.table("half_year_lineage").columns)
        names = [name for name in _CELL_COLUMNS if name in there]
        found = connection.execute(_CELLS.format(columns=", ".join(names)), key).fetchall()
        return [Contribution(**dict(zip(names, row, strict=True))) for row in found]


def shares(settings: Settings, submission_ids: Sequence[str]) -> list[Share]:
    """What these files add to the figures of the current releases."""
    with published(settings) as connection:
        return [Share(*row) for row in connection.execute(_SHARES, [list(submission_ids)]).fetchall()]
