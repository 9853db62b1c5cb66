"""Range and data quality of one parcel or shipment, from its lines."""

from __future__ import annotations

from collections.abc import Iterable

from carbon.engine.line import Line
from carbon.engine.ratings import Rated, data_shares, ratings
from carbon.engine.uncertainty import Range, Terms, matched


def terms_of_lines(lines: Iterable[Line]) -> Terms:
    """Return lines as terms, for ranges and for differences between options."""
    return Terms.of_rows((line.co2e_kg, line.spreads, 0.0) for line in lines)


def range_of_lines(lines: Iterable[Line]) -> Range:
    """Return the 95 % range of the sum of lines, without what stood in for a weight, place or package."""
    return matched(terms_of_lines(lines))


def quality_of_lines(lines: Iterable[Line]) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return ISO 14083 shares and PACT 3.0 ratings of lines, by emissions."""
    rated = [Rated(line.co2e_kg, line.pedigree, line.match, line.edition_gap_years, line.data_type) for line in lines]
    return data_shares(rated), ratings(rated)
