"""The stewards' console in a real Airflow API server application: who sees what, what files leave, what text may do."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urljoin

import pytest

from tests.dags.console_airflow import ORIGIN, answer_of, form_of, know_the_dag, waiting_question
from tests.dags.console_home import CANDIDATE, CHECKED, FIRST, HOSTILE_NAME, SECOND, make_home
from tests.unit.intake_workbooks import TAX_CODE
from zonehouse import quality
from zonehouse.console.menu import PAGES, LazyApp
from zonehouse.intake.register import receipts
from zonehouse.settings import Settings

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

pytestmark = [pytest.mark.slow]

# The output at constant prices of the good report's one product.
VALUE = "?sheet=SAN_XUAT&row=2&column=gross_output_constant_vnd_million"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return make_home(tmp_path_factory.mktemp("console"))


@pytest.fixture(scope="module")
def airflow(settings: Settings) -> Iterator[Any]:
    """The API server's application with its database, three people and a Dag that asks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZONEHOUSE_HOME", str(settings.home))
        patch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "xem:viewer,lan:user,op:op,admin:admin")
        patch.setenv("AIRFLOW__API__SECRET_KEY", "of-this-test")
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "of-this-test-only" * 5)
        from airflow.api_fastapi.app import create_app, purge_cached_app
        from airflow.utils.db import initdb

        initdb()
        know_the_dag()
        purge_cached_app()
        yield create_app(apps="core")
        purge_cached_app()


def client_of(airflow: Any, name: str, role: str | None) -> TestClient:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    client = TestClient(airflow, follow_redirects=False)
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role=role))
    client.cookies.set("_token", token)
    return client


@pytest.fixture(scope="module")
def viewer(airflow: Any) -> TestClient:
    return client_of(airflow, "xem", "viewer")


@pytest.fixture(scope="module")
def steward(airflow: Any) -> TestClient:
    return client_of(airflow, "lan", "user")


@pytest.fixture
def strangers(airflow: Any) -> list[TestClient]:
    """Nobody; somebody with a token of another installation; somebody whom Airflow knows and gave no role."""
    from fastapi.testclient import TestClient

    nobody = TestClient(airflow, follow_redirects=False)
    forged = TestClient(airflow, follow_redirects=False)
    forged.cookies.set("_token", "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJsYW4ifQ.AAAA")
    return [nobody, forged, client_of(airflow, "ai", None)]


@pytest.fixture
def asked(airflow: Any) -> Iterator[str]:
    """A question that waits for an answer, as the Dag leaves it; its id."""
    with waiting_question() as question:
        yield question


def receipt_id(settings: Settings, name: str) -> str:
    return next(one.receipt_id for one in receipts(settings) if one.original_name == name)


def reading_routes(settings: Settings) -> list[str]:
    bad, good = receipt_id(settings, HOSTILE_NAME), receipt_id(settings, "report.xlsx")
    return [
        "/", "/static/console.css", "/tonight", "/missing", "/queue", f"/files/{bad}", f"/files/{bad}/original",
        f"/files/{bad}/returned", f"/files/{bad}/cell?sheet=SAN_XUAT&at=E2", f"/units/{TAX_CODE}", "/decide",
        "/reports", f"/reports?night={CHECKED}", "/reports/data_docs", "/reports/data_docs/index.html",
        "/reports/validation", "/reports/validation/index.html", f"/reports/validation/{CHECKED}/index.html",
        "/doubts", "/doubts?half=2019-H2&page=2", "/releases", f"/releases/{FIRST}",
        f"/releases/{FIRST}/files/brief.vi.html", "/overrides",
        f"/files/{good}/values", f"/files/{good}/value{VALUE}", "/nights/2016-07-13/workbook",
    ]  # fmt: skip


