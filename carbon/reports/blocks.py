"""Blocks of a report as platypus flowables; a heading always keeps company, a long table repeats its head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, LongTable, Spacer, Table, TableStyle
from reportlab.platypus.tableofcontents import TableOfContents

from carbon.reports import charts, flow, fonts, grid
from carbon.reports import report as content
from carbon.reports.flow import Words

#: Tables up to so many rows stay on one page.
_WHOLE = 16
#: Lines of contents that fit under each other on the cover.
_ONE_COLUMN = 16
#: Rows of a long table that its title must have below it.
_FIRST_ROWS = 3
#: Definitions up to this height [pt] stay on one page.
_SHORT = 300
#: Least size of a key figure [pt].
_SMALL_FIGURE = 11
#: Last rows of a table, which never stand on a page alone.
_TOGETHER = ("NOSPLIT", (0, -3), (-1, -1))


class Heading(Words):
    """A heading; with a key, it is a bookmark and a line of the contents."""

    def __init__(self, text: str, look, key: str = ""):
        super().__init__(text, look)
        self.plain, self.key = text, key

    def draw(self):
        """Draw, and set the bookmark to the heading's top."""
        if self.key:
            self.canv.bookmarkHorizontal(self.key, 0, self.height + 4)
        super().draw()


class Contents(TableOfContents):
    """Contents with links and page numbers, in the report's own fonts."""

    def __init__(self, room: float):
        super().__init__()
        self._room = room

    def wrap(self, available_width, available_height):
        """Make the table of the last pass's headings."""
        entries = self._lastEntries or [(0, "–", 1, None)]
        look, right = flow.style(9, leading=1.3), flow.style(9, leading=1.3, right=True)
        cells = [[Words(text, look, link=key), Words(str(page), right)] for _, text, page, key in entries]
        # A long list stands in two columns, so that the cover stays one page.
        across = 2 if len(cells) > _ONE_COLUMN else 1
        down = -(-len(cells) // across)
        cells += [["", ""]] * (across * down - len(cells))
        rows = [[cell for column in range(across) for cell in cells[column * down + place]] for place in range(down)]
        room = self._room / across
        self._table = Table(
            rows,
            colWidths=[room - 40, 40] * across,
            style=TableStyle(
                [
                    *_PADDING,
                    ("LINEBELOW", (0, 0), (-1, -1), 0.4, flow.LINE),
                    *([("RIGHTPADDING", (1, 0), (1, -1), 14)] if across > 1 else []),
                ]
            ),
        )
        self.width, self.height = self._table.wrapOn(self.canv, available_width, available_height)
        return self.width, self.height


_PADDING = [
    ("FONT", (0, 0), (-1, -1), fonts.REGULAR),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
    ("TOPPADDING", (0, 0), (-1, -1), 2.2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.6),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
]


def flowables(
    blocks: Iterable[content.Block], width: float, words: Mapping[str, str], heading: Flowable | None = None
) -> list[Flowable]:
    """Return the flowables of some blocks, the heading kept with the first of them.

    Parameters
    ----------
    width : float
        [pt]
    words : mapping
        Words that the renderer adds (`Report.words`).
    """
    story: list[Flowable] = []
    waiting: list[Flowable] = [heading] if heading else []
    for block in blocks:
        if isinstance(block, content.Subheading):
            waiting.append(Words(block.text, flow.SUBHEADING))
            continue
        kept, free = _parts(block, width, words)
        if kept:
            story.append(KeepTogether([*waiting, *kept]))
        else:
            story += [CondPageBreak(_start_height([*waiting, *free], width)), *waiting]
        story += free
        waiting = []
    return story + waiting


def _start_height(story: list[Flowable], width: float) -> float:
    """Return the height of headings, titles and the first rows of the table after them [pt]."""
    height = 0.0
    for flowable in story:
        _, whole = flowable.wrap(width, 1e6)
        height += flowable.getSpaceBefore()
        if isinstance(flowable, Table):
            return height + sum(flowable._rowHeights[: 1 + _FIRST_ROWS])
        height += whole + flowable.getSpaceAfter()
    return height


def _parts(block: content.Block, width: float, words: Mapping[str, str]) -> tuple[list[Flowable], list[Flowable]]:
    """Return what must stay together, and what may flow over pages after it."""
    match block:
        case content.Text():
            return [Words(block.text, flow.BODY)], []
        case content.Bullets():
            items = [Words(item, flow.BULLET, bullet="–") for item in block.items]
            return items[:1], items[1:]
        case content.Notice():
            return [_notice(block, width), Spacer(1, 6)], []
        case content.KeyFigures():
            return [_figures(block, width), Spacer(1, 6)], []
        case content.Definitions():
            made = [_definitions(block, width), Spacer(1, 4)]
            return (made, []) if made[0].wrap(width, 1e6)[1] < _SHORT else ([], made)
        case content.Table():
            return _table_parts(block, width)
        case content.Chart():
            return _chart_parts(block, width, words)
    raise TypeError(f"no renderer for {type(block).__name__}")


def _titles(title: str, subtitle: str) -> list[Flowable]:
    found: list[Flowable] = [Words(title, flow.FINDING)] if title else []
    return found + ([Words(subtitle, flow.SUBTITLE)] if subtitle else [])


def _table_parts(table: content.Table, width: float) -> tuple[list[Flowable], list[Flowable]]:
    titles, notes = _titles(table.title, table.subtitle), [Words(note, flow.SMALL) for note in table.notes]
    if len(table.rows) <= _WHOLE and not table.dense:
        return [*titles, _grid(table, width), Spacer(1, 2), *notes, Spacer(1, 6)], []
    # Under a table that runs over pages a note would stand alone on the last one.
    return [], [*titles, *notes, _grid(table, width), Spacer(1, 8)]


def _chart_parts(chart: content.Chart, width: float, words: Mapping[str, str]) -> tuple[list[Flowable], list[Flowable]]:
    kept = [
        *_titles(chart.title, chart.subtitle),
        Spacer(1, 4),
        charts.Picture(charts.draw(chart, width)),
        Spacer(1, 4),
    ]
    kept += [Words(words["in_words"] + chart.alt, flow.SMALL)]
    if chart.table is None:
        return kept, []
    together, free = _table_parts(chart.table, width)
    return kept, [KeepTogether(together), *free] if together else free


def _grid(table: content.Table, width: float) -> Table:
    size = 6.8 if table.dense else 8.0
    looks = _looks(size)
    weights = [column.weight for column in table.columns]
    widths = [width * weight / sum(weights) for weight in weights]
    heads = [Words(grid.head(column), looks["head_right" if column.numeric else "head"]) for column in table.columns]
    pads = [grid.padder(table, place) if column.numeric else None for place, column in enumerate(table.columns)]
    # The head is row 0.
    spanned = {(place, position + 1) for position, place in grid.spans(table)}
    rows, sums = [heads], grid.sums(table)
    for position, row in enumerate(table.rows):
        strong = position in sums
        cells = enumerate(zip(row, table.columns, strict=True))
        rows.append(
            [
                _cell(each, column, pads[place], looks, strong, (place, position + 1) in spanned)
                for place, (each, column) in cells
            ]
        )
    style = [
        *_PADDING,
        ("RIGHTPADDING", (0, 0), (-2, -1), 7),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, flow.INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, flow.LINE),
        *(("SPAN", start, (len(table.columns) - 1, start[1])) for start in sorted(spanned)),
        *([_TOGETHER] if len(rows) > 2 * _FIRST_ROWS else []),
    ]
    for first in (place for place in sums if place and place - 1 not in sums):
        style.append(("LINEABOVE", (0, first + 1), (-1, first + 1), 0.8, flow.INK))
    kind = LongTable if len(rows) > 60 else Table
    return kind(rows, colWidths=widths, repeatRows=1, style=TableStyle(style), hAlign="LEFT")


