"""Makes the nightly timetable and the half-year mapper known to Airflow."""

from airflow.plugins_manager import AirflowPlugin

from zonehouse.orchestration.partitions import HalfYearMapper, NightlyTimetable


class ZonehousePartitions(AirflowPlugin):
    """Registers what a Dag may name in its schedule."""

    name = "zonehouse_partitions"
    timetables = [NightlyTimetable]  # noqa: RUF012 - Airflow reads plain lists of the class
    partition_mappers = [HalfYearMapper]  # noqa: RUF012
