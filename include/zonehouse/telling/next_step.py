"""What to do next in a home where something is not there yet: the first step that was not taken."""

from __future__ import annotations

from zonehouse.settings import Settings


def next_step(settings: Settings) -> str | None:
    """The first missing step as a sentence; None when every step was taken once."""
    if not any((settings.archive / "journal").glob("*.jsonl")):
        return f"nothing has been received yet: put workbooks into {settings.inbox_shown}, then run `zonehouse intake`"
    if not settings.warehouse.is_file():
        return "nothing has been built yet: run `zonehouse build --half HALF`, such as 2016-H1"
    if not any(settings.candidates.glob("*-r*")):
        return "no half-year has been built yet: run `zonehouse build --half HALF`, such as 2016-H1"
    if not (settings.published / "marts.duckdb").is_file():
        return (
            "nothing has been published yet: run `zonehouse validate --half HALF`, then `zonehouse publish --half HALF`"
        )
    return None
