"""``zonehouse queue``: the values that a steward should look at first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from zonehouse.quality.doubts import Doubt, place, reason, summary
from zonehouse.quality.words import percent, with_unit
from zonehouse.telling.tables import say, show_table

_TITLE = {"vi": "Giá trị nên xem trước", "en": "Values to look at first"}
_COLUMNS = {
    "vi": ("TT", "Doanh nghiệp", "Chỉ tiêu", "Tháng", "Báo cáo", "Thường là", "Vì sao", "Ảnh hưởng", "Luỹ kế", "Tệp"),
    "en": ("No", "Enterprise", "Indicator", "Month", "Reported", "Usual", "Why", "Effect", "Settled", "File"),
}


def tell_queue(out: Console, doubts: Sequence[Doubt], language: str, top: int | None) -> None:
    """Print the first ``top`` (None: all), what hangs on each and how much of the doubt is settled by then."""
    if not doubts:
        say(out, "Không có giá trị nào đáng ngờ." if language == "vi" else "No value is doubtful.")
        return
    columns = _COLUMNS[language]
    shown = doubts if top is None else doubts[:top]
    show_table(
        out,
        _TITLE[language],
        columns,
        [_cells(position, doubt, language) for position, doubt in enumerate(shown, start=1)],
        right=(columns[0], columns[4], columns[5], columns[7], columns[8]),
        narrow=(columns[3],),
    )
    say(out, summary(doubts, language, len(shown)))


def queue_json(doubts: Sequence[Doubt], half_year: str) -> str:
    """The whole queue as JSON, one object; amounts are text, so that no digit is lost."""
    return json.dumps(
        {"half_year": half_year, "doubts": [asdict(doubt) for doubt in doubts]},
        ensure_ascii=False,
        indent=1,
        default=str,
    )


def _cells(position: int, doubt: Doubt, language: str) -> tuple[object, ...]:
    return (
        position,
        f"{doubt.enterprise_name or ''} {doubt.tax_code}".strip(),
        doubt.label_vi if language == "vi" else doubt.label_en,
        doubt.period_month,
        with_unit(doubt.reported_value, doubt.unit, language),
        with_unit(doubt.expected_value, doubt.unit, language),
        reason(doubt, language),
        percent(doubt.effect_pct, language),
        percent(doubt.cumulative_doubt_share_pct, language),
        place(doubt, language),
    )
