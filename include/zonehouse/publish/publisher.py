"""Publishing a candidate: steps that each can be the last before a power cut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from zonehouse.periods import HalfYear
from zonehouse.publish import ledger, marts_file, release
from zonehouse.publish.candidate import FrozenCandidate, load_candidate
from zonehouse.publish.files import exclusive, read_json, write_json
from zonehouse.publish.steward_file import write_steward_file
from zonehouse.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Release:
    """A published release; ``is_new`` is False when it had been published before."""

    release_id: str
    half_year: HalfYear
    folder: Path
    manifest: dict[str, Any]
    is_new: bool


def publish(
    settings: Settings, candidate_id: str, now: datetime, progress: Callable[[str], None] | None = None
) -> Release:
    """Give a passed or approved candidate to readers.

    Safe to repeat and to kill at any moment: running it again leads to the same end. Readers see the old state or
    the new one, never one between. A release that exists is completed, never altered.

    Raises:
        PublishError: the candidate is incomplete, not allowed, outdated, or was decided on other inputs.
    """
    candidate = load_candidate(settings, candidate_id)
    with exclusive(settings.published / ".publishing.lock"):
        is_new = not release.finished(settings, candidate)
        for step in publishing_steps(settings, candidate, now):
            log.info("publishing", release_id=candidate_id, step=step)
            if progress is not None:
                progress(f"{candidate_id}: {step}")
    folder = release.releases_folder(settings) / candidate_id
    return Release(candidate_id, candidate.half_year, folder, release.manifest_of(settings, candidate_id), is_new)


def publishing_steps(settings: Settings, candidate: FrozenCandidate, now: datetime) -> Iterator[str]:
    """Do one step after the other and name each after it is done. Only with the publishing lock held.

    Each step looks at what is there, and does what is missing. What is current follows from the release folders
    alone, so no step needs to remember another.
    """
    release.remove_unfinished(settings)
    if not release.finished(settings, candidate):
        release.refuse_if_outdated(settings, candidate)
        allowed = ledger.permission(settings, candidate)
        yield "allowed"
        release.write_release(settings, candidate, allowed, now)
    yield "release folder"
    current = release.latest_releases(settings)
    if marts_file.held_releases(marts_file.marts_path(settings)) != set(current.values()):
        marts_file.write_marts_file(settings, current)
    yield "marts.duckdb"
    pointer = {str(half_year): release_id for half_year, release_id in current.items()}
    if current_releases(settings) != pointer:
        write_json(settings.published / "current.json", pointer)
    yield "current.json"
    ledger.note_published(settings, candidate, now)
    write_steward_file(settings)
    yield "decision ledger"


def current_releases(settings: Settings) -> dict[str, str]:
    """What readers are given now: half-year → release id; empty before the first publication."""
    pointer = settings.published / "current.json"
    if not pointer.is_file():
        return {}
    return {str(half_year): str(release_id) for half_year, release_id in read_json(pointer).items()}
