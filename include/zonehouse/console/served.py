"""Files for people: only what a folder of ours holds or the register names, with headers that keep them from acting."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fastapi import HTTPException, Response, status
from fastapi.responses import FileResponse

from zonehouse.telling.tables import clean

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNTOUCHED = "application/octet-stream"

# For our own pages: no script at all, forms only to ourselves, shown in a frame only by Airflow's page and ours.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-src 'self'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
# For pages that tools made of data (Data Docs, the brief): no script, no form, nothing from elsewhere. Their origin
# stays ours (nothing in them can use it): a page without an origin would lose the log-in when a link in it is followed.
SANDBOX_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
DOWNLOAD_POLICY = "sandbox; default-src 'none'"
_SHOWN = {".html": "text/html; charset=utf-8", ".txt": "text/plain; charset=utf-8"}
_NOT_FOUND = "Không có tệp này. / There is no such file."


def inside(folder: Path, relative: str) -> Path:
    """A file below ``folder``; 404 for everything else: what is not there, above it, hidden, or behind a link."""
    root = folder.resolve()
    if "\x00" not in relative and not any(part.startswith(".") for part in Path(relative).parts):
        path = (root / relative).resolve()
        if path.is_relative_to(root) and path.is_file():
            return path
    raise HTTPException(status.HTTP_404_NOT_FOUND, _NOT_FOUND)


def shown(path: Path) -> Response:
    """A page or text that a tool of ours wrote, sandboxed; anything else is a download."""
    kind = _SHOWN.get(path.suffix.lower())
    if kind is None:
        return download(path, path.name, UNTOUCHED)
    return FileResponse(path, media_type=kind, headers={"Content-Security-Policy": SANDBOX_POLICY})


def download(path: Path, name: str, kind: str) -> Response:
    """A file to be saved, never opened in the page."""
    if not path.is_file():
        raise HTTPException(status.HTTP_404_NOT_FOUND, _NOT_FOUND)
    return FileResponse(path, media_type=kind, headers=_download_headers(name))


def made(write: Callable[[Path], Path], kind: str) -> Response:
    """A file made for this answer: ``write`` is given an empty folder and returns what it wrote there."""
    with tempfile.TemporaryDirectory(prefix="zonehouse-console-") as folder:
        path = write(Path(folder))
        return Response(path.read_bytes(), media_type=kind, headers=_download_headers(path.name))


def _download_headers(name: str) -> dict[str, str]:
    """``name`` may be a sender's: no folder, no control character, no quote reaches the header (RFC 6266)."""
    tidy = clean(name).replace("\\", "/").rsplit("/", 1)[-1].strip() or "tep"
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in tidy)
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(tidy, safe='')}",
        "Content-Security-Policy": DOWNLOAD_POLICY,
    }
