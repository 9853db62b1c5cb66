"""A carrier's own intensities: read from its table, kept among the own factors, and used by legs of its services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.access import needs
from app.people import Right
from app.reading import factors, setup
from carbon import carrier_factors, carrier_table, intensity_by
from carbon.errors import FactorError
from carbon.terms import Stage

#: Stage of a leg to what its intensity can be by, and the field that names it.
_FITS = {
    str(Stage.LINE_HAUL): (("kg*km",), "vehicle"),
    str(Stage.HUBS): (("kg", "parcel"), "activity"),
    str(Stage.LAST_MILE): (("km", "parcel"), "vehicle"),
}
#: What a leg keeps when another intensity takes the place of its own.
_KEPT = ("stage", "from", "to", "distance", "distance_basis", "party", "region", "round", "failed_first_deliveries",
         "customer_trip")  # fmt: skip
_HUB = "hub."
TEMPLATE = (
    "category,mode,boundary,value,unit,distance_basis,region,valid_from,valid_to,source,locator,verification\n"
    "Line haul articulated lorry,road,WTT,,g/(t*km),shortest_feasible,,2025-01-01,2025-12-31,Emission report 2025,page 4,\n"
    "Line haul articulated lorry,road,TTW,,g/(t*km),shortest_feasible,,2025-01-01,2025-12-31,Emission report 2025,page 4,\n"
    "Parcel hub,hub,WTW,,g/parcel,,,2025-01-01,2025-12-31,Emission report 2025,page 6,\n"
    "Delivery van,road,WTW,,g/km,,,2025-01-01,2025-12-31,Emission report 2025,page 5,\n"
).encode("utf-8-sig")


def read(path: Path, carrier: str) -> tuple[list[dict[str, Any]], list[FactorError]]:
    """Return the rows of a carrier's table, and what is wrong with them by the check of all own factors.

    Raises
    ------
    FactorError
        If the table itself cannot be used.
    """
    rows = carrier_factors(path, carrier)
    return rows, factors.problems(_with(rows))


def from_ileap(sent: Path, distance_basis: str) -> Any:
    """Return the carrier's table of what an iLEAP file holds, with what does not go into it."""
    return carrier_table([sent], distance_basis)


def _with(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The own factors with these rows: a table sent again takes the place of its former rows."""
    new = {row["id"] for row in rows}
    return [*(each for each in factors.own_rows() if each.get("id") not in new), *rows]


@needs(Right.MANAGE)
def take(rows: list[dict[str, Any]]) -> None:
    """Keep rows among the own factors; the former file is kept, too."""
    factors.save_own(_with(rows))


def held(carrier_rows: list[dict[str, Any]], stage: str) -> dict[str, str]:
    """Return the activities of own rows that a leg of a stage can use, with their names."""
    by, field = _FITS[stage]
    return {
        str(row["activity"]): str(row.get("name") or row["activity"])
        for row in carrier_rows
        if str(row.get("activity", "")).startswith(_HUB) == (field == "activity") and intensity_by(row) in by
    }


def own_of(carrier: str) -> list[dict[str, Any]]:
    """Return the own factors that came from a carrier's table."""
    return [row for row in factors.own_rows() if str(row.get("name", "")).startswith(f"{carrier}: ")]


def legs(service: str) -> list[dict[str, Any]]:
    """Return the legs of a service as the organisation file has them."""
    return list(((setup.data().get("services") or {}).get(service) or {}).get("chain") or [])


@needs(Right.MANAGE)
def use(service: str, position: int, activity: str, measured: bool) -> setup.Problem | None:
    """Let a leg of a service use an activity; measured figures count as primary data."""
    chain = setup.plain_values(legs(service))
    leg = chain[position]
    new = {name: leg[name] for name in _KEPT if name in leg} | {_FITS[leg["stage"]][1]: activity}
    # The whole chain is written, since services may share one by an anchor: only this service is to change.
    chain[position] = new | ({"primary": True} if measured else {})
    return setup.change([(("services", service, "chain"), chain)])
