"""The stewards' queue: which values to look at first, and where they stand.

Selective editing: what is looked at is sorted by suspicion × potential effect on the published total, since most of the
doubt hangs on few values (Hedlin 2003, "Score functions to reduce business survey editing"; SELEKT of Statistics
Sweden; UNECE, "Statistical Data Editing"). The figures are the mart ``half_year_suspicion``'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.quality.words import number, percent, with_unit
from zonehouse.settings import Settings

TOP = 10
_TABLE = "marts.half_year_suspicion"


@dataclass(frozen=True)
class Doubt:
    """A value that is out of line with the enterprise's own history; a row of ``half_year_suspicion``.

    Attributes:
        suspicion_rank: 1 for the one to look at first, within its authority.
        reported_value: in ``unit``; None when the report in force does not give it.
        reason_code: ``power_of_ten`` (then ``magnitude_power`` is n of 10ⁿ), ``outlier`` or ``not_given``.
        effect_value: reported less expected, in ``unit``; ``effect_pct`` its size in per cent of the published total.
        score: suspicion (0 to 1) × ``effect_pct``.
        cumulative_doubt_share_pct: share of all doubt that is settled when the queue is worked down to here.
        row_number: the row that weighs most in the value, of ``cell_count`` ones.
    """

    authority_code: str
    suspicion_rank: int
    zone_code: str | None
    tax_code: str
    enterprise_name: str | None
    indicator_code: str
    label_vi: str
    label_en: str
    unit: str
    period_month: str
    reported_value: Decimal | None
    expected_value: Decimal
    reason_code: str
    magnitude_power: int | None
    suspicion: float
    effect_value: Decimal
    total_value: Decimal | None
    effect_pct: float | None
    score: float
    cumulative_doubt_share_pct: float | None
    submission_id: str
    original_name: str | None
    sheet_name: str | None
    row_number: int | None
    column_code: str
    cell_count: int


def queue(settings: Settings, half_year: HalfYear) -> list[Doubt]:
    """The doubtful values of a half-year's newest candidate, those first that matter most; empty when none is.

    Raises:
        WarehouseError: no candidate of it was built.
    """
    from zonehouse import warehouse

    return read_doubts(warehouse.newest_candidate(settings, half_year).database)


def read_doubts(database: Path, limit: int | None = None) -> list[Doubt]:
    """The queue of a frozen candidate; empty when the file or its mart is not there (a candidate of older models)."""
    if not database.is_file():
        return []
    names = ", ".join(field.name for field in fields(Doubt))
    end = "" if limit is None else f" limit {int(limit)}"
    with duckdb.connect(str(database), read_only=True) as connection:
        found = connection.execute(
            "select count(*) from duckdb_tables() where schema_name || '.' || table_name = ?", [_TABLE]
        ).fetchone()
        if found == (0,):
            return []
        order = "score desc, authority_code, suspicion_rank"
        rows = connection.execute(f"select {names} from {_TABLE} order by {order}{end}").fetchall()  # noqa: S608 our own names
    return [Doubt(*row) for row in rows]


def place(doubt: Doubt, language: str) -> str:
    """Where the value stands: file, sheet and row."""
    sheet, row = ("trang", "dòng") if language == "vi" else ("sheet", "row")
    told = doubt.original_name or doubt.submission_id
    if doubt.sheet_name:
        told += f", {sheet} {doubt.sheet_name}"
    if doubt.row_number and doubt.cell_count:
        told += f", {row} {doubt.row_number}"
    if doubt.cell_count > 1:
        others = doubt.cell_count - 1
        ending = "" if others == 1 else "s"
        told += f" (+ {others} dòng khác)" if language == "vi" else f" (+ {others} other row{ending})"
    return told


def reason(doubt: Doubt, language: str) -> str:
    """Why it is doubted, in a few words."""
    if doubt.reason_code == "not_given":
        return "không báo cáo, các tháng trước có" if language == "vi" else "not given, as it was in earlier months"
    if doubt.magnitude_power is not None:
        times = number(10 ** abs(doubt.magnitude_power), language)
        if language == "vi":
            return f"{'gấp' if doubt.magnitude_power > 0 else 'nhỏ hơn'} khoảng {times} lần (nhầm đơn vị?)"
        return f"about {times} times {'too much' if doubt.magnitude_power > 0 else 'too little'} (a wrong unit?)"
    return "lệch xa các tháng trước" if language == "vi" else "far from earlier months"


def sentence(doubt: Doubt, language: str) -> str:
    """One doubt as a person would say it, with what hangs on it and where to look."""
    who = f"{doubt.enterprise_name} ({doubt.tax_code})" if doubt.enterprise_name else doubt.tax_code
    given = with_unit(doubt.reported_value, doubt.unit, language)
    usual = with_unit(doubt.expected_value, doubt.unit, language)
    effect, share = percent(doubt.effect_pct, language), percent(doubt.cumulative_doubt_share_pct, language)
    if language == "vi":
        return (
            f"{who}, {doubt.label_vi}, tháng {doubt.period_month}: báo cáo {given}, thường là {usual}; "
            f"{reason(doubt, language)}. Ảnh hưởng {effect} tổng số; xem đến đây hết {share} nghi vấn. "
            f"Tệp {place(doubt, language)}."
        )
    return (
        f"{who}, {doubt.label_en}, {doubt.period_month}: reported {given}, usual {usual}; "
        f"{reason(doubt, language)}. Effect {effect} of the total; {share} of the doubt is settled down to here. "
        f"File {place(doubt, language)}."
    )


def summary(doubts: Sequence[Doubt], language: str, top: int = TOP) -> str:
    """How many there are and how much of the doubt the first ones settle."""
    shown, every = min(top, len(doubts)), len(doubts)
    whole = sum(doubt.score for doubt in doubts)
    share = 100 * sum(doubt.score for doubt in doubts[:shown]) / whole if whole else 100.0
    if language == "vi":
        return (
            f"{number(every, language)} giá trị đáng ngờ; "
            f"{number(shown, language)} giá trị đầu chiếm {percent(share, language)} nghi vấn."
        )
    noun = "value is" if every == 1 else "values are"
    return (
        f"{number(every, language)} {noun} doubtful; the first {number(shown, language)} "
        f"hold{'s' if shown == 1 else ''} {percent(share, language)} of the doubt."
    )
