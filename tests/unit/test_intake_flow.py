"""From inbox to landing with real files: nothing lost, nothing twice, books that balance."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.unit.intake_workbooks import TAX_CODE, catalogue, repack, right_report, workbook
from tests.unit.workbooks_support import OTHER_TAX_CODE, register
from zonehouse import intake
from zonehouse.intake import IntakeError, batch
from zonehouse.intake.batch import BATCHES_AHEAD
from zonehouse.intake.inbox import PASSED_OVER
from zonehouse.intake.nightly import BATCHES_A_GROUP
from zonehouse.intake.schema import dataset_schemas
from zonehouse.intake.state import intake_lock
from zonehouse.settings import Settings

NOW = datetime(2016, 7, 13, 1, 0, tzinfo=UTC)
LATER = datetime(2016, 7, 14, 1, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, settle_seconds=0)


def put(settings: Settings, name: str, data: bytes | None = None) -> Path:
    path = settings.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(workbook(right_report()) if data is None else data)
    return path


def rows(settings: Settings, dataset: str, columns: str = "*") -> list[tuple[object, ...]]:
    files = f"{settings.landing}/{dataset}/*.parquet"
    return duckdb.sql(f"select {columns} from read_parquet('{files}') order by all").fetchall()


def states(settings: Settings) -> dict[str, str]:
    return {receipt.original_name: receipt.state for receipt in intake.receipts(settings)}


def test_each_file_ends_in_one_state_and_the_inbox_is_empty(settings: Settings) -> None:
    put(settings, "register.xlsx", register())
    mistyped = right_report(output=3)
    mistyped["THONG_TIN"] = [
        ["Mã ban quản lý", "BQX"] if row[0] == "Mã ban quản lý" else row for row in mistyped["THONG_TIN"]
    ]
    put(settings, "of another authority.xlsx", workbook(mistyped))
    put(settings, "2016-06-10/a.xlsx", workbook(right_report(output=1)))
    put(settings, "2016-06-11/mail/a (sửa).xlsx", workbook(right_report(output=2)))
    put(settings, "b.xlsx", workbook(right_report("0314409058-002")))
    put(settings, "b copy.xlsx", workbook(right_report("0314409058-002")))
    warned = right_report("0314409058-002", "2016-06")
    warned["SAN_XUAT"][1][4] = None
    put(settings, "c.xlsx", workbook(warned))
    put(settings, "d.xlsx", b"no workbook")
    for name in ("b.xlsx", "b copy.xlsx"):
        os.utime(settings.inbox / name, (1, 1 if name == "b.xlsx" else 2))
    report = intake.intake(settings, NOW)
    assert states(settings) == {
        "register.xlsx": "accepted",
        "of another authority.xlsx": "held",
        "a.xlsx": "superseded",
        "a (sửa).xlsx": "accepted",
        "b.xlsx": "accepted",
        "b copy.xlsx": "duplicate",
        "c.xlsx": "accepted_with_warnings",
        "d.xlsx": "rejected",
    }
    assert report.receipt_count == report.reconciliation.received == 8
    assert list(settings.inbox.iterdir()) == [] and list(settings.spool.iterdir()) == []
    by_name = {receipt.original_name: receipt for receipt in intake.receipts(settings)}
    assert by_name["b copy.xlsx"].duplicate_of == by_name["b.xlsx"].receipt_id
    assert by_name["d.xlsx"].reason_code == "not_a_workbook"
    # Midnight of the folder's day in the authority's zone.
    assert by_name["a.xlsx"].received_at == datetime(2016, 6, 9, 17, 0, tzinfo=UTC).replace(tzinfo=None)
    assert str(by_name["a.xlsx"].received_on) == "2016-06-10"
    assert by_name["b.xlsx"].received_at == NOW.replace(tzinfo=None)
    assert rows(
        settings, "monthly_report/output", "submission_id, gross_output_constant_vnd_million::double"
    ) == sorted(
        (by_name[name].submission_id, value)
        for name, value in [
            ("a.xlsx", 1.0),
            ("a (sửa).xlsx", 2.0),
            ("b.xlsx", 1000.5),
            ("c.xlsx", None),
            ("of another authority.xlsx", 3.0),
        ]
    )
    for receipt in by_name.values():
        archived = settings.archive / receipt.submission_id[:2] / receipt.submission_id
        assert archived.stat().st_mode & 0o777 == 0o444


def test_running_again_changes_nothing(settings: Settings) -> None:
    put(settings, "a.xlsx")
    intake.intake(settings, NOW)
    before = {path: path.read_bytes() for path in settings.landing.rglob("*.parquet")}
    again = intake.intake(settings, LATER)
    assert again.receipt_count == 0 and again.received.batch_ids == []
    assert {path: path.read_bytes() for path in settings.landing.rglob("*.parquet")} == before


def test_a_file_sent_again_later_is_a_duplicate_of_the_first(settings: Settings) -> None:
    put(settings, "a.xlsx")
    intake.intake(settings, NOW)
    put(settings, "again.xlsx")
    report = intake.intake(settings, LATER)
    assert report.reconciliation.states["duplicate"] == 1
    assert len(rows(settings, "monthly_report/output")) == 1


@pytest.mark.parametrize("same_night", [True, False])
def test_a_file_refused_for_its_name_is_read_when_it_comes_with_a_better_one(
    settings: Settings, same_night: bool
) -> None:
    text = "Mã biểu;monthly_report\n".encode()
    for name, data in (("1.bak", None), ("2.tmp1", None), ("1 text.xlsx", text)):
        put(settings, name, data)
        os.utime(settings.inbox / name, (1, 1))
    if not same_night:
        intake.intake(settings, NOW)
    for name, data in (("3.xlsx", None), ("4.xlsx", None), ("5.bak", None), ("6 text.csv", text)):
        put(settings, name, data)
    put(settings, "register.xlsx", register())
    intake.intake(settings, LATER)
    assert states(settings) == {
        "1.bak": "rejected",
        "2.tmp1": "duplicate",
        "1 text.xlsx": "rejected",
        "3.xlsx": "accepted",
        "4.xlsx": "duplicate",
        "5.bak": "duplicate",
        "6 text.csv": "rejected",
        "register.xlsx": "accepted",
    }
    by_name = {receipt.original_name: receipt for receipt in intake.receipts(settings)}
    repeats = {name: by_name[name].duplicate_of for name in ("2.tmp1", "4.xlsx", "5.bak")}
    first, read = by_name["1.bak"].receipt_id, by_name["3.xlsx"].receipt_id
    assert repeats == {"2.tmp1": first, "4.xlsx": read, "5.bak": first}
    assert by_name["1 text.xlsx"].reason_code == "not_a_workbook"
    assert by_name["6 text.csv"].reason_code not in ("not_a_workbook", "duplicate")
    assert len(rows(settings, "monthly_report/output")) == 1


def test_reading_and_landing_twice_gives_the_same(settings: Settings) -> None:
    put(settings, "a.xlsx")
    (batch_id,) = intake.receive(settings, NOW).batch_ids
    assert intake.receive(settings, LATER).batch_ids == [batch_id]
    first = intake.read_batch(settings, batch_id)
    files = {path.name: path.read_bytes() for path in (settings.spool / batch_id).iterdir()}
    assert intake.read_batch(settings, batch_id) == first
    assert {path.name: path.read_bytes() for path in (settings.spool / batch_id).iterdir()} == files
    assert intake.land(settings, [batch_id, batch_id], NOW).receipt_count == 1
    assert intake.land(settings, [batch_id], LATER) == intake.Landed([], 0)
    assert intake.read_batch(settings, batch_id).row_count == 0
    assert rows(settings, "register", "registered_at") == [(NOW.replace(tzinfo=None),)]


def test_a_batch_that_was_not_read_or_does_not_exist_is_named(settings: Settings) -> None:
    put(settings, "a.xlsx")
    (batch_id,) = intake.receive(settings, NOW).batch_ids
    with pytest.raises(IntakeError, match="read it, then land it"):
        intake.land(settings, [batch_id], NOW)
    with pytest.raises(IntakeError, match="no batch x"):
        intake.read_batch(settings, "x")


def test_batches_have_the_size_asked_for_and_new_names(settings: Settings) -> None:
    small = settings.model_copy(update={"batch_size": 2})
    for number in range(5):
        put(settings, f"{number}.xlsx", b"x" * number)
    first = intake.receive(small, NOW)
    assert first.batch_ids == [f"20160713T080000-000{n}" for n in (1, 2, 3)]
    for batch_id in first.batch_ids:
        intake.read_batch(small, batch_id)
    intake.land(small, first.batch_ids, NOW)
    put(settings, "late.xlsx", b"late")
    assert intake.receive(small, NOW).batch_ids == ["20160713T080000-0004"]


def test_files_being_written_and_fresh_ones_are_left(settings: Settings) -> None:
    for name in ("x.part", "x.tmp", ".x.xlsx", ".hidden/y.xlsx"):
        put(settings, name)
    fresh = put(settings, "fresh.xlsx")
    now = datetime.fromtimestamp(time.time(), UTC)
    careful = settings.model_copy(update={"settle_seconds": 60.0})
    received = intake.receive(careful, now)
    assert received.receipt_count == 0
    reasons = {left.inbox_path: left.reason for left in received.left}
    assert reasons == {"fresh.xlsx": "settling"} | dict.fromkeys(("x.part", "x.tmp", ".x.xlsx"), PASSED_OVER)
    os.utime(fresh, (1, 1))
    assert intake.receive(careful, now).receipt_count == 1
    assert sorted(path.name for path in settings.inbox.rglob("*.*")) == [
        ".hidden",
        ".x.xlsx",
        "x.part",
        "x.tmp",
        "y.xlsx",
    ]


def owner_file(user: str = "Nguyễn Thị Lan") -> bytes:
    """What Excel writes beside an open workbook: 165 bytes, the user's name twice, padded with blanks."""
    ansi = user.encode("cp1258", "replace")
    return bytes([len(ansi)]) + ansi.ljust(54) + bytes([len(user), 0]) + user.ljust(54).encode("utf-16-le")


