"""The measures, one class each, in the order in which they are applied.

Less to do comes first, then less per parcel, other ways of carriage, and energy last: each works on what the former left.
A new measure is a class in a file of this folder, a scheme in `carbon.organisation.measures` and a line here.
"""

from carbon.roi.measures.deliveries import FewerReturns, OrderConsolidation, PickupPoints, RouteOptimisation
from carbon.roi.measures.freight import LessEmptyRunning, ModeShift, SlowerService
from carbon.roi.measures.materials import RecycledContent, SmartVoidFill
from carbon.roi.measures.packages import CartonRightSizing, OwnContainer, ReusableBoxes
from carbon.roi.measures.sites import LedLighting, SolarRoof, TemperatureControl
from carbon.roi.measures.vans import ElectricVans, HydrogenVans
from carbon.roi.model import Model

MEASURES: dict[str, type[Model]] = {
    each.key: each
    for each in (
        FewerReturns,
        OrderConsolidation,
        OwnContainer,
        ReusableBoxes,
        CartonRightSizing,
        SmartVoidFill,
        RecycledContent,
        SlowerService,
        ModeShift,
        LessEmptyRunning,
        PickupPoints,
        RouteOptimisation,
        ElectricVans,
        HydrogenVans,
        TemperatureControl,
        LedLighting,
        SolarRoof,
    )
}

__all__ = ["MEASURES"]
