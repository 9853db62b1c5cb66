"""Tables that are added up from the activity of runs: scopes, market-based view, materials, data quality."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pandas as pd

from carbon.engine.block import BESIDE, BY_GRID, IN_TOTAL, MARKET_BASED, SOLD, Kind
from carbon.engine.signatures import Signatures
from carbon.engine.uncertainty import Terms
from carbon.ledger.titles import scope_titles
from carbon.ledger.well_to_wheel import LACKING
from carbon.terms import BEFORE_USE_BOUNDARIES, TRANSPORT_STAGES, DataType, Gas, Scope, Stage

#: Column that tells the sets of spreads apart: cells that differ in nothing else (what stood in) are lines of their own.
SPREAD_SET = "spread_set"
#: What one line of the activity is; the parts of a factor (WTT, TTW ...) share it, their amount and their spreads.
LINE = [
    "run",
    "block",
    "service",
    "month",
    "site",
    "factor_id",
    "wanted_region",
    "match",
    "parameters",
    "amount",
    "parcels",
    SPREAD_SET,
]
#: Number of a row's line, where lines are numbered: keys of text and tuples are told apart once.
_LINE_ID = "line_id"
#: Numbers of what parcels are counted in, and what tells each.
_CELLS = {
    "term_id": ["run", "month", "site", "service", "block"],
    "service_id": ["run", "month", "site", "service"],
    "place_id": ["run", "month", "site"],
}
#: What a market-based block's name adds to that of the meter: by which instrument, mix or average.
_MARKET = re.compile(r" market-based(?: by .*)?$| market-based(?= \()")
#: What marks a further part of a block, where an organisation's entities divide it among categories.
PART = " (category "
_FORCING = " with radiative forcing"


def activity_terms(connection: duckdb.DuckDBPyConnection) -> tuple[pd.DataFrame, Terms]:
    """Return the activity of all runs of a connection, lists as tuples, and the same rows with their spreads."""
    table = connection.sql("SELECT * FROM activity").to_arrow_table()
    terms = Terms.of_table(table)
    frame = table.drop_columns([name for name in ("spreads",) if name in table.column_names]).to_pandas()
    lists = [name for name in ("flags", "parameters", "pedigree") if name in frame.columns]
    for name in lists:
        empty = None if name == "pedigree" else ()
        frame[name] = [tuple(value) if value is not None else empty for value in frame[name]]
    for name in frame.columns:
        if name not in lists and not pd.api.types.is_numeric_dtype(frame[name]):
            frame[name] = frame[name].astype(object)
    frame[SPREAD_SET] = Signatures(terms).of_row
    return frame, terms


def activity_frame(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Return the activity of all runs of a connection, lists as tuples."""
    return activity_terms(connection)[0]


def counted(activity: pd.DataFrame) -> np.ndarray:
    """Return which rows make up the total: location-based, without product."""
    return ((activity["accounting"] == IN_TOTAL) & (activity["stage"] != Stage.PRODUCT)).to_numpy(dtype=bool)


