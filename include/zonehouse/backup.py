"""Back-up and restore of the state folder: what cannot be made again, each file with its SHA-256.

A back-up is a folder ``<target>/<YYYYMMDDTHHMMSSZ>/`` with the files as they lie in ``ZONEHOUSE_HOME`` and
``manifest.jsonl`` (path, size, modification time, SHA-256; a line each). What has not changed since the back-up before
is a hard link to it, so that a back-up costs what is new, and any of them can be deleted. It appears under its name
only when it is whole and on the disk.

Left out: ``warehouse.duckdb`` (made anew from the landing by the next load), Airflow's history, what is being written.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import structlog

from zonehouse.intake.state import intake_lock, landing_alone
from zonehouse.publish.files import exclusive, sha256_of, sync
from zonehouse.settings import Settings

# The archive first and without the locks: it is by far the largest, and its files never change.
_IMMUTABLE = "archive"
_KEPT = (_IMMUTABLE, "spool", "landing", "candidates", "published", "inbox", "reports", "outbox", "airflow")
# Of Airflow only what log-ins hang on: its history is no figure's source (docs/adr/0002).
_OF_AIRFLOW = frozenset({"secrets.json", "passwords.json"})
_BEING_RECEIVED = ("archive", "incoming")
_MANIFEST = "manifest.jsonl"

Progress = Callable[[str], None]
_log = structlog.get_logger(__name__)


class BackupError(RuntimeError):
    """The back-up or the restore cannot be done: says what, where, and what to do."""


@dataclass(frozen=True)
class BackedUp:
    """A finished back-up."""

    folder: Path
    file_count: int
    new_count: int
    size_bytes: int


@dataclass(frozen=True)
class _Entry:
    path: str
    size: int
    mtime_ns: int
    sha256: str


def back_up(settings: Settings, target: Path, now: datetime, progress: Progress | None = None) -> BackedUp:
    """Copy the state to a new folder below ``target``. Loads and publications wait while all but the archive is copied.

    Raises:
        BackupError: the home holds nothing, or ``target`` lies inside of it.
    """
    say = progress or (lambda _: None)
    if target.resolve().is_relative_to(settings.home.resolve()):
        raise BackupError(f"{target} lies in the folder that is backed up ({settings.home}): name one on another disk")
    if not settings.archive.is_dir():
        raise BackupError(f"{settings.home} holds no archive: nothing was ever received there (check ZONEHOUSE_HOME)")
    name = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    if (target / name).exists():
        raise BackupError(f"{target / name} is there already: try again in a second")
    aside = target / f"{name}.part"
    previous = _manifest_of(newest(target))
    aside.mkdir(parents=True)
    copier = _Copier(settings.home, aside, newest(target), previous)
    say("back-up: archive")
    copier.copy(_files(settings.home, (_IMMUTABLE,)))
    with ExitStack() as held:
        held.enter_context(intake_lock(settings))
        held.enter_context(landing_alone(settings))
        held.enter_context(exclusive(settings.published / ".publishing.lock"))
        say("back-up: everything else, and what the archive got meanwhile")
        copier.copy(_files(settings.home, _KEPT))
    _write_manifest(aside, copier.entries.values())
    aside.rename(target / name)
    sync(target)
    done = BackedUp(target / name, len(copier.entries), copier.new_count, sum(e.size for e in copier.entries.values()))
    _log.info("backed_up", files=done.file_count, new=done.new_count, bytes=done.size_bytes)
    return done


def restore(settings: Settings, backup: Path, progress: Progress | None = None) -> int:
    """Copy a back-up into an empty ``ZONEHOUSE_HOME``, comparing each file with its SHA-256; the number of files.

    The warehouse is made anew by the next load. A restore that was cut short leaves the home marked as such; delete it
    and start again.

    Raises:
        BackupError: ``backup`` is no finished back-up, a file of it is damaged or missing, or the home is not empty.
    """
    say = progress or (lambda _: None)
    entries = _manifest_of(backup)
    if not entries:
        raise BackupError(f"{backup} is no finished back-up: it holds no {_MANIFEST}")
    if settings.home.exists() and any(settings.home.iterdir()):
        raise BackupError(f"{settings.home} is not empty: restore into a new folder (ZONEHOUSE_HOME)")
    settings.home.mkdir(parents=True, exist_ok=True)
    unfinished = settings.home / ".restore-unfinished"
    unfinished.touch()
    for done, entry in enumerate(entries.values(), start=1):
        _bring_back(backup, settings.home, entry)
        if done % 5000 == 0:
            say(f"restore: {done} of {len(entries)} files")
    unfinished.unlink()
    sync(settings.home)
    _log.info("restored", files=len(entries))
    return len(entries)


def newest(target: Path) -> Path | None:
    """The newest finished back-up below ``target``."""
    return max((path.parent for path in target.glob(f"*Z/{_MANIFEST}")), default=None)


class _Copier:
    def __init__(self, home: Path, to: Path, previous: Path | None, known: dict[str, _Entry]) -> None:
        self._home, self._to, self._previous, self._known = home, to, previous, known
        self.entries: dict[str, _Entry] = {}
        self.new_count = 0

    def copy(self, files: Iterable[Path]) -> None:
        for path in files:
            relative = path.relative_to(self._home).as_posix()
            if relative not in self.entries:
                self.entries[relative] = self._copy(path, relative)

    def _copy(self, path: Path, relative: str) -> _Entry:
        about = path.stat()
        target = self._to / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        known = self._known.get(relative)
        if known and self._previous and (known.size, known.mtime_ns) == (about.st_size, about.st_mtime_ns):
            os.link(self._previous / relative, target)
            return known
        shutil.copy2(path, target)
        sync(target)
        self.new_count += 1
        return _Entry(relative, target.stat().st_size, about.st_mtime_ns, sha256_of(target))


def _files(home: Path, folders: Iterable[str]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((home / folder).rglob("*")):
            if path.is_file() and _is_state(path.relative_to(home)):
                yield path


def _is_state(relative: Path) -> bool:
    """Whether the file is kept: not what is just being written, and of Airflow the secrets only."""
    if relative.parts[0] == "airflow":
        return relative.name in _OF_AIRFLOW
    return relative.parts[:2] != _BEING_RECEIVED and relative.suffix not in (".lock", ".part", ".tmp")


def _write_manifest(folder: Path, entries: Iterable[_Entry]) -> None:
    path = folder / _MANIFEST
    with path.open("w", encoding="utf-8") as file:
        for entry in entries:
            file.write(json.dumps(asdict(entry), ensure_ascii=False) + "\n")
    sync(path)
    sync(folder)


def _manifest_of(backup: Path | None) -> dict[str, _Entry]:
    if backup is None or not (backup / _MANIFEST).is_file() or backup.name.endswith(".part"):
        return {}
    lines = (backup / _MANIFEST).read_text(encoding="utf-8").splitlines()
    entries = (_Entry(**json.loads(line)) for line in lines)
    return {entry.path: entry for entry in entries}


def _bring_back(backup: Path, home: Path, entry: _Entry) -> None:
    if PurePosixPath(entry.path).is_absolute() or ".." in PurePosixPath(entry.path).parts:
        raise BackupError(f"{backup / _MANIFEST} names {entry.path}, which lies outside of the back-up")
    source, target = backup / entry.path, home / entry.path
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except FileNotFoundError as error:
        raise BackupError(f"{source} is missing: the back-up is not whole; take another one") from error
    if sha256_of(target) != entry.sha256:
        raise BackupError(f"{source} is damaged (another SHA-256 than when it was backed up); take another back-up")
    sync(target)
