"""What the merchant knows of measures it could take: where, how much, at what price. The models are in `carbon.roi`.

Nothing here changes a footprint. A number is a plain value, or a value with `low` and `high` (5th and 95th percentile)
and a `source`. What has a sourced default may be left out; what has none must be given before the measure applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from carbon.errors import OrganisationError
from carbon.fields import Part
from carbon.organisation.parts import Key
from carbon.units import Price, parse_price, parse_quantity

#: Units of plain numbers: shares lie in 0 to 1, a ratio or a count at zero or above.
SHARE, RATIO = "share", "1"
_MONEY = "money"


class Assumed(Part):
    """A number of a measure, as written; `unit` is what it is read in.

    Attributes
    ----------
    value, low, high : float or str
        A number, a quantity or a price; `low` and `high` are the 5th and 95th percentile.
    source : str, optional
        Where the merchant has it from.
    unit : str
        Set by the field: ``share``, ``1``, a unit such as ``kW*h/km``, or ``money`` (``money/(kW*h)``).
    """

    value: float | str
    low: float | str | None = None
    high: float | str | None = None
    source: str | None = None
    unit: str = RATIO

    @model_validator(mode="after")
    def _fits(self):
        ends = [self.read(each) for each in (self.low, self.value, self.high) if each is not None]
        numbers = [each.value if isinstance(each, Price) else each for each in ends]
        if numbers != sorted(numbers) or len({each.currency for each in ends if isinstance(each, Price)}) > 1:
            raise OrganisationError(
                "the range does not hold the value",
                found=f"low {self.low}, value {self.value}, high {self.high}",
                expected="low at most value, value at most high, in one currency",
            )
        return self

    def read(self, written: float | str) -> float | Price:
        """Return a number in `unit`, or a price.

        Raises
        ------
        OrganisationError, UnitError
            If it is no such thing.
        """
        if self.unit.startswith(_MONEY):
            per = self.unit.removeprefix(_MONEY).removeprefix("/").removeprefix("(").removesuffix(")")
            return parse_price(written, *([per] if per else []))
        if self.unit in (SHARE, RATIO):
            if isinstance(written, str) or written < 0 or (self.unit == SHARE and written > 1):
                raise OrganisationError(
                    "not a share" if self.unit == SHARE else "not a count or ratio",
                    found=written,
                    expected="a number from 0 to 1" if self.unit == SHARE else "a number of zero or more",
                )
            return float(written)
        found = float(parse_quantity(written, self.unit).to(self.unit).magnitude)
        if found < 0:
            raise OrganisationError("a quantity is negative", found=written, expected=f"zero or more {self.unit}")
        return found


def assumed(unit: str) -> Any:
    """Return a field type for a number of a measure, read in a unit."""

    def read(value: object) -> Assumed:
        if isinstance(value, Assumed):
            return value
        given = dict(value) if isinstance(value, Mapping) else {"value": value}
        return Assumed.model_validate(given | {"unit": unit})

    schema = {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "object"}], "description": unit}
    return Annotated[Assumed, BeforeValidator(read), WithJsonSchema(schema)]


Fraction, Ratio = assumed(SHARE), assumed(RATIO)
Sum, PerYear = assumed(_MONEY), assumed(f"{_MONEY}/year")
PerKm, PerKg, PerKwh = assumed(f"{_MONEY}/km"), assumed(f"{_MONEY}/kg"), assumed(f"{_MONEY}/(kW*h)")
PerLitre, PerM3, PerParcel = assumed(f"{_MONEY}/l"), assumed(f"{_MONEY}/m**3"), assumed(f"{_MONEY}/parcel")


class Scheme(Part):
    """What every measure has: how long it lasts, what it costs once and every year.

    Attributes
    ----------
    lifetime_years : int
    investment : money, optional
        Once, in year 0.
    running_cost : money per year, optional
        Of the measure itself, besides what its model counts.
    """

    lifetime_years: Annotated[int, Field(ge=1, le=60)] | None = None
    investment: Sum | None = None
    running_cost: PerYear | None = None


class _Packed(Scheme):
    packages: tuple[Key, ...] | None = None
    services: tuple[Key, ...] | None = None


class CartonRightSizing(_Packed):
    """Smaller cartons: `fill_share` is the share of the inner volume that goods take at least."""

    fill_share: Fraction | None = None
    price_share_of_board: Fraction | None = None


class OwnContainer(_Packed):
    """Goods in their own box: `share` of the parcels; `damage_share` is how many more are damaged and sent again."""

    container: Key | None = None
    share: Fraction | None = None
    damage_share: Fraction | None = None
    cost_per_damage: PerParcel | None = None


class ReusableBoxes(_Packed):
    """A reusable package of the catalogue in place of single-use ones, for a `share` of some services' parcels."""

    package: Key | None = None
    share: Fraction | None = None


class SmartVoidFill(_Packed):
    """Filling where it is needed only: `filled_share` of the empty space, of this density, material and price."""

    filled_share: Fraction | None = None
    density: assumed("kg/m**3") | None = None
    price: PerM3 | None = None


class RecycledContent(_Packed):
    """More recycled material in packages: its share, and what a kilogram of it costs more."""

    content: Fraction | None = None
    price_change: PerKg | None = None


class _Vans(Scheme):
    services: tuple[Key, ...] | None = None
    vehicle: str | None = None
    share: Fraction | None = None
    km_per_van: assumed("km/year") | None = None
    van_price: Sum | None = None
    premium: Fraction | None = None
    residual_share: Fraction | None = None
    fuel_price: PerLitre | None = None
    maintenance: PerKm | None = None
    maintenance_saving: Fraction | None = None


