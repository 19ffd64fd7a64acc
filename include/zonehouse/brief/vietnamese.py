"""The brief's sentences and labels in Vietnamese, in the order and manner of the page as it has always been."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from zonehouse.brief import facts
from zonehouse.brief.data import BriefData, Cause, Figure, Revised
from zonehouse.brief.numbers import (
    WITHHELD,
    direction,
    in_spoken_unit,
    in_text,
    percent_in_text,
    round_thousands,
    signed,
    spoken_unit,
)

LABELS = {
    "headline": "Các chỉ tiêu chính",
    "by_zone": "Theo khu",
    "quality": "Độ phủ và chất lượng số liệu",
    "provenance": "Nguồn gốc số liệu",
    "indicator": "Chỉ tiêu",
    "unit": "Đơn vị",
    "value": "Thực hiện",
    "same_period": "Cùng kỳ",
    "growth": "Tăng, giảm %",
    "plan": "Kế hoạch năm",
    "plan_share": "% kế hoạch",
    "coverage": "Độ phủ %",
    "zone": "Khu",
    "total": "Tổng cộng",
    "none": "không có",
    "missing": "Còn thiếu",
    "charts": "Biểu đồ",
    "chart_zone_output": "Giá trị sản xuất công nghiệp (giá so sánh) theo khu",
    "chart_zone_exports": "Kim ngạch xuất khẩu theo khu",
    "chart_sector_output": "Giá trị sản xuất công nghiệp (giá so sánh) theo ngành",
    "chart_trend_output": "Giá trị sản xuất công nghiệp (giá so sánh) theo tháng",
    "chart_trend_exports": "Kim ngạch xuất khẩu theo tháng",
    "chart_pipeline": "Dự án theo tình trạng (dự án)",
    "chart_works": "Công trình hạ tầng",
    "projects_in_procedure": "Đang làm thủ tục",
    "projects_building": "Đang xây dựng",
    "projects_operating": "Đang hoạt động",
    "projects_suspended": "Tạm ngừng",
    "allocated": "Vốn bố trí",
    "disbursed": "Đã giải ngân",
    "work": "Công trình",
    "share": "Tỷ lệ %",
    "month": "Tháng",
    "tet": "Tết",
    "method": "Ghi chú phương pháp",
    "imputed": "Ước tính %",
    "with_estimate": "tính cả ước tính:",
    "late_projects": "Dự án chậm tiến độ",
    "project": "Dự án",
    "enterprise": "Doanh nghiệp",
    "committed_on": "Cam kết",
    "days_late": "Chậm (ngày)",
    "chart_without": "Không vẽ số được giữ kín: {names}.",
    "revisions": "Thay đổi so với bản phát hành trước",
    "first_release": "Đây là bản phát hành đầu tiên của kỳ này.",
    "no_revision": "Không có chỉ tiêu tổng cộng nào thay đổi so với bản {release} ({time}).",
    "revised_since": "Các chỉ tiêu tổng cộng thay đổi so với bản {release} ({time})",
    "before": "Bản trước",
    "after": "Bản này",
    "difference": "Chênh lệch",
    "difference_pct": "Chênh lệch %",
    "reasons": "Nguyên nhân",
    "base": "cùng kỳ",
    "year_to_date": "luỹ kế từ đầu năm",
    "base_year_to_date": "luỹ kế cùng kỳ",
    "causes": "Báo cáo làm thay đổi nhiều nhất",
}
REASONS = {
    "new_report": "báo cáo mới nhận",
    "amendment": "báo cáo sửa đổi",
    "withdrawn_report": "báo cáo rút lại",
    "register_change": "sổ đăng ký thay đổi",
    "longer_period": "thêm tháng tính",
    "override": "chuyên viên điều chỉnh",
    "method": "cách tính thay đổi",
}
VINTAGES = {
    "estimate": "ước tính (còn trong hạn nộp báo cáo hoặc chưa đủ tháng)",
    "revised": "đã điều chỉnh (hết hạn nộp, còn thiếu báo cáo)",
    "final": "chính thức (đủ báo cáo)",
}
VARIANTS = {"internal": "Lưu hành nội bộ", "public": "Bản công khai"}


def period(data: BriefData) -> str:
    """``6 tháng đầu năm 2016``; ``tháng 7 đến tháng 9 năm 2016`` for an unfinished second half."""
    year, half, months = data.half_year.year, data.half_year.half, facts.month_count(data)
    if half == 1:
        return f"{months} tháng đầu năm {year}"
    if not facts.ends_early(data):
        return f"6 tháng cuối năm {year}"
    if months == 1:
        return f"tháng {data.through_month.number} năm {year}"
    return f"tháng 7 đến tháng {data.through_month.number} năm {year}"


def day(of: date) -> str:
    """``31/12/2015``."""
    return f"{of:%d/%m/%Y}"


def moment(of: datetime) -> str:
    """``06:07 25/11/2026``."""
    return f"{of:%H:%M} {day(of)}"


def title(data: BriefData) -> str:
    """The heading of the page."""
    return f"{data.authority.vi}: tình hình {period(data)}"


def status(data: BriefData) -> str:
    """Whether the figures may still change."""
    until = f"tính đến hết tháng {data.through_month.number}/{data.through_month.year}"
    return f"{_maturity(data)}, {until} · {VARIANTS[data.variant]}"


def _maturity(data: BriefData) -> str:
    return "Số liệu chính thức" if data.is_final else "Số liệu sơ bộ, còn có thể thay đổi"


def paragraphs(data: BriefData) -> list[str]:
    """The running text: the zones, then the organisation; a paragraph without a sentence is left out."""
    zones = [
        _contacts(data),
        _behind_schedule(data),
        _projects(data),
        _capital(data),
        _flow(data, "gross_output", "Giá trị sản xuất công nghiệp", "đạt"),
        _flow(data, "exports", "Tổng kim ngạch xuất khẩu", "đạt"),
        _labour(data),
        _works(data),
        _disbursed(data),
    ]
    organisation = [_attendance(data), _tasks(data), _commended(data), _members(data)]
    return [text for text in (_joined(zones), _joined(organisation)) if text]


def growth(figure: Figure) -> str:
    """``tăng 6% so với cùng kỳ``, or why there is no such number."""
    if figure.growth_pct is not None:
        way = direction(figure.growth_pct)
        if way == 0:
            return "không thay đổi so với cùng kỳ"
        return f"{'tăng' if way > 0 else 'giảm'} {percent_in_text(abs(figure.growth_pct), 'vi')} so với cùng kỳ"
    return "cùng kỳ không phát sinh" if figure.same_period == 0 else "chưa có số liệu cùng kỳ"


def listed(parts: Sequence[str]) -> str:
    """``a, b và c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} và {parts[-1]}"


