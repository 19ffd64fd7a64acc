"""The catalogue of findings: stable codes, and what people are told in Vietnamese and English.

A finding says what was found, what was expected and how to mend it. ``error`` rejects the whole submission,
``warning`` lets it in and asks a steward, ``info`` records a repair or something that was ignored.
``docs/findings.md`` is written from here (``python -m zonehouse.intake.findings``); a test compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from zonehouse.intake.finding_titles import TITLES

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class FindingKind:
    """One entry of the catalogue; texts may name parameters in braces, such as ``{label}``."""

    code: str
    severity: str
    expected_vi: str
    expected_en: str
    mend_vi: str
    mend_en: str


class Address(NamedTuple):
    """Where in a workbook; ``cell`` as a spreadsheet writes it (``D7``), ``row`` 1-based."""

    sheet: str | None = None
    cell: str | None = None
    row: int | None = None
    column: str | None = None


NOWHERE = Address()

_FILE = (
    FindingKind(
        "not_a_workbook",
        "error",
        "Tệp bảng tính Excel (.xlsx) mở được",
        "An Excel workbook (.xlsx) that opens",
        "Mở tệp bằng Excel, lưu lại dạng .xlsx rồi gửi lại",
        "Open the file in Excel, save it as .xlsx and send it again",
    ),
    FindingKind(
        "extension_not_accepted",
        "error",
        "Tệp có đuôi {allowed}",
        "A file named {allowed}",
        "Lưu lại dạng .xlsx rồi gửi lại",
        "Save it as .xlsx and send it again",
    ),
    FindingKind(
        "extension_differs",
        "info",
        "Đuôi tệp đúng với nội dung ({content})",
        "A file name that tells the content ({content})",
        "Không cần sửa; lần sau lưu dạng .xlsx",
        "Nothing to mend; next time save it as .xlsx",
    ),
    FindingKind(
        "file_too_large",
        "error",
        "Tệp không quá {limit_mb} MB",
        "A file of at most {limit_mb} MB",
        "Bỏ hình ảnh và các trang không thuộc biểu rồi gửi lại",
        "Remove pictures and sheets that are not of the form, and send it again",
    ),
    FindingKind(
        "encrypted_workbook",
        "error",
        "Tệp không đặt mật khẩu",
        "A workbook without a password",
        "Bỏ mật khẩu mở tệp (File > Info > Protect Workbook) rồi gửi lại",
        "Remove the password (File > Info > Protect Workbook) and send it again",
    ),
    FindingKind(
        "macro_workbook",
        "error",
        "Tệp không có macro",
        "A workbook without macros",
        "Lưu lại dạng .xlsx (không macro) rồi gửi lại",
        "Save it as .xlsx (without macros) and send it again",
    ),
    FindingKind(
        "active_content",
        "error",
        "Tệp không có đối tượng nhúng, ActiveX hay kết nối dữ liệu",
        "A workbook without embedded objects, ActiveX or data connections",
        "Chép các số liệu sang biểu mẫu trống rồi gửi lại",
        "Copy the figures into a blank form and send it again",
    ),
    FindingKind(
        "external_links",
        "error",
        "Tệp không có liên kết sang tệp khác",
        "A workbook without links to other files",
        "Vào Data > Edit Links > Break Link, lưu rồi gửi lại",
        "Data > Edit Links > Break Link, save and send it again",
    ),
    FindingKind(
        "unsafe_archive",
        "error",
        "Cấu trúc bên trong tệp bình thường",
        "An ordinary compressed workbook",
        "Chép các số liệu sang biểu mẫu trống rồi gửi lại",
        "Copy the figures into a blank form and send it again",
    ),
    FindingKind(
        "unsafe_xml",
        "error",
        "Nội dung XML không khai báo DTD hay ENTITY",
        "XML parts without a DTD or entities",
        "Mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại",
        "Open it in Excel, save it as .xlsx and send it again",
    ),
    FindingKind(
        "sheet_too_large",
        "error",
        "Mỗi trang không quá {limit} ô",
        "At most {limit} cells in a sheet",
        "Xoá các hàng và cột thừa bên ngoài bảng rồi gửi lại",
        "Delete the rows and columns outside the table and send it again",
    ),
    FindingKind(
        "unreadable_workbook",
        "error",
        "Tệp mở và đọc được",
        "A workbook that can be read",
        "Mở bằng Excel, lưu lại dạng .xlsx rồi gửi lại",
        "Open it in Excel, save it as .xlsx and send it again",
    ),
    FindingKind(
        "reader_died",
        "error",
        "Tệp đọc được trong giới hạn bộ nhớ",
        "A workbook that can be read within the memory limit",
        "Chép các số liệu sang biểu mẫu trống rồi gửi lại",
        "Copy the figures into a blank form and send it again",
    ),
    FindingKind(
        "reader_timeout",
        "error",
        "Tệp đọc xong trong {seconds} giây",
        "A workbook that is read within {seconds} seconds",
        "Chép các số liệu sang biểu mẫu trống rồi gửi lại",
        "Copy the figures into a blank form and send it again",
    ),
    FindingKind(
        "csv_not_text",
        "error",
        "Tệp .csv chỉ gồm chữ (UTF-8, UTF-16 có BOM hoặc Windows-1258)",
        "A .csv file of plain text (UTF-8, UTF-16 with BOM or Windows-1258)",
        "Lưu lại dạng “CSV UTF-8” hoặc .xlsx rồi gửi lại",
        "Save it as “CSV UTF-8” or .xlsx and send it again",
    ),
    FindingKind(
        "csv_encoding",
        "error",
        "Bảng mã đọc được theo một cách duy nhất: UTF-8, UTF-16 có BOM hoặc Windows-1258",
        "An encoding that reads in one way only: UTF-8, UTF-16 with BOM or Windows-1258",
        "Lưu lại dạng “CSV UTF-8” hoặc .xlsx rồi gửi lại",
        "Save it as “CSV UTF-8” or .xlsx and send it again",
    ),
    FindingKind(
        "csv_ambiguous",
        "error",
        "Dấu phân cách các cột là một: chấm phẩy, phẩy hoặc tab",
        "One delimiter of the fields: semicolon, comma or tab",
        "Lưu lại với một dấu phân cách, hoặc gửi tệp .xlsx",
        "Save it with one delimiter, or send an .xlsx file",
    ),
    FindingKind(
        "csv_malformed",
        "error",
        "Các dấu nháy kép trong tệp .csv đi thành cặp, mỗi ô không quá 32.767 ký tự",
        "Quotes in pairs in the .csv file, at most 32,767 characters in a field",
        "Lưu lại từ Excel dạng “CSV UTF-8” hoặc .xlsx rồi gửi lại",
        "Save it from Excel as “CSV UTF-8” or .xlsx and send it again",
    ),
    FindingKind(
        "csv_without_form",
        "error",
        "Các dòng “Mã biểu”, “Kỳ báo cáo”… rồi từng trang của biểu, trang này dưới trang kia",
        "Lines “Form code”, “Reporting month” …, then each sheet of the form below the other",
        "Dùng biểu mẫu .xlsx do ban quản lý phát hành, hoặc sắp xếp tệp theo hướng dẫn",
        "Use the .xlsx form that the authority issues, or arrange the file as described",
    ),
    FindingKind(
        "csv_row_width",
        "error",
        "Mỗi dòng của bảng có {width} ô như dòng tiêu đề (dòng này có {fields})",
        "{width} fields in each line of the table, as in its header (this line has {fields})",
        "Đặt số có dấu phẩy thập phân trong nháy kép, hoặc phân cách bằng chấm phẩy; dòng bị cụt thì điền đủ ô",
        "Put numbers with a decimal comma in quotes, or separate by semicolons; a line cut short: give all its fields",
    ),
    FindingKind(
        "csv_read",
        "info",
        "Tệp .xlsx",
        "An .xlsx file",
        "Đã đọc tệp .csv theo bảng mã và dấu phân cách này; không cần sửa nếu đúng",
        "The .csv file was read in this encoding and with this delimiter; nothing to mend if right",
    ),
)

_FORM = (
    FindingKind(
        "cover_missing",
        "error",
        "Trang thông tin chung có ô “Mã biểu”",
        "A cover sheet with the cell “Form code”",
        "Điền vào biểu mẫu do ban quản lý phát hành rồi gửi lại",
        "Fill in the form that the authority issues and send it again",
    ),
    FindingKind(
        "form_unknown",
        "error",
        "Mã biểu là một trong: {forms}",
        "The form code is one of: {forms}",
        "Sửa ô “Mã biểu” theo biểu mẫu",
        "Correct the cell “Form code”",
    ),
    FindingKind(
        "form_version_unknown",
        "error",
        "Phiên bản của biểu {form} là một trong: {versions}",
        "The version of form {form} is one of: {versions}",
        "Dùng biểu mẫu đang có hiệu lực",
        "Use the form that is in force",
    ),
    FindingKind(
        "cover_value_missing",
        "error",
        "Có giá trị ở “{label}”",
        "A value for “{label}”",
        "Điền ô bên phải “{label}”",
        "Fill in the cell to the right of “{label}”",
    ),
    FindingKind(
        "period_outside_form",
        "error",
        "Kỳ báo cáo trong thời gian hiệu lực của biểu: {valid}",
        "A reporting month within the validity of the form: {valid}",
        "Sửa kỳ báo cáo hoặc dùng phiên bản biểu đúng của kỳ đó",
        "Correct the month or use the form version of that month",
    ),
    FindingKind(
        "form_not_in_force",
        "warning",
        "Biểu mẫu đang có hiệu lực của kỳ này (phiên bản {version} dùng cho: {valid})",
        "The form version in force for the month (version {version} is for: {valid})",
        "Đã nhận lần này; từ kỳ sau dùng biểu mẫu mới do ban quản lý phát hành",
        "Taken in this time; use the form that the authority issues now for the next month",
    ),
    FindingKind(
        "period_in_future",
        "error",
        "Kỳ báo cáo không sau tháng nhận tệp ({month})",
        "A reporting month not after the month of receipt ({month})",
        "Sửa kỳ báo cáo",
        "Correct the reporting month",
    ),
    FindingKind(
        "period_dates_reversed",
        "error",
        "“Đến ngày” không trước “Từ ngày” ({start})",
        "“To” not before “From” ({start})",
        "Sửa ngày đầu kỳ và cuối kỳ",
        "Correct the first and the last day",
    ),
    FindingKind(
        "period_days_elsewhere",
        "error",
        "Ngày thuộc kỳ báo cáo {month}: từ {earliest} đến {latest}",
        "A day of the reporting month {month}: from {earliest} to {latest}",
        "Sửa ngày đầu kỳ, ngày cuối kỳ hoặc kỳ báo cáo cho khớp nhau",
        "Correct the first day, the last day or the reporting month so that they agree",
    ),
    FindingKind(
        "period_days_unusual",
        "warning",
        "Từ ngày đầu đến ngày cuối của tháng ({first} – {last}), hoặc một kỳ dài chừng một tháng",
        "The first to the last day of the month ({first} – {last}), or days of about a month",
        "Kiểm tra ngày đầu kỳ và cuối kỳ; để trống cả hai nếu báo cáo trọn tháng",
        "Check the first and the last day; leave both blank when the whole month is reported",
    ),
    FindingKind(
        "month_from_day",
        "warning",
        "Tháng và năm. Ô này là một ngày, đã hiểu là tháng {month}; nếu Excel đảo ngày và tháng thì là {other}",
        "Month and year. The cell holds a day, taken to be of {month}; if Excel swapped day and month it is {other}",
        "Gõ kỳ báo cáo thành chữ như 05/2016 rồi gửi lại; nếu đã hiểu đúng thì để nguyên",
        "Type the month as text such as 05/2016 and send again; leave it if it was taken rightly",
    ),
    FindingKind(
        "period_days_shifted",
        "info",
        "Từ ngày đầu đến ngày cuối của tháng ({first} – {last})",
        "The first to the last day of the month ({first} – {last})",
        "Không cần sửa nếu doanh nghiệp khoá sổ vào ngày khác",
        "Nothing to mend when the enterprise closes its books on another day",
    ),
    FindingKind(
        "sheet_missing",
        "error",
        "Có trang “{label}” ({sheet_code})",
        "A sheet “{label}” ({sheet_code})",
        "Thêm trang theo biểu mẫu; không có số liệu thì để bảng trống",
        "Add the sheet as in the form; leave its table empty when there is nothing to report",
    ),
    FindingKind(
        "sheet_repeated",
        "error",
        "Chỉ một trang “{label}” có số liệu (đã có ở trang {other})",
        "One sheet “{label}” with figures (there is {other} already)",
        "Giữ lại một trang, xoá trang kia",
        "Keep one of the sheets, delete the other",
    ),
    FindingKind(
        "header_missing",
        "error",
        "Hàng tiêu đề của bảng trong {rows} hàng đầu, có các cột như “{label}”",
        "The header of the table within the first {rows} rows, with columns such as “{label}”",
        "Chép hàng tiêu đề từ biểu mẫu",
        "Copy the header row from the form",
    ),
    FindingKind(
        "column_missing",
        "error",
        "Có cột “{label}”",
        "A column “{label}”",
        "Thêm cột theo biểu mẫu",
        "Add the column as in the form",
    ),
    FindingKind(
        "column_repeated",
        "warning",
        "Cột “{label}” chỉ có một lần",
        "The column “{label}” only once",
        "Chỉ cột bên trái được đọc; xoá cột thừa",
        "Only the one on the left is read; delete the other",
    ),
    FindingKind(
        "column_ambiguous",
        "error",
        "Dưới tiêu đề “{label}” chỉ có một cột là số liệu của kỳ báo cáo",
        "One column below the title “{label}” that holds the figures of the reporting month",
        "Ghi rõ cột nào là số liệu trong tháng, cột nào là luỹ kế, như trong biểu mẫu",
        "Say which column is the month and which the year to date, as the form does",
    ),
    FindingKind(
        "unit_differs",
        "error",
        "Số liệu “{label}” theo đơn vị của biểu (ở đây ghi: {other})",
        "“{label}” in the unit of the form (here it says: {other})",
        "Đổi số liệu sang đơn vị của biểu, sửa hoặc xoá dòng ghi đơn vị khác",
        "Convert the figures to the form's unit; correct or delete the note that names another",
    ),
    FindingKind(
        "unit_not_stated",
        "warning",
        "Tiêu đề ghi đơn vị như trong biểu: {unit}",
        "A header with its unit, as in the form: {unit}",
        "Đã hiểu theo đơn vị của biểu; kiểm tra và ghi đơn vị vào tiêu đề",
        "Taken to be in the form's unit; check, and name the unit in the header",
    ),
    FindingKind(
        "unit_unknown",
        "warning",
        "Một đơn vị tính của biểu, như triệu đồng, USD",
        "A unit of the form, such as VND million, USD",
        "Kiểm tra đơn vị; ghi đơn vị như trong biểu mẫu",
        "Check the unit; name it as the form does",
    ),
    FindingKind(
        "cover_repeated",
        "error",
        "Mỗi tệp một trang thông tin chung, mỗi mục ghi một lần (đã có ở {other})",
        "One cover sheet in a file, each of its fields once (there is {other} already)",
        "Giữ lại một trang; mỗi kỳ báo cáo gửi một tệp",
        "Keep one of them; send one file for each month",
    ),
    FindingKind(
        "month_stated_differs",
        "warning",
        "Các tiêu đề ghi cùng một tháng với trang thông tin chung: {month}",
        "Titles that name the month of the cover sheet: {month}",
        "Tiêu đề còn của tháng cũ: sửa tiêu đề; số liệu của tháng khác: sửa kỳ báo cáo hoặc gửi đúng tệp",
        "A title left from another month: correct it; figures of another month: correct the period or send its file",
    ),
    FindingKind(
        "name_of_another",
        "warning",
        "Tên của mã số thuế {tax_code} trong sổ đăng ký: {name}",
        "The name that the register has for tax code {tax_code}: {name}",
        "Tên này là của doanh nghiệp khác: xem có gửi nhầm tệp hay ghi nhầm mã số thuế không, sửa rồi gửi lại",
        "This name is another enterprise’s: a wrong file, or a wrong tax code? Correct and send again",
    ),
    FindingKind(
        "project_of_another",
        "warning",
        "Dự án của mã số thuế {tax_code} trong sổ đăng ký",
        "A project that the register gives to tax code {tax_code}",
        "Dự án của doanh nghiệp khác: sửa mã dự án hoặc mã số thuế, gửi lại; đã chuyển nhượng thì báo ban quản lý",
        "Another enterprise’s project: correct its code or the tax code, send again; transferred: tell the authority",
    ),
    FindingKind(
        "extra_column",
        "info",
        "Chỉ các cột của biểu",
        "Only the columns of the form",
        "Cột này không được đọc",
        "This column is not read",
    ),
    FindingKind(
        "extra_sheet",
        "info",
        "Chỉ các trang của biểu",
        "Only the sheets of the form",
        "Trang này không được đọc",
        "This sheet is not read",
    ),
    FindingKind(
        "hidden_sheet",
        "info",
        "Các trang đều hiện",
        "Sheets that can be seen",
        "Trang đang ẩn: kiểm tra có đúng là trang cần báo cáo không",
        "The sheet is hidden: see whether it is meant to be reported",
    ),
    FindingKind(
        "hidden_rows",
        "warning",
        "Các hàng số liệu của “{label}” đều hiện",
        "Rows of “{label}” that can be seen",
        "Hàng bị ẩn hoặc bị lọc vẫn được đọc: bỏ lọc, kiểm tra có đúng là số liệu cần báo cáo không; nếu không thì xoá",
        "Hidden or filtered rows are read too: clear the filter and see whether they are meant; if not, delete them",
    ),
    FindingKind(
        "hidden_columns",
        "warning",
        "Các cột số liệu của “{label}” đều hiện",
        "Columns of “{label}” that can be seen",
        "Cột bị ẩn vẫn được đọc: cho hiện cột và kiểm tra số liệu",
        "Hidden columns are read too: show them and check the figures",
    ),
    FindingKind(
        "title_row",
        "info",
        "Chỉ các hàng số liệu",
        "Rows of figures only",
        "Hàng này không có số liệu, được coi là tiêu đề nhóm, không được đọc",
        "This row has no figures; it is taken as the title of a group and not read",
    ),
    FindingKind(
        "row_part_of",
        "warning",
        "Không có hàng “Trong đó…”: số của hàng này đã nằm trong hàng phía trên",
        "No row “Of which …”: its figures are within those of the row above",
        "Hàng này không được nạp. Nếu chưa nằm trong hàng nào thì bỏ chữ “Trong đó” rồi gửi lại",
        "The row was not loaded. If it is within no other row, delete the words “Of which” and send again",
    ),
    FindingKind(
        "rows_below_note",
        "warning",
        "Dưới ghi chú không còn hàng số liệu của bảng",
        "No more rows of the table below a note",
        "Các hàng từ đây trở xuống đã được nạp: nếu thuộc một bảng khác thì chuyển sang trang khác rồi gửi lại",
        "The rows from here on were loaded: if they are of another table, move it to another sheet and send again",
    ),
    FindingKind(
        "note_below_table",
        "info",
        "Không có gì dưới bảng",
        "Nothing below the table",
        "Hàng này được coi là ghi chú, không được đọc",
        "This row is taken as a note and not read",
    ),
)

_CELL = (
    FindingKind(
        "key_blank",
        "error",
        "Có giá trị ở cột “{label}”",
        "A value in the column “{label}”",
        "Điền ô này hoặc xoá cả hàng",
        "Fill in the cell or delete the row",
    ),
    FindingKind(
        "value_blank",
        "warning",
        "Có giá trị ở cột “{label}”: 0 nếu bằng không, “-” nếu không phát sinh, “x” nếu không áp dụng",
        "A value in the column “{label}”: 0 for zero, “-” for nothing to report, “x” for not applicable",
        "Điền ô này",
        "Fill in the cell",
    ),
    FindingKind(
        "not_a_number",
        "error",
        "Một số ở cột “{label}”",
        "A number in the column “{label}”",
        "Gõ số, không kèm chữ; “-” nếu không phát sinh, “x” nếu không áp dụng",
        "Type a number without words; “-” for nothing to report, “x” for not applicable",
    ),
    FindingKind(
        "number_as_date",
        "error",
        "Một số ở cột “{label}”, không phải ngày",
        "A number in the column “{label}”, not a date",
        "Ô đang định dạng ngày: đổi sang định dạng số và kiểm tra lại giá trị",
        "The cell is formatted as a date: format it as a number and check the value",
    ),
    FindingKind(
        "number_as_percent",
        "error",
        "Một số ở cột “{label}”, không phải tỷ lệ phần trăm",
        "A number in the column “{label}”, not a percentage",
        "Ô đang hiện dạng %: đổi sang định dạng số và kiểm tra lại giá trị",
        "The cell shows a percentage: format it as a number and check the value",
    ),
    FindingKind(
        "number_shown_differs",
        "error",
        "Ô ở cột “{label}” hiện đúng số được lưu (ở đây định dạng làm số hiện ra khác số lưu)",
        "A cell in the column “{label}” that shows the number it stores (here its format shows another)",
        "Định dạng ô kiểu số thường (như #,##0), rồi gõ số theo đơn vị của biểu",
        "Give the cell a plain number format (such as #,##0), then type the number in the form's unit",
    ),
    FindingKind(
        "ambiguous_number",
        "error",
        "Một số đọc được theo một cách duy nhất (ở đây dấu phân cách có thể là phần nghìn hoặc phần thập phân)",
        "A number that reads in one way only (here the separator may mean thousands or decimals)",
        "Gõ thành số (không phải chữ) trong ô",
        "Enter it as a number, not as text",
    ),
    FindingKind(
        "not_an_integer",
        "error",
        "Một số nguyên ở cột “{label}”",
        "A whole number in the column “{label}”",
        "Gõ số nguyên",
        "Type a whole number",
    ),
    FindingKind(
        "number_too_large",
        "error",
        "Một số nhỏ hơn 10^18",
        "A number below 10^18",
        "Kiểm tra đơn vị tính",
        "Check the unit",
    ),
    FindingKind(
        "cell_error",
        "error",
        "Một giá trị, không phải lỗi công thức như #N/A",
        "A value, not a formula error such as #N/A",
        "Sửa công thức hoặc gõ giá trị",
        "Mend the formula or type the value",
    ),
    FindingKind(
        "formula_without_value",
        "error",
        "Giá trị đã tính của công thức",
        "The computed value of the formula",
        "Mở bằng Excel để tính lại, lưu rồi gửi lại; hoặc dán giá trị",
        "Open it in Excel to compute it, save and send it again; or paste the value",
    ),
    FindingKind(
        "value_not_stored",
        "error",
        "Giá trị được lưu trong ô, không chỉ chữ hiển thị",
        "A value that is stored in the cell, not only the text that is shown",
        "Mở tệp bằng Excel hoặc LibreOffice, lưu lại dạng .xlsx rồi gửi lại",
        "Open the file in Excel or LibreOffice, save it as .xlsx and send it again",
    ),
    FindingKind(
        "formula_as_text",
        "error",
        "Giá trị, không phải công thức gõ thành chữ",
        "A value, not a formula typed as text",
        "Định dạng ô là General, gõ lại công thức; hoặc gõ giá trị",
        "Format the cell as General and type the formula again; or type the value",
    ),
    FindingKind(
        "tax_code_personal",
        "warning",
        "Mã số thuế 10 chữ số của doanh nghiệp; 12 chữ số là số định danh cá nhân, không có chữ số kiểm tra",
        "The 10-digit tax code of an enterprise; 12 digits are a personal number, which has no check digit",
        "Kiểm tra số; doanh nghiệp thì gõ mã số thuế 10 chữ số",
        "Check the number; an enterprise gives its tax code of 10 digits",
    ),
    FindingKind(
        "text_lost",
        "warning",
        "Chữ đọc được, đủ dấu",
        "Text that can be read, with all its letters",
        "Gõ lại bằng phông Unicode; các chữ bị mất không khôi phục được",
        "Type it again in a Unicode font; the letters that are gone cannot be brought back",
    ),
    FindingKind(
        "text_doubtful",
        "warning",
        "Chữ Unicode (ở đây có thể là {encoding})",
        "Unicode text (here it might be {encoding})",
        "Đã giữ nguyên; nếu là chữ TCVN3 hoặc VNI thì gõ lại bằng phông Unicode",
        "Kept as it is; if it is TCVN3 or VNI text, type it again in a Unicode font",
    ),
    FindingKind(
        "date_in_text",
        "warning",
        "Chữ ở cột “{label}”, không phải ngày",
        "A text in the column “{label}”, not a date",
        "Excel đã đổi chữ thành ngày: định dạng ô kiểu Text rồi gõ lại",
        "Excel turned the text into a date: format the cell as Text and type it again",
    ),
    FindingKind(
        "not_a_date",
        "error",
        "Một ngày, dạng ngày/tháng/năm, ở “{label}”",
        "A date, day/month/year, for “{label}”",
        "Gõ ngày như 31/05/2016",
        "Type a date such as 31/05/2016",
    ),
    FindingKind(
        "not_a_month",
        "error",
        "Một tháng, dạng tháng/năm, ở “{label}”",
        "A month, month/year, for “{label}”",
        "Gõ tháng như 05/2016",
        "Type a month such as 05/2016",
    ),
    FindingKind(
        "not_a_tax_code",
        "error",
        "Mã số thuế 10 chữ số, hoặc 10 chữ số kèm -001 đến -999",
        "A tax code of 10 digits, or of 10 digits and -001 to -999",
        "Gõ mã số thuế như trên giấy chứng nhận",
        "Type the tax code as on the certificate",
    ),
    FindingKind(
        "tax_code_check_digit",
        "error",
        "Mã số thuế có chữ số kiểm tra đúng: {check}",
        "A tax code with the right check digit: {check}",
        "Đối chiếu mã số thuế với giấy chứng nhận và sửa chữ số gõ sai",
        "Compare it with the certificate and correct the mistyped digit",
    ),
    FindingKind(
        "not_a_boolean",
        "error",
        "“có” hoặc “không” ở cột “{label}”",
        "“yes” or “no” in the column “{label}”",
        "Gõ có, không, hoặc để trống",
        "Type yes, no, or leave it blank",
    ),
    FindingKind(
        "code_unknown",
        "error",
        "Một trong: {codes}",
        "One of: {codes}",
        "Chọn một mã trong danh sách",
        "Choose a code of the list",
    ),
    FindingKind(
        "code_not_listed",
        "warning",
        "Một mã trong danh mục của cột “{label}”",
        "A code of the reference list of the column “{label}”",
        "Kiểm tra mã; nếu đúng, báo ban quản lý bổ sung danh mục",
        "Check the code; if it is right, ask the authority to add it to the list",
    ),
    FindingKind(
        "below_minimum",
        "error",
        "Không nhỏ hơn {bound}",
        "Not below {bound}",
        "Gõ số đúng. Để điều chỉnh kỳ trước: gửi lại báo cáo của kỳ đó, không ghi số âm vào kỳ này",
        "Type the right number. To correct an earlier month, send that month's report again; no negative amount here",
    ),
    FindingKind(
        "above_maximum",
        "warning",
        "Không lớn hơn {bound}",
        "Not above {bound}",
        "Kiểm tra đơn vị tính và giá trị",
        "Check the unit and the value",
    ),
    FindingKind(
        "text_shape",
        "error",
        "{rule}",
        "{rule}",
        "Sửa ô này cho đúng dạng",
        "Correct the cell to this shape",
    ),
    FindingKind(
        "row_repeated",
        "error",
        "Mỗi {keys} chỉ một hàng (đã có ở hàng {first})",
        "One row for each {keys} (already in row {first})",
        "Hai hàng là hai phần: cộng vào một hàng; chép nhầm hai lần: xoá hàng thừa",
        "Two parts of one: add them up in one row; copied by mistake: delete one of the rows",
    ),
    FindingKind(
        "row_is_sum",
        "warning",
        "Mỗi hàng là một mục riêng; hàng tổng ghi “Tổng cộng” (ở đây hàng này đúng bằng tổng các hàng khác)",
        "Rows that are items of their own; a total says “Tổng cộng” (here the row is just the sum of all others)",
        "Nếu là hàng tổng: ghi “Tổng cộng” ở cột mã hoặc xoá hàng, rồi gửi lại; đang được tính hai lần",
        "If it is a total, write “Tổng cộng” as its key or delete the row, and send again: it is counted twice now",
    ),
    FindingKind(
        "total_differs",
        "warning",
        "Tổng các hàng: {total}",
        "The sum of the rows: {total}",
        "Kiểm tra hàng tổng và các hàng phía trên; hàng tổng không được nạp",
        "Check the total and the rows above; the total itself is not loaded",
    ),
    FindingKind(
        "total_not_read",
        "warning",
        "Hàng tổng có giá trị để so với các hàng (ở đây là lỗi, hoặc công thức chưa được tính)",
        "A total that can be compared with the rows (here it is an error, or a formula that was never computed)",
        "Mở tệp bằng Excel hoặc LibreOffice, sửa công thức của hàng tổng, lưu; các hàng khác đã được nạp",
        "Open the file in Excel or LibreOffice, mend the total's formula and save; the other rows were loaded",
    ),
    FindingKind(
        "row_check",
        "warning",
        "{rule}",
        "{rule}",
        "Kiểm tra các ô của hàng này",
        "Check the cells of this row",
    ),
    FindingKind(
        "section_check",
        "warning",
        "{rule}",
        "{rule}",
        "So hai trang với nhau; bổ sung hoặc sửa trang sai",
        "Compare the two sheets; complete or correct the one that is wrong",
    ),
)

_HISTORY = (
    FindingKind(
        "month_is_year_to_date",
        "warning",
        "{whole}{rule}; luỹ kế đến tháng trước: {before}",
        "{whole}{rule}; year to date until last month: {before}",
        "Số này có vẻ là luỹ kế từ đầu năm: ghi số của riêng tháng rồi gửi lại; nếu đúng thì để nguyên",
        "This looks like the year to date: enter the month alone and send again; leave it if it is right",
    ),
    FindingKind(
        "factor_of_thousand",
        "warning",
        "{whole}{rule}: khoảng {usual} (trung vị của {months} tháng trước)",
        "{whole}{rule}: about {usual} (median of {months} earlier months)",
        "Kiểm tra đơn vị tính, loại tiền và dấu phân cách phần nghìn, sửa rồi gửi lại; đúng thì để nguyên",
        "Check the unit, the currency and the thousands separators, mend and send again; leave it if it is right",
    ),
    FindingKind(
        "copy_of_last_month",
        "warning",
        "{rule} ({last}); ở đây mọi số đều giống, trong đó {cells} số phát sinh trong tháng",
        "{rule} ({last}); here all are the same, {cells} figures of the month among them",
        "Kiểm tra có gửi nhầm số liệu tháng trước không; nhầm thì sửa rồi gửi lại, đúng thì để nguyên",
        "See whether last month's figures were sent by mistake; if so mend and send again, else leave them",
    ),
    FindingKind(
        "number_not_confirmed",
        "warning",
        "Một ô kiểu số; các tháng trước: {usual}",
        "A cell that holds a number; earlier months: {usual}",
        "Chữ này hiểu được theo hai cách, chưa có gì xác nhận: kiểm tra số đã đọc; sai thì gõ lại thành số và gửi lại",
        "The text reads in two ways, nothing confirms it: check what was read; if wrong type a number and send again",
    ),
    FindingKind(
        "year_to_date_difference",
        "warning",
        "{rule}: {expected}",
        "{rule}: {expected}",
        "Kiểm tra số trong tháng, luỹ kế tháng này và luỹ kế đã báo cáo tháng trước; sửa số sai rồi gửi lại",
        "Check the month, its year to date and the year to date sent last month; mend the wrong one and send again",
    ),
)

_REPAIR = (
    FindingKind(
        "number_by_sheet",
        "info",
        "Một ô kiểu số",
        "A cell that holds a number",
        "Chữ hiểu được theo hai cách, đã đọc theo dấu thập phân của các số khác trong trang; kiểm tra độ lớn của số",
        "The text reads in two ways and was read by the decimal mark of the sheet's other numbers; check its size",
    ),
    FindingKind(
        "number_from_text",
        "info",
        "Một ô kiểu số",
        "A cell that holds a number",
        "Đã đọc chữ thành số; không cần sửa nếu đúng",
        "The text was read as a number; nothing to mend if right",
    ),
    FindingKind(
        "mark_from_text",
        "info",
        "“-” nếu không phát sinh, “x” nếu không áp dụng",
        "“-” for nothing to report, “x” for not applicable",
        "Đã hiểu chữ này là dấu bên cạnh; không cần sửa nếu đúng",
        "The words were taken for the mark beside; nothing to mend if right",
    ),
    FindingKind(
        "date_from_text",
        "info",
        "Một ô kiểu ngày",
        "A cell that holds a date",
        "Đã đọc chữ thành ngày (ngày trước tháng); không cần sửa nếu đúng",
        "The text was read as a date (day first); nothing to mend if right",
    ),
    FindingKind(
        "date_from_serial",
        "info",
        "Một ô kiểu ngày",
        "A cell that holds a date",
        "Đã đọc số thứ tự ngày của Excel; không cần sửa nếu đúng",
        "Excel's day number was read as a date; nothing to mend if right",
    ),
    FindingKind(
        "leading_zero_restored",
        "info",
        "Mã đủ chữ số, kể cả số 0 ở đầu",
        "A code with all its digits, leading zeros too",
        "Đã thêm số 0 ở đầu; nên định dạng ô kiểu chữ (Text)",
        "The leading zero was restored; format the cell as text",
    ),
    FindingKind(
        "code_tidied",
        "info",
        "Mã gõ bằng chữ Latinh, chữ số và dấu - của bàn phím",
        "A code typed in Latin letters, digits and the hyphen of the keyboard",
        "Đã thay các ký tự trông giống (gạch dài, chữ Kirin); không cần sửa nếu đúng",
        "Signs that only look alike (dashes, Cyrillic letters) were replaced; nothing to mend if right",
    ),
    FindingKind(
        "text_converted",
        "info",
        "Chữ Unicode dựng sẵn (NFC)",
        "Text in composed Unicode (NFC)",
        "Đã chuyển từ {encoding}; nên dùng phông Unicode (Times New Roman, Arial)",
        "Converted from {encoding}; better use a Unicode font (Times New Roman, Arial)",
    ),
    FindingKind(
        "tax_code_repaired",
        "info",
        "Mã số thuế 10 chữ số, hoặc 10 chữ số kèm -001 đến -999",
        "A tax code of 10 digits, or of 10 digits and -001 to -999",
        "Đã bỏ dấu cách, dấu chấm hoặc chữ thừa; không cần sửa nếu đúng",
        "Spaces, points or words were left out; nothing to mend if right",
    ),
    FindingKind(
        "unit_converted",
        "info",
        "Số theo đơn vị của biểu",
        "A number in the form's unit",
        "Đã đổi đơn vị ghi trong ô; không cần sửa nếu đúng",
        "Converted from the unit in the cell; nothing to mend if right",
    ),
    FindingKind(
        "percent_as_shown",
        "info",
        "Số phần trăm như hiện trong ô",
        "The percentage as the cell shows it",
        "Đã lấy số phần trăm đang hiện (ô lưu 0,75 và hiện 75 %); không cần sửa nếu đúng",
        "The percentage was taken as shown (the cell stores 0.75 and shows 75 %); nothing to mend if right",
    ),
    FindingKind(
        "text_shortened",
        "warning",
        "Không quá {limit} ký tự",
        "At most {limit} characters",
        "Phần thừa bị bỏ; viết ngắn lại",
        "The rest was left out; shorten the text",
    ),
    FindingKind(
        "more_findings",
        "info",
        "Không quá {limit} phát hiện trong một tệp",
        "At most {limit} findings in a file",
        "Còn {left} phát hiện khác không liệt kê; sửa các ô trên rồi gửi lại",
        "{left} more are not listed; mend those above and send it again",
    ),
)

_HELD = (
    FindingKind(
        "held_no_register",
        "warning",
        "Mã ban quản lý có sổ đăng ký dự án đã được tiếp nhận",
        "An authority code whose project register has been taken in",
        "Tệp được tạm giữ. Mã {authority} gõ sai thì sửa và gửi lại; gõ đúng thì gửi sổ đăng ký của ban quản lý đó: "
        "tệp sẽ tự được tính, không phải gửi lại",
        "The file is held. If {authority} is mistyped, correct it and send again; if it is right, send the register of "
        "that authority: the file is then counted by itself",
    ),
    FindingKind(
        "held_unit_unknown",
        "warning",
        "Mã số thuế có trong sổ đăng ký của ban quản lý {authority}",
        "A tax code that the register of authority {authority} lists",
        "Tệp được tạm giữ. Mã số thuế hoặc mã ban quản lý gõ sai thì sửa và gửi lại; gõ đúng thì bổ sung doanh nghiệp "
        "vào sổ đăng ký: tệp sẽ tự được tính, không phải gửi lại",
        "The file is held. If the tax code or the authority code is mistyped, correct it and send again; if both are "
        "right, add the enterprise to the register: the file is then counted by itself",
    ),
    FindingKind(
        "held_project_unknown",
        "warning",
        "Mã dự án có trong sổ đăng ký của ban quản lý {authority}",
        "Project codes that the register of authority {authority} lists",
        "Tệp được tạm giữ. Mã dự án gõ sai thì sửa và gửi lại; gõ đúng thì bổ sung dự án vào sổ đăng ký: "
        "tệp sẽ tự được tính, không phải gửi lại",
        "The file is held. If the project code is mistyped, correct it and send again; if it is right, add the project "
        "to the register: the file is then counted by itself",
    ),
)

GROUPS = (
    ("The file", _FILE),
    ("The form", _FORM),
    ("Cells and rows", _CELL),
    ("Earlier months", _HISTORY),
    ("Repairs", _REPAIR),
    ("Held", _HELD),
)
CATALOGUE: Mapping[str, FindingKind] = {kind.code: kind for _, kinds in GROUPS for kind in kinds}


_MEASURED = frozenset(
    (
        "below_minimum", "above_maximum", "not_an_integer", "number_too_large", "number_as_percent",
        "number_shown_differs", "unit_differs", "percent_as_shown",
    )
)  # fmt: skip
_TAKEN = frozenset(
    ("number_from_text", "number_by_sheet", "number_not_confirmed", "unit_converted", "percent_as_shown")
)
_A_NUMBER = re.compile(r"(?:(?<=: )|(?<=[≈≠+×>=−→] )|^)-?\d+(?:\.\d+)?(?=$|[ ;,])")


def grouped(number: float | Decimal, language: str) -> str:
    """``1.234,5`` in Vietnamese, ``1,234.5`` in English; six decimals at most."""
    text = f"{Decimal(str(number)):,.6f}".rstrip("0").rstrip(".")
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def in_language(finding: Mapping[str, Any], name: str, language: str) -> str | None:
    """What was ``found`` or ``taken`` as a person reads it: what we computed or a cell holds as a number is written as
    the language does, what a sender wrote stays as it is."""
    text: str | None = finding[name]
    code = finding["finding_code"]
    is_number = code in (_TAKEN if name == "taken" else _MEASURED) or (name == "found" and code not in CATALOGUE)
    if not text or not is_number:
        return text
    return _A_NUMBER.sub(lambda found: grouped(Decimal(found.group()), language), text)


def _written(word: object, side: int) -> object:
    if isinstance(word, tuple):
        return word[side]
    if isinstance(word, (int, float, Decimal)) and not isinstance(word, bool):
        return grouped(word, ("vi", "en")[side])
    return f"{word:%d/%m/%Y}" if isinstance(word, date) and side == 0 else word


class Findings:
    """The findings of one workbook, in the order they were made; keeps at most ``limit``, counts all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.items: list[dict[str, Any]] = []
        self.counts = dict.fromkeys(SEVERITIES, 0)

    @property
    def total(self) -> int:
        """All findings so far, those not kept too."""
        return sum(self.counts.values())

    def forget_since(self, kept: int, counts: Mapping[str, int]) -> None:
        """Take back what was added since there were ``kept`` items and these ``counts``."""
        del self.items[kept:]
        self.counts = dict(counts)

    def add(
        self,
        kind: str | FindingKind,
        at: Address = NOWHERE,
        *,
        found: str | None = None,
        taken: str | None = None,
        words: Mapping[str, object] = MappingProxyType({}),
    ) -> None:
        """Note a finding.

        Args:
            kind: a code of the catalogue, or an entry made for a rule that the form itself names.
            words: what the braces of the texts stand for; a pair is (Vietnamese, English), numbers and days are written
                as each language does.
        """
        kind = CATALOGUE[kind] if isinstance(kind, str) else kind
        self.counts[kind.severity] += 1
        # The first rejecting finding is always kept: the sender must see why, however many repairs came before it.
        if len(self.items) >= self._limit and not (kind.severity == "error" and self.counts["error"] == 1):
            return
        in_vi, in_en = ({name: _written(word, side) for name, word in words.items()} for side in (0, 1))
        self.items.append(
            {
                "finding_code": kind.code,
                "severity": kind.severity,
                "sheet_name": at.sheet,
                "cell": at.cell,
                "row_number": at.row,
                "column_code": at.column,
                "found": found,
                "taken": taken,
                "expected_vi": kind.expected_vi.format_map(in_vi),
                "expected_en": kind.expected_en.format_map(in_en),
                "mend_vi": kind.mend_vi.format_map(in_vi),
                "mend_en": kind.mend_en.format_map(in_en),
            }
        )

    def close(self) -> None:
        """Say how many findings were left out, if any."""
        left = self.total - len(self.items)
        if left > 0:
            self._limit = len(self.items) + 1
            self.add("more_findings", words={"limit": len(self.items), "left": left})


def catalogue_page() -> str:
    """``docs/findings.md``: the whole catalogue as Markdown, ending with a newline."""
    lines = [
        "# Findings",
        "",
        "Written by `python -m zonehouse.intake.findings` from its catalogue; do not edit here.",
        "",
        "`error` rejects the whole submission: nothing of it is loaded. `warning` lets it in and",
        "asks a steward. `info` records a repair, or something that was not read. Each finding names the sheet and the",
        "cell. A rule of the form is found under the code that it has there (see `row_check` and `section_check`).",
        "The findings of *Held* follow from the register in force: they come and go with it and are not landed.",
    ]
    for title, kinds in GROUPS:
        lines += ["", f"## {title}", "", "| code | severity | is called | expected | how to mend |"]
        lines.append("|---|---|---|---|---|")
        for kind in kinds:
            expected = f"{kind.expected_vi}<br>{kind.expected_en}"
            called, mend = "<br>".join(TITLES[kind.code]), f"{kind.mend_vi}<br>{kind.mend_en}"
            lines.append(f"| `{kind.code}` | {kind.severity} | {called} | {expected} | {mend} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(catalogue_page())
