"""Superset's settings (``SUPERSET_CONFIG_PATH``): all that differs between machines comes from the environment.

| variable | is |
|---|---|
| ``SUPERSET_SECRET_KEY`` | signs sessions |
| ``SUPERSET_DATABASE_URL`` | Superset's own metadata, ``postgresql+psycopg2://user:password@host/database`` |
| ``SUPERSET_COOKIE_SECURE`` | ``True`` behind a proxy with TLS: the session's cookie goes over HTTPS only |
| ``SUPERSET_SERVING_URL`` | the serving schema, as a login that only reads (``docs/bi.md``) |
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy.engine.url import URL, make_url

SECRET_KEY = os.environ["SUPERSET_SECRET_KEY"]
SQLALCHEMY_DATABASE_URI = os.environ["SUPERSET_DATABASE_URL"]

# The host in databases/zonehouse.yaml, which exists nowhere.
SERVING_PLACEHOLDER = "zonehouse-serving"
_SERVING = make_url(os.environ["SUPERSET_SERVING_URL"])


def DB_CONNECTION_MUTATOR(  # noqa: N802 - Superset's name
    uri: URL, params: dict[str, Any], *_: object
) -> tuple[URL, dict[str, Any]]:
    """Put the real address in at each connection: its password is neither in the bundle nor in Superset's metadata."""
    if uri.host != SERVING_PLACEHOLDER:
        return uri, params
    return _SERVING, params


# A new release is seen at once: the serving schema answers within the second, so nothing is kept beside it.
CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
DATA_CACHE_CONFIG = CACHE_CONFIG

# As figures are written in Vietnam: 1.234.567,8
D3_FORMAT = {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", " ₫"]}

APP_NAME = "zonehouse"
# One reverse proxy stands before it (docs/operations.md); without one the port is on localhost only.
ENABLE_PROXY_FIX = True
PUBLIC_ROLE_LIKE = None
AUTH_USER_REGISTRATION = False
# Nothing is asked of other hosts: no maps, no fonts, no counting of visitors.
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": os.environ.get("SUPERSET_COOKIE_SECURE", "").lower() == "true",
}