def test_lock_files_and_litter_stay_and_are_no_receipts(settings: Settings) -> None:
    put(settings, "2016-06-10/~$bao cao.xlsx", owner_file())
    put(settings, "2016-06-10/.~lock.bao cao.xlsx#", b",lan,pc,13.07.2016 08:00,file:///home;")
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        put(settings, name, b"\xd0\xcf\x11\xe0")
    received = intake.receive(settings, NOW)
    assert received.receipt_count == 0 and received.batch_ids == []
    assert {left.inbox_path: left.reason.split(":")[0] for left in received.left} == {
        "2016-06-10/~$bao cao.xlsx": "lock file",
        "2016-06-10/.~lock.bao cao.xlsx#": "lock file",
        "Thumbs.db": "file of the operating system",
        "desktop.ini": "file of the operating system",
        ".DS_Store": "file of the operating system",
    }
    assert not list(settings.archive.glob("??/*"))
    assert len([path for path in settings.inbox.rglob("*") if path.is_file()]) == 5


def test_what_is_only_named_like_a_lock_file_is_received(settings: Settings) -> None:
    put(settings, "~$May.xlsx")
    put(settings, "~$empty.xlsx", b"")
    put(settings, "~$small.xlsx", b"PK\x03\x04" + bytes(120))
    put(settings, "~$notes.csv", b"1" * 165)
    put(settings, "My Thumbs.db.xlsx", workbook(right_report("0314409058-002")))
    intake.intake(settings, NOW)
    assert states(settings) == {
        "~$May.xlsx": "held",
        "~$empty.xlsx": "rejected",
        "~$small.xlsx": "rejected",
        "~$notes.csv": "rejected",
        "My Thumbs.db.xlsx": "held",
    }