class ElectricVans(_Vans):
    """Battery vans in place of others on some services' rounds."""

    consumption: assumed("kW*h/km") | None = None
    electricity_price: PerKwh | None = None
    charger: Sum | None = None


class HydrogenVans(_Vans):
    """Fuel-cell vans; `route` is how the hydrogen is made: an activity below ``hydrogen.``, or ``grid`` for electrolysis."""

    route: str | None = None
    consumption: assumed("kg/km") | None = None
    hydrogen_price: PerKg | None = None
    station: Sum | None = None


class RouteOptimisation(Scheme):
    """Shorter rounds: km per parcel afterwards, as `carbon route` finds them, and what a km costs besides its fuel."""

    services: tuple[Key, ...] | None = None
    distance_per_parcel: assumed("km/parcel") | None = None
    fuel_price: PerLitre | None = None
    cost_per_km: PerKm | None = None


class LessEmptyRunning(Scheme):
    """Fewer empty km on line hauls that state `load` and `empty_running`: the share of all km that is empty, afterwards."""

    services: tuple[Key, ...] | None = None
    empty_running: Fraction | None = None
    saving_per_parcel: PerParcel | None = None


class _AtSite(Scheme):
    site: Key | None = None
    electricity_price: PerKwh | None = None


class SolarRoof(_AtSite):
    """Photovoltaics on a site's roof."""

    peak_power: assumed("kW") | None = None
    specific_yield: assumed("kW*h/(kW*year)") | None = None
    self_use_share: Fraction | None = None
    degradation: Fraction | None = None
    price_per_kw: assumed("money/kW") | None = None
    export_price: PerKwh | None = None


class LedLighting(_AtSite):
    """LED in place of older lamps at a site; `led_fitted_share` of its lighting is LED already."""

    lighting_share: Fraction | None = None
    led_fitted_share: Fraction | None = None
    led_saving: Fraction | None = None
    fixtures: Ratio | None = None
    fixture_price: Sum | None = None
    fitting: Sum | None = None


class TemperatureControl(_AtSite):
    """Less heating or cooling at a site: degrees, and what one saves of `activity`."""

    activity: str | None = None
    degrees: Ratio | None = None
    saving_per_degree: Fraction | None = None
    energy_price: PerKwh | None = None


class ModeShift(Scheme):
    """A `share` of a service's line haul by another vehicle: `distance_ratio` times as far, at another price."""

    service: Key | None = None
    from_vehicle: str | None = None
    to_vehicle: str | None = None
    share: Fraction | None = None
    distance_ratio: Ratio | None = None
    saving_per_parcel: PerParcel | None = None


class _BetweenServices(Scheme):
    from_service: Key | None = None
    to_service: Key | None = None
    share: Fraction | None = None
    saving_per_parcel: PerParcel | None = None
    discount_per_parcel: PerParcel | None = None


class SlowerService(_BetweenServices):
    """A `share` of one service's parcels by a slower one; `discount_per_parcel` is what customers get for waiting."""


class PickupPoints(_BetweenServices):
    """A `share` of a home delivery's parcels to pick-up points, with what customers drive for them."""

    trip_distance: assumed("km") | None = None
    car_share: Fraction | None = None
    parcels_per_trip: Ratio | None = None


class OrderConsolidation(Scheme):
    """Fewer parcels an order: the `share` of those beyond the first that could have gone in one."""

    services: tuple[Key, ...] | None = None
    share: Fraction | None = None
    saving_per_parcel: PerParcel | None = None


class FewerReturns(Scheme):
    """A fee for returns: what it deters, what a return costs, and what sales it costs (`lost_sales_share` of all parcels)."""

    services: tuple[Key, ...] | None = None
    fee: PerParcel | None = None
    fewer_returns_share: Fraction | None = None
    cost_per_return: PerParcel | None = None
    lost_sales_share: Fraction | None = None
    margin_per_parcel: PerParcel | None = None


class Measures(Part):
    """Measures the merchant considers, by key, in the order in which they are applied: less to do, less per parcel, other ways of
    carriage, other energy.

    """

    carton_right_sizing: CartonRightSizing | None = None
    own_container: OwnContainer | None = None
    reusable_boxes: ReusableBoxes | None = None
    smart_void_fill: SmartVoidFill | None = None
    recycled_content: RecycledContent | None = None
    order_consolidation: OrderConsolidation | None = None
    fewer_returns: FewerReturns | None = None
    mode_shift: ModeShift | None = None
    slower_service: SlowerService | None = None
    less_empty_running: LessEmptyRunning | None = None
    pickup_points: PickupPoints | None = None
    route_optimisation: RouteOptimisation | None = None
    electric_vans: ElectricVans | None = None
    hydrogen_vans: HydrogenVans | None = None
    temperature_control: TemperatureControl | None = None
    led_lighting: LedLighting | None = None
    solar_roof: SolarRoof | None = None

    def check(self, services: Mapping[str, Any], packages: Mapping[str, Any], sites: Mapping[str, Any]) -> None:
        """Check that what measures name is defined.

        Raises
        ------
        OrganisationError
        """
        known = {"services": services, "packages": packages, "sites": sites}
        single = {"service": services, "from_service": services, "to_service": services, "site": sites}
        single |= {"package": packages, "container": packages}
        for key, scheme in self:
            if not isinstance(scheme, Scheme):
                continue
            for field, value in scheme:
                among = known.get(field) or single.get(field)
                names = () if among is None or value is None else (value,) if isinstance(value, str) else value
                for name in names:
                    if name not in among:
                        raise OrganisationError(
                            f"measures.{key}.{field} names '{name}', which is not defined",
                            expected=", ".join(sorted(among)) or "(nothing is defined)",
                            mend="define it first",
                        )
