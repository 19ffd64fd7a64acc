"""Who may see and who may decide, by Airflow's own roles; and whether a form was sent by our own page.

Who may read the Dag ``half_year_marts`` may read the console. Who may answer its questions under Airflow's *Required
actions* may decide here: the same right, asked of the auth manager in force, so that no second list of people is kept.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from fastapi import Depends, HTTPException, Request, status
from itsdangerous import BadSignature, URLSafeTimedSerializer

MARTS_DAG = "half_year_marts"
TOKEN_FIELD = "token"  # noqa: S105 - the name of a form field
# A steward leaves a page open over a working day.
_TOKEN_SECONDS = 12 * 3600
_SALT = "zonehouse-console-form"


def reader(
    user: GetUserDep, _allowed: Annotated[None, Depends(requires_access_dag("GET", param_dag_id=MARTS_DAG))]
) -> BaseUser:  # fmt: skip
    """The person who asks, when he may read; 401 without a log-in, 403 without a role."""
    return user


Reader = Annotated[BaseUser, Depends(reader)]


def may_decide(user: BaseUser) -> bool:
    """Whether this person may answer the gate's questions (and override values)."""
    return get_auth_manager().is_authorized_dag(
        method="PUT", access_entity=DagAccessEntity.HITL_DETAIL, details=DagDetails(id=MARTS_DAG), user=user
    )


async def decider(
    request: Request,
    user: Reader,
    _allowed: Annotated[None, Depends(requires_access_dag("PUT", DagAccessEntity.HITL_DETAIL, param_dag_id=MARTS_DAG))],
) -> BaseUser:
    """The person who decides, on a form of our own page; 403 otherwise."""
    require_same_origin(request)
    form = await request.form()
    if not is_form_token(str(form.get(TOKEN_FIELD) or ""), user):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN,
            "Trang đã mở quá lâu: tải lại trang rồi làm lại. / "
            "The page has been open too long: reload it and try again.",
        )
    return user


Decider = Annotated[BaseUser, Depends(decider)]


def require_same_origin(request: Request) -> None:
    """Refuse (403) a request that another site made the browser send; a browser that says nothing is refused too."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    told = site is not None or origin is not None
    same_site = site in {None, "same-origin"}
    same_origin = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
    if not (told and same_site and same_origin):
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, "Yêu cầu đến từ trang khác. / This request came from another site."
        )


def form_token(user: BaseUser) -> str:
    """What a form of ours carries: nobody else can make it, and it is worth nothing in another person's session."""
    return _serializer().dumps(str(user.get_id()))


def is_form_token(text: str, user: BaseUser) -> bool:
    """Whether the text is a token that this person was given not too long ago."""
    try:
        return bool(_serializer().loads(text, max_age=_TOKEN_SECONDS) == str(user.get_id()))
    except BadSignature:
        return False


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(get_signing_key("api", "secret_key"), salt=_SALT)