def test_every_reading_route_answers_readers_and_nobody_else(
    settings: Settings, viewer: TestClient, steward: TestClient, strangers: list[TestClient]
) -> None:
    for path in reading_routes(settings):
        for client in (viewer, steward):
            assert client.get(f"/zonehouse{path}").status_code in {200, 303}, path
        for stranger in strangers:
            answer = stranger.get(f"/zonehouse{path}")
            assert answer.status_code in {401, 403}, path
            assert "báo cáo" not in answer.text and "Công ty" not in answer.text, path


def test_no_route_is_left_out_of_these_tests(settings: Settings) -> None:
    """A new route must be added to the tests of who may see it."""
    from zonehouse.console.app import create_app

    patterns = [
        (route.path_regex, route.path) for route in create_app().routes if "GET" in getattr(route, "methods", ())
    ]
    tried = [path.partition("?")[0] for path in (*reading_routes(settings), "/decide/0", "/overrides/0")]
    assert [path for pattern, path in patterns if not any(pattern.match(one) for one in tried)] == []


def test_a_stranger_with_a_browser_is_led_to_the_log_in(strangers: list[TestClient]) -> None:
    answer = strangers[0].get("/zonehouse/queue?month=2016-05", headers={"accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/api/v2/auth/login?next=%2Fzonehouse%2Fqueue%3Fmonth%3D2016-05"


def test_the_console_hangs_in_the_menu_of_every_role(airflow: Any) -> None:
    for role in ("viewer", "user", "op", "admin"):
        answer = client_of(airflow, role, role).get("/api/v2/plugins")
        plugin = next(one for one in answer.json()["plugins"] if one["name"] == "zonehouse_console")
        views = plugin["external_views"]
        assert [view["href"] for view in views] == ["/zonehouse/", *(f"/zonehouse/{page.key}" for page in PAGES)]
        assert views[0]["nav_top_level"] is True
        assert client_of(airflow, role, role).get("/zonehouse/tonight").status_code == 200


def test_the_plugin_costs_other_processes_nothing() -> None:
    import subprocess

    loaded = "import zonehouse.console.menu, sys; print(sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert not {"fastapi", "airflow", "duckdb", "pyarrow", "jinja2"} & set(done.stdout.replace("'", " ").split())
    assert LazyApp()._app is None


def test_the_pages_say_what_a_steward_asks(settings: Settings, viewer: TestClient) -> None:
    night = viewer.get("/zonehouse/tonight").text
    assert "Khớp: đã nhận 3 =" in night and "Tệp cần xử lý (1)" in night
    grid = viewer.get("/zonehouse/missing?until=2016-05&months=3").text
    assert "THIẾU" in grid and "muộn 20/05/2016" in grid and "✓ 10/06/2016" in grid and "Bị từ chối" in grid
    assert "1 / 2" in grid, "received of owed"
    queue = viewer.get("/zonehouse/queue?severity=error").text
    assert "number_not_read" in queue or "SAN_XUAT!E2" in queue
    cell = viewer.get(f"/zonehouse/files/{receipt_id(settings, HOSTILE_NAME)}/cell?sheet=SAN_XUAT&at=E2").text
    assert 'class="found"' in cell
    release = viewer.get(f"/zonehouse/releases/{SECOND}").text
    assert "3.000.000" in release and "3.300.000" in release and "+10 %" in release
    assert "ước tính thêm 1,8 %" in release
    assert "Thử" in viewer.get("/zonehouse/decide").text


def test_doubtful_values_lead_to_their_cell_and_to_the_override(settings: Settings, viewer: TestClient) -> None:
    page = viewer.get("/zonehouse/doubts").text
    assert "2019-H2-r001" in page and "Công ty &lt;b&gt;Thử&lt;/b&gt;" in page
    assert "1.001 triệu đồng" in page and "gấp khoảng 1.000 lần" in page and "50 %" in page
    file = f"/zonehouse/files/{receipt_id(settings, 'report.xlsx')}"
    places = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page) if link.startswith(f"{file}/")]
    cell, value = places
    assert cell.startswith(f"{file}/cell?") and "1000.5" in viewer.get(cell).text
    assert value.startswith(f"{file}/value?") and "1.000,5" in viewer.get(value).text
    assert "2019-H2" in viewer.get("/zonehouse/doubts?half=2019-H1").text, "others are one choice away"
    assert viewer.get("/zonehouse/doubts?half=2019").status_code == 404


