"""Why the gate decided as it did, in the reader's language: the ledger's line is English, the checks have both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.parquet as pq

from zonehouse.intake.schema import VALIDATION_RESULT
from zonehouse.intake.state import landing_readers
from zonehouse.quality import words
from zonehouse.quality.ledger import Decision
from zonehouse.settings import Settings

_VERDICTS = frozenset(("pass", "needs_approval", "blocked"))
_UNCHECKED = "không có phép kiểm tra nào được thực hiện"


def reasons_in(settings: Settings, decisions: Sequence[Decision], language: str) -> list[str]:
    """The reason of each decision, in the same order: a person's as it was written, the gate's in ``language``.

    A verdict whose results are no longer in the landing, or that older code wrote, keeps its English line.
    """
    if language == "en":
        return [one.reason for one in decisions]
    return [_vietnamese(settings, one) if one.outcome in _VERDICTS else one.reason for one in decisions]


def _vietnamese(settings: Settings, verdict: Decision) -> str:
    if verdict.run_id is None:
        return _UNCHECKED if verdict.reason == "no expectation was evaluated" else verdict.reason
    results = _results(settings, verdict.run_id)
    if not results:
        return verdict.reason
    failed = [one for one in results if not one["success"] and (one["raised"] or one["severity"] != "info")]
    accepted = [one for one in failed if one["accepted_by"]]
    still = [one for one in failed if not one["accepted_by"]]
    told = f"; cảnh báo đã được chấp nhận: {_named(accepted)}" if accepted else ""
    checks = words.checks(len(results), "vi")
    if not still:
        return (
            f"{checks}: không có lỗi nghiêm trọng, không có cảnh báo{' chưa được chấp nhận' if accepted else ''}{told}"
        )
    return f"{words.number(len(still), 'vi')} trên {checks} chưa đạt: {_named(still)}{told}"


def _named(results: Sequence[dict[str, Any]]) -> str:
    return "; ".join(
        f"{one['title_vi'] or one['reason_vi']} ({one['table_name']}"
        + (f", {one['accepted_by']})" if one["accepted_by"] else ")")
        for one in results
    )


def _results(settings: Settings, run_id: str) -> list[dict[str, Any]]:
    path = settings.landing / "validation_result" / f"{run_id}.parquet"
    with landing_readers(settings):
        if not path.is_file():
            return []
        names = set(pq.read_schema(path).names)
        rows = pq.read_table(path, columns=[name for name in VALIDATION_RESULT.names if name in names]).to_pylist()
    # Files of older code lack the last columns.
    return [dict.fromkeys(VALIDATION_RESULT.names) | row for row in rows]
