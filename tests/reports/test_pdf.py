"""The PDF itself: text, fonts, glyphs, pages, bytes."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest
from pikepdf import pdfa
from pypdf.generic import IndirectObject

from carbon.errors import ReportError
from carbon.reports import build, fonts, pdf, render_pdf
from carbon.reports.report import Chart, Number, Table
from carbon.reports.words import Words
from carbon.terms import Language
from tests.reports.inventories import empty, full
from tests.reports.test_content import tables

LANGUAGES = list(Language)
HOSTILE = "<b>&\"=cmd|' {0} 😀 שלום &amp; </para>"


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, tmp_path_factory):
    """A report and its PDF, in each language."""
    report = build(full(), language=request.param)
    path = tmp_path_factory.mktemp("pdf") / f"{request.param}.pdf"
    return report, render_pdf(report, path), pypdf.PdfReader(path)


def squeezed(text: str) -> str:
    """Return a text without any space and in its plain characters, since lines break anywhere."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).replace("−", "-")


def text_of(reader) -> str:
    """Return the text of all pages, squeezed."""
    return squeezed("".join(page.extract_text() for page in reader.pages))


def fonts_of(reader) -> dict[str, dict]:
    """Return all font dictionaries of all pages by name."""
    found = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            font = font.get_object() if isinstance(font, IndirectObject) else font
            found[str(font["/BaseFont"])] = font
    return found


def test_every_printed_figure_is_in_the_text(made):
    """Proves that a reader who copies text from the PDF gets the content's own figures and words."""
    report, _, reader = made
    text = text_of(reader)
    for section in report.sections:
        assert squeezed(section.title) in text
        for block in section.blocks:
            table = block.table if isinstance(block, Chart) else block
            if isinstance(table, Table):
                cells = [cell.text for row in table.rows for cell in row if isinstance(cell, Number)]
                assert [cell for cell in cells if squeezed(cell) not in text] == [], table.title


def test_rows_of_the_stage_table_stand_together(made):
    """Proves that name, figure and share of a stage are in one row of the text, so figures stand by their names."""
    report, _, reader = made
    text = text_of(reader)
    table = next(block.table for section in report.sections if section.key == "stages" for block in section.blocks)
    for row in table.rows:
        assert squeezed("".join(getattr(cell, "text", cell) for cell in row)) in text


def test_fonts_are_embedded_subsets_and_nothing_else(made):
    """Proves that the report looks the same everywhere: no font of the reader's machine is asked for."""
    _, _, reader = made
    found = fonts_of(reader)
    assert found
    for name, font in found.items():
        assert re.match(r"/[A-Z]{6}\+NotoSans", name), name
        assert "/FontFile2" in font["/FontDescriptor"].get_object()


def test_the_file_is_fit_for_archives(made):
    """Proves that a whole report is PDF/A-2b, as its metadata says."""
    _, rendered, _ = made
    assert pdfa.validate_written(rendered.path, "2b").findings == []


@pytest.mark.parametrize("weight", [fonts.REGULAR, fonts.STRONG])
def test_each_font_is_given_only_what_it_has(weight):
    """Proves that marks of both scripts, too, are set in a font that has them, beside Chinese and beside Latin."""
    marks = "“”‘’…—–·、，。：；（）〔〕《》%°±−×"
    text = "".join(f"第1号{mark}气{mark}A{mark}—{mark}" for mark in marks) + "——气候"
    assert fonts.missing_in([text]) == ()
    parts = list(fonts.runs(text, weight))
    assert "".join(part for _, part in parts) == text
    assert all(ord(sign) in fonts.coverage(font) for font, part in parts for sign in part)


def test_no_character_of_the_report_lacks_a_glyph(made):
    """Proves that no box stands where a character should."""
    report, rendered, _ = made
    assert rendered.replaced == ()
    assert fonts.missing_in(report.texts()) == ()


def test_wording_is_covered_in_bold():
    """Proves that no Chinese heading falls back to the regular weight: make the subset again if this fails."""
    bold = fonts.coverage(fonts.STRONG) | fonts.coverage("NotoSansSC-SemiBold")
    assert {sign for text in build(full(), language="zh").texts() for sign in text if ord(sign) not in bold} <= set(
        "\n"
    )


def test_usual_chinese_names_are_covered():
    """Proves the subset's promise: GB 2312 levels 1 and 2, whole."""
    signs = bytes(
        byte
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        for byte in (high, low)
        if (high, low) <= (0xD7, 0xF9) or high >= 0xD8
    )
    assert {
        sign
        for sign in signs.decode("gb2312", errors="ignore")
        if ord(sign) not in fonts.coverage("NotoSansSC-Regular")
    } == set()


