"""``zonehouse trace``: what was traced, told."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

from rich.console import Console

from zonehouse.intake.findings import in_language
from zonehouse.telling.numbers import figure
from zonehouse.telling.tables import clean, say, show_table
from zonehouse.trace import Contribution, FigureTrace, FileTrace, Share, TracedReceipt, UnitTrace
from zonehouse.workbooks.safe import is_risky
from zonehouse.workbooks.words import SEVERITY, state_text


def tell_trace(out: Console, traced: FigureTrace | FileTrace | UnitTrace, language: str, top: int | None) -> None:
    """Print a trace; of a figure's cells and submissions only the ``top`` largest (None: all)."""
    if isinstance(traced, FigureTrace):
        _tell_figure(out, traced, language, top)
    elif isinstance(traced, FileTrace):
        say(out, _said(language, "tệp (SHA-256)", "file (SHA-256)") + f": {traced.submission_id}")
        _tell_receipts(out, traced.receipts, language, with_findings=True)
        _tell_shares(out, traced.shares, language)
    else:
        _tell_unit(out, traced, language)


def write_csv(traced: FigureTrace, path: Path) -> int:
    """Write every cell behind a figure as CSV (UTF-8 with BOM, for Excel); the number of rows.

    No text can become a formula: one that begins like it gets an apostrophe in front.
    """
    columns = list(Contribution.__dataclass_fields__)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["release_id", "authority_code", "indicator_code", "zone_code", "period", *columns])
        head = traced.figure
        key = [head.release_id, head.authority_code, head.indicator_code, head.zone_code, traced.period]
        for cell in traced.cells:
            writer.writerow([_inert(value) for value in (*key, *(getattr(cell, name) for name in columns))])
    return len(traced.cells)


