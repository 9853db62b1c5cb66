"""Labels of delivery options, recorded orders and products: their figures, or why a label gives none.

A label gives a figure only above a floor of coverage and quality (`carbon.organisation.labels`). Below it the label says
"not available" and why; it never says zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from carbon.labels.content import Comparison, Label, Names, NotAvailable, Subject, Why
from carbon.ledger.manifest import code_version
from carbon.ledger.well_to_wheel import well_to_wheel
from carbon.organisation import Floor
from carbon.terms import DELIVERY_STAGES, DataType, Stage

if TYPE_CHECKING:
    from carbon.ledger.trace import Explanation

__all__ = [
    "Comparison",
    "Label",
    "Names",
    "Subject",
    "Why",
    "compared",
    "label_of_option",
    "label_of_order",
    "label_of_product",
]

_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@cache
def _edition() -> str:
    """The software's version: what is installed does not change while it runs."""
    return code_version()


class OptionFigures(Protocol):
    """What a label needs of a delivery option; see `carbon.estimate.options`."""

    co2e_kg: float
    low_kg: float | None
    high_kg: float | None
    stages: Mapping[Stage, float]
    product_co2e_kg: float | None
    shares: Mapping[DataType, float]
    factor_years: Sequence[int]
    reason: str | None


def label_of_option(
    option: OptionFigures,
    names: Names,
    *,
    floor: Floor | None = None,
    counted: Collection[Stage] | None = None,
    iso_14083: bool = False,
    gwp_sets: Sequence[str] = (),
    url: str | None = None,
    calculated_at: datetime | None = None,
) -> Label:
    """Return the label of a delivery option, compared with nothing yet (`compared`).

    Parameters
    ----------
    names : Names
        What the merchant calls it.
    floor : Floor, optional
        The organisation's; the loosest there is otherwise.
    counted : collection of Stage, optional
        Stages of the option's boundary; those with emissions otherwise.
    iso_14083 : bool
        By the rule of `carbon.ledger.well_to_wheel`.
    """
    common: dict[str, Any] = {"edition": _edition(), "url": url, "calculated_at": calculated_at}
    if option.reason is not None:
        return Label(Subject.OPTION, names, missing=NotAvailable(Why.UNAVAILABLE), **common)
    stages = {Stage(stage): float(kg) for stage, kg in option.stages.items()}
    return _above(
        floor or Floor(),
        Label(
            Subject.OPTION,
            names,
            co2e_kg=float(option.co2e_kg),
            low_kg=option.low_kg,
            high_kg=option.high_kg,
            stages=_ordered(stages),
            counted=_boundary(stages, counted),
            product_kg=option.product_co2e_kg or None,
            shares={str(kind): float(part) for kind, part in option.shares.items() if part is not None},
            factor_years=tuple(sorted(set(option.factor_years))),
            gwp_sets=tuple(gwp_sets),
            iso_14083=iso_14083,
            **common,
        ),
    )


def compared(label: Label, baseline: Label, difference: Any) -> Label:
    """Return a label with its difference to a baseline, both of the same order.

    Parameters
    ----------
    difference : carbon.engine.uncertainty.Difference
        From the baseline to the label's subject, by paired draws.

    Returns
    -------
    Label
        Where the two do not count the same stages, nothing is compared, and the label says so. Where one of them has no
        figure there is no comparison.
    """
    if not (label.available and baseline.available) or difference is None:
        return label
    if label.counted != baseline.counted:
        return label.beside(Comparison(baseline.names, same_boundary=False))
    low, high = difference.low_kg, difference.high_kg
    clear = low is not None and high is not None and (low > 0 or high < 0)
    value = getattr(difference, "value_kg", None)
    value = float(difference.co2e_kg if value is None else value)
    return label.beside(Comparison(baseline.names, value, low, high, clear))


def label_of_order(
    explanations: Sequence[Explanation],
    names: Names,
    *,
    floor: Floor | None = None,
    gwp_sets: Sequence[str] | None = None,
    url: str | None = None,
    calculated_at: datetime | None = None,
) -> Label:
    """Return the label of a recorded order: the sum of its parcels as `explain` recomputes them.

    Ranges of several parcels are added end by end: parcels of one order share factors and lanes, so their errors go
    together, and the sum is never narrower than the truth.
    """
    found = list(explanations)
    common: dict[str, Any] = {"edition": _edition(), "url": url, "calculated_at": calculated_at}
    if not found or not all(each.agrees for each in found):
        why = Why.NOT_REPEATED if found else Why.NO_FIGURE
        return Label(Subject.ORDER, names, missing=NotAvailable(why), **common)
    total = math.fsum(each.total_kg for each in found)
    stages = {stage: math.fsum(each.stages_kg[str(stage)] for each in found) for stage in Stage}
    product = stages.pop(Stage.PRODUCT)
    lines = [
        line for each in found for line in each.lines if line.accounting == "total" and line.stage != Stage.PRODUCT
    ]
    return _above(
        floor or Floor(),
        Label(
            Subject.ORDER,
            names,
            co2e_kg=total,
            low_kg=_sum([each.low_kg for each in found]),
            high_kg=_sum([each.high_kg for each in found]),
            stages=_ordered({stage: kg for stage, kg in stages.items() if kg}),
            counted=_boundary(stages, {Stage(line.stage) for line in lines}),
            product_kg=product or None,
            shares=_weighted([(each.total_kg, each.shares) for each in found]),
            ratings=_weighted([(each.total_kg, each.ratings) for each in found]),
            factor_years=tuple(sorted({year for line in lines if (year := edition_year(line.edition))})),
            gwp_sets=tuple(sorted({line.gwp_set for line in lines}) if gwp_sets is None else gwp_sets),
            iso_14083=all(well_to_wheel(each.lines) for each in found),
            **common,
        ),
    )


