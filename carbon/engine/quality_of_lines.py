"""Range and data quality of one parcel or shipment, from its lines."""

from __future__ import annotations

import math
from collections.abc import Iterable

from carbon.engine.line import Line
from carbon.engine.ratings import Rated, data_shares, ratings
from carbon.engine.uncertainty import Range, Terms, matched
from carbon.factors.spread import joined


def terms_of_lines(lines: Iterable[Line]) -> Terms:
    """Return lines as terms, for differences between options: packaging that is carried errs apart from the goods."""
    rows = []
    for line in lines:
        goods_kg = line.co2e_kg
        for co2e_kg, spreads in line.carried if line.spreads is not None else ():
            goods_kg -= co2e_kg
            rows.append((co2e_kg, joined([*line.spreads, *spreads]), 0.0))
        rows.append((goods_kg, line.spreads, 0.0))
    return Terms.of_rows(rows)


def range_of_lines(lines: Iterable[Line]) -> Range:
    """Return the 95 % range of the sum of lines, without what stood in for a weight, place or package."""
    lines = list(lines)
    carried = [part for line in lines for part in line.carried]
    rows = [(line.co2e_kg, line.spreads, 0.0) for line in lines] + [(kg, spreads, 0.0) for kg, spreads in carried]
    return matched(Terms.of_rows(rows), math.fsum(kg for kg, _ in carried))


def quality_of_lines(lines: Iterable[Line]) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return ISO 14083 shares and PACT 3.0 ratings of lines, by emissions."""
    rated = [Rated(line.co2e_kg, line.pedigree, line.match, line.edition_gap_years, line.data_type) for line in lines]
    return data_shares(rated), ratings(rated)
