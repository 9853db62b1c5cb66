"""The organisational boundary: what of own sites and vehicles is scopes 1 and 2 by the approach, and where the rest goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from carbon.engine.block import Kind
from carbon.engine.claims import Falls, shares_of
from carbon.engine.uncertainty import Terms
from carbon.ledger.accounts import PART, counted
from carbon.ledger.manifest import Manifest
from carbon.terms import Category, Party, Scope

ENTITY_COLUMNS = [
    "entity",
    "name",
    "name_zh",
    "share",
    "financial_control",
    "operational_control",
    "sites",
    "services",
    "scopes_1_2_kg",
    "category_3_kg",
    "investment_kg",
    "leased_kg",
    "others_kg",
]
_CATEGORIES = {
    Falls.LEASED_IN: Category.UPSTREAM_LEASED,
    Falls.LEASED_OUT: Category.DOWNSTREAM_LEASED,
    Falls.INVESTMENT: Category.INVESTMENTS,
    Falls.OTHERS: Category.UPSTREAM_TRANSPORT,
}
_COLUMNS = {
    Falls.INVESTMENT: "investment_kg",
    Falls.LEASED_IN: "leased_kg",
    Falls.LEASED_OUT: "leased_kg",
    Falls.OTHERS: "others_kg",
}
_BY_SITE, _BY_SERVICE = (Kind.SITE, Kind.OWN_GENERATION), (Kind.TRANSPORT,)


@dataclass(frozen=True)
class Consolidated:
    """Activity divided by the approach; its sum is that of the parcels.

    Attributes
    ----------
    activity : pandas.DataFrame
    terms : Terms
        The same rows, in the same order.
    entities : pandas.DataFrame
        The organisation itself first (entity empty), then its entities: share, control, sites, services; what of its sites'
        and vehicles' emissions for the parcels is scopes 1 and 2 with its energy's category 3, and what is category 15, 8
        or 13, and 4 (other owners' part). Empty where nothing belongs to an entity or is leased.
    """

    activity: pd.DataFrame
    terms: Terms
    entities: pd.DataFrame


def consolidate(activity: pd.DataFrame, terms: Terms, manifests: Sequence[Manifest]) -> Consolidated:
    """Divide what is the organisation's own among entities and categories.

    Parameters
    ----------
    activity : pandas.DataFrame
        Of all runs of an inventory.
    terms : Terms
        The same rows, in the same order.
    manifests : sequence of Manifest
        Of these runs. Entities, shares and leases are each run's own; the approach is that of the newest, since a report has
        one.
    """
    if not manifests:
        return Consolidated(activity, terms, pd.DataFrame(columns=ENTITY_COLUMNS))
    newest = manifests[-1].organisation
    approach = str(newest.get("consolidation") or "operational_control")
    setups = {each.run: each.organisation for each in manifests}
    own = (activity["party"] == Party.OWN).to_numpy() & activity["kind"].isin([*_BY_SITE, *_BY_SERVICE]).to_numpy()
    known: dict[tuple[str, str, str], tuple[str, dict[Falls, float]]] = {}
    parts: list[dict[Falls, float] | None] = [None] * len(activity)
    entity = np.full(len(activity), None, dtype=object)
    columns = (activity[name].to_numpy(dtype=object) for name in ("run", "kind", "site", "service"))
    for at, (run, kind, site, service) in enumerate(zip(*columns, strict=True)):
        if not own[at]:
            continue
        what, key = ("sites", str(site)) if kind in _BY_SITE else ("services", str(service))
        if (run, what, key) not in known:
            setup = setups.get(run, newest)
            thing = (setup.get(what) or {}).get(key) or {}
            known[run, what, key] = str(thing.get("entity") or ""), shares_of(setup, thing, approach)
        entity[at], parts[at] = known[run, what, key]
    if all(not name and set(shares) == {Falls.OWN} for name, shares in known.values()):
        return Consolidated(activity, terms, pd.DataFrame(columns=ENTITY_COLUMNS))
    divided = [list((each or {Falls.OWN: 1.0}).items()) for each in parts]
    rows = np.repeat(np.arange(len(activity)), [len(each) for each in divided])
    falls = np.array([name for each in divided for name, _ in each], dtype=object)
    share = np.array([value for each in divided for _, value in each], dtype=float)
    first = np.concatenate([[True], rows[1:] != rows[:-1]]) if len(rows) else np.zeros(0, dtype=bool)
    made = activity.iloc[rows].reset_index(drop=True)
    outside = falls != Falls.OWN
    categories = [_CATEGORIES[each] if each != Falls.OWN else None for each in falls]
    made = made.assign(
        co2e_kg=made["co2e_kg"] * share,
        amount=made["amount"] * share,
        scope=np.where(outside, str(Scope.SCOPE_3), made["scope"]).astype(object),
        category=[
            str(mine) if mine is not None else theirs for mine, theirs in zip(categories, made["category"], strict=True)
        ],
        block=[
            name if whole else _part_of(name, str(mine or ""))
            for name, whole, mine in zip(made["block"], first, categories, strict=True)
        ],
    )
    found = made.assign(entity=entity[rows], falls=falls)[counted(made)]
    return Consolidated(made, terms.divided(rows, share), _entities(found, setups, newest))


def _part_of(block: str, category: str) -> str:
    """Name a further part of a block, so that its parcels are not counted again; what is market-based stays so."""
    meter, by, name = block.partition(" market-based")
    return f"{meter}{PART}{category}){by}{name}"


def _entities(rows: pd.DataFrame, setups: Mapping[str, Mapping[str, Any]], newest: Mapping[str, Any]) -> pd.DataFrame:
    known = {key: each for setup in setups.values() for key, each in (setup.get("entities") or {}).items()}
    known |= newest.get("entities") or {}
    itself = {"name": newest.get("name"), "name_zh": newest.get("name_zh"), "share": 1.0}
    itself |= {"financial_control": "full", "operational_control": True}
    made = []
    for key, each in {"": itself, **known}.items():
        mine = rows[rows["entity"] == key]
        sums = {name: 0.0 for name in ENTITY_COLUMNS if name.endswith("_kg")}
        for (falls, scope), co2e_kg in mine.groupby(["falls", "scope"])["co2e_kg"].sum().items():
            third = "category_3_kg" if scope == Scope.SCOPE_3 else "scopes_1_2_kg"
            sums[_COLUMNS.get(falls, third)] += float(co2e_kg)
        by_site = mine["kind"].isin(_BY_SITE)
        made.append(
            {
                "entity": key,
                "name": each.get("name") or key,
                "name_zh": each.get("name_zh") or each.get("name") or key,
                **{name: each.get(name) for name in ("share", "financial_control", "operational_control")},
                "sites": tuple(sorted(set(mine.loc[by_site, "site"]) - {""})),
                "services": tuple(sorted(set(mine.loc[~by_site, "service"]) - {""})),
                **sums,
            }
        )
    return pd.DataFrame(made, columns=ENTITY_COLUMNS)
