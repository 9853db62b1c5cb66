"""The profile ``ghg-protocol``: which sections, in which order."""

from __future__ import annotations

from collections.abc import Callable

from carbon.reports import emissions, evidence, framing, operations, quality, spreading, uncertainty
from carbon.reports.context import Context
from carbon.reports.report import Report, Section

NAME = "ghg-protocol"

SECTIONS: tuple[Callable[[Context], Section], ...] = (
    framing.summary,
    framing.boundary,
    framing.method,
    emissions.scopes,
    spreading.intensity,
    spreading.stages,
    spreading.months,
    operations.lanes,
    operations.packaging,
    operations.sites,
    quality.quality,
    uncertainty.uncertainty,
    evidence.rows,
    framing.targets,
    evidence.factors,
    evidence.glossary,
)


def content(context: Context) -> Report:
    """Return the report's content."""
    words, inventory = context.words, context.inventory
    run = inventory.runs[-1] if inventory.runs else ""
    period = inventory.period or "–"
    release = inventory.factor_release_sha256[-1][:8] if inventory.factor_release_sha256 else words("words.unknown")
    head = words("report.head" if run else "report.head_none", organisation=context.name, period=period, run=run)
    days = words("report.subtitle", first=context.day(inventory.first_day), last=context.day(inventory.last_day))
    return Report(
        profile=NAME,
        language=context.language,
        title=words("report.title"),
        subtitle=days if inventory.first_day else words("report.subtitle_empty"),
        organisation=context.name,
        period=period,
        subject=words("report.subject"),
        head=head,
        foot=words("report.foot", release=release, code=framing.code(context)),
        cover=framing.cover(context),
        sections=tuple(section(context) for section in SECTIONS),
        words={key: words(f"words.{key}") for key in RENDERER_WORDS},
        made_at=context.made_at,
    )


#: Words that a renderer adds itself.
RENDERER_WORDS = (
    "page",
    "contents",
    "in_words",
    "note",
    "characters",
    "characters_text",
    "characters_html",
    "characters_list",
    "skip",
    "data_of",
)
