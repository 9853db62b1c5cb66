"""Whose rules on environmental claims hold for a destination."""

from __future__ import annotations

#: Countries with rules of their own; all others get the Union's, which are the strictest there are.
_OF_COUNTRY = {"GB": "UK", "US": "US", "CN": "CN", "FR": "FR"}
OTHERS = "EU"


def market_of(country: str | None) -> str:
    """Return the market of a country, the Union where it is not known."""
    return _OF_COUNTRY.get(country or "", OTHERS)