def _looks(size: float) -> dict:
    make = flow.style
    return {
        "head": make(size - 0.4, weight=fonts.STRONG, colour=flow.MUTED, leading=1.3),
        "head_right": make(size - 0.4, weight=fonts.STRONG, colour=flow.MUTED, leading=1.3, right=True),
        "text": make(size, leading=1.3),
        "right": make(size, leading=1.3, right=True),
        "strong": make(size, weight=fonts.STRONG, leading=1.3),
        "strong_right": make(size, weight=fonts.STRONG, leading=1.3, right=True),
        "missing": make(size - 0.4, colour=flow.MUTED, leading=1.3),
        "missing_right": make(size - 0.4, colour=flow.MUTED, leading=1.3, right=True),
    }


def _cell(cell: content.Cell, column: content.Column, pad, looks: Mapping, strong: bool, spans: bool) -> Words:
    right = "_right" if column.numeric else ""
    if isinstance(cell, content.Missing):
        return Words(cell.text, looks["missing" if spans else "missing" + right])
    if isinstance(cell, content.Number):
        look = looks["strong_right" if strong else "right"] if column.numeric else looks["strong" if strong else "text"]
        return Words(pad(cell.text) if pad else cell.text, look)
    if isinstance(cell, content.Link):
        return Words(cell, looks["text"], link=cell.key)
    text = cell.text if isinstance(cell, content.Range) else cell
    if column.numeric:
        return Words(text, looks["strong_right" if strong else "right"])
    return Words(text, looks["strong" if strong else "text"])


