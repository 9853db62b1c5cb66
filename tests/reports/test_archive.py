"""PDF/A-2b, by the validator of pikepdf: it approves only what it knows to conform, by the rules of veraPDF's profiles."""

from __future__ import annotations

import io
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


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.Root.OutputIntents.__delitem__(0),
        lambda document: document.Root.__delattr__("Metadata"),
        lambda document: document.Root.__setitem__(
            "/OpenAction", pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="1")
        ),
        lambda document: any_font(document).FontDescriptor.__delattr__("FontFile2"),
    ],
    ids=["no output intent", "no metadata", "script", "font not embedded"],
)
def test_the_validator_finds_planted_faults(small, spoil):
    """Proves that the validator is worth asking: it refuses the same file with one thing wrong."""
    stream = io.BytesIO()
    with pikepdf.open(small) as document:
        spoil(document)
        document.save(stream, **pdfa.resolve_save_kwargs(FLAVOUR))
    stream.seek(0)
    assert faults(stream)


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
