"""Pages to read: the night, who is missing, the queue, a file, a reporting unit, checks, releases."""

from __future__ import annotations

from datetime import date
from pathlib import Path as FilePath
from typing import Annotated

from airflow.api_fastapi.common.db.common import SessionDep
from fastapi import APIRouter, HTTPException, Path, Query, Response, status
from fastapi.responses import FileResponse, RedirectResponse

from zonehouse import trace
from zonehouse.console import questions
from zonehouse.console.access import Reader
from zonehouse.console.doubts import doubt_page
from zonehouse.console.findings import Wanted, cell_around, column_labels, findings_queue
from zonehouse.console.grid import missing_grid
from zonehouse.console.render import STYLE, base_of, language_of
from zonehouse.console.view import ViewDep
from zonehouse.forms import load_catalogue
from zonehouse.intake.finding_titles import finding_titles
from zonehouse.intake.register import Receipt
from zonehouse.periods import Month
from zonehouse.publish.reading import release_files, release_list, revision_triangle
from zonehouse.publish.release import manifest_of, releases_folder
from zonehouse.quality.night import nights_with_page, page_of
from zonehouse.settings import Settings
from zonehouse.trace import FileTrace, UnitTrace
from zonehouse.trace.night import night_book

routes = APIRouter()

MONTH, NIGHT = r"^\d{4}-(0[1-9]|1[0-2])$", r"^\d{4}-\d{2}-\d{2}$"
ReceiptId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
ReleaseId = Annotated[str, Path(pattern=r"^\d{4}-H[12]-r\d{3,6}$")]
MonthText = Annotated[str | None, Query(pattern=rf"{MONTH}|^$")]
NightText = Annotated[str | None, Query(pattern=rf"{NIGHT}|^$")]

_NIGHTLY_DAG = "nightly_load"
_LINES_A_PAGE = 100
_SPANS = (3, 6, 12, 18)


@routes.get("/")
def start(view: ViewDep) -> Response:
    """The console's address alone leads to the night."""
    return RedirectResponse(f"{base_of(view.request)}/tonight", status.HTTP_303_SEE_OTHER)


@routes.get("/static/console.css")
def style(_user: Reader) -> Response:
    """How the pages look."""
    return FileResponse(STYLE, media_type="text/css", headers={"Cache-Control": "private, max-age=300"})


@routes.get("/tonight")
def tonight(view: ViewDep, session: SessionDep, night: NightText = None) -> Response:
    """A night: files by state, those that need someone, and whether the books balance."""
    book = night_book(view.settings, _real(night))
    waiting = questions.open_questions(session, view.now)
    was_checked = book.night is not None and page_of(view.settings, date.fromisoformat(book.night)).is_file()
    run = questions.last_run(session, _NIGHTLY_DAG)
    return view.page("tonight.html", book=book, run=run, waiting=waiting, was_checked=was_checked)


