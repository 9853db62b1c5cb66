"""What the invented merchant sells, in what, where and how: the shape of the sample, no emission figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """A product category, from which the catalogue's articles are drawn.

    Attributes
    ----------
    articles : int
        How many articles the merchant keeps.
    demand : float
        Share of order lines.
    median_mass_kg, mass_spread : float
        Log-normal mass of an article: median and standard deviation of the logarithm.
    density_kg_m3, density_spread : float
        Packed density, from which the volume follows.
    price_gbp_per_kg : float
        Median price, net of tax.
    return_rate : float
        Share of parcels sent back.
    soft : bool
        Fits a mailer.
    shape : tuple of float
        Typical length, width and height of an article in its sales packaging, in proportion.
    fragile : float
        Share of articles that bear nothing on top.
    own_container : bool
        Its sales packaging may be shipped as it is.
    """

    articles: int
    demand: float
    median_mass_kg: float
    mass_spread: float
    density_kg_m3: float
    density_spread: float
    price_gbp_per_kg: float
    return_rate: float
    storage_days: float
    soft: bool = False
    shape: tuple[float, float, float] = (1.4, 1.0, 0.7)
    fragile: float = 0.0
    own_container: bool = False


CATEGORIES: dict[str, Category] = {
    "bed_linen": Category(26, 0.30, 1.1, 0.45, 190.0, 0.20, 38.0, 0.11, 34.0, soft=True, shape=(1.5, 1.2, 0.3)),
    "rugs": Category(12, 0.08, 3.8, 0.60, 210.0, 0.20, 19.0, 0.09, 58.0, shape=(1.7, 0.9, 0.75)),
    "cookware": Category(20, 0.22, 1.5, 0.55, 340.0, 0.25, 27.0, 0.05, 41.0, shape=(1.3, 1.1, 0.65)),
    "tableware": Category(22, 0.20, 0.9, 0.50, 380.0, 0.25, 24.0, 0.06, 45.0, shape=(1.2, 1.1, 0.75), fragile=0.6),
    "side_tables": Category(
        8, 0.04, 9.0, 0.40, 170.0, 0.20, 14.0, 0.08, 66.0, shape=(1.7, 1.5, 0.45), own_container=True
    ),
    "loungewear": Category(18, 0.16, 0.45, 0.35, 150.0, 0.20, 85.0, 0.26, 28.0, soft=True, shape=(1.4, 1.1, 0.25)),
}

#: Share of a category's lines in a basket that starts with another one.
MIXED_BASKET_SHARE = 0.35


@dataclass(frozen=True)
class Lane:
    """From a site to a country, with the mix of services there.

    `boxes` grow in volume; a parcel is packed into the first that seems large enough, or into the mailer.
    """

    site: str
    country: str
    share: float
    services: dict[str, float]
    mailer: str
    boxes: tuple[str, ...]


#: Inner sides [m] of what the merchant packs into, longest first, as in its organisation file.
BOXES: dict[str, tuple[float, float, float]] = {
    "carton_s": (0.25, 0.18, 0.10),
    "carton_m": (0.35, 0.25, 0.18),
    "carton_l": (0.45, 0.35, 0.30),
    "carton_xl": (0.60, 0.45, 0.40),
    "carton_xxl": (0.80, 0.60, 0.60),
    "us_carton_m": (0.3048, 0.2540, 0.2032),
    "us_carton_l": (0.4064, 0.3556, 0.3048),
    "cn_carton_1": (0.53, 0.37, 0.29),
}
#: Sides of the mailer, lying flat, and the thickness it may be filled to.
MAILER = (0.45, 0.35, 0.07)
#: Packers take a box that the goods fill to this share at most, for one piece and for several.
FILLED_BY_ONE, FILLED_BY_SEVERAL = 0.80, 0.55

_EUROPE = ("carton_s", "carton_m", "carton_l", "carton_xl", "carton_xxl")
_STATES = ("us_carton_m", "us_carton_l", "carton_xl", "carton_xxl")
_CHINA = ("carton_m", "cn_carton_1", "carton_xl", "carton_xxl")

LANES: tuple[Lane, ...] = (
    Lane(
        "coventry",
        "GB",
        0.45,
        {"gb_standard": 0.53, "gb_electric": 0.14, "gb_pickup": 0.15, "gb_own_van": 0.15, "gb_cargo_bike": 0.03},
        "mailer",
        _EUROPE,
    ),
    Lane("leipzig", "DE", 0.27, {"de_standard": 0.61, "de_electric": 0.16, "de_pickup": 0.23}, "mailer", _EUROPE),
    Lane("new_jersey", "US", 0.18, {"us_standard": 0.72, "us_electric": 0.13, "us_pickup": 0.15}, "mailer", _STATES),
    Lane("coventry", "US", 0.05, {"us_express_air": 1.0}, "mailer", _EUROPE),
    Lane("ningbo", "GB", 0.05, {"direct_from_china": 1.0}, "mailer", _CHINA),
)

#: Parts of a country that no lorry reaches by road: GeoNames first-level areas left out.
OFF_THE_ROAD = {"GB": {"NIR"}, "DE": set(), "US": {"AK", "HI"}}

#: Price lists by country: currency and factor on the price in pounds.
PRICE_LISTS = {"GB": ("GBP", 1.0), "DE": ("EUR", 1.17), "US": ("USD", 1.29)}

#: Relative shipments by month (January first) and weekday (Monday first).
MONTHS = (0.92, 0.80, 0.84, 0.83, 0.86, 0.82, 0.84, 0.80, 0.94, 1.05, 1.72, 1.58)
WEEKDAYS = (1.28, 1.16, 1.10, 1.08, 1.12, 0.42, 0.10)
