"""An inbox on S3 or SFTP, through Airflow's ObjectStoragePath; its connection is Airflow's (``AIRFLOW_CONN_<ID>``).

A file is fetched, archived and noted in the journal before it is removed there. Until then a kill leaves it where it
is; after that the next load finds it again by path, content and version, and only removes it.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from zonehouse.intake.inbox import (
    NOT_A_FILE,
    PASSED_OVER,
    SETTLING,
    Arrival,
    Leave,
    arrival_time,
    dated_folder,
    is_passed_over,
    said,
)
from zonehouse.intake.litter import litter_of
from zonehouse.intake.state import IntakeError
from zonehouse.settings import Settings

_CHUNK = 1024 * 1024
_OWNER_BYTES = 200


class RemoteInbox:
    """A bucket's prefix or a server's folder, and all below it."""

    def __init__(self, settings: Settings, url: str) -> None:
        self._settings = settings
        self._url = url
        self._folders: list[str] = []
        with self._reaching():
            root = _connected(settings, url)
            self._fs: Any = root.fs
            self._root = str(self._fs._strip_protocol(root.path)).rstrip("/")
            self._has_folders = root.protocol != "s3"

    def arrivals(self, now: datetime, leave: Leave) -> Iterator[Arrival]:
        self._folders = []
        with self._reaching():
            waiting = [(self._root, self._list_root())]
        while waiting:
            folder, entries = waiting.pop()
            for entry in sorted(entries, key=lambda entry: str(entry["name"])):
                path = str(entry["name"]).rstrip("/")
                shown = self._relative(path)
                if entry["type"] == "directory":
                    if path != folder and not PurePosixPath(path).name.startswith("."):
                        try:
                            waiting.append((path, self._list(path)))
                        except OSError as error:
                            leave(shown, said(error))
                        else:
                            self._folders.append(path)
                elif not str(entry["name"]).endswith("/") and path != folder:  # S3 marks folders by empty objects
                    arrival = self._arrival(now, path, shown, entry)
                    if isinstance(arrival, Arrival):
                        yield arrival
                    else:
                        leave(shown, arrival)

    def _arrival(self, now: datetime, path: str, shown: str, entry: dict[str, Any]) -> Arrival | str:
        """The arrival, or why the file is left."""
        name = PurePosixPath(path).name
        size = int(entry["size"] or 0)
        reason = litter_of(name, size, lambda: self._begin(path))
        if reason is not None:
            return reason
        if is_passed_over(name):
            return PASSED_OVER
        if entry["type"] != "file":
            return NOT_A_FILE
        written = _written(entry)
        if written is not None and abs((now - written).total_seconds()) < self._settings.settle_seconds:
            return SETTLING
        source, received_at, received_on = arrival_time(self._settings, now, PurePosixPath(shown).parts)
        nanoseconds = 0 if written is None else int(written.timestamp()) * 1_000_000_000
        return Arrival(shown, source, received_at, received_on, _version(entry), nanoseconds, size, path)

    def open(self, arrival: Arrival) -> int:
        """Fetch the file first: the descriptor is of a nameless local copy."""
        incoming = self._settings.archive / "incoming"
        handle, name = tempfile.mkstemp(dir=incoming)
        Path(name).unlink()
        try:
            left = arrival.size_bytes + 1  # one byte more shows that it has grown
            with _as_os_errors(), self._fs.open(arrival.place, "rb") as stream:
                while left and (chunk := stream.read(min(left, _CHUNK))):
                    left -= len(chunk)
                    view = memoryview(chunk)
                    while view:
                        view = view[os.write(handle, view) :]
            os.lseek(handle, 0, os.SEEK_SET)
        except BaseException as error:
            os.close(handle)
            if isinstance(error, OSError) and self._version_now(arrival) != arrival.version:
                raise OSError(errno.EAGAIN, SETTLING) from error
            raise
        return handle

    def has_changed(self, arrival: Arrival, handle: int, size_bytes: int) -> bool:
        return size_bytes != arrival.size_bytes or self._version_now(arrival) != arrival.version

    def remove(self, arrival: Arrival) -> None:
        if self._version_now(arrival) == arrival.version:
            with _as_os_errors():
                self._fs.rm_file(arrival.place)

    def tidy(self, now: datetime) -> None:
        if not self._has_folders:
            return
        from fsspec.asyn import sync  # type: ignore[import-untyped]

        today = now.astimezone(self._settings.zone).date()
        for folder in sorted(self._folders, key=len, reverse=True):
            day = dated_folder((*PurePosixPath(self._relative(folder)).parts, "file"))
            if day is not None and day < today:
                with suppress(OSError), _as_os_errors():  # it is not empty
                    sync(self._fs.loop, self._fs._rmdir, folder)

    def _version_now(self, arrival: Arrival) -> str | None:
        """None when the file is gone."""
        try:
            with _as_os_errors():
                self._fs.invalidate_cache()
                return _version(self._fs.info(arrival.place))
        except FileNotFoundError:
            return None

    def _list(self, folder: str) -> list[dict[str, Any]]:
        with _as_os_errors():
            self._fs.invalidate_cache()
            return list(self._fs.ls(folder, detail=True))

    def _list_root(self) -> list[dict[str, Any]]:
        try:
            return self._list(self._root)
        except FileNotFoundError:
            # A prefix without objects does not exist, and is an empty inbox; a bucket or a folder must.
            bucket = self._root.partition("/")[0]
            with _as_os_errors():
                if self._has_folders or not self._fs.exists(bucket):
                    raise
            return []

    def _begin(self, path: str) -> bytes:
        with suppress(OSError), _as_os_errors(), self._fs.open(path, "rb") as stream:
            return bytes(stream.read(_OWNER_BYTES))
        return b""

    def _relative(self, path: str) -> str:
        return path.removeprefix(self._root).lstrip("/")

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            with _as_os_errors():
                yield
        except OSError as error:
            raise IntakeError(
                f"the inbox {self._url} cannot be reached: {said(error)}; "
                "check ZONEHOUSE_INBOX_URL and the connection that it names (AIRFLOW_CONN_<ID>)"
            ) from error


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """Every library below has errors of its own."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, str(error)[:200] or "no such file") from error
    except OSError as error:
        if error.strerror is None:
            raise OSError(errno.EIO, f"{type(error).__name__}: {error}"[:200]) from error
        raise
    except Exception as error:
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}"[:200]) from error


