"""Files that appear whole or not at all, and the lock that lets one publisher work at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

READ_ONLY = 0o444


@contextlib.contextmanager
def exclusive(lock_file: Path) -> Iterator[None]:
    """Hold an advisory lock; waits for whoever holds it. The kernel frees it when its process dies."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force a file, or a folder's list of names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(temporary: Path, target: Path) -> None:
    """Put a finished file in the place of ``target`` in one step that readers cannot see the middle of."""
    temporary.chmod(READ_ONLY)
    sync(temporary)
    temporary.replace(target)
    sync(target.parent)


def write_text(target: Path, text: str) -> None:
    """Write ``text`` (UTF-8) as :func:`write_bytes` does."""
    write_bytes(target, text.encode("utf-8"))


def write_bytes(target: Path, body: bytes) -> None:
    """Write ``body`` as a whole file, read-only, replacing what was there.

    The temporary name carries the process id: two processes may write the same target, the last one wins whole.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    temporary.write_bytes(body)
    replace_file(temporary, target)


def write_json(target: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as a JSON file, as :func:`write_text` does."""
    write_text(target, json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file that holds an object."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
