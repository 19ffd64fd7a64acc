"""Tax codes as people type them. Runs in the reader process; imports nothing heavy before it must.

Ten digits with a check digit, thirteen for a branch (``0314409058-002``), twelve for a person (since 1 July 2025 the
personal identification number; it has no check digit). A spreadsheet drops leading zeros of what it takes as a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PREFIX = re.compile(r"^(?:mst|m[ãa] s[ốo] thu[ếe]|tax code|tax id)\s*[:.]?\s*", re.IGNORECASE)
_SIGNS = re.compile(r"[\s.'’‘`´\u00ad\u200b\u2010-\u2015−-]+")
_POINT_ZERO = re.compile(r"^(\d{9,13})[.,]0+$")
_BRANCH = re.compile(r"\D\d{3}$")
# A personal number: province of birth 001 to 096, then sex and century, then the year's last two digits.
_PERSONAL = re.compile(r"^0(?:0[1-9]|[1-8]\d|9[0-6])\d{9}$")


@dataclass(frozen=True)
class TaxCode:
    """``code``: as it is kept, None when it is none; ``finding``: the code of what is to be said, if anything.

    ``check``: the right check digit in its place, where that is what is wrong.
    """

    code: str | None
    finding: str | None = None
    check: str | None = None


def read_tax_code(text: str, has_number: bool = False) -> TaxCode:
    """What ``text`` says.

    Args:
        text: as the cell shows it.
        has_number: the cell holds a number, so that zeros at its beginning are gone.
    """
    if len(text) == 10 and text.isascii() and text.isdigit() and not has_number and _is_valid(text):
        return TaxCode(text)  # as nearly all are
    bare = _PREFIX.sub("", text.strip())
    if found := _POINT_ZERO.match(bare):
        bare = found.group(1)
    digits = _SIGNS.sub("", bare)
    # A number that shows more than digits is a fraction, or has more digits than a spreadsheet keeps.
    if not (digits.isascii() and digits.isdigit()) or (has_number and not bare.isdigit()):
        return TaxCode(None, "not_a_tax_code")
    if (person := _person(bare, digits, has_number)) is not None:
        return TaxCode(person, "tax_code_personal")
    full = digits
    if len(digits) in (9, 12):
        full = f"0{digits}"
    found_code = _checked(full)
    if found_code.code is None:
        return found_code
    if full != digits:
        return TaxCode(found_code.code, "leading_zero_restored")
    return TaxCode(found_code.code, None if found_code.code == text.strip() else "tax_code_repaired")


def _person(bare: str, digits: str, has_number: bool) -> str | None:
    """A personal number: twelve digits that are no branch's, or eleven of them in a cell that drops the zero."""
    full = f"0{digits}" if has_number and len(digits) == 11 else digits
    return full if len(full) == 12 and _BRANCH.search(bare) is None and _PERSONAL.match(full) else None


def _checked(full: str) -> TaxCode:
    if len(full) not in (10, 13) or (len(full) == 13 and full.endswith("000")):
        return TaxCode(None, "not_a_tax_code")
    expected = check_digit(full[:9])
    if full[9] != expected:
        return TaxCode(None, "tax_code_check_digit", f"{full[:9]}[{expected or '…'}]")
    if not _is_valid(full):
        return TaxCode(None, "not_a_tax_code")
    return TaxCode(full if len(full) == 10 else f"{full[:10]}-{full[10:]}")


def check_digit(first_nine: str) -> str | None:
    """The tenth digit of a tax code; None when these nine digits can have none."""
    from stdnum.vn import mst  # seldom asked for, and not cheap to import

    digit = mst.calc_check_digit(first_nine)
    return digit if len(digit) == 1 else None


def _is_valid(digits: str) -> bool:
    from stdnum.vn import mst  # its import costs more than reading a workbook

    return bool(mst.is_valid(digits))
