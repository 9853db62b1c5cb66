"""What adopting the optimiser saves: the sample merchant, or a folder of the Olist data set; kg CO2e, money, empty space."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.measure import ROOT, BenchmarkError, Measure
from carbon import organisation as organisations
from carbon.engine.uncertainty import Difference
from carbon.factors.registry import Registry
from carbon.optimise.items import inside_tenths
from carbon.optimise.packing import pack
from carbon.optimise.suites.columns import Column, is_carton, with_costs
from carbon.optimise.suites.suite import Suite, carton_suite
from carbon.optimise.summary import Packing
from carbon.orders.importers.query import import_query
from carbon.organisation import Costs, Organisation, Package
from carbon.organisation.packages import sizes_m
from carbon.sample import write_sample

SIZES = 8
_EXAMPLE = ROOT / "docs" / "examples" / "olist"
_FILE = "olist_order_items_dataset.csv"
#: What a shop without an optimiser keeps: three stock sizes of a small merchant's supplier, and one that is larger.
STOCK = ("us.8x6x4", "us.12x10x8", "us.16x14x12", "cn.600x500x400")
#: Lowest and highest price of the first three [USD], as a small merchant pays in 2025 (Attribute, a Shopify app:
#: "Poly mailers vs boxes", cost table). The fourth and all new sizes cost what the straight line through these says.
PRICES = {"us.8x6x4": (0.50, 0.80), "us.12x10x8": (0.70, 1.20), "us.16x14x12": (1.00, 1.80)}
_YEAR = 2017


def run(folder: Path | None, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure what a folder of Olist's files has; without one, the sample merchant."""
    with tempfile.TemporaryDirectory(prefix="carbon-savings-") as scratch:
        if folder is None:
            return _sample(Path(scratch), smoke, say)
        if not folder.is_dir() or not any(folder.glob(f"{_FILE}*")):
            raise BenchmarkError(
                f"{folder} has no {_FILE} nor {_FILE}.gz: the folder of Olist's seven files is expected"
            )
        return _olist(folder.resolve(), Path(scratch), smoke, say)


