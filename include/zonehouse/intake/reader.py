"""Reading many workbooks, each in a child process that may die of it.

The children are plain subprocesses and not a multiprocessing pool: they start from any process (Airflow's forked or
daemonic task processes too), import neither the parent's main module nor anything heavy, inherit no environment, and
hold one file at a time, so that a death or a timeout is that file's and no other's.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

import zonehouse
from zonehouse.intake.findings import Findings
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.workbook import Reading

log = structlog.get_logger(__name__)

FILES_A_PROCESS = 500  # a child is replaced after so many, so that no leak of a parser grows
_PIPE = 1024 * 1024
_OUT_OF_TIME = (-signal.SIGPROF, -signal.SIGXCPU)
_KILLED = (-signal.SIGKILL, -signal.SIGTERM)


@dataclass(frozen=True)
class ReadRequest:
    """One file to read: where it lies, its original name, and the ISO day it was received on."""

    path: Path
    name: str
    received_on: str


def read_all(
    requests: Sequence[ReadRequest], plan: ReaderPlan, *, workers: int, timeout_seconds: float
) -> list[Reading]:
    """Read every file, in the order asked; a file that kills or outlasts its reader is a rejected one."""
    with Readers(plan, timeout_seconds) as readers:
        return readers.read(requests, workers)


class Readers:
    """Reader processes that serve one batch after another; they end with the ``with`` block."""

    def __init__(self, plan: ReaderPlan, timeout_seconds: float) -> None:
        self._plan = plan
        self._timeout = timeout_seconds
        self._readers: list[_Reader] = []

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._readers:
            reader.end()

    def read(self, requests: Sequence[ReadRequest], workers: int) -> list[Reading]:
        """As ``read_all``, by at most so many processes at once."""
        readings: list[Reading | None] = [None] * len(requests)
        queue = iter(enumerate(requests))
        lock = threading.Lock()

        def serve(reader: _Reader) -> None:
            while True:
                with lock:
                    index, request = next(queue, (-1, None))
                if request is None:
                    return
                readings[index] = reader.read(request)

        count = min(max(1, workers), len(requests))
        while len(self._readers) < count:
            self._readers.append(_Reader(self._plan, self._timeout))
        with ThreadPoolExecutor(max_workers=max(1, count)) as pool:
            for done in [pool.submit(serve, reader) for reader in self._readers[:count]]:
                done.result()
        return [reading for reading in readings if reading is not None]


class ReaderDiedError(RuntimeError):
    """The child ended before it answered."""


class ReaderTimeoutError(RuntimeError):
    """The child did not answer in time."""


class _Reader:
    """One child process, started when needed and replaced when it is dead or worn."""

    def __init__(self, plan: ReaderPlan, timeout_seconds: float) -> None:
        self._plan = pickle.dumps(plan)
        self._cpu_seconds = plan.cpu_seconds
        self._timeout = timeout_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._served = 0

    def read(self, request: ReadRequest) -> Reading:
        body = json.dumps({"path": str(request.path), "name": request.name, "received_on": request.received_on})
        for attempt in (1, 2):
            try:
                answer: Reading = json.loads(self._ask(body.encode()))
            except ReaderTimeoutError:
                self.end()
                log.warning("reader_timeout", submission_id=request.path.name)
                return _refusal("reader_timeout", {"seconds": f"{self._timeout:g}"})
            except (ReaderDiedError, BrokenPipeError):
                code = self.end()
                log.warning("reader_died", submission_id=request.path.name, exit_code=code, attempt=attempt)
                if code in _OUT_OF_TIME:
                    return _refusal("reader_timeout", {"seconds": f"{self._cpu_seconds:g}"})
                # Killed from outside may be the machine's fault (memory taken by others); all else is the file's.
                if code not in _KILLED:
                    break
            else:
                return answer
        return _refusal("reader_died", {})

    def _ask(self, body: bytes) -> bytes:
        if self._served >= FILES_A_PROCESS:
            self.end()
        if self._child is None:
            self._child = _start()
            self._send(self._plan)
            self._served = 0
        self._served += 1
        self._send(body)
        return b"".join(self._answer(time.monotonic() + self._timeout))

    def _send(self, body: bytes) -> None:
        if self._child is None or self._child.stdin is None:
            raise ReaderDiedError
        self._child.stdin.write(len(body).to_bytes(4, "big") + body)
        self._child.stdin.flush()

    def _answer(self, deadline: float) -> Iterator[bytes]:
        head = b""
        while len(head) < 4:
            head += self._some(4 - len(head), deadline)
        left = int.from_bytes(head, "big")
        while left:
            part = self._some(min(left, _PIPE), deadline)
            left -= len(part)
            yield part

    def _some(self, most: int, deadline: float) -> bytes:
        if self._child is None or self._child.stdout is None:
            raise ReaderDiedError
        handle = self._child.stdout.fileno()
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise ReaderTimeoutError
        part = os.read(handle, most)
        if not part:
            raise ReaderDiedError
        return part

    def end(self) -> int | None:
        """Let nothing of the child be left; says how it ended (a kill changes nothing for one that is ending)."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        return child.wait()


def _start() -> subprocess.Popen[bytes]:
    package = Path(zonehouse.__path__[0]).parent
    return subprocess.Popen(
        [sys.executable, "-m", "zonehouse.intake.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # No secret of the parent reaches the process that opens strangers' files.
        env={"PYTHONPATH": str(package), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )


def _refusal(code: str, words: dict[str, object]) -> Reading:
    findings = Findings(1)
    findings.add(code, words=words)
    return {"sections": {}, "findings": findings.items, "counts": findings.counts}
