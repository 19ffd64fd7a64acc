"""Short connections to the one DuckDB file, and to other files beside it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from zonehouse.settings import Settings

# DuckDB lets one process write or many read; a short wait spares people who ask while the load writes.
READER_WAIT_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
# A reader is gone in a moment; one that stays this long hangs.
_WRITER_WAIT_SECONDS = 120.0


class WarehouseError(RuntimeError):
    """The warehouse cannot be built or read: says what failed, where, and what to do."""


@contextmanager
def connect(
    settings: Settings, *, read_only: bool = True, wait_seconds: float = READER_WAIT_SECONDS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open ``warehouse.duckdb`` for as long as the block lasts.

    Raises:
        WarehouseError: there is no warehouse to read, or another process holds it longer than ``wait_seconds``.
    """
    if read_only and not settings.warehouse.is_file():
        raise WarehouseError(
            f"there is no warehouse at {settings.warehouse} yet; build it from the landing first (zonehouse build)"
        )
    with _turn(settings, fcntl.LOCK_SH if read_only else fcntl.LOCK_EX, wait_seconds):
        connection = _open(settings, read_only, wait_seconds)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def writing_alone(settings: Settings, wait_seconds: float = _WRITER_WAIT_SECONDS) -> Iterator[None]:
    """While it is open none of our readers has the file open, and new ones wait: for a writer that opens it itself.

    Without it a page of the console, open for a moment, would fail a night's build. Raises as :func:`connect`.
    """
    with _turn(settings, fcntl.LOCK_EX, wait_seconds):
        yield


@contextmanager
def attached(settings: Settings, target: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse read-only under its own name, and a new database file ``target`` as ``frozen``.

    Views of the warehouse name it, so it must keep the name that it has when it is opened alone.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    with connect(settings, read_only=True):
        pass  # waits for a writer to finish, and fails with a plain reason when there is no warehouse
    with _turn(settings, fcntl.LOCK_SH, READER_WAIT_SECONDS):
        connection = duckdb.connect(":memory:", config=_config(settings))
        try:
            connection.execute(f"attach {literal(settings.warehouse)} as {settings.warehouse.stem} (read_only)")
            connection.execute(f"attach {literal(target)} as frozen")
            connection.execute(f"use {settings.warehouse.stem}")
            yield connection
        finally:
            connection.close()


def in_memory(settings: Settings) -> duckdb.DuckDBPyConnection:
    """A connection that only reads files."""
    return duckdb.connect(":memory:", config=_config(settings))


def literal(value: object) -> str:
    """``value`` as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def temp_directory(settings: Settings) -> Path:
    """Where DuckDB puts what does not fit into memory."""
    return settings.home / "dbt" / "spill"


def _config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "temp_directory": str(temp_directory(settings)),
    }


def _open(settings: Settings, read_only: bool, wait_seconds: float) -> duckdb.DuckDBPyConnection:
    settings.home.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            return duckdb.connect(str(settings.warehouse), read_only=read_only, config=_config(settings))
        except duckdb.IOException as error:
            if "lock" not in str(error).lower():
                raise WarehouseError(f"{settings.warehouse} cannot be opened: {error}") from error
            if time.monotonic() >= deadline:
                raise _in_use(settings) from error
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def _turn(settings: Settings, kind: int, wait_seconds: float) -> Iterator[None]:
    """Readers together, a writer alone; the kernel frees the turn when the process dies."""
    settings.home.mkdir(parents=True, exist_ok=True)
    handle = os.open(settings.home / "warehouse.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + wait_seconds
    try:
        while True:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise _in_use(settings) from error
                time.sleep(_PAUSE_SECONDS)
        yield
    finally:
        os.close(handle)


def _in_use(settings: Settings) -> WarehouseError:
    return WarehouseError(
        f"{settings.warehouse} is in use by another process (a load is writing it, or someone has it open); "
        "try again when it has finished"
    )
