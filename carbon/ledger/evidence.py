"""What stands behind the sums: the factors used with their sources, and meters reconciled with parcels' shares."""

from __future__ import annotations

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from carbon.engine.block import BESIDE, IN_TOTAL, MARKET_BASED
from carbon.engine.claims import months_of
from carbon.ledger import accounts
from carbon.ledger.manifest import FACTORS, PLAN, Manifest, unreadable
from carbon.ledger.period import Period
from carbon.ledger.store import Ledger
from carbon.terms import Stage
from carbon.units import canonical_symbol, parse_factor_unit, parse_quantity, to_canonical

FACTOR_COLUMNS = [
    "factor_id",
    "activity",
    "region",
    "title",
    "publisher",
    "edition",
    "year",
    "licence",
    "locator",
    "value",
    "unit",
    "boundary",
    "gas_basis",
    "gwp_set",
    "match",
    "co2e_kg",
    "share",
    "name",
    "attribution",
]
SITE_COLUMNS = [
    "site",
    "activity",
    "first_day",
    "last_day",
    "metered_amount",
    "unit",
    "metered_kg",
    "allocated_kg",
    "channels_kg",
    "unallocated_kg",
]


CHANNEL_COLUMNS = ["site", "channel", "name", "name_zh", "by", "share", "co2e_kg"]
_LAYER = re.compile(r" meter (\d+)")


