"""Reports: content free of any renderer, and its renderings."""

from typing import TYPE_CHECKING

from carbon.lazy import lend

if TYPE_CHECKING:
    from carbon.reports.checked import check_ledger
    from carbon.reports.esg import PROFILES, build, write_esg
    from carbon.reports.files import Rendered
    from carbon.reports.html import render_html
    from carbon.reports.pdf import render_pdf
    from carbon.reports.rendering import render
    from carbon.reports.report import Report
    from carbon.reports.roi import build_roi, study_ledger, write_roi

__all__ = [
    "PROFILES",
    "Rendered",
    "Report",
    "build",
    "build_roi",
    "check_ledger",
    "render",
    "render_html",
    "render_pdf",
    "study_ledger",
    "write_esg",
    "write_roi",
]

lend(
    __name__,
    {
        "carbon.reports.checked": "check_ledger",
        "carbon.reports.esg": "PROFILES build write_esg",
        "carbon.reports.files": "Rendered",
        "carbon.reports.html": "render_html",
        "carbon.reports.pdf": "render_pdf",
        "carbon.reports.rendering": "render",
        "carbon.reports.report": "Report",
        "carbon.reports.roi": "build_roi study_ledger write_roi",
    },
)
