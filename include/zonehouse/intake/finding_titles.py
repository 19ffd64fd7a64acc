"""What each kind of finding is called, in a few words: for lists, choices and charts, where its code would say little.

The catalogue (``findings.py``) says what was expected and how to mend it; this says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonehouse.forms.catalogue import FormCatalogue
    from zonehouse.forms.model import Text

TITLES: Mapping[str, tuple[str, str]] = {
    # The file
    "not_a_workbook": ("Không phải tệp Excel", "Not a workbook"),
    "extension_not_accepted": ("Loại tệp không nhận", "Kind of file not accepted"),
    "extension_differs": ("Đuôi tệp khác nội dung", "Name and content differ"),
    "file_too_large": ("Tệp quá lớn", "File too large"),
    "encrypted_workbook": ("Tệp đặt mật khẩu", "Password on the file"),
    "macro_workbook": ("Tệp có macro", "Macros in the file"),
    "active_content": ("Tệp có đối tượng nhúng", "Embedded content"),
    "external_links": ("Tệp liên kết sang tệp khác", "Links to other files"),
    "unsafe_archive": ("Cấu trúc tệp bất thường", "Unusual file structure"),
    "unsafe_xml": ("XML không an toàn", "Unsafe XML"),
    "sheet_too_large": ("Trang tính quá lớn", "Sheet too large"),
    "unreadable_workbook": ("Tệp không đọc được", "File cannot be read"),
    "reader_died": ("Đọc tệp vượt giới hạn bộ nhớ", "Reading went over the memory limit"),
    "reader_timeout": ("Đọc tệp quá lâu", "Reading took too long"),
    "csv_not_text": ("Tệp .csv không phải chữ", "The .csv file is no text"),
    "csv_encoding": ("Không rõ bảng mã của .csv", "Encoding of the .csv unclear"),
    "csv_ambiguous": ("Không rõ dấu phân cách của .csv", "Delimiter of the .csv unclear"),
    "csv_malformed": ("Dấu nháy kép sai trong .csv", "Quotes wrong in the .csv"),
    "csv_without_form": ("Tệp .csv không theo biểu", "The .csv is not laid out as the form"),
    "csv_row_width": ("Dòng .csv thừa hoặc thiếu ô", "Line of the .csv too long or short"),
    "csv_read": ("Đã đọc tệp .csv", "A .csv file was read"),
    # The form
    "cover_missing": ("Thiếu trang thông tin chung", "No cover sheet"),
    "name_of_another": ("Tên của doanh nghiệp khác", "Name of another enterprise"),
    "project_of_another": ("Dự án của doanh nghiệp khác", "Project of another enterprise"),
    "month_stated_differs": ("Tiêu đề ghi tháng khác", "A title names another month"),
    "cover_repeated": ("Hai trang thông tin chung", "Two cover sheets"),
    "cover_value_missing": ("Thiếu thông tin chung", "Cover value missing"),
    "form_unknown": ("Mã biểu không có", "Form unknown"),
    "form_version_unknown": ("Phiên bản biểu không có", "Form version unknown"),
    "period_outside_form": ("Kỳ ngoài hiệu lực của biểu", "Month outside the form's validity"),
    "form_not_in_force": ("Biểu mẫu cũ", "Form no longer in force"),
    "period_in_future": ("Kỳ báo cáo chưa tới", "Month in the future"),
    "period_dates_reversed": ("Ngày đầu sau ngày cuối", "First day after the last"),
    "period_days_elsewhere": ("Ngày không thuộc kỳ", "Days of another month"),
    "period_days_unusual": ("Số ngày của kỳ khác thường", "Unusual days of the month"),
    "month_from_day": ("Kỳ báo cáo là một ngày", "A day for the month"),
    "period_days_shifted": ("Kỳ lệch tháng", "Month begins on another day"),
    "sheet_missing": ("Thiếu trang tính", "Sheet missing"),
    "sheet_repeated": ("Trang tính lặp lại", "Sheet twice"),
    "header_missing": ("Không thấy hàng tiêu đề", "Header not found"),
    "column_missing": ("Thiếu cột", "Column missing"),
    "column_repeated": ("Cột lặp lại", "Column twice"),
    "column_ambiguous": ("Không rõ cột nào của kỳ", "Column of the month unclear"),
    "unit_differs": ("Sai đơn vị tính", "Other unit than the form's"),
    "unit_not_stated": ("Không ghi đơn vị tính", "Unit not stated"),
    "unit_unknown": ("Đơn vị tính lạ", "Unit unknown"),
    "extra_column": ("Cột thừa", "Column too many"),
    "extra_sheet": ("Trang thừa", "Sheet too many"),
    "hidden_sheet": ("Trang bị ẩn", "Hidden sheet"),
    "hidden_rows": ("Hàng bị ẩn", "Hidden rows"),
    "hidden_columns": ("Cột bị ẩn", "Hidden columns"),
    # Cells and rows
    "title_row": ("Hàng tiêu đề nhóm", "Title of a group"),
    "row_part_of": ("Hàng “trong đó”", "Row that is part of another"),
    "rows_below_note": ("Hàng dưới ghi chú", "Rows below a note"),
    "note_below_table": ("Ghi chú dưới bảng", "Note below the table"),
    "key_blank": ("Thiếu mã của hàng", "Row without its key"),
    "value_blank": ("Ô để trống", "Value missing"),
    "not_a_number": ("Không phải số", "Not a number"),
    "number_as_date": ("Số bị định dạng thành ngày", "Number shown as a date"),
    "number_as_percent": ("Số bị định dạng thành %", "Number shown as a percentage"),
    "number_shown_differs": ("Số hiện khác số lưu", "Shown and stored number differ"),
    "ambiguous_number": ("Số đọc được theo hai cách", "Number reads in two ways"),
    "not_an_integer": ("Không phải số nguyên", "Not a whole number"),
    "number_too_large": ("Số quá lớn", "Number too large"),
    "cell_error": ("Ô báo lỗi", "Error in a cell"),
    "formula_without_value": ("Công thức chưa tính", "Formula not computed"),
    "value_not_stored": ("Ô không lưu giá trị", "Value not stored"),
    "formula_as_text": ("Công thức gõ thành chữ", "Formula typed as text"),
    "tax_code_personal": ("Số định danh cá nhân", "Personal number as tax code"),
    "text_lost": ("Chữ bị mất", "Characters lost"),
    "text_doubtful": ("Chữ không rõ bảng mã", "Encoding of a text unclear"),
    "date_in_text": ("Chữ bị đổi thành ngày", "Text turned into a date"),
    "not_a_date": ("Không phải ngày", "Not a date"),
    "not_a_month": ("Không phải tháng", "Not a month"),
    "not_a_tax_code": ("Không phải mã số thuế", "Not a tax code"),
    "tax_code_check_digit": ("Mã số thuế sai chữ số kiểm tra", "Check digit of the tax code"),
    "not_a_boolean": ("Không phải có/không", "Neither yes nor no"),
    "code_unknown": ("Mã không có trong danh mục", "Code unknown"),
    "code_not_listed": ("Mã chưa có trong danh mục", "Code not listed"),
    "below_minimum": ("Nhỏ hơn mức thấp nhất", "Below the minimum"),
    "above_maximum": ("Lớn hơn mức cao nhất", "Above the maximum"),
    "text_shape": ("Chữ sai dạng", "Text of another shape"),
    "row_repeated": ("Hàng lặp lại", "Row twice"),
    "row_is_sum": ("Hàng bằng tổng các hàng khác", "Row that is the sum of the others"),
    "total_differs": ("Hàng tổng khác tổng các hàng", "Total differs from its rows"),
    "total_not_read": ("Hàng tổng không đọc được", "Total cannot be read"),
    "row_check": ("Quy tắc trong một hàng", "Rule within a row"),
    "section_check": ("Quy tắc giữa hai trang", "Rule between two sheets"),
    # Earlier months
    "month_is_year_to_date": ("Có vẻ là số luỹ kế", "Looks like the year to date"),
    "factor_of_thousand": ("Lệch khoảng nghìn lần", "About a thousand times off"),
    "copy_of_last_month": ("Giống hệt tháng trước", "Same as last month"),
    "number_not_confirmed": ("Số chưa được xác nhận", "Number not confirmed"),
    "year_to_date_difference": ("Luỹ kế không khớp", "Year to date does not add up"),
    # Repairs
    "number_by_sheet": ("Số đọc theo cả trang", "Number read by its sheet"),
    "mark_from_text": ("Dấu viết bằng chữ", "Mark written in words"),
    "number_from_text": ("Số gõ thành chữ", "Number typed as text"),
    "date_from_text": ("Ngày gõ thành chữ", "Date typed as text"),
    "date_from_serial": ("Ngày lưu thành số", "Date stored as a number"),
    "leading_zero_restored": ("Đã thêm số 0 ở đầu", "Leading zero restored"),
    "code_tidied": ("Đã thay ký tự trong mã", "Code tidied"),
    "text_converted": ("Đã chuyển bảng mã", "Encoding converted"),
    "tax_code_repaired": ("Đã làm gọn mã số thuế", "Tax code tidied"),
    "unit_converted": ("Đã đổi đơn vị", "Unit converted"),
    "percent_as_shown": ("Lấy số % đang hiện", "Percentage as shown"),
    "text_shortened": ("Chữ quá dài", "Text too long"),
    "more_findings": ("Còn phát hiện khác", "More findings"),
    # Held
    "held_no_register": ("Tạm giữ: chưa có sổ đăng ký", "Held: no register"),
    "held_unit_unknown": ("Tạm giữ: doanh nghiệp chưa có trong sổ", "Held: enterprise not in the register"),
    "held_project_unknown": ("Tạm giữ: dự án chưa có trong sổ", "Held: project not in the register"),
}


def finding_titles(forms: FormCatalogue) -> dict[str, Text]:
    """The title of every code that a finding may carry: the catalogue's, and those of rules that the forms name."""
    # Each reader process imports the catalogue of findings, and none needs the forms' own model.
    from zonehouse.forms.model import Text

    found = {code: Text(vi=vi, en=en) for code, (vi, en) in TITLES.items()}
    for form in forms.forms:
        in_rows = [check for section in form.sections for check in section.checks]
        # The text of a rule says what should be: as the name of a finding it would say the opposite.
        named = [(one.code, one.vi, one.en) for one in in_rows]
        named += [(one.code, one.vi, one.en) for one in form.section_checks]
        found |= {code: Text(vi=f"Quy tắc: {vi}", en=f"Rule: {en}") for code, vi, en in named}
        sheets = {section.code: section.sheet for section in form.sections}
        for rule in form.history_checks:
            (vi, en), sheet = TITLES[rule.rule], sheets[rule.section]
            found[rule.code] = Text(vi=f"{vi} ({sheet.vi})", en=f"{en} ({sheet.en})")
    return found
