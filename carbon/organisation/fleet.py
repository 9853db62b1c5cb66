"""The fleet file of the route optimiser: depots, vehicle types, their energy, costs and limits, zones, service times.

Nothing in it has a default that would be a figure without a source: payloads, costs, speeds and service times are
the merchant's to state.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from carbon import documents
from carbon.errors import OrganisationError
from carbon.fields import Duration, Length, Mass, Money, Part, PositiveMass, Volume, price_per, quantity
from carbon.organisation.parts import Key, PlaceRef, need_one, positive
from carbon.organisation.services import CustomerTrip
from carbon.terms import Party
from carbon.units import CURRENCIES, parse_quantity, parse_spans

HOURS = 24
Speed = quantity("km/hour", positive=True)
EnergyPrice = price_per("l", "kWh", "kg", "km")


def _one_span(text: object) -> tuple[float, float]:
    if isinstance(text, (tuple, list)):
        return float(text[0]), float(text[1])
    spans = parse_spans(text)
    if len(spans) != 1:
        raise OrganisationError("several spans where one is meant", found=str(text), expected="'07:00-17:00'")
    return spans[0]


def _spans(text: object) -> tuple[tuple[float, float], ...]:
    return tuple(text) if isinstance(text, (tuple, list)) else parse_spans(text)


def _by_hour(given: object) -> tuple[float, ...]:
    """Read ``{"07-10": 0.7, "16-19": 0.6}`` into 24 numbers, 1 where nothing is said."""
    if isinstance(given, (tuple, list)):
        return tuple(given)
    if not isinstance(given, dict):
        raise OrganisationError("not a table of hours", found=repr(given), expected="{'07-10': 0.7, '16-19': 0.6}")
    values, said = [1.0] * HOURS, [False] * HOURS
    for text, value in given.items():
        for start_s, end_s in parse_spans(str(text)):
            if start_s % 3600 or end_s % 3600 or end_s > HOURS * 3600:
                raise OrganisationError("not whole hours of a day", found=str(text), expected="'07-10'")
            for hour in range(int(start_s // 3600), int(end_s // 3600)):
                if said[hour]:
                    raise OrganisationError("an hour stands twice", found=str(text), expected="each hour once")
                values[hour], said[hour] = value, True
    return tuple(values)


def _above_zero(values: tuple[float, ...]) -> tuple[float, ...]:
    if len(values) != HOURS or min(values) <= 0:
        raise OrganisationError(
            "a share of the speed is not above zero", found=str(min(values)), expected="such as 0.7"
        )
    return values


_SPAN_SCHEMA = WithJsonSchema({"type": "string", "examples": ["07:00-17:00"]})
Span = Annotated[tuple[float, float], BeforeValidator(_one_span), _SPAN_SCHEMA]
Spans = Annotated[tuple[tuple[float, float], ...], BeforeValidator(_spans), _SPAN_SCHEMA]
ByHour = Annotated[
    tuple[float, ...],
    BeforeValidator(_by_hour),
    AfterValidator(_above_zero),
    WithJsonSchema({"type": "object", "additionalProperties": {"type": "number", "exclusiveMinimum": 0}}),
]


class ServiceTime(Part):
    """Time at a stop that does not state its own, or of unloading."""

    per_stop: Duration
    per_parcel: Duration | None = None


class Supplied(Part):
    """How a satellite gets its goods: from which depot, by which of its vehicles, when they may unload and how long it takes."""

    start: Key = Field(alias="from")
    vehicles: tuple[Key, ...] = ()
    open: Spans = ()
    unloading: ServiceTime | None = None


class Depot(Part):
    """Where vehicles start, load and return. Its place, or a site of the organisation file.

    `grid_region` names the grid that vehicles charge from where it is not the place's country or province; `supplied` makes it a
    satellite of another depot.
    """

    name: str | None = None
    site: Key | None = None
    place: PlaceRef | None = None
    grid_region: str | None = None
    zone: str | None = None
    supplied: Supplied | None = None

    @model_validator(mode="after")
    def _one_place(self):
        need_one(self, "site", "place")
        return self


class PickupPoint(Part):
    """A shop or locker where customers fetch their parcels: how many it takes in a day, when, and how long a visit takes."""

    name: str | None = None
    place: PlaceRef
    capacity: int = Field(ge=1, le=100_000)
    open: Spans = ()
    service_time: ServiceTime
    zone: str | None = None


class Pickup(Part):
    """Who goes to a pick-up point, and how.

    Customers within `within` (great circle) are taken to be willing where the stops do not say; `service` is that of the
    organisation file which parcels moved to a point get, so that the ledger counts their customers' trips.
    """

    trip: CustomerTrip = CustomerTrip()
    within: Length | None = None
    service: Key | None = None


class DrivingEnergy(Part):
    """What a vehicle uses per distance: empty and, where it is known, at full payload.

    `charging_loss` is the share of the grid's energy that does not reach the battery, for figures taken at the battery.
    """

    activity: str
    empty: str
    full: str | None = None
    charging_loss: Annotated[float, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _check(self):
        positive(self.empty)
        if self.full is not None:
            positive(self.full)
            empty, full = parse_quantity(self.empty), parse_quantity(self.full)
            if not full.is_compatible_with(empty.units):
                raise OrganisationError("'empty' and 'full' differ in kind", found=f"{self.empty}, {self.full}")
            if full < empty:
                raise OrganisationError(
                    "a full vehicle uses less than an empty one",
                    found=f"empty {self.empty}, full {self.full}",
                    expected="'full' at least as high as 'empty'",
                )
        return self


class Rest(Part):
    """The driver's break; it begins inside `between`."""

    duration: Duration
    between: Span


