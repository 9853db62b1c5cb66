"""Blocks of a service's transport chain: line hauls, hubs, delivery rounds, customers' trips, returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from carbon.activities.chain import distance_rule
from carbon.activities.scoping import Kind
from carbon.engine.block import BESIDE, Binding, Block, Value, build
from carbon.engine.columns import leg_column
from carbon.engine.context import Context, Ends
from carbon.errors import FactorError, OrganisationError
from carbon.factors.registry import FactorMatch
from carbon.organisation import Consumption, HubStop, LastMile, LineHaul, Service
from carbon.terms import DataType, DistanceBasis, Mode, Party, Stage
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

#: Energy carriers that a vehicle key may end in: where their use per km and their factor are found.
CARRIERS = {
    ".battery_electric": ("consumption.electricity", "electricity.grid"),
    ".hydrogen": ("consumption.hydrogen", "hydrogen.average"),
}
_ONE = Value.given(1, "1", "neutral")
_NONE = Value.given(0, "1", "neutral")
_NO_KM = Value.given(0, "km", "neutral")


@dataclass
class ChainBuilder:
    """Builds the blocks of one service."""

    context: Context
    key: str
    service: Service
    ends: dict[int, Ends]

    @property
    def code(self) -> int:
        """Service code."""
        return self.context.service_keys.index(self.key)

    def blocks(self) -> Iterator[Block]:
        """Yield every block of the service, outbound and back."""
        outbound = ("modelled",) if self.service.reported else ()
        for stage, back in ((None, False), (Stage.RETURNS, True)):
            for position, leg in enumerate(self.service.chain, 1):
                builder = {LineHaul: self._line_haul, HubStop: self._hub, LastMile: self._last_mile}[type(leg)]
                for made in builder(position, leg, back):
                    made["stage"] = stage or made["stage"]
                    # A carrier's own figure stands for its transport, not for the customer's trip.
                    reported = () if made["kind"] is Kind.CUSTOMER_TRIP else outbound
                    made["weights"] = (*made.get("weights", ()), *(("returned",) if back else reported))
                    made["name"] = f"{self.key}/{position} {made['name']}" + (" (return)" if back else "")
                    block = build(service=self.code, **made)
                    if block is not None:
                        yield block
        if self.service.reported:
            yield self._reported()

    # Line haul ------------------------------------------------------------------------------------

    def _line_haul(self, position: int, leg: LineHaul, back: bool) -> Iterator[dict[str, Any]]:
        ends = self.ends[position]
        mode = _mode_of(leg.vehicle or self._activity_of(leg.factor))
        common: dict[str, Any] = {
            "name": f"line haul {leg.vehicle or leg.factor or leg.energy.activity}",
            "stage": Stage.LINE_HAUL,
            "kind": Kind.TRANSPORT,
            "party": leg.party or self.service.party,
            "columns": {"mass_kg": "freight_mass_kg"},
            "data_type": _data_type(leg),
        }
        if ends.distance_km is None:
            common["columns"]["distance_km"] = leg_column(position)
        region_axes, region_of = self._region(leg.region, ends.start)
        axes = self.context.axes(*region_axes, "year")
        carrier = self._carrier_of(leg.vehicle)
        if leg.energy is not None or carrier is not None:
            yield from self._line_haul_energy(leg, ends, mode, common, axes, region_of)
        elif leg.load is not None:
            yield from self._line_haul_laden(leg, ends, mode, common, axes, region_of)
        else:
            yield from self._line_haul_freight(leg, ends, mode, common, axes, region_of)

    def _line_haul_freight(self, leg, ends, mode, common, axes, region_of) -> Iterator[dict[str, Any]]:
        activity = leg.factor or leg.vehicle
        if leg.empty_running is not None:
            raise OrganisationError(
                f"services.{self.key}: 'empty_running' needs 'load'", found=activity, expected="load: 0.6",
                mend="an average factor's own empty running is not published",
            )

        def choose(name: str) -> Callable[..., Binding]:
            def inner(*cell: int) -> Binding:
                region, year = region_of(cell), self.context.years[cell[-1]]
                match = self.context.factor(name, "kg*km", region, year)
                return Binding(match, self._distance(ends, mode, match, region, year))

            return inner

        yield common | {"model": "freight", "axes": axes, "choose": choose(activity)}
        uplifted = activity.removesuffix(".without_rf") + ".with_rf"
        if (
            activity.endswith(".without_rf")
            and self.context.organisation.method.radiative_forcing == "beside"
            and self.context.registry.has_activity(uplifted, "kg*km")
        ):
            yield common | {
                "name": common["name"] + " with radiative forcing", "model": "freight", "axes": axes,
                "choose": choose(uplifted), "accounting": BESIDE,
            }

    def _line_haul_laden(self, leg, ends, mode, common, axes, region_of) -> Iterator[dict[str, Any]]:
        base = (leg.vehicle or "").removesuffix(".average")
        if not base:
            raise OrganisationError(f"services.{self.key}: 'load' needs 'vehicle'", expected="vehicle: road.hgv....")
        for output, state in enumerate(("empty", "full")):

            def choose(*cell: int, state: str = state) -> Binding:
                region, year = region_of(cell), self.context.years[cell[-1]]
                match = self.context.factor(f"{base}.{state}", "km", region, year)
                values = self._distance(ends, mode, match, region, year, DistanceBasis.ACTUAL)
                values.pop("addition_km")
                return Binding(match, values | self._load(leg, base, region, year))

            yield common | {
                "name": f"{common['name']} at {leg.load:.0%} load, {state} part", "model": "laden_vehicle_distance",
                "output": output, "axes": axes, "choose": choose, "data_type": DataType.MODELLED,
            }

    def _line_haul_energy(self, leg, ends, mode, common, axes, region_of) -> Iterator[dict[str, Any]]:
        carrier = self._carrier_of(leg.vehicle)
        if carrier is not None and leg.load is None:
            raise OrganisationError(
                f"services.{self.key}: '{leg.vehicle}' needs 'payload' and 'load'", expected="payload: '12 t', load: 0.6"
            )
        base = leg.vehicle.removesuffix(carrier) if carrier else None

        def choose(*cell: int) -> Binding:
            region, year = region_of(cell), self.context.years[cell[-1]]
            match, consumption, loss = self._energy(leg.energy, base, carrier, region, year)
            values = self._distance(ends, mode, None, region, year, DistanceBasis.ACTUAL)
            values.pop("addition_km")
            values |= self._load(leg, base, region, year) | {"consumption_per_km": consumption, "charging_loss": loss}
            return Binding(match, values)

        yield common | {
            "model": "vehicle_energy", "axes": axes, "choose": choose,
            "data_type": DataType.PRIMARY if leg.primary else DataType.MODELLED,
        }

    def _load(self, leg: LineHaul, base: str | None, region: str, year: int) -> dict[str, Value]:
        if leg.payload is not None:
            payload = Value.given(leg.payload.to("kg").magnitude, "kg")
        else:
            payload = self.context.parameter(f"payload.{base}", region, year)
        return {
            "payload_kg": payload,
            "load_share": Value.given(leg.load, "1"),
            "empty_share": Value.given(leg.empty_running or 0.0, "1"),
        }

    def _distance(
        self, ends: Ends, mode: Mode, match: FactorMatch | None, region: str, year: int,
        wanted: DistanceBasis | None = None,
    ) -> dict[str, Value]:
        includes: tuple[str, ...] = ()
        if match is not None and wanted is None:
            wanted, includes = match.factor.first.distance_basis, match.factor.first.includes
        rule = distance_rule(mode, ends.basis, wanted, includes)
        values = {
            "circuity": self.context.parameter(rule.circuity, region, year) if rule.circuity else _ONE,
            "adjustment": self.context.parameter(rule.adjustment, region, year) if rule.adjustment else _ONE,
            "addition_km": self.context.parameter(rule.addition, region, year) if rule.addition else _NO_KM,
        }
        if ends.distance_km is not None:
            values["distance_km"] = Value.given(ends.distance_km, "km", f"{ends.start} to {ends.to}")
        return values

    # Hubs -----------------------------------------------------------------------------------------

    def _hub(self, position: int, leg: HubStop, back: bool) -> Iterator[dict[str, Any]]:
        activity = leg.activity or leg.factor
        unit = self._one_unit(activity, ("kg", "parcel"))
        region_axes, region_of = self._region(leg.region, self._place_before(position))

        def choose(*cell: int) -> Binding:
            return Binding(self.context.factor(activity, unit, region_of(cell), self.context.years[cell[-1]]), {})

        yield {
            "name": f"hub {activity}", "stage": Stage.HUBS, "kind": Kind.TRANSPORT,
            "party": leg.party or self.service.party, "data_type": _data_type(leg),
            "model": "handled_mass" if unit == "kg" else "handled_parcel",
            "columns": {"mass_kg": "gross_mass_kg"} if unit == "kg" else {"parcel_count": "parcel_count"},
            "axes": self.context.axes(*region_axes, "year"), "choose": choose,
        }

    # Last mile ------------------------------------------------------------------------------------

    def _last_mile(self, position: int, leg: LastMile, back: bool) -> Iterator[dict[str, Any]]:
        common: dict[str, Any] = {
            "name": f"last mile {leg.vehicle or leg.factor or leg.energy.activity}",
            "stage": Stage.LAST_MILE, "kind": Kind.TRANSPORT, "party": leg.party or self.service.party,
            "axes": self.context.axes("destination_region", "year"), "data_type": _data_type(leg),
        }
        carrier = self._carrier_of(leg.vehicle)
        if leg.energy is not None or carrier is not None:
            unit = None
        else:
            unit = self._one_unit(leg.factor or leg.vehicle, ("km", "parcel", "kg*km"))
        if unit == "parcel":
            yield common | {
                "model": "handled_parcel", "columns": {"parcel_count": "parcel_count"},
                "choose": lambda region, year: Binding(self._last_mile_factor(leg, unit, region, year), {}),
            }
        elif unit == "kg*km":
            raise OrganisationError(
                f"services.{self.key}: the last mile needs a factor per km or per parcel", found=leg.factor or leg.vehicle,
                expected="a vehicle with a factor per km, energy per km, or a factor per parcel",
            )
        else:
            yield from self._round(leg, unit, carrier, common, back)
        if leg.customer_trip is not None:
            yield self._customer_trip(leg, back)

    def _last_mile_factor(self, leg: LastMile, unit: str, region: int, year: int) -> FactorMatch:
        place = leg.region or self.context.regions[region]
        return self.context.factor(leg.factor or leg.vehicle, unit, place, self.context.years[year])

    def _round(self, leg, unit, carrier, common, back) -> Iterator[dict[str, Any]]:
        by_mass = self.context.organisation.method.round_allocation == "mass_distance" and not back
        measured = self.context.profile.has_rounds and not back
        base = leg.vehicle.removesuffix(carrier) if carrier else None
        for recorded in (True, False) if measured else (False,):
            model = "round_distance" if unit else "round_energy"
            columns: dict[str, str] = {} if back else {"attempts": "delivery_attempts"}
            if recorded:
                columns |= {"round_km": "round_km"}
                if by_mass:
                    model += "_by_mass_distance"
                    columns |= {
                        "mass_kg": "gross_mass_kg", "radial_km": "radial_km",
                        "round_mass_distance_kg_km": "round_mass_distance_kg_km",
                    }
                columns |= {"round_parcels": "round_parcels"}

            def choose(region: int, year: int, recorded: bool = recorded) -> Binding:
                place, when = leg.region or self.context.regions[region], self.context.years[year]
                values: dict[str, Value] = self._failures(leg, place, when, back)
                if not recorded:
                    values |= self._usual_round(leg, place, when)
                if unit:
                    return Binding(self._last_mile_factor(leg, unit, region, year), values)
                match, consumption, loss = self._energy(leg.energy, base, carrier, place, when)
                return Binding(match, values | {"consumption_per_km": consumption, "charging_loss": loss})

            made = common | {"model": model, "columns": columns, "choose": choose}
            if measured:
                made["name"] += " (recorded round)" if recorded else " (usual round)"
                made["data_type"] = DataType.PRIMARY if recorded else common["data_type"]
                made["weights"] = ("on_round",) if recorded else ("off_round",)
            yield made

    def _failures(self, leg: LastMile, region: str, year: int, back: bool) -> dict[str, Value]:
        if back:
            return {"attempts": _ONE, "failure_share": _NONE}
        if leg.failed_first_deliveries is not None:
            return {"failure_share": Value.given(leg.failed_first_deliveries, "1")}
        if leg.customer_trip is not None:
            return {"failure_share": Value.given(0, "1", "a pick-up point takes every parcel")}
        return {"failure_share": self.context.parameter("first_delivery_failure", region, year)}

    def _usual_round(self, leg: LastMile, region: str, year: int) -> dict[str, Value]:
        if leg.round.distance is not None:
            distance = Value.given(leg.round.distance.to("km").magnitude, "km")
        else:
            distance = self.context.parameter("round.distance", region, year)
        if leg.round.stops is not None:
            parcels = Value.given(leg.round.stops * leg.round.parcels_per_stop, "1")
        else:
            found = self.context.parameter("round.stops", region, year)
            parcels = Value(found.value * leg.round.parcels_per_stop, "1", found.origin, found.parameter)
        return {"round_km": distance, "round_parcels": parcels}

    def _customer_trip(self, leg: LastMile, back: bool) -> dict[str, Any]:
        trip = leg.customer_trip

        def choose(region: int, year: int) -> Binding:
            place, when = self.context.regions[region], self.context.years[year]
            distance = trip.distance.to("km").magnitude if trip.distance is not None else None
            return Binding(
                self.context.factor(trip.vehicle, "km", place, when),
                {
                    "trip_km": Value.given(distance, "km") if distance is not None
                    else self.context.parameter("pickup.distance", place, when),
                    "car_share": Value.given(trip.car_share, "1") if trip.car_share is not None
                    else self.context.parameter("pickup.car_share", place, when),
                    "parcels_per_trip": Value.given(trip.parcels_per_trip, "1"),
                },
            )

        return {
            "name": f"customer trip {trip.vehicle}", "stage": Stage.LAST_MILE, "kind": Kind.CUSTOMER_TRIP,
            "party": Party.BUYER, "model": "customer_trip", "columns": {}, "choose": choose,
            "axes": self.context.axes("destination_region", "year"), "data_type": DataType.MODELLED,
        }

    # Shared ---------------------------------------------------------------------------------------

    def _reported(self) -> Block:
        reported = self.service.reported
        match = self.context.factor(f"reported.{reported.boundary.lower()}", "kg", "GLO", self.context.years[0])
        block = build(
            name=f"{self.key}/reported by the carrier", stage=Stage.LAST_MILE, kind=Kind.TRANSPORT,
            party=self.service.party, model="reported", columns={"reported_co2e_kg": "reported_co2e_kg"},
            axes={"year": len(self.context.years)}, choose=lambda year: Binding(match, {}), service=self.code,
            data_type=DataType.PRIMARY,
        )
        assert block is not None
        return block

    def _energy(
        self, given: Consumption | None, base: str | None, carrier: str | None, region: str, year: int
    ) -> tuple[FactorMatch, Value, Value]:
        if given is not None:
            quantity = parse_quantity(given.per_distance)
            per_km = quantity.to_root_units() * (1 * canonical_unit(parse_quantity("1 km").units)).to_root_units()
            unit = canonical_unit(per_km.units)
            value = Value.given(to_canonical(per_km), f"{canonical_symbol(unit)}/km")
            return self.context.factor(given.activity, canonical_symbol(unit), region, year), value, _NONE
        name, activity = CARRIERS[carrier]
        value = self.context.parameter(f"{name}.{base}", region, year)
        unit = value.unit.split("/")[0]
        return self.context.factor(activity, unit, region, year), value, _NONE

    def _carrier_of(self, vehicle: str | None) -> str | None:
        return next((suffix for suffix in CARRIERS if vehicle and vehicle.endswith(suffix)), None)

    def _activity_of(self, factor: str | None) -> str:
        return self.context.registry.factor(factor).activity if factor else ""

    def _one_unit(self, activity: str, wanted: tuple[str, ...]) -> str:
        units = self.context.units_of(activity)
        for unit in wanted:
            if unit in units:
                return unit
        raise FactorError(
            f"services.{self.key}: no factor '{activity}' per {' or '.join(wanted)}",
            found=f"factors per {', '.join(sorted(units))}" if units else "no factor of that name",
            expected="an activity from `carbon factors list`",
        )

    def _place_before(self, position: int) -> str:
        for earlier in range(position - 1, 0, -1):
            if earlier in self.ends:
                return self.ends[earlier].to
        return "origin"

    def _region(self, fixed: str | None, place: str) -> tuple[tuple[str, ...], Callable[[tuple[int, ...]], str]]:
        if fixed is not None:
            return (), lambda cell: fixed
        if place in ("origin", "destination"):
            return (f"{place}_region",), lambda cell: self.context.regions[cell[0]]
        region = self.context.place_regions[place]
        return (), lambda cell: region


def _mode_of(activity: str) -> Mode:
    word = activity.split(".", 1)[0]
    return Mode(word) if word in set(Mode) else Mode.ROAD


def _data_type(leg) -> DataType:
    return DataType.PRIMARY if leg.primary else DataType.DEFAULT
