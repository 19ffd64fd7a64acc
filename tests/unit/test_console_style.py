"""The console's colours: every pair of text and ground that the style sheet makes can be read (WCAG 2.1 AA)."""

from __future__ import annotations

import re

import pytest

from zonehouse.console.render import STYLE

SHEET = STYLE.read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", SHEET))
GROUNDS = ("paper", "soft", "good", "ask", "bad", "calm")
TEXT_PAIRS = [
    *(("ink", ground) for ground in GROUNDS),
    *(("link", ground) for ground in GROUNDS),
    ("muted", "paper"), ("muted", "soft"), ("on-brand", "brand"), ("on-brand", "reject"),
]  # fmt: skip
# The ring around what has the focus, and the border of a field.
SHAPE_PAIRS = [("focus", "paper"), ("focus", "soft"), ("on-brand", "brand"), ("muted", "paper")]


def ratio(one: str, other: str) -> float:
    lights = sorted((_light(COLOURS[name]) for name in (one, other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_can_be_read(text: str, ground: str) -> None:
    assert ratio(text, ground) >= 4.5


@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_the_focus_and_fields_can_be_seen(shape: str, ground: str) -> None:
    assert ratio(shape, ground) >= 3


def test_no_colour_stands_outside_the_palette() -> None:
    rules = SHEET.partition("}")[2]
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgb\(|hsl\(", rules) == []


def test_nothing_comes_from_elsewhere() -> None:
    assert "url(" not in SHEET and "@import" not in SHEET