def label_of_product(
    co2e_kg: float | None,
    names: Names,
    *,
    low_kg: float | None = None,
    high_kg: float | None = None,
    declared_by: str | None = None,
    year: int | None = None,
    gwp_sets: Sequence[str] = (),
    gtin: str | None = None,
    link: str | None = None,
    url: str | None = None,
    calculated_at: datetime | None = None,
) -> Label:
    """Return the label of a product's declared footprint, per piece, or one that says that there is none.

    A declared figure comes with or without a range, and without data shares: it is shown as what it is.

    Parameters
    ----------
    gtin : str, optional
        14 digits, as `carbon.orders.gtin.gtin14` returns them.
    link : str, optional
        What the QR code holds in place of `url` (`carbon.labels.links.digital_link`).
    """
    common: dict[str, Any] = {
        "url": url, "calculated_at": calculated_at, "declared_by": declared_by, "gtin": gtin, "link": link,
    }  # fmt: skip
    if co2e_kg is None or not math.isfinite(co2e_kg) or co2e_kg <= 0:
        return Label(Subject.PRODUCT, names, missing=NotAvailable(Why.NOT_DECLARED), **common)
    return Label(
        Subject.PRODUCT,
        names,
        co2e_kg=float(co2e_kg),
        low_kg=low_kg,
        high_kg=high_kg,
        stages={Stage.PRODUCT: float(co2e_kg)},
        counted=(Stage.PRODUCT,),
        factor_years=() if year is None else (year,),
        gwp_sets=tuple(gwp_sets),
        **common,
    )


def edition_year(edition: str) -> int | None:
    """Return the year in a source's edition, None where it names none."""
    found = _YEAR.search(edition)
    return int(found[0]) if found else None


def _above(floor: Floor, label: Label) -> Label:
    """Return the label, without its figure where that lies below the floor."""
    missing = _below(floor, label)
    if missing is None:
        return label
    return Label(
        label.subject,
        label.names,
        edition=label.edition,
        url=label.url,
        calculated_at=label.calculated_at,
        missing=missing,
    )


def _below(floor: Floor, label: Label) -> NotAvailable | None:
    value, low, high = label.co2e_kg, label.low_kg, label.high_kg
    if value is None or not math.isfinite(value) or value <= 0:
        return NotAvailable(Why.NO_FIGURE)
    lacking = tuple(stage for stage in floor.required if not label.stages.get(stage, 0) > 0)
    if lacking:
        return NotAvailable(Why.STAGE_MISSING, lacking)
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return NotAvailable(Why.RANGE_UNKNOWN)
    ratio = (high - low) / value
    if ratio > floor.range_ratio:
        return NotAvailable(Why.RANGE_WIDE, found=ratio, limit=floor.range_ratio)
    default = label.shares.get(str(DataType.DEFAULT))
    if default is None:
        return NotAvailable(Why.SHARES_UNKNOWN)
    if default > floor.default_share:
        return NotAvailable(Why.DEFAULT_SHARE, found=default, limit=floor.default_share)
    return None


def _ordered(stages: Mapping[Stage, float]) -> dict[Stage, float]:
    return {stage: stages[stage] for stage in DELIVERY_STAGES if stage in stages}


def _boundary(stages: Mapping[Stage, float], counted: Collection[Stage] | None) -> tuple[Stage, ...]:
    inside = {stage for stage, kg in stages.items() if kg} if counted is None else counted
    return tuple(stage for stage in DELIVERY_STAGES if stage in inside)


def _sum(values: Sequence[float | None]) -> float | None:
    return None if any(each is None for each in values) else math.fsum(each for each in values if each is not None)


def _weighted(parts: Sequence[tuple[float, Mapping[str, float | None]]]) -> dict[str, float]:
    """Return means weighted by emissions, of what is known of all parts."""
    whole = math.fsum(weight for weight, _ in parts)
    names = [name for name, value in parts[0][1].items() if value is not None] if whole > 0 else []
    found: dict[str, float] = {}
    for name in names:
        values = [(weight, part.get(name)) for weight, part in parts]
        if all(value is not None for _, value in values):
            found[name] = math.fsum(weight * value for weight, value in values if value is not None) / whole
    return found
