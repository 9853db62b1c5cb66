"""The HTML itself: validity, text, escaping, one file."""

from __future__ import annotations

import json
import re
import subprocess

import html5lib
import pytest

from carbon.errors import ReportError
from carbon.reports import build, render_html
from carbon.reports.html import page
from carbon.reports.report import Chart, Number, Table
from carbon.terms import Language
from tests import tools
from tests.reports.inventories import empty, full
from tests.reports.test_content import tables
from tests.reports.test_pdf import HOSTILE, squeezed

LANGUAGES = list(Language)
HTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"


def hostile(language: str):
    """Return a report on a merchant whose name is an attack."""
    named = {**full().organisation, "name": HOSTILE, "name_zh": HOSTILE}
    return build(full(organisation=named, notes=["<a href='x'>y</a>"]), language=language)


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, tmp_path_factory):
    """A report, its file's text, and its tree by a parser that forgives nothing."""
    report = build(full(), language=request.param)
    path = tmp_path_factory.mktemp("html") / "x.html"
    assert render_html(report, path).replaced == ()
    text = path.read_text(encoding="utf-8")
    return report, text, html5lib.HTMLParser(strict=True).parse(text)


def text_of(element) -> str:
    """Return an element's text, squeezed."""
    return squeezed("".join(element.itertext()))


def test_every_figure_stands_in_its_row(made):
    """Proves that the page says what the content says: each table's rows, cell by cell, in order."""
    report, _, tree = made
    found = [[text_of(cell) for cell in row] for row in tree.iter(f"{HTML}tr")]
    expected = []
    for table in tables(report):
        for row in table.rows:
            cells = [squeezed(getattr(cell, "text", cell)) for cell in row]
            while len(cells) > 1 and cells[-1] == "–" and "–" not in cells[:1]:
                cells.pop()
            expected.append(cells)
    rows = [[cell for cell in row] for row in found]
    assert [cells for cells in expected if not any(row[: len(cells)] == cells for row in rows)] == []
    body = text_of(tree.find(f"{HTML}body"))
    for section in report.sections:
        assert squeezed(section.title) in body
        for block in section.blocks:
            table = block.table if isinstance(block, Chart) else block
            if isinstance(table, Table):
                assert all(
                    squeezed(cell.text) in body for row in table.rows for cell in row if isinstance(cell, Number)
                )


def test_tables_have_heads_that_say_what_they_head(made):
    """Proves that every table has a caption, scoped heads, and rows that fill its columns."""
    _, _, tree = made
    for table in tree.iter(f"{HTML}table"):
        assert text_of(table.find(f"{HTML}caption"))
        heads = list(table.iter(f"{HTML}th"))
        assert all(head.attrib["scope"] in ("col", "row") and text_of(head) for head in heads)
        count = len(list(table.find(f"{HTML}thead").iter(f"{HTML}th")))
        for row in table.find(f"{HTML}tbody"):
            assert sum(int(cell.attrib.get("colspan", 1)) for cell in row) == count


def test_charts_are_pictures_with_words_and_data(made):
    """Proves that each chart is one picture with title and description, its words beside it and its data below."""
    report, _, tree = made
    expected = [block for section in report.sections for block in section.blocks if isinstance(block, Chart)]
    pictures = list(tree.iter(f"{SVG}svg"))
    assert [text_of(picture.find(f"{SVG}title")) for picture in pictures] == [squeezed(each.title) for each in expected]
    assert [text_of(picture.find(f"{SVG}desc")) for picture in pictures] == [squeezed(each.alt) for each in expected]
    assert all(picture.attrib["role"] == "img" for picture in pictures)
    details = list(tree.iter(f"{HTML}details"))
    assert len(details) == sum(each.table is not None for each in expected) > 0
    assert all(each.find(f".//{HTML}table") is not None for each in details)


