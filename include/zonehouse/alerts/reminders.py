"""Reminders to those who owe a report: before it is due and after, each once, with the template attached.

Read from the landing alone, so that a month of which nothing has come is chased too. Each reminder is kept as
``outbox/reminders/<month>/<form>_<authority>_<unit>_<when>.eml``: that it is there says that it went out (or, without
mail, that somebody has it to send), so a run again sends nothing twice, and a day that was slept through is made good.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import structlog

from zonehouse.alerts.mail import Mail, as_file, can_send, send
from zonehouse.intake import receipts
from zonehouse.intake.register import Receipt
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.workbooks.issue import Owed, owed

_UNSAFE = re.compile(r"[^\w.-]")
# A held report came: that its sender is not in the register is no fault of the sender's.
_CAME = frozenset({"accepted", "accepted_with_warnings", "superseded", "held"})
_CONTACT_COLUMNS = ("authority_code", "reporting_unit_code", "email")
_log = structlog.get_logger(__name__)


class ContactsError(ValueError):
    """The file of contacts cannot be read: says file, line, what was found and expected."""


@dataclass(frozen=True)
class Reminder:
    """``days`` from the due day, negative before it; ``sent`` is False where somebody must send the file."""

    form_code: str
    authority_code: str
    unit_code: str
    unit_name: str
    month: Month
    due_on: date
    days: int
    path: Path
    sent: bool


@dataclass(frozen=True)
class _Due:
    owed: Owed
    month: Month
    due_on: date
    days: int
    rejected: tuple[str, ...]


def remind(settings: Settings, now: datetime) -> list[Reminder]:
    """Write, and where mail is configured send, every reminder that is due and was not given yet.

    Raises:
        ContactsError: ``ZONEHOUSE_CONTACTS`` cannot be read.
        MailError: the mail server refused; what was sent before it is kept as sent, the rest follows at the next run.
    """
    contacts = read_contacts(settings.contacts)
    given = []
    for due in _due(settings, now.astimezone(settings.zone).date()):
        path = _path(settings, due)
        if path.exists():
            continue
        mail = _mail(settings, due, contacts)
        given.append(_give(settings, due, mail, path, now))
    _log.info("reminders", given=len(given), sent=sum(one.sent for one in given))
    return given


def read_contacts(path: Path | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """(Authority, unit) → addresses, from a CSV with the columns authority_code, reporting_unit_code, email."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    if path is None:
        return found
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        if missing := set(_CONTACT_COLUMNS) - set(rows.fieldnames or ()):
            raise ContactsError(
                f"{path}: line 1 lacks {', '.join(sorted(missing))}; expected the columns {', '.join(_CONTACT_COLUMNS)}"
            )
        for row in rows:
            address = (row["email"] or "").strip()
            if not re.fullmatch(r"[^@\s,;]+@[^@\s,;]+", address):
                raise ContactsError(f"{path}: line {rows.line_num}: {address!r} is no e-mail address; one a line")
            key = (row["authority_code"].strip(), row["reporting_unit_code"].strip())
            found[key] = (*found.get(key, ()), address)
    return found


def _due(settings: Settings, today: date) -> Iterator[_Due]:
    """What is owed, has not come, and has reached a day of reminding: the latest such day."""
    came: dict[tuple[str, str, str, str], list[Receipt]] = {}
    for receipt in receipts(settings):
        if receipt.form_code and receipt.authority_code and receipt.reporting_unit_code and receipt.period_month:
            key = (receipt.form_code, receipt.authority_code, receipt.reporting_unit_code, receipt.period_month)
            came.setdefault(key, []).append(receipt)
    this = Month.of(today)
    for month in (this + back for back in range(-4, 1)):
        for one in owed(settings, month):
            if one.form.due is None:
                continue
            due_on = one.form.due.due_on(month)
            reached = [day for day in _days(settings) if (today - due_on).days >= day]
            if not reached or (today - due_on).days > settings.remind_until_days:
                continue
            files = came.get((one.form.code, one.authority_code, one.unit_code, str(month)), [])
            if not any(receipt.state in _CAME for receipt in files):
                rejected = tuple(receipt.original_name for receipt in files if receipt.state == "rejected")
                yield _Due(one, month, due_on, max(reached), rejected)


def _days(settings: Settings) -> list[int]:
    return [-day for day in settings.remind_before_days] + list(settings.remind_after_days)


def _path(settings: Settings, due: _Due) -> Path:
    when = f"{-due.days}-days-before" if due.days <= 0 else f"{due.days}-days-after"
    parts = [due.owed.form.code, due.owed.authority_code, due.owed.unit_code, when]
    name = "_".join(_UNSAFE.sub("_", part) for part in parts)
    return settings.home / "outbox" / "reminders" / str(due.month) / f"{name}.eml"


def _mail(settings: Settings, due: _Due, contacts: dict[tuple[str, str], tuple[str, ...]]) -> Mail:
    folder = settings.home / "outbox" / "templates" / str(due.month)
    template = due.owed.write_template(folder)
    to = contacts.get((due.owed.authority_code, due.owed.unit_code), ())
    return Mail(to, _subject(due), _body(due), (template,))


def _subject(due: _Due) -> str:
    title = due.owed.form.title
    if due.days <= 0:
        return f"Nhắc nộp {title.vi} tháng {_month(due.month)}, hạn {_day(due.due_on)} / Reminder: {title.en}"
    return f"Quá hạn: {title.vi} tháng {_month(due.month)} / Overdue: {title.en}"


def _body(due: _Due) -> str:
    title, name = due.owed.form.title, due.owed.unit_name
    month, day = _month(due.month), _day(due.due_on)
    if due.days <= 0:
        vietnamese = f"Hạn nộp {title.vi} tháng {month} là ngày {day}. Chúng tôi chưa nhận được báo cáo của đơn vị."
        english = f"The {title.en} of {due.month} is due on {due.due_on}. We have not received yours yet."
    else:
        vietnamese = (
            f"{title.vi} tháng {month} đã quá hạn (hạn nộp {day}). Chúng tôi chưa nhận được báo cáo của đơn vị."
        )
        english = f"The {title.en} of {due.month} was due on {due.due_on}. We have not received yours yet."
    if due.rejected:
        names = ", ".join(due.rejected)
        vietnamese += f" Tệp đã gửi không nhận được vì có lỗi: {names}. Xin xem tệp trả lại, sửa và gửi lại."
        english += f" What you sent could not be taken in: {names}. Please see the returned workbook, mend and resend."
    return (
        f"Kính gửi {name},\n\n{vietnamese}\n\nXin điền biểu mẫu kèm theo và gửi lại. Nếu đã gửi, xin bỏ qua thư này."
        f"\n\n---\n\n{english}\n\nPlease fill in the attached template and send it back. "
        "If you have sent it already, please ignore this message.\n"
    )


def _month(month: Month) -> str:
    return f"{month.number:02d}/{month.year}"


def _day(day: date) -> str:
    return f"{day.day:02d}/{day.month:02d}/{day.year}"


def _give(settings: Settings, due: _Due, mail: Mail, path: Path, now: datetime) -> Reminder:
    sends = bool(mail.to) and can_send(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    if sends:
        # Sent first, noted then: a kill between the two sends one reminder twice, never none.
        send(settings, [mail])
    aside = path.with_suffix(".part")
    aside.write_bytes(as_file(settings, mail, now))
    aside.replace(path)
    one = due.owed
    return Reminder(
        one.form.code, one.authority_code, one.unit_code, one.unit_name, due.month, due.due_on, due.days, path, sends
    )
