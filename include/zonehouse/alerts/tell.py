"""Alerts to operators and stewards: a line in the log always, an e-mail where it is configured.

An alert never makes worse what it tells of: a mail that cannot be sent is an event of its own, and nothing fails by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from zonehouse.alerts.mail import Mail, MailError, can_send, send
from zonehouse.settings import Settings

_log = structlog.get_logger(__name__)

# What is told of, in the subject: Vietnamese, English.
KINDS: dict[str, tuple[str, str]] = {
    "task_failed": ("Một bước bị lỗi", "A task failed"),
    "gate_blocked": ("Số liệu sáu tháng bị chặn", "A half-year is blocked"),
    "approval_needed": ("Số liệu sáu tháng chờ duyệt", "A half-year waits for approval"),
    "reports_late": ("Báo cáo quá hạn", "Reports are late"),
    "deadline_missed": ("Nạp hằng đêm quá giờ", "The nightly load is overdue"),
}


@dataclass(frozen=True)
class Alert:
    """``kind`` is one of :data:`KINDS`; ``what`` names the run, ``detail`` says why and what to do."""

    kind: str
    what: str
    detail: str


def tell(settings: Settings, alert: Alert) -> None:
    """Log the alert and mail it to ``ZONEHOUSE_ALERT_TO``."""
    _log.error(alert.kind, what=alert.what)
    to = tuple(address.strip() for address in (settings.alert_to or "").split(",") if address.strip())
    if not (to and can_send(settings)):
        return
    vietnamese, english = KINDS[alert.kind]
    subject = f"[zonehouse] {vietnamese}: {alert.what} ({english})"
    try:
        send(settings, [Mail(to, subject, f"{vietnamese} / {english}: {alert.what}\n\n{alert.detail}")])
    except MailError as error:
        _log.error("alert_not_sent", kind=alert.kind, reason=str(error))
