"""Tables that read well in a terminal and stay plain, one line a row and tabs between, when piped."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")

# Between two columns, with the borders of the box; and what a cut column keeps on the narrowest terminal.
_GAP, _LEAST = 2, 8


def clean(text: object) -> str:
    """A value on one line, without anything that steers a terminal: senders choose file names and cells."""
    return "" if text is None else _CONTROL.sub(" ", str(text))


def say(out: Console, line: str = "") -> None:
    """One line as it is, whatever markup a sender's text may look like."""
    out.print(Text(_CONTROL.sub(" ", line)))


def show_table(  # noqa: PLR0913, PLR0917 - what a table has
    out: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    right: Sequence[str] = (),
    narrow: Sequence[str] = (),
    cut: Sequence[str] = (),
) -> None:
    """Print a table.

    Args:
        right: columns aligned to the right and never wrapped.
        narrow: columns never wrapped.
        cut: columns kept on one line and cut with ``…`` where the terminal is too narrow (never when piped).
    """
    if not out.is_terminal:
        say(out, f"# {title}")
        for cells in (columns, *rows):
            # Not through rich, which would wrap and fold tabs.
            out.file.write("\t".join(clean(cell) for cell in cells) + "\n")
        return
    table = Table(
        title=Text(title),
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    needed = {
        name: max(cell_len(clean(cells[place])) for cells in (columns, *rows)) for place, name in enumerate(columns)
    }
    room = _room(out.width, needed, {*right, *narrow}, cut)
    for name in columns:
        table.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name in {*right, *narrow, *cut},
            overflow="ellipsis" if name in cut else "fold",
            min_width=needed[name] if name in {*right, *narrow} else None,
            max_width=room.get(name),
        )
    for cells in rows:
        table.add_row(*(Text(clean(cell)) for cell in cells))
    # Printed at the terminal's width: `soft_wrap` of the console would let a wide table run over the edge.
    out.print(table, soft_wrap=False)


def _room(width: int, needed: Mapping[str, int], fixed: Collection[str], cut: Sequence[str]) -> dict[str, int]:
    """Widths of the ``cut`` columns: what they need, or equal shares of what the others leave."""
    free = width - sum(needed[name] for name in fixed) - _GAP * len(needed)
    room: dict[str, int] = {}
    for done, name in enumerate(sorted(cut, key=lambda name: needed[name])):
        room[name] = max(_LEAST, min(needed[name], free // (len(cut) - done)))
        free -= room[name]
    return room
