"""Files to open or save: originals, returned workbooks, a night's workbook, Data Docs, a release's pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Response, status
from fastapi.responses import RedirectResponse

from zonehouse.console.pages import ReceiptId, ReleaseId, receipt_of
from zonehouse.console.served import UNTOUCHED, XLSX, download, inside, made, shown
from zonehouse.console.view import ViewDep
from zonehouse.intake.archive import archive_path
from zonehouse.publish.reading import release_files
from zonehouse.workbooks import batches_of_night, write_returned_workbook, write_steward_workbook

routes = APIRouter()


@routes.get("/files/{receipt_id}/original")
def original(view: ViewDep, receipt_id: ReceiptId) -> Response:
    """The very bytes that were received, to be saved: whatever they are, no browser is told to open them."""
    receipt, _ = receipt_of(view.settings, receipt_id)
    return download(archive_path(view.settings, receipt.submission_id), receipt.original_name, UNTOUCHED)


@routes.get("/files/{receipt_id}/returned")
def returned(view: ViewDep, receipt_id: ReceiptId) -> Response:
    """The sender's workbook with the bad cells coloured and commented, made anew."""
    receipt_of(view.settings, receipt_id)
    return made(lambda folder: write_returned_workbook(view.settings, receipt_id, folder), XLSX)


@routes.get("/nights/{night}/workbook")
def night_workbook(view: ViewDep, night: Annotated[str, Path(pattern=r"^\d{4}-\d{2}-\d{2}$")]) -> Response:
    """All findings of a night as a workbook, made anew."""
    batches = batches_of_night(view.settings, night)
    return made(lambda folder: write_steward_workbook(view.settings, batches, folder / f"{night}.xlsx"), XLSX)


@routes.get("/reports/data_docs")
@routes.get("/reports/validation")
def report_index(view: ViewDep) -> Response:
    """Data Docs and the nights' pages have an index."""
    return RedirectResponse(f"{view.request.url.path}/index.html", status.HTTP_303_SEE_OTHER)


# Addresses below /reports are those of the folder, so that the pages' links to each other hold here too.
@routes.get("/reports/data_docs/{path:path}")
def data_docs(view: ViewDep, path: str) -> Response:
    """A page of Data Docs."""
    return shown(inside(view.settings.reports / "data_docs", path))


@routes.get("/reports/validation/{path:path}")
def night_page(view: ViewDep, path: str) -> Response:
    """The page of all checks of a night, or the list of nights."""
    return shown(inside(view.settings.reports / "validation", path))


@routes.get("/releases/{release_id}/files/{name}")
def release_file(view: ViewDep, release_id: ReleaseId, name: str) -> Response:
    """A page of a release, shown (.html, .txt) or saved."""
    for path in release_files(view.settings, release_id):
        if path.name == name:
            return shown(path)
    raise HTTPException(status.HTTP_404_NOT_FOUND, "Không có tệp này. / There is no such file.")
