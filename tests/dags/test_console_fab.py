"""The console under the auth manager of the deployment (FAB): users with passwords and its own roles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.compose import load_compose, read_env_file
from tests.dags.console_airflow import ORIGIN, answer_of, form_of, know_the_dag, waiting_question
from zonehouse.console.menu import PAGES
from zonehouse.deployment.env_file import write_env_file
from zonehouse.deployment.metadata import ADMIN, ensure_admin

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

pytestmark = [pytest.mark.slow]

# FAB's own roles; somebody of the role Public has no right at all.
ROLES = {"xem": "Viewer", "lan": "User", "vanhanh": "Op", "khach": "Public"}
SETTINGS_OF_PAGES = (
    "AIRFLOW__CORE__AUTH_MANAGER",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API__BASE_URL",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__FAB__COOKIE_SECURE",
    "FORWARDED_ALLOW_IPS",
)
# As the operations guide has it for an installation behind a proxy with TLS.
BEHIND_TLS = {"PAGES_URL": "https://kcn.example.vn", "PAGES_COOKIE_SECURE": "True", "PAGES_PROXY": "*"}
PASSWORD = "mật-khẩu-của-bài-thử"


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The API server's application as the services of ``docker-compose.yml`` run it, with one user of each role."""
    folder = tmp_path_factory.mktemp("fab")
    write_env_file(folder / ".env")
    server = load_compose({**read_env_file(folder / ".env"), **BEHIND_TLS})["services"]["api-server"]["environment"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONEHOUSE_HOME", str(folder / "home"))
        for name in SETTINGS_OF_PAGES:
            patch.setenv(name, server[name])
        from airflow.api_fastapi.app import create_app, get_auth_manager, purge_cached_app
        from airflow.utils.db import initdb

        initdb()
        know_the_dag()
        purge_cached_app()
        app = create_app(apps="core")
        ensure_admin("first")
        ensure_admin(PASSWORD)
        manager = get_auth_manager()
        with manager.flask_app.app_context():
            people = manager.security_manager
            for name, role in ROLES.items():
                people.add_user(name, name, role, f"{name}@example.vn", people.find_role(role), PASSWORD)
        yield app
        purge_cached_app()


def client_of(airflow: Any, name: str, password: str = PASSWORD) -> TestClient:
    """Somebody who has logged in; nobody, when the log-in was refused."""
    from fastapi.testclient import TestClient

    client = TestClient(airflow, follow_redirects=False)
    answer = client.post("/auth/token", json={"username": name, "password": password})
    client.cookies.clear()
    if answer.status_code == 201:
        client.cookies.set("_token", answer.json()["access_token"])
    return client


@pytest.fixture
def asked(airflow: Any) -> Iterator[str]:
    with waiting_question() as question:
        yield question


def test_viewers_read_and_who_has_no_role_gets_nothing(airflow: Any, asked: str) -> None:
    pages = [
        *(f"/zonehouse/{page.key}" for page in PAGES),
        f"/zonehouse/decide/{asked}",
        "/zonehouse/static/console.css",
    ]
    for name in ("xem", "lan", "vanhanh", ADMIN):
        client = client_of(airflow, name)
        assert {path: client.get(path).status_code for path in pages} == dict.fromkeys(pages, 200), name
    for stranger in (client_of(airflow, "khach"), client_of(airflow, "lan", "wrong"), client_of(airflow, "ai")):
        assert {stranger.get(path).status_code for path in pages} <= {401, 403}
        assert stranger.post(f"/zonehouse/decide/{asked}", data={"choice": "approve"}, headers=ORIGIN).status_code > 400


def test_a_viewer_decides_nothing_and_a_user_is_a_steward(airflow: Any, asked: str) -> None:
    viewer, steward = client_of(airflow, "xem"), client_of(airflow, "lan")
    address, body = f"/zonehouse/decide/{asked}", form_of(steward, asked)
    assert "<form" not in viewer.get(address).text
    assert viewer.post(address, data=body, headers=ORIGIN).status_code == 403
    assert answer_of(asked)[0] is None
    assert steward.post(address, data=body, headers=ORIGIN).status_code == 303
    assert answer_of(asked)[:2] == (["Approve"], {"reason": "đã gọi doanh nghiệp"})
    assert answer_of(asked)[2]["name"] == "lan"


@pytest.mark.parametrize("name", ["vanhanh", ADMIN])
def test_operators_may_decide_too(airflow: Any, asked: str, name: str) -> None:
    client = client_of(airflow, name)
    done = client.post(f"/zonehouse/decide/{asked}", data=form_of(client, asked, "reject"), headers=ORIGIN)
    assert (done.status_code, answer_of(asked)[0], answer_of(asked)[2]["name"]) == (303, ["Reject"], name)


def test_the_first_users_password_is_the_last_that_was_given(airflow: Any) -> None:
    assert client_of(airflow, ADMIN, "first").get("/zonehouse/tonight").status_code == 401


def test_a_stranger_with_a_browser_is_led_to_fabs_log_in(airflow: Any) -> None:
    nobody = client_of(airflow, "ai")
    asked = nobody.get("/zonehouse/queue", headers={"accept": "text/html"})
    login = nobody.get(asked.headers["location"])
    assert (asked.status_code, login.status_code) == (303, 307)
    assert login.headers["location"].endswith("/auth/login/?next=%2Fzonehouse%2Fqueue")


def test_behind_a_proxy_with_tls_every_cookie_of_a_session_is_secure(airflow: Any) -> None:
    from fastapi.testclient import TestClient
    from uvicorn.config import Config

    served = Config(airflow, proxy_headers=True, log_config=None)  # as `airflow api-server --proxy-headers` does
    served.load()
    browser = TestClient(served.loaded_app, base_url="http://kcn.example.vn", follow_redirects=False)
    browser.headers["x-forwarded-proto"] = "https"
    page = browser.get("/auth/login/")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token
    # The client spoke HTTP with the proxy's other side, so it keeps Secure cookies to itself: given by hand.
    sent = {"cookie": f"session={page.cookies['session']}", "referer": f"{BEHIND_TLS['PAGES_URL']}/auth/login/"}
    form = {"username": "lan", "password": PASSWORD, "csrf_token": token[1]}
    done = browser.post("/auth/login/", data=form, headers=sent)
    given = [line for answer in (page, done) for line in answer.headers.get_list("set-cookie")]
    assert {line.partition("=")[0] for line in given} == {"session", "_token"}
    assert all("; secure" in line.lower() and "; httponly" in line.lower() for line in given), given
    assert done.headers["location"].startswith(("/", BEHIND_TLS["PAGES_URL"]))


def test_passwords_are_kept_as_hashes(airflow: Any) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy import text

    with create_session(scoped=False) as session:
        kept = session.execute(text("select password from ab_user")).scalars().all()
    assert len(kept) == len(ROLES) + 1
    assert all(one.startswith(("scrypt:", "pbkdf2:")) for one in kept)
