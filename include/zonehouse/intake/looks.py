"""How the sender saw a sheet: number formats that show another number than is stored, hidden rows and columns.

A number stands for what its sender saw. ``0.75`` that shows as 75 %, ``1234000`` that shows as 1.234 or as $1.234.000
is not taken for a number of the column's unit.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from xml.etree import ElementTree as ET

from zonehouse.intake.plan import ColumnPlan, UnitPlan
from zonehouse.intake.text import fold, shown
from zonehouse.intake.units import contradicts, own_unit

BUILT_IN = {9: "0%", 10: "0.00%"}  # the other built-in formats show what is stored, or the machine's own currency
_SHARES = frozenset(("pct", "percent", "percentage", "%"))
_QUOTED = re.compile(r'"([^"]*)"?|\\(.)|_.|\*.')
_BRACKETED = re.compile(r"\[([^\]]*)\]")
_CONDITION = re.compile(r"^(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)$")
_COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq,
            "<>": operator.ne}  # fmt: skip
_SCALED = re.compile(r"[0#?](,+)(?![,0#?])")
_NUMBER_SIGNS = re.compile(r"General|E[+-]|[0#?.,%/+\-()\s@:]", re.IGNORECASE)
_SHOWS_NUMBER = re.compile(r"General|[0#?@]|[dmyhs]", re.IGNORECASE)
_CURRENCY_SIGNS = {"₫": "vnd", "đ": "vnd", "€": "eur", "¥": "jpy", "$": "usd"}
_DIGITS = re.compile(r"[\d.,\s]*\d[\d.,\s]*")
_REMEMBERED = 64 * 1024  # bytes of a part
_LONGEST = 1_000  # of a format's code; Excel allows 255
_AROUND = " \t()[].:/-"
_MINUS_BEFORE = re.compile(r"[^0#?\w]*[-–−][^0#?\w]*[0#?]")  # shown of a number that is not below zero


@dataclass(frozen=True)
class Section:
    """One part of a number format: ten to the ``power`` times the number is shown, beside the ``words``.

    ``is_hidden``: not the number is shown but nothing, another text, or its digits among others.
    """

    power: int
    words: tuple[str, ...]
    currency: str | None
    is_hidden: bool
    condition: tuple[str, float] | None = None

    @property
    def is_odd(self) -> bool:
        return bool(self.power or self.words or self.currency or self.is_hidden)

    def number(self, value: float) -> Decimal:
        """What is shown of ``value``."""
        return Decimal(repr(value)).scaleb(self.power)

    def unit_in(self, column: ColumnPlan) -> UnitPlan | None:
        """The unit that is shown in place of the column's own."""
        if own_unit(column) is None:
            return None
        said = [unit for word in self.words if (unit := column.units.get(word)) is not None]
        if self.currency is not None:
            known = column.units.get(_CURRENCY_SIGNS.get(self.currency, fold(self.currency)))
            said.append(known or UnitPlan(self.currency, self.currency, "money", Decimal(1)))
        return contradicts(column, said, is_explicit=False)


@dataclass(frozen=True)
class Format:
    """A number format that may show something else than is stored."""

    code: str
    sections: tuple[Section, ...]

    def of(self, value: float) -> Section:
        """The part that shows ``value``."""
        if any(section.condition for section in self.sections):
            for section in self.sections:
                if section.condition is None or _COMPARE[section.condition[0]](value, section.condition[1]):
                    return section
            return self.sections[-1]
        if value < 0 and len(self.sections) > 1:
            return self.sections[1]
        return self.sections[2] if value == 0 and len(self.sections) > 2 else self.sections[0]


@dataclass
class Looks:
    """Of one sheet: the odd formats by address, and what is hidden (rows and columns are 1-based, ends included)."""

    formats: Mapping[str, Format] = field(default_factory=dict)
    rows: Set[int] = frozenset()
    columns: Sequence[tuple[int, int]] = ()

    def is_hidden_column(self, index: int) -> bool:
        """Of the 0-based column."""
        return any(first <= index + 1 <= last for first, last in self.columns)


PLAIN = Looks()
PERCENT = Format("0%", (Section(2, (), None, is_hidden=False),))


def is_share(column: ColumnPlan) -> bool:
    """Whether the column's numbers are percentages."""
    return column.unit in _SHARES or "%" in column.label_vi or "%" in column.label_en


def currency_format(currency: str) -> Format:
    """That of a cell which names its currency (``EUR``)."""
    return Format(currency, (Section(0, (), currency, is_hidden=False),))


def other_text(text: str) -> Format:
    """That of a cell which shows this, and it is not its number."""
    return Format(text[:100], (Section(0, (), None, is_hidden=True),))


def number_format(code: str) -> Format | None:
    """What a format code shows; None when that is the number as it is stored."""
    return _number_format(code[:_LONGEST]) if code.strip() else None


