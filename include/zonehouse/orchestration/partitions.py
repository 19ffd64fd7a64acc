"""Partitions of the asset ``facts``: months that a night touched, mapped to the half-years they move.

Registered with Airflow by ``plugins/zonehouse_partitions.py``; an unregistered timetable or mapper is refused when a
Dag is serialised. Kept light: the scheduler, the API server and each task import this file.
"""

from __future__ import annotations

from collections.abc import Iterable

from airflow.partition_mappers.base import PartitionMapper
from airflow.timetables.trigger import CronTriggerTimetable

from zonehouse.periods import Month, affected_half_years


class NightlyTimetable(CronTriggerTimetable):
    """A cron schedule whose runs name the partitions they touched only while they run."""

    partitioned_at_runtime = True


class HalfYearMapper(PartitionMapper):
    """A month key (``2016-05``) moves its own half-year and those that compare with it or sum it up to date."""

    def to_downstream(self, key: str) -> Iterable[str]:
        """Half-year keys, such as ``["2016-H2", "2017-H1", "2017-H2"]``; ValueError for a key that is no month."""
        return [str(half_year) for half_year in affected_half_years(Month.parse(key))]
