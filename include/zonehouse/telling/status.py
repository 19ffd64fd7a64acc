"""``zonehouse status --period``: a month, file by file, and who did not send."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console

from zonehouse.telling.tables import say, show_table
from zonehouse.telling.traces import tell_findings
from zonehouse.trace import TracedReceipt
from zonehouse.trace.month import MonthBook, MonthFile

# What is not counted needs somebody; what is counted with warnings needs a look.
_NOT_COUNTED = ("rejected", "held")


def tell_month(out: Console, book: MonthBook, language: str) -> None:
    """Print a month: its files, all errors of those not taken in, what is missing and late, and a sum that adds up."""
    month = book.month
    _tell_files(out, _said(language, f"Tệp của tháng {month}", f"Files of {month}"), book.files, language)
    title = _said(language, "Nhận quanh tháng này, không đọc được kỳ", "Received around it, month not readable")
    if book.unplaced:
        _tell_files(out, title, book.unplaced, language)
    _tell_findings(out, [*book.files, *book.unplaced], language)
    _tell_obligations(out, book, language)
    _tell_sum(out, book, language)


def month_json(book: MonthBook, language: str) -> str:
    """The same as JSON, one object."""
    return json.dumps(
        {
            "period_month": str(book.month),
            "files": [_file_fields(file, language) for file in book.files],
            "month_not_readable": [_file_fields(file, language) for file in book.unplaced],
            "missing": [_owed(one) for one in book.missing],
            "late": [_owed(one) for one in book.late],
            "states": book.states,
            "obligations": len(book.obligations),
        },
        ensure_ascii=False,
        indent=1,
        default=str,
    )


def _file_fields(file: MonthFile, language: str) -> dict[str, object]:
    receipt = file.receipt
    return {
        "receipt_id": receipt.receipt_id,
        "submission_id": receipt.submission_id,
        "original_name": receipt.original_name,
        "form_code": file.form_code,
        "reporting_unit_code": file.unit_code,
        "unit_name": file.unit_name,
        "version": file.version,
        "received_on": receipt.received_on,
        "state": receipt.state,
        "reason": _said(language, receipt.reason_vi or "", receipt.reason_en or "") or None,
        "findings": [vars(found) for found in file.findings],
    }


def _owed(one: object) -> dict[str, object]:
    return dict(vars(one))


def _said(language: str, vi: str, en: str) -> str:
    return vi if language == "vi" else en


def _tell_files(out: Console, title: str, files: Sequence[MonthFile], language: str) -> None:
    columns = [
        _said(language, "lần nhận", "receipt"), _said(language, "nhận ngày", "received"),
        _said(language, "biểu", "form"), _said(language, "đơn vị", "unit"), _said(language, "tên", "name"),
        _said(language, "bản", "no."), _said(language, "trạng thái", "state"), _said(language, "tệp", "file"),
    ]  # fmt: skip
    rows = [
        [
            file.receipt.receipt_id[:8], file.receipt.received_on, file.form_code, file.unit_code, file.unit_name,
            file.version, _state(file, language), file.receipt.original_name,
        ]
        for file in files
    ]  # fmt: skip
    cut = [columns[4], columns[7]]
    show_table(out, f"{title} ({len(rows)})", columns, rows, narrow=[*columns[:4], *columns[5:7]], cut=cut)


# Shorter than in the workbooks, where a cell has room: eight columns share a terminal.
_STATES = {
    "accepted": ("đã nhận", "accepted"),
    "accepted_with_warnings": ("nhận, cảnh báo", "with warnings"),
    "superseded": ("đã thay thế", "superseded"),
    "held": ("tạm giữ", "held"),
    "duplicate": ("trùng", "duplicate"),
    "rejected": ("bị từ chối", "rejected"),
}


def short_state(state: str, language: str) -> str:
    """The state in a word or two."""
    return _said(language, *_STATES.get(state, (state, state)))


def _state(file: MonthFile, language: str) -> str:
    return short_state(file.receipt.state, language)


def _tell_findings(out: Console, files: Sequence[MonthFile], language: str) -> None:
    """All errors and what a file is held for; of files that are counted their warnings."""
    for file in files:
        receipt = file.receipt
        counts = receipt.state in _NOT_COUNTED
        severities = ("error", "warning") if counts or receipt.state == "accepted_with_warnings" else ()
        shown = [found for found in file.findings if found.severity in severities]
        reason = _said(language, receipt.reason_vi or "", receipt.reason_en or "")
        if not counts and not shown:
            continue
        say(out, f"{receipt.receipt_id[:8]} {receipt.original_name}: {_state(file, language)}")
        if not shown and reason:
            say(out, f"  {reason}")
        tell_findings(out, TracedReceipt(receipt, file.version, None, file.findings), language, severities)


def _tell_obligations(out: Console, book: MonthBook, language: str) -> None:
    if not book.obligations:
        told = (
            _said(language, "không ai phải báo cáo tháng này", "nobody owes a report for this month")
            if book.is_built
            else _said(
                language,
                "chưa biết ai còn thiếu: chạy `zonehouse build` trước",
                "who is missing is not known yet: run `zonehouse build` first",
            )
        )
        say(out, told)
        return
    head = [
        _said(language, "biểu", "form"), _said(language, "đơn vị", "unit"), _said(language, "tên", "name"),
        _said(language, "hạn", "due"), _said(language, "nhận ngày", "received"),
    ]  # fmt: skip
    for title, listed in (
        (_said(language, "Chưa gửi", "Missing"), book.missing),
        (_said(language, "Gửi muộn", "Late"), book.late),
    ):
        rows = [
            [one.form_code, one.reporting_unit_code, one.unit_name, one.due_on, one.first_received_on] for one in listed
        ]
        if rows:
            show_table(out, f"{title} ({len(rows)})", head, rows, narrow=[*head[:2], *head[3:]], cut=[head[2]])


def _tell_sum(out: Console, book: MonthBook, language: str) -> None:
    states = [f"{count} {short_state(state, language)}" for state, count in sorted(book.states.items())]
    say(
        out,
        f"{len(book.files)} {_said(language, 'tệp của tháng', 'files of the month')} = {' + '.join(states) or 0}; "
        f"{len(book.unplaced)} {_said(language, 'tệp không đọc được kỳ', 'files whose month is not readable')}",
    )
    if book.obligations:
        owed, missing, late = len(book.obligations), len(book.missing), len(book.late)
        on_time = owed - missing - late
        say(
            out,
            f"{owed} {_said(language, 'báo cáo phải gửi', 'reports owed')} = "
            f"{on_time} {_said(language, 'đúng hạn', 'on time')} + {late} {_said(language, 'muộn', 'late')} + "
            f"{missing} {_said(language, 'chưa có', 'missing')}",
        )
