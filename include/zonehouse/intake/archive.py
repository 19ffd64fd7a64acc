"""The archive: every received byte, for ever, in a file named by its SHA-256.

Files come in by groups: copied one by one into ``archive/incoming``, then made durable all at once, then named, then
the names made durable. A wait for the disk is what costs; a group has two of them, however many files it holds.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from zonehouse.intake.state import Checkpoint, pass_by, sync_filesystem
from zonehouse.settings import Settings

_CHUNK = 1024 * 1024
_INCOMING = "incoming"


@dataclass(frozen=True, slots=True)
class Archived:
    """A content; ``known`` when the archive held it before, else its copy waits in ``incoming`` for its name."""

    sha256: str
    size_bytes: int
    incoming: str | None = None

    @property
    def known(self) -> bool:
        return self.incoming is None


def archive_path(settings: Settings, sha256: str) -> Path:
    """Where a content lies: ``archive/ab/abcdef…``."""
    return Path(place_of(str(settings.archive), sha256))


def place_of(archive: str, sha256: str) -> str:
    """The same as text, in the folder ``archive``: thousands are asked for, and a ``Path`` costs as much as a file."""
    return f"{archive}/{sha256[:2]}/{sha256}"


def prepare_archive(settings: Settings) -> None:
    """Make the folders and remove half copies that a killed load left; call it under the intake lock."""
    incoming = settings.archive / _INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    for leftover in incoming.iterdir():
        leftover.unlink()


def copy_in(archive: str, source: int, number: int) -> Archived:
    """Copy the open file ``source`` into ``incoming``, hashing on the way; ``keep`` makes it durable and names it.

    Args:
        archive: its folder.
        number: of this copy among those that ``keep`` has not been given yet.
    """
    digest, size = hashlib.sha256(), 0
    incoming = f"{archive}/{_INCOMING}/{number}"
    target = os.open(incoming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        while chunk := _read(source):
            digest.update(chunk)
            size += len(chunk)
            view = memoryview(chunk)
            while view:
                view = view[os.write(target, view) :]
        sha256 = digest.hexdigest()
        if os.path.exists(place_of(archive, sha256)):  # noqa: PTH110 - a Path costs as much as the question
            os.unlink(incoming)  # noqa: PTH108
            return Archived(sha256, size)
        os.fchmod(target, 0o444)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(incoming)  # noqa: PTH108
        raise
    finally:
        os.close(target)
    return Archived(sha256, size, incoming)


class UnreadableError(OSError):
    """The file that is to be archived cannot be read; the archive is not to blame."""


def _read(source: int) -> bytes:
    try:
        return os.read(source, _CHUNK)
    except OSError as error:
        raise UnreadableError(error.errno, error.strerror) from error


def discard(content: Archived) -> None:
    """Take back a copy that is not to be kept."""
    if content.incoming is not None:
        Path(content.incoming).unlink()


def keep(settings: Settings, contents: Sequence[Archived], checkpoint: Checkpoint = pass_by) -> None:
    """Give copied contents their names; when this returns, contents and names survive a power cut."""
    sync_filesystem(settings.archive)
    archive = str(settings.archive)
    for first in {content.sha256[:2] for content in contents}:
        Path(archive, first).mkdir(exist_ok=True)
    for content in contents:
        if content.incoming is not None:
            os.replace(content.incoming, place_of(archive, content.sha256))  # noqa: PTH105 - one path for each file
        checkpoint("archived")
    sync_filesystem(settings.archive)