class Reload(Part):
    """Further rounds in one duty: where, how long it takes, whether the range is whole again, how many rounds at most."""

    at: tuple[Key, ...] = ()
    time: Duration
    recharges: bool = False
    rounds: int = Field(default=2, ge=2, le=50)


class RunningCosts(Part):
    """What a vehicle costs; what is left out costs nothing, and is named.

    `per_hour` is paid from departure to return, or for driving and service alone where waiting is not paid.
    """

    per_use: Money | None = None
    per_km: price_per("km") | None = None
    per_hour: price_per("hour") | None = None
    per_energy: EnergyPrice | None = None
    waiting_is_paid: bool = True


class FleetVehicle(Part):
    """Vehicles that are alike.

    `vehicle` names a vehicle of the factor tables, `energy` states the use of one's own. `speed` is needed where the
    network knows no driving times (``times: speed`` always takes it); `hourly_speed` are shares of the speed by hour.
    `payload` may be left out where the factor tables have one of the vehicle.
    """

    name: str | None = None
    name_zh: str | None = None
    party: Party = Party.OWN
    count: int = Field(ge=0, le=100_000)
    depot: Key
    end: Key | None = None
    vehicle: str | None = None
    energy: DrivingEnergy | None = None
    payload: PositiveMass | None = None
    volume: Volume | None = None
    range: Length | None = None
    shift: Span = (0.0, 86_400.0)
    longest: Duration | None = None
    rest: Rest | None = Field(default=None, alias="break")
    profile: Key = "driving"
    times: Literal["network", "speed"] = "network"
    speed: Speed | None = None
    hourly_speed: ByHour | None = None
    reload: Reload | None = None
    costs: RunningCosts = RunningCosts()
    co2e_per_use: Mass | None = None
    skills: tuple[str, ...] = ()
    forbidden_zones: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self):
        need_one(self, "vehicle", "energy")
        if self.times == "speed" and self.speed is None:
            raise OrganisationError("'times: speed' needs 'speed'", expected="speed: 18 km/hour")
        return self


class Zone(Part):
    """Stops that lie in a zone: by the beginning of their postcode, or by their distance from a point."""

    postcodes: tuple[str, ...] = ()
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    radius: Length | None = None

    @model_validator(mode="after")
    def _says_something(self):
        circle = [each is not None for each in (self.latitude, self.longitude, self.radius)]
        if any(circle) != all(circle) or not (any(circle) or self.postcodes):
            raise OrganisationError(
                "a zone needs 'postcodes', or 'latitude', 'longitude' and 'radius'", expected="postcodes: [W1, SW1]"
            )
        return self


class Fleet(Part):
    """A fleet file."""

    name: str | None = None
    currency: str | None = None
    depots: dict[Key, Depot] = Field(min_length=1)
    vehicles: dict[Key, FleetVehicle] = Field(min_length=1)
    zones: dict[Key, Zone] = {}
    service_time: ServiceTime | None = None
    pickup_points: dict[Key, PickupPoint] = {}
    pickup: Pickup = Pickup()

    @model_validator(mode="after")
    def _references(self):
        if self.currency is not None and self.currency not in CURRENCIES:
            raise OrganisationError("not a known currency", found=self.currency, expected=", ".join(CURRENCIES))
        for key, vehicle in self.vehicles.items():
            named = {"depot": [vehicle.depot], "end": [vehicle.end] if vehicle.end else []}
            named["reload.at"] = list(vehicle.reload.at) if vehicle.reload else []
            for where, depots in named.items():
                for depot in depots:
                    if depot not in self.depots:
                        raise OrganisationError(
                            f"vehicles.{key}.{where} names no depot",
                            found=depot,
                            expected=", ".join(self.depots),
                            mend="define it under 'depots'",
                        )
        for key, depot in self.depots.items():
            if depot.supplied is not None:
                self._check_satellite(key, depot.supplied)
        if not any(vehicle.count for vehicle in self.vehicles.values()):
            raise OrganisationError(
                "the fleet has no vehicle",
                found="count: 0 everywhere",
                expected="at least one vehicle",
                mend="set 'count' of the vehicles that are there on the day",
            )
        return self

    def _check_satellite(self, key: str, supplied: Supplied) -> None:
        where, others = f"depots.{key}.supplied", [name for name, each in self.depots.items() if each.supplied is None]
        if supplied.start not in others:
            raise OrganisationError(
                f"{where}.from names no depot that has goods of its own",
                found=supplied.start,
                expected=", ".join(others) or "a depot without 'supplied'",
            )
        there = [name for name, each in self.vehicles.items() if each.depot == supplied.start]
        strange = next((name for name in supplied.vehicles if name not in there), None)
        if strange is not None or not there:
            raise OrganisationError(
                f"{where}: no such vehicle starts at {supplied.start}",
                found=strange or "none",
                expected=", ".join(there) or "a vehicle with that depot",
                mend="correct 'vehicles', or leave it out for all that start there",
            )
        for name, vehicle in self.vehicles.items():
            if vehicle.reload and key in vehicle.reload.at and vehicle.depot != key:
                raise OrganisationError(
                    f"vehicles.{name}.reload.at is a satellite",
                    found=key,
                    expected="vehicles that start at a satellite reload there",
                    mend=f"leave {key} out, or let {name} start there",
                )

    @property
    def needs_sites(self) -> bool:
        """Whether depots are sites of the organisation file."""
        return any(depot.site for depot in self.depots.values())


def read_fleet(path: Path | str) -> Fleet:
    """Read a fleet file.

    Raises
    ------
    OrganisationError
        With file, line and key of the first problem.
    """
    return documents.validate(Fleet, documents.read(path), str(path), OrganisationError)
