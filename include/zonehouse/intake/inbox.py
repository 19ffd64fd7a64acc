"""Where files arrive: the interface that ``receive`` takes them through, and the local folder.

An inbox lists what arrived, opens it, says whether it changed meanwhile, and removes it once it has a receipt.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Protocol

from zonehouse.intake.litter import litter
from zonehouse.settings import Settings

Leave = Callable[[str, str], None]  # told of a file that stays: its path in the inbox, and why

SETTLING = "settling"
NOT_A_FILE = "not a regular file (link, pipe or device)"
PASSED_OVER = "named as one that is still being written (.part, .tmp, or a dot before the name)"
_BEING_WRITTEN = (".part", ".tmp")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file found in the inbox.

    ``version`` is another one when the file is another one: a receipt is path, content and version. ``place`` is the
    inbox's own.
    """

    inbox_path: str
    source: str
    received_at: datetime
    received_on: date
    version: str
    written_ns: int
    size_bytes: int
    place: Any

    @property
    def order(self) -> tuple[datetime, int, str]:
        """Arrival time, then path; files straight in the inbox arrived when they were last written."""
        return (self.received_at, self.written_ns if self.source == "inbox" else 0, self.inbox_path)


class Inbox(Protocol):
    """One place where files arrive. What fails for one file is an ``OSError``."""

    def arrivals(self, now: datetime, leave: Leave) -> Iterator[Arrival]:
        """Every settled file, in no order; the others are told to ``leave``.

        Raises:
            IntakeError: the inbox cannot be reached at all.
        """
        ...

    def open(self, arrival: Arrival) -> int:
        """A descriptor to read the file's bytes from; the caller closes it."""
        ...

    def has_changed(self, arrival: Arrival, handle: int, size_bytes: int) -> bool:
        """Whether the file is another one than was listed, now that ``size_bytes`` were read from ``handle``."""
        ...

    def remove(self, arrival: Arrival) -> None:
        """Remove a received file, unless another one has been put in its place meanwhile."""
        ...

    def tidy(self, now: datetime) -> None:
        """Remove emptied folders of days before today; today's may be about to be filled."""
        ...


def inbox_of(settings: Settings) -> Inbox:
    """The inbox that the settings name."""
    if settings.inbox_url is None:
        return LocalInbox(settings)
    from zonehouse.intake.remote_inbox import RemoteInbox  # Airflow takes a second to import

    return RemoteInbox(settings, settings.inbox_url)


def is_passed_over(name: str) -> bool:
    """Whether a name says that the file is still being written; also for folders that begin with a dot."""
    return name.startswith(".") or name.lower().endswith(_BEING_WRITTEN)


def dated_folder(parts: tuple[str, ...]) -> date | None:
    """The day that names the first folder of a path in the inbox, if it names one."""
    with suppress(ValueError):
        return date.fromisoformat(parts[0]) if len(parts) > 1 and len(parts[0]) == 10 else None
    return None


def arrival_time(settings: Settings, now: datetime, parts: tuple[str, ...]) -> tuple[str, datetime, date]:
    """Source, time (UTC) and local day of the arrival of a file with this path; a day after today is none."""
    local, source = now.astimezone(settings.zone), "inbox"
    day = dated_folder(parts)
    if day is not None and day <= local.date():
        local, source = datetime.combine(day, time(), settings.zone), "dated_folder"
    return source, local.astimezone(UTC), local.date()


def said(error: OSError) -> str:
    """What an error says, without the path it names."""
    return error.strerror or errno.errorcode.get(error.errno or 0, "unreadable")


class LocalInbox:
    """The folder ``settings.inbox`` and all below it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.inbox
        self._folder.mkdir(parents=True, exist_ok=True)

    def arrivals(self, now: datetime, leave: Leave) -> Iterator[Arrival]:
        def report(error: OSError) -> None:
            leave(self._shown(Path(error.filename or ".")), said(error))

        # Paths as text: thousands of files wait, and a Path costs as much as asking the system for one.
        for folder, folders, names in os.walk(self._folder, onerror=report):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            inside = folder[len(str(self._folder)) + 1 :]
            first = inside.partition("/")[0]
            when = arrival_time(self._settings, now, (first, "file") if first else ("file",))
            for name in [*names, *(f for f in folders if (Path(folder) / f).is_symlink())]:
                place = f"{folder}/{name}"
                try:
                    arrival = self._arrival(now, place, name, f"{inside}/{name}" if inside else name, when)
                except OSError as error:
                    report(OSError(error.errno, error.strerror, place))
                    continue
                if isinstance(arrival, Arrival):
                    yield arrival
                else:
                    leave(self._shown(Path(place)), arrival)

    def _arrival(
        self, now: datetime, place: str, name: str, inbox_path: str, when: tuple[str, datetime, date]
    ) -> Arrival | str:
        """The arrival, or why the file is left."""
        status = os.lstat(place)
        if not stat.S_ISREG(status.st_mode):
            return NOT_A_FILE
        if (reason := litter(place, name)) is not None:
            return reason
        if is_passed_over(name):
            return PASSED_OVER
        # Both ways: a file written after ``now`` was taken is as fresh as one written just before.
        if abs(now.timestamp() - status.st_mtime) < self._settings.settle_seconds:
            return SETTLING
        written = status.st_mtime_ns
        return Arrival(inbox_path, *when, str(written), written, status.st_size, place)

    def open(self, arrival: Arrival) -> int:
        return os.open(arrival.place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)

    def has_changed(self, arrival: Arrival, handle: int, size_bytes: int) -> bool:
        after = os.fstat(handle)
        return after.st_mtime_ns != arrival.written_ns or after.st_size != size_bytes

    def remove(self, arrival: Arrival) -> None:
        with suppress(FileNotFoundError):
            if os.lstat(arrival.place).st_mtime_ns == arrival.written_ns:
                os.unlink(arrival.place)  # noqa: PTH108 - one path for each file

    def tidy(self, now: datetime) -> None:
        today = now.astimezone(self._settings.zone).date()
        for day in self._folder.iterdir():
            if day.is_symlink() or not day.is_dir():
                continue
            named = dated_folder((day.name, "file"))
            if named is None or named >= today:
                continue
            for folder, _, _ in os.walk(day, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()

    def _shown(self, path: Path) -> str:
        with suppress(ValueError):
            path = path.relative_to(self._folder)
        return path.as_posix().encode("utf-8", "replace").decode()
