"""What parcels used and left: transport chain elements, own energy, gases, waste, counts of parcels by what befell them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from carbon.engine.block import Kind
from carbon.ledger import accounts
from carbon.ledger.manifest import FACTORS, unreadable
from carbon.ledger.query import rows_of
from carbon.ledger.store import Ledger
from carbon.terms import TRANSPORT_STAGES, UPSTREAM_BOUNDARIES, Boundary, Category, Gas, Party, Scope
from carbon.units import parse_factor_unit

CHAIN_COLUMNS = [
    "service",
    "leg",
    "stage",
    "activity",
    "party",
    "unit",
    "data_type",
    "amount",
    "parcels",
    "wtt_kg",
    "ttw_kg",
    "unsplit_kg",
    "co2e_kg",
]
ENERGY_COLUMNS = ["country", "use", "activity", "scope", "amount", "unit", "energy_kwh", "co2e_kg"]
GAS_COLUMNS = ["scope", "gas", "co2e_kg", "mass_kg"]
WASTE_COLUMNS = ["where", "material", "treatment", "mass_kg", "co2e_kg"]
#: What a factor by CO2 equivalents alone leaves unknown.
UNSPLIT = "unsplit"
HFC = "HFC"
#: Refrigerants that are hydrofluorocarbons, or blends of nothing else, by their ASHRAE numbers; others stay unsplit.
_HFC = re.compile(
    r"^refrigerant\.r(?:23|32|41|125|134a?|143a?|152a?|161|227ea|236(?:cb|ea|fa)|245(?:ca|fa)|365mfc"
    r"|404a|407[a-f]|410[ab]|507a)$"
)
_LEG = re.compile(r"/(\d+) ")
_ENERGY = "kW*h"


@dataclass(frozen=True)
class Uses:
    """Tables of one period; everything location-based and without product.

    Attributes
    ----------
    chain : pandas.DataFrame
        One row a transport chain element of a service (return legs are no part): leg (place in the chain), stage,
        activity, party, data_type, amount in `unit` (canonical), parcels, WTT, TTW, unsplit and whole [kg CO2e].
    energy : pandas.DataFrame
        What own sites and vehicles used for the parcels: country, use (site, generation, vehicle), activity, scope,
        amount, unit, energy_kwh (by gross calorific value where the amount is no energy; empty where that is not known),
        co2e_kg (of that scope).
    gases : pandas.DataFrame
        Scope, gas (CO2, CH4, N2O, HFC, or unsplit where the factor is CO2e alone), co2e_kg, mass_kg of the gas.
    waste : pandas.DataFrame
        Where (customer, operations), material, treatment, mass_kg, co2e_kg.
    counts : mapping
        returned (expected parcels that come back), attempts_known, attempted_again.
    """

    chain: pd.DataFrame
    energy: pd.DataFrame
    gases: pd.DataFrame
    waste: pd.DataFrame
    counts: dict[str, float]


def uses(ledger: Ledger, runs: Iterable[str], activity: pd.DataFrame, connection: duckdb.DuckDBPyConnection) -> Uses:
    """Return what the parcels of a period used.

    Parameters
    ----------
    runs : iterable of str
        Those that the activity comes from.
    activity : pandas.DataFrame
    connection : duckdb.DuckDBPyConnection
        With the view ``cells`` of the same period and runs.
    """
    total = accounts.counting(activity)
    return Uses(
        chain(total),
        energy(total, calorific_values(ledger, runs)),
        gases(ledger, runs, total),
        waste(total),
        _counts(connection),
    )


def chain(total: pd.DataFrame) -> pd.DataFrame:
    """Return the transport chain elements of each service."""
    rows = total[total["stage"].isin(TRANSPORT_STAGES)]
    legs = [_LEG.search(str(block)) for block in rows["block"]]
    rows = rows.assign(leg=[int(found[1]) if found else 0 for found in legs])
    keys = ["service", "leg", "stage", "activity", "party", "unit", "data_type"]
    parts = rows.assign(part=[_part(boundary) for boundary in rows["boundary"]])
    parts = parts.pivot_table(index=keys, columns="part", values="co2e_kg", aggfunc="sum", fill_value=0.0)
    parts = parts.reindex(columns=["wtt_kg", "ttw_kg", "unsplit_kg"], fill_value=0.0)
    # The parts of a factor share a line, whose amount and parcels count once.
    lines = accounts.lines(rows).merge(
        rows[["block", "leg", "party", "data_type"]].drop_duplicates("block"), on="block"
    )
    found = lines.groupby(keys, as_index=False).agg(amount=("amount", "sum"), parcels=("parcels", "sum"))
    found = found.merge(parts.reset_index(), on=keys, how="left")
    found["co2e_kg"] = found[["wtt_kg", "ttw_kg", "unsplit_kg"]].sum(axis=1)
    order = {str(stage): place for place, stage in enumerate(TRANSPORT_STAGES)}
    found = found.assign(order=found["stage"].map(order)).sort_values(["service", "leg", "order"], ignore_index=True)
    return found[CHAIN_COLUMNS]


def _part(boundary: str) -> str:
    if boundary == Boundary.TTW:
        return "ttw_kg"
    return "wtt_kg" if boundary in UPSTREAM_BOUNDARIES else "unsplit_kg"


def energy(total: pd.DataFrame, calorific: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Return the energy of own sites and vehicles, by country, activity and scope.

    Parameters
    ----------
    calorific : mapping, optional
        Factor id to gross kWh in a canonical unit of its fuel.
    """
    own = total[(total["party"] == Party.OWN) & total["kind"].isin([Kind.SITE, Kind.TRANSPORT, Kind.OWN_GENERATION])]
    generated = (own["kind"] == Kind.OWN_GENERATION) & (own["category"] == Category.FUEL_AND_ENERGY)
    direct = own["scope"].isin([Scope.SCOPE_1, Scope.SCOPE_2]) | generated
    # Refrigerant is emitted, not used up.
    own = own[direct & ~own["activity"].astype(str).str.startswith("refrigerant.")]
    if own.empty:
        return pd.DataFrame(columns=ENERGY_COLUMNS)
    names = {Kind.SITE: "site", Kind.OWN_GENERATION: "generation", Kind.TRANSPORT: "vehicle"}
    places = own[["block", "site", "scope", "wanted_region"]].drop_duplicates()
    country = {(row.block, row.site): str(row.wanted_region).partition("-")[0] for row in places.itertuples()}
    scope = {(row.block, row.site): str(row.scope) for row in places.itertuples()}
    lines = accounts.lines(own)
    keys = list(zip(lines["block"], lines["site"], strict=True))
    lines = lines.assign(
        country=[country[key] for key in keys],
        scope=[scope[key] for key in keys],
        use=[names[Kind(kind)] for kind in lines["kind"]],
        energy_kwh=lines["amount"].where(
            lines["unit"] == _ENERGY, lines["amount"] * lines["factor_id"].map(dict(calorific or {})).astype(float)
        ),
    )
    found = lines.groupby(["country", "use", "activity", "scope", "unit"], as_index=False).agg(
        amount=("amount", "sum"),
        co2e_kg=("co2e_kg", "sum"),
        energy_kwh=("energy_kwh", lambda part: part.sum(skipna=False)),
    )
    return found.sort_values(["country", "use", "activity"], ignore_index=True)[ENERGY_COLUMNS]