def factors_used(ledger: Ledger, runs: Iterable[str], activity: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the factors of the total, and those of figures that stand beside it, with `accounting` saying which.

    One row for each factor, boundary and match, most emissions first. `value` and `unit` are as published where one number
    stands behind the row; where several gases do, it is their sum in kg CO2e by the run's GWP set. `share` is of all emissions
    shown, product included; of factors beside the total, of those of the same accounting.
    """
    published = _published(ledger, runs)
    others = [each for each in (MARKET_BASED, BESIDE) if (activity["accounting"] == each).any()]
    beside = [_used(activity[activity["accounting"] == each], *published).assign(accounting=each) for each in others]
    none = pd.DataFrame(columns=[*FACTOR_COLUMNS, "accounting"])
    return (
        _used(activity[activity["accounting"] == IN_TOTAL], *published),
        pd.concat(beside, ignore_index=True) if beside else none,
    )


def _used(used: pd.DataFrame, rows_of: Mapping[tuple, list[dict]], sources: Mapping[str, dict]) -> pd.DataFrame:
    whole, found = used["co2e_kg"].sum(), []
    for (name, boundary, match), mine in used.groupby(["factor_id", "boundary", "match"], sort=False):
        published = rows_of.get((name, boundary)) or rows_of.get((name, None)) or []
        # A part that we derived (grid losses by share) has no row of its own; the factor's other rows cite the source.
        first = (
            published[0] if published else next((rows[0] for (known, _), rows in rows_of.items() if known == name), {})
        )
        source = sources.get(first.get("source", ""), {"title": first.get("source", str(mine["source"].iloc[0]))})
        value, unit = _value(published, float(mine["co2e_kg_per_unit"].iloc[0]))
        co2e_kg = float(mine["co2e_kg"].sum())
        found.append(
            {
                "factor_id": name,
                "activity": mine["activity"].iloc[0],
                "region": mine["region"].iloc[0],
                **{
                    each: source.get(each)
                    for each in ("title", "publisher", "edition", "year", "licence", "attribution")
                },
                "locator": "; ".join(
                    dict.fromkeys(row["locator"] for row in published if row.get("locator")) or _derived(mine)
                ),
                "value": value,
                "unit": unit or f"kg/({mine['unit'].iloc[0]})",
                "boundary": boundary,
                "gas_basis": " + ".join(dict.fromkeys(row["gas_basis"] for row in published))
                or mine["gas_basis"].iloc[0],
                "gwp_set": mine["gwp_set"].iloc[0],
                "match": match,
                "co2e_kg": co2e_kg,
                "share": co2e_kg / whole if whole else 0.0,
                "name": first.get("name"),
            }
        )
    frame = pd.DataFrame(found, columns=FACTOR_COLUMNS).astype({"year": "Int64"})
    return frame.sort_values(["co2e_kg", "factor_id", "boundary"], ascending=[False, True, True], ignore_index=True)


def _published(ledger: Ledger, runs: Iterable[str]) -> tuple[dict[tuple, list[dict]], dict[str, dict]]:
    """Rows by factor and boundary, sources by key; of a factor in several runs the newest is shown."""
    rows_of: dict[tuple, list[dict]] = {}
    sources: dict[str, dict] = {}
    for run in runs:
        path = ledger.file(run, FACTORS)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            of_run: dict[tuple, list[dict]] = defaultdict(list)
            for row in data["factors"]:
                of_run[row["id"], row["boundary"]].append(row)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise unreadable(path, error) from error
        rows_of |= of_run
        sources |= data["sources"]
    return rows_of, sources


def _derived(mine: pd.DataFrame) -> list[str]:
    """How a part came about that nobody publishes: grid losses by a sourced share."""
    return [flag for flag in mine["flags"].iloc[0] if flag.startswith("grid losses by")]


def _value(published: list[dict], co2e_kg_per_unit: float) -> tuple[float, str]:
    if not published:  # derived by us: no more digits than its inputs bear
        return float(f"{co2e_kg_per_unit:.5g}"), ""
    first = published[0]
    if len(published) == 1:
        return float(first["value"]), str(first["unit"])
    unit = parse_factor_unit(first["unit"])
    per_published = (1 * unit.denominator).to(unit.canonical).magnitude
    return co2e_kg_per_unit * per_published, f"kg/{first['unit'].split('/', 1)[1]}"


def sites(ledger: Ledger, manifests: list[Manifest], activity: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """Return every metered amount, what the parcels and what other channels took of it, and the rest (location-based).

    A meter's reading counts once, even if several runs share it out; a negative rest says that parcels took more
    than was metered, because two runs each shared out the whole. With a period only readings that lie in it
    are reconciled; of others the metered part, the channels' and the rest are left empty.
    """
    used = activity[(activity["accounting"] == IN_TOTAL) & (activity["stage"] == Stage.WAREHOUSING)]
    readings: dict[tuple, dict] = {}
    for manifest in manifests:
        per_unit = _meter_factors(ledger, manifest.run)
        mine = used[used["run"] == manifest.run]
        taken: dict[tuple, float] = defaultdict(float)
        for site, block, month, co2e_kg in zip(
            mine["site"], mine["block"], mine["month"], mine["co2e_kg"], strict=True
        ):
            taken[site, *_meter(block), month] += float(co2e_kg)
        for site, setup in (manifest.organisation.get("sites") or {}).items():
            share = math.fsum(float(each["share"]) for each in (setup.get("channels") or {}).values())
            for key, energy, cells in _readings(site, setup):
                first, last = key[2:4]
                if period is not None and (first[:7] > period.last_month or last[:7] < period.first_month):
                    continue
                quantity = parse_quantity(energy["quantity"])
                factors = {per_unit.get(cell) for cell in cells if cell in taken} - {None}
                inside = period is None or (period.contains(first) and period.contains(last))
                known = readings.setdefault(
                    key,
                    {
                        "site": site,
                        "activity": energy["activity"],
                        "first_day": first,
                        "last_day": last,
                        "metered_amount": to_canonical(quantity),
                        "unit": canonical_symbol(quantity.units),
                        "metered_kg": float("nan"),
                        "allocated_kg": 0.0,
                        "channels_kg": float("nan"),
                    },
                )
                known["allocated_kg"] += math.fsum(taken.get(cell, 0.0) for cell in cells)
                if inside and len(factors) == 1:
                    known["metered_kg"] = known["metered_amount"] * factors.pop()
                    known["channels_kg"] = known["metered_kg"] * share
    rows = [
        row | {"unallocated_kg": row["metered_kg"] - row["allocated_kg"] - row["channels_kg"]}
        for row in readings.values()
    ]
    return pd.DataFrame(rows, columns=SITE_COLUMNS)


def channels_of(organisation: Mapping[str, Any], meters: pd.DataFrame) -> pd.DataFrame:
    """Return what each other channel of a site carries of it: site, channel, names, by, share, co2e_kg (location-based).

    Parameters
    ----------
    organisation : mapping
        As in a manifest.
    meters : pandas.DataFrame
        Of `sites`; one whose metered part is empty leaves the channel's empty, too.
    """
    rows = []
    for site, setup in (organisation.get("sites") or {}).items():
        mine = meters[meters["site"] == site]
        metered_kg = float(mine["metered_kg"].sum(skipna=False)) if len(mine) else float("nan")
        for key, each in (setup.get("channels") or {}).items():
            name = each.get("name") or key
            rows.append(
                [site, key, name, each.get("name_zh") or name, each["by"], each["share"], metered_kg * each["share"]]
            )
    return pd.DataFrame(rows, columns=CHANNEL_COLUMNS)


def _readings(site: str, setup: Mapping[str, Any]) -> Iterator[tuple[tuple, Mapping[str, Any], list[tuple]]]:
    """Yield a site's readings with what names each, and the cells (site, activity, layer, month) it stands for.

    As the plan has it: of one activity and month the first reading is layer 1, the second layer 2.
    """
    layers: Counter[tuple[str, str]] = Counter()
    alike: Counter[tuple] = Counter()
    for energy in setup.get("energy") or ():
        name, first, last = energy["activity"], str(energy["from"]), str(energy["to"])
        cells = []
        for month in months_of(date.fromisoformat(first), date.fromisoformat(last)):
            layers[name, month] += 1
            cells.append((site, name, layers[name, month], month))
        key = (site, name, first, last, energy["quantity"])
        alike[key] += 1
        yield (*key, alike[key]), energy, cells


def _meter(block: str) -> tuple[str, int]:
    """Return activity and layer of a site's block."""
    layer = _LAYER.search(block)
    return accounts.meter_of(block), int(layer[1]) if layer else 1


def _meter_factors(ledger: Ledger, run: str) -> dict[tuple[str, str, int, str], float]:
    """(site, activity, layer, month) to kg CO2e per canonical unit of what was metered."""
    table = pq.read_table(ledger.file(run, PLAN), columns=["block", "model", "accounting", "axes", "cells", "co2e_kg"])
    found = {}
    for row in table.to_pylist():
        if row["model"] == "site_share" and row["accounting"] == IN_TOTAL and row["axes"] == ["site", "month"]:
            for site, month in row["cells"]:
                found[site, *_meter(row["block"]), month] = row["co2e_kg"]
    return found
