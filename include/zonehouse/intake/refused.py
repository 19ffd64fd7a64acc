"""The verdict on a file that is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonehouse.intake.findings import Address


class Refused(ValueError):  # noqa: N818 - it is a verdict on the file, named as the guard says it
    """The file is not read; ``code`` is the finding, ``words`` its texts' parameters; ``at``: its place, if any."""

    at: Address | None = None

    def __init__(self, code: str, found: str | None = None, **words: object) -> None:
        super().__init__(f"{code}: {found or ''}")
        self.code = code
        self.found = found
        self.words = words