def calorific_values(ledger: Ledger, runs: Iterable[str]) -> dict[str, float]:
    """Return the gross calorific value [kWh per canonical unit] of fuels that runs counted by volume or mass.

    A publication that gives kg CO2e per litre and per gross kWh of one fuel says by their ratio what a litre holds. Runs of
    earlier versions did not record the second.
    """
    found: dict[str, float] = {}
    for run in runs:
        by_fuel: dict[tuple[str, str], list[dict]] = {}
        path = ledger.file(run, FACTORS)
        try:
            for row in json.loads(path.read_text(encoding="utf-8"))["factors"]:
                if row["boundary"] == Boundary.TTW and row["gas_basis"] in ("CO2e", Gas.CO2) and row.get("activity"):
                    by_fuel.setdefault((row["activity"], row["gas_basis"]), []).append(row)
            for (activity, gas), rows in by_fuel.items():
                for row in rows:
                    for gross in by_fuel.get((f"{activity}.gross", gas), ()):
                        same = all(row.get(name) == gross.get(name) for name in ("source", "region", "valid_from"))
                        if same and gross["value"]:
                            found[row["id"]] = _kg(row) / _kg(gross)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise unreadable(path, error) from error
    return found


def _kg(row: Mapping[str, Any]) -> float:
    """Return a row's value [kg of its gas per canonical unit of its activity]."""
    return float(row["value"]) * parse_factor_unit(row["unit"]).scale


