"""PDF/A-2b, by the validator of pikepdf: it approves only what it knows to conform, by the rules of veraPDF's profiles.

veraPDF itself comes with neither Debian, PyPI nor npm, so it is not asked. `SPOILT` shows, clause by clause, that the validator refuses
what must not pass; the two things that it does not look at have a test of their own.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pypdf
import pytest
from pikepdf import pdfa

from carbon.reports import build, render_pdf
from carbon.reports.archive import FLAVOUR, archive
from tests.reports.inventories import empty

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 890, UTC)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A short report, and its PDF."""
    report = build(empty())
    return render_pdf(report, tmp_path_factory.mktemp("archive") / "x.pdf").path


def faults(path_or_stream) -> list[str]:
    """Return what the validator finds."""
    report = pdfa.validate_written(path_or_stream, FLAVOUR)
    assert report.passed == (not report.findings)
    return [str(each) for each in report.findings]


def test_an_empty_report_is_valid(small):
    """Proves that a report without figures is PDF/A-2b; `test_pdf` asks the same of full ones and of hostile names."""
    assert faults(small) == []


def any_font(document: pikepdf.Pdf):
    """Return a font of the first page."""
    return next(iter(dict(document.pages[0].Resources.Font).values()))


def _drawn(document: pikepdf.Pdf, marks: bytes) -> None:
    document.pages[0].contents_add(document.make_stream(marks))


def _resource(document: pikepdf.Pdf, kind: str, name: str, value) -> None:
    resources = document.pages[0].Resources
    if kind not in resources:
        resources[kind] = pikepdf.Dictionary()
    resources[kind][name] = value


def _see_through(document: pikepdf.Pdf) -> None:
    _resource(document, "/ExtGState", "/Spoilt", pikepdf.Dictionary(BM=pikepdf.Name("/NoSuchMode")))
    _drawn(document, b"/Spoilt gs")


def _picture(document: pikepdf.Pdf) -> None:
    picture = document.make_stream(b"\0\0\0\0")
    picture.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image, "/Width": 1, "/Height": 1})
    picture.update({"/BitsPerComponent": 8, "/ColorSpace": pikepdf.Name.DeviceCMYK})
    _resource(document, "/XObject", "/Spoilt", picture)
    _drawn(document, b"q 9 0 0 9 0 0 cm /Spoilt Do Q")


def _link(document: pikepdf.Pdf):
    return document.pages[0].Annots[0]


#: By clause of ISO 19005-2:2011, what must not pass.
SPOILT = {
    "6.1.3 no file identifier": lambda data: data.replace(b"/ID", b"/XX"),
    "6.1.7.1 stream in another file": lambda document: document.Root.Metadata.__setitem__("/F", "elsewhere.xml"),
    "6.2.2 operator that does not exist": lambda document: _drawn(document, b"spoilt"),
    "6.2.3 no output intent": lambda document: document.Root.OutputIntents.__delitem__(0),
    "6.2.4.3 CMYK without its intent": lambda document: _drawn(document, b"0 1 0 0 k 9 9 9 9 re f"),
    "6.2.8 picture in CMYK": _picture,
    "6.2.10 blend mode that does not exist": _see_through,
    "6.2.11.4 font not embedded": lambda document: any_font(document).FontDescriptor.__delattr__("FontFile2"),
    "6.2.11.5 widths that are not the font's": lambda document: any_font(document).__setitem__(
        "/Widths", pikepdf.Array([123] * len(any_font(document).Widths))
    ),
    "6.3.2 hidden annotation": lambda document: _link(document).__setitem__("/F", 2),
    "6.3.3 annotation without appearance": lambda document: _link(document).__setitem__("/Subtype", pikepdf.Name.Stamp),
    "6.4.1 form that asks for new appearances": lambda document: document.Root.__setitem__(
        "/AcroForm", pikepdf.Dictionary(Fields=pikepdf.Array(), NeedAppearances=True)
    ),
    "6.5.1 script": lambda document: document.Root.__setitem__(
        "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
    ),
    "6.5.2 action of the page": lambda document: document.pages[0].obj.__setitem__(
        "/AA", pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Named, N=pikepdf.Name.NextPage))
    ),
    "6.6.2.1 no metadata": lambda document: document.Root.__delattr__("Metadata"),
    "6.8 attached file that is no PDF/A": lambda document: document.attachments.__setitem__("data.json", b"{}"),
}


