"""What stands first in the ROI report: cover, summary, how figures are made."""

from __future__ import annotations

from carbon.reports import numbers
from carbon.reports.report import Block, Bullets, Definitions, KeyFigures, Notice, Number, Section, Subheading
from carbon.reports.roi_context import RoiContext

_SURE = 0.9
_KG_PER_T = 1000.0


def cover(context: RoiContext) -> tuple[Block, ...]:
    """What stands on the first page under the title."""
    words, study, terms = context.said, context.study, context.study.terms
    inventory = context.base.inventory
    rate = words("cover.rate_real", rate=_rate(context, terms.discount_rate))
    if terms.inflation is not None and terms.stated_rate is not None:
        nominal, inflation = _rate(context, terms.stated_rate), _rate(context, terms.inflation)
        rate = words(
            "cover.rate_nominal", rate=_rate(context, terms.discount_rate), nominal=nominal, inflation=inflation
        )
    prices, first = terms.carbon_price_per_kg, terms.base_year + 1
    carbon = words("cover.carbon_none")
    if prices is not None:
        carbon = words(
            "cover.carbon_text",
            first=context.money(float(prices[0]) * _KG_PER_T),
            last=context.money(float(prices[-1]) * _KG_PER_T),
            from_year=first,
            to_year=terms.base_year + terms.horizon_years,
        )
    items = (
        (
            words("cover.baseline"),
            words("cover.baseline_text", mass=context.mass(study.baseline.total_kg), period=study.baseline.period),
        ),
        (
            words("cover.horizon"),
            words("cover.horizon_text", years=terms.horizon_years, year=terms.base_year, next=first),
        ),
        (words("cover.rate"), rate),
        (words("cover.currency"), words("cover.currency_text", currency=terms.currency, year=terms.base_year)),
        (words("cover.carbon"), carbon),
        (
            words("cover.draws"),
            words("cover.draws_text", draws=context.base.count(study.draws), seed=study.seed),
        ),
        (context.words("cover.head"), inventory.head_sha256 or context.words.not_reported("no_hash")),
    )
    return (Definitions(items), Notice(words("cover.word"), words("cover.text")))


def _rate(context: RoiContext, rate: float) -> str:
    return numbers.signed_percent(numbers.decimal(100 * rate, 1, context.language), context.language)


def summary(context: RoiContext) -> Section:
    """One page: the main figures, which measure to begin with and why."""
    words, study = context.said, context.study
    title = words("summary.title")
    if not study.entries:
        return Section("summary", title, (Notice(words("summary.empty_word"), words("summary.empty")),), True)
    paying = sum(entry.alone.npv > 0 for entry in study.entries)
    low, _, high = study.together.percentiles
    outlay = sum(block.appraisal.outlay for block in study.curve.blocks)
    mass = context.base.figure(study.curve.total_kg)
    share = context.base.share(study.curve.total_kg / study.baseline.total_kg)
    figures = KeyFigures(
        (
            (words("summary.saves"), mass, words("summary.saves_note", share=share, years=study.terms.horizon_years)),
            (
                words("summary.worth"),
                Number(study.curve.npv, context.money(study.curve.npv), study.terms.currency),
                words("summary.worth_note", range=context.between(low, high)),
            ),
            (
                words("summary.outlay"),
                Number(outlay, context.money(outlay), study.terms.currency),
                words("summary.outlay_note", count=len(study.curve.blocks)),
            ),
            (
                words("summary.pays"),
                Number(float(paying), context.base.count(paying)),
                words("summary.pays_note", count=len(study.entries)),
            ),
        )
    )
    return Section(
        "summary", title, (figures, Subheading(words("summary.findings")), Bullets(tuple(_findings(context)))), True
    )


def _findings(context: RoiContext) -> list[str]:
    """Return what stands out, each as a sentence: first of all which measure to begin with."""
    words, study = context.said, context.study
    found = [_first(context)]
    most = max(study.entries, key=lambda entry: entry.alone.yearly_kg)
    if most is not study.first and most.alone.yearly_kg > 0:
        share = context.base.share(most.alone.yearly_kg / study.baseline.total_kg)
        mass = context.mass(most.alone.yearly_kg)
        found.append(words("summary.most", measure=context.measure(most.measure.key), mass=mass, share=share))
    sure = [context.measure(entry.measure.key) for entry in study.entries if entry.simulation.pays > _SURE]
    listed = context.words.joined(sure)
    found.append(
        words("summary.sure", count=len(sure), all=len(study.entries), measures=listed)
        if sure
        else words("summary.sure_none")
    )
    unsure = max(study.entries, key=lambda entry: entry.simulation.percentiles[2] - entry.simulation.percentiles[0])
    if unsure.swings:
        low, _, high = unsure.simulation.percentiles
        found.append(
            words(
                "summary.unsure",
                measure=context.measure(unsure.measure.key),
                low=context.money(low),
                high=context.money(high),
                input=context.input(unsure.swings[0].key),
            )
        )
    # An input that several measures read is one, as in the register.
    inputs = {each for entry in study.entries for each in entry.measure.inputs.values()}
    defaults = sum(each.illustrative for each in inputs)
    found.append(
        words("summary.defaults", count=defaults, all=len(inputs)) if defaults else words("summary.no_defaults")
    )
    return found


def _first(context: RoiContext) -> str:
    words, first = context.said, context.study.first
    if first is None:
        return words("summary.none_finding")
    name, mass = context.measure(first.measure.key), context.mass(first.block.width_kg)
    if not first.block.pays:
        cost = context.cost_per_t(first.block.appraisal.cost_per_kg)
        return words("summary.first_costs", measure=name, cost=cost, mass=mass)
    return words(
        "summary.first_pays",
        measure=name,
        worth=context.money(first.block.appraisal.npv),
        mass=mass,
        payback=context.payback_words(first.block.appraisal),
        chance=context.base.share(first.simulation.pays),
    )


def method(context: RoiContext) -> Section:
    """How figures are made, in sentences."""
    return Section("method", context.said("method.title"), (Bullets(tuple(context.words.at("roi.method.items"))),))