def test_pages_say_where_they_are(made):
    """Proves running head, foot and page x of y."""
    report, rendered, reader = made
    assert len(reader.pages) == rendered.pages > 5
    for number, page in enumerate(reader.pages, 1):
        text = squeezed(page.extract_text())
        assert squeezed(report.words["page"].format(page=number, pages=rendered.pages)) in text
        assert squeezed(report.foot) in text
        assert number == 1 or squeezed(report.head) in text


def test_metadata_bookmarks_and_links(made):
    """Proves title, author, subject, language, a bookmark a section, and contents that lead there."""
    report, _, reader = made
    assert report.title in reader.metadata.title and reader.metadata.author == report.organisation
    assert reader.metadata.subject == report.subject
    assert reader.trailer["/Root"]["/Lang"] == {"en": "en-GB", "zh": "zh-CN"}[report.language]
    assert [re.sub(r"^\d+\s+", "", entry.title) for entry in reader.outline] == [
        section.title for section in report.sections
    ]
    pages = [reader.get_destination_page_number(entry) for entry in reader.outline]
    assert pages == sorted(pages)
    links = [note for note in reader.pages[0]["/Annots"] if note.get_object()["/Subtype"] == "/Link"]
    assert len(links) >= len(report.sections)


def test_a_long_table_repeats_its_head(made):
    """Proves that the factor table, which runs over pages, says on each what its columns are."""
    report, _, reader = made
    head = squeezed(Words(report.language)("factors.source"))
    value = squeezed(Words(report.language)("factors.value"))
    with_rows = [squeezed(page.extract_text()) for page in reader.pages if page.extract_text().count(".road.van") > 3]
    assert len(with_rows) > 1
    assert all(head in text and value in text for text in with_rows)


def broken_words(report) -> list[tuple[str, str]]:
    """Return heads and one-word cells that are wider than their column, each with its table."""
    broken = []
    for table in tables(report):
        weights = [column.weight for column in table.columns]
        for place, column in enumerate(table.columns):
            room = pdf.WIDTH * column.weight / sum(weights) - (7 if column is not table.columns[-1] else 0)
            size = 6.4 if table.dense else 7.6
            for word in re.split(
                r"[ /]", f"{column.title} ({column.unit.replace(' ', chr(0xA0))})" if column.unit else column.title
            ):
                if word.isascii() and fonts.width(word, fonts.STRONG, size) > room:
                    broken.append((table.title, word))
            words = [
                row[place]
                for row in table.rows
                if isinstance(row[place], str) and re.fullmatch(r"[A-Za-z]+", row[place])
            ]
            broken += [
                (table.title, word)
                for word in words
                if fonts.width(word, fonts.REGULAR, 6.8 if table.dense else 8) > room
            ]
    return broken


def test_no_word_of_a_column_breaks_inside(made):
    """Proves that columns are wide enough for their heads and their one-word cells, in both languages."""
    assert broken_words(made[0]) == []


def test_nothing_is_drawn_outside_the_margins(made):
    """Proves that no text is cut by the edge of the page: all of it starts between the margins."""
    _, _, reader = made
    outside = []
    for page in reader.pages:

        def visit(text, matrix, transform, _font, _size):
            x, y = (pypdf.mult(matrix, transform) if hasattr(pypdf, "mult") else _product(matrix, transform))[4:]
            if text.strip() and not (pdf.MARGIN - 2 <= x <= pdf.MARGIN + pdf.WIDTH + 2 and 20 <= y <= 842 - 20):
                outside.append((text, x, y))

        page.extract_text(visitor_text=visit)
    assert outside == []


def _product(a, b) -> list[float]:
    return [
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    ]  # fmt: skip