def _notice(notice: content.Notice, width: float) -> Table:
    inner = [
        Words(notice.word, flow.style(9, weight=fonts.STRONG, colour=flow.WARN)),
        Words(notice.text, flow.style(9)),
    ]
    return Table(
        [[inner]],
        colWidths=[width],
        hAlign="LEFT",
        style=TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), fonts.REGULAR),
                ("BACKGROUND", (0, 0), (-1, -1), flow.SURFACE),
                ("LINEBEFORE", (0, 0), (0, -1), 2, flow.WARN),
                ("LEFTPADDING", (0, 0), (-1, -1), 9),
                ("RIGHTPADDING", (0, 0), (-1, -1), 9),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
            ]
        ),
    )


def _figures(block: content.KeyFigures, width: float) -> Table:
    across = 3 if len(block.figures) != 4 else 4
    cells = []
    for label, figure, note in block.figures:
        missing = isinstance(figure, content.Missing)
        size = 16 if across == 4 else 18
        # A long figure is set smaller rather than broken.
        size = max(
            _SMALL_FIGURE, min(size, size * (width / across - 12) / fonts.width(figure.text, fonts.STRONG, size))
        )
        look = flow.style(8, colour=flow.MUTED) if missing else flow.style(size, weight=fonts.STRONG, leading=1.3)
        cells.append(
            [
                Words(label, flow.style(8, colour=flow.MUTED)),
                Words(figure.text, look),
                *([Words(note, flow.style(7.5, colour=flow.MUTED))] if note else []),
            ]
        )
    cells += [""] * (-len(cells) % across)
    rows = [cells[start : start + across] for start in range(0, len(cells), across)]
    gap = 10
    return Table(
        rows,
        colWidths=[width / across] * across,
        hAlign="LEFT",
        style=TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), fonts.REGULAR),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), gap),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
                ("LINEABOVE", (0, 0), (-1, -1), 0.8, flow.INK),
            ]
        ),
    )


def _definitions(block: content.Definitions, width: float) -> Table:
    left = width * 0.27
    rows = [
        [Words(term, flow.style(8.5, weight=fonts.STRONG, leading=1.35)), Words(text, flow.style(8.5, leading=1.35))]
        for term, text in block.items
    ]
    return Table(
        rows,
        colWidths=[left, width - left],
        hAlign="LEFT",
        style=TableStyle(
            [
                *_PADDING,
                ("RIGHTPADDING", (0, 0), (0, -1), 9),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, flow.LINE),
                *([_TOGETHER] if len(rows) > 2 * _FIRST_ROWS else []),
            ]
        ),
    )
