"""Blocks of a service's transport chain: line hauls, hubs, carriers' figures, and the way back of returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from carbon.activities.chain import distance_rule
from carbon.activities.scoping import Kind
from carbon.engine.block import BESIDE, ONE, STATED, Binding, Block, Value, build
from carbon.engine.columns import leg_column
from carbon.engine.context import Context, Ends
from carbon.engine.last_mile_blocks import LastMileBuilder
from carbon.engine.vehicles import carrier_of, data_type_of, energy_of, one_unit
from carbon.errors import OrganisationError
from carbon.factors.registry import FactorMatch
from carbon.organisation import HubStop, LastMile, LineHaul, Service
from carbon.terms import DataType, DistanceBasis, Mode, Stage

_PARTS = {"wtt": "well-to-tank part", "ttw": "tank-to-wheel part"}
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
                for made in self._leg(position, leg, back):
                    made["stage"] = stage or made["stage"]
                    # A carrier's own figure stands for its transport, not for the customer's trip.
                    reported = () if made["kind"] is Kind.CUSTOMER_TRIP else outbound
                    made["weights"] = (*made.get("weights", ()), *(("returned",) if back else reported))
                    made["name"] = f"{self.key}/{position} {made['name']}" + (" (return)" if back else "")
                    block = build(service=self.code, **made)
                    if block is not None:
                        yield block
        if self.service.reported:
            yield from self._reported()

    def _leg(self, position: int, leg: LineHaul | HubStop | LastMile, back: bool) -> Iterator[dict[str, Any]]:
        if isinstance(leg, LineHaul):
            return self._line_haul(position, leg, back)
        if isinstance(leg, HubStop):
            return self._hub(position, leg, back)
        return LastMileBuilder(self.context, self.key, self.service.party, leg, back).parts()

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
            "data_type": data_type_of(leg),
        }
        if ends.distance_km is None:
            common["columns"]["distance_km"] = leg_column(position)
        region_axes, region_of = self._region(leg.region, ends.start)
        axes = self.context.axes(*region_axes, "year")
        carrier = carrier_of(leg.vehicle)
        if leg.energy is not None or carrier is not None:
            yield from self._line_haul_energy(leg, ends, mode, common, axes, region_of)
        elif leg.load is not None:
            yield from self._line_haul_laden(leg, ends, mode, common, axes, region_of)
        else:
            yield from self._line_haul_freight(leg, ends, mode, common, axes, region_of)

    def _line_haul_freight(self, leg, ends, mode, common, axes, region_of) -> Iterator[dict[str, Any]]:
        activity = leg.factor or leg.vehicle
        if activity.endswith(".with_rf") or ".with_rf." in activity:
            raise OrganisationError(
                f"services.{self.key}: radiative forcing does not enter totals",
                found=activity,
                expected="the activity '.without_rf'",
                mend="use it; method.radiative_forcing: beside shows the other figure beside the total",
            )
        if leg.empty_running is not None:
            raise OrganisationError(
                f"services.{self.key}: 'empty_running' needs 'load'",
                found=activity,
                expected="load: 0.6",
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
                "name": common["name"] + " with radiative forcing",
                "model": "freight",
                "axes": axes,
                "choose": choose(uplifted),
                "accounting": BESIDE,
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
                "name": f"{common['name']} at {leg.load:.0%} load, {state} part",
                "model": "laden_vehicle_distance",
                "output": output,
                "axes": axes,
                "choose": choose,
                "data_type": DataType.MODELLED,
            }

    def _line_haul_energy(self, leg, ends, mode, common, axes, region_of) -> Iterator[dict[str, Any]]:
        carrier = carrier_of(leg.vehicle)
        if carrier is not None and leg.load is None:
            raise OrganisationError(
                f"services.{self.key}: '{leg.vehicle}' needs 'payload' and 'load'",
                expected="payload: '12 t', load: 0.6",
            )
        base = leg.vehicle.removesuffix(carrier) if carrier else None

        def choose(*cell: int) -> Binding:
            region, year = region_of(cell), self.context.years[cell[-1]]
            match, consumption, loss = energy_of(self.context, leg.energy, base, carrier, region, year)
            values = self._distance(ends, mode, None, region, year, DistanceBasis.ACTUAL)
            values.pop("addition_km")
            values |= self._load(leg, base, region, year) | {"consumption_per_km": consumption, "charging_loss": loss}
            return Binding(match, values)

        yield common | {
            "model": "vehicle_energy",
            "axes": axes,
            "choose": choose,
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
        self,
        ends: Ends,
        mode: Mode,
        match: FactorMatch | None,
        region: str,
        year: int,
        wanted: DistanceBasis | None = None,
    ) -> dict[str, Value]:
        includes: tuple[str, ...] = ()
        if match is not None and wanted is None:
            wanted, includes = match.factor.first.distance_basis, match.factor.first.includes
        rule = distance_rule(mode, ends.basis, wanted, includes)
        values = {
            "circuity": self.context.parameter(rule.circuity, region, year) if rule.circuity else ONE,
            "adjustment": self.context.parameter(rule.adjustment, region, year) if rule.adjustment else ONE,
            "addition_km": self.context.parameter(rule.addition, region, year) if rule.addition else _NO_KM,
        }
        if ends.distance_km is not None:
            origin = f"{ends.start} to {ends.to}"
            values["distance_km"] = Value.given(
                ends.distance_km, "km", f"{STATED}: {origin}" if ends.stated else origin
            )
        return values

    # Hubs -----------------------------------------------------------------------------------------

    def _hub(self, position: int, leg: HubStop, back: bool) -> Iterator[dict[str, Any]]:
        activity = leg.activity or leg.factor
        unit = one_unit(self.context, self.key, activity, ("kg", "parcel"))
        region_axes, region_of = self._region(leg.region, self._place_before(position))

        def choose(*cell: int) -> Binding:
            return Binding(self.context.factor(activity, unit, region_of(cell), self.context.years[cell[-1]]), {})

        yield {
            "name": f"hub {activity}",
            "stage": Stage.HUBS,
            "kind": Kind.SITE,
            "party": leg.party or self.service.party,
            "data_type": data_type_of(leg),
            "model": "handled_mass" if unit == "kg" else "handled_parcel",
            "columns": {"mass_kg": "gross_mass_kg"} if unit == "kg" else {"parcel_count": "parcel_count"},
            "axes": self.context.axes(*region_axes, "year"),
            "choose": choose,
        }

    # Shared ---------------------------------------------------------------------------------------

    def _reported(self) -> Iterator[Block]:
        """Yield the carrier's own figure: as a whole, by its two parts where it tells them, by data type where stated."""
        reported, profile = self.service.reported, self.context.profile
        parts = [("", f"reported.{reported.boundary.lower()}", "reported_co2e_kg")]
        if profile.has_reported_parts:
            parts += [(f", {name}", f"reported.part.{key}", f"reported_{key}_co2e_kg") for key, name in _PARTS.items()]
        shares: list[tuple[str, DataType, tuple[str, ...]]] = [("", DataType.PRIMARY, ())]
        if profile.has_reported_shares:
            shares = [("", DataType.PRIMARY, ("reported_primary_share",)),
                      (", other data", DataType.MODELLED, ("reported_other_share",))]  # fmt: skip
        for (part, activity, column), (other, data_type, weights) in product(parts, shares):
            match = self.context.factor(activity, "kg", "GLO", self.context.years[0])
            block = build(
                name=f"{self.key}/reported by the carrier{part}{other}: {reported.source}, {reported.verification}",
                stage=Stage.LAST_MILE,
                kind=Kind.TRANSPORT,
                party=self.service.party,
                model="reported",
                columns={"reported_co2e_kg": column},
                weights=weights,
                axes={"year": len(self.context.years)},
                choose=lambda year, match=match: Binding(match, {}),
                service=self.code,
                data_type=data_type,
            )
            assert block is not None
            yield block

    def _activity_of(self, factor: str | None) -> str:
        return self.context.registry.factor(factor).activity if factor else ""

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