def test_the_same_content_gives_the_same_bytes(tmp_path):
    """Proves that a report can be compared by its hash, with fonts of both scripts in it."""
    for name in ("a", "b"):
        render_pdf(build(full(), language="zh"), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_printed_as_it_is(tmp_path, language):
    """Proves that names are never markup, and that characters without a glyph are named and listed, not dropped."""
    inventory = full(
        organisation={**full().organisation, "name": HOSTILE, "name_zh": HOSTILE}, notes=["<a href='x'>y</a>"]
    )
    rendered = render_pdf(build(inventory, language=language), tmp_path / "x.pdf")
    assert rendered.replaced == ("😀", "ש", "ל", "ו", "ם")
    assert pdfa.validate_written(rendered.path, "2b").findings == []
    reader = pypdf.PdfReader(rendered.path)
    text = text_of(reader)
    assert squeezed("<b>&\"=cmd|' {0} [U+1F600] [U+05E9]") in text
    assert squeezed("&amp; </para>") in text and squeezed("<a href='x'>y</a>") in text
    assert "U+1F600GRINNINGFACE;U+05E9HEBREWLETTERSHIN;U+05DCHEBREWLETTERLAMED" in squeezed(
        reader.pages[-1].extract_text()
    )


@pytest.mark.parametrize("name", ["x" * 300, "港" * 120 + "no break " * 15])
def test_a_very_long_name_fits(tmp_path, name):
    """Proves that a name of any length breaks lines instead of the page."""
    inventory = full(
        organisation={**full().organisation, "name": name, "name_zh": name, "sites": {"coventry": {"name": name[:90]}}}
    )
    assert render_pdf(build(inventory), tmp_path / "x.pdf").pages > 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_period_gives_a_report(tmp_path, language):
    """Proves that a period without parcels is said, not a crash and not a zero."""
    rendered = render_pdf(build(empty(), language=language), tmp_path / "x.pdf")
    assert squeezed(Words(language)("summary.empty")) in text_of(pypdf.PdfReader(rendered.path))


def test_a_folder_that_is_not_there(tmp_path):
    """Proves that an impossible output is one message with a way out."""
    with pytest.raises(ReportError, match="cannot be written"):
        render_pdf(build(full()), tmp_path / "nowhere" / "x.pdf")


def test_a_failed_write_leaves_the_old_report(tmp_path, monkeypatch):
    """Proves that a full disk leaves neither half a report nor a temporary file, and the old one untouched."""
    path = tmp_path / "x.pdf"
    path.write_bytes(b"old")

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pdf, "_write", full_disk)
    with pytest.raises(ReportError, match="No space left"):
        render_pdf(build(full()), path)
    assert path.read_bytes() == b"old" and [each.name for each in Path(tmp_path).iterdir()] == ["x.pdf"]


@pytest.mark.parametrize(
    ("text", "subscripts"), [("1 kg CO2e", 1), ("CO2, CH4 + N2O", 3), ("CO2e/(t·km)", 1), ("XCO2e CO2.js CO22 H2O", 0)]
)
def test_formulas_have_a_real_subscript(text, subscripts):
    """Proves that the 2 of CO2e is lowered, and that other words keep their digits."""
    assert fonts.markup(text).count("<sub ") == subscripts


def test_lines_of_chinese_never_start_with_a_full_stop():
    """Proves the line breaks: no closing mark starts a line, no English word is broken."""
    from carbon.reports import flow

    words = flow.Words("全部气体以 CO2e 计，采用 well-to-wheel 口径。" * 6, flow.BODY)
    for width in range(60, 240, 7):
        words.wrap(width, 1000)
        lines = ["".join(frag.text for frag in line.words) for line in words.blPara.lines]
        assert all(line[0] not in "，。、）" for line in lines), lines
        assert "".join(lines).replace(" ", "") == ("全部气体以CO2e计，采用well-to-wheel口径。" * 6)
        assert not any(re.search(r"[a-z]$", a) and re.match(r"[a-z]", b) for a, b in pairwise(lines))


def test_a_paragraph_breaks_over_pages():
    """Proves that a bullet longer than what is left of a page goes on on the next one, line by line, by the same rules."""
    from carbon.reports import flow

    text = "甲、乙。Long words never break " * 30
    whole = flow.Words(text, flow.BULLET, bullet="–")
    width, height = whole.wrap(200, 1000)
    first, rest = whole.split(width, height / 2)
    assert first.wrap(width, 1000)[1] + rest.wrap(width, 1000)[1] == pytest.approx(height)
    lines = ["".join(frag.text for frag in line.words) for each in (first, rest) for line in each.blPara.lines]
    assert squeezed("".join(lines)) == squeezed(text) and not any(line[0] in "、。" for line in lines)
    assert first.bulletText and not rest.bulletText
    assert flow.Words(text, flow.BODY).split(width, 5) == []


def test_very_long_notes_break_over_pages(tmp_path):
    """Proves that sentences longer than a page make more pages, and no crash."""
    pages = [
        render_pdf(build(full(notes=[note]), "transport"), tmp_path / "x.pdf").pages
        for note in ("meter", "meter " * 2500)
    ]
    assert pages[1] >= pages[0] + 2


@pytest.mark.parametrize(
    "name",
    ["Überlanger Name " * 30, "港湾与织机" * 40, "\u0645\u062a\u062c\u0631 " * 20],
    ids=["latin", "chinese", "arabic"],
)
def test_the_contents_stay_on_the_first_page_under_any_name(name, tmp_path):
    """Proves that a name of many lines is set smaller, so that the cover keeps the whole list of contents."""
    report = build(full(organisation={**full().organisation, "name": name}))
    path = render_pdf(report, tmp_path / "long.pdf").path
    first = squeezed(pypdf.PdfReader(path).pages[0].extract_text())
    assert all(squeezed(f"{number} {each.title}") in first for number, each in enumerate(report.sections, 1))
