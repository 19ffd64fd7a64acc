"""A release folder: one Parquet file for each mart and the manifest, made aside and renamed into place."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from zonehouse.periods import HalfYear
from zonehouse.publish.candidate import FrozenCandidate, PublishError, half_year_and_number
from zonehouse.publish.files import READ_ONLY, read_json, sha256_of, sync, write_json
from zonehouse.publish.ledger import checks_of
from zonehouse.publish.public import write_public
from zonehouse.publish.revision import write_revision
from zonehouse.publish.vintage import FormCoverage, vintage_of
from zonehouse.quality.ledger import Decision
from zonehouse.settings import Settings

MANIFEST = "manifest.json"
_MART_PREFIX = "half_year_"
_UNFINISHED = ".unfinished-"


def releases_folder(settings: Settings) -> Path:
    """Where all releases lie, one folder each."""
    return settings.published / "releases"


def manifest_of(settings: Settings, release_id: str) -> dict[str, Any]:
    """The manifest of a finished release."""
    return read_json(releases_folder(settings) / release_id / MANIFEST)


def latest_releases(settings: Settings) -> dict[HalfYear, str]:
    """The finished release with the highest number of each half-year: what readers should be given."""
    latest: dict[HalfYear, tuple[int, str]] = {}
    for folder in releases_folder(settings).glob("[0-9]*"):
        half_year, number = half_year_and_number(folder.name)
        latest[half_year] = max((number, folder.name), latest.get(half_year, (0, "")))
    return {half_year: release_id for half_year, (_, release_id) in sorted(latest.items())}


def all_releases(settings: Settings) -> list[str]:
    """Every finished release by half-year and number."""
    folders = (folder.name for folder in releases_folder(settings).glob("[0-9]*"))
    return sorted(folders, key=half_year_and_number)


def previous_release(settings: Settings, release_id: str) -> str | None:
    """The finished release before this one of the same half-year; None for the first."""
    half_year, number = half_year_and_number(release_id)
    earlier = [one for one in all_releases(settings) if half_year_and_number(one) < (half_year, number)]
    return earlier[-1] if earlier and half_year_and_number(earlier[-1])[0] == half_year else None


def remove_unfinished(settings: Settings) -> None:
    """Remove what a killed publisher left half-written. Only with the publishing lock held."""
    for folder in releases_folder(settings).glob(f"{_UNFINISHED}*"):
        shutil.rmtree(folder)


def refuse_if_outdated(settings: Settings, candidate: FrozenCandidate) -> None:
    """Raises PublishError when the half-year already has a release that is newer than the candidate."""
    current = latest_releases(settings).get(candidate.half_year)
    if current and half_year_and_number(current) > half_year_and_number(candidate.id):
        raise PublishError(
            f"candidate {candidate.id} is older than the published release {current}; "
            f"build a new candidate (zonehouse build --half {candidate.half_year})"
        )


def finished(settings: Settings, candidate: FrozenCandidate) -> bool:
    """Whether the candidate already is a release.

    Raises:
        PublishError: a release of that id exists and was made from other inputs: a release is never altered.
    """
    if not (releases_folder(settings) / candidate.id).exists():
        return False
    if manifest_of(settings, candidate.id)["inputs_digest"] != candidate.inputs_digest:
        raise PublishError(
            f"release {candidate.id} exists and was made from other inputs; releases are never altered: "
            f"build a candidate with a new number (zonehouse build --half {candidate.half_year})"
        )
    return True


def write_release(settings: Settings, candidate: FrozenCandidate, allowed: Decision, now: datetime) -> None:
    """Write the folder of a release beside its place and rename it there: it exists whole or not at all."""
    place = releases_folder(settings) / candidate.id
    aside = place.with_name(f"{_UNFINISHED}{candidate.id}")
    aside.mkdir(parents=True)
    manifest: dict[str, Any] = {
        "release_id": candidate.id,
        "half_year": str(candidate.half_year),
        "created_at": now.isoformat(),
        "git_revision": git_revision(settings.project_root),
        "inputs": candidate.inputs,
        "overrides": candidate.overrides,
        "inputs_digest": candidate.inputs_digest,
        "tables": _write_tables(settings, candidate, aside),
        "gate": _gate(settings, allowed),
        "vintages": _vintages(aside, now.astimezone(settings.zone).date()),
    }
    before = previous_release(settings, candidate.id)
    manifest["revises"] = before
    manifest["revision"] = write_revision(
        aside,
        manifest,
        releases_folder(settings) / before if before else None,
        manifest_of(settings, before) if before else None,
    )
    manifest["public"] = write_public(
        aside,
        _compared_releases(settings, candidate.half_year),
        releases_folder(settings) / before if before else None,
    )
    write_json(aside / MANIFEST, manifest)
    sync(aside)
    aside.rename(place)
    sync(place.parent)


def _write_tables(settings: Settings, candidate: FrozenCandidate, folder: Path) -> dict[str, Any]:
    """One Parquet file a mart, rows in the order of all columns so that equal content gives equal files."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
    }
    with duckdb.connect(str(candidate.database), read_only=True, config=config) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts' order by 1"
            ).fetchall()
            if name.startswith(_MART_PREFIX)
        ]
        if not names:
            raise PublishError(
                f"{candidate.database} holds no mart (schema marts, tables {_MART_PREFIX}*); "
                f"build the candidate again (zonehouse build --half {candidate.half_year})"
            )
        return {name: _write_table(connection, name, folder / f"{name}.parquet") for name in names}


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, target: Path) -> dict[str, Any]:
    mart = connection.table(f'marts."{name}"')
    mart.order("all").to_parquet(str(target), compression="zstd")
    target.chmod(READ_ONLY)
    sync(target)
    comment = connection.execute(
        "select comment from duckdb_tables() where schema_name = 'marts' and table_name = ?", [name]
    ).fetchone()
    columns = connection.execute(
        "select column_name, data_type, comment from duckdb_columns()"
        " where schema_name = 'marts' and table_name = ? order by column_index",
        [name],
    ).fetchall()
    return {
        "rows": mart.shape[0],
        "sha256": sha256_of(target),
        "comment": comment[0] if comment else None,
        "columns": [{"name": column, "type": kind, "comment": text} for column, kind, text in columns],
    }