@lru_cache(maxsize=512)
def _number_format(code: str) -> Format | None:
    sections = tuple(_section(part) for part in _split(code))
    if len(sections) > 1 and "@" in code.rpartition(";")[2]:
        sections = sections[:-1]
    sections = sections[:3]
    first = sections[0]
    is_of_negatives = first.condition is not None and first.condition[0].startswith("<")
    if not is_of_negatives and _MINUS_BEFORE.match(_literal(_split(code)[0])) is not None:
        sections = (replace(first, is_hidden=True), *sections[1:])
    return Format(code[:100], sections) if any(section.is_odd for section in sections) else None


def _literal(part: str) -> str:
    """A part of a format with its quoted and escaped signs as they are shown."""
    return _BRACKETED.sub("", _QUOTED.sub(lambda found: found[1] or found[2] or "", part))


def _split(code: str) -> list[str]:
    """The parts between semicolons that are not quoted."""
    parts, start = [], 0
    for found in re.finditer(r'"[^"]*"?|\\.|[_*].|\[[^\]]*\]|;', code):
        if found.group() == ";":
            parts.append(code[start : found.start()])
            start = found.end()
    return [*parts, code[start:]]


def _section(part: str) -> Section:
    words: list[str] = []
    currency: str | None = None
    condition: tuple[str, float] | None = None

    def quoted(found: re.Match[str]) -> str:
        words.append(found[1] or found[2] or "")
        return "\0"

    def bracketed(found: re.Match[str]) -> str:
        nonlocal currency, condition
        inside = found[1]
        if inside.startswith("$"):
            currency = inside[1:].rpartition("-")[0] if "-" in inside else inside[1:]
            currency = currency.strip() or None
        elif match := _CONDITION.match(inside):
            condition = (match[1], float(match[2]))
        return "h" if inside.lower().strip("hms") == "" and inside else ""

    bare = _BRACKETED.sub(bracketed, _QUOTED.sub(quoted, part))
    is_date = re.search(r"[dmyhs]", bare, re.IGNORECASE) is not None and "General" not in bare
    power = 0 if is_date else 2 * bare.count("%") - 3 * sum(len(commas) for commas in _SCALED.findall(bare))
    rest = "" if is_date else _NUMBER_SIGNS.sub(" ", bare.replace("\0", " "))
    said = [] if is_date else [*_joined(words), *rest.split()]
    said = [bare_word for word in said if (bare_word := word.strip(_AROUND))]
    currency = currency or next(filter(_is_currency, said), None)
    keys = tuple(fold(word) for word in said if word != currency and any(c.isalpha() or c == "%" for c in word))
    is_hidden = not _SHOWS_NUMBER.search(bare.replace("\0", "")) or any(map(_DIGITS.fullmatch, said))
    return Section(power, keys, currency, is_hidden, condition)


def _joined(words: Iterable[str]) -> list[str]:
    """Quoted and escaped texts; letters that were escaped one by one are a word."""
    words = list(words)
    single = "".join(words) if all(len(word) <= 1 for word in words) else None
    return [single.strip()] if single and single.strip() else [word.strip() for word in words if word.strip()]


def _is_currency(word: str) -> bool:
    return any(unicodedata.category(c) == "Sc" for c in word) and len(word) <= 4


def odd_styles(styles: bytes) -> dict[str, Format]:
    """Number of a cell's style in ``xl/styles.xml`` → its format, of those that may show something else.

    Raises:
        ValueError: the part is no XML.
    """
    # Workbooks filled in from one template have the same styles.
    return _known_styles(styles) if len(styles) <= _REMEMBERED else _styles(styles)


@lru_cache(maxsize=64)
def _known_styles(styles: bytes) -> dict[str, Format]:
    return _styles(styles)


def _styles(styles: bytes) -> dict[str, Format]:
    # Most workbooks have neither a percentage nor a format of their own.
    cells = styles[max(styles.find(b"cellXfs"), 0) :]
    if b"numFmt " not in styles and re.search(rb"numFmtId\s*=\s*[\"'](?:9|10)[\"']", cells) is None:
        return {}
    try:
        root = ET.fromstring(styles)  # noqa: S314 - a DTD was refused
    except ET.ParseError as error:
        raise ValueError(str(error)) from error
    codes = {str(number): code for number, code in BUILT_IN.items()}
    found: dict[str, Format] = {}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name == "numFmt":
            codes[element.get("numFmtId", "")] = element.get("formatCode", "")
        elif name == "cellXfs":
            for number, style in enumerate(element):
                code = codes.get(style.get("numFmtId", "0"))
                if code is not None and (look := number_format(code)) is not None:
                    found[str(number)] = look
    return found


def stored_and_shown(value: float, look: Format, section: Section) -> str:
    """``0.75 → 75 %``: what is stored and what is shown."""
    if section.is_hidden:
        return f"{shown(value)} ({look.code or '“”'})"
    sign = " %" if section.power > 0 else ""
    number = shown(f"{section.number(value).normalize():f}")
    return f"{shown(value)} → {number}{sign} ({look.code})"