def test_what_cannot_be_read_is_reported_and_left(settings: Settings, tmp_path: Path) -> None:
    put(settings, "a.xlsx")
    (settings.inbox / "loop").symlink_to(settings.inbox)
    (settings.inbox / "link.xlsx").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(settings.inbox / "pipe.xlsx")
    received = intake.receive(settings, NOW)
    assert received.receipt_count == 1
    assert sorted(left.inbox_path for left in received.left) == ["link.xlsx", "loop", "pipe.xlsx"]


def test_a_folder_dated_in_the_future_is_no_arrival_time(settings: Settings) -> None:
    put(settings, "2031-01-01/a.xlsx")
    intake.intake(settings, NOW)
    assert intake.receipts(settings)[0].received_at == NOW.replace(tzinfo=None)


def test_emptied_day_folders_go_and_others_stay(settings: Settings) -> None:
    put(settings, "2016-06-10/deep/a.xlsx")
    put(settings, "2016-07-13/b.xlsx")
    put(settings, "gateway/c.xlsx")
    intake.receive(settings, NOW)
    assert sorted(path.name for path in settings.inbox.iterdir()) == ["2016-07-13", "gateway"]


def test_a_report_in_the_name_of_another_enterprise_or_of_its_project_is_told(settings: Settings) -> None:
    def report(tax_code: str, name: str, month: str) -> bytes:
        sheets = right_report(tax_code, month)
        sheets["THONG_TIN"][4][1] = name
        sheets["DAU_TU"].append(["DA-1", 1500, None])
        return workbook(sheets)

    put(settings, "2016-02-01/register.xlsx", register())
    intake.intake(settings, NOW)
    put(settings, "2016-06-10/right.xlsx", report(TAX_CODE, "CÔNG TY THỬ", "2016-05"))
    put(settings, "2016-06-10/written otherwise.xlsx", report(TAX_CODE, "Cty Thử", "2016-04"))
    put(settings, "2016-06-10/another.xlsx", report(OTHER_TAX_CODE, "Công ty Thử", "2016-05"))
    intake.intake(settings, LATER)
    assert {name: state for name, state in states(settings).items() if state != "accepted"} == {
        "another.xlsx": "accepted_with_warnings"
    }
    found = rows(settings, "finding", "finding_code, sheet_name, cell, found, expected_vi")
    assert [line for line in found if str(line[0]).endswith("_of_another")] == [
        ("name_of_another", "THONG_TIN", "B5", f"Công ty Thử ({TAX_CODE})",
         f"Tên của mã số thuế {OTHER_TAX_CODE} trong sổ đăng ký: Công ty Khác"),
        ("project_of_another", "DAU_TU", "A2", f"DA-1 ({TAX_CODE})",
         f"Dự án của mã số thuế {OTHER_TAX_CODE} trong sổ đăng ký"),
    ]  # fmt: skip


