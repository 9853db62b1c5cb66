"""The words the whole project shares: stages, boundaries, scopes, gases and data types."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where in a parcel's life an emission belongs, in the order every table and chart uses."""

    PACKAGING = "packaging"
    LINE_HAUL = "line_haul"
    HUBS = "hubs"
    LAST_MILE = "last_mile"
    WAREHOUSING = "warehousing"
    RETURNS = "returns"
    END_OF_LIFE = "end_of_life"
    PRODUCT = "product"


#: Stages that make up a parcel's total; the product is always shown apart.
DELIVERY_STAGES = tuple(stage for stage in Stage if stage is not Stage.PRODUCT)

#: Stages that ISO 14083 calls a transport chain.
TRANSPORT_STAGES = (Stage.LINE_HAUL, Stage.HUBS, Stage.LAST_MILE)


class Boundary(StrEnum):
    """What part of a life cycle a published factor covers.

    Transport and fuels come as well-to-tank and tank-to-wheel, electricity as generation,
    grid losses and their well-to-tank parts, or as one life-cycle figure that is never split.
    """

    WTT = "WTT"
    TTW = "TTW"
    WTW = "WTW"
    GENERATION = "generation"
    GRID_LOSSES = "grid_losses"
    WTT_GRID_LOSSES = "WTT of grid_losses"
    LIFE_CYCLE = "life_cycle"
    LIFE_CYCLE_PRODUCTION = "life_cycle, production mix"
    CRADLE_TO_GATE = "cradle_to_gate"
    CRADLE_TO_SALE = "cradle_to_point_of_sale"
    END_OF_LIFE = "end_of_life"
    WASTE_TRANSPORT = "transport to treatment"
    SITE_ENERGY = "site_energy"
    CRADLE_TO_GRAVE = "cradle_to_grave"
    UNKNOWN = "unknown"


#: Emitted where the energy is used; everything else of an energy's life comes before.
DIRECT_BOUNDARIES = frozenset({Boundary.TTW})

#: Upstream of the vehicle. ISO 14083 books grid electricity here: an electric vehicle has no TTW.
UPSTREAM_BOUNDARIES = frozenset(
    {
        Boundary.WTT,
        Boundary.GENERATION,
        Boundary.GRID_LOSSES,
        Boundary.WTT_GRID_LOSSES,
        Boundary.LIFE_CYCLE,
        Boundary.LIFE_CYCLE_PRODUCTION,
    }
)

#: What comes before bought energy is used: category 3 of its user.
BEFORE_USE_BOUNDARIES = frozenset({Boundary.WTT, Boundary.GRID_LOSSES, Boundary.WTT_GRID_LOSSES})

#: Whole-life figures serve plausibility checks and never become a component of a footprint.
PLAUSIBILITY_BOUNDARIES = frozenset({Boundary.CRADLE_TO_GRAVE})


class Gas(StrEnum):
    """What a factor's numerator weighs: CO2 equivalents, or one gas."""

    CO2E = "CO2e"
    CO2 = "CO2"
    CH4 = "CH4"
    N2O = "N2O"


class GwpSet(StrEnum):
    """IPCC assessment report behind the global warming potentials (100 years)."""

    AR4 = "AR4"
    AR5 = "AR5"
    AR6 = "AR6"
    NOT_APPLICABLE = "n/a"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class DistanceBasis(StrEnum):
    """Which distance a factor per tonne-km was divided by (ISO 14083, clause on transport distance)."""

    SHORTEST_FEASIBLE = "shortest_feasible"
    GREAT_CIRCLE = "great_circle"
    ACTUAL = "actual"


class Mode(StrEnum):
    """Mode of transport; the first word of a transport activity's key."""

    ROAD = "road"
    RAIL = "rail"
    SEA = "sea"
    AIR = "air"


class Match(StrEnum):
    """How a factor or parameter was found, best first."""

    OWN = "own"
    REGION = "region"
    PARENT = "parent"
    GLOBAL = "global"
    PROXY = "proxy"


class DataType(StrEnum):
    """ISO 14083 data types, by which shares are reported."""

    PRIMARY = "primary"
    MODELLED = "modelled"
    DEFAULT = "default"


class Party(StrEnum):
    """Who owns a site or vehicle, or contracts a carriage: what scopes follow from."""

    OWN = "own"
    CARRIER = "carrier"
    BUYER = "buyer"


class Scope(StrEnum):
    """GHG Protocol scopes."""

    SCOPE_1 = "1"
    SCOPE_2 = "2"
    SCOPE_3 = "3"


class Category(StrEnum):
    """GHG Protocol scope 3 categories that a parcel touches; empty for scopes 1 and 2."""

    NONE = ""
    PURCHASED_GOODS = "1"
    FUEL_AND_ENERGY = "3"
    UPSTREAM_TRANSPORT = "4"
    OPERATIONS_WASTE = "5"
    UPSTREAM_LEASED = "8"
    DOWNSTREAM_TRANSPORT = "9"
    END_OF_LIFE = "12"
    DOWNSTREAM_LEASED = "13"
    INVESTMENTS = "15"


class Language(StrEnum):
    """Languages of everything a user reads."""

    EN = "en"
    ZH = "zh"
