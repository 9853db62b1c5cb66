"""A report to a file: the suffix says in which form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from carbon.errors import InputError
from carbon.reports.files import Rendered
from carbon.reports.html import render_html
from carbon.reports.pdf import render_pdf
from carbon.reports.report import Report

#: A form is one file and one line here.
FORMS: dict[str, Callable[[Report, Path], Rendered]] = {".pdf": render_pdf, ".html": render_html}


def form_of(path: Path | str) -> Callable[[Report, Path], Rendered]:
    """Return what renders a report to this file, before any work is done.

    Raises
    ------
    InputError
        If the file's suffix names no form.
    """
    path = Path(path)
    found = FORMS.get(path.suffix.lower())
    if found is None:
        raise InputError(
            f"{path}: the file's name does not say in which form to write",
            found=f"the suffix '{path.suffix}'" if path.suffix else "no suffix",
            expected=f"a name that ends in {' or '.join(FORMS)}",
            mend=f"name it {path.stem or 'report'}.pdf or {path.stem or 'report'}.html",
        )
    return found


def render(report: Report, path: Path | str) -> Rendered:
    """Write a report in the form that the file's suffix names, whole or not at all.

    Raises
    ------
    InputError
        If the suffix names no form.
    ReportError
        If the file cannot be written.
    """
    return form_of(path)(report, Path(path))
