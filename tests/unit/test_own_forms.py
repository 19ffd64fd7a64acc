"""An authority changes its forms by editing YAML alone, in a folder of its own; a wrong definition says where."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.dataset as ds
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tests.unit.intake_workbooks import TAX_CODE, Rows, right_report, workbook
from tests.unit.workbooks_support import AUTHORITY, NOW, register
from zonehouse import intake
from zonehouse.cli import app
from zonehouse.forms import FormDefinitionError, load_catalogue
from zonehouse.forms.catalogue import DEFINITIONS, read_catalogue
from zonehouse.forms.describe import definition_schema, forms_page
from zonehouse.periods import Month
from zonehouse.settings import Settings
from zonehouse.workbooks import write_template

SEEDS = Settings().seeds

# What a steward writes: one more column, in thousands of dollars, with a bound and rules of its own.
TAX_COLUMN = """\
      - code: tax_paid_vnd_million
        vi: Thuế đã nộp trong tháng (nghìn đồng)
        en: Taxes paid in the month (VND thousand)
        type: number
        unit: vnd_million
        sent_unit: vnd_thousand
        kind: flow
        required: true
        minimum: 0
        maximum: 900000
        maximum_severity: error
    checks:
      - code: tax_within_revenue
        rule: less_or_equal
        left: tax_paid_vnd_million
        right: net_revenue_vnd_million
        severity: warning
        vi: Thuế không lớn hơn doanh thu
        en: Taxes are not more than the revenue
"""

# A form that no code knows, with a code list of its own.
OWN_FORMS = Path(__file__).parents[1] / "own_forms"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the product's definitions in which the authority adds a column to a new version."""
    folder = tmp_path / "forms"
    shutil.copytree(DEFINITIONS, folder)
    newest = folder / "monthly_report.2016.yml"
    text = newest.read_text(encoding="utf-8")
    ended = text.replace(
        'valid_from: "2016-01"\n', 'valid_from: "2016-01"\nvalid_to: "2016-05"\naccepted_until: "2016-06"\n'
    )
    newest.write_text(ended, encoding="utf-8")
    changed = text.replace('version: "2016"', 'version: "2016b"')
    changed = changed.replace('valid_from: "2016-01"\naccepted_from: "2015-10"\n', 'valid_from: "2016-06"\n')
    head, rest = changed.split("    checks:\n", 1)
    (folder / "monthly_report.2016b.yml").write_text(head + TAX_COLUMN + rest, encoding="utf-8")
    return folder


def with_taxes(month: str, taxes: object) -> dict[str, Rows]:
    sheets = right_report(month=month)
    sheets["THONG_TIN"][1][1] = "2016b"
    sheets["SAN_XUAT"][0] += ["Thuế đã nộp trong tháng (nghìn đồng)"]
    sheets["SAN_XUAT"][1] += [taxes]
    return sheets


def take_in(settings: Settings, files: dict[str, bytes]) -> dict[str, intake.Receipt]:
    for name, data in files.items():
        path = settings.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    intake.intake(settings, NOW)
    return {receipt.original_name: receipt for receipt in intake.receipts(settings)}


