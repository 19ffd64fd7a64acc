"""The thin task functions: what they decide themselves."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from zonehouse.orchestration import half_year, nightly


@pytest.mark.parametrize(
    ("outcome", "task_id"), [("pass", "publish"), ("needs_approval", "approve"), ("blocked", "blocked")]
)
def test_the_gate_leads_to_one_task(outcome: str, task_id: str) -> None:
    verdict = {"candidate_id": "2016-H1-r001", "outcome": outcome, "subject": "?", "body": "x"}
    assert half_year.gate(verdict) == task_id


def test_an_outcome_the_gate_does_not_know_stops_the_run() -> None:
    with pytest.raises(KeyError):
        half_year.gate({"outcome": "maybe"})


def test_blocked_fails_with_the_reasons_and_is_not_tried_again() -> None:
    with pytest.raises(AirflowFailException, match="2016-H1-r001 is not published:\nnăm dòng hỏng"):
        half_year.blocked({"candidate_id": "2016-H1-r001", "body": "năm dòng hỏng"})


def test_a_run_without_a_half_year_says_how_to_trigger_it() -> None:
    with pytest.raises(AirflowFailException, match="partition key such as 2016-H1"):
        half_year.half_year()


def test_nothing_read_is_nothing_landed() -> None:
    with pytest.raises(AirflowSkipException):
        nightly.land([])
