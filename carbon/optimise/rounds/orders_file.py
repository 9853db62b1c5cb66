"""An orders file as drafts of stops: the parcels of one day, those to the same place in one stop.

Masses and volumes are those that the footprint counts: gross mass with the package, volume as carriers measure it, with
the same labelled fallbacks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.frame import Frame
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.local import Local
from carbon.engine.plan import lay_ground
from carbon.engine.rejecting import Rejecting
from carbon.engine.totals import Totals
from carbon.errors import OrdersError, OrganisationError, Where
from carbon.factors.registry import Registry
from carbon.optimise.rounds.drafts import EXACT, DepotPlace, Draft, Drafts, reject, service_s
from carbon.optimise.rounds.problem import Stop
from carbon.orders.places import PlaceMatch, Places
from carbon.orders.table import OrdersChunk, OrdersInput
from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet

#: Coordinates that agree so far (about a metre) are one place.
_DIGITS = 5
_DAYS_SHOWN = 3
_PLACE = ("country", "postcode", "city", "latitude", "longitude")


@dataclass
class _Parcel:
    """A row that is delivered or collected on the day."""

    row: int
    id: str
    gross_kg: float
    volume_m3: float
    collected: bool


@dataclass
class _Place:
    """Parcels of one depot to one place."""

    depot: str
    latitude: float
    longitude: float
    match: PlaceMatch
    postcode: str | None
    parcels: list[_Parcel] = field(default_factory=list)


def drafts_of_orders(
    source: Any,
    fleet: Fleet,
    organisation: Organisation,
    registry: Registry,
    places: Places,
    depots: Sequence[DepotPlace],
    *,
    day: date | None = None,
    services: Sequence[str] = (),
    returns: bool = False,
    mapping: Path | str | None = None,
    lines: Path | str | None = None,
) -> tuple[Drafts, date]:
    """Read one day of an orders file as stops.

    Parameters
    ----------
    day : date, optional
        Of shipment; may be left out where the file has one day only.
    services : sequence of str
        Only these services of the organisation file; none for all.
    returns : bool
        Whether what came back on the day is collected, too.

    Returns
    -------
    drafts : Drafts
        Each with the id of its first parcel.
    day : date

    Raises
    ------
    OrdersError
        If the file has no parcel on the day, or several days and none is named.
    """
    if fleet.service_time is None:
        raise OrganisationError(
            "the fleet file has no 'service_time'",
            expected="service_time: {per_stop: 3 min, per_parcel: 30 s}",
            mend="an orders file does not tell how long a stop takes: state it in the fleet file",
        )
    unknown = [name for name in services if name not in organisation.services]
    if unknown:
        raise OrganisationError("no such service", found=unknown[0], expected=", ".join(organisation.services))
    opened = OrdersInput.open(source, mapping=mapping, lines=lines)
    when = day or _only_day(opened)
    maker, intake = _maker(opened, organisation, registry, places)
    found = Drafts()
    by_place: dict[tuple, _Place] = {}
    at_site = {depot.site: depot.key for depot in depots if depot.site is not None}
    for chunk in opened.chunks():
        admitted = intake.admit(chunk)
        found.rows += len(admitted.rows) + len(admitted.rejects)
        found.rejects += list(admitted.rejects)
        today, collected = _of_day(admitted, when, returns)
        _count(found.left_out, "of other days", len(admitted.rows) - len(today.rows))
        rejecting = Rejecting()
        with np.errstate(invalid="ignore", divide="ignore"):
            frame = maker.make(today, rejecting)
        found.rejects += list(rejecting.rejects)
        for parcel, place in _parcels(frame, maker, places, collected, found, services, at_site, depots):
            key = (place.depot, round(place.latitude, _DIGITS), round(place.longitude, _DIGITS))
            if place.match not in EXACT:
                key += (parcel.id,)  # the centre of a city is not one door
            by_place.setdefault(key, place).parcels.append(parcel)
    for place in by_place.values():
        found.drafts.append(_draft(place, fleet))
        found.parcel_kg |= {each.id: each.gross_kg for each in place.parcels if not each.collected}
    if not found.drafts:
        raise OrdersError(
            f"no parcel to plan on {when}",
            found=_why_none(found),
            expected="a day with parcels, of the services asked for, from depots of the fleet file",
            mend="name another --day or --service",
            where=Where(opened.name),
        )
    return found, when


def _maker(
    opened: OrdersInput, organisation: Organisation, registry: Registry, places: Places
) -> tuple[FrameMaker, Intake]:
    survey = Local(opened, places).survey(registry)
    if not survey.profile.months:
        raise OrdersError(
            "no usable row",
            found=f"{survey.row_count} rows, all rejected",
            mend="look at the reasons with `carbon calculate ... --rejects FILE`",
            where=Where(opened.name),
        )
    ground = lay_ground(organisation, registry, survey.profile, places)
    return FrameMaker(ground, places, Totals().rounds), Intake(survey.duplicates)


def _only_day(opened: OrdersInput) -> date:
    days: Counter[date] = Counter()
    for chunk in opened.chunks():
        counts = pc.value_counts(chunk.table["shipped_on"])
        days.update({each["values"].as_py(): each["counts"].as_py() for each in counts})
    if len(days) != 1:
        busiest = ", ".join(f"{day} ({count:,} parcels)" for day, count in days.most_common(_DAYS_SHOWN))
        raise OrdersError(
            "the orders are of several days" if days else "the orders have no usable row",
            found=f"{len(days):,} days, the busiest {busiest}" if days else None,
            expected="one day of rounds",
            mend="name it with --day, such as --day " + (str(days.most_common(1)[0][0]) if days else "2026-03-02"),
            where=Where(opened.name),
        )
    return next(iter(days))


def _of_day(chunk: OrdersChunk, when: date, returns: bool) -> tuple[OrdersChunk, set[int]]:
    """Return the rows of a day, and which of them are collected."""
    wanted = pa.scalar(when, pa.date32())
    shipped = np.asarray(pc.fill_null(pc.equal(chunk.table["shipped_on"], wanted), False))
    back = np.asarray(pc.fill_null(pc.equal(chunk.table["returned_on"], wanted), False)) & returns
    keep = shipped | back
    rows = chunk.rows[keep]
    collected = set(chunk.rows[back & ~shipped].tolist())
    return OrdersChunk(chunk.table.filter(pa.array(keep)), rows), collected


def _parcels(
    frame: Frame,
    maker: FrameMaker,
    places: Places,
    collected: set[int],
    found: Drafts,
    services: Sequence[str],
    at_site: dict[str | None, str],
    depots: Sequence[DepotPlace],
) -> Iterator[tuple[_Parcel, _Place]]:
    """Yield the parcels of a frame with their places; the others are refused or counted."""
    context, table = maker.ground.context, frame.table
    spots = places.resolve(**{name: table[f"destination_{name}"] for name in _PLACE})
    ids, postcodes = table["parcel_id"].to_pylist(), table["destination_postcode"].to_pylist()
    gross_kg, volume_m3 = frame.columns["gross_mass_kg"], frame.columns["measured_volume_m3"]
    for at, row in enumerate(frame.rows.tolist()):
        service = context.service_keys[int(frame.codes["service"][at])]
        if services and service not in services:
            _count(found.left_out, "of other services", 1)
            continue
        site = context.site_keys[int(frame.codes["site"][at])]
        depot = at_site.get(site) if site else None
        if depot is None and not site and len(depots) == 1:
            depot = depots[0].key
        if depot is None:
            known = ", ".join(f"{each.key} ({each.site})" if each.site else each.key for each in depots)
            found.rejects.append(reject(row, ids[at], "origin_site", site or None, "unknown_depot", f"known: {known}"))
            continue
        volume = float(volume_m3[at])
        found.without_volume += bool(np.isnan(volume))
        parcel = _Parcel(row, ids[at], float(gross_kg[at]), 0.0 if np.isnan(volume) else volume, row in collected)
        match = PlaceMatch(int(spots.match[at]))
        yield parcel, _Place(depot, float(spots.latitude[at]), float(spots.longitude[at]), match, postcodes[at])


def _draft(place: _Place, fleet: Fleet) -> Draft:
    brought = [each for each in place.parcels if not each.collected]
    fetched = [each for each in place.parcels if each.collected]
    taken_s = service_s(fleet, len(place.parcels))
    assert taken_s is not None  # looked at first
    stop = Stop(
        id=place.parcels[0].id,
        node=-1,
        delivery_kg=sum(each.gross_kg for each in brought),
        delivery_m3=sum(each.volume_m3 for each in brought),
        collection_kg=sum(each.gross_kg for each in fetched),
        collection_m3=sum(each.volume_m3 for each in fetched),
        service_s=taken_s,
        parcels=tuple(each.id for each in brought),
    )
    members = tuple((each.row, each.id) for each in place.parcels)
    return Draft(stop, members, place.latitude, place.longitude, place.match, place.depot, place.postcode)


def _count(counts: dict[str, int], name: str, more: int) -> None:
    if more:
        counts[name] = counts.get(name, 0) + more


def _why_none(found: Drafts) -> str:
    parts = [f"{count:,} {name}" for name, count in found.left_out.items()]
    reasons = Counter(each.reason for each in found.rejects)
    parts += [f"{count:,} refused: {reason}" for reason, count in reasons.most_common()]
    return f"{found.rows:,} rows: " + ", ".join(parts)
