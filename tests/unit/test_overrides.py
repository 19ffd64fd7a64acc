"""A steward's overrides: entered against what was reported, versioned, revoked, lapsing when the report is amended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.warehouse_fixture import AUTHORITY, MILL, Landing, land_history, report
from zonehouse.cli import app
from zonehouse.quality import (
    QualityError,
    ReportedValue,
    enter_override,
    overrides,
    reported_value_at,
    reported_values,
    revoke_override,
)
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

NOW = datetime(2016, 4, 20, 3, 0, tzinfo=UTC)
LATER = datetime(2016, 4, 21, 3, 0, tzinfo=UTC)
OUTPUT = "gross_output_constant_vnd_million"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return land_history(Settings(home=tmp_path))


def output_of(settings: Settings, month: str = "2016-02", column: str = OUTPUT) -> ReportedValue:
    found = reported_values(settings, "monthly_report", AUTHORITY, MILL, month)
    return next(one for one in found if one.target.column_code == column)


def test_the_numbers_of_a_report_are_named_by_row_and_column(landing: Landing) -> None:
    one = output_of(landing.settings)
    assert (one.value, one.mark, one.unit) == (Decimal(21), None, "vnd_million")
    assert (one.target.section_code, one.target.row_key, one.target.row_occurrence) == ("output", "10 | Hàng", 1)
    assert reported_value_at(landing.settings, one.submission_id, "SAN_XUAT", 2, OUTPUT) == one


def test_a_replacement_is_in_force_until_it_is_revoked(landing: Landing) -> None:
    settings, target = landing.settings, output_of(landing.settings).target
    entered = enter_override(
        settings, target, "replace", by="Lan", reason="phoned", now=NOW, edited_value=Decimal("20.5")
    )
    assert (entered.state, entered.version, entered.edited_value) == ("active", 1, Decimal("20.5"))
    assert (entered.reported_value, entered.entered_by, entered.reason) == (Decimal(21), "Lan", "phoned")
    assert overrides(settings) == [entered]
    taken = revoke_override(settings, entered.override_id, by="Minh", reason="wrong row", now=LATER)
    assert (taken.state, taken.revoked_by, taken.revoke_reason) == ("revoked", "Minh", "wrong row")
    assert taken.entered_by == "Lan"
    with pytest.raises(QualityError, match="revoked already"):
        revoke_override(settings, entered.override_id, by="Minh", reason="again", now=LATER)


def test_a_later_entry_takes_the_place_of_an_earlier_one(landing: Landing) -> None:
    settings, target = landing.settings, output_of(landing.settings).target
    enter_override(settings, target, "accept", by="Lan", reason="new line", now=NOW)
    enter_override(settings, target, "replace", by="Lan", reason="typo", now=LATER, edited_value=Decimal(20))
    assert [(one.action, one.version, one.state) for one in overrides(settings)] == [
        ("accept", 1, "superseded"),
        ("replace", 2, "active"),
    ]


def test_an_amended_number_lets_the_override_lapse_and_the_old_number_brings_it_back(landing: Landing) -> None:
    settings, target = landing.settings, output_of(landing.settings).target
    enter_override(settings, target, "replace", by="Lan", reason="typo", now=NOW, edited_value=Decimal(20))
    landing.submit("monthly_report", MILL, "2016-02", report(22, headcount=120), received=date(2016, 4, 22))
    landing.land("b3")
    (lapsed,) = overrides(settings)
    assert lapsed.state == "lapsed"
    assert lapsed.current is not None
    assert lapsed.current.value == Decimal(22)
    # The same number sent again, another one corrected: the override is about what still stands there.
    landing.submit("monthly_report", MILL, "2016-02", report(21, headcount=121), received=date(2016, 4, 23))
    landing.land("b4")
    assert [one.state for one in overrides(settings)] == ["active"]


def test_what_cannot_be_is_refused(landing: Landing) -> None:
    settings, seen = landing.settings, output_of(landing.settings)
    target, heads = seen.target, output_of(settings, column="headcount_persons").target

    def enter(match: str, target: object = target, action: object = "replace", **more: object) -> None:
        said = {"by": "Lan", "reason": "why", "now": NOW, "edited_value": Decimal(20)} | more
        with pytest.raises(QualityError, match=match):
            enter_override(settings, target, action, **said)  # type: ignore[arg-type]

    enter("name and a reason", reason=" ")
    enter("below 0", edited_value=Decimal(-1))
    enter("six decimals", edited_value=Decimal("0.0000001"))
    enter("reported as 21", edited_value=Decimal(21))
    enter("whole number", target=heads, edited_value=Decimal("120.5"))
    enter("needs the corrected number", edited_value=None)
    enter("takes the number as it was reported", action="accept")
    enter("no counted report", target=replace(target, row_key="11 | Khác"))
    enter("another version of the report", seen_submission_id="f" * 64)
    assert overrides(settings) == []
    with pytest.raises(QualityError, match="cannot be overridden"):
        reported_values(settings, "project_register", AUTHORITY, AUTHORITY, "2015-01")
    with pytest.raises(QualityError, match="what was not reported"):
        reported_values(settings, "monthly_report", AUTHORITY, MILL, "2019-01")


def test_the_command_line_enters_lists_and_revokes(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(landing.settings.home))
    signed = ["--by", "Lan", "--reason", "gọi điện"]
    wanted = ["--unit", MILL, "--month", "2016-02", "--column", OUTPUT, "--row", "Hàng"]
    entered = CliRunner().invoke(app, ["override", "replace", *wanted, "--value", "20,5", *signed])
    assert entered.exit_code == 0, entered.output
    (one,) = overrides(landing.settings)
    assert one.edited_value == Decimal("20.5")
    listed = CliRunner().invoke(app, ["override", "list"]).output
    assert f"{one.override_id}\t2016-02\t{MILL}\t{OUTPUT}\t10 | Hàng\t21\t20,5\tthay số\tđang áp dụng" in listed
    CliRunner().invoke(app, ["override", "revoke", one.override_id, *signed])
    assert overrides(landing.settings)[0].state == "revoked"
    nowhere = CliRunner().invoke(app, ["override", "accept", *wanted[:-1], "khác", *signed])
    assert nowhere.exit_code == 2 and "10 | Hàng" in nowhere.output
