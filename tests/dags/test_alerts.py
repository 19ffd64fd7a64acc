"""Alerts and reminders, through a real mail server: who is told what, when, and never twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiosmtpd.controller import Controller
from airflow.sdk.exceptions import AirflowSkipException

from tests.unit.intake_workbooks import right_report, workbook
from tests.unit.workbooks_support import OTHER_TAX_CODE, register, take_in
from zonehouse.alerts.mail import MailError
from zonehouse.alerts.reminders import ContactsError, read_contacts, remind
from zonehouse.alerts.tell import Alert, tell
from zonehouse.orchestration import alerts
from zonehouse.orchestration.wiring import note_failure
from zonehouse.settings import Settings

pytestmark = pytest.mark.slow

# Monthly reports of 2016-07 are due on 2016-08-12, the authority's return on 2016-08-15.
FIVE_BEFORE = datetime(2016, 8, 7, 1, tzinfo=UTC)
ENTERPRISES = {"0100233488", "0314409058-002"}


class _Box:
    """What the server took; while ``refuses`` it takes nothing."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        if self.refuses:
            return "451 not now"
        content = envelope.content  # type: ignore[attr-defined]
        self.taken.append(email.message_from_bytes(content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Box]:
    taken = _Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    where = {"conn_type": "smtp", "host": "127.0.0.1", "port": port}
    where["extra"] = {"disable_ssl": True, "disable_tls": True, "retry_limit": 1}
    monkeypatch.setenv("AIRFLOW_CONN_ZONEHOUSE_SMTP", json.dumps(where))
    yield taken
    controller.stop()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An authority whose one enterprise reported June and whose other one sent a workbook with an error."""
    wrong = workbook(right_report(OTHER_TAX_CODE, "2016-06", "không rõ"))  # type: ignore[arg-type]
    files = {"register.xlsx": register(), "june.xlsx": workbook(right_report(month="2016-06")), "sai.xlsx": wrong}
    return take_in(tmp_path_factory.mktemp("authority"), files)


@pytest.fixture
def home(built: Settings, tmp_path: Path) -> Path:
    """The authority's state without its outbox, so that each test begins with nothing sent."""
    for entry in built.home.iterdir():
        if entry.name != "outbox":
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


@pytest.fixture
def settings(home: Path) -> Settings:
    contacts = home / "contacts.csv"
    contacts.write_text(
        "authority_code,reporting_unit_code,email\n"
        "BQL,0100233488,ketoan@example.vn\nBQL,0314409058-002,a@example.vn\nBQL,0314409058-002,b@example.vn\n"
    )
    return Settings(
        home=home,
        contacts=contacts,
        smtp_connection="zonehouse_smtp",
        mail_from="bql@example.vn",
        alert_to="ops@example.vn, steward@example.vn",
    )


def _days_later(days: int) -> datetime:
    return FIVE_BEFORE.replace(month=8, day=FIVE_BEFORE.day + days)


def test_nobody_is_reminded_before_the_first_day_of_reminding(settings: Settings, box: _Box) -> None:
    assert 7 not in {one.month.number for one in remind(settings, _days_later(-1))}


def test_each_enterprise_is_reminded_once_with_its_template(settings: Settings, box: _Box) -> None:
    given = [one for one in remind(settings, FIVE_BEFORE) if one.month.number == 7]
    assert {(one.unit_code, one.days, one.sent) for one in given} == {(code, -5, True) for code in ENTERPRISES}
    mine = [mail for mail in box.taken if "ketoan@example.vn" in str(mail["To"]) and "07/2016" in str(mail["Subject"])]
    assert len(mine) == 1
    assert "12/08/2016" in str(mine[0]["Subject"])
    assert [part.get_filename() for part in mine[0].iter_attachments()] == ["monthly_report_0100233488_2016-07.xlsx"]
    assert any("a@example.vn" in str(mail["To"]) and "b@example.vn" in str(mail["To"]) for mail in box.taken)
    box.taken.clear()
    assert remind(settings, FIVE_BEFORE) == []
    assert box.taken == []


def test_a_day_slept_through_is_made_good_and_late_ones_are_told(settings: Settings, box: _Box) -> None:
    given = remind(settings, _days_later(6))  # the day after the due day; nothing was given before
    july = {(one.unit_code, one.days) for one in given if one.month.number == 7 and one.form_code == "monthly_report"}
    assert july == {(code, 1) for code in ENTERPRISES}
    overdue = [mail for mail in box.taken if str(mail["Subject"]).startswith("Quá hạn")]
    assert overdue


def test_who_reported_is_left_alone_and_whose_file_was_rejected_is_told_so(settings: Settings, box: _Box) -> None:
    given = remind(settings, datetime(2016, 7, 13, 5, tzinfo=UTC))  # the day after June's reports were due
    june = [one for one in given if (one.form_code, one.month.number) == ("monthly_report", 6)]
    assert [(one.unit_code, one.days) for one in june] == [(OTHER_TAX_CODE, 1)]
    told = [mail for mail in box.taken if "06/2016" in str(mail["Subject"]) and "a@example.vn" in str(mail["To"])]
    assert len(told) == 1
    assert "sai.xlsx" in told[0].get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_without_a_mail_server_drafts_wait_for_somebody(home: Path) -> None:
    given = [one for one in remind(Settings(home=home), FIVE_BEFORE) if one.month.number == 7]
    assert {one.sent for one in given} == {False}
    draft = email.message_from_bytes(given[0].path.read_bytes(), policy=email.policy.default)
    assert draft["X-Unsent"] == "1"
    assert "Kính gửi" in draft.get_body().get_content()  # type: ignore[union-attr]
    assert len(list(draft.iter_attachments())) == 1


def test_a_server_that_refuses_fails_the_task_and_the_next_run_sends(settings: Settings, box: _Box) -> None:
    box.refuses = True
    with pytest.raises(MailError, match="zonehouse_smtp"):
        remind(settings, FIVE_BEFORE)
    box.refuses = False
    assert {one.unit_code for one in remind(settings, FIVE_BEFORE) if one.month.number == 7} == ENTERPRISES


def test_contacts_that_cannot_be_read_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("authority_code,email\nBQL,x@y.vn\n")
    with pytest.raises(ContactsError, match="line 1 lacks reporting_unit_code"):
        read_contacts(path)
    path.write_text("authority_code,reporting_unit_code,email\nBQL,1,x@y.vn; z@y.vn\n")
    with pytest.raises(ContactsError, match="line 2"):
        read_contacts(path)


def _environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("home", "contacts", "smtp_connection", "mail_from", "alert_to"):
        monkeypatch.setenv(f"ZONEHOUSE_{name.upper()}", str(getattr(settings, name)))


def test_a_failed_task_a_blocked_gate_and_a_question_are_told(
    settings: Settings, box: _Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    _environment(settings, monkeypatch)
    for task_id in ("build_facts", "blocked"):
        instance = SimpleNamespace(dag_id="half_year_marts", run_id="r", task_id=task_id, try_number=3)
        note_failure({"ti": instance, "partition_key": "2016-H1", "exception": RuntimeError("vì thế / because")})
    alerts.approval_needed({"candidate_id": "2016-H1-r001", "body": "coverage"})
    asyncio.run(alerts.deadline_missed(context={"dag_run": {"run_id": "scheduled"}}))
    subjects = [str(mail["Subject"]) for mail in box.taken]
    assert [subject.partition(": ")[0] for subject in subjects] == [
        "[zonehouse] Một bước bị lỗi",
        "[zonehouse] Số liệu sáu tháng bị chặn",
        "[zonehouse] Số liệu sáu tháng chờ duyệt",
        "[zonehouse] Nạp hằng đêm quá giờ",
    ]
    assert "half_year_marts 2016-H1 · build_facts" in subjects[0]
    assert "vì thế / because" in box.taken[1].get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert all("ops@example.vn" in str(mail["To"]) and "steward@example.vn" in str(mail["To"]) for mail in box.taken)


def test_an_alert_that_cannot_be_mailed_fails_nothing(
    settings: Settings, box: _Box, capsys: pytest.CaptureFixture[str]
) -> None:
    box.refuses = True
    tell(settings, Alert("task_failed", "nightly_load · land", "x"))
    told = capsys.readouterr()
    assert "alert_not_sent" in told.out + told.err
    assert "ops@example.vn" not in told.out + told.err


def test_the_tasks_say_when_there_is_nothing_to_tell(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_HOME", str(home / "new"))
    with pytest.raises(AirflowSkipException):
        alerts.remind()
    with pytest.raises(AirflowSkipException):
        alerts.tell_late([{"days": "-5", "sent": "yes"}])
