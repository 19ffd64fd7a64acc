"""``zonehouse override …``: what a steward enters about single numbers; a thin face on ``zonehouse.quality``."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer
from rich.console import Console

from zonehouse import quality
from zonehouse.intake.numbers import NumberError, parse_number
from zonehouse.intake.register import receipts
from zonehouse.periods import Month
from zonehouse.quality import Override, OverrideTarget, ReportedValue
from zonehouse.settings import Settings
from zonehouse.telling.numbers import figure
from zonehouse.telling.tables import show_table

app = typer.Typer(help="Accept a flagged number of a report, or replace it with a corrected one.", no_args_is_help=True)
out = Console(highlight=False, soft_wrap=True)

UnitOption = Annotated[str, typer.Option("--unit", help="the reporting unit: a tax code, or an authority's code")]
MonthOption = Annotated[str, typer.Option("--month", help="the month of the report, such as 2016-05")]
ColumnOption = Annotated[str, typer.Option("--column", help="the column's code, such as export_usd")]
RowOption = Annotated[str, typer.Option("--row", help="the row's key, or a part that only it has, such as 1020")]
FormOption = Annotated[str, typer.Option("--form", help="monthly_report or authority_return")]
ByOption = Annotated[str, typer.Option("--by", help="your name")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why: who confirmed it, what was wrong")]
_STATES = {
    "active": ("đang áp dụng", "in force"),
    "lapsed": ("hết hiệu lực: báo cáo đã sửa", "lapsed: the report was amended"),
    "superseded": ("đã có điều chỉnh mới hơn", "superseded by a later one"),
    "revoked": ("đã thu hồi", "revoked"),
}
_ACTIONS = {"accept": ("chấp nhận", "accepted"), "replace": ("thay số", "replaced")}


@app.command("list")
def list_() -> None:
    """List every override ever entered: what was reported, what it was edited to, by whom, why, and its state now."""
    settings = Settings()
    vi = settings.language == "vi"
    found = quality.overrides(settings)
    columns = (
        ("Mã", "Tháng", "Đơn vị", "Cột", "Dòng", "Báo cáo", "Số sửa", "Việc", "Trạng thái", "Ai", "Lý do")
        if vi
        else ("Id", "Month", "Unit", "Column", "Row", "Reported", "Edited", "Action", "State", "Who", "Why")
    )
    rows = [
        (
            one.override_id,
            one.target.period_month,
            one.target.reporting_unit_code,
            one.target.column_code,
            one.target.row_key,
            figure(one.reported_value, settings.language),
            figure(one.edited_value, settings.language),
            _ACTIONS[one.action][0 if vi else 1],
            _STATES[one.state][0 if vi else 1],
            one.entered_by,
            one.reason,
        )
        for one in found
    ]
    title = f"{len(found)} điều chỉnh / overrides" if vi else f"{len(found)} overrides"
    show_table(out, title, columns, rows, right=(columns[5], columns[6]), narrow=(columns[0],))


@app.command()
def show(unit: UnitOption, month: MonthOption, form: FormOption = "monthly_report") -> None:
    """List the numbers of a report that may be overridden, in the units that the warehouse keeps."""
    settings = Settings()
    found = quality.reported_values(settings, form, _authority(settings, form, unit, month), unit, month)
    rows = [
        (
            one.target.column_code,
            one.target.row_key,
            figure(one.value, settings.language) if one.value is not None else one.mark,
            one.unit,
            f"{one.sheet_name}!{one.row_number}",
        )
        for one in found
    ]
    columns = ("column", "row", "reported", "unit", "sheet!row")
    show_table(out, f"{found[0].original_name if found else unit} {month}", columns, rows, right=("reported",))


@app.command()
def accept(  # noqa: PLR0913, PLR0917 - its options
    unit: UnitOption,
    month: MonthOption,
    column: ColumnOption,
    row: RowOption,
    by: ByOption,
    reason: ReasonOption,
    form: FormOption = "monthly_report",
) -> None:
    """Accept a flagged number as it was reported: its warning no longer asks for approval."""
    settings = Settings()
    target = _target(settings, form, unit, month, column, row)
    _told(settings, quality.enter_override(settings, target, "accept", by=by, reason=reason, now=_now()))


@app.command()
def replace(  # noqa: PLR0913, PLR0917 - its options
    unit: UnitOption,
    month: MonthOption,
    column: ColumnOption,
    row: RowOption,
    value: Annotated[str, typer.Option("--value", help="the corrected number, in the unit that `show` names")],
    by: ByOption,
    reason: ReasonOption,
    form: FormOption = "monthly_report",
) -> None:
    """Replace a number with a corrected one; the reported one stays beside it in the lineage."""
    settings = Settings()
    target = _target(settings, form, unit, month, column, row)
    entered = quality.enter_override(
        settings, target, "replace", by=by, reason=reason, now=_now(), edited_value=_number(value, settings.language)
    )
    _told(settings, entered)


@app.command()
def revoke(
    override_id: Annotated[str, typer.Argument(help="the override's id, as `list` shows it")],
    by: ByOption,
    reason: ReasonOption,
) -> None:
    """Take an override back: the reported number counts again."""
    settings = Settings()
    _told(settings, quality.revoke_override(settings, override_id, by=by, reason=reason, now=_now()))


def _now() -> datetime:
    return datetime.now(UTC)


def _number(text: str, language: str) -> Decimal:
    try:
        return parse_number(text, "," if language == "vi" else ".")
    except NumberError as error:
        raise typer.BadParameter(f"{text!r} is no number", param_hint="--value") from error


def _authority(settings: Settings, form: str, unit: str, month: str) -> str:
    """The authority that the unit reports to in that month."""
    try:
        Month.parse(month)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--month") from error
    wanted = (form, unit, month)
    found = {
        receipt.authority_code
        for receipt in receipts(settings)
        if (receipt.form_code, receipt.reporting_unit_code, receipt.period_month) == wanted
        and receipt.state in {"accepted", "accepted_with_warnings"}
    }
    return next(iter(found)) or "" if len(found) == 1 else ""


def _target(settings: Settings, form: str, unit: str, month: str, column: str, row: str) -> OverrideTarget:  # noqa: PLR0913, PLR0917
    authority = _authority(settings, form, unit, month)
    found = [
        one
        for one in quality.reported_values(settings, form, authority, unit, month)
        if one.target.column_code == column
    ]
    exact = [one for one in found if one.target.row_key == row]
    chosen = exact or [one for one in found if row in one.target.row_key]
    if len(chosen) != 1:
        raise typer.BadParameter(
            f"{len(chosen)} rows with {column} match {row!r}; there are: {'; '.join(map(_row, found)) or 'none'}",
            param_hint="--row",
        )
    return chosen[0].target


def _row(one: ReportedValue) -> str:
    return f"{one.target.row_key} ({one.sheet_name}!{one.row_number})"


def _told(settings: Settings, one: Override) -> None:
    vi = settings.language == "vi"
    reported = figure(one.reported_value, settings.language)
    edited = "" if one.edited_value is None else f" → {figure(one.edited_value, settings.language)}"
    state = _STATES[one.state][0 if vi else 1]
    out.print(f"{one.override_id}: {one.target.column_code} {reported}{edited} ({state})", markup=False)
    out.print(
        "lần dựng tiếp theo sẽ lấy điều chỉnh này (zonehouse build) / the next build takes it"
        if vi
        else "the next build takes it (zonehouse build)",
        markup=False,
    )
