"""What was found, in words for the steward (Markdown): Vietnamese first with English beside it, or English alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

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


def describe(verdict: Verdict, language: str) -> str:
    """The verdict and everything behind it: which checks failed, on how many rows, why the bound, who mends."""
    vi, en = _OUTCOMES[verdict.outcome]
    say = _Speaker(language)
    lines = [f"## {verdict.half_year} ({verdict.candidate_id}): {say.both(vi, en)}", ""]
    if verdict.checks:
        ok = verdict.checks - len(verdict.failures) - len(verdict.infos)
        lines.append(
            say.both(f"{ok} trên {verdict.checks} phép kiểm tra đạt.", f"{ok} of {verdict.checks} checks met.")
        )
    else:
        lines.append(say.both("Không có phép kiểm tra nào được thực hiện.", "No check was evaluated at all."))
    return "\n".join([*lines, "", *say.failures((*verdict.failures, *verdict.infos))]).rstrip() + "\n"


def describe_report(report: CheckReport, language: str) -> str:
    """What a run of checks found, in the same words."""
    say = _Speaker(language)
    if not report.results:
        return say.both("Không có gì để kiểm tra.", "There was nothing to check.") + "\n"
    ok, every = len(report.results) - len(report.failures), len(report.results)
    head = f"## {report.scope_key}: " + say.both(f"{ok} trên {every} phép kiểm tra đạt", f"{ok} of {every} checks met")
    return "\n".join([head, "", *say.failures(report.failures)]).rstrip() + "\n"


class _Speaker:
    def __init__(self, language: str) -> None:
        self._english_only = language == "en"

    def both(self, vi: str, en: str) -> str:
        return en if self._english_only else f"{vi} / {en}"

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
            f"  - {self._extent(result)}",
            f"  - {self.both(f'Vì sao: {result.reason_vi}', f'Why: {result.reason_en}')}",
            f"  - {self.both(f'Người xử lý: {owner_vi}', f'Who mends it: {owner_en}')}",
        ]
        for example in result.examples:
            cells = ", ".join(f"{name} = {value}" for name, value in example.items())
            lines.append(f"  - {self.both('Ví dụ', 'Example')}: {cells}")
        return lines

    def _extent(self, result: CheckResult) -> str:
        if result.raised:
            why = " ".join((result.observed or "").split())[:300]
            return self.both("Không kiểm tra được", "Could not be evaluated") + f": {why}"
        if result.unexpected_count is None:
            return self.both(f"Tìm thấy: {result.observed}", f"Found: {result.observed}")
        of = f"/{result.element_count}" if result.element_count else ""
        count = f"{result.unexpected_count}{of}"
        found = (
            f": {result.observed}"
            if result.expectation_type != "unexpected_rows_expectation" and result.observed
            else ""
        )
        return self.both(f"{count} dòng không đạt", f"{count} rows fail") + found
