"""Whatever arrives in whatever order, with kills in between: the states are those of a model of some twenty lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.intake_workbooks import right_report, workbook
from tests.unit.workbooks_support import AUTHORITY, register
from zonehouse import intake
from zonehouse.forms import load_catalogue
from zonehouse.intake import batch, landing
from zonehouse.settings import Settings

FIRST_NIGHT = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
FIRST_DAY, SECOND_DAY = date(2016, 7, 1), date(2016, 7, 2)
# Every register knows the first; each of the others only a register that names it.
AN, BINH, CUC = "0100233488", "0314409058", "0314409058-002"
MAY, JUNE = "2016-05", "2016-06"
# The steps behind the commit: a night killed there has received its files; one killed at ``archived`` has not.
STEPS = (None, "archived", "journal_written", "unlinked", "read_written", "dataset_landed", "registered")
REJECTED = ("wrong", "misnamed", "bad")
KINDS = ("report", "report", "report", "report", "register", "register", "odd project", *REJECTED)


@dataclass(frozen=True)
class Sent:
    """What one file is, and the folder (of a day) in which it lies.

    ``kind``: a report; one with a project that no register knows; one with a number that is none; a right one under a
    name that is not read; no workbook at all; a register, which knows ``AN`` and ``unit``.
    """

    kind: str
    unit: str = AN
    month: str = MAY
    amount: int = 1
    day: date | None = None
    authority: str = AUTHORITY


@dataclass(frozen=True)
class Night:
    """The files that lie in the inbox in the evening, and the step at which the load is killed."""

    files: tuple[Sent, ...]
    killed_at: str | None = None


FILES = st.builds(
    Sent,
    st.sampled_from(KINDS),
    st.sampled_from([AN, AN, BINH, CUC]),
    st.sampled_from([MAY, MAY, JUNE]),
    st.integers(1, 2),
    st.sampled_from([None, None, FIRST_DAY, SECOND_DAY]),
    st.sampled_from([*[AUTHORITY] * 5, "XX"]),
)
NIGHTS = st.lists(
    st.builds(Night, st.lists(FILES, min_size=3, max_size=12).map(tuple), st.sampled_from(STEPS)),
    min_size=2, max_size=4,
)  # fmt: skip
# One sequence in which each rule decides: with any one of them broken some state is another (seen on twenty
# mutants of the model and fifteen of ``register.py``, ``held.py`` and ``receiving.py``).
EVERY_RULE = [
    Night(
        (
            Sent("report"),
            Sent("report", amount=2),  # supersedes by its place in the night alone
            Sent("report"),  # the same content in one night
            Sent("report", CUC, JUNE),
            Sent("report", day=FIRST_DAY, authority="XX"),  # the same unit of an authority without a register
            Sent("bad"),
            Sent("misnamed", month=JUNE),
            Sent("odd project", month=JUNE),
        ),
        "archived",
    ),
    Night(
        (
            Sent("register", CUC),
            Sent("report", BINH, day=FIRST_DAY),
            Sent("wrong"),
            Sent("report", month=JUNE),  # the content that was misnamed
            Sent("bad"),
        )
    ),
    Night(
        (
            Sent("register", BINH, JUNE),  # in force to the end: frees BINH, and CUC is held again
            Sent("report", BINH, amount=2, day=FIRST_DAY),  # supersedes by its night alone
            Sent("report", amount=3, day=SECOND_DAY),  # late in coming, and early by its folder: superseded at once
            Sent("wrong", BINH),
            Sent("report", CUC, JUNE, 2),
            Sent("odd project", month=JUNE, amount=2),
        ),
        "journal_written",
    ),
    Night(
        (
            Sent("register"),  # the last to come, of an earlier month
            Sent("register", month=JUNE, day=FIRST_DAY),
            Sent("report", amount=2),  # the content of another night
            Sent("report", amount=4),  # a late amendment
        ),
        "registered",
    ),
]


@cache
def _content(kind: str, unit: str, month: str, authority: str, amount: int) -> bytes:
    if kind == "bad":
        return f"no workbook {amount}".encode()
    if kind == "register":
        return register(month, knows=(AN, unit))
    report = right_report(unit, month, amount)
    report["THONG_TIN"][2][1] = authority
    if kind == "odd project":
        report["DAU_TU"].append(["DA-?", amount, ""])
    if kind == "wrong":
        report["SAN_XUAT"][1][3] = "chưa có"
    return workbook(report)


class KilledError(BaseException):
    """Ends a load at a step as a kill would: nothing behind it is done."""


# The model


@dataclass
class Receipt:
    name: str
    sent: Sent
    content: bytes
    place: tuple[datetime, int, int]
    is_duplicate: bool


def model(nights: list[list[tuple[str, Sent]]]) -> dict[str, str]:
    """State of every file by its name; each night's files are given as it received them."""
    receipts: list[Receipt] = []
    for number, files in enumerate(nights):
        now = _now(number)
        arrived = sorted((_midnight(sent.day) if sent.day else now, name, sent) for name, sent in files)
        for order, (received_at, name, sent) in enumerate(arrived):
            content, misnamed = _content_of(sent), sent.kind == "misnamed"
            same = [r for r in receipts if r.content == content and (r.sent.kind == "misnamed") == misnamed]
            receipts.append(Receipt(name, sent, content, (received_at, number, order), bool(same)))
    right = [receipt for receipt in receipts if not receipt.is_duplicate and receipt.sent.kind not in REJECTED]
    registers = [receipt for receipt in right if receipt.sent.kind == "register"]
    in_force = max(registers, key=lambda receipt: (receipt.sent.month, receipt.place), default=None)
    known = {AN, in_force.sent.unit} if in_force else set()

    def key(sent: Sent) -> tuple[str, ...]:
        return ("register", sent.month) if sent.kind == "register" else (sent.unit, sent.month, sent.authority)

    def counts(sent: Sent) -> bool:
        knows = sent.kind == "report" and sent.unit in known and sent.authority == AUTHORITY
        return sent.kind == "register" or knows

    def state(one: Receipt) -> str:
        if one.is_duplicate or one.sent.kind in REJECTED:
            return "duplicate" if one.is_duplicate else "rejected"
        later = [o for o in right if o.place > one.place and key(o.sent) == key(one.sent) and counts(o.sent)]
        return "superseded" if later else "accepted" if counts(one.sent) else "held"

    return {receipt.name: state(receipt) for receipt in receipts}