def _sample(scratch: Path, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    write_sample(scratch, parcels=300 if smoke else 6000)
    orders, items = scratch / "orders.csv", scratch / "lines.csv"
    setup = organisations.read(scratch / "organisation.yaml")
    say("sample merchant: each order packed into what it has")
    first = pack(orders, items, setup, scratch / "packed.parquet", cores=None)
    suite = _suite(orders, items, setup, smoke, say)
    say("sample merchant: each order packed into the set and what is no carton")
    second = pack(orders, items, adopted(setup, suite), scratch / "adopted.parquet", cores=None)
    return [
        *_packed("sample merchant, its own packages", first),
        *_of_suite("sample merchant, a set of cartons against its own, all packed well", suite),
        *_packed("sample merchant, the set", second),
    ]


def _olist(folder: Path, scratch: Path, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    orders, items = scratch / "orders.parquet", scratch / "items.parquet"
    _read(folder, scratch, 400 if smoke else None)
    plain = organisations.read(_EXAMPLE / "organisation.yaml")
    setups = {level: with_stock(plain, level) for level in ("mean", "lowest", "highest")}
    setup, today = setups["mean"], scratch / "today.parquet"
    say(f"Olist: each order packed into the best of {len(STOCK)} stock sizes, in several parcels only where it must")
    first = pack(orders, items, setup, scratch / "packed.parquet", several=False, cores=None)
    # What the stock sizes do not hold has no package today, and no cost to compare with.
    held = f"WHERE package IN {STOCK} AND parcel_id IN (SELECT parcel_id FROM '{items}')"
    duckdb.execute(f"COPY (SELECT * FROM '{scratch}/packed.parquet' {held}) TO '{today}'").fetchall()
    suite = _suite(today, items, setup, smoke, say)
    measures = [
        Measure("Olist: orders", first.orders, "orders"),
        Measure("Olist: orders that one of the stock sizes holds", pq.read_metadata(today).num_rows, "orders"),
        *_of_suite("Olist, a set of cartons against the stock sizes", suite),
    ]
    saved = {}
    for level, each in setups.items():
        say(f"Olist: the same orders packed into the set, {level} prices")
        wide = adopted(each, suite, priced_again=level != "mean")
        done = pack(today, items, wide, scratch / "adopted.parquet", several=False, cores=None)
        saved[level] = done.today_money - done.money
        if level == "mean":
            measures += _packed("Olist, the set", done)
    return measures + [
        Measure(f"Olist, the set: cost saved at the {level} prices", saved[level], "USD")
        for level in ("lowest", "highest")
    ]


def _read(folder: Path, scratch: Path, most: int | None) -> None:
    """Write orders and items as the examples say, of some of the parcels only where a few will do."""
    import_query(_EXAMPLE / "import.sql", folder, scratch / "all.parquet")
    limit = "" if most is None else f"WHERE goods_mass_kg IS NOT NULL ORDER BY hash(parcel_id) LIMIT {most}"
    query = (_EXAMPLE / "items.sql").read_text(encoding="utf-8")
    with duckdb.connect() as database, contextlib.chdir(folder):
        for select, name in ((f"SELECT * FROM '{scratch}/all.parquet' {limit}", "orders"), (query, "items")):
            database.execute(f"COPY ({select}\n) TO '{scratch}/{name}.parquet'").fetchall()


def with_stock(setup: Organisation, level: str) -> Organisation:
    """Return a shop that keeps the stock sizes, at the lowest, mean or highest prices."""
    prices = {
        "lowest": lambda low, high: low,
        "highest": lambda low, high: high,
        "mean": lambda low, high: (low + high) / 2,
    }
    packages = {
        key: Package.model_validate({"like": key, **_cost(key, prices[level])}) for key in STOCK
    }  # fmt: skip
    kept = setup.model_copy(update={"packages": packages, "costs": Costs.model_validate({"currency": "USD"})})
    return _priced(kept, {key: each for key, each in packages.items() if each.cost is None})


def _cost(key: str, price: Callable[[float, float], float]) -> dict[str, str]:
    return {"cost": f"{price(*PRICES[key]):.2f} USD"} if key in PRICES else {}


def adopted(setup: Organisation, suite: Suite, priced_again: bool = False) -> Organisation:
    """Return the shop with a set in place of its cartons; these are out of use, so that what was in them is still counted."""
    old = {key: each.model_copy(update={"stock": 0}) for key, each in setup.packages.items() if is_carton(each)}
    new = {key: each for key, each in suite.packages.items() if key not in old}
    kept = {key: setup.packages[key] for key in suite.packages if key in old}
    wide = setup.model_copy(update={"packages": {**setup.packages, **old, **kept, **new}})
    return _priced(wide, new) if priced_again else wide


def _priced(setup: Organisation, packages: Mapping[str, Package]) -> Organisation:
    """Return a shop whose packages of these keys cost what the line through its other cartons says."""
    registry = Registry.load(gwp_set=setup.method.gwp_set)
    known = setup.model_copy(
        update={"packages": {key: each for key, each in setup.packages.items() if key not in packages}}
    )
    inner = {key: each.inner or registry.packages[each.like]["inner"] for key, each in packages.items()}
    columns = [
        Column(key, each, tuple(inside_tenths(length) for length in sizes_m(inner[key])))
        for key, each in packages.items()
    ]
    return with_costs(setup, known, columns, registry, _YEAR)[0]


def _suite(orders: Path, items: Path, setup: Organisation, smoke: bool, say: Callable[[str], None]) -> Suite:
    say(f"a set of {SIZES} cartons")
    return carton_suite(
        orders,
        items,
        setup,
        count=SIZES,
        **({"seconds": 2, "polish": 0, "sample": 100, "candidates": 60} if smoke else {}),
    )


def _of_suite(name: str, suite: Suite) -> list[Measure]:
    found = suite.adopting
    if found is None:
        return []
    return [
        Measure(f"{name}: orders that both hold", found.orders, "orders"),
        *_kg(name, found.before_co2e_kg, found.difference),
        *_money(name, found.currency, found.before_money, found.after_money),
        *_empty(name, found.before_empty_share, found.after_empty_share),
    ]


def _packed(name: str, packing: Packing) -> list[Measure]:
    return [
        Measure(f"{name}: packed orders", packing.packed, "orders"),
        *_kg(name, packing.before_co2e_kg, packing.difference),
        *_money(name, packing.currency, packing.today_money, packing.money),
        *_empty(name, packing.today_empty_share, packing.empty_share),
    ]


def _kg(name: str, before_kg: float, found: Difference) -> list[Measure]:
    ends = [None if each is None else -each for each in (found.high_kg, found.low_kg)]
    return [
        Measure(f"{name}: before", before_kg, "kg CO2e"),
        Measure(f"{name}: saved", -found.value_kg, "kg CO2e"),
        Measure(f"{name}: saved, low end of the 95 % range", ends[0], "kg CO2e"),
        Measure(f"{name}: saved, high end of the 95 % range", ends[1], "kg CO2e"),
    ]


def _money(name: str, currency: str, before: float, after: float) -> list[Measure]:
    if not currency:
        return []
    return [
        Measure(f"{name}: cost before", before, currency),
        Measure(f"{name}: cost saved", before - after, currency),
    ]


def _empty(name: str, before: float | None, after: float | None) -> list[Measure]:
    return [
        Measure(f"{name}: empty space {word}", None if share is None else 100 * share, "%")
        for word, share in (("before", before), ("after", after))
    ]
