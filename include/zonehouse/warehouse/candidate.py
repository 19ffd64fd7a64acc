"""A half-year's marts, built and frozen into a folder that checks and publishing read."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from zonehouse.periods import HalfYear
from zonehouse.quality.ledger import read_decisions
from zonehouse.settings import Settings
from zonehouse.warehouse import dbt
from zonehouse.warehouse.connection import WarehouseError, attached, connect
from zonehouse.warehouse.landing import ensure_schemas
from zonehouse.warehouse.questions import compared_months, digest_of, inputs_of, overrides_of, reported
from zonehouse.warehouse.scope import copy_schemas
from zonehouse.warehouse.staleness import SETTLED

log = structlog.get_logger(__name__)

_RELEASE_ID = re.compile(r"^(\d{4}-H[12])-r(\d{3,})$")
_UNFINISHED = ".unfinished-"
_DATABASE, _MANIFEST = "candidate.duckdb", "manifest.json"


@dataclass(frozen=True)
class Candidate:
    """A frozen candidate: ``id`` will be its release id, ``database`` holds schemas marts, facts and staging."""

    id: str
    half_year: HalfYear
    folder: Path
    manifest: dict[str, Any]

    @property
    def database(self) -> Path:
        """The frozen DuckDB file."""
        return self.folder / _DATABASE

    @property
    def inputs_digest(self) -> str:
        """SHA-256 over the submissions it was made from."""
        return str(self.manifest["inputs_digest"])


@dataclass(frozen=True)
class _Basis:
    """What a candidate is made from, as its manifest tells it."""

    inputs: dict[str, dict[str, Any]]
    overrides: dict[str, dict[str, Any]]
    inputs_digest: str
    models_digest: str


def build_candidate(
    settings: Settings, half_year: HalfYear, now: datetime, progress: Callable[[str], None] | None = None
) -> Candidate:
    """Build the marts of a half-year from the facts and freeze them in ``candidates/<release_id>``.

    The newest candidate is given back as it is when it is not settled (published, rejected, blocked) and neither its
    inputs nor the models have changed: a run that a crash cut short goes on with what was checked.

    Raises:
        WarehouseError: no month of the half-year was reported, or a model or data test failed.
    """
    basis = _basis(settings, half_year)
    if (waiting := _waiting(settings, half_year, basis)) is not None:
        return waiting
    ensure_schemas(settings)
    release_id = f"{half_year}-r{_highest_number(settings, half_year) + 1:03d}"
    variables = {"half_year": str(half_year), "release_id": release_id}
    selection = ["--select", "tag:half_year", "--exclude-resource-type", "unit_test"]
    dbt.build(settings, selection, variables, progress=progress)
    manifest = {
        "release_id": release_id,
        "half_year": str(half_year),
        "created_at": now.isoformat(),
        **asdict(basis),
    }
    candidate = _freeze(settings, half_year, manifest)
    log.info("candidate_frozen", candidate_id=release_id, inputs=len(basis.inputs))
    return candidate


def waiting_candidate(settings: Settings, half_year: HalfYear) -> Candidate | None:
    """The candidate that :func:`build_candidate` would give back instead of building one; raises as it does."""
    return _waiting(settings, half_year, _basis(settings, half_year))


def load_candidate(settings: Settings, candidate_id: str) -> Candidate:
    """The frozen candidate of that id; raises WarehouseError when there is none."""
    match = _RELEASE_ID.match(candidate_id)
    if match is None:
        raise WarehouseError(f"{candidate_id!r} is no candidate id; one is written 2016-H1-r001")
    folder = settings.candidates / candidate_id
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise WarehouseError(
            f"there is no candidate {candidate_id} in {settings.candidates}; build it first "
            f"(zonehouse build --half {match.group(1)})"
        ) from error
    return Candidate(candidate_id, HalfYear.parse(match.group(1)), folder, manifest)


def newest_candidate(settings: Settings, half_year: HalfYear) -> Candidate:
    """The candidate of the half-year with the highest number; raises WarehouseError when there is none."""
    numbers = _numbers(settings.candidates, half_year)
    if not numbers:
        raise WarehouseError(
            f"there is no candidate of {half_year}; build one first (zonehouse build --half {half_year})"
        )
    return load_candidate(settings, numbers[max(numbers)])


def _basis(settings: Settings, half_year: HalfYear) -> _Basis:
    with connect(settings) as warehouse:
        if half_year not in reported(warehouse):
            raise WarehouseError(
                f"no enterprise's report for a month of {half_year} is in the warehouse; take in and build reports "
                f"first (zonehouse intake, zonehouse build)"
            )
        inputs, overrides = inputs_of(warehouse, half_year), overrides_of(warehouse, half_year)
    return _Basis(inputs, overrides, digest_of(inputs, overrides), dbt.models_digest(settings))


def _waiting(settings: Settings, half_year: HalfYear, basis: _Basis) -> Candidate | None:
    """The newest candidate, if it is what would be built now and nothing about it is settled."""
    numbers = _numbers(settings.candidates, half_year)
    if not numbers or max(numbers) < _highest_number(settings, half_year):
        return None
    newest = load_candidate(settings, numbers[max(numbers)])
    settled = {decision.candidate_id for decision in read_decisions(settings) if decision.outcome in SETTLED}
    same = (newest.inputs_digest, newest.manifest.get("models_digest")) == (basis.inputs_digest, basis.models_digest)
    return newest if same and newest.id not in settled else None


def _numbers(folder: Path, half_year: HalfYear) -> dict[int, str]:
    """Number → release id of the half-year's folders in ``folder``."""
    found = (_RELEASE_ID.match(path.name) for path in folder.glob(f"{half_year}-r*"))
    return {int(match.group(2)): match.group(0) for match in found if match}


def _highest_number(settings: Settings, half_year: HalfYear) -> int:
    folders = (settings.candidates, settings.published / "releases")
    return max((number for folder in folders for number in _numbers(folder, half_year)), default=0)


def _freeze(settings: Settings, half_year: HalfYear, manifest: dict[str, Any]) -> Candidate:
    """Write the folder beside its place and rename it there: it exists whole or not at all."""
    release_id = str(manifest["release_id"])
    place = settings.candidates / release_id
    aside = settings.candidates / f"{_UNFINISHED}{release_id}"
    shutil.rmtree(aside, ignore_errors=True)  # what a killed build left; the warehouse has one writer
    aside.mkdir(parents=True)
    with attached(settings, aside / _DATABASE) as connection:
        schemas = ("marts", "facts", "staging")
        rows = copy_schemas(connection, settings.warehouse.stem, schemas, compared_months(half_year))
    with (aside / _DATABASE).open("rb") as database:
        sha256 = hashlib.file_digest(database, "sha256").hexdigest()
    complete = {**manifest, "tables": rows, "database_sha256": sha256}
    text = json.dumps(complete, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (aside / _MANIFEST).write_text(text, encoding="utf-8")
    for path in (aside / _DATABASE, aside / _MANIFEST, aside):
        _sync(path)
    aside.rename(place)
    _sync(settings.candidates)
    return Candidate(release_id, half_year, place, complete)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
