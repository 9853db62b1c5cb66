"""What a ledger's figures rest on and somebody may sign for: factors, parameters, stated numbers, proxies, fallbacks."""

from __future__ import annotations

import hashlib
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from carbon.engine.block import IN_TOTAL
from carbon.engine.uncertainty import Terms
from carbon.ledger import accounts
from carbon.ledger.causes import names_of
from carbon.ledger.manifest import FACTORS, PLAN, Manifest, unreadable
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect, overlapping
from carbon.ledger.store import Ledger
from carbon.terms import Stage

#: Kinds of subjects: what their keys begin with.
FACTOR, PARAMETER, STATED, PROXY, FALLBACK = KINDS = ("factor", "parameter", "stated", "proxy", "fallback")
#: A list of values longer than this is told by its ends and a hash.
_LISTED = 4


@dataclass(frozen=True)
class Subject:
    """Something that figures rest on.

    Attributes
    ----------
    key : str
        ``factor:ID``, ``parameter:ID``, ``stated:ARGUMENT:OWNER``, ``proxy:WHAT:REGION`` or ``fallback:NAME``.
    title_en, title_zh : str
    edition : str
        Of a factor's source; empty for other kinds.
    value : str
        Numbers with their units, as the runs read them; empty where the plan names none.
    share : float
        By how much delivery emissions (or the product's, if those move more) would change, relative to their total, if it
        doubled, to the first order; of a fallback, the share of the parcels that have it.
    """

    key: str
    title_en: str
    title_zh: str
    edition: str
    value: str
    share: float

    @property
    def kind(self) -> str:
        """Return what its key begins with."""
        return self.key.partition(":")[0]


def subjects(folder: Ledger | Path | str, period: Period | str | None = None) -> list[Subject]:
    """Return what the figures of a period rest on, the largest share first; nothing for a period without parcels.

    Raises
    ------
    LedgerError
        If the ledger holds no run, or a file of a run cannot be read.
    """
    ledger = as_ledger(folder)
    wanted = Period.from_text(period) if period is not None else None
    manifests = overlapping(ledger.current(), wanted)
    if not manifests:
        return []
    runs = [each.run for each in manifests]
    with connect(ledger, period=wanted, runs=runs) as connection:
        activity, terms = accounts.activity_terms(connection)
    shares = _shares(activity, terms) | _fallback_shares(manifests)
    names, values, editions = names_of(ledger, runs), _values(ledger, runs), {}
    for run in runs:
        for key, edition, value in _factors(ledger, run):
            editions.setdefault(key, []).append(edition)
            values[key].append(value)
    found = [
        Subject(key, *names.titles(key), _text(editions.get(key, ())), _text(values.get(key, ())), share)
        for key, share in shares.items()
    ]
    return sorted(found, key=lambda each: (-each.share, each.key))


def _shares(activity: pd.DataFrame, terms: Terms) -> dict[str, float]:
    """Return how far each key moves emissions, of delivery or of the product, whichever is more."""
    delivery = accounts.counted(activity)
    product = ((activity["accounting"] == IN_TOTAL) & (activity["stage"] == Stage.PRODUCT)).to_numpy()
    found: dict[str, float] = {}
    for part in (delivery, product):
        whole_kg = math.fsum(terms.value_kg[part])
        if not whole_kg:
            continue
        for key, moved_kg in _moved(activity, terms, part).items():
            found[key] = max(found.get(key, 0.0), abs(moved_kg / whole_kg))
    return found


def _moved(activity: pd.DataFrame, terms: Terms, part: np.ndarray) -> dict[str, float]:
    """Return keys with what a part moves by if they double, to the first order [kg CO2e]: emissions x elasticity."""
    mine = activity[part]
    found = {f"{FACTOR}:{factor}": float(kg) for factor, kg in mine.groupby("factor_id")["co2e_kg"].sum().items()}
    pairs = part[terms.row]
    key, row = terms.key[pairs], terms.row[pairs]
    sums_kg = np.bincount(key, terms.value_kg[row] * terms.elasticity[pairs], minlength=len(terms.keys))
    for at in np.unique(key):
        if terms.keys[at].partition(":")[0] in (PARAMETER, STATED, PROXY):
            found[terms.keys[at]] = float(sums_kg[at])
    if "parameters" in mine:
        # What has no spread is in no term; it counts in full.
        exact = mine[["parameters", "co2e_kg"]].explode("parameters").dropna()
        for names, kg in exact.groupby("parameters")["co2e_kg"].sum().items():
            for name in names.split("/"):
                found.setdefault(f"{PARAMETER}:{name}", float(kg))
    return found


def _fallback_shares(manifests: Iterable[Manifest]) -> dict[str, float]:
    """Return what stood in, over the parcels of the runs."""
    counts: dict[str, int] = defaultdict(int)
    parcels = 0
    for manifest in manifests:
        parcels += manifest.counts.get("footprints", 0)
        for name, count in manifest.fallbacks.items():
            counts[f"{FALLBACK}:{name}"] += count
    return {key: count / parcels for key, count in counts.items() if count and parcels}


def _values(ledger: Ledger, runs: Iterable[str]) -> dict[str, list[str]]:
    """Return the numbers that plans read for parameters and for what the organisation states."""
    found: dict[str, list[str]] = defaultdict(list)
    for run in runs:
        path = ledger.file(run, PLAN)
        try:
            rows = pq.read_table(path, columns=["values", "spreads"]).to_pylist()
            read = cache(json.loads)
            for row in rows:
                values = read(row["values"])
                for number, unit, _, parameter in values.values():
                    for name in parameter.split("/") if parameter else ():
                        found[f"{PARAMETER}:{name}"].append(_number(number, unit))
                for spread in row["spreads"] or ():
                    kind, _, rest = spread["key"].partition(":")
                    argument = rest.partition(":")[0]
                    if kind == STATED and argument in values:
                        found[spread["key"]].append(_number(*values[argument][:2]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise unreadable(path, error) from error
    return found


def _number(value: float, unit: str) -> str:
    return f"{value:.9g}" if unit == "1" else f"{value:.9g} {unit}"


def _factors(ledger: Ledger, run: str) -> Iterator[tuple[str, str, str]]:
    """Yield key, edition of the source and published value of each row of a run's factors."""
    path = ledger.file(run, FACTORS)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        for row in data["factors"]:
            source = data["sources"].get(row.get("source", ""), {})
            value = f"{row['boundary']} {_number(row['value'], row['unit'])}"
            gas = row.get("gas_basis", "")
            yield f"{FACTOR}:{row['id']}", str(source.get("edition") or "unknown"), f"{value} {gas}".strip()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unreadable(path, error) from error


def _text(parts: Iterable[str]) -> str:
    """Return different texts as one; of many the first, their number and a hash that changes with any of them."""
    listed = sorted(set(parts))
    if len(listed) <= _LISTED:
        return "; ".join(listed)
    sha = hashlib.sha256("\n".join(listed).encode()).hexdigest()[:12]
    return f"{listed[0]} and {len(listed) - 1} more ({sha})"
