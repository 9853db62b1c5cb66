"""One shipment, every line: the same models and factors as a run, printed so that a person can follow.

A given chain is exactly what the document says: its legs plus the listed packaging, nothing else. A
service goes through the same plan and kernel as a run of many parcels.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from carbon import documents
from carbon import organisation as _organisation
from carbon.engine.line import Line
from carbon.engine.quality_of_lines import quality_of_lines, range_of_lines, terms_of_lines
from carbon.engine.uncertainty import Difference, difference
from carbon.errors import InputError, Where
from carbon.estimate.given import GivenChain
from carbon.estimate.result import LineItem, Quality, Result, Total
from carbon.estimate.service import by_service
from carbon.estimate.shipment import Shipment
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.organisation import Organisation
from carbon.terms import DataType, GwpSet, Stage

__all__ = ["Estimate", "Shipment", "estimate"]


@dataclass(frozen=True)
class Estimate:
    """The footprint of one shipment.

    Attributes
    ----------
    lines : list of Line
    gwp_set : str
    factor_release : str
        Hash of the tables that were used.
    notes : list of str
    range_kg : tuple of float
        95 % range of the total [kg CO2e]. Amounts that the document gives are taken as they are.
    """

    shipment: Shipment
    lines: list[Line]
    gwp_set: str
    factor_release: str
    notes: list[str]
    range_kg: tuple[float | None, float | None]

    @property
    def counted(self) -> list[Line]:
        """Lines in the total: neither the market-based view, nor what is shown beside, nor the product."""
        return [line for line in self.lines if line.accounting == "total" and line.stage != Stage.PRODUCT]

    @property
    def co2e_kg(self) -> float:
        """Total of the delivery stages."""
        return sum(line.co2e_kg for line in self.counted)

    def difference(self, other: Estimate) -> Difference:
        """Return how much more `other` emits, with the range of the paired difference.

        Both are drawn with the same numbers, so that what they share (the van, the detour) cancels.
        """
        return difference(terms_of_lines(self.counted), terms_of_lines(other.counted))

    def result(self) -> Result:
        """Return the result document (schema: `carbon schema result`)."""
        counted, total = self.counted, self.co2e_kg
        low_kg, high_kg = self.range_kg
        _, ratings = quality_of_lines(counted)
        stages: dict[str, float] = {}
        for line in self.lines:
            if line.accounting == "total":
                stages[line.stage] = stages.get(line.stage, 0.0) + line.co2e_kg
        product = stages.pop(Stage.PRODUCT, None)
        shares = {
            kind.value: (sum(line.co2e_kg for line in counted if line.data_type == kind) / total if total else None)
            for kind in DataType
        }
        return Result(
            id=self.shipment.id,
            shipped_on=self.shipment.shipped_on,
            total=Total(
                co2e_kg=total,
                low_kg=low_kg,
                high_kg=high_kg,
                product_co2e_kg=product,
                wtt_kg=_sum(line.wtt_kg for line in counted),
                ttw_kg=_sum(line.ttw_kg for line in counted),
            ),
            stages={str(stage): stages[stage] for stage in Stage if stage in stages},
            quality=Quality(
                **shares, **ratings, matches=dict(Counter(str(line.match) for line in counted)), flags=self._flags()
            ),
            lines=[LineItem(**_item(line)) for line in self.lines],
            gwp_set=GwpSet(self.gwp_set),
            factor_release=self.factor_release,
            notes=self.notes,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the result document as plain values."""
        return self.result().model_dump(mode="json")

    def _flags(self) -> list[str]:
        found = dict.fromkeys(f"{flag}: {line.factor_id}" for line in self.counted for flag in line.flags)
        return list(found)


def estimate(
    shipment: Path | str | dict | Shipment,
    *,
    organisation: Path | str | Organisation | None = None,
    factors: Iterable[Path | str] = (),
    places: Places | None = None,
) -> Estimate:
    """Compute one shipment.

    Parameters
    ----------
    shipment : path, dict or Shipment
        See `carbon schema estimate`.
    organisation : path or Organisation, optional
        Needed where the chain is left to a service.
    factors : list of path
        The user's own factor files; their rows win.

    Raises
    ------
    InputError
        If the document, a factor or an amount cannot be used.
    """
    name = str(shipment) if isinstance(shipment, (str, Path)) else "shipment"
    if not isinstance(shipment, Shipment):
        data = documents.read(shipment) if isinstance(shipment, (str, Path)) else shipment
        shipment = documents.validate(Shipment, data, name)
    setup = organisation
    if setup is not None and not isinstance(setup, Organisation):
        setup = _organisation.read(setup)
    registry = Registry.load(factors, gwp_set=setup.method.gwp_set if setup else GwpSet.AR5)
    places = places or Places()
    if shipment.chain is not None:
        lines, notes = GivenChain(shipment, registry, places, setup, name).lines(), []
        found = range_of_lines(line for line in lines if line.stage != Stage.PRODUCT)
        range_kg = (found.low_kg, found.high_kg)
    else:
        lines, notes, range_kg = by_service(shipment, setup, registry, places, name)
    if not all(math.isfinite(line.co2e_kg) for line in lines):
        raise InputError("an amount is too large to compute with", expected="amounts of a shipment", where=Where(name))
    return Estimate(shipment, lines, str(registry.gwp_set), registry.hash, notes, range_kg)


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _item(line: Line) -> dict[str, Any]:
    values = asdict(line)
    values.pop("carried")  # parts of lines, for ranges: a result's lines are whole
    for each in values["inputs"]:
        each["value"] = None if math.isnan(each["value"]) else each["value"]
    return values
