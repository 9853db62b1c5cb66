"""Meters of sites: which count in a month, and what their readings are shared among."""

from __future__ import annotations

from math import isclose

from carbon.engine.context import Context
from carbon.organisation import Site, SiteEnergy

#: Kernel column by which sites are shared, by the organisation's method.
BASIS = {"parcel": "parcel_count", "mass": "goods_mass_kg", "volume_days": "volume_days_m3_day"}


def entries(site: Site, activity: str, month: str) -> list[SiteEnergy]:
    """Return the meters of one activity in a month; a site may have several."""
    return [energy for energy in site.energy if energy.activity == activity and covers(energy, month)]


def most_meters(context: Context, activity: str) -> int:
    """Return the most meters of one activity that some site has in some month."""
    sites, months = context.organisation.sites.values(), context.profile.months
    return max((len(entries(site, activity, month)) for site in sites for month in months), default=0)


def covers(energy: SiteEnergy, month: str) -> bool:
    """Return whether a reading stands for a month."""
    return month in energy.months


def grid_region(context: Context, key: str) -> str:
    """Return the region whose grid a site draws from."""
    return context.organisation.sites[key].grid_region or context.site_regions[key]


def of_parcels(site: Site) -> str:
    """Return what the origin of a site's amount says of the share that its channels leave."""
    return f", {site.parcels_share:.4g} of it for parcels" if site.channels else ""


def basis_total(context: Context, key: str, energy: SiteEnergy) -> tuple[float, str, float, str]:
    """Return what a metered amount is shared among, its origin, the part of the amount to share, and why a part.

    Declared by the merchant, it is the whole period's. Else it is what this run's orders hold, and only the months
    from the run's first to its last are shared, pro rata: importing January must not take the year's meter.
    """
    outbound, method = energy.outbound, context.organisation.method.warehouse_allocation
    declared = {
        "parcel": outbound.parcels,
        "mass": outbound.mass.to("kg").magnitude if outbound.mass is not None else None,
        "volume_days": outbound.volume_days,
    }[method]
    position = ("parcel", "mass", "volume_days").index(method)
    totals = context.profile.site_totals
    total = sum(sums[position] for (site, month), sums in totals.items() if site == key and covers(energy, month))
    if declared is not None and (declared > total or isclose(declared, total)):
        return float(declared), "declared outbound", 1.0, ""
    if context.profile.alone:
        return 0.0, "nothing declared", 0.0, ""
    if declared is None:
        why = "declare 'outbound' if it ships more than these"
    else:
        why = f"declared outbound ({declared:g}) is less than they are ({total:g})"
    context.note(f"site {key}: metered amounts are shared among this run's parcels; {why}")
    shipped, months = [month for _, month in totals], energy.months
    covered = [month for month in months if shipped and min(shipped) <= month <= max(shipped)]
    part = len(covered) / len(months)
    return total, "this run's parcels", part, "" if part == 1 else f"{len(covered)} of {len(months)} months"
