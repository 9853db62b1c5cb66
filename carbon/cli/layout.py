"""Tables and paragraphs within the reader's columns: text is folded, numbers are never cut."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from carbon.cli.common import out

#: Wide enough for a list whose lines are to stay whole, so that other programs can search them.
LIST_COLUMNS = 400


def table_of(names: Iterable[str], rows: Iterable[Iterable[object]], *, left: int = 1) -> Table:
    """Return a table of plain text: labels are the user's own, never markup.

    Parameters
    ----------
    left : int
        So many columns hold text; the others hold numbers.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(names):
        if position < left:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(Text(name, overflow="fold"), justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def say(text: str, *, lead: str = "") -> None:
    """Print a paragraph; its later lines stand below the first one's text, after the `lead`."""
    before = " " * len(lead)
    for number, line in enumerate(Text(text).wrap(out, max(out.width - len(lead), 20))):
        out.print((before if number else lead) + line.plain.rstrip(), markup=False)
