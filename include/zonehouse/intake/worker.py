"""The reader process: ``python -m zonehouse.intake.worker``.

Frames on standard input and output: four bytes of length, then the body. The first frame in is the pickled
``ReaderPlan`` (it comes from our own parent); every later one is a request in MessagePack, answered by a ``Reading`` in
it. Answers are plain data because this process has met files that nobody vouches for. It dies of its limits, never the
parent.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from zonehouse.intake.findings import Findings
from zonehouse.intake.plan import ReaderPlan
from zonehouse.intake.workbook import Reading, read_columns

_NEW_OBJECTS = 100_000  # between two looks for circles
# Whole columns of numbers leave as their bytes (IEEE 754 doubles in the machine's order).
_ANSWERS = msgspec.msgpack.Encoder(enc_hook=lambda numbers: memoryview(numbers).cast("B"))


def main() -> None:
    """Serve requests until the parent closes the pipe."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not write into the answers
    first = receive_frame(requests)
    if first is None:
        return
    plan: ReaderPlan = pickle.loads(first)  # noqa: S301 - written by our own parent process
    _limit(plan)
    # Cells of a workbook are many and in no circle: looking for circles among them would cost more than it finds.
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)
    while (body := receive_frame(requests)) is not None:
        # To the fraction of a second, and by the kernel: a parser that never returns to Python ends too.
        signal.setitimer(signal.ITIMER_PROF, plan.cpu_seconds)
        send_frame(answers, _answer(msgspec.msgpack.decode(body), plan))


def receive_frame(stream: BinaryIO) -> bytes | None:
    """The next frame's body; None at the end of the stream."""
    head = stream.read(4)
    return stream.read(int.from_bytes(head, "big")) if len(head) == 4 else None


def send_frame(stream: BinaryIO, body: bytes) -> None:
    """Write one frame and flush it."""
    stream.write(len(body).to_bytes(4, "big") + body)
    stream.flush()


def _answer(request: list[str], plan: ReaderPlan) -> bytes:
    path, name, received_on = request
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - a Path costs as much as the reading
            data = file.read()
        answer: bytes = _ANSWERS.encode(read_columns(data, name, received_on, plan))
    except (KeyboardInterrupt, SystemExit):
        raise
    except MemoryError:
        return _refusal("reader_died", "MemoryError")
    except BaseException as error:  # a panic of the parser is no Exception, and one file must not end the batch
        return _refusal("unreadable_workbook", f"{type(error).__name__}: {error}"[:200])
    return answer


def _refusal(code: str, found: str) -> bytes:
    findings = Findings(1)
    findings.add(code, found=found.encode("utf-8", "replace").decode())
    reading: Reading = {"sections": {}, "findings": findings.items, "counts": findings.counts}
    answer: bytes = msgspec.msgpack.encode(reading)
    return answer


def _limit(plan: ReaderPlan) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (plan.memory_bytes, plan.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


if __name__ == "__main__":
    main()
