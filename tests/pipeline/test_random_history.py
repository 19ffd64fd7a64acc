"""Whatever 200 submissions came in whatever order, the grown warehouse is the one that the landing alone gives.

One history in ``make test``; more of them with ``ZONEHOUSE_HISTORIES=20 pytest tests/pipeline/test_random_history.py``.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.warehouse_fixture import MILL, SHOP, START, Landing, Rows, certificate, project, register, report, worker
from zonehouse import warehouse
from zonehouse.settings import Settings

HISTORIES = int(os.environ.get("ZONEHOUSE_HISTORIES", "1"))
# How many have come after each night: late nights are small, so that most months lie still while a register moves them.
NIGHTS = (100, 170, 190, 200)
AUTHORITIES = ("XX", "YY")
# The last is in no register at first: its reports are held until one knows it.
UNITS = (MILL, SHOP, "3477127827", "1619730691", "0518471569")
PROJECTS = ("P1", "P2", "P3", "P4")
MONTHS = tuple(f"{2015 + number // 12}-{number % 12 + 1:02d}" for number in range(40))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900 * (1 + HISTORIES))]


def _day(chance: Random, first: date, days: int) -> date:
    return first + timedelta(days=chance.randrange(days))


def _amount(chance: Random) -> Decimal:
    return Decimal(chance.randrange(1, 10**6)) / 100


def _report(chance: Random) -> Rows:
    """Between nothing at all and all four sheets: an amendment often has fewer rows than what it amends."""
    rows = report(
        _amount(chance) if chance.random() < 0.9 else None,
        _amount(chance) if chance.random() < 0.5 else None,
    )
    if chance.random() < 0.8:
        categories = chance.sample(("production", "technical", "management"), chance.randint(1, 3))
        rows["labour"] = [worker(category, chance.randrange(500)) for category in categories]
    if chance.random() < 0.3:
        known = chance.choice(PROJECTS) if chance.random() < 0.9 else "P99"
        rows["investment"] = [{"project_code": known, "implemented_capital_vnd_million": _amount(chance)}]
    return rows


def _return(chance: Random, month: str) -> Rows:
    year, number = map(int, month.split("-"))
    works = [
        {
            "work_code": f"W{work}",
            "work_name": f"Đường {work}",
            "zone_code": "Z1",
            "allocated_year_vnd_million": _amount(chance),
            "disbursed_vnd_million": _amount(chance),
        }
        for work in range(chance.randrange(3))
    ]
    visits = [
        {"contact_no": f"{no}", "contact_on": date(year, number, 9), "country_code": "KR", "visits_count": no}
        for no in range(1, chance.randint(1, 3))
    ]
    plan = {"plan_year": year, "indicator_code": "gross_output", "plan_value": _amount(chance)}
    return {
        "infrastructure": works,
        "investor_contact": visits,
        "annual_plan": [plan],
        "organisation": [{"indicator_code": "members", "indicator_value": Decimal(chance.randrange(99))}],
    }


def _register(chance: Random) -> Rows:
    """A history that another register tells otherwise: who is known, since when, where, whose, in which state."""
    enterprises: list[dict[str, Any]] = []
    for tax_code in chance.sample(UNITS, chance.randint(3, len(UNITS))):
        row = {
            "tax_code": tax_code,
            "enterprise_name": f"Công ty {chance.randrange(3)}",
            "zone_code": chance.choice(("Z1", "Z2")),
            "ownership": chance.choice(("domestic", "fdi")),
            "sector_code": chance.choice(("10", "14")),
            "reporting_from": _day(chance, START, 600),
            "reporting_to": _day(chance, date(2015, 9, 1), 800) if chance.random() < 0.2 else None,
            "valid_from": START,
        }
        enterprises.append(row)
        if chance.random() < 0.5:
            moved = {"zone_code": "Z2", "ownership": "fdi", "valid_from": _day(chance, date(2015, 2, 1), 1000)}
            enterprises.append({**row, **moved})
    projects, certificates = [], []
    for code in chance.sample(PROJECTS, chance.randint(2, len(PROJECTS))):
        owner, changed = chance.choice(UNITS), _day(chance, date(2015, 2, 1), 1000)
        projects.append(project(code, owner, "Z1", "fdi", "building", START))
        projects.append(project(code, owner, "Z2", "domestic", chance.choice(("operating", "terminated")), changed))
        certificates.append(certificate(f"C{code}", code, START, "USD", _amount(chance), 21000))
        certificates.append(certificate(f"C{code}a", code, changed, "USD", _amount(chance), 22000))
    return register(enterprise=enterprises, project=projects, certificate=certificates)


def _submit(landing: Landing, chance: Random) -> None:
    """One submission; a unit and month come again and again, and not in the order in which they were received."""
    authority, month, received = chance.choice(AUTHORITIES), chance.choice(MONTHS), _day(chance, date(2017, 1, 1), 500)
    state = chance.choices(("accepted", "accepted_with_warnings", "rejected"), (8, 1, 1))[0]
    kind = chance.choices(("monthly_report", "authority_return", "project_register"), (78, 10, 12))[0]
    if kind == "monthly_report":
        unit, rows = chance.choice(UNITS), _report(chance)
    else:
        unit, rows = authority, _return(chance, month) if kind == "authority_return" else _register(chance)
    landing.submit(kind, unit, month, rows, received=received, state=state, authority=authority)


def _owed(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    """Who owed a monthly report for which month, by the registers in force, worked out without the models.

    The months are those for which the authority owes its own return: all that its facts span.
    """
    spans = connection.execute(
        "select authority_code, period_month, period_start, period_end from facts.fct_submission"
        " where form_code = 'authority_return'"
    ).fetchall()
    versions: dict[tuple[str, str], list[tuple[date, date | None, date | None]]] = {}
    for authority, tax_code, *version in connection.execute(
        "select authority_code, tax_code, valid_from, reporting_from, reporting_to"
        " from staging.stg_register_enterprise semi join intermediate.int_current_register using (submission_id)"
        " order by valid_from"
    ).fetchall():
        versions.setdefault((authority, tax_code), []).append((version[0], version[1], version[2]))
    owed = set()
    for sender, month, first, last in spans:
        for (authority, tax_code), listed in versions.items():
            known = [version for version in listed if version[0] <= last]
            if authority != sender or not known:
                continue
            _, opens, closes = known[-1]
            if opens is not None and opens <= last and (closes is None or closes >= first):
                owed.add((authority, tax_code, month))
    return owed


def _told(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str, str]]:
    """The obligations of the fact, once nobody owes a report twice and nobody is in time who has not reported."""
    rows = connection.execute(
        "select authority_code, reporting_unit_code, period_month, is_received, is_on_time, due_on, first_received_on"
        " from facts.fct_submission where form_code = 'monthly_report'"
    ).fetchall()
    told = {(authority, unit, month) for authority, unit, month, *_ in rows}
    assert len(told) == len(rows)
    for _, _, _, is_received, is_on_time, due_on, received_on in rows:
        assert is_received == (received_on is not None)
        assert is_on_time == (is_received and received_on <= due_on)
    return told


def _tables(settings: Settings) -> dict[str, tuple[list[str], list[tuple[object, ...]]]]:
    """Every table of the warehouse (no view, for these read the landing): its columns and its rows in order."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where schema_name in ('staging', 'facts') order by 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            rows = connection.execute(f"select * from {name} order by all")
            found[name] = ([column[0] for column in rows.description], rows.fetchall())
    return found