@routes.get("/missing")
def missing(
    view: ViewDep,
    until: MonthText = None,
    months: Annotated[int, Query(ge=1, le=36)] = 6,
    form: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Reporting units × months, with due days."""
    today = view.now.astimezone(view.settings.zone).date()
    grid = missing_grid(view.settings, Month.parse(until) if until else None, months, form, today)
    titles = {form.code: form.title for form in load_catalogue(view.settings).forms}
    return view.page("missing.html", grid=grid, titles=titles, spans=_SPANS, span=months)


@routes.get("/queue")
def queue(  # noqa: PLR0913, PLR0917 - the choices of a page
    view: ViewDep,
    night: NightText = None,
    month: MonthText = None,
    severity: Annotated[str | None, Query(pattern="^(error|warning|)$")] = None,
    code: Annotated[str | None, Query(max_length=80)] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Findings of files that need someone, the gravest and weightiest first."""
    wanted = Wanted(night or None, month or None, severity or None, code or None)
    found = findings_queue(view.settings, wanted)
    first = (page - 1) * _LINES_A_PAGE
    return view.page(
        "queue.html",
        queue=found,
        shown=found.findings[first : first + _LINES_A_PAGE],
        first=first,
        page_number=page,
        pages_count=max(1, -(-len(found.findings) // _LINES_A_PAGE)),
        wanted=wanted,
    )


@routes.get("/files/{receipt_id}")
def file(view: ViewDep, receipt_id: ReceiptId) -> Response:
    """A file: what became of it, its findings, and the published figures it went into."""
    receipt, traced = receipt_of(view.settings, receipt_id)
    catalogue = load_catalogue(view.settings)
    told = next(one for one in traced.receipts if one.receipt.receipt_id == receipt_id)
    return view.page(
        "file.html",
        receipt=receipt,
        told=told,
        traced=traced,
        labels=column_labels(catalogue),
        titles=finding_titles(catalogue),
        forms={form.code: form.title for form in catalogue.forms},
    )


@routes.get("/files/{receipt_id}/cell")
def cell(
    view: ViewDep,
    receipt_id: ReceiptId,
    sheet: Annotated[str, Query(max_length=200)],
    at: Annotated[str, Query(pattern=r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")],
) -> Response:
    """A cell of the sender's workbook among its neighbours, with what was found there."""
    receipt, traced = receipt_of(view.settings, receipt_id)
    told = next(one for one in traced.receipts if one.receipt.receipt_id == receipt_id)
    here = [one for one in told.findings if (one.sheet_name, one.cell) == (sheet, at)]
    around = cell_around(view.settings, receipt, sheet, at)
    titles = finding_titles(load_catalogue(view.settings))
    return view.page("cell.html", receipt=receipt, sheet=sheet, at=at, around=around, findings=here, titles=titles)


@routes.get("/units/{code}")
def unit(view: ViewDep, code: Annotated[str, Path(max_length=60)]) -> Response:
    """A reporting unit: its entries in the register, its files by month, what it adds to the published figures."""
    traced: UnitTrace = trace.trace_unit(view.settings, code)
    return view.page("unit.html", traced=traced)


@routes.get("/doubts")
def doubts(
    view: ViewDep,
    half: Annotated[str | None, Query(pattern=r"^\d{4}-H[12]$|^$")] = None,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """The values of a half-year's newest candidate that a steward should look at first."""
    first = (page - 1) * _LINES_A_PAGE
    found = doubt_page(view.settings, half or None, first, _LINES_A_PAGE, language_of(view.request, view.settings))
    pages_count = max(1, -(-found.count // _LINES_A_PAGE))
    return view.page("doubts.html", doubts=found, first=first, page_number=page, pages_count=pages_count)


@routes.get("/reports")
def reports(view: ViewDep, night: NightText = None) -> Response:
    """The page of all checks of a night, framed; Data Docs where no night has one (a home of older code)."""
    nights = nights_with_page(view.settings)
    chosen = next((one for one in nights if one.isoformat() == night), next(iter(nights), None))
    has_docs = (view.settings.reports / "data_docs" / "index.html").is_file()
    shown = f"validation/{chosen}" if chosen else "data_docs" if has_docs else None
    return view.page("reports.html", nights=nights, chosen=chosen, shown=shown, has_docs=has_docs)


@routes.get("/releases")
def releases(view: ViewDep) -> Response:
    """Every release ever."""
    return view.page("releases.html", releases=release_list(view.settings))


@routes.get("/releases/{release_id}")
def release(view: ViewDep, release_id: ReleaseId) -> Response:
    """A release: who let it through and why, its page, and how the half-year's figures moved between releases."""
    listed = release_list(view.settings)
    chosen = next((one for one in listed if one.release_id == release_id), None)
    if chosen is None or not (releases_folder(view.settings) / release_id).is_dir():
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Không có bản công bố này. / There is no such release.")
    return view.page(
        "release.html",
        release=chosen,
        manifest=manifest_of(view.settings, release_id),
        siblings=sorted((one for one in listed if one.half_year == chosen.half_year), key=lambda one: one.release_no),
        triangle=revision_triangle(view.settings, chosen.half_year),
        files=release_files(view.settings, release_id),
        brief=_brief(release_files(view.settings, release_id), language_of(view.request, view.settings)),
    )


def _real(night: str | None) -> str | None:
    """The night that is asked for, if any; 404 for a day that no calendar has."""
    try:
        return date.fromisoformat(night).isoformat() if night else None
    except ValueError as error:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"Không có ngày {night}. / There is no day {night}.") from error


def receipt_of(settings: Settings, receipt_id: str) -> tuple[Receipt, FileTrace]:
    """A receipt with the trace of its content; 404 when the register does not know it."""
    traced = trace.trace_file(settings, receipt_id)
    found = next((one.receipt for one in traced.receipts if one.receipt.receipt_id == receipt_id), None)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "Không có tệp này. / There is no such file.")
    return found, traced


def _brief(files: list[FilePath], language: str) -> str | None:
    """The page to be shown in a frame: the first authority's, in the language of the console when there is one."""
    names = [path.name for path in files if path.suffix == ".html"]
    return next((name for name in names if name.endswith(f".{language}.html")), next(iter(names), None))
