"""A compact merchant and its orders, in memory, for tests of the engine, the laws and published figures."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from carbon import documents
from carbon.calculate import Calculation, Job, calculate, load, plan_of
from carbon.engine.plan import Plan
from carbon.engine.run import ChunkRunner, Running, in_memory
from carbon.estimate import Estimate, estimate
from carbon.factors import tables
from carbon.factors.registry import Registry
from carbon.organisation import Organisation

#: Coventry, where the only site of most tests lies, and London, where parcels go.
COVENTRY = {"country": "GB", "latitude": 52.44, "longitude": -1.48}
LONDON = {"country": "GB", "latitude": 51.51, "longitude": -0.13}

BOX = {"inner": "250x180x100 mm", "mass": "118 g"}
LINE_HAUL = {"stage": "line_haul", "vehicle": "road.hgv.articulated_33t.average"}
HUB = {"stage": "hubs", "activity": "hub.ambient.transshipment"}
VAN = {"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}

_load_tables = tables.load


@cache
def _shipped() -> tables.Tables:
    return _load_tables()


def _load_quickly(folder: Path | None = None, own_files=()) -> tables.Tables:
    if folder is not None:
        return _load_tables(folder, own_files)
    shipped = _shipped()
    own, problems = tables.read_files([], None, own_files)
    if problems:
        raise problems[0]
    return tables.Tables(
        [*shipped.factors, *own.factors],
        [*shipped.parameters, *own.parameters],
        [*shipped.proxies, *own.proxies],
        {**shipped.sources, **own.sources},
        {**shipped.regions, **own.regions},
        {**shipped.packages, **own.packages},
        {**shipped.materials, **own.materials},
        hashlib.sha256(f"{shipped.release}{own.release}".encode()).hexdigest(),
    )


@cache
def _shipped_registry(gwp_set: str) -> Registry:
    return Registry(_shipped(), gwp_set)


def registry(*own_files: Path, gwp_set: str = "AR5") -> Registry:
    """Return the shipped factors with own files on top."""
    return Registry(_load_quickly(None, own_files), gwp_set) if own_files else _shipped_registry(str(gwp_set))


@contextmanager
def tables_read_once() -> Iterator[None]:
    """Read and compile the shipped tables once for many tests; the users' own files are read each time."""

    def load_registry(own_files=(), *, folder: Path | None = None, gwp_set: str = "AR5") -> Registry:
        own_files = tuple(own_files)
        return (
            registry(*own_files, gwp_set=gwp_set)
            if folder is None
            else Registry(_load_tables(folder, own_files), gwp_set)
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "load", _load_quickly)
        patch.setattr(Registry, "load", staticmethod(load_registry))
        yield


def merchant(chain: list[dict] | None = None, **changes: Any) -> Organisation:
    """Return a merchant with one site and one service `road`; `changes` replace whole keys."""
    data: dict[str, Any] = {
        "name": "Small",
        "country": "GB",
        "sites": {"coventry": {"place": COVENTRY}},
        "packages": {"box": BOX},
        "services": {"road": {"chain": chain or [LINE_HAUL, HUB, VAN]}},
    } | changes
    text = yaml.safe_dump(data, sort_keys=False, default_flow_style=False)
    return documents.validate(Organisation, documents.parse(text, "organisation.yaml"), "organisation.yaml")


def parcel(name: str = "P1", **values: Any) -> dict[str, Any]:
    """Return one row of orders: 1.2 kg in a box from Coventry to London."""
    row = {
        "parcel_id": name,
        "shipped_on": "2025-06-30",
        "service": "road",
        "origin_site": "coventry",
        "goods_mass_kg": 1.2,
        "package": "box",
        **{f"destination_{key}": value for key, value in LONDON.items()},
    } | values
    return {key: value for key, value in row.items() if value is not None}


def orders(*rows: Mapping[str, Any]) -> pd.DataFrame:
    """Return rows as a table; what a row lacks is empty."""
    return pd.DataFrame(list(rows))


def run(rows, organisation: Organisation | None = None, **options: Any) -> Calculation:
    """Calculate rows, or a whole table, without a ledger."""
    table = rows if isinstance(rows, pd.DataFrame) else orders(*rows)
    return calculate(table, organisation or merchant(), **options)


def only(rows, organisation: Organisation | None = None, **options: Any) -> pd.Series:
    """Calculate one row and return its footprint."""
    found = run([rows] if isinstance(rows, Mapping) else rows, organisation, **options)
    assert found.counts["footprints"] == 1, found.rejects.to_dict("records")
    return found.footprints.iloc[0]


def planned(rows, organisation: Organisation | None = None, **inputs: Any) -> Plan:
    """Return the plan for rows."""
    return plan_of(job(rows, organisation, **inputs))[0]


def job(rows, organisation: Organisation | None = None, **inputs: Any) -> Job:
    """Return everything loaded for a run."""
    return load(rows if isinstance(rows, pd.DataFrame) else orders(*rows), organisation or merchant(), **inputs)


def ran(rows, organisation: Organisation | None = None, **inputs: Any) -> tuple[Running, list]:
    """Return a run and its chunks, for what `calculate` does not hand out: activity, plan, fallbacks."""
    work = job(rows, organisation, **inputs)
    plan, intake, _ = plan_of(work)
    running, runner = Running(plan), ChunkRunner(plan, work.places, work.orders.has_lines)
    results = list(work.engine.results(runner, intake, in_memory))
    for result in results:
        running.take(result)
    return running, results


def shipment(**parts: Any) -> dict[str, Any]:
    """Return a shipment document of 30 June 2025."""
    return {"shipped_on": "2025-06-30"} | parts


def estimated(
    document: Mapping[str, Any], tmp_path: Path | None = None, own: list[dict] | None = None, **options: Any
) -> Estimate:
    """Estimate a document, with own factors written to a file first."""
    if own is not None:
        options["factors"] = [own_file(tmp_path, own)]
    return estimate(dict(document), **options)


def own_file(folder: Path, factors: list[dict], name: str = "own.yaml", **more: Any) -> Path:
    """Write a user's own factor file."""
    path = folder / name
    path.write_text(yaml.safe_dump({"factors": factors, **more}, sort_keys=False), encoding="utf-8")
    return path


def own_factor(name: str, value: float, unit: str, boundary: str = "WTW", **more: Any) -> dict[str, Any]:
    """Return one own factor with only what is enough."""
    return {
        "id": name,
        "value": value,
        "unit": unit,
        "boundary": boundary,
        "gas_basis": "CO2e",
        "source": "worked example",
        **more,
    }


def is_close(found: float, wanted: float, relative: float = 1e-9) -> bool:
    """Say whether two figures agree."""
    return math.isclose(found, wanted, rel_tol=relative, abs_tol=1e-15)
