"""
### Chase missing submissions

Mỗi ngày 08:00: nhắc các đơn vị chưa nộp báo cáo, trước và sau hạn nộp, kèm biểu mẫu (`outbox/reminders/`).

Each day: reminders to those who owe a report and have not sent one, before it is due and after, each once, with their
template attached; then a note to the stewards on who has become late. With a mail server and addresses configured
they are sent; without, each lies as a draft (`.eml`) in `outbox/reminders/<month>/` for somebody to send.

A day that was missed is made good by the next run. Settings: `docs/operations.md`. Runs by hand need no date.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from zonehouse.orchestration import alerts
from zonehouse.orchestration.wiring import TASK_DEFAULTS
from zonehouse.settings import Settings

with DAG(
    dag_id="chase_missing_submissions",
    dag_display_name="5 · Nhắc nộp báo cáo / Chase missing submissions",
    schedule=CronTriggerTimetable("0 8 * * *", timezone=Settings().timezone, run_immediately=timedelta()),
    start_date=None,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["zonehouse", "forms"],
    doc_md=__doc__,
):
    task(alerts.tell_late)(task(alerts.remind)())
