"""Labels as HTML, and the page of a calculation: no script, no address but its own links, everything escaped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.units import format_unit

from carbon.labels import figures
from carbon.labels.activity_names import activity_name
from carbon.labels.calculation import Calculation, Step
from carbon.labels.content import Label, Subject
from carbon.labels.links import qr_path
from carbon.labels.markup import css, style_hash, templates
from carbon.labels.phrases import qr_text, words_of
from carbon.labels.wording import Words, languages, words

__all__ = ["calculation_page", "fragment", "gone_page", "html", "sheet", "style_hash"]

#: Signs before a record's state, so that colour and word are not alone.
_MARKS = {"intact": "✓", "broken": "✕", "estimate": "–", "declared": "–"}
_GONE = {"unknown": "page.gone_unknown", "changed": "page.gone_changed", "removed": "page.gone_removed"}
_SENTENCES = ("counted", "not_counted", "product", "method", "data")
_BAR_WIDTH, _FIGURE_SPACE, _POINT_SPACE = 200, "\u2007", "\u2008"


def fragment(label: Label, language: str, unit: str | None = None) -> str:
    """Return a label as one element, to stand in a page that has the style sheet, or its own."""
    return templates().get_template("label.html").render(_common(label, language, unit))


def html(label: Label, language: str, *, unit: str | None = None, nonce: str | None = None) -> str:
    """Return a label as a page of its own.

    Parameters
    ----------
    nonce : str, optional
        Of the Content-Security-Policy; the policy may name `style_hash()` instead.
    """
    return templates().get_template("label_page.html").render(_common(label, language, unit), css=css(), nonce=nonce)


def sheet(labels: Sequence[Label], language: str, *, unit: str | None = None, nonce: str | None = None) -> str:
    """Return labels side by side as a page of their own, such as those of all options of a cart.

    Parameters
    ----------
    unit : str, optional
        Of all; that of the largest otherwise, so that nobody compares grams with kilograms.
    """
    known = [label.co2e_kg for label in labels if label.co2e_kg is not None]
    shared = unit or (figures.common_unit(known) if known else None)
    return (
        templates()
        .get_template("label_sheet.html")
        .render(
            **_common(labels[0], language, shared),
            labels=[_common(each, language, shared) for each in labels],
            css=css(),
            nonce=nonce,
        )
    )


def calculation_page(calculation: Calculation, language: str, *, nonce: str | None = None) -> str:
    """Return the page of a calculation."""
    label = calculation.label
    common = _common(label, language, None)
    text: Words = common["text"]
    state, said = _state(calculation, text)
    target = label.link or calculation.url
    path, size = qr_path(target)
    stages, stage_total = _stages(label, text)
    steps, steps_total = _rows(calculation.steps, label.co2e_kg, text)
    return (
        templates()
        .get_template("calculation.html")
        .render(
            common,
            css=css(),
            nonce=nonce,
            declared=label.subject is Subject.PRODUCT,
            calculation=calculation,
            languages=_languages(calculation.option),
            others=_others(calculation, text),
            finding=_finding(label, text),
            subject=_subject(label, common["said"]["name"], text),
            route=_route(calculation, text),
            state=state,
            state_mark=_MARKS[state],
            state_title=text(f"page.{state}"),
            state_text=said,
            qr=path,
            qr_size=size,
            qr_text=text("page.qr_gs1" if label.link else "page.qr", url=target),
            stages=stages,
            stage_total=stage_total,
            steps_total=steps_total,
            extent=_extent(label, text),
            steps=steps,
            beside=_rows(calculation.beside, None, text)[0],
            assumed=_assumed(calculation, text),
            sources=calculation.sources,
            made=_time(calculation.calculated_at),
        )
    )


def gone_page(why: str, language: str) -> str:
    """Return the page that stands in place of a calculation: a QR code on paper outlives an estimate.

    Parameters
    ----------
    why : str
        ``unknown``, ``changed`` or ``removed``.
    """
    text = words(language)
    tag = text.locale.replace("_", "-")
    return (
        templates()
        .get_template("gone.html")
        .render(text=text, tag=tag, css=css(), nonce=None, why=text(_GONE[why]), languages=_languages(None))
    )


def _languages(option: str | None) -> list[dict[str, str]]:
    """Return the languages a page can be read in, with its address in each."""
    return [
        {"name": each.name, "language": each.language, "href": _href(option, each.language)}
        for each in map(words, languages())
    ]


def _common(label: Label, language: str, unit: str | None) -> dict[str, Any]:
    text = words(language)
    tag = text.locale.replace("_", "-")
    # A label without a figure says less.
    said = {**dict.fromkeys(_SENTENCES, ""), **words_of(label, language, unit)}
    found = {"label": label, "text": text, "tag": tag, "said": said, "code": None}
    if label.url:
        path, size = qr_path(label.link or label.url)
        found["code"] = {"path": path, "size": size, "text": qr_text(label, text)}
    return found


def _href(option: str | None, language: str) -> str:
    """Return the address of this page in a language, or of another option's."""
    return "?" + urlencode({"language": language, **({} if option is None else {"option": option})})


def _others(calculation: Calculation, text: Words) -> list[dict[str, str]]:
    masses = [each.co2e_kg for _, each in (*calculation.others, ("", calculation.label)) if each.co2e_kg is not None]
    found = []
    for key, label in calculation.others:
        said = words_of(label, text.language, figures.common_unit(masses))
        about = said.get("difference") or said.get("why") or ""
        found.append({"href": _href(key, text.language), "name": said["name"], "line": said["line"], "about": about})
    return found


