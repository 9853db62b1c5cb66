"""Facts on emissions: scopes, categories, transport, intensities."""

from __future__ import annotations

import math
from dataclasses import replace

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.emissions import CATEGORIES, scope_kg
from carbon.reports.energy_used import energy_used
from carbon.reports.fact import Book, Fact, absent, ratio
from carbon.terms import TRANSPORT_STAGES, DataType, Party, Scope, Stage

book = Book("scopes")
_KG, _TKM, _MONEY = "kg CO2e", "kg CO2e/(t·km)", "kg CO2e/currency"
_TONNE_KM = "kg*km"


@book("scope_1")
def _scope_1(context: Context) -> Fact:
    return _known(scope_kg(context, str(Scope.SCOPE_1)), "scope_1")


@book("scope_2_location")
def _scope_2_location(context: Context) -> Fact:
    return _known(scope_kg(context, str(Scope.SCOPE_2)), "scope_2")


@book("scope_2_market")
def _scope_2_market(context: Context) -> Fact:
    if scope_kg(context, str(Scope.SCOPE_2)) is None:
        return absent(_KG, "scope_2")
    return Fact(float(context.inventory.scope2_market_kg), _KG, limits=_market_limits(context))


@book("scope_3")
def _scope_3(context: Context) -> Fact:
    rows = context.inventory.categories
    if not len(rows):
        return absent(_KG, "no_parcels")
    parts = tuple(("category", str(row.category), float(row.co2e_kg)) for row in rows.itertuples())
    return Fact(math.fsum(value for *_, value in parts), _KG, parts=parts)


def _category(number: str):
    def fill(context: Context) -> Fact:
        rows = context.inventory.categories
        mine = rows[rows["category"].astype(str) == number]
        return _known(float(mine["co2e_kg"].sum()) if len(mine) else None, number)

    return fill


for _number in CATEGORIES:
    book(f"category_{_number}")(_category(_number))


@book("scopes_1_2_location")
def _scopes_1_2_location(context: Context) -> Fact:
    return _known(_own_kg(context), "no_own")


@book("scopes_1_2_market")
def _scopes_1_2_market(context: Context) -> Fact:
    own = _own_kg(context)
    if own is None:
        return absent(_KG, "no_own")
    inventory = context.inventory
    return Fact(own - inventory.scope2_location_kg + inventory.scope2_market_kg, _KG, limits=_market_limits(context))


@book("total_location")
def _total_location(context: Context) -> Fact:
    return _known(None if context.empty else context.total_kg, "no_parcels")


@book("total_market")
def _total_market(context: Context) -> Fact:
    if context.empty:
        return absent(_KG, "no_parcels")
    return Fact(float(context.inventory.market_total_kg), _KG, limits=_market_limits(context))


@book("gases", "gases")
def _gases(context: Context) -> Fact:
    rows = context.inventory.uses.gases
    split = sorted({str(gas) for gas in rows["gas"]} - {"unsplit"}) if len(rows) else []
    if not split:
        return absent("text", "by_gas")
    return Fact(context.words.joined(split), "text")


@book("biogenic", "gases")
def _biogenic(context: Context) -> Fact:
    return absent(_KG, "no_biogenic")


@book("partner_share", "quality")
def _partner_share(context: Context) -> Fact:
    rows = context.inventory.categories
    # Own meters are primary data, too, but no partner's.
    return _primary_of(rows, rows["category"].astype(str) != "3" if len(rows) else None)


@book("scope_3_primary_share", "quality")
def _scope_3_primary_share(context: Context) -> Fact:
    return _primary_of(context.inventory.categories, None)


def _primary_of(rows, which) -> Fact:
    if not len(rows):
        return absent("share", "no_primary")
    mine = rows if which is None else rows[which]
    primary = math.fsum(mine["primary_share"] * mine["co2e_kg"])
    return ratio(primary, float(rows["co2e_kg"].sum()), "share", "no_primary")


@book("local_factors", "quality")
def _local_factors(context: Context) -> Fact:
    rows = context.inventory.matches
    if not len(rows):
        return absent("share", "no_matches")
    near = rows[rows["match"].isin(["own", "region"])]["co2e_kg"].sum()
    return ratio(float(near), float(rows["co2e_kg"].sum()), "share", "no_matches")


@book("per_parcel", "intensity")
def _per_parcel(context: Context) -> Fact:
    return _known(context.inventory.intensities.get("per_parcel_kg"), "no_parcels")


