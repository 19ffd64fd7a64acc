"""Publishing: what is allowed, what is written, and what a killed publisher leaves."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.publish import PublishError, current_releases, publish
from zonehouse.publish.ledger import decisions_of
from zonehouse.publish.marts_file import held_releases
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

FIRST, SECOND = "2018-H1-r001", "2018-H1-r002"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def passed(settings: Settings, candidate_id: str, digest: str = "d1") -> str:
    make_candidate(settings, candidate_id, digest)
    add_decision(settings, candidate_id, "pass", digest=digest)
    return candidate_id


def read(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(settings.published / "marts.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def snapshot(settings: Settings) -> dict[str, str]:
    """Every published file with the digest of its bytes; the marts file by content, since DuckDB pads with noise."""
    found = {
        str(path.relative_to(settings.published)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(settings.published.rglob("*"))
        if path.is_file() and path.suffix != ".duckdb"
    }
    tables = sorted(read(settings, "select table_name from duckdb_tables()"))
    return found | {f"table {name}": str(read(settings, f"from {name} order by all")) for (name,) in tables}


def test_a_passed_candidate_becomes_a_release(settings: Settings) -> None:
    said: list[str] = []
    release = publish(settings, passed(settings, FIRST), NOW, progress=said.append)
    assert release.is_new
    assert current_releases(settings) == {"2018-H1": FIRST}
    assert read(settings, "select count(*), sum(value), min(release_id) from half_year_output")[0][0] == 50
    assert read(settings, "select release_id, half_year, gate_outcome, input_count, approved_by from release") == [
        (FIRST, "2018-H1", "pass", 2, None)
    ]
    manifest = json.loads((release.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["created_at"] == NOW.isoformat()
    assert manifest["inputs"]["a" * 64]["original_name"] == "báo cáo.xlsx"
    for mart, about in manifest["tables"].items():
        file = release.folder / f"{mart}.parquet"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == about["sha256"]
        values = pq.read_table(file).column("indicator_code").to_pylist()
        assert values == sorted(values)
        assert len(values) == about["rows"] == 50
    assert len(said) == 5


def test_only_marts_are_given_to_readers_and_the_file_is_read_only(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    assert {
        name for (name,) in read(settings, "select table_name from duckdb_tables() where schema_name = 'main'")
    } == {
        "half_year_headline",
        "half_year_output",
        "release",
        "release_history",
    }
    assert (settings.published / "marts.duckdb").stat().st_mode & 0o777 == 0o444
    comment = "select comment from duckdb_columns() where table_name = 'half_year_output' and column_name = 'value'"
    assert read(settings, comment) == [("Trị giá, unit's column",)]


def test_the_marts_file_stands_alone(settings: Settings, tmp_path: Path) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    copy = tmp_path / "elsewhere.duckdb"
    copy.write_bytes((settings.published / "marts.duckdb").read_bytes())
    settings.published.rename(tmp_path / "gone")
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute("select count(*) from half_year_headline").fetchone() == (50,)


def test_an_approval_is_told_to_readers(settings: Settings) -> None:
    make_candidate(settings, FIRST)
    add_decision(settings, FIRST, "needs_approval")
    add_decision(settings, FIRST, "approved", minutes=60, decided_by="chị Lan", reason="đã gọi doanh nghiệp")
    release = publish(settings, FIRST, NOW)
    assert release.manifest["gate"]["approval"] == {
        "by": "chị Lan",
        "at": "2018-07-20T10:30:00Z",
        "reason": "đã gọi doanh nghiệp",
    }
    assert read(
        settings, "select gate_outcome, approved_by, approval_reason, cast(approved_at as varchar) from release"
    ) == [("approved", "chị Lan", "đã gọi doanh nghiệp", "2018-07-20 10:30:00")]


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([], "has not decided"),
        (["needs_approval"], "must approve"),
        (["blocked"], "critical check failed"),
        (["pass", "blocked"], "critical check failed"),
        (["needs_approval", "rejected"], "rejected it"),
        (["needs_approval", "approved", "rejected"], "rejected it"),
        (["blocked", "approved"], "critical check failed"),
        (["pass", "needs_approval"], "must approve"),
    ],
)
def test_what_is_not_allowed_is_refused_and_nothing_is_written(
    settings: Settings, outcomes: list[str], told: str
) -> None:
    make_candidate(settings, FIRST)
    for minutes, outcome in enumerate(outcomes):
        add_decision(settings, FIRST, outcome, minutes)
    with pytest.raises(PublishError, match=told):
        publish(settings, FIRST, NOW)
    assert not (settings.published / "releases").exists()
    assert current_releases(settings) == {}


@pytest.mark.parametrize("outcomes", [["needs_approval", "approved", "needs_approval"], ["blocked", "pass"]])
def test_a_check_run_again_keeps_an_approval_and_a_pass_lifts_a_block(settings: Settings, outcomes: list[str]) -> None:
    make_candidate(settings, FIRST)
    for minutes, outcome in enumerate(outcomes):
        add_decision(settings, FIRST, outcome, minutes)
    assert publish(settings, FIRST, NOW).is_new


def test_an_approval_at_the_time_of_its_verdict_comes_after_it(settings: Settings) -> None:
    make_candidate(settings, FIRST)
    add_decision(settings, FIRST, "approved")
    add_decision(settings, FIRST, "needs_approval")
    assert publish(settings, FIRST, NOW).manifest["gate"]["outcome"] == "approved"


def test_a_decision_on_other_inputs_allows_nothing(settings: Settings) -> None:
    make_candidate(settings, FIRST, digest="changed since")
    add_decision(settings, FIRST, "pass", digest="d1")
    with pytest.raises(PublishError, match="other inputs"):
        publish(settings, FIRST, NOW)


def test_a_database_that_is_not_the_frozen_one_is_refused(settings: Settings) -> None:
    folder = make_candidate(settings, FIRST)
    add_decision(settings, FIRST, "pass")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["database_sha256"] = hashlib.sha256((folder / "candidate.duckdb").read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        connection.execute("update marts.half_year_output set value = 0")
    with pytest.raises(PublishError, match="not the file that was frozen"):
        publish(settings, FIRST, NOW)


@pytest.mark.parametrize("candidate_id", ["../2018-H1-r001", "2018-H3-r001", "2018-H1", ""])
def test_an_id_that_is_none_is_refused(settings: Settings, candidate_id: str) -> None:
    with pytest.raises(PublishError, match="no release id"):
        publish(settings, candidate_id, NOW)


def test_a_candidate_that_is_not_there_is_refused_with_what_to_do(settings: Settings) -> None:
    with pytest.raises(PublishError, match="zonehouse build"):
        publish(settings, FIRST, NOW)


def test_publishing_again_changes_nothing(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    before = snapshot(settings)
    again = publish(settings, FIRST, NOW + timedelta(days=1))
    assert not again.is_new
    assert again.manifest["created_at"] == NOW.isoformat()
    assert snapshot(settings) == before
    assert [one.outcome for one in decisions_of(settings, FIRST)] == ["pass", "published"]


def test_a_newer_release_replaces_the_older_for_readers_and_both_stay(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    older = {path: path.read_bytes() for path in (settings.published / "releases" / FIRST).iterdir()}
    publish(settings, passed(settings, SECOND, digest="d2"), NOW)
    assert current_releases(settings) == {"2018-H1": SECOND}
    assert read(settings, "select distinct release_id from half_year_headline") == [(SECOND,)]
    assert {path: path.read_bytes() for path in older} == older
    publish(settings, FIRST, NOW)
    assert current_releases(settings) == {"2018-H1": SECOND}


def test_an_outdated_candidate_is_refused(settings: Settings) -> None:
    publish(settings, passed(settings, SECOND), NOW)
    with pytest.raises(PublishError, match="older than the published release"):
        publish(settings, passed(settings, FIRST), NOW)


def test_a_release_is_never_altered(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    with pytest.raises(PublishError, match="never altered"):
        publish(settings, passed(settings, FIRST, digest="d2"), NOW)


def test_half_years_stand_side_by_side_though_a_mart_gained_a_column(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    folder = make_candidate(settings, "2018-H2-r001")
    with duckdb.connect(str(folder / "candidate.duckdb")) as connection:
        connection.execute("alter table marts.half_year_output add column unit varchar default 'usd'")
    add_decision(settings, "2018-H2-r001", "pass")
    publish(settings, "2018-H2-r001", NOW)
    assert read(settings, "select half_year, unit, count(*) from half_year_output group by all order by 1") == [
        ("2018-H1", None, 50),
        ("2018-H2", "usd", 50),
    ]
    assert current_releases(settings) == {"2018-H1": FIRST, "2018-H2": "2018-H2-r001"}


def test_a_lost_row_in_an_older_release_stops_the_publication(settings: Settings) -> None:
    release = publish(settings, passed(settings, FIRST), NOW)
    file = release.folder / "half_year_output.parquet"
    file.chmod(0o644)
    pq.write_table(pq.read_table(file).slice(1), file)
    with pytest.raises(PublishError, match="a release was altered"):
        publish(settings, passed(settings, "2018-H2-r001"), NOW)
    assert read(settings, "select count(*) from half_year_output") == [(50,)]


def test_a_project_outside_git_has_no_known_revision(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", project_root=tmp_path)
    assert publish(settings, passed(settings, FIRST), NOW).manifest["git_revision"] == "unknown"


def test_a_changed_checkout_is_told_in_the_revision(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    for command in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
    ):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    settings = Settings(home=tmp_path / "home", project_root=root)
    clean = publish(settings, passed(settings, FIRST), NOW).manifest["git_revision"]
    assert len(clean) == 40
    (root / "changed.sql").write_text("select 1", encoding="utf-8")
    changed = publish(settings, passed(settings, SECOND, "d2"), NOW).manifest["git_revision"]
    assert changed == f"{clean}-dirty"


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from zonehouse.publish import publish
from zonehouse.settings import Settings

steps = 0

def die(_):
    global steps
    steps += 1
    if steps == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

publish(Settings(home=Path(sys.argv[1])), sys.argv[2], datetime.fromisoformat(sys.argv[4]), progress=die)
"""


