"""The steward's approval of a candidate, as Airflow asks for it and the gate's ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Param

from zonehouse.settings import Settings

if TYPE_CHECKING:
    from airflow.sdk import Context

_log = structlog.get_logger(__name__)

REASON = "reason"
_HOW_TO_ANSWER = (
    "\n\n---\n**Approve** công bố bản này; **Reject** không công bố gì và giữ nguyên bản đang công bố: khi đó đề nghị "
    "đơn vị báo cáo sửa và gửi lại, lần nạp sau sẽ lập bản mới. Ghi lý do vào ô *reason*.\n\n"
    "**Approve** publishes this candidate; **Reject** publishes nothing and leaves the current release standing: ask "
    "the reporting unit to correct and resend, and the next load makes a new candidate. Give your reason in *reason*."
)
_NO_REASON = "không nêu lý do / no reason given"


class StewardApproval(ApprovalOperator):
    """Asks *Approve* or *Reject* with a reason, and writes the answer into the gate's ledger before acting on it.

    The record is made here, not by a task that follows: on a rejection Airflow skips what follows and keeps no XCom.

    Args:
        candidate_id: the frozen candidate that is asked about (templated, like subject and body).
    """

    template_fields: Sequence[str] = (*ApprovalOperator.template_fields, "candidate_id")

    def __init__(self, *, candidate_id: str, **kwargs: Any) -> None:  # noqa: ANN401 - passed on to Airflow
        super().__init__(params={REASON: Param("", type="string", title="Lý do / reason")}, **kwargs)
        self.candidate_id = candidate_id

    def execute(self, context: Context) -> None:
        """Ask, and say how to answer."""
        self.body = f"{self.body}{_HOW_TO_ANSWER}"
        super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:  # noqa: ANN401 - Airflow's signature
        """Record who answered what and why; an error such as a lapsed question is Airflow's to raise."""
        if "error" not in event:
            record_answer(Settings(), self.candidate_id, event)
        return super().execute_complete(context, event)


def record_answer(settings: Settings, candidate_id: str, answer: Mapping[str, Any]) -> None:
    """Write a steward's answer into the gate's ledger.

    Two runs that a crash left side by side may ask about one candidate; an approval of what the other run has published
    meanwhile is noted in the log only.

    Args:
        answer: ``chosen_options``, ``responded_by_user`` (``name``) and ``params_input``, as Airflow passes them.
    """
    from zonehouse import quality

    is_approved = answer["chosen_options"] == [ApprovalOperator.APPROVE]
    published = {one.candidate_id for one in quality.decisions(settings) if one.outcome == "published"}
    if is_approved and candidate_id in published:
        _log.info("approved_what_is_published", candidate=candidate_id)
        return
    quality.record_approval(
        settings,
        candidate_id,
        is_approved,
        by=answer["responded_by_user"]["name"],
        reason=((answer.get("params_input") or {}).get(REASON) or "").strip() or _NO_REASON,
        now=datetime.now(UTC),
    )