def _compared_releases(settings: Settings, half_year: HalfYear) -> list[Path]:
    """Folders of the releases that show some of the same figures: of the half-year, its base and its next year."""
    compared = {half_year, half_year.same_period_last_year, HalfYear(half_year.year + 1, half_year.half)}
    return [
        releases_folder(settings) / one for one in all_releases(settings) if half_year_and_number(one)[0] in compared
    ]


def _vintages(folder: Path, published_on: date) -> dict[str, str]:
    """Authority → vintage, from the release's own coverage; empty when it holds none (an older layout)."""
    file = folder / "half_year_coverage.parquet"
    if not file.is_file():
        return {}
    forms: dict[str, list[FormCoverage]] = {}
    with duckdb.connect() as connection:
        for authority, *row in connection.execute(
            "select authority_code, is_whole_half_year, last_due_on, missing_count from read_parquet(?) order by all",
            [str(file)],
        ).fetchall():
            forms.setdefault(authority, []).append(FormCoverage(*row))
    return {authority: vintage_of(published_on, rows) for authority, rows in forms.items()}


def _gate(settings: Settings, allowed: Decision) -> dict[str, Any]:
    decision = {**asdict(allowed), "decided_at": f"{allowed.decided_at.isoformat()}Z"}
    return {
        "outcome": allowed.outcome,
        "checks": checks_of(settings, allowed.candidate_id),
        "approval": {
            "by": decision["decided_by"],
            "at": decision["decided_at"],
            "reason": decision["reason"],
        }
        if allowed.outcome == "approved"
        else None,
    }


def git_revision(project_root: Path) -> str:
    """The commit of the code, with ``-dirty`` when files differ from it; ``unknown`` outside a git checkout."""

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(project_root), *arguments], capture_output=True, text=True, timeout=20, check=True
        )
        return done.stdout.strip()

    try:
        return git("rev-parse", "HEAD") + ("-dirty" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