def test_bookmarks_lead_to_sections(made):
    """Proves landmarks, the skip link, one main heading, and contents whose links lead somewhere."""
    report, _, tree = made
    ids = [element.attrib["id"] for element in tree.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    nav = tree.find(f".//{HTML}nav")
    assert [each.attrib["href"] for each in nav.iter(f"{HTML}a")] == [f"#{each.key}" for each in report.sections]
    assert {each.attrib["href"][1:] for each in tree.iter(f"{HTML}a")} <= set(ids)
    for name in ("header", "nav", "main", "footer", "h1"):
        assert len(list(tree.iter(f"{HTML}{name}"))) == 1
    referred = [each.attrib["aria-labelledby"].split() for each in tree.iter() if "aria-labelledby" in each.attrib]
    assert {each for several in referred for each in several} <= set(ids)


def test_the_page_asks_for_nothing(made):
    """Proves that the file is whole: no script, no picture, style or font from elsewhere, no address at all."""
    _, text, tree = made
    assert not {f"{HTML}{name}" for name in ("script", "link", "img", "iframe")} & {each.tag for each in tree.iter()}
    assert "default-src 'none'" in text
    style = "".join(tree.find(f".//{HTML}style").itertext())
    assert "url(" not in style and "@import" not in style
    assert not any(each.startswith("on") for element in tree.iter() for each in element.attrib)


def test_language_title_and_dates(made):
    """Proves that language, title, author and the run's date are told to machines."""
    report, _, tree = made
    assert tree.attrib["lang"] == {"en": "en-GB", "zh": "zh-CN"}[report.language]
    assert "".join(tree.find(f".//{HTML}title").itertext()) == report.name
    metas = {each.attrib["name"]: each.attrib["content"] for each in tree.iter(f"{HTML}meta") if "name" in each.attrib}
    assert metas["author"] == report.organisation and metas["dcterms.created"] == "2026-01-01T00:00:00+00:00"


def test_formulas_have_a_real_subscript(made):
    """Proves that no formula stands in the page with a full-size digit, heads included."""
    _, _, tree = made
    body = tree.find(f"{HTML}body")
    plain = [
        each for element in body.iter() for each in (element.text, element.tail) if each and element.tag != f"{SVG}desc"
    ]
    left = [each for each in plain if re.search(r"(?<![A-Za-z])CO2(?!\.js)", each)]
    assert [
        each for each in left if each not in {"".join(title.itertext()) for title in tree.iter(f"{SVG}title")}
    ] == []
    assert len(list(body.iter(f"{HTML}sub"))) > 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hostile_name_is_text(tmp_path, language):
    """Proves that user text is never markup, and that characters which devices may lack are named at the end."""
    report = hostile(language)
    rendered = render_html(report, tmp_path / "x.html")
    text = rendered.path.read_text(encoding="utf-8")
    tree = html5lib.HTMLParser(strict=True).parse(text)
    assert rendered.replaced == ("😀", "ש", "ל", "ו", "ם")
    assert squeezed(HOSTILE) in text_of(tree.find(f".//{HTML}h1"))
    assert "<b>" not in text and "<a href='x'>" not in text and "&lt;a href=" in text
    assert "שלום" in [text_of(each) for each in tree.iter(f"{HTML}bdi")]
    last = list(tree.iter(f"{HTML}section"))[-1]
    assert last.attrib["id"] == "characters" and "U+1F600GRINNINGFACE" in text_of(last)


def test_marks_that_nobody_sees_are_named_everywhere():
    """Proves that marks of direction and private characters stand nowhere, title, author and words of pictures included."""
    name = "Turned \u202e round \ue000 shop"
    sites = {"coventry": {"name": name}}
    text = page(build(full(organisation={**full().organisation, "name": name, "sites": sites})))
    assert "\u202e" not in text and "\ue000" not in text
    tree = html5lib.HTMLParser(strict=True).parse(text)
    seen = "Turned [U+202E] round [U+E000] shop"
    metas = {each.attrib["name"]: each.attrib["content"] for each in tree.iter(f"{HTML}meta") if "name" in each.attrib}
    assert seen in "".join(tree.find(f".//{HTML}title").itertext()) and metas["author"] == seen
    assert any(seen in "".join(each.itertext()) for each in tree.iter(f"{SVG}desc"))


@pytest.mark.parametrize("name", ["x" * 300, "港" * 200, "no break " * 30])
def test_a_very_long_name_is_valid(name):
    """Proves that length breaks no page; the browser tests prove that it breaks no layout."""
    report = build(full(organisation={**full().organisation, "name": name, "name_zh": name}))
    assert name.strip() in "".join(html5lib.HTMLParser(strict=True).parse(page(report)).find(f".//{HTML}h1").itertext())


def test_an_empty_period_and_the_same_bytes(tmp_path):
    """Proves that a period without parcels is a valid page, and that the same content is the same file."""
    for name in ("a.html", "b.html"):
        render_html(build(empty(), language="zh"), tmp_path / name)
    data = (tmp_path / "a.html").read_bytes()
    assert data == (tmp_path / "b.html").read_bytes()
    html5lib.HTMLParser(strict=True).parse(data.decode())


def test_a_folder_that_is_not_there(tmp_path):
    """Proves that an impossible output is one message with a way out."""
    with pytest.raises(ReportError, match="cannot be written"):
        render_html(build(empty()), tmp_path / "nowhere" / "x.html")


def test_the_nu_html_checker_finds_nothing(tmp_path):
    """Proves validity by the checker that the W3C uses, warnings included; a planted fault is found."""
    checker = tools.need("vnu")
    files = []
    others = [(name, build(full(), name)) for name in ("transport", "secr", "vsme")]
    for name, report in (("en", build(full())), ("zh", hostile("zh")), ("empty", build(empty())), *others):
        files.append(render_html(report, tmp_path / f"{name}.html").path)
    planted = tmp_path / "planted.html"
    planted.write_text(files[0].read_text(encoding="utf-8").replace("<main ", "<main role=x ", 1), encoding="utf-8")
    command = [str(tools.need("java")), "-jar", str(checker), "--format", "json", "--exit-zero-always", "--stdout"]
    done = subprocess.run([*command, *map(str, files), str(planted)], capture_output=True, text=True, timeout=120)
    messages = json.loads(done.stdout)["messages"]
    assert {each["url"].rsplit("/", 1)[1] for each in messages} == {"planted.html"}, messages
