"""Where the console hangs in Airflow: its address, its entries in the menu, and the application, built when asked for.

Every Airflow process loads plugins (a task too), so this module imports nothing that they would have to pay for.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

PREFIX = "/zonehouse"
CATEGORY = "Cán bộ dữ liệu / Data stewards"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True)
class Page:
    """A page of the console, named in both languages; ``key`` is its path."""

    key: str
    vi: str
    en: str


PAGES = (
    Page("tonight", "Lần nạp đêm", "Tonight"),
    Page("missing", "Ai còn thiếu", "Who is missing"),
    Page("queue", "Cần xem", "Queue"),
    Page("doubts", "Số đáng ngờ", "Doubtful values"),
    Page("decide", "Duyệt công bố", "Decide"),
    Page("overrides", "Điều chỉnh số", "Overrides"),
    Page("reports", "Kết quả kiểm tra", "Validation reports"),
    Page("releases", "Bản công bố", "Releases"),
)


def external_views() -> list[dict[str, Any]]:
    """Entries for Airflow's menu: the console itself at the top level, and each page below *Plugins*."""
    start = {
        "name": "Số liệu",  # Airflow's menu has room for some eight letters
        "href": f"{PREFIX}/",
        "url_route": "zonehouse",
        "destination": "nav",
        "nav_top_level": True,
    }
    pages = [
        {
            "name": f"{page.vi} / {page.en}",
            "href": f"{PREFIX}/{page.key}",
            "url_route": f"zonehouse-{page.key}",
            "destination": "nav",
            "category": CATEGORY,
        }
        for page in PAGES
    ]
    return [start, *pages]


class LazyApp:
    """An ASGI application that is made at its first request."""

    def __init__(self, make: Callable[[], AsgiApp] | None = None) -> None:
        self._make = make or _console
        self._app: AsgiApp | None = None
        self._making = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = await asyncio.to_thread(self._made)
        await self._app(scope, receive, send)

    def _made(self) -> AsgiApp:
        with self._making:
            return self._app if self._app is not None else self._make()


def _console() -> AsgiApp:
    from zonehouse.console.app import create_app

    return create_app()
