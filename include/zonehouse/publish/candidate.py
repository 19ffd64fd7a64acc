"""A frozen candidate, as the warehouse left it in ``candidates/<id>``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zonehouse.periods import HalfYear
from zonehouse.publish.files import read_json, sha256_of
from zonehouse.settings import Settings

_RELEASE_ID = re.compile(r"^(\d{4}-H[12])-r(\d{3,})$")


class PublishError(RuntimeError):
    """A candidate that may not or cannot be published: says why, and what to do."""


@dataclass(frozen=True)
class FrozenCandidate:
    """What is to be published: its marts (schema ``marts`` of ``database``) and what they were made from."""

    id: str
    half_year: HalfYear
    database: Path
    inputs: dict[str, Any]
    inputs_digest: str
    overrides: dict[str, Any] = field(default_factory=dict)


def half_year_and_number(release_id: str) -> tuple[HalfYear, int]:
    """The two parts of ``<half_year>-r<NNN>``; raises PublishError for anything else."""
    match = _RELEASE_ID.match(release_id)
    if match is None:
        raise PublishError(f"{release_id!r} is no release id; one is written <half_year>-r<NNN>, such as 2016-H1-r001")
    return HalfYear.parse(match.group(1)), int(match.group(2))


def load_candidate(settings: Settings, candidate_id: str) -> FrozenCandidate:
    """Read ``candidates/<id>/manifest.json``.

    Raises:
        PublishError: the id is malformed, files are missing, the manifest names another candidate, or the
            database is not the one that the manifest describes (key ``database_sha256``, where it is given).
    """
    half_year, _ = half_year_and_number(candidate_id)
    folder = settings.candidates / candidate_id
    manifest_file, database = folder / "manifest.json", folder / "candidate.duckdb"
    missing = [path.name for path in (manifest_file, database) if not path.is_file()]
    if missing:
        raise PublishError(
            f"candidate {candidate_id} is not complete: {', '.join(missing)} missing in {folder}; "
            f"build it again (zonehouse build --half {half_year})"
        )
    manifest = read_json(manifest_file)
    named = (manifest.get("release_id"), str(manifest.get("half_year")))
    if named != (candidate_id, str(half_year)) or not manifest.get("inputs_digest"):
        raise PublishError(
            f"{manifest_file} speaks of {named[0]!r} ({named[1]}) and not of {candidate_id}, or has no inputs_digest; "
            f"build the candidate again (zonehouse build --half {half_year})"
        )
    expected = manifest.get("database_sha256")
    if expected and sha256_of(database) != expected:
        raise PublishError(
            f"{database} is not the file that was frozen and checked (its SHA-256 differs from the manifest); "
            f"build and check the candidate again (zonehouse build --half {half_year})"
        )
    return FrozenCandidate(
        candidate_id, half_year, database, manifest["inputs"], manifest["inputs_digest"], manifest.get("overrides", {})
    )
