"""Blocks of the last mile: the delivery round, by distance or by energy, and the customer's own trip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from carbon.activities.scoping import Kind
from carbon.engine.block import NONE, ONE, STATED, Binding, Value
from carbon.engine.context import Context
from carbon.engine.round_uses import USES
from carbon.engine.vehicles import carrier_of, data_type_of, energy_of, one_unit
from carbon.errors import OrganisationError
from carbon.factors.registry import FactorMatch
from carbon.organisation import LastMile
from carbon.terms import DataType, Party, Stage


@dataclass(frozen=True)
class LastMileBuilder:
    """Builds the blocks of one last mile; `back` is the collection of a return."""

    context: Context
    key: str
    party: Party
    leg: LastMile
    back: bool

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield what `build` needs for each block of the leg."""
        leg = self.leg
        common: dict[str, Any] = {
            "name": f"last mile {leg.vehicle or leg.factor or leg.energy.activity}",
            "stage": Stage.LAST_MILE,
            "kind": Kind.TRANSPORT,
            "party": leg.party or self.party,
            "axes": self.context.axes("destination_region", "year"),
            "data_type": data_type_of(leg),
        }
        if self._shared and self.context.profile.round_activities:
            for unit in USES:
                yield from self._used(unit, common)
        carrier = carrier_of(leg.vehicle)
        if leg.energy is not None or carrier is not None:
            unit = None
        else:
            unit = one_unit(self.context, self.key, leg.factor or leg.vehicle, ("km", "parcel", "kg*km"))
        if unit == "parcel":
            # A round that tells what it used replaces the carrier's average.
            own = {"weights": ("own_last_mile",)} if self._shared and self.context.profile.round_activities else {}
            yield (
                common
                | own
                | {
                    "model": "handled_parcel",
                    "columns": {"parcel_count": "parcel_count"},
                    "choose": lambda region, year: Binding(self._factor(unit, region, year), {}),
                }
            )
        elif unit == "kg*km":
            raise OrganisationError(
                f"services.{self.key}: the last mile needs a factor per km or per parcel",
                found=leg.factor or leg.vehicle,
                expected="a vehicle with a factor per km, energy per km, or a factor per parcel",
            )
        else:
            yield from self._round(unit, carrier, common)
        if leg.customer_trip is not None:
            yield self._customer_trip()

    @property
    def _shared(self) -> bool:
        """Whether recorded rounds take the place of the usual one."""
        return self.context.profile.has_rounds and not self.back

    @property
    def _by_mass(self) -> bool:
        return self.context.organisation.method.round_allocation == "mass_distance" and not self.back

    def _sharing(self, model: str, whole: str) -> dict[str, Any]:
        """Model and columns by which a round is shared; `whole` is the column of what is shared."""
        columns = {whole: whole}
        if self._by_mass:
            model += "_by_mass_distance"
            columns |= {
                "mass_kg": "gross_mass_kg",
                "radial_km": "radial_km",
                "round_mass_distance_kg_km": "round_mass_distance_kg_km",
            }
        return {"model": model, "columns": columns | {"round_parcels": "round_parcels"}}

    def _used(self, unit: str, common: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the blocks of rounds that tell what they used in a unit: planned ones, and metered ones."""
        uses = self.context.round_uses
        if unit not in (each for _, each in uses):
            return
        for planned, weight in ((True, "round_planned"), (False, "round_measured")):

            def choose(code: int, region: int, year: int, planned: bool = planned) -> Binding | None:
                name, of = uses[code]
                if of != unit:
                    return None
                place, when = self.leg.region or self.context.regions[region], self.context.years[year]
                ratio = Value.given(1, "1", f"{STATED}: plan") if planned else ONE
                match = self.context.factor(name, unit, place, when)
                return Binding(match, self._failures(place, when) | {"plan_ratio": ratio})

            made = self._sharing("round_use", "round_use")
            made["columns"] |= {"attempts": "delivery_attempts"}
            yield (
                common
                | made
                | {
                    "name": f"last mile ({'planned' if planned else 'measured'} round, {unit})",
                    "choose": choose,
                    "axes": self.context.axes("round_activity", "destination_region", "year"),
                    "column_units": {"round_use": unit},
                    "data_type": DataType.MODELLED if planned else DataType.PRIMARY,
                    "weights": (weight,),
                }
            )

    def _factor(self, unit: str, region: int, year: int) -> FactorMatch:
        place = self.leg.region or self.context.regions[region]
        return self.context.factor(self.leg.factor or self.leg.vehicle, unit, place, self.context.years[year])

    def _round(self, unit, carrier, common) -> Iterator[dict[str, Any]]:
        leg = self.leg
        measured = self._shared
        base = leg.vehicle.removesuffix(carrier) if carrier else None
        for recorded in (True, False) if measured else (False,):
            model = "round_distance" if unit else "round_energy"
            columns: dict[str, str] = {} if self.back else {"attempts": "delivery_attempts"}
            if recorded:
                shared = self._sharing(model, "round_km")
                model, columns = shared["model"], columns | shared["columns"]

            def choose(region: int, year: int, recorded: bool = recorded) -> Binding:
                place, when = leg.region or self.context.regions[region], self.context.years[year]
                values: dict[str, Value] = self._failures(place, when)
                if not recorded:
                    values |= self._usual_round(place, when)
                if unit:
                    return Binding(self._factor(unit, region, year), values)
                match, consumption, loss = energy_of(self.context, leg.energy, base, carrier, place, when)
                return Binding(match, values | {"consumption_per_km": consumption, "charging_loss": loss})

            made = common | {"model": model, "columns": columns, "choose": choose}
            if measured:
                made["name"] += " (recorded round)" if recorded else " (usual round)"
                made["data_type"] = DataType.PRIMARY if recorded else common["data_type"]
                made["weights"] = ("on_round",) if recorded else ("off_round",)
            yield made

    def _failures(self, region: str, year: int) -> dict[str, Value]:
        if self.back:
            return {"attempts": ONE, "failure_share": NONE}
        leg = self.leg
        if leg.failed_first_deliveries is not None:
            return {"failure_share": Value.given(leg.failed_first_deliveries, "1")}
        if leg.customer_trip is not None:
            return {"failure_share": Value.given(0, "1", "a pick-up point takes every parcel")}
        return {"failure_share": self.context.parameter("first_delivery_failure", region, year)}

    def _usual_round(self, region: str, year: int) -> dict[str, Value]:
        leg = self.leg
        if leg.round.distance is not None:
            distance = Value.given(leg.round.distance.to("km").magnitude, "km")
        else:
            distance = self.context.parameter("round.distance", region, year)
        if leg.round.stops is not None:
            parcels = Value.given(leg.round.stops * leg.round.parcels_per_stop, "1")
        else:
            found = self.context.parameter("round.stops", region, year)
            parcels = replace(found, value=found.value * leg.round.parcels_per_stop, unit="1")
        return {"round_km": distance, "round_parcels": parcels}

    def _customer_trip(self) -> dict[str, Any]:
        trip = self.leg.customer_trip

        def choose(region: int, year: int) -> Binding:
            place, when = self.context.regions[region], self.context.years[year]
            distance = trip.distance.to("km").magnitude if trip.distance is not None else None
            return Binding(
                self.context.factor(trip.vehicle, "km", place, when),
                {
                    "trip_km": Value.given(distance, "km")
                    if distance is not None
                    else self.context.parameter("pickup.distance", place, when),
                    "car_share": Value.given(trip.car_share, "1")
                    if trip.car_share is not None
                    else self.context.parameter("pickup.car_share", place, when),
                    "parcels_per_trip": Value.given(trip.parcels_per_trip, "1"),
                },
            )

        return {
            "name": f"customer trip {trip.vehicle}",
            "stage": Stage.LAST_MILE,
            "kind": Kind.CUSTOMER_TRIP,
            "party": Party.BUYER,
            "model": "customer_trip",
            "columns": {},
            "choose": choose,
            "axes": self.context.axes("destination_region", "year"),
            "data_type": DataType.MODELLED,
        }