def _finding(label: Label, text: Words) -> str:
    """Return which stage is the largest, and how large."""
    if label.co2e_kg is None or not any(label.stages.values()):
        return ""
    stage = max(label.stages, key=lambda each: label.stages[each])
    name, part = text.named("stages", stage), figures.share(label.stages[stage] / label.co2e_kg, text)
    return text("page.finding", stage=name[0].upper() + name[1:], share=part)


def _subject(label: Label, name: str, text: Words) -> str:
    subject = text(f"subjects.{label.subject}")
    return subject if name in ("", subject) else text("page.subject", subject=subject, name=name)


def _route(calculation: Calculation, text: Words) -> str:
    names = [_country(each, text) for each in (calculation.origin, calculation.destination)]
    if calculation.label.subject is Subject.PRODUCT or not all(names):
        return ""
    return text("page.route", origin=names[0], destination=names[1])


def _country(region: str, text: Words) -> str:
    """Return a region's country, and nothing finer."""
    return Locale.parse(text.locale).territories.get(region.split("-")[0].upper(), "")


def _state(calculation: Calculation, text: Words) -> tuple[str, str]:
    record = calculation.record
    if calculation.label.subject is Subject.PRODUCT:
        return "declared", text("page.declared_text")
    if record is None:
        return "estimate", text("page.estimate_text")
    time = _time(record.checked_at)
    if not record.intact:
        return "broken", text("page.broken_text", time=time)
    if not record.agrees:
        return "broken", text("page.differs_text", time=time)
    return "intact", text("page.intact_text", time=time)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC) if at.tzinfo else at:%Y-%m-%d %H:%M}"


def _stages(label: Label, text: Words) -> tuple[list[dict[str, Any]], tuple[str, str]]:
    """Return the rows of the stages and their total, aligned."""
    known = {stage: kg for stage, kg in label.stages.items() if kg}
    if not known or label.co2e_kg is None or label.subject is Subject.PRODUCT:
        return [], ("", "")
    largest, whole = max(known.values()), sum(known.values())
    *kilograms, total = _aligned([figures.significant(kg, text) for kg in (*known.values(), label.co2e_kg)], text)
    rows = [
        {
            "stage": str(stage),
            "name": text.named("stages", stage),
            "kg": shown,
            "share": figures.share(kg / whole, text),
            "width": f"{max(kg / largest * (_BAR_WIDTH - 1), 1):.1f}",
        }
        for (stage, kg), shown in zip(known.items(), kilograms, strict=True)
    ]
    return rows, total


def _extent(label: Label, text: Words) -> str:
    if label.low_kg is None or label.high_kg is None:
        return ""
    low, high = (figures.significant(each, text) for each in (label.low_kg, label.high_kg))
    return text("page.range_text", low=low, high=high)


def _rows(
    steps: Sequence[Step], total_kg: float | None, text: Words
) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
    """Return the rows of steps and their total, aligned; no total where none is given."""
    amounts = [figures.significant(each.amount, text) for each in steps]
    factors = [figures.significant(each.factor_value, text, figures.FACTOR_DIGITS) for each in steps]
    masses = [each.co2e_kg for each in steps] + ([] if total_kg is None else [total_kg])
    kilograms = _aligned([figures.significant(each, text) for each in masses], text)
    total = None if total_kg is None else kilograms.pop()
    columns = zip(steps, _aligned(amounts, text), _aligned(factors, text), kilograms, strict=True)
    rows: list[dict[str, Any]] = []
    before = None
    for step, amount, factor, kg in columns:
        rows.append(
            {
                "first": step.stage != before,
                "stage": str(step.stage),
                "stage_name": text.named("stages", step.stage),
                "what": _name(step, text)[0],
                "what_language": _name(step, text)[1],
                "factor_id": step.factor_id,
                "amount": amount,
                "unit": _unit(step.unit),
                "factor": factor,
                "factor_unit": _unit(step.factor_unit),
                "factor_unit_short": _unit(step.factor_unit).replace("CO2", "CO₂"),
                "kg": kg,
                "data_type": text.named("data_types", step.data_type),
                "region": step.region,
                "match": text.named("matches", step.match),
                "source": step.source,
                "locator": step.locator,
            }
        )
        before = step.stage
    return rows, total


def _name(step: Step, text: Words) -> tuple[str, str]:
    """Return a factor's name and its language: the page's, where it has words for the activity, else its publication's."""
    found = activity_name(step.activity, text.language)
    return (step.what, "en") if found is None else (found, text.language)


def _aligned(column: Sequence[str], text: Words) -> list[tuple[str, str]]:
    """Return numbers with the space behind their decimals that puts the points of a column below each other."""
    point = figures.point(text)
    decimals = [len(each.partition(point)[2]) if point in each else -1 for each in column]
    widest = max(decimals, default=-1)
    return [
        (each, (_POINT_SPACE if own < 0 <= widest else "") + _FIGURE_SPACE * max(widest - max(own, 0), 0))
        for each, own in zip(column, decimals, strict=True)
    ]


def _unit(unit: str) -> str:
    """Return a unit as people write it: ``kg CO2e/(t*km)`` becomes kg CO2e/(t·km)."""
    for code, printed in (("kW*h", "kWh"), ("**2", "²"), ("**3", "³"), ("*", "·")):
        unit = unit.replace(code, printed)
    return unit.replace("(kWh)", "kWh")


def _assumed(calculation: Calculation, text: Words) -> list[str]:
    found = [text.named("assumptions", each) for each in calculation.assumed]
    gaps: dict[int, dict[str, None]] = {}
    for each in calculation.steps:
        if each.edition_gap_years:
            gaps.setdefault(each.edition_gap_years, {})[_name(each, text)[0]] = None
    for years, names in sorted(gaps.items()):
        span = format_unit(years, "duration-year", locale=text.locale)
        found.append(text("page.edition_gap", years=span, names=text("page.names_between").join(names)))
    return found