def gases(ledger: Ledger, runs: Iterable[str], total: pd.DataFrame) -> pd.DataFrame:
    """Return emissions by scope and gas; what comes from a factor for CO2e alone stays unsplit."""
    found: list[tuple[str, str, float, float]] = []
    for run in runs:
        published, gwps = _by_gas(ledger, run)
        mine = total[total["run"] == run]
        sums = mine.groupby(["scope", "factor_id", "boundary", "activity", "gas_basis"], as_index=False).agg(
            co2e_kg=("co2e_kg", "sum")
        )
        amounts = mine.groupby(["scope", "activity"])["amount"].sum()
        for row in sums.itertuples():
            parts = published.get((row.factor_id, row.boundary))
            if parts:
                whole = sum(parts.values())
                found += [
                    (row.scope, gas, row.co2e_kg * part / whole, row.co2e_kg * part / whole / gwps[gas.lower()])
                    for gas, part in parts.items()
                ]
            elif _HFC.match(str(row.activity)):
                found.append((row.scope, HFC, row.co2e_kg, float(amounts[row.scope, row.activity])))
            elif row.gas_basis == Gas.CO2:
                found.append((row.scope, str(Gas.CO2), row.co2e_kg, row.co2e_kg))
            else:
                found.append((row.scope, UNSPLIT, row.co2e_kg, np.nan))
    frame = pd.DataFrame(found, columns=GAS_COLUMNS)
    grouped = frame.groupby(["scope", "gas"], as_index=False).agg(
        co2e_kg=("co2e_kg", "sum"), mass_kg=("mass_kg", lambda part: part.sum(skipna=False))
    )
    return grouped.astype({"scope": object, "gas": object})


def _by_gas(ledger: Ledger, run: str) -> tuple[dict[tuple[str, str], dict[str, float]], dict[str, float]]:
    """Return the parts of factors published by gas [kg CO2e per published unit], and the run's warming potentials."""
    path = ledger.file(run, FACTORS)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        gwps = {str(gas): float(value) for gas, value in data.get("gwps", {}).items()}
        found: dict[tuple[str, str], dict[str, float]] = {}
        for row in data["factors"]:
            if row["gas_basis"] in (Gas.CO2, Gas.CH4, Gas.N2O):
                parts = found.setdefault((row["id"], row["boundary"]), {})
                parts[row["gas_basis"]] = float(row["value"]) * gwps[row["gas_basis"].lower()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error) from error
    # A lone row of CO2 is a figure for CO2 alone.
    return {key: parts for key, parts in found.items() if len(parts) > 1 and sum(parts.values()) > 0}, gwps


def waste(total: pd.DataFrame) -> pd.DataFrame:
    """Return packaging that customers throw away, and goods written off at own sites, by treatment."""
    rows = accounts.lines(total[total["kind"].isin([Kind.END_OF_LIFE, Kind.OPERATIONS_WASTE])])
    rows = rows[rows["unit"] == "kg"]
    names = [str(name).removeprefix("end_of_life.").rpartition(".") for name in rows["activity"]]
    rows = rows.assign(
        where=["customer" if kind == Kind.END_OF_LIFE else "operations" for kind in rows["kind"]],
        material=[name[0] for name in names],
        treatment=[name[2] for name in names],
    )
    found = rows.groupby(["where", "material", "treatment"], as_index=False).agg(
        mass_kg=("amount", "sum"), co2e_kg=("co2e_kg", "sum")
    )
    return found.sort_values(["where", "mass_kg"], ascending=[True, False], ignore_index=True)[WASTE_COLUMNS]


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, float]:
    names = ("returned", "attempts_known", "attempted_again")
    row = rows_of(
        connection, f"SELECT {', '.join(f'coalesce(sum({name}), 0.0) AS {name}' for name in names)} FROM cells"
    )[0]
    return {name: float(value) for name, value in row.items()}