def test_a_file_above_the_limit_is_archived_and_rejected(settings: Settings) -> None:
    put(settings, "big.xlsx", os.urandom(1024 * 1024 + 1))
    intake.intake(settings.model_copy(update={"max_file_mb": 1}), NOW)
    (receipt,) = intake.receipts(settings)
    assert (receipt.state, receipt.reason_code) == ("rejected", "file_too_large")
    assert (settings.archive / receipt.submission_id[:2] / receipt.submission_id).stat().st_size == 1024 * 1024 + 1


def test_every_dataset_has_its_schema_and_no_empty_files(settings: Settings) -> None:
    put(settings, "a.xlsx")
    intake.intake(settings, NOW)
    for dataset, schema in dataset_schemas(catalogue()).items():
        for path in (settings.landing / dataset).glob("*.parquet"):
            assert pq.read_schema(path).equals(schema), path
            assert (pq.read_metadata(path).num_rows == 0) == (path.name == "_schema.parquet")
    assert rows(settings, "monthly_report/investment") == []


def test_findings_lead_back_to_the_cell(settings: Settings) -> None:
    sheets = right_report()
    sheets["SAN_XUAT"][1][3] = "chưa có"
    put(settings, "a.xlsx", workbook(sheets))
    intake.intake(settings, NOW)
    columns = "finding_no, finding_code, severity, sheet_name, cell, row_number, column_code, found"
    assert rows(settings, "finding", columns) == [
        (1, "not_a_number", "error", "SAN_XUAT", "D2", 2, "quantity", "chưa có")
    ]
    (receipt,) = intake.receipts(settings)
    assert receipt.reason_vi is not None and receipt.reason_vi.startswith("SAN_XUAT!D2: cần: Một số")
    assert (receipt.reporting_unit_code, receipt.period_month) == (TAX_CODE, "2016-05")


