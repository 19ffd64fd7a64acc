"""
### Issue templates

Ngày 25 hằng tháng: biểu mẫu trống của tháng, điền sẵn thông tin, cho mọi đơn vị phải báo cáo (`outbox/templates/`).

On the 25th of each month: the blank workbook of that month's forms for every enterprise and authority that owes one,
with its identity, its rows and last month's values filled in.

They lie in `outbox/templates/<month>/` below ZONEHOUSE_HOME; a run again writes the same files anew. What they hold
and how they are checked: `docs/workbooks.md`. Runs by hand need no date.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from zonehouse.orchestration import workbooks
from zonehouse.orchestration.wiring import TASK_DEFAULTS
from zonehouse.settings import Settings

with DAG(
    dag_id="issue_templates",
    dag_display_name="3 · Phát biểu mẫu / Issue templates",
    # A template is due before its month ends; none is issued for a 25th that has passed.
    schedule=CronTriggerTimetable("0 6 25 * *", timezone=Settings().timezone, run_immediately=timedelta()),
    start_date=None,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["zonehouse", "forms"],
    doc_md=__doc__,
):
    task(workbooks.issue_templates)()