def counting(activity: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that make up the total: location-based, without product."""
    return activity[counted(activity)]


def lines(activity: pd.DataFrame) -> pd.DataFrame:
    """Return one row a line: the parts of a factor together, so that amounts and parcels count once.

    Of a line that is divided among entities the first part has its parcels.
    """
    rows = _lines(activity)
    again = rows["block"].astype(str).str.contains(PART, regex=False)
    return rows.assign(parcels=rows["parcels"].where(~again, 0.0))


def _lines(activity: pd.DataFrame) -> pd.DataFrame:
    known = [name for name in LINE if name in activity.columns]
    if _LINE_ID in activity.columns:
        rows = activity.drop_duplicates(_LINE_ID)[[*known, "stage", "kind", "activity", "unit"]]
        parts = activity.groupby(_LINE_ID, sort=False)
        found = {"co2e_kg": parts["co2e_kg"].sum(), "edition_gap_years": parts["edition_gap_years"].first()}
        return rows.reset_index(drop=True).assign(**{name: each.to_numpy() for name, each in found.items()})
    return activity.groupby(known, dropna=False, sort=False, as_index=False).agg(
        stage=("stage", "first"),
        kind=("kind", "first"),
        activity=("activity", "first"),
        unit=("unit", "first"),
        co2e_kg=("co2e_kg", "sum"),
        edition_gap_years=("edition_gap_years", "first"),
    )


def market_view(activity: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """Return the rows of the market-based view, and the (site, meter) pairs where the grid's average stands for some of it.

    Market-based rows take the place of the location-based ones of the same run, site, meter and month. Energy itself is
    always replaced; what comes before it (WTT, grid losses) stays, unless a row of an earlier version says it.
    """
    total = counting(activity)
    market = activity[activity["accounting"] == MARKET_BASED]
    total_keys, market_keys = _keys(total), _keys(market)
    contracted = set(market_keys)
    upstream_known = {
        key for key, boundary in zip(market_keys, market["boundary"], strict=True) if boundary in BEFORE_USE_BOUNDARIES
    }
    replaced = [
        key in (upstream_known if boundary in BEFORE_USE_BOUNDARIES else contracted)
        for key, boundary in zip(total_keys, total["boundary"], strict=True)
    ]
    view = pd.concat([total[~np.array(replaced, dtype=bool)], market])
    by_grid = (view["accounting"] == IN_TOTAL) | view["block"].astype(str).str.endswith(f" by {BY_GRID}")
    standing = view[by_grid & (view["scope"] == Scope.SCOPE_2)]
    missing = {(site, meter_of(block)) for site, block in zip(standing["site"], standing["block"], strict=True)}
    return view, sorted(missing)


def meter_of(block: str) -> str:
    """Return the meter that a site's block is of: its activity."""
    return _MARKET.sub("", block).removeprefix("site/").split(" (")[0].split(" meter ")[0].removesuffix(f" {SOLD}")


def _keys(rows: pd.DataFrame) -> list[tuple]:
    blocks = [_MARKET.sub("", block) for block in rows["block"]]
    return list(zip(rows["run"], blocks, rows["site"], rows["month"], strict=True))


def scope_table(activity: pd.DataFrame, market: pd.DataFrame) -> pd.DataFrame:
    """Return emissions by scope and category, without product.

    Columns: scope, category, title_en, title_zh, co2e_kg (location-based), market_based_kg, parcels,
    primary_share, modelled_share, default_share. `parcels` is what the activity proves: those of the largest
    term of each service, month and site; a parcel that only a smaller term touches is not counted again.
    """
    total, rows = counting(activity), []
    keys = sorted(
        {*zip(total["scope"], total["category"], strict=True), *zip(market["scope"], market["category"], strict=True)},
        key=lambda key: (key[0], int(key[1] or 0)),
    )
    for scope, category in keys:
        mine = total[(total["scope"] == scope) & (total["category"] == category)]
        view = market[(market["scope"] == scope) & (market["category"] == category)]
        english, chinese = scope_titles(scope, category)
        rows.append(
            {
                "scope": str(scope),
                "category": str(category),
                "title_en": english,
                "title_zh": chinese,
                "co2e_kg": float(mine["co2e_kg"].sum()),
                "market_based_kg": float(view["co2e_kg"].sum()),
                "parcels": parcels_of(mine if len(mine) else view),
                **{f"{name}_share": share for name, share in quality_of(mine).items()},
            }
        )
    columns = ["scope", "category", "title_en", "title_zh", "co2e_kg", "market_based_kg", "parcels"]
    return pd.DataFrame(rows, columns=[*columns, *(f"{each}_share" for each in DataType)])


def numbered(activity: pd.DataFrame) -> pd.DataFrame:
    """Return the activity with its lines and cells numbered, so that `lines` and `parcels_of` many parts of it are quick."""
    known = [name for name in LINE if name in activity.columns]
    numbers = {_LINE_ID: activity.groupby(known, dropna=False, sort=False).ngroup()}
    numbers |= {name: activity.groupby(keys, sort=False).ngroup() for name, keys in _CELLS.items()}
    return activity.assign(**numbers)


def parcels_of(activity: pd.DataFrame) -> int:
    """Return how many parcels these rows prove: common terms see all parcels, services only their own."""
    if activity.empty:
        return 0
    rows = activity if _LINE_ID in activity.columns else numbered(activity)
    line, *cells = (rows[name].to_numpy() for name in (_LINE_ID, *_CELLS))
    first = np.zeros(len(rows), dtype=bool)
    first[np.unique(line, return_index=True)[1]] = True
    # A number below zero stands for a part that is not known.
    first &= cells[0] >= 0
    term, of_service, place = (each[first] for each in cells)
    if not len(term):
        return 0
    terms, at, number = np.unique(term, return_index=True, return_inverse=True)
    parcels = np.bincount(number, rows["parcels"].to_numpy(dtype=float)[first], minlength=len(terms))
    services, number = np.unique(of_service[at], return_inverse=True)
    most = np.zeros(len(services))
    np.maximum.at(most, number, parcels)
    at_service = at[np.unique(number, return_index=True)[1]]
    common = rows["service"].to_numpy()[first][at_service] == ""
    places, number = np.unique(place[at_service], return_inverse=True)
    whole, own = (np.bincount(number, np.where(mine, most, 0.0), minlength=len(places)) for mine in (common, ~common))
    return int(np.maximum(whole, own).sum())


def quality_of(activity: pd.DataFrame) -> dict[str, float]:
    """Return the shares of the ISO 14083 data types by emissions; all 0 where there are none."""
    weights = activity["co2e_kg"].abs().groupby(activity["data_type"]).sum()
    whole = float(weights.sum())
    return {str(each): float(weights.get(str(each), 0.0)) / whole if whole else 0.0 for each in DataType}


def beside_table(activity: pd.DataFrame) -> pd.DataFrame:
    """Return what is shown beside the total: block, without_kg (as in the total), with_kg, difference_kg."""
    total, rows = counting(activity), []
    for block, mine in activity[activity["accounting"] == BESIDE].groupby("block"):
        base = total[total["block"] == str(block).replace(_FORCING, "")]
        inside, beside = float(base["co2e_kg"].sum()), float(mine["co2e_kg"].sum())
        what = "radiative_forcing" if _FORCING in str(block) else str(block)
        rows.append(
            {"what": what, "block": block, "without_kg": inside, "with_kg": beside, "difference_kg": beside - inside}
        )
    return pd.DataFrame(rows, columns=["what", "block", "without_kg", "with_kg", "difference_kg"])


def by_match(activity: pd.DataFrame) -> pd.DataFrame:
    """Return emissions and parcel lines by how the factor was found: match, co2e_kg, parcels, share."""
    return _shares(lines(counting(activity)), "match", parcels=("parcels", "sum"))


def by_edition_gap(activity: pd.DataFrame) -> pd.DataFrame:
    """Return emissions by years between edition and activity: edition_gap_years, co2e_kg, share."""
    return _shares(lines(counting(activity)), "edition_gap_years")


def _shares(rows: pd.DataFrame, by: str, **more: tuple[str, str]) -> pd.DataFrame:
    found = rows.groupby(by, as_index=False).agg(co2e_kg=("co2e_kg", "sum"), **more)
    whole = found["co2e_kg"].sum()
    found["share"] = found["co2e_kg"] / whole if whole else 0.0
    return found.sort_values("co2e_kg", ascending=False, ignore_index=True)


def gwp_mix(activity: pd.DataFrame) -> dict[str, float]:
    """Return emissions by the GWP set behind them [kg CO2e]."""
    return _sums(counting(activity), "gwp_set")


def co2_only_kg(activity: pd.DataFrame) -> float:
    """Return what stems from figures for CO2 alone [kg CO2]."""
    total = counting(activity)
    return float(total.loc[total["gas_basis"] == Gas.CO2, "co2e_kg"].sum())


def incomplete(activity: pd.DataFrame) -> dict[str, float]:
    """Return what stems from factors that lack a part, by what they lack [kg CO2e]."""
    exploded = counting(activity)[["flags", "co2e_kg"]].explode("flags")
    lacking = [str(flag).startswith("no ") or flag == "boundary unknown" for flag in exploded["flags"]]
    return _sums(exploded[np.array(lacking, dtype=bool)], "flags")


def _sums(rows: pd.DataFrame, by: str) -> dict[str, float]:
    found = rows.groupby(by)["co2e_kg"].sum().sort_values(ascending=False)
    return {str(name): float(value) for name, value in found.items()}


def materials(activity: pd.DataFrame) -> pd.DataFrame:
    """Return packaging by material: material, source (virgin, recycled ...), mass_kg, co2e_kg."""
    rows = lines(counting(activity))
    material = np.array([str(name).startswith("packaging.") for name in rows["activity"]], dtype=bool)
    rows = rows[(rows["kind"] == Kind.PACKAGING) & (rows["unit"] == "kg") & material]
    names = [str(name).removeprefix("packaging.").rpartition(".") for name in rows["activity"]]
    rows = rows.assign(material=[name[0] for name in names], source=[name[2] for name in names])
    found = rows.groupby(["material", "source"], as_index=False).agg(
        mass_kg=("amount", "sum"), co2e_kg=("co2e_kg", "sum")
    )
    return found.sort_values("mass_kg", ascending=False, ignore_index=True)


def per_tonne_km_kg(activity: pd.DataFrame) -> float | None:
    """Return the intensity of all transport that is accounted by mass and distance [kg CO2e/(t*km)]."""
    rows = lines(counting(activity))
    rows = rows[(rows["unit"] == "kg*km") & rows["stage"].isin([*TRANSPORT_STAGES, Stage.RETURNS])]
    tonne_km = rows["amount"].sum() / 1000
    return float(rows["co2e_kg"].sum() / tonne_km) if tonne_km > 0 else None


def statement(activity: pd.DataFrame) -> tuple[bool, str, str]:
    """Return whether the transport figures may be called ISO 14083, and why (not), in English and Chinese.

    Every transport chain element must be well-to-wheel in CO2e, and every service must have hub operations.
    """
    total = counting(activity)
    chain = total[total["stage"].isin(TRANSPORT_STAGES)]
    if chain.empty:
        return False, "no transport was calculated", "未计算任何运输排放"
    for flag, chinese in LACKING.items():
        lacking = chain[np.array([flag in flags for flags in chain["flags"]], dtype=bool)]
        if len(lacking):
            first = lacking.iloc[0]["factor_id"]
            return (
                False,
                f"not every transport element is well-to-wheel: {flag}, such as {first}",
                f"并非所有运输环节均为油井到车轮（WTW）：{chinese}，例如 {first}",
            )
    own = set(chain["service"]) - {""}
    without = sorted(own - set(chain.loc[chain["stage"] == Stage.HUBS, "service"]))
    if without:
        named = ", ".join(without)
        return False, f"no hub operation in service {named}", f"以下服务未包含枢纽作业：{named}"
    return (
        True,
        "every transport element is well-to-wheel, hub operations included",
        "所有运输环节均为油井到车轮（WTW），并包含枢纽作业",
    )
