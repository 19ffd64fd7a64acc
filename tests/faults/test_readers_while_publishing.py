"""Readers in other processes, during 20 releases: no error, no half state, and they do see the news."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.marts_fixture import NOW, add_decision, make_candidate
from zonehouse.publish import publish
from zonehouse.settings import Settings

RELEASES = 20
READERS = 3

# Opens the published files as a BI tool would, without a line of our code. Each look must be of one set of releases:
# all tables of one connection agree, and the folder that current.json names is whole.
READER = """
import json, sys, time
from pathlib import Path
import duckdb

published, stop = Path(sys.argv[1]), Path(sys.argv[2])
looks, seen, wrong = 0, set(), []
while not stop.exists():
    try:
        with duckdb.connect(str(published / "marts.duckdb"), read_only=True) as marts:
            named = marts.execute("select list(release_id order by release_id) from release").fetchone()[0]
            for table in ("half_year_headline", "half_year_output"):
                found, rows = marts.execute(
                    f"select list(distinct release_id order by release_id), count(*) from {table}"
                ).fetchone()
                if found != named or rows != 50 * len(named):
                    wrong.append(f"marts.duckdb: {table} has {rows} rows of {found}, release names {named}")
        seen.update(named)
        current = json.loads((published / "current.json").read_text(encoding="utf-8"))
        for release_id in current.values():
            folder = published / "releases" / release_id
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            for table, about in manifest["tables"].items():
                found = duckdb.sql(
                    f"select count(*), min(release_id), max(release_id) from '{folder / table}.parquet'"
                ).fetchone()
                if found != (about["rows"], release_id, release_id):
                    wrong.append(f"{folder.name}/{table}: {found}")
        looks += 1
    except Exception as error:
        wrong.append(f"{type(error).__name__}: {error}")
print(json.dumps({"looks": looks, "seen": sorted(seen), "wrong": wrong[:5]}))
"""


@pytest.mark.slow
def test_readers_never_see_an_error_or_a_half_state(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    stop = tmp_path / "stop"
    release_ids = [f"{half}-r{number:03d}" for number in range(1, RELEASES // 2 + 1) for half in ("2018-H1", "2018-H2")]
    for release_id in release_ids:
        make_candidate(settings, release_id, digest=release_id)
        add_decision(settings, release_id, "pass", digest=release_id)
    publish(settings, release_ids[0], NOW)

    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(settings.published), str(stop)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    try:
        for minutes, release_id in enumerate(release_ids[1:], start=1):
            publish(settings, release_id, NOW + timedelta(minutes=minutes))
    finally:
        stop.touch()
        answers = [reader.communicate(timeout=60) for reader in readers]

    for output, errors in answers:
        assert errors == ""
        told = json.loads(output)
        assert told["wrong"] == []
        assert told["looks"] >= 5
        assert len(told["seen"]) >= 3
