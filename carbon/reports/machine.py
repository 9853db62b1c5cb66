"""The answers to a standard's datapoints for machines: plain values with ids, editions, concepts, units and period."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from carbon.reports.answers import Answer, answer
from carbon.reports.context import Context
from carbon.reports.standard import Datapoint, Document, vsme_concepts

FORMAT = "carbon-per-order/disclosures/1"
#: Units as the XBRL unit registry names them.
_UTR = {
    "t CO2e": "tCO2e",
    "kg CO2e": "kgCO2e",
    "MWh": "MWh",
    "kWh": "kWh",
    "GJ": "GJ",
    "t": "t",
    "kg": "kg",
    "%": "pure",
}
_TAXONOMIES = {"vsme": vsme_concepts}
_DAY = "%Y-%m-%d"


def data(context: Context) -> dict[str, Any]:
    """Return the answers of a report as plain values, the same for the same ledger.

    Parameters
    ----------
    context : Context
        With a standard and its edition.
    """
    standard, inventory = context.standard, context.inventory
    if standard is None:
        raise ValueError("the data of a report need a standard")
    days = [day.strftime(_DAY) if day is not None else None for day in (inventory.first_day, inventory.last_day)]
    found: dict[str, Any] = {
        "format": FORMAT,
        "profile": standard.profile,
        "edition": context.edition,
        "entity": {"name": context.organisation.get("name"), "country": context.organisation.get("country")},
        "period": {"label": inventory.period, "start": days[0], "end": days[1]},
        "ledger": {
            "head_sha256": inventory.head_sha256,
            "runs": list(inventory.runs),
            "factor_release_sha256": list(inventory.factor_release_sha256),
            "code_version": inventory.code_version,
        },
        "gwp_set": inventory.gwp_set,
        "assurance": "not assured",
        "facts": list(_facts(context)),
    }
    if standard.profile in _TAXONOMIES:
        concepts = _TAXONOMIES[standard.profile]()
        found["taxonomy"] = {"entry_point": concepts.entry_point, "source": concepts.source}
    return found


def _facts(context: Context) -> Iterator[dict[str, Any]]:
    for document, points in context.standard.points(context.edition):
        for point in points:
            yield _fact(context, document, point, answer(context, point))


def _fact(context: Context, document: Document, point: Datapoint, found: Answer) -> dict[str, Any]:
    fact: dict[str, Any] = {
        "id": point.id,
        "document": document.name.en,
        "edition": document.edition,
        "title": point.title.en,
        "confirmed": point.confirmed,
        "state": str(found.state),
    }
    if point.concept:
        fact["concept"] = point.concept
    if found.value is None:
        return fact | {"reason": found.reason}
    fact |= {"value": found.value, "unit": found.unit}
    percent = found.unit == "%"
    if isinstance(found.value, float) and found.unit in _UTR:
        # The registry has no per cent: a share is a pure number.
        fact["utr"] = {"unit": _UTR[found.unit], "value": found.value / 100 if percent else found.value}
    if found.limits:
        fact["limits"] = list(found.limits)
    if found.parts:
        fact["parts"] = [{"dimension": name, "member": member, "value": value} for name, member, value in found.parts]
    if found.section in context.standard.sections:
        fact["section"] = found.section
    return fact


def write(found: dict[str, Any], path: Path | str) -> Path:
    """Write the data as JSON.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    text = json.dumps(found, ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path
