"""Reading many workbooks, each in a child process that may die of it.

The children are plain subprocesses and not a multiprocessing pool: they start from any process (Airflow's forked or
daemonic task processes too), import neither the parent's main module nor anything heavy, inherit no environment, and
hold one file at a time, so that a death or a timeout is that file's and no other's. A few requests wait in the pipe of
each, and a thread of the parent takes the answers and asks for more, so that none is idle while the parent does
something else; answers come in the order asked, hence the first without an answer is the file that the child holds.
"""

from __future__ import annotations

import fcntl
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

import zonehouse
from zonehouse.intake.findings import Findings
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.workbook import Reading

log = structlog.get_logger(__name__)

FILES_A_PROCESS = 5_000  # a child is replaced after so many, so that no leak of a parser grows
FILES_AHEAD = 16  # that wait in the pipe of a child; with the path of each they fit into it
_PIPE = 1024 * 1024
_LOOK_AGAIN = 1.0  # seconds; whether there is still somebody who receives
_GATHER = 0.005  # seconds; to wake for each answer would cost the caller more than taking some at once
_ANSWERS = msgspec.msgpack.Decoder(dict[str, Any])
_OUT_OF_TIME = (-signal.SIGPROF, -signal.SIGXCPU)
_KILLED = (-signal.SIGKILL, -signal.SIGTERM)


@dataclass(frozen=True)
class ReadRequest:
    """One file to read: where it lies, its original name, and the ISO day it was received on."""

    path: str
    name: str
    received_on: str

    @property
    def name_there(self) -> str:
        """What it is called where it lies."""
        return self.path.rpartition("/")[2]


def read_all(
    requests: Sequence[ReadRequest], plan: ReaderPlan, *, workers: int, timeout_seconds: float
) -> list[Reading]:
    """Read every file, in the order asked; a file that kills or outlasts its reader is a rejected one."""
    with Readers(plan, timeout_seconds) as readers:
        return readers.finish(readers.begin(requests, workers))


class Job:
    """Files that were asked for together, and what was read of them."""

    def __init__(self, count: int) -> None:
        self.left = count
        self.readings: list[Reading] = [{}] * count
        self.done = threading.Event()
        if not count:
            self.done.set()

    def answer(self, index: int, reading: Reading) -> None:
        self.readings[index] = reading
        self.left -= 1
        if not self.left:
            self.done.set()


@dataclass
class _Task:
    job: Job
    index: int
    request: ReadRequest
    attempt: int = 1


class Readers:
    """Reader processes that serve one batch after another; they end with the ``with`` block.

    Batches are begun while those before them are still worked on. Within the block a thread speaks to the children, all
    the time, so that no file's clock runs while nobody listens; ``_lock`` keeps it and the caller apart.
    """

    def __init__(self, plan: ReaderPlan, timeout_seconds: float) -> None:
        self._plan = plan
        self._timeout = timeout_seconds
        self._readers: list[_Reader] = []
        self._queue: deque[_Task] = deque()
        self._lock = threading.Lock()
        self._bell = _Bell()
        self._thread = threading.Thread(target=self._serve, name="readers", daemon=True)
        self._failure: Exception | None = None
        self._over = threading.Event()

    def __enter__(self) -> Readers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._bell.ring()
        self._thread.join()
        for reader in self._readers:
            reader.end()
        self._bell.close()

    def begin(self, requests: Sequence[ReadRequest], workers: int) -> Job:
        """Ask for files, to be read by at least so many processes at once."""
        job = Job(len(requests))
        with self._lock:
            self._queue += [_Task(job, index, request) for index, request in enumerate(requests)]
            while len(self._readers) < min(max(1, workers), len(requests)):
                self._readers.append(_Reader(self._plan, self._timeout))
                self._readers[-1].start()  # all of them before any is waited for
            self._hand_out()
        self._bell.ring()
        return job

    def finish(self, job: Job) -> list[Reading]:
        """The readings, in the order asked, once all are there; the other jobs go on meanwhile."""
        while not job.done.wait(_LOOK_AGAIN):
            if self._failure is not None:
                raise self._failure
        return job.readings

    def _serve(self) -> None:
        try:
            while not self._over.wait(_GATHER):
                self._turn()
        except Exception as error:
            self._failure = error  # told by ``finish``

    def _turn(self) -> None:
        """Wait for an answer, for something to ask or for the end of a file's time, and see to it."""
        with self._lock:
            self._hand_out()
            busy = [reader for reader in self._readers if reader.tasks]
        seconds = max(0.0, min(reader.deadline for reader in busy) - time.monotonic()) if busy else None
        listening: list[_Bell | _Reader] = [self._bell, *busy]
        ready, _, _ = select.select(listening, [], [], seconds)
        with self._lock:
            for one in ready:
                one.receive()
            if not ready:
                min(busy, key=lambda reader: reader.deadline).give_up()

    def _hand_out(self) -> None:
        while self._queue:
            reader = min(self._readers, key=lambda reader: len(reader.tasks))
            if len(reader.tasks) >= FILES_AHEAD or not reader.give(self._queue[0]):
                return
            self._queue.popleft()