def test_the_balance_names_what_is_missing(settings: Settings) -> None:
    put(settings, "a.xlsx")
    intake.intake(settings, NOW)
    (register,) = (settings.landing / "register").glob("2*.parquet")
    kept = register.read_bytes()
    register.unlink()
    with pytest.raises(IntakeError, match="received 1, registered 0"):
        intake.reconcile(settings)
    register.write_bytes(kept)
    (receipt,) = intake.receipts(settings)
    (settings.archive / receipt.submission_id[:2] / receipt.submission_id).unlink()
    with pytest.raises(IntakeError, match="not in the archive"):
        intake.reconcile(settings)


def test_an_empty_home_balances(settings: Settings) -> None:
    assert intake.intake(settings, NOW).reconciliation.received == 0
    assert intake.receipts(settings) == []


def test_the_lock_makes_a_second_load_wait(settings: Settings) -> None:
    put(settings, "a.xlsx")
    with intake_lock(settings):
        second = threading.Thread(target=intake.receive, args=(settings, NOW))
        second.start()
        second.join(0.3)
        assert second.is_alive() and (settings.inbox / "a.xlsx").exists()
    second.join(10)
    assert not (settings.inbox / "a.xlsx").exists()


def test_reading_ends_for_some_while_others_are_received_and_few_batches_are_begun_at_once(settings: Settings) -> None:
    for number in range(30):
        put(settings, f"{number:02d}.xlsx", b"%d" % number)
    steps: list[str] = []
    intake.intake(settings.model_copy(update={"batch_size": 1}), NOW, checkpoint=steps.append)
    received = [at for at, step in enumerate(steps) if step == "journal_written"]
    assert len(received) == 30 and steps.index("read_swapped") < received[-1]
    ahead = [steps[:at].count("journal_written") - steps[:at].count("read_swapped") for at in received]
    assert max(ahead) <= BATCHES_AHEAD + BATCHES_A_GROUP


def test_what_cannot_be_read_keeps_nothing_out_of_the_archive(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        put(settings, f"{number:02d}.xlsx", b"%d" % number)
    small = settings.model_copy(update={"batch_size": 1})
    monkeypatch.setattr(batch, "reader_plan", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        intake.intake(small, NOW)
    assert list(settings.inbox.iterdir()) == [] and len(list(settings.spool.iterdir())) == 12
    monkeypatch.undo()
    assert intake.intake(small, LATER).receipt_count == 12


def test_a_file_that_kills_its_reader_is_rejected_and_the_batch_goes_on(settings: Settings) -> None:
    # 300 cells that share one string of 4 MB: a file of some MB, 1.2 GB once read.
    def inflate(name: str, body: bytes) -> bytes:
        text = random.Random(1).randbytes(2_000_000).hex().encode()
        return body.replace(b"@@@", text) if name == "xl/sharedStrings.xml" else body

    put(settings, "a bomb.xlsx", repack(workbook({"Bom": [["@@@"] * 300]}), inflate))
    put(settings, "good.xlsx")
    intake.intake(settings.model_copy(update={"read_memory_mb": 256}), NOW)
    by_name = {receipt.original_name: receipt for receipt in intake.receipts(settings)}
    assert by_name["good.xlsx"].state == "held"
    assert (by_name["a bomb.xlsx"].state, by_name["a bomb.xlsx"].reason_code) == ("rejected", "reader_died")


def test_where_columns_stood_is_registered_and_a_register_written_before_that_still_reads(settings: Settings) -> None:
    put(settings, "2016-06-10/a.xlsx")
    intake.intake(settings, NOW)
    (places,) = rows(settings, "register", "column_places")[0]
    assert json.loads(str(places))["export"] == {
        "hs_group": "A",
        "market_code": "B",
        "export_usd": "C",
        "import_usd": "D",
    }
    path = next(path for path in (settings.landing / "register").glob("*.parquet") if path.name != "_schema.parquet")
    older = pq.read_table(path).drop_columns(["column_places"])
    pq.write_table(older, path)
    pq.write_table(older.slice(0, 0), settings.landing / "register" / "_schema.parquet")
    put(settings, "2016-06-11/b.xlsx", workbook(right_report(month="2016-04")))
    intake.intake(settings, LATER)
    assert sorted(states(settings).values()) == ["held", "held"]
    both = duckdb.sql(
        f"select column_places is null from read_parquet('{settings.landing}/register/*.parquet', union_by_name = true)"
    )
    assert sorted(both.fetchall()) == [(False,), (True,)]
