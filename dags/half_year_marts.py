"""
### Half-year marts

Lập lại số liệu sáu tháng, kiểm tra, rồi công bố nếu đạt. Có cảnh báo thì hỏi chuyên viên: mở **Browse → Required
Actions**, chọn *Approve* (công bố) hoặc *Reject* (không công bố). Có lỗi nặng thì dừng; bản đang có được giữ nguyên.

Refreshes the marts of one half-year (the run's partition key, such as `2016-H1`): builds a candidate, checks it, and
publishes it if the gate lets it through. Started by the months that `nightly_load` announces; by hand with a
partition key.

* **pass**: published.
* **needs approval**: a steward answers *Approve* or *Reject* under *Required actions*; a rejection is recorded and
  publishes nothing.
* **blocked**: the run fails with the reasons; the last release stays.

Operators and stewards: `docs/airflow.md`.
"""

from datetime import timedelta

from airflow.sdk import DAG, PartitionedAssetTimetable, task

from zonehouse.orchestration import half_year as tasks
from zonehouse.orchestration.approval import StewardApproval
from zonehouse.orchestration.partitions import HalfYearMapper
from zonehouse.orchestration.wiring import FACTS, TASK_DEFAULTS, WRITER
from zonehouse.settings import Settings

with DAG(
    dag_id="half_year_marts",
    dag_display_name="2 · Số liệu sáu tháng / Half-year figures",
    schedule=PartitionedAssetTimetable(assets=FACTS, default_partition_mapper=HalfYearMapper()),
    start_date=None,
    catchup=False,
    # A half-year that waits for its steward keeps its run open; the others go on beside it.
    max_active_runs=4,
    default_args=TASK_DEFAULTS,
    tags=["zonehouse", "marts"],
    doc_md=__doc__,
):
    half_year = task.short_circuit(tasks.half_year, **WRITER)()
    candidate_id = task(tasks.build_candidate, **WRITER)(half_year)
    verdict = task(tasks.check_candidate)(candidate_id)
    gate = task.branch(tasks.gate)(verdict)

    blocked = task(tasks.blocked)(verdict)
    approved = StewardApproval(
        task_id="approve",
        candidate_id=verdict["candidate_id"],
        subject=verdict["subject"],
        body=verdict["body"],
        # Asked twice (a killed machine costs a try); then the run fails, and the next night asks anew.
        response_timeout=timedelta(days=Settings().approval_days) / 2,
        retries=1,
    )
    published = task(tasks.publish, trigger_rule="none_failed_min_one_success")(verdict)
    served = task(tasks.serve)()
    page = task(tasks.write_brief)(half_year)

    gate >> [published, approved, blocked]
    approved >> published >> [page, served]
