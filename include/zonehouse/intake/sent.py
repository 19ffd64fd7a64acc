"""What the workbooks that we send hold beside the form: known to the reader, and passed over without a finding."""

from __future__ import annotations

LIST_SHEET = "DANH_MUC"  # the code lists behind the drop-downs of a template, hidden
RESULT_SHEET = "KET_QUA"  # the summary on top of a returned workbook
REFERENCE_HEADER = "Tháng trước (tham khảo)"  # how the header of a column of last month's values begins
HINT_HEADER = "Tham khảo"  # and that of a column that says what a code stands for

COVER_PLACES = "_cover"  # the key in ``column_places`` that no section has: the cover's sheet, and cells of its fields

NAME_FIELD = "enterprise_name"  # the field of a cover that tells the reporting unit's name; its text is kept there too

SHEET_KEYS = frozenset((LIST_SHEET.casefold(), RESULT_SHEET.casefold()))
REFERENCE_KEYS = ("thang truoc (tham khao)", "tham khao")
