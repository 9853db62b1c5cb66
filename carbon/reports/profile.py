"""A whole report of a profile: its sections in their order, its framing words, its data for machines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from carbon.reports import (
    assurance,
    commitments,
    content_index,
    emissions,
    evidence,
    framing,
    machine,
    operations,
    quality,
    resources,
    secr,
    spreading,
    transport,
    uncertainty,
    warehouses,
)
from carbon.reports.context import Context
from carbon.reports.report import Report, Section
from carbon.reports.words import RENDERER_WORDS

#: Every section there is, by the key that tables name.
SECTIONS: dict[str, Callable[[Context], Section]] = {
    "summary": framing.summary,
    "boundary": framing.boundary,
    "base_year": commitments.base_year,
    "method": framing.method,
    "scopes": emissions.scopes,
    "gases": resources.gases,
    "intensity": spreading.intensity,
    "stages": spreading.stages,
    "months": spreading.months,
    "lanes": operations.lanes,
    "packaging": operations.packaging,
    "waste": resources.waste,
    "sites": warehouses.sites,
    "energy": resources.energy,
    "energy_carbon": secr.energy_carbon,
    "transport_totals": transport.totals,
    "chain": transport.chain,
    "transport_services": transport.services,
    "hubs": transport.hubs,
    "transport_data": transport.data_types,
    "uncertainty": uncertainty.uncertainty,
    "quality": quality.quality,
    "rows": evidence.rows,
    "targets": commitments.targets,
    "measures": commitments.measures,
    "kpis": content_index.key_figures,
    "credits": commitments.credits,
    "assurance": assurance.assurance,
    "index": content_index.index,
    "factors": evidence.factors,
    "transport_factors": evidence.transport_factors,
    "glossary": evidence.glossary,
}
_INDEX = "index"


def content(context: Context) -> Report:
    """Return the report's content.

    Parameters
    ----------
    context : Context
        With a standard and its edition.
    """
    words, inventory, standard = context.words, context.inventory, context.standard
    if standard is None:
        raise ValueError("a report needs a standard")
    made = {key: SECTIONS[key](context) for key in standard.sections if key != _INDEX}
    # The index leads to the other sections by their numbers.
    titles = {
        key: words("index.where", number=number, title=made[key].title)
        for number, key in enumerate(standard.sections, 1)
        if key in made
    }
    context = replace(context, titles=titles)
    if _INDEX in standard.sections:
        made[_INDEX] = SECTIONS[_INDEX](context)
    run = inventory.runs[-1] if inventory.runs else ""
    period = inventory.period or "–"
    release = inventory.factor_release_sha256[-1][:8] if inventory.factor_release_sha256 else words("words.unknown")
    head = words("report.head" if run else "report.head_none", organisation=context.name, period=period, run=run)
    days = words("report.subtitle", first=context.day(inventory.first_day), last=context.day(inventory.last_day))
    foot = standard.editions[context.edition].foot(context.language)
    return Report(
        profile=standard.profile,
        language=context.language,
        title=standard.title(context.language),
        subtitle=days if inventory.first_day else words("report.subtitle_empty"),
        organisation=context.name,
        period=period,
        subject=standard.subject(context.language),
        head=head,
        foot=words("report.foot", standard=foot, release=release, code=framing.code(context)),
        cover=framing.cover(context),
        sections=tuple(made[key] for key in standard.sections),
        words={key: words(f"words.{key}") for key in RENDERER_WORDS},
        data=machine.data(context),
        made_at=context.made_at,
    )
