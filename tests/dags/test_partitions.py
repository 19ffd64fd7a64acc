"""Months become half-years, also after Airflow has stored and read the Dag."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


def _stored(dagbag: DagBag, dag_id: str) -> Any:
    from airflow.serialization.serialized_objects import DagSerialization

    return DagSerialization.from_dict(DagSerialization.to_dict(dagbag.dags[dag_id])).timetable


@pytest.mark.parametrize(
    ("month", "half_years"),
    [
        ("2016-01", ["2016-H1", "2016-H2", "2017-H1", "2017-H2"]),
        ("2016-06", ["2016-H1", "2016-H2", "2017-H1", "2017-H2"]),
        ("2016-07", ["2016-H2", "2017-H1", "2017-H2"]),
        ("2015-12", ["2015-H2", "2016-H1", "2016-H2"]),
    ],
)
def test_a_month_moves_its_half_year_and_those_that_read_it(dagbag: DagBag, month: str, half_years: list[str]) -> None:
    mapper = _stored(dagbag, "half_year_marts").get_partition_mapper(name="facts")
    assert list(mapper.to_downstream(month)) == half_years


def test_what_is_no_month_is_refused(dagbag: DagBag) -> None:
    mapper = _stored(dagbag, "half_year_marts").get_partition_mapper(name="facts")
    with pytest.raises(ValueError, match="YYYY-MM"):
        mapper.to_downstream("2016-H1")


def test_the_night_is_at_one_in_the_morning_of_the_authority_and_names_its_partitions_while_it_runs(
    dagbag: DagBag,
) -> None:
    from airflow.timetables.base import TimeRestriction

    timetable = _stored(dagbag, "nightly_load")
    assert timetable.partitioned_at_runtime
    assert not timetable.partitioned
    restriction = TimeRestriction(earliest=None, latest=None, catchup=False)
    info = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert info.run_after > datetime.now(UTC), "a night that has passed is not made up for"
    assert info.run_after.astimezone(UTC).strftime("%H:%M") == "18:00"
