"""
### Nightly load

Nhận các tệp trong `inbox/`, kiểm tra, lập số liệu tháng và báo cho Dag *Số liệu sáu tháng*. Không có gì mới thì các
bước được bỏ qua. Kết quả của đêm: `reports/steward/` (mọi phát hiện), `outbox/returned/` (tệp trả lại đơn vị).

Takes in what arrived in the inbox, builds the facts of the months it touched, checks these months, and announces them
to `half_year_marts` as partitions of the asset `facts`. Beside that it writes the steward's workbook of the night and
the workbooks that go back to their senders; when these fail the run is red, and the facts have gone on all the same.

Nothing new: the tasks that would have nothing to do are skipped and the run succeeds. A night that broke is finished
by the next one, since what there is to do is read from the landing and the warehouse. Runs by hand need no date.

Operators: `docs/airflow.md`.
"""

from datetime import timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, task

from zonehouse.orchestration import nightly, workbooks
from zonehouse.orchestration.alerts import deadline_missed
from zonehouse.orchestration.partitions import NightlyTimetable
from zonehouse.orchestration.wiring import FACTS, TASK_DEFAULTS, WRITER
from zonehouse.settings import Settings

with DAG(
    dag_id="nightly_load",
    dag_display_name="1 · Nạp hằng đêm / Nightly load",
    # No start date, nothing at once: the first run is at the next 01:00, never for a night that has passed.
    schedule=NightlyTimetable("0 1 * * *", timezone=Settings().timezone, run_immediately=timedelta()),
    start_date=None,
    catchup=False,
    # One inbox, one warehouse: a night waits for the one before.
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=Settings().night_limit_hours),
        callback=AsyncCallback(deadline_missed),
    ),
    tags=["zonehouse", "load"],
    doc_md=__doc__,
):
    batch_ids = task(nightly.receive)()
    read = task(nightly.read_batch).expand(batch_id=batch_ids)
    landed = task(nightly.land, trigger_rule="none_failed")(batch_ids)
    reconciled = task(nightly.reconcile, trigger_rule="none_failed")()
    months = task(nightly.build_facts, trigger_rule="none_failed", **WRITER)()
    checked = task(nightly.check_facts)(months)
    emitted = task(nightly.emit_facts, trigger_rule="none_failed", outlets=[FACTS], **WRITER)(months)

    # Nothing is built on a register that does not add up.
    read >> landed >> reconciled >> months
    checked >> emitted

    # A branch of its own: what is written for people never holds up the facts.
    reconciled >> task(workbooks.write_night_workbooks)(batch_ids)
