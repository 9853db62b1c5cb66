"""A PDF made fit for archives: PDF/A-2b, with dates from the run, so that the same run gives the same bytes."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import BinaryIO

import pikepdf
from pikepdf import pdfa

FLAVOUR = "2b"
#: Stands where a report has no run, and so no date.
_NO_RUN = datetime(2000, 1, 1, tzinfo=UTC)


def archive(written: bytes, made_at: datetime | None, output: BinaryIO) -> None:
    """Write a PDF again as PDF/A-2b.

    Adds the output intent (sRGB) and XMP metadata that agree with the document's information, marks links as printable
    and takes out what the standard does not know. Text, fonts and drawings stay as they are.

    Parameters
    ----------
    written : bytes
        As reportlab made it, all fonts embedded.
    made_at : datetime or None
        When the newest run was made; the clock is never asked.
    output : binary stream
    """
    moment = (made_at or _NO_RUN).astimezone(UTC).replace(microsecond=0)
    with pikepdf.open(io.BytesIO(written)) as document:
        for page in document.pages:
            # reportlab writes an empty slide transition on every page.
            if "/Trans" in page.obj:
                del page.obj["/Trans"]
        for name in ("/CreationDate", "/ModDate"):
            document.docinfo[name] = f"D:{moment:%Y%m%d%H%M%S}Z"
        pdfa.prepare(document, FLAVOUR)
        with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            metadata["xmp:MetadataDate"] = moment.isoformat()
        # The document id is the hash of what is written.
        document.save(output, **pdfa.resolve_save_kwargs(FLAVOUR, deterministic_id=True))
