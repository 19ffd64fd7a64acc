"""Where Airflow's events become alerts and reminders: callbacks and tasks, each an entry point."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from airflow.sdk.exceptions import AirflowSkipException

from zonehouse.alerts.tell import Alert, tell
from zonehouse.settings import Settings

_log = structlog.get_logger(__name__)
_NEXT = {
    "task_failed": (
        "Bản đã công bố không thay đổi. Xem nhật ký của bước này trên trang Airflow, sửa nguyên nhân rồi chạy lại: "
        "không có gì bị nạp hai lần.\n\nThe last release stands. See the task's log on Airflow's page, mend the cause "
        "and start again: nothing is loaded twice (docs/operations.md)."
    ),
    "gate_blocked": (
        "Bản đã công bố không thay đổi. Người phụ trách dữ liệu xem lý do ở trên.\n\nThe last release stands. The "
        "reasons above are for the data steward (docs/quality.md)."
    ),
}


def task_failed(context: Mapping[str, Any]) -> None:
    """Tell that a task has failed for good; the gate's own refusal is told as such."""
    instance = context["ti"]
    kind = "gate_blocked" if instance.task_id == "blocked" else "task_failed"
    what = f"{instance.dag_id} {context.get('partition_key') or ''}".strip()
    if kind == "task_failed":
        what = f"{what} · {instance.task_id}"
    tell(Settings(), Alert(kind, what, f"{context.get('exception')}\n\n{_NEXT[kind]}"))


def approval_needed(verdict: Mapping[str, str]) -> None:
    """Tell the stewards that a candidate waits for them."""
    tell(Settings(), Alert("approval_needed", verdict["candidate_id"], verdict["body"]))


async def deadline_missed(**kwargs: object) -> None:
    """Deadline callback of ``nightly_load``: runs in the triggerer."""
    context = kwargs.get("context")
    run = context.get("dag_run") if isinstance(context, Mapping) else None
    settings = Settings()
    run_id = run.get("run_id", "") if isinstance(run, Mapping) else ""
    what = f"nightly_load {run_id}".strip()
    detail = (
        f"Chưa xong sau {settings.night_limit_hours:g} giờ. Xem bước nào đang chạy trên trang Airflow.\n\n"
        f"Not done after {settings.night_limit_hours:g} hours. See on Airflow's page which task runs or waits."
    )
    await asyncio.to_thread(tell, settings, Alert("deadline_missed", what, detail))


def remind() -> list[dict[str, str]]:
    """Give the reminders of the day; what was given. Skipped when nobody is to be reminded."""
    from zonehouse.alerts.reminders import remind as give

    given = give(Settings(), datetime.now(UTC))
    if not given:
        raise AirflowSkipException("nobody is to be reminded today")
    return [
        {
            "form": one.form_code,
            "unit": one.unit_code,
            "name": one.unit_name,
            "month": str(one.month),
            "due_on": str(one.due_on),
            "days": str(one.days),
            "sent": "yes" if one.sent else "no",
        }
        for one in given
    ]


def tell_late(given: list[dict[str, str]]) -> None:
    """Tell the stewards who has become late, and which reminders somebody must send by hand."""
    late = [one for one in given if int(one["days"]) > 0]
    if not late:
        raise AirflowSkipException("nobody has become late")
    lines = [f"{one['month']} {one['form']}: {one['unit']} {one['name']} (hạn / due {one['due_on']})" for one in late]
    by_hand = sum(one["sent"] == "no" for one in given)
    note = f"\n\n{by_hand} thư nhắc chờ gửi tay / reminders to send by hand: outbox/reminders/" if by_hand else ""
    tell(Settings(), Alert("reports_late", f"{len(late)} báo cáo / reports", "\n".join(lines) + note))