def _content_of(sent: Sent) -> bytes:
    return _content(sent.kind, sent.unit, sent.month, sent.authority, sent.amount)


def _now(number: int) -> datetime:
    return FIRST_NIGHT + timedelta(days=number)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), Settings().zone).astimezone(UTC)


# The real thing


@pytest.fixture(scope="module", autouse=True)
def _forms_read_once() -> Iterator[None]:
    catalogue = load_catalogue(Settings())
    with pytest.MonkeyPatch.context() as patch:
        for module in (batch, landing):
            patch.setattr(module, "load_catalogue", lambda *_: catalogue)
        yield


@contextmanager
def _home() -> Iterator[Settings]:
    with TemporaryDirectory() as folder:
        yield Settings(home=Path(folder), settle_seconds=0)


def _put(home: Settings, name: str, sent: Sent, order: int) -> None:
    path = home.inbox / (sent.day.isoformat() if sent.day else ".") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_content_of(sent))
    os.utime(path, (1_468_000_000 + order, 1_468_000_000 + order))


@pytest.mark.slow
@example(EVERY_RULE)
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True)
@given(NIGHTS)
def test_the_states_are_those_of_the_model(nights: list[Night]) -> None:
    received: list[list[tuple[str, Sent]]] = []
    waiting: list[tuple[str, Sent]] = []
    with _home() as home:
        count = 0
        for number, night in enumerate([*nights, Night((), None)]):
            for sent in night.files:
                name = f"{count:03d}.xlsx" + ".bak" * (sent.kind == "misnamed")
                _put(home, name, sent, count)
                waiting.append((name, sent))
                count += 1

            def checkpoint(step: str, fatal: str | None = night.killed_at) -> None:
                if step == fatal:
                    raise KilledError(step)

            with suppress(KilledError):
                intake.intake(home, _now(number), checkpoint=checkpoint)
            # Killed before the commit, the night has received nothing.
            received.append([] if night.killed_at == "archived" else waiting)
            waiting = waiting if night.killed_at == "archived" else []
        found = {receipt.original_name: receipt.state for receipt in intake.receipts(home)}
        assert {name: state.removesuffix("_with_warnings") for name, state in found.items()} == model(received)
        assert sum(intake.reconcile(home).states.values()) == count
        assert not [path for path in home.inbox.rglob("*") if path.is_file()]
