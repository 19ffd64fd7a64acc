"""
### Maintenance

Mỗi tuần một lần: gộp các tệp nhỏ trong kho dữ liệu nhận (`landing/`) theo tháng và viết lại trang mô tả kho dữ liệu
(`reports/dbt_docs.html`). Số liệu không thay đổi.

Once a week: merges the landing's small files into one for each dataset and month of arrival. No row is added, changed
or lost; the warehouse sees nothing new, and readers go on reading. Then it writes the documentation of the warehouse
(models, columns, lineage, metrics) as one page. It may run at any time, and again after a kill.

It queues for the writer's pool: a build reads the landing for minutes, and the documentation reads the warehouse.
How it works: `docs/intake.md`. Runs by hand need no date.
"""

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable, task

from zonehouse.orchestration import maintenance
from zonehouse.orchestration.wiring import TASK_DEFAULTS, WRITER
from zonehouse.settings import Settings

with DAG(
    dag_id="maintenance",
    dag_display_name="4 · Bảo trì / Maintenance",
    schedule=CronTriggerTimetable("0 4 * * 0", timezone=Settings().timezone, run_immediately=timedelta()),
    start_date=None,
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    tags=["zonehouse", "upkeep"],
    doc_md=__doc__,
):
    task(maintenance.compact_landing, **WRITER)()
    task(maintenance.write_docs, **WRITER)()