@book("per_order", "intensity")
def _per_order(context: Context) -> Fact:
    return _known(context.inventory.intensities.get("per_order_kg"), "no_orders")


@book("per_tonne_km", "intensity")
def _per_tonne_km(context: Context) -> Fact:
    return _known(context.inventory.intensities.get("per_tonne_km_kg"), "no_tonne_km", _TKM)


@book("per_revenue", "intensity")
def _per_revenue(context: Context) -> Fact:
    return _by_revenue(context, context.total_kg)


@book("per_revenue_market", "intensity")
def _per_revenue_market(context: Context) -> Fact:
    return _by_revenue(context, float(context.inventory.market_total_kg), _market_limits(context))


@book("scopes_1_2_per_revenue", "intensity")
def _own_per_revenue(context: Context) -> Fact:
    return _by_revenue(context, _own_kg(context))


@book("scopes_1_2_per_revenue_market", "intensity")
def _own_per_revenue_market(context: Context) -> Fact:
    own = _scopes_1_2_market(context)
    return _by_revenue(context, own.value, own.limits)


@book("energy_carbon_per_parcel", "energy_carbon")
def _energy_carbon_per_parcel(context: Context) -> Fact:
    """Scopes 1 and 2 of the energy used, as the UK's table has them: refrigerants are outside."""
    return _known(energy_used(context.inventory).per_parcel_kg, "no_own")


@book("shipments_co2e", "transport_totals")
@book("transport_co2e", "transport_totals")
def _transport(context: Context) -> Fact:
    total = _transport_kg(context)
    parts = tuple(("stage", str(each), float(context.inventory.stages_kg[each])) for each in TRANSPORT_STAGES)
    return Fact(total, _KG, limits=_chain_limits(context), parts=parts) if total else absent(_KG, "no_transport")


@book("transport_wtt", "transport_totals")
def _transport_wtt(context: Context) -> Fact:
    return _split(context, context.inventory.wtt_kg)


@book("transport_ttw", "transport_totals")
def _transport_ttw(context: Context) -> Fact:
    return _split(context, context.inventory.ttw_kg)


@book("hubs_co2e", "hubs")
def _hubs(context: Context) -> Fact:
    return _known(float(context.inventory.stages_kg.get(Stage.HUBS) or 0.0) or None, "no_hubs")


@book("tonne_km", "transport_totals")
def _tonne_km(context: Context) -> Fact:
    legs = _legs(context)
    return Fact(float(legs["amount"].sum()) / 1000, "t·km") if len(legs) else absent("t·km", "no_tonne_km")


@book("transport_per_tonne_km", "transport_totals")
def _transport_per_tonne_km(context: Context) -> Fact:
    legs = _legs(context)
    tonne_km = float(legs["amount"].sum()) / 1000
    return ratio(float(legs["co2e_kg"].sum()), tonne_km, _TKM, "no_tonne_km", _chain_limits(context))


@book("air_share", "lanes")
def _air_share(context: Context) -> Fact:
    legs = _legs(context)
    air = legs[legs["activity"].astype(str).str.startswith("air.")]["amount"].sum() if len(legs) else None
    return ratio(air, float(legs["amount"].sum()), "share", "no_tonne_km")


@book("transport_per_parcel", "transport_totals")
def _transport_per_parcel(context: Context) -> Fact:
    total_kg = _transport_kg(context) or None
    return ratio(total_kg, context.inventory.parcels, _KG, "no_transport", _chain_limits(context))


def _stage_per_parcel(stage: Stage):
    def fill(context: Context) -> Fact:
        stage_kg = context.inventory.stages_kg.get(stage) or None
        return ratio(stage_kg, context.inventory.parcels, _KG, "no_stage")

    return fill


book("last_mile_per_parcel", "stages")(_stage_per_parcel(Stage.LAST_MILE))
book("warehousing_per_parcel", "stages")(_stage_per_parcel(Stage.WAREHOUSING))


def _data_type(name: DataType):
    def fill(context: Context) -> Fact:
        rows = context.inventory.stages
        rows = rows[rows["stage"].isin(TRANSPORT_STAGES)] if len(rows) else rows
        parts = {each: math.fsum(rows[f"{each}_share"] * rows["co2e_kg"]) for each in DataType} if len(rows) else {}
        fact = ratio(parts.get(name), _transport_kg(context), "share", "no_transport")
        printed = dict(zip(parts, numbers.shares(list(parts.values()), context.language), strict=True))
        return replace(fact, printed=printed[name]) if fact.value is not None else fact

    return fill


