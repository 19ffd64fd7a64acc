"""Templates: what stands in them, and that a filled-in one is read back without a finding."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.unit.intake_workbooks import TAX_CODE, catalogue, right_report, workbook
from tests.unit.workbooks_support import (
    AUTHORITY,
    OTHER_TAX_CODE,
    active_parts,
    dump,
    form,
    read_back,
    register,
    same_as_golden,
    small_authority,
    take_in,
)
from zonehouse.forms import FormCatalogue
from zonehouse.forms.model import Column, Form
from zonehouse.intake.sent import LIST_SHEET
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.workbooks import (
    Prefill,
    PrefilledRow,
    WorkbookError,
    write_authority_template,
    write_form_template,
    write_template,
    write_templates,
)
from zonehouse.workbooks.landed import form_in_force
from zonehouse.workbooks.template import choices

pytestmark = pytest.mark.slow

MONTH = Month(2016, 7)
IDENTITY = {"authority_code": AUTHORITY, "tax_code": TAX_CODE, "enterprise_name": "Công ty Thử"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return small_authority(tmp_path_factory.mktemp("home"))


def fill_in(path: Path, wanted: Form, events: bool = False) -> bytes:
    """Fill every prefilled row, and add one new row where there is room, as an accountant would."""
    book = load_workbook(path)
    for section in wanted.sections:
        sheet = book[section.sheet.vi]
        open_rows = [row for row in sheet.iter_rows(min_row=9) if not row[0].protection.locked]
        used = [row for row in open_rows if row[0].value is not None]
        spare = [row for row in open_rows if row[0].value is None][: 1 if used or events else 0]
        for number, row in enumerate([*used, *spare], start=1):
            for cell, column in zip(row, section.columns, strict=False):
                if cell.value is None:
                    cell.value = entry(column, number)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def entry(column: Column, number: int) -> Any:
    if column.type == "code":
        offered = list(choices(catalogue(), column).values())
        return offered[-number % len(offered)]
    if column.type == "tax_code":
        return TAX_CODE
    if column.type == "boolean":
        return "Có"
    if column.is_number:
        # A headcount is not less than its parts.
        value = max(column.minimum or 0, 10 if column.code == "headcount_persons" else 5)
        if column.sent_unit == "vnd_billion":  # the others of its row are in millions
            return (value + 0.5) / 1000
        return int(value) if column.type == "integer" else value + 0.5
    if column.type == "date":
        return MONTH.first_day
    return f"Mới {number}"


def test_the_template_of_an_enterprise_is_the_golden_one(home: Settings, tmp_path: Path) -> None:
    path = write_template(home, TAX_CODE, MONTH, tmp_path / "t.xlsx")
    kept = [part for part in dump(path.read_bytes()).split("== ") if not part.startswith(LIST_SHEET)]
    same_as_golden("template", "== ".join(kept))


def test_a_template_written_twice_is_the_same_file_and_nothing_in_it_is_active(home: Settings, tmp_path: Path) -> None:
    first, second = (write_template(home, TAX_CODE, MONTH, tmp_path / name) for name in ("a.xlsx", "b.xlsx"))
    assert first.read_bytes() == second.read_bytes()
    assert active_parts(first.read_bytes()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_rows_come_from_last_month_the_register_and_the_code_lists(home: Settings, tmp_path: Path) -> None:
    book = load_workbook(write_template(home, TAX_CODE, MONTH, tmp_path))

    def column(sheet: str, letter: str) -> list[Any]:
        return [cell.value for cell in book[sheet][letter][8:] if cell.value is not None]

    assert column("Sản xuất", "B") == ["Tôm đông lạnh"]
    assert column("Sản xuất", "C") == ["tấn"]
    assert column("Sản xuất", "E") == []
    assert column("Xuất nhập khẩu", "B") == ["US – Hoa Kỳ", "JP – Nhật Bản"]
    assert column("Lao động", "A") == ["Lao động trực tiếp", "Kỹ thuật và nghiệp vụ", "Quản lý"]
    # The register knows two open projects; last month's remark is not carried over, its dash stands for reference.
    assert column("Đầu tư", "A") == ["DA-1", "DA-2"]
    assert column("Đầu tư", "C") == []
    assert column("Đầu tư", "E") == ["Nhà máy tôm", "Kho lạnh"]
    assert column("Đầu tư", "F") == ["-"]
    assert column("Xuất nhập khẩu", "F") == [50000, 1234.5]
    assert column("Xuất nhập khẩu", "G") == [0, "x"]


def test_only_input_cells_are_open_and_each_has_its_check(home: Settings, tmp_path: Path) -> None:
    book = load_workbook(write_template(home, TAX_CODE, MONTH, tmp_path))
    for sheet in book.worksheets:
        assert sheet.protection.sheet and not sheet.protection.password, sheet.title
    labour = book["Lao động"]
    assert [cell.protection.locked for cell in labour[9][:8]] == [False] * 8
    assert all(cell.protection.locked for cell in labour[9][8:])
    rules = {str(rule.sqref): rule for rule in labour.data_validations.dataValidation}
    assert len(rules) == len(form("monthly_report").section("labour").columns)
    assert rules["B9:B11"].formula1 == 'OR(AND(ISNUMBER(B9),B9=INT(B9),B9>=0),B9="-",B9="x")'
    assert rules["B9:B11"].errorTitle and "số nguyên" in rules["B9:B11"].error
    assert rules["A9:A11"].formula1 == f"{LIST_SHEET}!$P$2:$P$4"
    assert book[LIST_SHEET].sheet_state == "hidden"
    cover = book["Thông tin chung"]
    assert cover["B7"].value == TAX_CODE and cover["B7"].protection.locked


def test_a_filled_in_template_is_read_without_a_finding(home: Settings, tmp_path: Path) -> None:
    path = write_template(home, TAX_CODE, MONTH, tmp_path)
    reading = read_back(tmp_path, fill_in(path, form("monthly_report")))
    assert reading["findings"] == []
    assert (reading["reporting_unit_code"], reading["period_month"]) == (TAX_CODE, "2016-07")
    assert (reading["period_start"], reading["period_end"]) == ("2016-07-01", "2016-07-31")
    assert {code: len(rows) for code, rows in reading["sections"].items()} == {
        "output": 2,
        "export": 3,
        "labour": 3,
        "investment": 3,
    }
    assert reading["sections"]["export"][0][2:4] == ["03", "US"]
    # Last month's values beside the table are not read.
    assert Decimal(reading["sections"]["export"][0][4]) == Decimal("5.5")


@pytest.mark.parametrize("code", ["authority_return", "project_register"])
def test_the_authority_has_templates_too(home: Settings, tmp_path: Path, code: str) -> None:
    path = write_authority_template(home, AUTHORITY, code, MONTH, tmp_path)
    reading = read_back(tmp_path, fill_in(path, form(code), events=True))
    assert reading["findings"] == []
    if code == "project_register":
        # The list starts from the one in force: its three projects, and the new row.
        assert [row[2] for row in reading["sections"]["project"]] == ["DA-1", "DA-2", "DA-9", "Mới 4"]
        assert reading["sections"]["enterprise"][0][3] == "Công ty Thử"


def test_every_choice_of_a_drop_down_is_taken_for_its_code(tmp_path: Path) -> None:
    wanted = form("authority_return")
    column = wanted.section("investor_contact").column("country_code")
    offered = choices(catalogue(), column)
    rows = [
        PrefilledRow({"contact_no": str(no), "contact_on": MONTH.first_day, "country_code": code, "visits_count": 1})
        for no, code in enumerate(offered)
    ]
    known = Prefill({"investor_contact": rows})
    identity = {"authority_code": AUTHORITY}
    path = write_form_template(wanted, identity, MONTH, known, catalogue(), tmp_path / "t.xlsx")
    reading = read_back(tmp_path, path.read_bytes())
    assert reading["findings"] == []
    assert [row[4] for row in reading["sections"]["investor_contact"]] == list(offered)


def test_all_who_owe_the_form_get_one(tmp_path: Path) -> None:
    settings = take_in(tmp_path / "home", {"2016-02-01/r.xlsx": register(other_until="2016-07-15")})
    said: list[str] = []
    owing = write_templates(settings, MONTH, tmp_path / "7", said.append)
    assert sorted(path.name for path in owing) == [
        f"authority_return_{AUTHORITY}_2016-07.xlsx",
        f"monthly_report_{TAX_CODE}_2016-07.xlsx",
        f"monthly_report_{OTHER_TAX_CODE}_2016-07.xlsx",
    ]
    assert said == [f"3 templates for 2016-07 in {tmp_path / '7'}"]
    later = write_templates(settings, Month(2016, 8), tmp_path / "8")
    assert f"monthly_report_{OTHER_TAX_CODE}_2016-08.xlsx" not in {path.name for path in later}


def test_a_rejected_report_prefills_nothing(tmp_path: Path) -> None:
    spoiled = right_report()
    del spoiled["LAO_DONG"]
    files = {"2016-02-01/r.xlsx": register(), "2016-06-10/a.xlsx": workbook(spoiled)}
    settings = take_in(tmp_path / "home", files)
    book = load_workbook(write_template(settings, TAX_CODE, MONTH, tmp_path))
    assert [cell.value for cell in book["Sản xuất"]["B"][8:] if cell.value] == []


def test_an_enterprise_of_two_authorities_gets_a_template_for_each(tmp_path: Path) -> None:
    registers = {f"2016-02-01/{code}.xlsx": register(authority=code) for code in (AUTHORITY, "BQX")}
    settings = take_in(tmp_path / "home", registers)
    written = write_templates(settings, MONTH, tmp_path / "all")
    assert len({path.name for path in written}) == len(written) == 2 * 2 + 2
    assert sorted(path.name for path in (tmp_path / "all").glob(f"*{TAX_CODE}*")) == [
        f"monthly_report_{code}_{TAX_CODE}_2016-07.xlsx" for code in (AUTHORITY, "BQX")
    ]
    write_template(settings, TAX_CODE, MONTH, tmp_path / "one")
    of = {load_workbook(path)["Thông tin chung"]["B6"].value for path in (tmp_path / "one").iterdir()}
    assert of == {AUTHORITY, "BQX"}
    with pytest.raises(WorkbookError, match=r"several authorities \(BQL, BQX\); name a folder"):
        write_template(settings, TAX_CODE, MONTH, tmp_path / "t.xlsx")


def test_what_cannot_be_written_says_what_to_do(home: Settings, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="no project register in force knows the enterprise 0100233499"):
        write_template(home, "0100233499", MONTH, tmp_path)
    with pytest.raises(WorkbookError, match="authority 'XX' is in force; known: BQL"):
        write_authority_template(home, "XX", "authority_return", MONTH, tmp_path)
    with pytest.raises(WorkbookError, match="is of an enterprise"):
        write_authority_template(home, AUTHORITY, "monthly_report", MONTH, tmp_path)
    with pytest.raises(WorkbookError, match="no version of form 'monthly_report' is in force for 2004-01"):
        form_in_force(catalogue(), "monthly_report", Month(2004, 1))


def test_an_indicator_added_in_the_definition_is_in_the_template(tmp_path: Path) -> None:
    old = form("monthly_report")
    told = old.model_dump()
    told["sections"][0]["columns"] += (
        {"code": "tax_vnd_million", "vi": "Thuế (triệu đồng)", "en": "Tax", "type": "number", "kind": "flow",
         "required": True, "unit": "vnd_million", "minimum": 0},
    )  # fmt: skip
    changed = Form.model_validate(told)
    known = FormCatalogue((changed,), catalogue().code_lists)
    path = write_form_template(changed, IDENTITY, MONTH, Prefill(), known, tmp_path / "t.xlsx")
    assert load_workbook(path)["Sản xuất"]["I6"].value == "Thuế (triệu đồng) *"


_NASTY = st.builds(
    lambda first, rest: first + rest,
    st.sampled_from(
        ["=", "+", "-", "@", "\t=", " =", "\r=", "=cmd|' /C calc'!A0", "http://x/", "mailto:", "internal:"]
    ),
    st.text(max_size=20),
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=_NASTY)
def test_nothing_that_an_enterprise_wrote_becomes_active_in_its_template(tmp_path: Path, text: str) -> None:
    row = PrefilledRow({"product_code": "10", "product_name": text}, {"quantity": 1, "quantity_unit": text}, text)
    path = write_form_template(
        form("monthly_report"), IDENTITY | {"enterprise_name": text}, MONTH, Prefill({"output": [row]}, MONTH),
        catalogue(), tmp_path / "t.xlsx",
    )  # fmt: skip
    assert active_parts(path.read_bytes()) == []
    cell = load_workbook(path)["Sản xuất"]["B9"]
    assert cell.data_type != "f"
    assert cell.value is None or cell.quotePrefix or not str(cell.value).lstrip().startswith(("=", "+", "-", "@"))
