"""A report as one accessible HTML file: no script, no network, the reader's own fonts, the charts of the PDF as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from carbon.reports import characters, charts, fonts, grid
from carbon.reports import report as content
from carbon.reports.files import Rendered, write_report
from carbon.reports.prose import named, prose
from carbon.reports.report import Report, language_tag
from carbon.reports.svg import svg
from carbon.terms import Language

#: Width that charts are drawn for [pt]: that of the PDF's column, so that they are the same drawing.
CHART_WIDTH = 482.0
#: Tables with more columns than this get a frame of their own that scrolls on narrow screens.
_NARROW = 4
#: What is shorter never breaks, however narrow the screen: numbers of rows, their heads, months.
_SHORT, _SHORT_WORD = 4, 7


class Cell(NamedTuple):
    """A table's cell as the page shows it."""

    text: Markup
    kind: str
    spans: int = 1
    heads: bool = False


def render_html(report: Report, path: Path | str) -> Rendered:
    """Write a report as HTML, whole or not at all.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    path = Path(path)
    replaced = fonts.missing_in(report.texts())
    text = page(report, replaced)
    write_report(path, lambda stream: stream.write(text.encode("utf-8")) and None)
    return Rendered(path, None, replaced)


def page(report: Report, replaced: tuple[str, ...] = ()) -> str:
    """Return the page.

    Parameters
    ----------
    replaced : tuple of str
        Characters to name at the end, because devices may lack a glyph for them.
    """
    sections = (*report.sections, *characters.section(report, replaced, "characters_html"))
    return _template(report.language).render(
        report=report, sections=sections, tag=language_tag(report.language), css=_css(), keys=_Keys()
    )


@cache
def _template(language: Language) -> Any:
    made = Environment(
        loader=PackageLoader("carbon.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = lambda text: prose(text, language)
    made.filters["named"] = named
    made.filters["kind"] = lambda block: type(block).__name__
    made.globals |= {
        "rows": lambda table: list(_rows(table, language)),
        "widths": _widths,
        "head": lambda column: prose(grid.head(column), language),
        "picture": _picture,
        "heads": _heads,
        "wide": lambda table: len(table.columns) > _NARROW,
    }
    return made.get_template("report.html")


@cache
def _css() -> Markup:
    text = (resources.files("carbon.reports") / "templates" / "report.css").read_text(encoding="utf-8")
    return Markup("\n" + text)


class _Keys:
    """Ids of pictures and captions, by the order in which they come."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        self._last += 1
        return f"part-{self._last}"


def _picture(chart: content.Chart, key: str) -> Markup:
    return svg(charts.draw(chart, CHART_WIDTH), key=key, title=named(chart.title), description=named(chart.alt))


def _widths(table: content.Table) -> list[str]:
    """Return the columns' widths in per cent."""
    whole = sum(column.weight for column in table.columns)
    return [f"{100 * column.weight / whole:.2f}%" for column in table.columns]


def _heads(column: content.Column) -> Markup:
    """Return the class of a column's head."""
    kinds = [*(["number"] if column.numeric else []), *(["short"] if _is_short(grid.head(column)) else [])]
    return Markup(' class="{}"').format(" ".join(kinds)) if kinds else Markup("")


def _is_short(text: str) -> bool:
    return 0 < len(text) <= (_SHORT_WORD if text.isascii() and " " not in text else _SHORT)


def _rows(table: content.Table, language: Language) -> Iterator[tuple[str, list[Cell]]]:
    """Yield each row's class and cells; a reason runs over the empty cells after it."""
    spans = dict(grid.spans(table))
    sums, last = grid.sums(table), len(table.columns)
    pads = [grid.padder(table, place) if column.numeric else None for place, column in enumerate(table.columns)]
    for position, row in enumerate(table.rows):
        end = spans.get(position, last)
        cells = [_cell(cell, pads[place], table.columns[place], language) for place, cell in enumerate(row[: end + 1])]
        if position in spans:
            cells[-1] = cells[-1]._replace(spans=last - end, kind="missing")
        # What names a row is its head; a dash or a reason names nothing.
        if isinstance(row[0], str) and row[0] not in ("", grid.DASH):
            cells[0] = cells[0]._replace(heads=True)
        yield "sum" if position in sums else "", cells


def _cell(cell: content.Cell, pad: Any, column: content.Column, language: Language) -> Cell:
    kind = "number" if column.numeric else ""
    if isinstance(cell, content.Missing):
        return Cell(prose(cell.text, language), f"missing {kind}".strip())
    if isinstance(cell, content.Number):
        return Cell(_padded(cell.text, pad, language), kind)
    if isinstance(cell, content.Link):
        return Cell(Markup('<a href="#{}">{}</a>').format(cell.key, prose(cell, language)), kind)
    text = cell.text if isinstance(cell, content.Range) else cell
    return Cell(prose(text, language), f"{kind} short".strip() if _is_short(text) else kind)


def _padded(text: str, pad: Any, language: Language) -> Markup:
    """Return a figure, and the spaces that put its point under the others', which nobody hears."""
    figure = prose(text, language)
    spaces = pad(text)[len(text) :] if pad else ""
    return figure + Markup('<span aria-hidden="true">{}</span>').format(spaces) if spaces else figure
