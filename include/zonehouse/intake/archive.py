"""The archive: every received byte, for ever, in a file named by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zonehouse.intake.state import sync_folder
from zonehouse.settings import Settings

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Archived:
    """A stored content; ``known`` when the archive held it before."""

    sha256: str
    size_bytes: int
    known: bool


def archive_path(settings: Settings, sha256: str) -> Path:
    """Where a content lies: ``archive/ab/abcdef…``."""
    return settings.archive / sha256[:2] / sha256


def prepare_archive(settings: Settings) -> None:
    """Make the folders and remove half copies that a killed load left; call it under the intake lock."""
    incoming = _incoming(settings)
    incoming.mkdir(parents=True, exist_ok=True)
    for leftover in incoming.iterdir():
        leftover.unlink()


def store(settings: Settings, source: int) -> Archived:
    """Copy the open file ``source`` into the archive, hashing on the way; whole and durable, or not at all."""
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=_incoming(settings))
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            while chunk := os.read(source, _CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            target.flush()
            path = archive_path(settings, digest.hexdigest())
            if path.exists():
                return Archived(digest.hexdigest(), size, known=True)
            os.fchmod(target.fileno(), 0o444)
            os.fsync(target.fileno())
        path.parent.mkdir(exist_ok=True)
        temporary.replace(path)
        sync_folder(path.parent)
        return Archived(digest.hexdigest(), size, known=False)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _incoming(settings: Settings) -> Path:
    return settings.archive / "incoming"