for _name in DataType:
    book(f"transport_{_name}_share", "transport_data")(_data_type(_name))


@book("electric_share", "lanes")
def _electric_share(context: Context) -> Fact:
    chain = context.inventory.uses.chain
    rounds = chain[(chain["stage"] == Stage.LAST_MILE) & (chain["party"] != Party.BUYER)]
    electric = rounds[rounds["activity"].astype(str).str.match(r"electricity\.|hydrogen\.|fuel\.hydrogen")]
    return ratio(float(electric["parcels"].sum()), float(rounds["parcels"].sum()), "share", "no_last_mile")


@book("pickup_share", "lanes")
def _pickup_share(context: Context) -> Fact:
    return ratio(_fetched(context)[0], context.inventory.parcels, "share", "no_parcels")


@book("trip_per_pickup", "lanes")
def _trip_per_pickup(context: Context) -> Fact:
    parcels, trips_kg = _fetched(context)
    return ratio(trips_kg, parcels, _KG, "no_pickup")


def _fetched(context: Context) -> tuple[float, float]:
    """Return parcels that customers fetched, and the emissions of their trips [kg CO2e]."""
    chain = context.inventory.uses.chain
    trips = chain[(chain["stage"] == Stage.LAST_MILE) & (chain["party"] == Party.BUYER)]
    return float(trips["parcels"].sum()), float(trips["co2e_kg"].sum())


@book("scope_1_uk", "energy_carbon")
def _scope_1_uk(context: Context) -> Fact:
    return _of_country(context, "GB", Scope.SCOPE_1, "scope_1")


@book("scopes_1_2_by_group", "boundary")
def _scopes_1_2_by_group(context: Context) -> Fact:
    frame = context.inventory.entities
    if not len(frame):
        return absent(_KG, "no_entities")
    group = frame["financial_control"] == "full"
    sums = (("consolidated_group", group), ("other_investees", ~group))
    parts = tuple(("group", name, float(frame.loc[mine, "scopes_1_2_kg"].sum())) for name, mine in sums)
    return Fact(math.fsum(value for *_, value in parts), _KG, parts=parts)


@book("scope_2_uk", "energy_carbon")
def _scope_2_uk(context: Context) -> Fact:
    return _of_country(context, "GB", Scope.SCOPE_2, "scope_2")


def _of_country(context: Context, country: str, scope: Scope, reason: str) -> Fact:
    rows = context.inventory.uses.energy
    mine = rows[(rows["country"] == country) & (rows["scope"] == scope)]
    return _known(float(mine["co2e_kg"].sum()) if len(mine) else None, reason)


def _known(value: float | None, reason: str, unit: str = _KG) -> Fact:
    return absent(unit, reason) if value is None else Fact(float(value), unit)


def _own_kg(context: Context) -> float | None:
    """Return scopes 1 and 2, location-based [kg CO2e]; None where neither has a figure."""
    found = [scope_kg(context, str(scope)) for scope in (Scope.SCOPE_1, Scope.SCOPE_2)]
    return None if found == [None, None] else math.fsum(each or 0.0 for each in found)


def _market_limits(context: Context) -> tuple[str, ...]:
    return ("market_stands",) if context.inventory.market_missing else ()


def _chain_limits(context: Context) -> tuple[str, ...]:
    """Return that elements are not all well-to-wheel, by the rule that decides on the name of ISO 14083."""
    return () if context.inventory.statement else ("not_well_to_wheel",)


def _by_revenue(context: Context, value_kg: float | None, limits: tuple[str, ...] = ()) -> Fact:
    per_kg = context.inventory.intensities.get("per_revenue_kg")
    if per_kg is None:
        return absent(_MONEY, "no_revenue")
    if value_kg is None or not context.total_kg:
        return absent(_MONEY, "no_own" if context.total_kg else "no_parcels")
    return Fact(per_kg * value_kg / context.total_kg, _MONEY, limits=limits)


def _transport_kg(context: Context) -> float:
    return math.fsum(context.inventory.stages_kg.get(stage) or 0.0 for stage in TRANSPORT_STAGES)


def _split(context: Context, value_kg: float) -> Fact:
    if not _transport_kg(context):
        return absent(_KG, "no_transport")
    return Fact(float(value_kg), _KG, limits=("unsplit",) if context.inventory.unsplit_kg else ())


def _legs(context: Context):
    """Return the elements that are calculated by mass and distance."""
    chain = context.inventory.uses.chain
    return chain[chain["unit"] == _TONNE_KM]