def _joined(sentences: Sequence[str | None]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _number(value: Decimal) -> str:
    return in_text(value, "vi")


def _amount(figure: Figure) -> str:
    value = in_spoken_unit(figure.value or Decimal(0), figure.unit)
    return f"{_number(value)} {spoken_unit(figure.unit, 'vi')}"


def _contacts(data: BriefData) -> str:
    visits = facts.value_of(data, "investor_visits")
    when = f"Trong {period(data)}"
    if visits is None:
        return f"{when}, chưa có số liệu tiếp xúc nhà đầu tư."
    if visits == 0:
        return f"{when}, không có lượt khách nào đến tìm hiểu cơ hội đầu tư."
    origin = {(True, True): " trong và ngoài nước", (True, False): " trong nước", (False, True): " nước ngoài"}.get(
        facts.origins(data.contacts), ""
    )
    text = (
        f"{when}, {data.authority.vi} đã tiếp xúc với {_number(visits)} lượt khách{origin} đến tìm hiểu cơ hội đầu tư"
    )
    region = facts.main_region(data.contacts)
    if region is not None:
        text += f", chủ yếu là nhà đầu tư {region.vi[:1].lower()}{region.vi[1:]}"
    named, more = facts.sectors(data.contacts)
    if named:
        text += f", tập trung vào các ngành nghề {', '.join(sector.vi for sector in named)}"
        text += " và một số ngành khác" if more else ""
    return f"{text}."


def _behind_schedule(data: BriefData) -> str | None:
    late = facts.value_of(data, "projects_behind_schedule")
    if late is None:
        return None
    if late == 0:
        return "Qua rà soát, không có dự án chậm tiến độ so với cam kết."
    return f"Qua rà soát, có {_number(late)} dự án chậm tiến độ cần được đôn đốc thực hiện đúng theo cam kết đã ký."


def _projects(data: BriefData) -> str:
    valid = facts.value_of(data, "projects_valid")
    if valid is None:
        return "Chưa có số liệu dự án thứ cấp."
    wordings = {
        "projects_operating": "đã đi vào hoạt động {} dự án",
        "projects_building": "đang xây dựng {} dự án",
        "projects_in_procedure": "{} dự án đang làm thủ tục xây dựng",
        "projects_suspended": "{} dự án tạm ngừng",
    }
    parts = [text.format(_number(count)) for code, text in wordings.items() if (count := facts.value_of(data, code))]
    detail = f" ({', '.join(parts)})" if parts else ""
    return f"Hiện có {_number(valid)} dự án thứ cấp đầu tư còn hiệu lực{detail}."


def _withheld(subject: str) -> str:
    return f"{subject} không công bố, để giữ kín thông tin của từng doanh nghiệp."


def _capital(data: BriefData) -> str:
    if facts.is_withheld(data, "registered_capital"):
        return _withheld("Tổng vốn đăng ký")
    capital = facts.figure_of(data, "registered_capital")
    if capital is None:
        return "Chưa có số liệu vốn đăng ký."
    wordings = {"projects_domestic": "{} dự án trong nước", "projects_fdi": "{} dự án FDI"}
    parts = [text.format(_number(count)) for code, text in wordings.items() if (count := facts.value_of(data, code))]
    owners = f" của {listed(parts)}" if parts else ""
    return f"Tổng vốn đăng ký đến nay là {_amount(capital)}{owners}."


def _flow(data: BriefData, code: str, subject: str, verb: str) -> str:
    if facts.is_withheld(data, code):
        return _withheld(subject)
    figure = facts.figure_of(data, code)
    if figure is None:
        return f"{subject} chưa có số liệu."
    return f"{subject} {verb} {_amount(figure)}, {growth(figure)}."


def _labour(data: BriefData) -> str:
    people = facts.value_of(data, "labour")
    when = f"Lao động đến cuối tháng {data.through_month.number} năm {data.through_month.year}"
    if facts.is_withheld(data, "labour"):
        return _withheld(when)
    if people is None:
        return f"{when} chưa có số liệu."
    about = round_thousands(people)
    if about is None:
        return f"{when} là {_number(people)} người."
    side = {-1: "gần ", 0: "", 1: "hơn "}[about.side]
    return f"{when} là {side}{_number(Decimal(about.thousands))} ngàn người."


def _works(data: BriefData) -> str | None:
    if not data.works:
        return None
    return f"Tiếp tục thực hiện các công trình đầu tư xây dựng: {listed([work.name for work in data.works])}."


def _disbursed(data: BriefData) -> str:
    figure = facts.figure_of(data, "infrastructure_disbursed")
    if figure is None:
        return "Chưa có số liệu giải ngân vốn hạ tầng."
    share = figure.plan_share_pct
    if share is None:
        return f"Đã giải ngân {_amount(figure)}; chưa có vốn bố trí năm {data.half_year.year}."
    return f"Đã giải ngân {_amount(figure)}, đạt {percent_in_text(share, 'vi')} vốn bố trí năm {data.half_year.year}."


def _attendance(data: BriefData) -> str | None:
    share = facts.value_of(data, "attendance")
    if share is None:
        return None
    return f"Tỷ lệ đảng viên tham dự hội nghị học tập, quán triệt đạt {percent_in_text(share, 'vi')}."


def _tasks(data: BriefData) -> str | None:
    tasks = facts.value_of(data, "registered_tasks")
    return f"Đã đăng ký {_number(tasks)} đầu việc thực hiện nghị quyết." if tasks else None


def _commended(data: BriefData) -> str | None:
    levels = []
    for prefix, level in (("committee", "cấp đảng ủy"), ("cell", "cấp chi bộ")):
        collectives = facts.value_of(data, f"{prefix}_commended_collectives")
        persons = facts.value_of(data, f"{prefix}_commended_persons")
        parts = [f"{_number(n)} {what}" for n, what in ((collectives, "tập thể"), (persons, "cá nhân")) if n]
        if parts:
            levels.append(f"{', '.join(parts)} {level}")
    return f"Tổ chức tuyên dương, khen thưởng {listed(levels)}." if levels else None


def _members(data: BriefData) -> str | None:
    counts = ((facts.value_of(data, "members"), "đảng viên"), (facts.value_of(data, "cells"), "chi bộ"))
    parts = [f"{_number(count)} {what}" for count, what in counts if count is not None]
    return f"Hiện có {', '.join(parts)}." if parts else None


def quality(data: BriefData, share_received: str | None, imputed: str, approved_at: str) -> list[tuple[str, str]]:
    """The lines of the box on coverage and quality: label and text."""
    reporting, release = data.reporting, data.release
    received = f"{_number(Decimal(reporting.received))} trên {_number(Decimal(reporting.obliged))} phải nộp"
    gate = {"pass": "đạt", "approved": "có cảnh báo, đã được phê duyệt"}.get(release.gate_outcome, release.gate_outcome)
    lines = [
        ("Báo cáo nhận được, mọi biểu mẫu", f"{received} ({share_received})" if share_received else received),
        (
            "Đúng hạn, nộp muộn",
            f"{_number(Decimal(reporting.on_time))} báo cáo đúng hạn, {_number(Decimal(reporting.late))} báo cáo muộn",
        ),
        ("Mức hoàn chỉnh", VINTAGES.get(release.vintage or "", _maturity(data))),
        ("Ước tính, ngoài số công bố", imputed),
        ("Kết quả kiểm tra", gate + _checks(data)),
    ]
    if release.approved_by:
        when = f" lúc {approved_at}" if approved_at else ""
        lines.append(
            ("Người phê duyệt", f"{release.approved_by}{when}: {release.approval_reason or 'không nêu lý do'}")
        )
    return lines


def method(data: BriefData) -> list[str]:
    """Notes on how the figures are made, that a reader may judge them."""
    notes = [
        "Giá trị sản xuất tính theo giá so sánh, xuất khẩu tính bằng USD theo giá hiện hành; vì vậy xuất khẩu quy đổi "
        "có thể lớn hơn giá trị sản xuất.",
        "Tăng, giảm so với cùng các tháng của năm trước, tính từ số chưa làm tròn. Tết rơi vào tháng 1 hoặc tháng 2 "
        "làm cho từng tháng khó so sánh; nửa năm thì so sánh được.",
        "Lao động là số cuối kỳ; sản xuất, xuất khẩu, giải ngân là tổng các tháng.",
        "Vốn đăng ký bằng ngoại tệ quy đổi theo tỷ giá ghi trên giấy chứng nhận.",
        "Độ phủ là tỷ lệ báo cáo đã nhận trên số báo cáo phải nộp; “–” là chưa có số liệu, khác với số 0.",
    ]
    if data.merged:
        notes.append(
            "Số cùng kỳ và số các tháng trước ngày sáp nhập gồm cả số đã báo cáo cho các cơ quan sáp nhập vào: "
            f"{data.merged}. Số mà các cơ quan đó đã công bố không thay đổi."
        )
    if data.has_suppressed:
        notes.append(
            f"“{WITHHELD}” là số không công bố, để giữ kín thông tin của từng doanh nghiệp: có dưới 3 doanh nghiệp, "
            "hoặc hai doanh nghiệp lớn nhất chiếm trên 85%, hoặc để từ các số còn lại không tính ra được các số đó."
        )
    held = [figure.label.vi for figure in data.figures.values() if figure.is_held]
    if held:
        notes.append(
            f"Giữ số của bản phát hành trước, vì phần thay đổi từ đó sẽ để lộ số không công bố: {', '.join(held)}."
        )
    if any(figure.imputed_share_pct for figure in data.figures.values()):
        notes.append(
            "Ước tính % là tỷ trọng, theo giá trị, của số ước tính thay cho báo cáo còn thiếu trong tổng có tính cả "
            "ước tính; cột thực hiện chỉ gồm số đã báo cáo."
        )
    if not data.is_final:
        notes.append("Số liệu sơ bộ sẽ được công bố lại khi có đủ báo cáo; bản đã công bố được giữ nguyên.")
    return notes


def missing_units(data: BriefData, most: int) -> str:
    """``Tên (2 báo cáo), …``; the first ``most`` of those who owe reports."""
    units = data.reporting.missing_units
    shown = "; ".join(f"{unit.name} ({unit.missing} báo cáo)" for unit in units[:most])
    return f"{shown} và {len(units) - most} đơn vị khác" if len(units) > most else shown


def reasons(revised: Revised) -> str:
    """``báo cáo sửa đổi, báo cáo mới nhận (3 báo cáo)``."""
    named = ", ".join(REASONS.get(code, code) for code in revised.reasons)
    count = revised.report_count
    return f"{named} ({_number(Decimal(count))} báo cáo)" if count else named


def cause(one: Cause) -> str:
    """``Công ty Một, tháng 6/2016 (báo cáo sửa đổi): Kim ngạch xuất khẩu +1,2 triệu USD``."""
    when = f", tháng {int(one.month[5:])}/{one.month[:4]}" if one.month else ""
    moved = f"{signed(one.difference, one.unit, 'vi')} {spoken_unit(one.unit, 'vi')}"
    return f"{one.reporter}{when} ({REASONS.get(one.reason, one.reason)}): {one.label.vi} {moved}"


def _checks(data: BriefData) -> str:
    if not data.release.expectation_count:
        return ""
    count, failed = data.release.expectation_count, data.release.failed_warning_count or 0
    return f" ({_number(Decimal(count))} phép kiểm tra, {_number(Decimal(failed))} cảnh báo)"


def provenance(data: BriefData, created_at: str) -> list[tuple[str, str]]:
    """The footer's lines: label and text."""
    release = data.release
    lines = [
        ("Bản phát hành", release.release_id),
        ("Lập lúc", created_at),
        ("Số tệp nguồn", f"{_number(Decimal(release.input_count))} tệp, mã đầu vào {release.inputs_digest[:16]}"),
        ("Phiên bản mã", release.git_revision),
    ]
    if data.is_public:
        return lines
    return [
        *lines,
        (
            "Truy nguồn",
            "bảng half_year_lineage trong marts.duckdb ghi cho từng chỉ tiêu các ô đã cộng thành: mã SHA-256 của tệp "
            "trong kho lưu, tên tệp, trang tính, dòng và cột.",
        ),
    ]
