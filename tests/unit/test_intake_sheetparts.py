"""What the bytes of a sheet answer at once is what an XML parser finds in it, however the sheet is written."""

from __future__ import annotations

import random

import pytest

from zonehouse.intake.sheetparts import lost_cells, styled_cells, walk

FORMULAS = ["", "<f>1</f>", '<f t="shared" si="0"/>', "<f a='b'>A&gt;1</f>", "<f></f>"]
VALUES = ["", "<v/>", "<v></v>", "<v>0</v>", "<v>12</v>", "<v>#N/A</v>", "<v> </v>", "<v>0.0</v>"]


def cell(place: str, chance: random.Random, odd: float) -> str:
    """``odd``: how probable it is that something is not written as Excel writes it."""
    given = {"r": place, "s": chance.choice(["", "1", "3", "13"]), "t": chance.choice(["", "n", "e", "str", "s", "b"])}
    if chance.random() < odd:
        del given["r"]
    attributes = [(name, value) for name, value in given.items() if value]
    if chance.random() < odd:
        chance.shuffle(attributes)
    mark = "'" if chance.random() < odd else '"'
    space = "\n " if chance.random() < odd else ""
    head = "<c" + "".join(f" {name}={mark}{value}{mark}" for name, value in attributes)
    body = chance.choice(FORMULAS) + chance.choice(VALUES)
    return f"{head}>{space}{body}{space}</c>" if body else f"{head}/>"


def sheet(chance: random.Random, odd: float) -> bytes:
    rows = ""
    for number in range(1, chance.randint(2, 6)):
        place = "" if chance.random() < odd else f' r="{number}"'
        hidden = chance.choice(["", ' hidden="1"', ' hidden="0"', ' hidden="true"', " hidden='1'"])
        cells = "".join(cell(f"{chr(65 + at)}{number}", chance, odd) for at in range(chance.randint(0, 5)))
        rows += f"<row{place}{hidden}>{cells}</row>"
    return f'<worksheet xmlns="x"><sheetData>{rows}</sheetData></worksheet>'.encode()


@pytest.mark.parametrize("odd", [0, 0.2])
def test_quick_answers_are_those_of_a_parser(odd: float) -> None:
    chance = random.Random(7)
    for _ in range(500):
        part = sheet(chance, odd)
        cells = list(walk(part))
        for never, nothing in ((False, ("",)), (True, ("", "0"))):
            lost = {c.place: "formula_without_value" for c in cells if c.has_formula and c.value.strip() in nothing}
            lost = {c.place: lost[c.place] for c in cells if c.place in lost and c.kind != "str"}
            lost |= {c.place: "cell_error" for c in cells if c.kind == "e"}
            assert lost_cells(part, never_computed=never) == lost, part
        filled = {c.place for c in cells if c.value}
        styled = {c.place: c.style for c in cells if c.value and c.style in ("1", "3")}
        assert {k: v for k, v in styled_cells(part, ("1", "3")).items() if k in filled} == styled, part