@pytest.mark.slow
def test_killed_after_any_step_and_run_again_the_end_is_the_same(tmp_path: Path) -> None:
    whole = Settings(home=tmp_path / "whole")
    publish(whole, passed(whole, FIRST), NOW)
    publish(whole, passed(whole, SECOND, "d2"), NOW)
    expected = snapshot(whole)
    for step in range(1, 6):
        settings = Settings(home=tmp_path / f"killed-{step}")
        publish(settings, passed(settings, FIRST), NOW)
        passed(settings, SECOND, "d2")
        arguments = [str(settings.home), SECOND, str(step), NOW.isoformat()]
        done = subprocess.run([sys.executable, "-c", KILLED, *arguments], env=dict(os.environ), check=False)
        assert done.returncode == -signal.SIGKILL
        assert len(read(settings, "select distinct release_id from half_year_headline")) == 1
        publish(settings, SECOND, NOW)
        assert snapshot(settings) == expected
        assert [one.outcome for one in decisions_of(settings, SECOND)] == ["pass", "published"]


def test_what_a_killed_publisher_left_half_written_is_cleared(settings: Settings) -> None:
    publish(settings, passed(settings, FIRST), NOW)
    clean = {path.name for path in settings.published.rglob("*")}
    half = settings.published / "releases" / f".unfinished-{SECOND}"
    half.mkdir()
    (half / "half_year_output.parquet").write_bytes(b"PAR1 cut off")
    (settings.published / ".marts.unfinished.duckdb").write_bytes(b"cut off")
    (settings.published / ".marts.unfinished.duckdb.wal").write_bytes(b"cut off")
    publish(settings, passed(settings, SECOND, "d2"), NOW)
    assert {path.name for path in settings.published.rglob("*")} == clean | {SECOND}


