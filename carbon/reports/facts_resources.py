"""Facts on packaging, waste, energy and returns."""

from __future__ import annotations

import math
from dataclasses import replace

from carbon.reports import numbers
from carbon.reports.context import Context
from carbon.reports.energy_used import UK, energy_lines, energy_steps
from carbon.reports.fact import Book, Fact, absent, ratio
from carbon.terms import Stage

book = Book("packaging")
#: Materials that are plastic.
PLASTICS = frozenset({"ldpe", "hdpe", "pp", "pet", "ps", "pvc", "plastic", "plastic_film", "plastic_rigid"})
_DISPOSED = frozenset({"landfill", "incineration"})


@book("packaging_mass")
def _packaging_mass(context: Context) -> Fact:
    rows = context.inventory.packaging_kg_by_material
    if not len(rows):
        return absent("kg", "no_materials")
    by_material = rows.groupby("material")["mass_kg"].sum()
    parts = tuple(("material", str(name), float(value)) for name, value in by_material.items())
    return Fact(math.fsum(value for *_, value in parts), "kg", parts=parts)


@book("packaging_per_parcel")
def _packaging_per_parcel(context: Context) -> Fact:
    return ratio(_packaging_mass(context).value, context.inventory.parcels, "kg", "no_materials")


@book("recycled_mass")
def _recycled_mass(context: Context) -> Fact:
    rows = context.inventory.packaging_kg_by_material
    if not len(rows):
        return absent("kg", "no_materials")
    return Fact(float(rows[rows["source"] == "recycled"]["mass_kg"].sum()), "kg")


@book("recycled_share")
def _recycled_share(context: Context) -> Fact:
    return ratio(_recycled_mass(context).value, _packaging_mass(context).value, "share", "no_materials")


@book("single_use_plastic")
def _single_use_plastic(context: Context) -> Fact:
    rows = context.inventory.packaging_kg_by_material
    if not len(rows):
        return absent("kg", "no_materials")
    limits = ("worn_included",) if _parcels_in(context, "reuse") else ()
    return Fact(float(rows[rows["material"].isin(PLASTICS)]["mass_kg"].sum()), "kg", limits=limits)


@book("empty_space")
def _empty_space(context: Context) -> Fact:
    share = context.inventory.empty_space_share
    return absent("share", "no_empty_space") if share is None else Fact(float(share), "share")


@book("reuse_share")
def _reuse_share(context: Context) -> Fact:
    return _package_share(context, "reuse")


@book("own_container_share")
def _own_container_share(context: Context) -> Fact:
    return _package_share(context, "own_container")


def _package_share(context: Context, which: str) -> Fact:
    rows = context.inventory.packages
    if not len(rows) or not context.organisation.get("packages"):
        return absent("share", "no_packages")
    return ratio(_parcels_in(context, which), float(rows["parcels"].sum()), "share", "no_packages")


def _parcels_in(context: Context, which: str) -> float:
    """Return the parcels in packages that are reusable, or the product's own container."""
    known = context.organisation.get("packages") or {}
    mine = {
        name
        for name, package in known.items()
        if (package.get("reuse") if which == "reuse" else package.get("kind") == which)
    }
    rows = context.inventory.packages
    return float(rows[rows["package"].isin(mine)]["parcels"].sum()) if len(rows) else 0.0


@book("waste", "waste")
def _waste(context: Context) -> Fact:
    return _operations_waste(context, None)


@book("waste_diverted", "waste")
def _waste_diverted(context: Context) -> Fact:
    return _operations_waste(context, False)


@book("waste_disposed", "waste")
def _waste_disposed(context: Context) -> Fact:
    return _operations_waste(context, True)


@book("waste_not_recycled", "waste")
def _waste_not_recycled(context: Context) -> Fact:
    return _operations_waste(context, True)


@book("waste_not_recycled_share", "waste")
def _waste_not_recycled_share(context: Context) -> Fact:
    return ratio(_operations_waste(context, True).value, _waste(context).value, "share", "5")


def _operations_waste(context: Context, disposed: bool | None) -> Fact:
    """Return waste of own sites, all of it or by whether it is disposed of."""
    rows = context.inventory.uses.waste
    rows = rows[rows["where"] == "operations"]
    if not len(rows):
        return absent("kg", "5")
    if disposed is not None:
        rows = rows[rows["treatment"].isin(_DISPOSED) == disposed]
    parts = tuple(
        ("treatment", str(name), float(mass)) for name, mass in rows.groupby("treatment")["mass_kg"].sum().items()
    )
    return Fact(math.fsum(value for *_, value in parts), "kg", parts=parts)


@book("customer_waste_per_parcel", "waste")
def _customer_waste(context: Context) -> Fact:
    rows = context.inventory.uses.waste
    mass = float(rows[rows["where"] == "customer"]["mass_kg"].sum())
    return ratio(mass or None, context.inventory.parcels, "kg", "12")


@book("energy", "energy")
def _energy(context: Context) -> Fact:
    return _energy_of(context)


