"""The console as one FastAPI application: routes, headers, and errors that people can read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from fastapi import FastAPI, HTTPException, Request, Response, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from zonehouse.console import decisions, files, overriding, pages
from zonehouse.console.menu import PREFIX
from zonehouse.console.render import base_of, page
from zonehouse.console.served import PAGE_POLICY
from zonehouse.quality import QualityError
from zonehouse.settings import Settings
from zonehouse.trace import TraceError
from zonehouse.warehouse import WarehouseError
from zonehouse.workbooks import WorkbookError

log = structlog.get_logger(__name__)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Content-Security-Policy": PAGE_POLICY,
}
_BUSY = (
    "Kho số liệu đang được một lần nạp ghi: thử lại sau một phút. / A load is writing the warehouse: try again in a "
    "minute."
)
_WRONG = (
    "Có lỗi bên trong; người vận hành thấy lỗi này trong nhật ký của máy chủ. Chưa có gì bị thay đổi. / Something went "
    "wrong inside; the operator finds it in the server's log. Nothing was changed."
)


def create_app() -> FastAPI:
    """The application; no page of it answers without a log-in (``zonehouse.console.access``)."""
    app = FastAPI(title="zonehouse console", docs_url=None, redoc_url=None, openapi_url=None)
    for routes in (pages.routes, files.routes, decisions.routes, overriding.routes):
        app.include_router(routes)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_readable)
    app.add_exception_handler(WarehouseError, lambda request, _error: _told(request, 503, _BUSY))
    for error in (TraceError, WorkbookError, QualityError):
        app.add_exception_handler(error, lambda request, error: _told(request, 404, str(error)))
    app.middleware("http")(_with_headers)
    return app


async def _with_headers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await answer(request)
    except Exception:
        log.exception("console_page_failed", path=request.url.path)
        response = _told(request, status.HTTP_500_INTERNAL_SERVER_ERROR, _WRONG)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _refused(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException | StarletteHTTPException) else 500
    if code == status.HTTP_401_UNAUTHORIZED and request.method == "GET" and _asks_for_a_page(request):
        base = base_of(request)
        root = base.removesuffix(PREFIX)
        asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(f"{root}/api/v2/auth/login?next={quote(asked, safe='')}", status.HTTP_303_SEE_OTHER)
    return _told(request, code, str(getattr(error, "detail", "")))


def _asks_for_a_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _not_readable(request: Request, _error: Exception) -> Response:
    return _told(
        request, status.HTTP_404_NOT_FOUND, "Địa chỉ này không có nghĩa. / This address does not mean anything."
    )


def _told(request: Request, code: int, what: str) -> Response:
    """An error as a page; it says nothing about who is asking, nor anything that only a reader may know."""
    values = {"code": code, "what": what}
    return page(request, Settings(), "error.html", user_name="", decides=False, values=values, status_code=code)