@settings(
    max_examples=HISTORIES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_rebuild_from_the_landing_equals_what_grew_night_by_night(seed: int) -> None:
    chance = Random(seed)
    with TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        landing = Landing(settings)
        landing.submit("project_register", "XX", MONTHS[0], register(), received=date(2015, 1, 3), authority="XX")
        for number in range(2, NIGHTS[-1] + 1):
            _submit(landing, chance)
            if chance.random() < 0.05:
                landing.land(f"{number:04d}")
            if number in NIGHTS:
                landing.land(f"{number:04d}z")
                pending = warehouse.pending(settings)
                assert pending.is_full == (number == NIGHTS[0])
                warehouse.build_facts(settings, pending)
        grown = _tables(settings)
        settings.warehouse.unlink()
        warehouse.build_facts(settings, warehouse.pending(settings))
        rebuilt = _tables(settings)
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            assert _told(connection) == _owed(connection)
    assert grown.keys() == rebuilt.keys()
    assert len(grown["staging.stg_submission"][1]) > NIGHTS[-1] * 0.8
    # No steward overrides anything in this history.
    told = [rows for table, (_, rows) in grown.items() if ".fct_" in table and not table.endswith(".fct_override")]
    assert min(len(rows) for rows in told) > 3
    for table, (columns, rows) in rebuilt.items():
        assert grown[table] == (columns, rows), f"{table} of history {seed}"
