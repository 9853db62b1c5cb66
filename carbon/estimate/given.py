"""A given chain: packaging as listed, legs as written, nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from carbon.activities import MODELS
from carbon.activities.chain import distance_rule
from carbon.engine.line import Input, Line
from carbon.engine.replay import line_of
from carbon.engine.vehicles import CARRIERS
from carbon.errors import FactorError, InputError, Where
from carbon.estimate.shipment import Shipment, ShipmentLeg, in_unit
from carbon.factors.registry import GLOBAL, FactorMatch, Registry
from carbon.factors.spread import joined
from carbon.orders.cities import Centre
from carbon.orders.countries import iso2
from carbon.orders.distance import great_circle_km, mean_km, sea_route_km
from carbon.orders.places import Places
from carbon.organisation import Organisation, PlaceRef
from carbon.terms import DataType, DistanceBasis, Match, Mode, Stage
from carbon.units import canonical_symbol, canonical_unit, parse_quantity, to_canonical

#: Vehicle that stands for a mode where the document names no vehicle.
_USUAL_VEHICLE = {
    Mode.ROAD: "road.hgv.all.average",
    Mode.RAIL: "rail.freight",
    Mode.SEA: "sea.container_ship.average",
    Mode.AIR: "air.international.without_rf",
}
#: Relative step of the numerical derivative.
_STEP = 1e-5
_STAGE_OF_UNIT = {"km": Stage.LAST_MILE, "m**2*day": Stage.WAREHOUSING, "m**3*day": Stage.WAREHOUSING}
_AMOUNT_FOR = {
    "kg*km": "give 'distance'",
    "km": "give 'vehicle_distance' and 'share'",
    "kg": "leave the amount out: gross mass is taken",
}


class GivenChain:
    """The lines of a given chain."""

    def __init__(self, shipment: Shipment, registry: Registry, places: Places, setup: Organisation | None, name: str):
        self.shipment, self.registry, self.places, self.name = shipment, registry, places, name
        self.country = self._known(shipment.region) or (setup.country if setup else GLOBAL)
        self.year = setup.method.edition or shipment.shipped_on.year if setup else shipment.shipped_on.year
        self.goods_kg = _kg(shipment.goods.mass)
        self.packaging_kg = sum(_kg(item.mass) or 0.0 for item in shipment.packaging or ())

    def lines(self) -> list[Line]:
        """Return packaging lines, then legs in order."""
        lines = [
            line
            for position, item in enumerate(self.shipment.packaging or ())
            for line in self._packaging(position, item)
        ]
        for position, leg in enumerate(self.shipment.chain or ()):
            try:
                lines.append(self._leg(leg))
            except InputError as error:
                if not str(error.where):
                    error.at(Where(self.name, None, f"chain.{position}"))
                raise
        return lines

    def _known(self, region: str | None) -> str | None:
        """A region's code, also from a country's name; an unknown one would silently take the world's factors."""
        if region is None or region in self.registry.regions:
            return region
        code = iso2(region)
        if code is None:
            raise InputError(
                "unknown region", found=region, expected="a country, or a code such as CN-GD, US-EGRID-RFCW, EU"
            )
        return code

    def _packaging(self, position: int, item) -> Iterable[Line]:
        shares = {"virgin": 1 - item.recycled_content, "recycled": item.recycled_content}
        if item.factor is not None:
            shares = {item.factor: 1.0}
        for source, share in shares.items():
            if share == 0:
                continue
            activity = item.factor or f"packaging.{item.material}.{source}"
            try:
                match = self.registry.resolve(activity, "kg", self.country, self.year)
            except InputError as error:
                raise error.at(Where(self.name, None, f"packaging.{position}.material")) from None
            arguments = {
                "component_kg": (_kg(item.mass), "kg", "document: mass"),
                "material_share": (share, "1", "document: recycled_content"),
                "mass_ratio": (1.0, "1", "neutral"),
                "uses": (1.0, "1", "neutral"),
            }
            yield self._line(
                f"packaging: {item.material} {source}", Stage.PACKAGING, match, "material", arguments, DataType.MODELLED
            )

    def _leg(self, leg: ShipmentLeg) -> Line:
        if leg.start is not None and leg.hub is None:
            return self._leg_by_places(leg)
        region = self._known(leg.region) or self.country
        if leg.hub is not None and (leg.start or leg.to) and leg.region is None:
            region = self._place(leg.start or leg.to)[1]
        if leg.distance is not None:
            mass_kg, origin = self._mass(leg)
            match = self._match(leg, ("kg*km",), region)
            arguments = {
                "mass_kg": (mass_kg, "kg", origin),
                "distance_km": (in_unit(leg.distance, "km"), "km", "document: distance"),
                "circuity": (1.0, "1", "neutral"),
                "adjustment": (1.0, "1", "neutral"),
                "addition_km": (0.0, "km", "neutral"),
            }
            if leg.distance_basis is not None:
                arguments |= self._adjusted(match, leg.distance_basis, region)
            return self._line(leg.name, leg.stage or Stage.LINE_HAUL, match, "freight", arguments, leg.data_type)
        if leg.vehicle_distance is not None or leg.quantity is not None:
            amount = leg.vehicle_distance if leg.vehicle_distance is not None else parse_quantity(leg.quantity)
            match = self._match_quantity(leg, amount, region)
            unit = match.factor.unit
            arguments = {
                "quantity": (
                    to_canonical(amount),
                    unit,
                    "document: " + ("quantity" if leg.quantity else "vehicle_distance"),
                ),
                "basis": (leg.share_value, "1", "document: share"),
                "basis_total": (1.0, "1", "neutral"),
            }
            stage = leg.stage or (_STAGE_OF_UNIT.get(unit, Stage.LINE_HAUL) if leg.hub is None else Stage.HUBS)
            measured = DataType.PRIMARY if leg.quantity else DataType.MODELLED
            return self._line(leg.name, stage, match, "site_share", arguments, leg.data_type or measured)
        match = self._match(leg, ("kg", "parcel"), region)
        if match.factor.unit == "parcel":
            return self._line(
                leg.name,
                leg.stage or Stage.HUBS,
                match,
                "handled_parcel",
                {"parcel_count": (1.0, "parcel", "one parcel")},
                leg.data_type,
            )
        mass_kg, origin = self._mass(leg)
        return self._line(
            leg.name,
            leg.stage or Stage.HUBS,
            match,
            "handled_mass",
            {"mass_kg": (mass_kg, "kg", origin)},
            leg.data_type,
        )

    def _leg_by_places(self, leg: ShipmentLeg) -> Line:
        activity = leg.factor or leg.vehicle or (_USUAL_VEHICLE[leg.mode] if leg.mode else leg.hub)
        (first, start_region), (last, _) = self._place(leg.start), self._place(leg.to)
        word = activity.split(".", 1)[0]
        mode = leg.mode or (Mode(word) if word in set(Mode) else Mode.ROAD)
        if mode is Mode.SEA:
            distance_km, basis = sea_route_km(first[:2], last[:2]), DistanceBasis.SHORTEST_FEASIBLE
        else:
            between_km = great_circle_km(*first[:2], *last[:2])
            distance_km = float(mean_km(between_km, first.scatter_km, last.scatter_km))
            basis = DistanceBasis.GREAT_CIRCLE
        region = self._known(leg.region) or start_region
        match = self.registry.resolve(activity, "kg*km", region, self.year)
        mass_kg, origin = self._mass(leg)
        arguments = {
            "mass_kg": (mass_kg, "kg", origin),
            "distance_km": (distance_km, "km", f"{basis} between the places"),
            "circuity": (1.0, "1", "neutral"),
            "adjustment": (1.0, "1", "neutral"),
            "addition_km": (0.0, "km", "neutral"),
        } | self._adjusted(match, basis, region, mode)
        return self._line(activity, leg.stage or Stage.LINE_HAUL, match, "freight", arguments, leg.data_type)

    def _adjusted(
        self, match: FactorMatch, basis: DistanceBasis, region: str, mode: Mode | None = None
    ) -> dict[str, tuple]:
        word = match.factor.activity.split(".", 1)[0]
        mode = mode or (Mode(word) if word in set(Mode) else Mode.ROAD)
        first = match.factor.first
        rule = distance_rule(mode, basis, first.distance_basis, first.includes)
        found = {}
        for argument, parameter in (
            ("circuity", rule.circuity),
            ("adjustment", rule.adjustment),
            ("addition_km", rule.addition),
        ):
            if parameter is not None:
                value = self.registry.needed_parameter(parameter, region, self.year)
                found[argument] = (value.value, value.unit, f"{value.parameter.id} ({value.match})", value.spreads)
        return found

    def _place(self, place: PlaceRef) -> tuple[Centre, str]:
        fields = {name: [getattr(place, name)] for name in PlaceRef.model_fields}
        found = self.places.resolve(
            **{
                name: pa.array(values, pa.float64() if name in ("latitude", "longitude") else pa.string())
                for name, values in fields.items()
            }
        )
        if np.isnan(found.latitude[0]):
            raise InputError("place not found", found=place.model_dump_json(exclude_none=True), mend="give coordinates")
        where = Centre(*(float(each[0]) for each in (found.latitude, found.longitude, found.scatter_km)))
        return where, found.region()[0].as_py() or GLOBAL

    def _mass(self, leg: ShipmentLeg) -> tuple[float, str]:
        if leg.mass is not None:
            return _kg(leg.mass), "document: the leg's own mass"
        if self.goods_kg is None:
            raise InputError(
                "this leg needs a mass",
                expected="goods.mass, or the leg's own 'mass'",
                mend="add goods: {mass: '1.2 kg'}",
            )
        return self.goods_kg + self.packaging_kg, "gross mass: goods and the shipment's packaging"

    def _match(self, leg: ShipmentLeg, units: tuple[str, ...], region: str) -> FactorMatch:
        name = _USUAL_VEHICLE[leg.mode] if leg.mode else leg.name
        known = self.registry.factors.get(name)
        if known is not None and known.unit not in units:
            raise FactorError(
                "the factor does not fit this amount",
                found=f"{name} is per {known.first.unit.split('/', 1)[1]}",
                expected=f"a factor per {' or '.join(units)}",
                mend=_AMOUNT_FOR.get(known.unit, "give a 'quantity' in that unit"),
            )
        for unit in units[:-1]:
            if (known is not None and known.unit == unit) or (known is None and self.registry.has_activity(name, unit)):
                return self._resolved(name, unit, region)
        return self._resolved(name, units[-1], region)

    def _match_quantity(self, leg: ShipmentLeg, amount, region: str) -> FactorMatch:
        unit = canonical_symbol(canonical_unit(amount.units))
        return self._match(leg, (unit,), region)

    def _resolved(self, name: str, unit: str, region: str) -> FactorMatch:
        if name not in self.registry.factors and not self.registry.has_activity(name):
            if name.endswith(tuple(CARRIERS)):
                raise FactorError(
                    "an electric or hydrogen vehicle has no factor per km: a foreign grid would be inside",
                    found=name,
                    expected="the energy it drew",
                    mend="give factor: electricity.grid and quantity: '9.4 kW*h', with a share",
                )
            self.registry.factor(name)  # raises, naming the nearest ids
        return self.registry.resolve(name, unit, region, self.year)

    def _line(
        self,
        name: str,
        stage: Stage,
        match: FactorMatch,
        model: str,
        arguments: dict[str, tuple],
        data_type: DataType | None,
    ) -> Line:
        factor = match.factor
        inputs = {key: Input(key, *value[:3]) for key, value in arguments.items()}
        amount = _amount(model, inputs)
        # What the document says is taken as it is; what a parameter says for it may be off.
        doubts = [
            spread.raised(_power(model, inputs, key))
            for key, value in arguments.items()
            for spread in (value[3] if len(value) > 3 else ())
        ]
        rows = [row.model_dump(mode="json") for row in factor.rows]
        sources = {row.source: self.registry.source(row).model_dump() for row in factor.rows}
        flags = list(factor.flags)
        if match.match is Match.PROXY:
            flags.append(f"proxy for {match.wanted_region}: {match.why or factor.region}")
        return line_of(
            rows,
            sources,
            amount,
            name=name,
            stage=str(stage),
            model=model,
            formula=MODELS[model].formulas[0],
            data_type=str(data_type or (DataType.MODELLED if match.match is Match.OWN else DataType.DEFAULT)),
            match=str(match.match),
            edition_gap_years=match.edition_gap_years,
            co2e_kg_per_unit=factor.co2e_kg,
            wtt_kg_per_unit=factor.wtt_kg,
            ttw_kg_per_unit=factor.ttw_kg,
            inputs=tuple(inputs.values()),
            spreads=joined([*match.spreads, *doubts]),
            pedigree=factor.first.pedigree,
            flags=tuple(flags),
            note=arguments["mass_kg"][2] if "mass_kg" in arguments else "",
        )


def _amount(model: str, inputs: Mapping[str, Input], **moved: float) -> float:
    values = {key: each.value for key, each in inputs.items()} | moved
    return float(MODELS[model].amounts(**values)[0])


def _power(model: str, inputs: Mapping[str, Input], name: str) -> float:
    """Return d ln amount / d ln argument: the power to which an error of the argument enters."""
    up, down = 1 + _STEP, 1 - _STEP
    higher, lower = (_amount(model, inputs, **{name: inputs[name].value * factor}) for factor in (up, down))
    return math.log(higher / lower) / math.log(up / down) if lower > 0 else 0.0


def _kg(mass) -> float | None:
    return in_unit(mass, "kg")
