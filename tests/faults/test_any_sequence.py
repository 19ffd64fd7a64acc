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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline.held_back_province import AUTHORITY, FOOD, GARMENTS, _register
from tests.unit.intake_workbooks import right_report, workbook
from zonehouse import intake
from zonehouse.forms import load_catalogue
from zonehouse.intake import batch, landing
from zonehouse.settings import Settings

FIRST_NIGHT = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
DAYS = (None, date(2016, 7, 1), date(2016, 7, 2))
UNKNOWN = "0100233488"
# The steps behind the commit: a night killed there has received its files; one killed at ``archived`` has not.
STEPS = (None, "archived", "journal_written", "unlinked", "read_written", "dataset_landed", "registered")


@dataclass(frozen=True)
class Sent:
    """What one file says (unit, month, authority, amount; a register; or nothing that can be read) and its folder."""

    kind: str
    unit: str
    month: str
    authority: str
    amount: int
    day: date | None


@dataclass(frozen=True)
class Night:
    """The files that lie in the inbox in the evening, and the step at which the load is killed."""

    files: tuple[Sent, ...]
    killed_at: str | None


REPORTS = st.builds(
    Sent,
    st.sampled_from(["report", "report", "report", "report", "bad", "register"]),
    st.sampled_from([FOOD, GARMENTS, UNKNOWN]),
    st.sampled_from(["2016-05", "2016-06"]),
    st.sampled_from([AUTHORITY, AUTHORITY, AUTHORITY, "XX"]),
    st.integers(1, 2),
    st.sampled_from(DAYS),
)
NIGHTS = st.lists(
    st.builds(Night, st.lists(REPORTS, max_size=7).map(tuple), st.sampled_from(STEPS)), min_size=1, max_size=4
)


@cache
def _content(kind: str, unit: str, month: str, authority: str, amount: int) -> bytes:
    if kind == "bad":
        return f"no workbook {amount}".encode()
    if kind == "register":
        with TemporaryDirectory() as folder:
            _register(Path(folder) / "register.xlsx", "2016-01", second_certificate=False)
            return (Path(folder) / "register.xlsx").read_bytes()
    report = right_report(unit, month, amount)
    report["THONG_TIN"][2][1] = authority
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
            content = _content(sent.kind, sent.unit, sent.month, sent.authority, sent.amount)
            known = any(receipt.content == content for receipt in receipts)
            receipts.append(Receipt(name, sent, content, (received_at, number, order), known))
    right = [receipt for receipt in receipts if not receipt.is_duplicate and receipt.sent.kind != "bad"]
    registered = any(receipt.sent.kind == "register" for receipt in right)

    def key(sent: Sent) -> tuple[str, ...]:
        return ("register",) if sent.kind == "register" else (sent.unit, sent.month, sent.authority)

    def counts(sent: Sent) -> bool:
        return sent.kind == "register" or (registered and sent.unit != UNKNOWN and sent.authority == AUTHORITY)

    def state(one: Receipt) -> str:
        if one.is_duplicate or one.sent.kind == "bad":
            return "duplicate" if one.is_duplicate else "rejected"
        later = [o for o in right if o.place > one.place and key(o.sent) == key(one.sent) and counts(o.sent)]
        return "superseded" if later else "accepted" if counts(one.sent) else "held"

    return {receipt.name: state(receipt) for receipt in receipts}


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
    path.write_bytes(_content(sent.kind, sent.unit, sent.month, sent.authority, sent.amount))
    os.utime(path, (1_468_000_000 + order, 1_468_000_000 + order))


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=True)
@given(NIGHTS)
def test_the_states_are_those_of_the_model(nights: list[Night]) -> None:
    received: list[list[tuple[str, Sent]]] = []
    waiting: list[tuple[str, Sent]] = []
    with _home() as home:
        count = 0
        for number, night in enumerate([*nights, Night((), None)]):
            for sent in night.files:
                name = f"{count:03d}.xlsx"
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
