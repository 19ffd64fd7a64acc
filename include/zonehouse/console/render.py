"""Pages from templates: everything escaped, Vietnamese or English, times as the authority's clock shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from zonehouse.console.menu import PAGES
from zonehouse.console.words import SYSTEM, is_system, unit_text
from zonehouse.forms.model import Text
from zonehouse.intake.findings import in_language
from zonehouse.settings import Settings
from zonehouse.telling.numbers import figure
from zonehouse.telling.status import short_state
from zonehouse.telling.tables import clean
from zonehouse.workbooks.words import SEVERITY, state_text

LANGUAGE_COOKIE = "zonehouse_language"
LANGUAGES = ("vi", "en")
_ROOT = Path(__file__).parent
STYLE = _ROOT / "static" / "console.css"
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def language_of(request: Request, settings: Settings) -> str:
    """What the person chose (``?lang=``, remembered in a cookie), else the installation's language."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return settings.language


def page(  # noqa: PLR0913 - what every page has
    request: Request,
    settings: Settings,
    template: str,
    *,
    user_name: str,
    decides: bool,
    values: Mapping[str, object],
    status_code: int = 200,
) -> HTMLResponse:
    """A page; ``values`` are the template's own."""
    language = language_of(request, settings)
    teller = _Teller(language, settings)
    base = base_of(request)
    text = (
        _environment()
        .get_template(template)
        .render(
            **values,
            t=teller.said,
            both=teller.text,
            day=teller.day,
            moment=teller.moment,
            number=teller.number,
            share=teller.share,
            state=teller.state,
            short=teller.short,
            night=teller.night,
            unit_words=teller.unit,
            who=teller.who,
            is_system=is_system,
            severity=teller.severity,
            found=teller.found,
            kind=teller.kind,
            markdown=markdown,
            language=language,
            base=base,
            pages=PAGES,
            here=request.url.path.removeprefix(base).strip("/").partition("/")[0],
            # Inside Airflow's page a link to Airflow would open it in itself.
            is_framed=request.headers.get("sec-fetch-dest") == "iframe",
            user_name=user_name,
            decides=decides,
        )
    )
    response = HTMLResponse(text, status_code)
    if request.query_params.get("lang") in LANGUAGES:
        secure = request.url.scheme == "https"
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            path=base or "/",
            httponly=True,
            secure=secure,
            samesite="lax",
            max_age=365 * 86400,
        )
    return response


def base_of(request: Request) -> str:
    """The path below which the console lies, as the browser sees it."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def markdown(text: str) -> Markup:
    """Markdown as HTML without links, images or HTML of its own: it quotes what senders wrote."""
    return Markup(_markdown().render(_STEERING.sub(" ", text)))  # noqa: S704 - the renderer escapes all text


@lru_cache(maxsize=1)
def _markdown() -> Any:  # noqa: ANN401
    from markdown_it import MarkdownIt

    off = ["link", "image", "autolink", "html_inline", "html_block", "reference", "entity"]
    return MarkdownIt("commonmark", {"html": False}).disable(off)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """What a template puts out: nothing for None, and no character that turns the direction of a line around."""
    if value is None:
        return ""
    return clean(value) if type(value) is str else value


class _Teller:
    """Words, days and numbers in one language."""

    def __init__(self, language: str, settings: Settings) -> None:
        self._language, self._zone = language, settings.zone

    def said(self, vi: object, en: object) -> object:
        return vi if self._language == "vi" else en

    def text(self, words: Text) -> str:
        return words.vi if self._language == "vi" else words.en

    def state(self, name: str) -> str:
        return self.text(state_text(name))

    def short(self, name: str) -> str:
        return short_state(name, self._language)

    def unit(self, code: str | None) -> str:
        return self.text(unit_text(code))

    def who(self, name: str | None) -> str | None:
        return self.text(SYSTEM) if is_system(name) else name

    def night(self, text: str) -> str:
        return self.day(date.fromisoformat(text))

    def severity(self, name: str) -> str:
        return self.text(SEVERITY[name]) if name in SEVERITY else name

    def found(self, finding: Any) -> str | None:  # noqa: ANN401 - a landed row, or a finding with these fields
        """What was found, its numbers as the language writes them."""
        return in_language(finding if isinstance(finding, Mapping) else vars(finding), "found", self._language)

    def kind(self, code: str, titles: Mapping[str, Text]) -> str:
        """What a kind of finding is called; its code when nothing names it."""
        return self.text(titles[code]) if code in titles else code

    def day(self, value: date | None) -> str:
        return f"{value:%d/%m/%Y}" if value else "–"

    def moment(self, value: datetime | None) -> str:
        """A time in UTC (with or without saying so) on the authority's clock."""
        if value is None:
            return "–"
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return f"{aware.astimezone(self._zone):%d/%m/%Y %H:%M}"

    def number(self, value: Any) -> str:  # noqa: ANN401 - Decimal, int or float
        return figure(value, self._language)

    def share(self, value: float | None) -> str:
        return "?" if value is None else f"{figure(round(value * 100, 2), self._language)} %"
