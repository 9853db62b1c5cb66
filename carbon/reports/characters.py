"""The section that names every character which the project's own fonts cannot show."""

from __future__ import annotations

from carbon.reports import fonts
from carbon.reports.report import Definitions, Notice, Report, Section


def section(report: Report, replaced: tuple[str, ...], explanation: str) -> tuple[Section, ...]:
    """Return the section, or nothing where every character is shown.

    Parameters
    ----------
    explanation : str
        Key of the renderer's word that says how such characters are shown.
    """
    if not replaced:
        return ()
    words = report.words
    named = "; ".join(fonts.described(each) for each in replaced)
    blocks = (Notice(words["note"], words[explanation]), Definitions(((words["characters_list"], named),)))
    return (Section("characters", words["characters"], blocks),)
