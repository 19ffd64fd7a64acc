"""What every page is given: the request, the settings, and the person with what he may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from zonehouse.console.access import Reader, form_token, may_decide
from zonehouse.console.render import page
from zonehouse.settings import Settings


@dataclass(frozen=True)
class View:
    """One request of a person who may read."""

    request: Request
    settings: Settings
    user: BaseUser
    now: datetime

    def page(self, template: str, **values: object) -> HTMLResponse:
        """The page made by a template of this name."""
        decides = may_decide(self.user)
        token = form_token(self.user) if decides else ""
        name = self.user.get_name()
        every = {"token": token, "now": self.now, **values}
        return page(self.request, self.settings, template, user_name=name, decides=decides, values=every)


def view_of(request: Request, user: Reader) -> View:
    """The view of a reader; the entry point where settings and clock are read."""
    return View(request, Settings(), user, datetime.now(UTC))


ViewDep = Annotated[View, Depends(view_of)]
