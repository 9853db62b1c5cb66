"""A report as PDF/A-2b: A4, embedded fonts, bookmarks, contents, running head and foot, the same bytes for the same content."""

from __future__ import annotations

import io
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, NextPageTemplate, PageBreak, PageTemplate, Spacer

from carbon.reports import characters, flow, fonts
from carbon.reports.archive import archive
from carbon.reports.blocks import Contents, Heading, flowables
from carbon.reports.files import Rendered, write_report
from carbon.reports.report import Report, Section, language_tag

MARGIN = 20 * mm
WIDTH = A4[0] - 2 * MARGIN
_HEAD_SIZE = 7.5
#: The tallest that a name on the cover may be in a type, so that the contents stay on the first page [pt].
_NAME_HEIGHT = 80.0
#: A section with a page of its own begins one unless this part of the page is still empty.
_BEGUN = 0.75


def render_pdf(report: Report, path: Path | str) -> Rendered:
    """Write a report as PDF, whole or not at all.

    Raises
    ------
    ReportError
        If the file cannot be written, or a text cannot be set.
    """
    path = Path(path)
    fonts.register()
    replaced = fonts.missing_in(report.texts())
    pages = write_report(path, lambda stream: _write(report, replaced, stream))
    return Rendered(path, pages, replaced)


class _Document(BaseDocTemplate):
    """Pages with running head and foot; headings become bookmarks and contents."""

    def __init__(self, report: Report, stream):
        self.report = report
        self.total = self.seen = 0
        clean = [fonts.shown(each)[0] for each in (report.organisation, report.subject)]
        super().__init__(
            stream,
            pagesize=A4,
            leftMargin=MARGIN,
            rightMargin=MARGIN,
            topMargin=MARGIN,
            bottomMargin=MARGIN,
            title=fonts.shown(report.name)[0],
            author=clean[0],
            subject=clean[1],
            creator="carbon-per-order",
            keywords=report.profile,
            lang=language_tag(report.language),
            initialFontName=fonts.REGULAR,
            invariant=1,
            displayDocTitle=True,
        )
        frame = Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0, id="page")
        self.addPageTemplates(
            [
                PageTemplate("cover", [frame], onPage=self._cover),
                PageTemplate("page", [frame], onPage=self._page),
            ]
        )

    def beforeDocument(self):
        """Start a pass; the pages of the last one are known now."""
        self.total, self.seen = self.seen, 0

    def afterFlowable(self, flowable):
        """Turn a heading into a bookmark and a line of the contents."""
        if isinstance(flowable, Heading) and flowable.key:
            self.canv.addOutlineEntry(fonts.shown(flowable.plain)[0], flowable.key, 0, False)
            self.notify("TOCEntry", (0, flowable.plain, self.page, flowable.key))

    def _cover(self, canvas, _document):
        self.seen = max(self.seen, canvas.getPageNumber())
        canvas.saveState()
        canvas.setFillColor(flow.ACCENT)
        canvas.rect(MARGIN, A4[1] - MARGIN + 4 * mm, 24 * mm, 1.2 * mm, stroke=0, fill=1)
        canvas.restoreState()
        self._foot(canvas)

    def _page(self, canvas, _document):
        self.seen = max(self.seen, canvas.getPageNumber())
        y = A4[1] - MARGIN + 7 * mm
        _line(canvas, self.report.head, MARGIN, y, WIDTH)
        _rule(canvas, y - 5)
        self._foot(canvas)

    def _foot(self, canvas):
        y = MARGIN - 9 * mm
        number = self.report.words["page"].format(
            page=canvas.getPageNumber(), pages=max(self.total, canvas.getPageNumber())
        )
        taken = fonts.width(number, fonts.REGULAR, _HEAD_SIZE)
        _rule(canvas, y + 11)
        _line(canvas, self.report.foot, MARGIN, y, WIDTH - taken - 12)
        _line(canvas, number, MARGIN + WIDTH - taken, y, taken + 1)


def _rule(canvas, y: float) -> None:
    canvas.saveState()
    canvas.setStrokeColor(flow.LINE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN, y, MARGIN + WIDTH, y)
    canvas.restoreState()


def _line(canvas, words: str, x: float, y: float, room: float) -> None:
    """Set one muted line, cut with an ellipsis where it is longer than its room."""
    words = shorten(words, room)
    canvas.saveState()
    canvas.setFillColor(flow.MUTED)
    for font, part in fonts.runs(words):
        canvas.setFont(font, _HEAD_SIZE)
        canvas.drawString(x, y, part)
        x += canvas.stringWidth(part, font, _HEAD_SIZE)
    canvas.restoreState()


def shorten(words: str, room: float) -> str:
    """Return a text that fits on one line of the running head, its middle replaced by an ellipsis if need be."""
    words = fonts.shown(words)[0]
    if fonts.width(words, fonts.REGULAR, _HEAD_SIZE) <= room:
        return words
    first, last = len(words) // 2, len(words) // 2
    while first > 1 and fonts.width(f"{words[:first]}…{words[last:]}", fonts.REGULAR, _HEAD_SIZE) > room:
        first, last = first - 1, last + 1
    return f"{words[:first]}…{words[last:]}"


def _write(report: Report, replaced: tuple[str, ...], stream) -> int:
    written = io.BytesIO()
    document = _Document(report, written)
    document.multiBuild(_story(report, replaced))
    archive(written.getvalue(), report.made_at, stream)
    return document.seen


def _story(report: Report, replaced: tuple[str, ...]) -> list:
    story: list = [
        NextPageTemplate("page"),
        Spacer(1, 20 * mm),
        _name(report.organisation),
        flow.Words(report.title, flow.COVER_SUBTITLE),
        flow.Words(report.subtitle, flow.COVER_SUBTITLE),
        Spacer(1, 8 * mm),
        *flowables(report.cover, WIDTH, report.words),
        Spacer(1, 4 * mm),
        Heading(report.words["contents"], flow.SUBHEADING),
        Contents(WIDTH),
        PageBreak(),
    ]
    for number, section in enumerate((*report.sections, *characters.section(report, replaced, "characters_text")), 1):
        story += _section(number, section, report)
    return story


def _name(name: str) -> flow.Words:
    """Return a name for the cover, the smaller set the longer it is."""
    for look in (flow.COVER_TITLE, flow.COVER_LONG_TITLE, flow.COVER_LONGEST_TITLE):
        made = flow.Words(name, look)
        if made.wrap(WIDTH, A4[1])[1] <= _NAME_HEIGHT:
            break
    return made


def _section(number: int, section: Section, report: Report) -> list:
    heading = Heading(f"{number}\u2003{section.title}", flow.HEADING, section.key)
    # A page that is hardly begun has room for the next section, too.
    start = [CondPageBreak(_BEGUN * (A4[1] - 2 * MARGIN))] if section.own_page and number > 1 else []
    return [*start, *flowables(section.blocks, WIDTH, report.words, heading)]
