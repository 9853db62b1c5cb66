"""Reports: content free of any renderer, and its renderings."""

from carbon.reports.esg import PROFILES, build, write_esg
from carbon.reports.pdf import Rendered, render_pdf
from carbon.reports.report import Report

__all__ = ["PROFILES", "Rendered", "Report", "build", "render_pdf", "write_esg"]