def _connected(settings: Settings, url: str) -> Any:  # noqa: ANN401 - Airflow's path, imported here
    # Airflow makes its folder when it is imported, in the user's home if it is told none.
    os.environ.setdefault("AIRFLOW_HOME", str(settings.airflow_home))
    from airflow.sdk import ObjectStoragePath
    from airflow.sdk.bases.hook import BaseHook
    from airflow.sdk.io import attach, get_fs

    path = ObjectStoragePath(url)
    if path.protocol == "sftp" and path.conn_id is not None:
        told = BaseHook.get_connection(path.conn_id).extra_dejson
        if str(told.get("no_host_key_check", "")).lower() != "true":
            # sshfs trusts any server unless it is told whom to trust: () is the user's own ~/.ssh/known_hosts.
            options = {"known_hosts": told.get("known_hosts", ())}
            attach("sftp", path.conn_id, fs=get_fs("sftp", path.conn_id, options))
    return path


def _written(entry: dict[str, Any]) -> datetime | None:
    written = entry.get("LastModified") or entry.get("mtime")
    return written if isinstance(written, datetime) else None


def _version(entry: dict[str, Any]) -> str:
    written = _written(entry)
    tag = str(entry.get("ETag") or "").strip('"')
    return f"{tag} {entry['size']} {'' if written is None else written.isoformat()}"