def test_the_checks_of_a_night_are_shown_and_their_links_hold(settings: Settings, viewer: TestClient) -> None:
    page = viewer.get("/zonehouse/reports").text
    (framed,) = re.findall(r'<iframe [^>]*src="([^"]+)"', page)
    assert framed == f"/zonehouse/reports/validation/{CHECKED}/index.html"
    night = viewer.get(framed)
    assert "Các khu cộng lại" in night.text and CANDIDATE in night.text
    for link in re.findall(r'href="([^"]+)"', night.text):
        assert viewer.get(urljoin(framed, link)).status_code == 200, link
    assert f"/zonehouse/reports?night={CHECKED}" not in viewer.get("/zonehouse/tonight").text, "not checked that night"
    assert viewer.get("/zonehouse/tonight?night=2016-13-45").status_code == 404


def test_the_gates_reasons_are_in_the_language_of_the_page(airflow: Any, viewer: TestClient) -> None:
    vietnamese = viewer.get("/zonehouse/decide").text
    assert "1 trên 2 phép kiểm tra chưa đạt: &lt;b&gt;Đủ&lt;/b&gt; (marts.half_year_headline)" in vietnamese
    assert "checks failed" not in vietnamese
    english = client_of(airflow, "xem", "viewer").get("/zonehouse/decide?lang=en").text
    assert "1 of 2 checks failed: marts.half_year_headline: Zones add up" in english


def test_english_is_chosen_by_a_link_and_remembered(airflow: Any) -> None:
    client = client_of(airflow, "xem", "viewer")
    assert '<html lang="vi">' in client.get("/zonehouse/missing").text
    assert "Who is missing" in client.get("/zonehouse/missing?lang=en").text
    assert '<html lang="en">' in client.get("/zonehouse/tonight").text


def test_what_senders_wrote_is_text_everywhere(settings: Settings, steward: TestClient, asked: str) -> None:
    pages = [path for path in reading_routes(settings) if "original" not in path and "/index.html" not in path]
    for path in (*pages, f"/decide/{asked}"):
        answer = steward.get(f"/zonehouse{path}")
        if "text/html" in answer.headers.get("content-type", "") and "brief" not in path:
            assert "<script" not in answer.text and "<img" not in answer.text, path
            assert "javascript:" not in re.sub(r"&[^;]+;", "", " ".join(re.findall(r"<[^>]+>", answer.text))), path
    assert "&lt;script&gt;" in steward.get(f"/zonehouse/decide/{asked}").text, "shown, as text"
    assert "&lt;img src=x" in steward.get("/zonehouse/tonight").text


def test_pages_forbid_scripts_framing_by_others_and_guessing_of_types(settings: Settings, viewer: TestClient) -> None:
    for path in reading_routes(settings):
        headers = viewer.get(f"/zonehouse{path}").headers
        policy = headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff", path
        assert "script-src" not in policy and "default-src 'none'" in policy, path
    for path in (
        "/reports/data_docs/index.html",
        f"/reports/validation/{CHECKED}/index.html",
        f"/releases/{FIRST}/files/brief.vi.html",
    ):
        policy = viewer.get(f"/zonehouse{path}").headers["content-security-policy"]
        assert policy.startswith("sandbox allow-same-origin; default-src 'none'") and "allow-scripts" not in policy