AT_ONCE = """
import sys
from datetime import datetime
from pathlib import Path
from zonehouse.publish import publish
from zonehouse.settings import Settings

print(publish(Settings(home=Path(sys.argv[1])), sys.argv[2], datetime.fromisoformat(sys.argv[3])).is_new)
"""


@pytest.mark.slow
def test_two_publishers_at_once_make_one_release(settings: Settings) -> None:
    passed(settings, FIRST)
    arguments = [sys.executable, "-c", AT_ONCE, str(settings.home), FIRST, NOW.isoformat()]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [one.communicate(timeout=60)[0].splitlines()[-1] for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(said) == ["False", "True"]
    assert [one.outcome for one in decisions_of(settings, FIRST)] == ["pass", "published"]


def test_a_published_file_of_an_older_layout_is_written_anew(settings: Settings) -> None:
    """Revisions were views once, which PostgreSQL was not given."""
    publish(settings, passed(settings, FIRST), NOW)
    path = settings.published / "marts.duckdb"
    assert held_releases(path) == {FIRST}
    older = path.with_name("older.duckdb")
    with duckdb.connect(str(older)) as connection:
        connection.execute(f"attach '{path}' as published (read_only)")
        connection.execute("create table release as from published.release")
        connection.execute("create table release_history as from published.release_history")
        connection.execute("create view revision_triangle as select 1 as one")
    older.replace(path)
    assert held_releases(path) == set()
    publish(settings, FIRST, NOW)
    assert held_releases(path) == {FIRST}