class _Bell:
    """Ends the waiting of the thread that speaks to the readers."""

    def __init__(self) -> None:
        self._heard, self._rung = os.pipe()
        os.set_blocking(self._rung, False)

    def fileno(self) -> int:
        return self._heard

    def ring(self) -> None:
        with suppress(BlockingIOError):  # it rings already
            os.write(self._rung, b"!")

    def receive(self) -> None:
        os.read(self._heard, _PIPE)

    def close(self) -> None:
        os.close(self._heard)
        os.close(self._rung)


class _Reader:
    """One child process, started when needed and replaced when it is dead or worn."""

    def __init__(self, plan: ReaderPlan, timeout_seconds: float) -> None:
        self._plan = pickle.dumps(plan)
        self._cpu_seconds = plan.cpu_seconds
        self._timeout = timeout_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._served, self._is_told = 0, False
        self._received = bytearray()
        self.tasks: deque[_Task] = deque()  # asked for and not answered; the child holds the first
        self.deadline = 0.0  # of the first

    def fileno(self) -> int:
        """Of the answers, for ``select``."""
        if self._child is None or self._child.stdout is None:
            raise ReaderDiedError
        return self._child.stdout.fileno()

    def give(self, task: _Task) -> bool:
        """Ask for one more file; False from a worn child that has not answered all yet."""
        if self._served >= FILES_A_PROCESS:
            if self.tasks:
                return False
            self.end()
        self.tasks.append(task)
        if self._child is None:
            self.start()
        self._served += 1
        self._send(_body(task.request))
        if len(self.tasks) == 1:
            self._wind_up()
        return True

    def receive(self) -> None:
        """Take what the child has answered, or that it died."""
        part = os.read(self.fileno(), _PIPE)
        if not part:
            self._bury()
            return
        self._received += part
        try:
            for answer in self._frames():
                if not self.tasks:  # nobody asked
                    self.end()
                    return
                self._settle(_ANSWERS.decode(answer))
        except msgspec.MsgspecError:  # it is not itself any more
            self._bury()

    def give_up(self) -> None:
        """The first file took too long."""
        self.end()
        log.warning("reader_timeout", submission_id=self.tasks[0].request.name_there)
        self._settle(_refusal("reader_timeout", {"seconds": f"{self._timeout:g}"}))
        self._start_again()

    def _bury(self) -> None:
        """The child died of the first file."""
        code, task = self.end(), self.tasks[0]
        log.warning("reader_died", submission_id=task.request.name_there, exit_code=code, attempt=task.attempt)
        # Killed from outside may be the machine's fault (memory taken by others); all else is the file's.
        if code in _KILLED and task.attempt == 1:
            task.attempt = 2
        elif code in _OUT_OF_TIME:
            self._settle(_refusal("reader_timeout", {"seconds": f"{self._cpu_seconds:g}"}))
        else:
            self._settle(_refusal("reader_died", {}))
        self._start_again()

    def _settle(self, reading: Reading) -> None:
        task = self.tasks.popleft()
        task.job.answer(task.index, reading)
        self._wind_up()

    def _wind_up(self) -> None:
        """The clock of the first file; that a child takes a while to start is not the file's fault."""
        self.deadline = time.monotonic() + self._timeout

    def start(self) -> None:
        """Start a child; it is told the plan with its first file."""
        self._child = _start()
        self._served, self._is_told = 0, False

    def _start_again(self) -> None:
        """A new child, asked for what was not answered yet."""
        if self.tasks:
            self.start()
            self._served = len(self.tasks)
            self._send(*(_body(task.request) for task in self.tasks))
            self._wind_up()

    def _send(self, *bodies: bytes) -> None:
        if self._child is None or self._child.stdin is None:
            raise ReaderDiedError
        if not self._is_told:
            bodies, self._is_told = (self._plan, *bodies), True
        with suppress(BrokenPipeError):  # it is dead, which its answers will tell
            for body in bodies:
                self._child.stdin.write(len(body).to_bytes(4, "big") + body)
            self._child.stdin.flush()

    def _frames(self) -> Iterator[bytes]:
        """The whole answers among what was received."""
        at = 0
        while len(self._received) >= at + 4:
            end = at + 4 + int.from_bytes(self._received[at : at + 4], "big")
            if len(self._received) < end:
                break
            yield bytes(self._received[at + 4 : end])
            at = end
        del self._received[:at]

    def end(self) -> int | None:
        """Let nothing of the child be left; says how it ended (a kill changes nothing for one that is ending)."""
        child, self._child = self._child, None
        self._received.clear()
        if child is None:
            return None
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        return child.wait()


class ReaderDiedError(RuntimeError):
    """There is no child to speak to."""


def _body(request: ReadRequest) -> bytes:
    body: bytes = msgspec.msgpack.encode((request.path, request.name, request.received_on))
    return body


def _start() -> subprocess.Popen[bytes]:
    package = Path(zonehouse.__path__[0]).parent
    child = subprocess.Popen(
        [sys.executable, "-m", "zonehouse.intake.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # No secret of the parent reaches the process that opens strangers' files.
        env={"PYTHONPATH": str(package), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
        cwd="/",
    )
    # So that the child need not wait until the parent takes an answer; where it cannot be had, it waits.
    with suppress(OSError, AttributeError):
        fcntl.fcntl(child.stdout or -1, fcntl.F_SETPIPE_SZ, _PIPE)
    return child


def _refusal(code: str, words: dict[str, object]) -> Reading:
    findings = Findings(1)
    findings.add(code, words=words)
    return {"sections": {}, "findings": findings.items, "counts": findings.counts}
