"""What stewards and accountants read in our workbooks, Vietnamese and English; and the colours that go with it."""

from __future__ import annotations

from zonehouse.forms.model import Text

SEVERITIES = ("error", "warning", "info")

SEVERITY = {
    "error": Text(vi="Lỗi", en="Error"),
    "warning": Text(vi="Cảnh báo", en="Warning"),
    "info": Text(vi="Lưu ý", en="Note"),
}
SEVERITY_FILL = {"error": "#FFC7CE", "warning": "#FFEB9C", "info": "#DDEBF7"}

STATE = {
    "accepted": Text(vi="Đã nhận", en="Accepted"),
    "accepted_with_warnings": Text(vi="Đã nhận, có cảnh báo", en="Accepted with warnings"),
    "superseded": Text(vi="Đã có bản mới hơn thay thế", en="Superseded by a later one"),
    "held": Text(vi="Tạm giữ, chờ sổ đăng ký", en="Held until the register knows the sender"),
    "duplicate": Text(vi="Trùng với tệp đã gửi", en="Duplicate"),
    "rejected": Text(vi="Bị từ chối, cần gửi lại", en="Rejected, to be sent again"),
}
STATE_FILL = {
    "accepted": "#C6EFCE",
    "accepted_with_warnings": "#FFEB9C",
    "held": "#FFEB9C",
    "rejected": "#FFC7CE",
}

INK, GREY, PALE, INPUT = "#1F2937", "#6B7280", "#F3F4F6", "#FFFBE6"
BRAND = "#1F4E79"


def state_text(state: str) -> Text:
    """The state in words; an unknown one as it is."""
    return STATE.get(state, Text(vi=state, en=state))
