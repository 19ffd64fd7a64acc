"""What was found, in words for the steward (Markdown): Vietnamese first with English beside it, or English alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from zonehouse.quality import words
from zonehouse.quality.doubts import TOP, sentence, summary
from zonehouse.quality.report import CheckReport, CheckResult, Verdict

_OUTCOMES: Final = {
    "pass": ("ĐẠT: được công bố", "PASS: may be published"),
    "needs_approval": ("CẦN DUYỆT: có cảnh báo", "NEEDS APPROVAL: there are warnings"),
    "blocked": ("BỊ CHẶN: giữ nguyên bản đang công bố", "BLOCKED: the current release stays"),
}
_GRADES: Final = {
    "critical": ("Nghiêm trọng", "Critical"),
    "warning": ("Cảnh báo", "Warning"),
    "info": ("Để biết", "For information"),
}
_OWNERS: Final = {
    "enterprise": ("doanh nghiệp gửi báo cáo", "the reporting enterprise"),
    "steward": ("cán bộ dữ liệu", "the data steward"),
    "operator": ("người vận hành hệ thống", "the operator of the system"),
}


_FOUND: Final = {"vi": "Tìm thấy", "en": "Found"}
# Columns that examples show, in words; the others are told by their names.
_COLUMNS: Final = {
    "original_name": ("tệp", "file"),
    "authority_code": ("ban quản lý", "authority"),
    "form_code": ("biểu", "form"),
    "reporting_unit_code": ("đơn vị báo cáo", "reporting unit"),
    "tax_code": ("mã số thuế", "tax code"),
    "project_code": ("dự án", "project"),
    "work_code": ("công trình", "work"),
    "contact_no": ("lượt tiếp xúc", "contact"),
    "zone_code": ("khu", "zone"),
    "indicator_code": ("chỉ tiêu", "indicator"),
    "period_month": ("tháng", "month"),
    "product_code": ("mã ngành", "sector"),
    "market_code": ("thị trường", "market"),
    "category_code": ("loại lao động", "category"),
    "sheet_name": ("trang", "sheet"),
    "row_number": ("dòng", "row"),
    "reason_code": ("lý do", "reason"),
    "value": ("giá trị", "value"),
    "same_period_value": ("cùng kỳ", "same period"),
    "growth_pct": ("tăng, giảm (%)", "growth (%)"),
    "coverage_pct": ("độ phủ (%)", "coverage (%)"),
    "plan_value": ("kế hoạch", "plan"),
    "plan_share_pct": ("% kế hoạch", "share of plan (%)"),
    "status": ("trạng thái", "status"),
    "through_month": ("đến tháng", "through month"),
    "due_on": ("hạn nộp", "due"),
    "first_received_on": ("nhận ngày", "received on"),
    "is_received": ("đã nhận", "received"),
    "is_on_time": ("đúng hạn", "on time"),
    "state": ("trạng thái", "state"),
    "error_count": ("số lỗi", "errors"),
    "version_count": ("số bản", "versions"),
    "missing_count": ("còn thiếu", "missing"),
    "amended_count": ("đã sửa", "amended"),
    "column_code": ("cột", "column"),
    "enterprise_name": ("doanh nghiệp", "enterprise"),
    "magnitude_power": ("luỹ thừa của 10", "power of ten"),
    "year_to_date_value": ("luỹ kế", "year to date"),
    "year_to_date_gap": ("lệch so với luỹ kế", "difference from the year to date"),
    "score": ("điểm", "score"),
    "obliged_count": ("phải nộp", "owed"),
    "received_count": ("đã nhận", "received"),
    "on_time_count": ("đúng hạn", "on time"),
    "late_count": ("muộn", "late"),
    "reported_value": ("báo cáo", "reported"),
    "expected_value": ("thường là", "usual"),
    "history_median": ("trung vị các tháng trước", "median of earlier months"),
    "same_month_last_year_value": ("cùng tháng năm trước", "same month last year"),
    "same_month_last_year_ratio": ("gấp cùng tháng năm trước (lần)", "times the same month last year"),
    "nearest_z_score": ("z hiệu chỉnh", "modified z-score"),
    "effect_pct": ("ảnh hưởng tới tổng (%)", "effect on the total (%)"),
    "headcount_persons": ("lao động", "headcount"),
    "women_persons": ("nữ", "women"),
    "local_persons": ("trong tỉnh", "local"),
    "foreign_persons": ("nước ngoài", "foreign"),
}


def describe(verdict: Verdict, language: str) -> str:
    """The verdict and everything behind it: which checks failed, on how many rows, why the bound, who mends; then the
    values to look at first."""
    vi, en = _OUTCOMES[verdict.outcome]
    say = _Speaker(language)
    lines = [f"## {verdict.half_year} ({verdict.candidate_id}): {say.both(vi, en)}", ""]
    if verdict.checks:
        ok = verdict.checks - len(verdict.failures) - len(verdict.infos) - len(verdict.accepted)
        lines.append(say.met(ok, verdict.checks) + ".")
    else:
        lines.append(say.both("Không có phép kiểm tra nào được thực hiện.", "No check was evaluated at all."))
    failures = say.failures((*verdict.failures, *verdict.infos))
    told = [*lines, "", *failures, *say.accepted(verdict.accepted), *say.doubts(verdict)]
    return "\n".join(told).rstrip() + "\n"


def describe_report(report: CheckReport, language: str) -> str:
    """What a run of checks found, in the same words."""
    say = _Speaker(language)
    if not report.results:
        return say.both("Không có gì để kiểm tra.", "There was nothing to check.") + "\n"
    ok, every = sum(result.success for result in report.results), len(report.results)
    head = f"## {report.scope_key}: {say.met(ok, every)}"
    return "\n".join([head, "", *say.failures(report.failures), *say.accepted(report.accepted)]).rstrip() + "\n"


def extent(result: CheckResult, language: str) -> str:
    """How much of a failed check failed: ``3 dòng trên 1.204 không đạt / 3 of 1,204 rows failed``."""
    return _Speaker(language).extent(result)


class _Speaker:
    def __init__(self, language: str) -> None:
        self._english_only = language == "en"

    def both(self, vi: str, en: str) -> str:
        return en if self._english_only else f"{vi} / {en}"

    def each(self, say: Callable[[str], str]) -> str:
        """What ``say`` makes of the languages that are shown; once, when both say the same."""
        vi, en = say("vi"), say("en")
        return en if self._english_only or vi == en else f"{vi} / {en}"

    def met(self, ok: int, every: int) -> str:
        return self.both(
            f"{words.number(ok, 'vi')} trên {words.checks(every, 'vi')} đạt",
            f"{words.number(ok, 'en')} of {words.checks(every, 'en')} met",
        )

    def doubts(self, verdict: Verdict) -> list[str]:
        """The first ten of the queue; for a reader of both languages the Vietnamese sentences are enough."""
        if not verdict.doubts:
            return []
        language = "en" if self._english_only else "vi"
        lines = [f"### {self.both('Giá trị nên xem trước', 'Values to look at first')}", ""]
        lines += [self.each(lambda spoken: summary(verdict.doubts, spoken)), ""]
        lines += [f"{rank}. {sentence(doubt, language)}" for rank, doubt in enumerate(verdict.doubts[:TOP], start=1)]
        more = f"zonehouse queue --half {verdict.half_year} --all"
        if len(verdict.doubts) > TOP:
            lines += ["", self.both(f"Xem hết: `{more}`", f"All of them: `{more}`")]
        return [*lines, ""]

    def accepted(self, results: Iterable[CheckResult]) -> list[str]:
        """Warnings that nobody is asked about again: who accepted the numbers that failed, and why."""
        lines = [
            f"- **{self.both(result.title_vi, result.title_en)}** (`{result.table_name}`): "
            f"{self.both('đã chấp nhận', 'accepted')}: {result.accepted_by}"
            for result in results
        ]
        if not lines:
            return []
        return [f"### {self.both('Cảnh báo đã được chấp nhận', 'Warnings accepted beforehand')}", "", *lines, ""]

    def failures(self, results: Iterable[CheckResult]) -> list[str]:
        lines: list[str] = []
        for grade, (vi, en) in _GRADES.items():
            of_grade = [result for result in results if result.grade == grade]
            if of_grade:
                lines += [f"### {self.both(vi, en)} ({len(of_grade)})", ""]
                for result in of_grade:
                    lines += [*self._failure(result), ""]
        return lines

    def _failure(self, result: CheckResult) -> list[str]:
        where = f"`{result.table_name}`" + (f" · `{result.column_name}`" if result.column_name else "")
        owner_vi, owner_en = _OWNERS.get(result.owner, (result.owner, result.owner))
        lines = [
            f"- **{self.both(result.title_vi, result.title_en)}** ({where})",
            f"  - {self.extent(result)}",
            f"  - {self.both(f'Vì sao: {result.reason_vi}', f'Why: {result.reason_en}')}",
            f"  - {self.both(f'Người xử lý: {owner_vi}', f'Who mends it: {owner_en}')}",
        ]
        lines += [f"  - {self.both('Ví dụ', 'Example')}: {self._example(example)}" for example in result.examples]
        return lines

    def _example(self, example: Mapping[str, str]) -> str:
        language = "en" if self._english_only else "vi"
        names = {name: _COLUMNS.get(name, (name, name))[self._english_only] for name in example}
        told = {name: words.named_cell(name, value, language) for name, value in example.items()}
        return ", ".join(f"{names[name]} = {value}" for name, value in told.items())

    def extent(self, result: CheckResult) -> str:
        if result.raised:
            why = " ".join((result.observed or "").split())[:300]
            return self.both("Không kiểm tra được", "Could not be evaluated") + f": {why}"
        count = result.unexpected_count
        if count is None:
            return self.each(lambda spoken: f"{_FOUND[spoken]}: {_values(result.observed, spoken)}")
        is_listed = result.observed and result.observed != str(count)
        found = self.each(lambda spoken: _values(result.observed, spoken)) if is_listed else ""
        vi, en = _part(count, result.element_count, "vi"), _part(count, result.element_count, "en")
        told = self.both(f"{vi} không đạt", f"{en} failed")
        return f"{told}: {found}" if found else told


def _part(count: int, every: int | None, language: str) -> str:
    """``1 row``; ``3 of 1,204 rows`` when the whole is known."""
    if not every:
        return words.rows(count, language)
    between = "trên" if language == "vi" else "of"
    return f"{words.number(count, language)} {between} {words.rows(every, language)}"


def _values(observed: str | None, language: str) -> str:
    return "; ".join(words.cell(one, language) for one in (observed or "–").split(", "))
