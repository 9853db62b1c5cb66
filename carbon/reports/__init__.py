"""Reports: content free of any renderer, and its renderings."""

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