@pytest.mark.parametrize("clause", SPOILT)
def test_the_validator_finds_planted_faults(small, clause):
    """Proves that the validator is worth asking: for each of these clauses it refuses the same file with one thing wrong."""
    stream = io.BytesIO()
    with pikepdf.open(small) as document:
        if not clause.startswith("6.1.3 "):
            SPOILT[clause](document)
        document.save(stream, **pdfa.resolve_save_kwargs(FLAVOUR))
    if clause.startswith("6.1.3 "):
        stream = io.BytesIO(SPOILT[clause](stream.getvalue()))
    stream.seek(0)
    assert faults(stream)


def test_the_file_begins_and_ends_as_it_must(small):
    """Proves what the validator does not look at: a binary comment under the header (6.1.2), nothing behind the end (6.1.3)."""
    data = small.read_bytes()
    head, comment = data.split(b"\n")[:2]
    assert re.fullmatch(rb"%PDF-1\.[0-7]", head) and comment[:1] == b"%" and min(comment[1:5]) > 127
    assert data.rstrip(b"\r\n").endswith(b"%%EOF") and len(data) - len(data.rstrip(b"\r\n")) <= 2


def test_a_secret_is_refused(small):
    """Proves that the validator refuses encryption (6.1.3)."""
    stream = io.BytesIO()
    with pikepdf.open(small) as document:
        document.save(stream, encryption=pikepdf.Encryption(owner="x", user=""))
    stream.seek(0)
    assert faults(stream)


def test_both_metadata_say_the_same(small):
    """Proves that what readers show of the file, and XMP, agree, which PDF/A-2 leaves to the writer (6.6.3)."""
    with pikepdf.open(small) as document, document.open_metadata() as xmp:
        info = {str(key): str(value) for key, value in document.docinfo.items()}
        assert info["/Title"] == xmp["dc:title"] and info["/Subject"] == xmp["dc:description"]
        assert [info["/Author"]] == list(xmp["dc:creator"]) and info["/Producer"] == xmp["pdf:Producer"]
        assert xmp["pdfaid:part"] == "2" and xmp["pdfaid:conformance"] == "B"


def test_dates_and_id_come_from_the_run(tmp_path, small):
    """Proves that dates are the run's in both metadata, and that another content has another id."""
    report = replace(build(empty()), made_at=MOMENT)
    paths = [render_pdf(each, tmp_path / name).path for name, each in (("a", report), ("b", report))]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    reader = pypdf.PdfReader(paths[0])
    assert reader.metadata["/CreationDate"] == "D:20260304050607+00'00"
    assert reader.xmp_metadata.xmp_create_date == reader.xmp_metadata.xmp_metadata_date
    assert f"{reader.xmp_metadata.xmp_metadata_date:%Y-%m-%dT%H:%M:%S}" == "2026-03-04T05:06:07"
    assert reader.trailer["/ID"] != pypdf.PdfReader(small).trailer["/ID"]


def test_text_and_pages_stay_as_they_were():
    """Proves that the archive form changes no page."""
    from reportlab.pdfgen.canvas import Canvas

    from carbon.reports import fonts

    fonts.register()
    written = io.BytesIO()
    canvas = Canvas(written, initialFontName=fonts.REGULAR, invariant=1)
    canvas.setFont(fonts.REGULAR, 12)
    canvas.drawString(50, 50, "12.3 kg")
    canvas.save()
    output = io.BytesIO()
    archive(written.getvalue(), None, output)
    before, after = pypdf.PdfReader(written), pypdf.PdfReader(output)
    assert [page.extract_text().strip() for page in after.pages] == ["12.3 kg"]
    assert after.pages[0].get_contents().get_data() == before.pages[0].get_contents().get_data()