def _inert(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if is_risky(text) else text


def _said(language: str, vi: str, en: str) -> str:
    return vi if language == "vi" else en


def _status(status: str, language: str) -> str:
    return {"final": "chính thức", "provisional": "sơ bộ"}.get(status, status) if language == "vi" else status


def _tell_figure(out: Console, traced: FigureTrace, language: str, top: int | None) -> None:
    head = traced.figure
    label = _said(language, head.label_vi, head.label_en)
    say(out, f"{head.release_id} / {head.indicator_code} / {head.zone_code}: {label}")
    base = _said(language, " (cùng kỳ năm trước)", " (same period of the year before)")
    say(
        out,
        f"{_said(language, 'giá trị', 'value')}{base if traced.period == 'base' else ''}: "
        f"{figure(traced.value, language)} {head.unit}; {_status(head.status, language)}, "
        f"{_said(language, 'đến tháng', 'through')} {head.through_month}; {head.authority_code}",
    )
    submissions = traced.submissions
    columns = [
        _said(language, "tháng", "month"), _said(language, "tệp", "file"), "SHA-256",
        _said(language, "số ô", "cells"), _said(language, "đóng góp", "contribution"),
    ]  # fmt: skip
    rows = [
        [cell.period_month, cell.original_name, cell.submission_id[:12], count, figure(total, language)]
        for cell, count, total in submissions[:top]
    ]
    title = _said(language, "Theo tệp", "By file") + f" ({len(rows)}/{len(submissions)})"
    show_table(out, title, columns, rows, right=columns[3:], narrow=[columns[0], columns[2]], cut=[columns[1]])
    columns = [
        _said(language, "tháng", "month"), _said(language, "tệp", "file"), "SHA-256", _said(language, "trang", "sheet"),
        _said(language, "ô", "cell"), _said(language, "cột", "column"), _said(language, "ô ghi", "cell says"),
        _said(language, "đóng góp", "contribution"),
    ]  # fmt: skip
    rows = [
        [
            cell.period_month, cell.original_name, cell.submission_id[:12], cell.sheet_name,
            cell.cell or cell.row_number, cell.column_code,
            _cell_says(cell, language), figure(cell.contribution, language),
        ]
        for cell in traced.cells[:top]
    ]  # fmt: skip
    title = _said(language, "Theo ô", "By cell") + f" ({len(rows)}/{len(traced.cells)})"
    show_table(out, title, columns, rows, right=columns[6:], narrow=[columns[0], *columns[2:6]], cut=[columns[1]])
    _tell_overrides(out, traced, language)
    _tell_sum(out, traced, language, len(rows))


def _tell_overrides(out: Console, traced: FigureTrace, language: str) -> None:
    """Every cell of the figure that a steward accepted or replaced: reported, edited and published side by side."""
    overridden = [cell for cell in traced.cells if cell.override_id is not None]
    if not overridden:
        return
    columns = [
        _said(language, "tháng", "month"), _said(language, "tệp", "file"), _said(language, "ô", "cell"),
        _said(language, "báo cáo", "reported"), _said(language, "số sửa", "edited"),
        _said(language, "được tính", "published"), _said(language, "ai", "who"), _said(language, "lý do", "why"),
    ]  # fmt: skip
    rows = [
        [
            cell.period_month, cell.original_name, f"{cell.sheet_name}!{cell.cell or cell.row_number}",
            figure(cell.reported_value, language), figure(cell.edited_value, language),
            figure(cell.contribution, language), cell.overridden_by, cell.override_reason,
        ]
        for cell in overridden
    ]  # fmt: skip
    title = _said(language, "Cán bộ dữ liệu đã điều chỉnh", "Overridden by stewards") + f" ({len(rows)})"
    show_table(out, title, columns, rows, right=columns[3:6], narrow=columns[:1], cut=[columns[1]])


def _cell_says(cell: Contribution, language: str) -> str:
    """The cell's own text or number; its unit where the figure counts in another."""
    if cell.cell_text is not None or cell.cell_value is None:
        return cell.cell_text or ""
    unit = f" {cell.cell_unit}" if cell.cell_unit and cell.cell_value != cell.contribution else ""
    return figure(cell.cell_value, language) + unit


def _tell_sum(out: Console, traced: FigureTrace, language: str, shown: int) -> None:
    """The cells shown, the rest and their sum, compared with what is published."""
    above = sum((cell.contribution for cell in traced.cells[:shown]), Decimal(0))
    rest, count = traced.total - above, len(traced.cells) - shown
    parts = f"{figure(above, language)} ({shown} {_said(language, 'ô ở trên', 'cells above')})"
    if count:
        parts += f" + {figure(rest, language)} ({count} {_said(language, 'ô khác; --all liệt kê', 'more; --all')})"
    verdict = (
        _said(language, "bằng giá trị đã công bố", "equals the published value")
        if traced.adds_up
        else _said(language, "KHÁC giá trị đã công bố", "DIFFERS from the published value")
        + f" {figure(traced.value, language)}"
    )
    say(out, f"{parts} = {figure(traced.total, language)}: {verdict}")


def _tell_receipts(out: Console, listed: Sequence[TracedReceipt], language: str, with_findings: bool) -> None:
    columns = [
        _said(language, "lần nhận", "receipt"), _said(language, "nhận ngày", "received"),
        _said(language, "biểu", "form"), _said(language, "đơn vị", "unit"),
        _said(language, "tháng", "month"), _said(language, "bản", "version"),
        _said(language, "trạng thái", "state"), _said(language, "tệp", "file"),
    ]  # fmt: skip
    rows = [
        [
            one.receipt.receipt_id[:8], one.receipt.received_on, one.receipt.form_code,
            one.receipt.reporting_unit_code, one.receipt.period_month, one.version, _state(one, language),
            one.receipt.original_name,
        ]
        for one in listed
    ]  # fmt: skip
    title = _said(language, "Các lần nhận", "Receipts") + f" ({len(rows)})"
    show_table(out, title, columns, rows, narrow=columns[:7], cut=columns[7:])
    if with_findings:
        for one in listed:
            tell_findings(out, one, language)


def _state(one: TracedReceipt, language: str) -> str:
    words = state_text(one.receipt.state)
    told = _said(language, words.vi, words.en)
    if one.successor is not None:
        return f"{told}: {one.successor.receipt_id[:8]} ({one.successor.received_on})"
    return f"{told}: {one.receipt.duplicate_of[:8]}" if one.receipt.duplicate_of else told


def tell_findings(out: Console, one: TracedReceipt, language: str, severities: Sequence[str] = tuple(SEVERITY)) -> None:
    """The findings of a receipt, each with its cell, what was found, what was expected and how to mend it."""
    for found in one.findings:
        if found.severity not in severities:
            continue
        words = SEVERITY[found.severity]
        where = "!".join(part for part in (found.sheet_name, found.cell) if part)
        seen = in_language(asdict(found), "found", language)
        said = f"“{seen}”; " if seen else ""
        expected = _said(language, found.expected_vi, found.expected_en)
        mend = _said(language, found.mend_vi, found.mend_en)
        say(
            out,
            f"  {one.receipt.receipt_id[:8]} {_said(language, words.vi, words.en)} "
            f"{where or _said(language, 'cả tệp', 'whole file')} [{found.finding_code}]: {said}"
            f"{_said(language, 'cần', 'expected')}: {expected}. {mend}.",
        )


def _tell_shares(out: Console, shares: Sequence[Share], language: str) -> None:
    if not shares:
        say(out, _said(language, "không vào số liệu nào đang công bố", "went into no figure that is published"))
        return
    columns = [
        _said(language, "bản công bố", "release"), _said(language, "chỉ tiêu", "indicator"),
        _said(language, "kỳ", "period"), _said(language, "số ô", "cells"), _said(language, "đóng góp", "contribution"),
        _said(language, "số công bố", "published"), "%", _said(language, "đơn vị tính", "unit"),
    ]  # fmt: skip
    rows = [
        [
            one.release_id, one.indicator_code, one.period, one.cells, figure(one.contribution, language),
            figure(one.value, language), _share(one, language), one.unit,
        ]
        for one in shares
    ]  # fmt: skip
    title = _said(language, "Vào các số liệu đang công bố (TOTAL)", "Went into the published figures (TOTAL)")
    show_table(out, title, columns, rows, right=columns[3:7], narrow=columns[:1])


def _share(one: Share, language: str) -> str:
    return figure(round(one.contribution * 100 / one.value, 2), language) if one.value else "–"


def _tell_unit(out: Console, traced: UnitTrace, language: str) -> None:
    for entry in traced.registered:
        until = f" – {entry.reporting_to}" if entry.reporting_to else ""
        say(
            out,
            f"{traced.code} {entry.name}; {_said(language, 'khu', 'zone')} {entry.zone_code}; "
            f"{_said(language, 'hiệu lực từ', 'valid from')} {entry.valid_from}; "
            f"{_said(language, 'báo cáo từ', 'reports from')} {entry.reporting_from or '–'}{until}",
        )
    if not traced.registered:
        say(
            out, f"{traced.code}: " + _said(language, "không có trong sổ doanh nghiệp", "not an enterprise on register")
        )
    _tell_receipts(out, traced.receipts, language, with_findings=False)
    _tell_shares(out, traced.shares, language)
