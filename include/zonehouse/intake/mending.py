"""Texts of one workbook in NFC: what labels have proved about its encoding serves its other cells too."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from zonehouse.intake.text import clean
from zonehouse.intake.vietnamese import is_doubtful, is_lost, readings, repaired

NOT_COMPOSED = "Unicode NFD"
_ERRORS_TOLD = "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #GETTING_DATA"
ERROR_TEXTS = frozenset(_ERRORS_TOLD.split())


@dataclass(frozen=True)
class MendedText:
    """``finding``: the code of what is to be said, None when the text was right; ``encoding``: what it was in."""

    text: str
    finding: str | None = None
    encoding: str = ""


class Mender:
    """``proved``: the encodings that labels of this workbook turned out to be in (``TCVN3``, ``VNI``, ``VIQR``)."""

    def __init__(self) -> None:
        self.proved: frozenset[str] = frozenset()

    def prove(self, encoding: str) -> None:
        """A label of the form was found by reading it so."""
        self.proved |= {encoding}

    def text(self, value: str) -> MendedText:
        """``value`` cleaned, and in NFC when it was in an encoding that can be told."""
        text = clean(value)
        if text.isascii():
            if text[:1] == "#" and text.upper() in ERROR_TEXTS:
                return MendedText(text, "cell_error")
            if text[:1] == "=" and len(text) > 1:
                return MendedText(text, "formula_as_text")
        return self._told(text, value)

    def _told(self, text: str, value: str) -> MendedText:
        if (found := repaired(text, self.proved)) is not None:
            return MendedText(clean(found.text), "text_converted", found.encoding)
        if is_lost(value):
            return MendedText(text, "text_lost")
        if is_doubtful(text, self.proved):
            likely = readings(text, self.proved)[0]
            return MendedText(text, "text_doubtful", f"{likely.encoding}: {likely.text}")
        if not text.isascii() and not unicodedata.is_normalized("NFC", value):
            return MendedText(text, "text_converted", NOT_COMPOSED)
        return MendedText(text)