def test_files_are_downloads_with_tame_names(settings: Settings, viewer: TestClient) -> None:
    bad = receipt_id(settings, HOSTILE_NAME)
    original = viewer.get(f"/zonehouse/files/{bad}/original")
    assert original.headers["content-type"] == "application/octet-stream"
    assert original.content[:2] == b"PK"
    told = original.headers["content-disposition"]
    assert told.startswith('attachment; filename="') and told.count('"') == 2 and "<" not in told
    returned = viewer.get(f"/zonehouse/files/{bad}/returned")
    assert returned.content[:2] == b"PK" and ".xlsx" in returned.headers["content-disposition"]
    word = viewer.get(f"/zonehouse/releases/{FIRST}/files/brief.vi.docx")
    assert word.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path",
    [
        "/reports/data_docs/../secret.html", "/reports/data_docs/%2e%2e/secret.html",
        "/reports/data_docs/..%2fsecret.html",
        "/reports/data_docs/%2e%2e%2fsecret.html", "/reports/data_docs/validations/..%2f..%2fsecret.html",
        "/reports/data_docs//etc/passwd", "/reports/data_docs/%2fetc%2fpasswd", "/reports/data_docs/link.html",
        "/reports/validation/../secret.html", "/reports/validation/..%2fdata_docs%2f..%2fsecret.html",
        "/reports/data_docs/.hidden.html", "/reports/data_docs/index.html%00.txt", "/reports/data_docs/validations",
        f"/releases/{FIRST}/files/manifest.json", f"/releases/{FIRST}/files/..%2f..%2fcurrent.json",
        "/releases/..%2f2019-H1-r001/files/brief.vi.html", "/files/../original", "/files/0/original",
        f"/files/{'0' * 32}/original", "/nights/..%2f2016/workbook", "/files/%2e%2e%2f%2e%2e/original",
    ],
)  # fmt: skip
def test_no_route_leaves_its_folder(viewer: TestClient, path: str) -> None:
    answer = viewer.get(f"/zonehouse{path}")
    assert answer.status_code in {404, 422}, answer.status_code
    assert "BÍ MẬT" not in answer.text and "root:" not in answer.text


def test_a_steward_answers_through_airflow_with_name_and_reason(airflow: Any, steward: TestClient, asked: str) -> None:
    assert CANDIDATE in steward.get("/zonehouse/decide").text
    body = form_of(steward, asked)
    done = steward.post(f"/zonehouse/decide/{asked}", data=body, headers=ORIGIN)
    assert done.status_code == 303
    assert answer_of(asked) == (["Approve"], {"reason": "đã gọi doanh nghiệp"}, {"id": "lan", "name": "lan"})
    assert "đã ghi" in steward.get(done.headers["location"]).text.lower()
    again = steward.post(f"/zonehouse/decide/{asked}", data=body, headers=ORIGIN)
    assert again.status_code == 404, "answered once"


def test_a_rejection_needs_a_reason(airflow: Any, steward: TestClient, asked: str) -> None:
    page = steward.post(f"/zonehouse/decide/{asked}", data=form_of(steward, asked, "reject", "  ? "), headers=ORIGIN)
    assert page.status_code == 200 and 'role="alert"' in page.text
    assert answer_of(asked)[0] is None
    steward.post(f"/zonehouse/decide/{asked}", data=form_of(steward, asked, "reject", "sai đơn vị"), headers=ORIGIN)
    assert answer_of(asked)[:2] == (["Reject"], {"reason": "sai đơn vị"})


def test_a_viewer_sees_the_question_and_cannot_answer(
    airflow: Any, viewer: TestClient, steward: TestClient, asked: str
) -> None:
    page = viewer.get(f"/zonehouse/decide/{asked}").text
    assert "Bạn chỉ có quyền xem" in page and "<form" not in page
    assert "Tính cả ước tính" in page and "144.020.355" in page, "what is estimated beside the figures is told"
    answer = viewer.post(f"/zonehouse/decide/{asked}", data=form_of(steward, asked), headers=ORIGIN)
    assert answer.status_code == 403
    assert answer_of(asked)[0] is None


