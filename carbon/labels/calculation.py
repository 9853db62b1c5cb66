"""One calculation as a page shows it: every line with its factor and source, and whether a record stands behind it.

What is public here must tell nobody where somebody lives: places are regions (a country, in China a province), amounts
are printed with four digits, and neither order nor date of shipment is part of it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from carbon.errors import WorkError
from carbon.labels.content import Label, Subject
from carbon.terms import DELIVERY_STAGES, Stage

_TOTAL = "total"
#: As `carbon explain` and the ledger agree.
_TOLERANCE = 1e-9


class LineFigures(Protocol):
    """What a step is made of; see `carbon.engine.line.Line`."""

    name: str
    stage: str
    amount: float
    unit: str
    factor_id: str
    factor_value: float
    factor_unit: str
    co2e_kg: float
    region: str
    match: str
    edition_gap_years: int
    data_type: str
    edition: str
    source: str
    locator: str
    accounting: str


@dataclass(frozen=True)
class Cited:
    """A publication that factors come from."""

    title: str
    edition: str
    publisher: str = ""
    licence: str = ""
    attribution: str = ""


@dataclass(frozen=True)
class Step:
    """An amount times a factor, and where the factor stands.

    `what` is the factor's own name, in the words of its publication, `activity` what names it in other languages; `source`
    is its number among the sources.
    """

    stage: Stage
    what: str
    amount: float
    unit: str
    factor_id: str
    factor_value: float
    factor_unit: str
    co2e_kg: float
    source: int
    locator: str
    region: str
    match: str
    data_type: str
    edition_gap_years: int
    activity: str = ""


@dataclass(frozen=True)
class Record:
    """What a ledger says of the figure.

    Attributes
    ----------
    run, head_sha256 : str
        The run that holds it, and the hash of the newest manifest, which stands for the whole chain.
    checked_at : datetime
        When the chain was recalculated last, UTC.
    intact : bool
        Whether the chain held then.
    agrees : bool
        Whether the lines recalculated from the record agree with what it holds.
    """

    run: str
    head_sha256: str
    checked_at: datetime
    intact: bool
    agrees: bool = True


@dataclass(frozen=True)
class Calculation:
    """Everything of a calculation's page.

    Attributes
    ----------
    id, url : str
        What the page is found by; an id tells nothing and cannot be guessed.
    steps, beside : tuple of Step
        Lines in the total, in the order of stages, and those shown beside it.
    assumed : tuple of str
        Names of what stood in for something unknown (`carbon.engine.columns.Fallback`).
    origin, destination : str
        Regions, never finer.
    record : Record or None
        None for an estimate, which is in no ledger.
    option : str or None
        Key of the option that the page shows, where an estimate has several.
    others : tuple of (str, Label)
        Keys and labels of the same estimate's other options; their pages are ``?option=KEY``.
    """

    id: str
    url: str
    label: Label
    steps: tuple[Step, ...]
    beside: tuple[Step, ...]
    sources: tuple[Cited, ...]
    factor_release: str
    calculated_at: datetime
    assumed: tuple[str, ...] = ()
    origin: str = ""
    destination: str = ""
    record: Record | None = None
    option: str | None = None
    others: tuple[tuple[str, Label], ...] = ()


def calculation_of(
    lines: Iterable[LineFigures],
    label: Label,
    *,
    id: str,
    url: str,
    factors_json: str,
    factor_release: str,
    calculated_at: datetime,
    fallbacks: Sequence[str] = (),
    regions: tuple[str, str] = ("", ""),
    record: Record | None = None,
    option: str | None = None,
    others: Sequence[tuple[str, Label]] = (),
) -> Calculation:
    """Return the page's content for the lines of an estimate, or of all parcels of a recorded order.

    Parameters
    ----------
    lines : iterable of Line
    factors_json : str
        The factors in use with their sources, as in a run's ``factors.json`` or `Registry.as_json`.
    regions : tuple of str
        Of origin and destination: ``GB``, ``CN-GD``.

    Raises
    ------
    WorkError
        If the lines do not add up to the label's figure: a page that proves a number must not show another one.
    """
    book = json.loads(factors_json)
    rows = {row["id"]: row for row in book["factors"]}
    sources: dict[Cited, int] = {}
    found: dict[bool, list[Step]] = {True: [], False: []}
    for line in lines:
        row = rows.get(line.factor_id, {})
        cited = _cited(line, book["sources"].get(row.get("source"), {}))
        number = sources.setdefault(cited, len(sources) + 1)
        # The product is always apart from a delivery's total.
        inside = line.accounting == _TOTAL and Stage(line.stage) in label.counted
        found[inside].append(_step(line, row, number))
    _agree(label, math.fsum(step.co2e_kg for step in found[True]))
    order = [*DELIVERY_STAGES, Stage.PRODUCT]
    for steps in found.values():
        steps.sort(key=lambda step: order.index(step.stage))
    return Calculation(
        id=id,
        url=url,
        label=label,
        steps=tuple(found[True]),
        beside=tuple(found[False]),
        sources=tuple(sources),
        factor_release=factor_release,
        calculated_at=calculated_at,
        assumed=tuple(dict.fromkeys(fallbacks)),
        origin=regions[0],
        destination=regions[1],
        record=record,
        option=option,
        others=tuple(others),
    )


def _agree(label: Label, sum_kg: float) -> None:
    # A declared figure has no lines of ours.
    if label.co2e_kg is None or label.subject is Subject.PRODUCT:
        return
    if not math.isclose(sum_kg, label.co2e_kg, rel_tol=_TOLERANCE):
        raise WorkError(
            "the lines of a calculation do not add up to its label\n"
            f"  found:    {sum_kg!r} kg\n  expected: {label.co2e_kg!r} kg\n"
            "  mend:     give the lines of the same option or order that the label was made from"
        )


def _cited(line: LineFigures, source: Mapping[str, Any]) -> Cited:
    texts = {key: str(source.get(key) or "") for key in ("publisher", "licence", "attribution")}
    return Cited(line.source, line.edition, **texts)


def _step(line: LineFigures, row: Mapping[str, Any], source: int) -> Step:
    what = _what(row, line.factor_id)
    return Step(
        Stage(line.stage),
        what,
        line.amount,
        line.unit,
        line.factor_id,
        line.factor_value,
        line.factor_unit,
        line.co2e_kg,
        source,
        line.locator,
        line.region,
        str(line.match),
        str(line.data_type),
        line.edition_gap_years,
        str(row.get("activity") or ""),
    )


def _what(row: Mapping[str, Any], factor_id: str) -> str:
    """Return a factor's name; with the activity before it where the name says nothing of it, such as a country's."""
    activity, name = str(row.get("activity") or factor_id), str(row.get("name") or "")
    parts = re.split(r"[._]", activity)
    if name and {part[:4] for part in parts} & {part[:4].lower() for part in re.findall(r"\w+", name)}:
        return name
    return " ".join(parts).capitalize() + (f": {name}" if name else "")
