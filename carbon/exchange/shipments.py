"""What carriers report for shipments, as iLEAP has it inside PACT footprints: columns of the orders that were shipped.

A shipment footprint lists its transport chain elements, each with kg CO2e well-to-wheel and tank-to-wheel. Their sums are the
carrier's own figure for the orders of that shipment. Nothing is taken from a footprint whose own numbers contradict each
other: units in such files are told nowhere but in the standard.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from carbon.errors import OrdersError, Where
from carbon.exchange.reject import Reject, broken_field
from carbon.exchange.schema import AtLeastNothing, Moment, Percent, Word
from carbon.exchange.sent import each_footprint, word_of
from carbon.exchange.table import Table

#: Columns that are written, the first being what the others belong to.
COLUMNS = ("reported_co2e_kg", "reported_ttw_co2e_kg", "reported_primary_share", "shipment_footprint")
_MASS = "goods_mass_kg"
_KG_PER_T = 1000
#: How far sums may be off for rounding.
_ROUNDING = Decimal("0.01")
#: A shipment is no lighter than its goods, and not so many times heavier: its mass is in another unit then.
_MOST_TIMES = 100


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Distance(_Part):
    actual: AtLeastNothing | None = None
    gcd: AtLeastNothing | None = None
    sfd: AtLeastNothing | None = None


class _Tce(_Part):
    tceId: Word
    prevTceIds: list[str] | None = None
    tocId: Word | None = None
    hocId: Word | None = None
    shipmentId: Word
    consignmentId: Word | None = None
    mass: AtLeastNothing
    distance: _Distance
    transportActivity: AtLeastNothing
    co2eWTW: AtLeastNothing
    co2eTTW: AtLeastNothing


class _Shipment(_Part):
    shipmentId: Word
    mass: AtLeastNothing
    tces: Annotated[list[_Tce], Field(min_length=1)]


class _Pcf(_Part):
    unitaryProductAmount: AtLeastNothing
    pCfExcludingBiogenic: AtLeastNothing
    primaryDataShare: Percent | None = None


class _Holder(_Part):
    id: Word
    version: Annotated[int, Field(ge=0)] = 0
    created: Moment
    status: Literal["Active", "Deprecated"]
    companyName: Word
    precedingPfIds: list[Word] | None = None
    pcf: _Pcf


@dataclass(frozen=True)
class ShipmentFootprint:
    """A carrier's own figure for one shipment.

    Attributes
    ----------
    shipment_id : str
    consignment_id : str or None
        Where all elements of the chain name the same.
    mass_kg : float
        With its shipment packaging.
    wtw_kg, ttw_kg : float
        Sums over the chain.
    primary_share : float or None
    """

    file: str
    number: int
    id: str
    company: str
    shipment_id: str
    consignment_id: str | None
    mass_kg: float
    wtw_kg: float
    ttw_kg: float
    elements: int
    primary_share: float | None
    age: tuple[datetime, int]


@dataclass(frozen=True)
class Reported:
    """A shipment's figure on its orders.

    Attributes
    ----------
    rows : int
        Rows of the orders among which it is shared.
    """

    footprint: ShipmentFootprint
    order: str
    rows: int


@dataclass(frozen=True)
class Shipped:
    """An orders file with carriers' own figures.

    Attributes
    ----------
    found : int
        Footprints that were sent: those taken, and those among the rejects.
    rows, filled, replaced : int
        Rows of the file; those that have a figure now; those of them that had another before.
    """

    found: int
    rows: int
    filled: int
    replaced: int
    taken: tuple[Reported, ...]
    rejects: tuple[Reject, ...]


def with_shipments(
    orders: Path | str, files: Sequence[Path | str], output: Path | str, by: str = "parcel_id"
) -> Shipped:  # fmt: skip
    """Write an orders file again, with what carriers report for its shipments.

    A footprint is for the rows whose `by` is its shipment id, else its consignment id. Where several rows share it, each
    takes its part by `goods_mass_kg`. Of several footprints of one shipment the newest counts.

    Parameters
    ----------
    orders : Path or str
        CSV in UTF-8 or Parquet.
    files : sequence of Path or str
        PACT footprints with iLEAP's shipment footprints, as JSON.
    output : Path or str
        CSV or Parquet, by its ending.
    by : str
        Column with the shipment's number, such as `parcel_id`, `order_id` or a column of tracking numbers.

    Raises
    ------
    OrdersError
        If the file cannot be read, or has no such column.
    """
    sent, rejects = _read(files)
    with Table(Path(orders)) as table:
        if by.casefold() not in table.names:
            raise OrdersError(
                "no such column", found=by, expected=", ".join(table.names[:20]),
                mend="name the column that holds the shipments' numbers", where=Where(str(orders)),
            )  # fmt: skip
        given = [f"trim({table.quoted(by.casefold())})", table.quoted(_MASS) if _MASS in table.names else "NULL"]
        # A few shipments may be sent for millions of orders: only theirs are looked at.
        names = sorted({name for each in sent for name in (each.shipment_id, each.consignment_id) if name})
        held = _rows_of(table, given, names)
        taken, refused = _matched(sent, held)
        found = [values for each in taken for values in _shares(each, held[each.order])]
        rows, filled, replaced = table.fill(found, given, COLUMNS, Path(output), once=False)
    rejects += refused
    return Shipped(len(taken) + len(rejects), rows, filled, replaced, tuple(taken), tuple(rejects))


def _read(files: Sequence[Path | str]) -> tuple[list[ShipmentFootprint], list[Reject]]:
    sent: list[ShipmentFootprint] = []
    rejects: list[Reject] = []
    former: set[str] = set()
    for each in each_footprint(files):
        if isinstance(each, Reject):
            rejects.append(each)
            continue
        file, number, data = each
        made = _one(data, file, number, former)
        (rejects if isinstance(made, Reject) else sent).append(made)
    newest: dict[str, ShipmentFootprint] = {}
    for each in sorted(sent, key=lambda each: each.age):
        newest[each.shipment_id] = each
    kept = []
    for each in sent:
        by = newest[each.shipment_id]
        if by is not each or each.id in former:
            rejects.append(_reject(each, "superseded", by.id))
        else:
            kept.append(each)
    return kept, rejects


def _one(data: Any, file: str, number: int, former: set[str]) -> ShipmentFootprint | Reject:
    extensions = [each.get("data") for each in (data.get("extensions") if isinstance(data, dict) else None) or ()
                  if isinstance(each, dict)]  # fmt: skip
    given = next((each for each in extensions if isinstance(each, dict) and "tces" in each), None)
    name = word_of(given or {}, "shipmentId")

    def refused(reason: str, found: str, **more: str) -> Reject:
        return Reject(file, number, word_of(data, "id"), name, reason, found[:300], **more)

    if given is None:
        return refused("not_shipment", word_of(data, "productNameCompany"))
    try:
        holder, shipment = _Holder.model_validate(data), _Shipment.model_validate(given)
    except ValidationError as error:
        return refused("schema", **broken_field(error))
    if holder.status == "Deprecated":
        return refused("deprecated", holder.status)
    former.update(holder.precedingPfIds or ())
    if wrong := _contradiction(holder.pcf, shipment):
        return refused(*wrong)
    consignments = {each.consignmentId for each in shipment.tces}
    wtw, ttw = _sums(shipment.tces)
    return ShipmentFootprint(
        file=file,
        number=number,
        id=holder.id,
        company=holder.companyName,
        shipment_id=shipment.shipmentId,
        consignment_id=consignments.pop() if len(consignments) == 1 else None,
        mass_kg=float(shipment.mass),
        wtw_kg=float(wtw),
        ttw_kg=float(ttw),
        elements=len(shipment.tces),
        primary_share=None if holder.pcf.primaryDataShare is None else holder.pcf.primaryDataShare / 100,
        age=(holder.created, holder.version),
    )


def _sums(tces: Sequence[_Tce]) -> tuple[Decimal, Decimal]:
    return sum((each.co2eWTW for each in tces), Decimal(0)), sum((each.co2eTTW for each in tces), Decimal(0))


def _contradiction(pcf: _Pcf, shipment: _Shipment) -> tuple[str, str] | None:
    """Return what of a footprint contradicts what else it says, None where all of it agrees."""
    names = [each.tceId for each in shipment.tces]
    for each in shipment.tces:
        if each.shipmentId != shipment.shipmentId:
            return "other_shipment", f"{each.tceId}: {each.shipmentId}"
        if (each.tocId is None) == (each.hocId is None):
            return "schema", f"{each.tceId}: {'neither' if each.tocId is None else 'both'} of tocId and hocId"
        if names.count(each.tceId) > 1 or not {*(each.prevTceIds or ())} <= {*names} - {each.tceId}:
            return "chain", each.tceId
        if each.co2eTTW > each.co2eWTW:
            return "schema", f"{each.tceId}: co2eTTW {each.co2eTTW} is above co2eWTW {each.co2eWTW}"
        if each.tocId is not None and not _is_activity(each):
            return "activity", (
                f"{each.tceId}: {each.mass} kg, {_distances(each)} km, {each.transportActivity} tkm"
            )  # fmt: skip
    wtw, _ = _sums(shipment.tces)
    activity = sum((each.transportActivity for each in shipment.tces), Decimal(0))
    # iLEAP has the whole shipment's emissions there; PACT itself has them per unit.
    if not any(
        _alike(told, wtw) for told in (pcf.pCfExcludingBiogenic, pcf.pCfExcludingBiogenic * pcf.unitaryProductAmount)
    ):
        return "sums", f"{wtw} kg in the chain, {pcf.pCfExcludingBiogenic} kg for the footprint"
    if not _alike(pcf.unitaryProductAmount, activity):
        return "sums", f"{activity} tkm in the chain, {pcf.unitaryProductAmount} tkm for the footprint"
    return None


def _alike(one: Decimal, other: Decimal) -> bool:
    """Whether two numbers agree but for rounding, of the last digit that is written where that is more."""
    last = max(Decimal(5).scaleb(each.as_tuple().exponent - 1) for each in (one, other))
    return abs(one - other) <= max(_ROUNDING * max(one, other), last)


def _distances(tce: _Tce) -> str:
    return " or ".join(
        str(each) for each in (tce.distance.actual, tce.distance.gcd, tce.distance.sfd) if each is not None
    )


def _is_activity(tce: _Tce) -> bool:
    """Whether mass in kg times a distance in km is the activity in tkm."""
    told = (tce.distance.actual, tce.distance.gcd, tce.distance.sfd)
    return any(_alike(tce.transportActivity, tce.mass * each / _KG_PER_T) for each in told if each is not None)


def _rows_of(table: Table, given: Sequence[str], names: Sequence[str]) -> dict[str, list[str | None]]:
    """Return the masses of the rows of each shipment number, as they stand."""
    rows: dict[str, list[str | None]] = {}
    for number, mass in table.query(f"SELECT {given[0]}, {given[1]} FROM given SEMI JOIN "
                                    f"(SELECT unnest($1) AS number) ON {given[0]} = number", [list(names)]):  # fmt: skip
        rows.setdefault(number, []).append(mass)
    return rows


def _matched(
    sent: Sequence[ShipmentFootprint], held: Mapping[str, Sequence[str | None]]
) -> tuple[list[Reported], list[Reject]]:
    taken: list[Reported] = []
    rejects: list[Reject] = []
    of_consignment: dict[str, int] = {}
    for each in sent:
        if each.consignment_id:
            of_consignment[each.consignment_id] = of_consignment.get(each.consignment_id, 0) + 1
    met: set[str] = set()
    for each in sent:
        alone = of_consignment.get(each.consignment_id or "") == 1
        order = next(
            (name for name in (each.shipment_id, each.consignment_id if alone else None) if name in held), None
        )
        if order is None:
            rejects.append(_reject(each, "no_order", each.shipment_id))
            continue
        masses = [_mass(mass) for mass in held[order]]
        if order in met:
            rejects.append(_reject(each, "two_for_order", each.shipment_id, order))
        elif len(masses) > 1 and None in masses:
            rejects.append(_reject(each, "no_masses", f"{len(masses)} rows", order))
        elif None not in masses and not sum(masses) * 0.99 <= each.mass_kg <= sum(masses) * _MOST_TIMES:
            rejects.append(_reject(each, "shipment_mass", f"{each.mass_kg:g} kg, goods {sum(masses):g} kg", order))
        else:
            met.add(order)
            taken.append(Reported(each, order, len(masses)))
    return taken, rejects


def _mass(text: str | None) -> float | None:
    try:
        found = float(text) if text else 0.0
    except ValueError:
        return None
    return found if found > 0 else None


def _shares(reported: Reported, masses: Iterable[str | None]) -> list[tuple[Any, ...]]:
    """Return the values of each row: keys, then columns; rows of one mass have one share."""
    each, kg = reported.footprint, [(mass, _mass(mass)) for mass in masses]
    whole = sum(value or 0.0 for _, value in kg)
    share = "" if each.primary_share is None else f"{each.primary_share:g}"
    found = {}
    for mass, value in kg:
        part = value / whole if value and len(kg) > 1 else 1.0
        found[mass] = (reported.order, mass, repr(each.wtw_kg * part), repr(each.ttw_kg * part), share or None, each.id)
    return list(found.values())


def _reject(each: ShipmentFootprint, reason: str, found: str, order: str = "") -> Reject:
    return Reject(each.file, each.number, each.id, each.shipment_id, reason, found[:300], order)