def test_strangers_and_other_sites_cannot_answer(
    airflow: Any, steward: TestClient, strangers: list[TestClient], asked: str
) -> None:
    body = form_of(steward, asked)
    for stranger in strangers:
        assert stranger.post(f"/zonehouse/decide/{asked}", data=body, headers=ORIGIN).status_code in {401, 403}
    for headers in (
        {},
        {"origin": "https://evil.example"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": "http://testserver", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ):
        assert steward.post(f"/zonehouse/decide/{asked}", data=body, headers=headers).status_code == 403, headers
    for token in ("", "x", body["token"][:-2] + "AA"):
        answer = steward.post(f"/zonehouse/decide/{asked}", data=body | {"token": token}, headers=ORIGIN)
        assert answer.status_code == 403
    other = form_of(client_of(airflow, "op", "op"), asked)
    assert steward.post(f"/zonehouse/decide/{asked}", data=other, headers=ORIGIN).status_code == 403, "hers only"
    assert answer_of(asked)[0] is None


def test_a_number_is_replaced_and_taken_back_with_name_and_reason(
    settings: Settings, viewer: TestClient, steward: TestClient, strangers: list[TestClient]
) -> None:
    place = f"/zonehouse/files/{receipt_id(settings, 'report.xlsx')}/value"
    page = steward.get(place + VALUE).text
    assert "1.000,5" in page and "<form" not in viewer.get(place + VALUE).text
    body = dict(parse_qsl(VALUE[1:])) | {
        "token": re.findall(r'name="token" value="([^"]*)"', page)[0],
        "action": "replace", "given": "1.100,25", "reason": "kế toán xác nhận",
    }  # fmt: skip
    for client in (viewer, *strangers):
        assert client.post(place, data=body, headers=ORIGIN).status_code in {401, 403}
    assert steward.post(place, data=body).status_code == 403, "no origin"
    assert steward.post(place, data=body | {"token": "x"}, headers=ORIGIN).status_code == 403
    for wrong in ({"reason": ""}, {"given": "nhiều"}, {"given": "1.000,5"}):
        refused = steward.post(place, data=body | wrong, headers=ORIGIN)
        assert refused.status_code == 200 and 'role="alert"' in refused.text, wrong
    assert quality.overrides(settings) == []
    done = steward.post(place, data=body, headers=ORIGIN)
    assert done.status_code == 303 and "1.100,25" in steward.get(done.headers["location"]).text
    (entered,) = quality.overrides(settings)
    assert (entered.entered_by, entered.reason, str(entered.edited_value)) == ("lan", "kế toán xác nhận", "1100.250000")
    one = f"/zonehouse/overrides/{entered.override_id}"
    assert "<form" not in viewer.get(one).text
    back = {"token": body["token"], "reason": "nhầm doanh nghiệp"}
    assert viewer.post(one, data=back, headers=ORIGIN).status_code == 403
    assert steward.post(one, data=back, headers=ORIGIN).status_code == 303
    assert quality.overrides(settings)[0].state == "revoked"


def test_a_busy_warehouse_is_told_and_waits_for_nobody_long(settings: Settings, viewer: TestClient) -> None:
    from zonehouse.warehouse.connection import writing_alone

    with writing_alone(settings):
        answer = viewer.get("/zonehouse/missing")
    assert answer.status_code == 503 and "thử lại sau một phút" in answer.text
    assert viewer.get("/zonehouse/missing").status_code == 200


def test_an_error_inside_tells_nothing_of_the_inside(
    settings: Settings, viewer: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(settings.home / "published" / "current.json"))
    answer = viewer.get("/zonehouse/tonight")
    assert answer.status_code == 500
    assert str(settings.home) not in answer.text and "Traceback" not in answer.text


def test_an_empty_home_has_pages_too(viewer: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(tmp_path))
    for page in PAGES:
        assert viewer.get(f"/zonehouse/{page.key}").status_code == 200, page.key