@book("energy_uk", "energy_carbon")
def _energy_uk(context: Context) -> Fact:
    found = _energy_of(context, country=UK)
    if found.value is None:
        return found
    known = [values for _, values, _ in energy_lines(context.inventory.uses.energy) if values]
    if not math.isclose(math.fsum(line[0] for line in known), found.value):
        return found
    _, totals, places = energy_steps(known)
    return replace(found, printed=numbers.decimal(totals[0] * 10.0**-places, places, context.language))


@book("electricity", "energy")
def _electricity(context: Context) -> Fact:
    return _energy_of(context, "electricity.", ("site", "vehicle"))


@book("own_generation", "energy")
def _own_generation(context: Context) -> Fact:
    found = _energy_of(context, "", ("generation",))
    return found if found.value is not None else absent("kWh", "no_own_generation")


@book("fuels", "energy")
def _fuels(context: Context) -> Fact:
    return _energy_of(context, "fuel.", ("site", "vehicle"))


@book("energy_per_parcel", "energy")
def _energy_per_parcel(context: Context) -> Fact:
    energy = _energy(context)
    return ratio(energy.value, context.inventory.parcels, "kWh", energy.missing or "no_energy", energy.limits)


@book("renewable_share", "energy")
def _renewable_share(context: Context) -> Fact:
    energy, own = _energy(context), _own_generation(context)
    return ratio(own.value, energy.value, "share", own.missing or "no_energy", energy.limits)


@book("renewable_kept", "energy")
def _renewable_kept(context: Context) -> Fact:
    """Own generation whose certificates were kept: the rest is somebody else's to claim."""
    own, sites = _own_generation(context), context.inventory.power.own
    if own.value is None:
        return own
    generated = float(sites["generated_kwh"].sum()) if len(sites) else 0.0
    sold_share = float(sites["sold_kwh"].sum()) / generated if generated else 0.0
    return Fact(own.value * (1.0 - sold_share), "kWh", limits=own.limits)


@book("renewable_kept_share", "energy")
def _renewable_kept_share(context: Context) -> Fact:
    energy, kept = _energy(context), _renewable_kept(context)
    return ratio(kept.value, energy.value, "share", kept.missing or "no_energy", energy.limits)


@book("solar_share", "energy")
def _solar_share(context: Context) -> Fact:
    own, bought = _own_generation(context), _electricity(context)
    if own.value is None:
        return absent("share", own.missing)
    return ratio(own.value, own.value + (bought.value or 0.0), "share", "no_energy")


@book("contracted_share", "energy")
def _contracted_share(context: Context) -> Fact:
    power = context.inventory.power
    covered = power.covered_kwh
    return ratio(covered, power.claimable_kwh or None, "share", "scope_2", ("instruments",) if covered else ())


def _energy_of(
    context: Context, begins: str = "", uses: tuple[str, ...] = ("site", "generation", "vehicle"), country: str = ""
) -> Fact:
    """Return energy of own sites and vehicles [kWh]; what was recorded by other units makes it partial."""
    rows = context.inventory.uses.energy
    rows = rows[rows["use"].isin(uses) & rows["activity"].astype(str).str.startswith(begins)] if len(rows) else rows
    rows = rows[rows["country"] == country] if country and len(rows) else rows
    if not len(rows):
        return absent("kWh", "no_energy")
    known = rows.dropna(subset=["energy_kwh"])
    left = rows[rows["energy_kwh"].isna()]
    limits = tuple(
        key
        for key, found in (("by_volume", (left["unit"] == "m**3").any()), ("unmetered", (left["unit"] != "m**3").any()))
        if found
    )
    if not len(known):
        return absent("kWh", limits[0])
    parts = tuple(
        ("energy", str(name), float(value)) for name, value in known.groupby("activity")["energy_kwh"].sum().items()
    )
    return Fact(math.fsum(value for *_, value in parts), "kWh", limits=limits, parts=parts)


@book("return_rate", "stages")
def _return_rate(context: Context) -> Fact:
    returned = context.inventory.uses.counts["returned"]
    return ratio(returned or None, context.inventory.parcels, "share", "no_returns")


@book("per_return", "stages")
def _per_return(context: Context) -> Fact:
    returns_kg = context.inventory.stages_kg.get(Stage.RETURNS) or None
    return ratio(returns_kg, context.inventory.uses.counts["returned"], "kg CO2e", "no_returns")


@book("second_attempts", "lanes")
def _second_attempts(context: Context) -> Fact:
    counts = context.inventory.uses.counts
    limits = ("attempts_recorded",) if counts["attempts_known"] < context.inventory.parcels else ()
    return ratio(counts["attempted_again"], counts["attempts_known"], "share", "no_attempts", limits)


@book("parcels", "intensity")
def _parcels(context: Context) -> Fact:
    return _count(context.inventory.parcels, "no_parcels")


@book("orders", "intensity")
def _orders(context: Context) -> Fact:
    return _count(context.inventory.orders, "no_orders")


def _count(value: int, reason: str) -> Fact:
    return Fact(float(value), "number") if value else absent("number", reason)