def landed(settings: Settings, dataset: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = ds.dataset(settings.landing / dataset, format="parquet").to_table().to_pylist()
    return rows


def test_an_indicator_is_added_by_editing_yaml_only(tmp_path: Path, own: Path) -> None:
    settings = Settings(home=tmp_path / "home", forms=own)
    files = {
        "2016-02-01/register.xlsx": workbook_of_register(),
        "2016-06-10/old.xlsx": workbook(right_report(month="2016-05")),
        "2016-07-10/new.xlsx": workbook(with_taxes("2016-06", 85_500)),
        "2016-07-11/grace.xlsx": workbook(right_report(month="2016-06", output=7)),
        "2016-07-12/wrong.xlsx": workbook(with_taxes("2016-06", 1_000_000)),
        "2016-07-13/rule.xlsx": workbook(poor(with_taxes("2016-06", "800.000,5 nghìn đồng"))),
    }
    states = {name: receipt.state for name, receipt in take_in(settings, files).items()}
    assert states == {
        "register.xlsx": "accepted",
        "old.xlsx": "accepted",
        "new.xlsx": "superseded",
        "grace.xlsx": "superseded",
        "wrong.xlsx": "rejected",
        "rule.xlsx": "accepted_with_warnings",
    }
    # Landing: the new column behind the others, empty where the version lacks it.
    taxes = {(row["form_version"], row["tax_paid_vnd_million"]) for row in landed(settings, "monthly_report/output")}
    assert {(version, str(value)) for version, value in taxes} == {
        ("2016", "None"),
        ("2016b", "85.500000"),
        ("2016b", "800.000500"),
    }
    # Findings: the bound and the rule of the definition, as the sheet has the numbers.
    found = {row["finding_code"]: row for row in landed(settings, "finding")}
    assert found["above_maximum"]["severity"] == "error"
    assert found["form_not_in_force"]["expected_vi"] == (
        "Biểu mẫu đang có hiệu lực của kỳ này (phiên bản 2016 dùng cho: 2016-01 – 2016-05)"
    )
    rule = found["tax_within_revenue"]
    assert (rule["cell"], rule["found"]) == ("H2", "800000.5 vnd_thousand > 0.5 vnd_billion")
    assert found["number_from_text"]["taken"] == "800000.5 vnd_thousand = 800.0005 vnd_million"
    # Template: the column, its unit, its bound, last month's value, and the rule across units.
    sheet = load_workbook(write_template(settings, TAX_CODE, Month(2016, 7), tmp_path / "t.xlsx"))["Sản xuất"]
    heads = {str(cell.value): cell for cell in sheet[6] if cell.value}
    column = heads["Thuế đã nộp trong tháng (nghìn đồng) *"]
    assert sheet.cell(8, column.column).value == "tax_paid_vnd_thousand"
    rules = [str(rule.formula1) for rule in sheet.data_validations.dataValidation]
    assert any(f"{column.column_letter}9<=900000" in rule for rule in rules)
    colours = [rule.formula[0] for _, of in sheet.conditional_formatting._cf_rules.items() for rule in of]
    assert f"AND(ISNUMBER($G9),SUM(N(${column.column_letter}9)*0.001)>N($G9)*1000)" in colours
    assert heads["Tháng trước (tham khảo): Thuế đã nộp trong tháng (nghìn đồng)"].column > column.column
    # Docs: the column, and what the version before was.
    page = forms_page(load_catalogue(settings))
    assert "| `tax_paid_vnd_million` | Thuế đã nộp trong tháng (nghìn đồng) |" in page
    assert "sent in vnd_thousand, kept in vnd_million | yes | ≥ 0, ≤ 900000 (else error) |" in page
    assert "- `output > tax_paid_vnd_million` was not there" in page


def poor(sheets: dict[str, Rows]) -> dict[str, Rows]:
    sheets["SAN_XUAT"][1][6] = 0.5
    return sheets


def workbook_of_register() -> bytes:
    return register("2016-01")


def test_a_form_of_another_authority_with_its_own_sections_and_code_list(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", forms=OWN_FORMS)

    def water(meter: str, billed: float) -> bytes:
        head = ["Số đồng hồ", "Nguồn nước", "Nước cấp (m3)", "Nước tính tiền (m3)"]
        cover = [["Mã biểu", "water_report"], ["Phiên bản biểu", 1], ["Mã ban quản lý", AUTHORITY]]
        return workbook(
            {
                "Thông tin chung": [*cover, ["Kỳ báo cáo", "Tháng 5/2016"]],
                "CAP_NUOC": [head, [meter, "Nước sông", 1500, billed], ["DH-0002", "well", "1.234,5", 100]],
            }
        )

    receipts = take_in(
        settings,
        {
            "2016-06-10/register.xlsx": workbook_of_register(),
            "2016-06-10/right.xlsx": water("DH-0001", 1400),
            "2016-06-11/shape.xlsx": water("0001", 1400),
            "2016-06-11/billed.xlsx": water("DH-0001", 9000),
        },
    )
    assert {name: receipt.state for name, receipt in receipts.items()} == {
        "register.xlsx": "accepted",
        "right.xlsx": "accepted",
        "shape.xlsx": "rejected",
        "billed.xlsx": "rejected",
    }
    assert (receipts["shape.xlsx"].reason_code, receipts["billed.xlsx"].reason_code) == (
        "text_shape",
        "billed_within_supplied",
    )
    rows = landed(settings, "water_report/supply")
    assert [(row["source"], str(row["supplied_m3"])) for row in rows] == [
        ("river", "1500.000000"),
        ("well", "1234.500000"),
    ]
    from zonehouse.workbooks import write_authority_template

    path = write_authority_template(settings, AUTHORITY, "water_report", Month(2016, 6), tmp_path / "t.xlsx")
    book = load_workbook(path)
    assert {"Cấp nước", "Thất thoát"} <= set(book.sheetnames)
    assert [book["Cấp nước"].cell(row, 1).value for row in (9, 10)] == ["DH-0001", "DH-0002"]
    page = forms_page(load_catalogue(settings))
    assert "## `water_report` version 1" in page and "Dạng DH-0001 (Like DH-0001; else error)" in page


# What is refused, and how it is told


def broken(tmp_path: Path, *changes: tuple[str, str], name: str = "monthly_report.2016.yml") -> str:
    folder = tmp_path / "changed"
    folder.mkdir()
    text = (DEFINITIONS / name).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(FormDefinitionError) as caught:
        read_catalogue([DEFINITIONS, folder], [SEEDS])
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "kind: average",
            "kind: mean",
            "labour > columns > average_income_vnd_million > kind: found 'mean'",
        ),
        ('version: "2016"', "version: 2016", "version: found 2016, expected: Input should be a valid string (put it"),
        ("(tỷ đồng)", "(triệu đồng)", "which says vnd_million; expected the unit vnd_billion"),
        ("sent_unit: vnd_billion", "sent_unit: usd", "sent_unit: found 'usd', expected one of vnd, vnd_thousand"),
        ('valid_from: "2016-01"', 'valid_from: "2016-13"', "valid_from: found '2016-13'"),
        ('accepted_from: "2015-10"', 'accepted_from: "2016-10"', "accepted_from: found 2016-10, expected valid_from"),
        ("right: {section: output}", "right: {section: outputs}", "no section 'outputs'; there are output, export"),
        ("{code: note,", "{code: batch_id,", "found batch_id, which every landed row has already"),
        ("en: Note,", "en: PROJECT CODE,", "names both project_code and note"),
        ("price_base_year: 2010\n", "price_base_year: 2010\nprice_base_year: 2020\n", "stands in line"),
        ("minimum: 0}", "minimum: 5, maximum: 1}", "maximum: found 1, expected at least the minimum, 5"),
        ("frequency: month", "frequency: irregular", "a monthly form needs a due rule, no other has one"),
    ],
)
def test_an_error_names_file_line_place_found_and_expected(tmp_path: Path, old: str, new: str, told: str) -> None:
    message = broken(tmp_path, (old, new))
    assert "changed/monthly_report.2016.yml" in message
    assert told in message
    assert "line " in message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('valid_from: "2016-01"', 'valid_from: "2015-12"', "found 2015-12, expected a month before 2015-12"),
        ("type: integer, unit: persons, kind: flow", "type: number, unit: persons, kind: flow",
         "labour > hires_persons > type: found number, expected integer as in monthly_report.2015.yml"),
        ("unit: usd,", "unit: usd_million,", "a column sent in another unit says so with sent_unit"),
        ("row_key: [hs_group, market_code]", "row_key: [hs_group]", "row_key: found hs_group, expected hs_group,"),
    ],
)  # fmt: skip
def test_versions_that_contradict_each_other_are_refused(tmp_path: Path, old: str, new: str, told: str) -> None:
    label = ("Xuất khẩu trong tháng (USD)", "Xuất khẩu trong tháng (triệu USD)")
    english = ("Exports in the month (USD)", "Exports in the month (USD million)")
    changes = [(old, new), *((label, english) if new == "unit: usd_million," else ())]
    assert told in broken(tmp_path, *changes)


def test_a_folder_or_list_that_is_not_there_or_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormDefinitionError, match=r"ZONEHOUSE_FORMS: found .*nowhere, expected a folder"):
        load_catalogue(Settings(forms=tmp_path / "nowhere"))
    (tmp_path / "lists").mkdir()
    shutil.copy(SEEDS / "vsic.csv", tmp_path / "lists" / "vsic.csv")
    with pytest.raises(FormDefinitionError, match=r"code_list vsic: found .* and .*, expected one vsic\.csv"):
        load_catalogue(Settings(forms=tmp_path))
    shutil.copy(DEFINITIONS / "monthly_report.2016.yml", tmp_path / "a.yml")
    shutil.copy(DEFINITIONS / "monthly_report.2016.yml", tmp_path / "b.yml")
    with pytest.raises(FormDefinitionError, match=r"b\.yml: form monthly_report version 2016 stands in a\.yml too"):
        load_catalogue(Settings(forms=tmp_path))


def test_the_command_line_checks_and_describes_an_own_folder(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZONEHOUSE_FORMS", str(own))
    listed = CliRunner().invoke(app, ["forms"])
    assert listed.exit_code == 0
    assert "monthly_report 2016: 2016-01 to 2016-05, 4 sheets, 23 columns" in listed.output
    assert "monthly_report 2016b: 2016-06 on, 4 sheets, 24 columns" in listed.output
    assert "tax_paid_vnd_million" in CliRunner().invoke(app, ["forms", "--page"]).output
    (own / "monthly_report.2016b.yml").write_text("code: x\n", encoding="utf-8")
    wrong = CliRunner().invoke(app, ["forms"])
    assert wrong.exit_code == 1 and "line 1: version: Field required" in wrong.stderr
    assert json.loads(CliRunner().invoke(app, ["forms", "--schema"]).output) == json.loads(definition_schema())
