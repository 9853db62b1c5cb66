"""The plan: lanes, packages and sites bound to activities and factors, units proved, once for all parcels."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.activities.scoping import Kind
from carbon.engine.block import NOT_APPLICABLE, Binding, Block
from carbon.engine.carried import WEIGHED_COLUMN, CarriedSums
from carbon.engine.cells import Cells, CellShape
from carbon.engine.columns import MAX_LEGS
from carbon.engine.context import Context, Ends, Groundwork, NamedPlace, Profile, code_name
from carbon.engine.fallbacks import WEIGHED, StandIns
from carbon.engine.goods_blocks import product_blocks, returned_goods_blocks
from carbon.engine.packages import packages_of
from carbon.engine.packaging_blocks import packaging_blocks
from carbon.engine.ranges import PlanSpreads
from carbon.engine.resolving import Resolver
from carbon.engine.site_blocks import site_blocks
from carbon.engine.spreads import catalogue_spreads, spreads_of
from carbon.engine.totals import Totals
from carbon.engine.transport_blocks import ChainBuilder
from carbon.errors import OrganisationError
from carbon.factors.registry import GLOBAL, Registry
from carbon.factors.spread import joined
from carbon.orders.distance import great_circle_km, mean_km, sea_route_km
from carbon.orders.places import PlaceMatch, Places
from carbon.organisation import LastMile, LineHaul, Organisation, PlaceRef
from carbon.terms import DistanceBasis, Mode


@dataclass(frozen=True)
class Plan:
    """Everything the kernel needs besides the orders themselves.

    Attributes
    ----------
    groundwork : Groundwork
    blocks : list of Block
        Terms of the footprint.
    totals : Totals
        What site energy and rounds are shared by.
    sites : slice
        Which blocks are those of sites: the only ones that depend on the totals.
    """

    groundwork: Groundwork
    blocks: list[Block]
    totals: Totals
    sites: slice

    @property
    def context(self) -> Context:
        """Organisation, registry and code lists."""
        return self.groundwork.context

    @property
    def profile(self) -> Profile:
        """Profile of the orders."""
        return self.context.profile

    @cached_property
    def columns_read(self) -> frozenset[str]:
        """Kernel columns that some block reads."""
        read = {name for block in self.blocks for name in (*block.columns.values(), *block.weights)}
        read |= {"spend_by_line"} if "goods_value" in read else set()
        return frozenset(read | ({WEIGHED_COLUMN} if self.profile.has_weighed else set()))

    @cached_property
    def spreads(self) -> PlanSpreads:
        """How far every term may be off, and what the terms share of it."""
        return PlanSpreads(
            self.blocks,
            [spreads_of(block, self.context) for block in self.blocks],
            StandIns(self.context, self.groundwork.ends),
        )

    @cached_property
    def resolver(self) -> Resolver:
        """Tells the parcels that some block has no factor for."""
        return Resolver.of(self.context, self.blocks)

    def new_cells(self) -> Cells:
        """Return an empty activity table."""
        context = self.context
        return Cells(CellShape(context.axis("month"), context.axis("site"), self.spreads.stand_ins.count))

    def table(self) -> pa.Table:
        """Return the plan as rows, one per block and binding: what `explain` needs besides the parcel."""
        rows = [
            _row(block, index, self.context) | uncertainty_of(self, position, index) | _mass_spreads(self, block, index)
            for position, block in enumerate(self.blocks)
            for index in range(len(block.bindings))
        ]
        return pa.Table.from_pylist(rows, schema=PLAN_SCHEMA)


#: Columns of plan and activity: spreads of a term, and the pedigree scores of its factor.
_SPREADS = pa.list_(pa.struct([("key", pa.string()), ("sigma", pa.float64()), ("elasticity", pa.float64())]))
UNCERTAINTY_FIELDS = (
    pa.field("spreads", _SPREADS),
    pa.field("pedigree", pa.list_(pa.int32())),
)


def uncertainty_of(
    plan: Plan, position: int, index: int, fallback: int = 0, carried: CarriedSums | None = None
) -> dict[str, Any]:
    """Return the values of `UNCERTAINTY_FIELDS` for a binding.

    Parameters
    ----------
    fallback : int
        Code of what stood in for values that rows lacked.
    carried : CarriedSums, optional
        What of the run's carriage was packaging.
    """
    block, stand_ins = plan.blocks[position], plan.spreads.stand_ins
    weighed = stand_ins.parts(fallback)[WEIGHED] > 0
    found = [*plan.spreads[position].spreads(index, weighed), *stand_ins.spreads(fallback)]
    if carried is not None:
        found += carried.spreads(block, plan.spreads.packages, stand_ins.package_spread)
    pedigree = block.bindings[index].factor.first.pedigree
    return {
        "spreads": [vars(each) for each in joined(found)],
        "pedigree": None if pedigree is None else list(pedigree),
    }


def _mass_spreads(plan: Plan, block: Block, index: int) -> dict[str, Any]:
    """What of a row's spreads is the package's mass: weighing takes it off, and what carries the package has its share."""
    packed = "packaging_ratio" in block.columns.values()
    spreads = catalogue_spreads(plan.context, block.bindings[index].values) if packed else ()
    return {"mass_spreads": [vars(each) for each in spreads]}


PLAN_SCHEMA = pa.schema(
    [
        ("block", pa.string()),
        ("service", pa.string()),
        ("stage", pa.string()),
        ("kind", pa.string()),
        ("party", pa.string()),
        ("model", pa.string()),
        ("output", pa.int32()),
        ("weights", pa.list_(pa.string())),
        ("columns", pa.string()),
        ("accounting", pa.string()),
        ("data_type", pa.string()),
        ("axes", pa.list_(pa.string())),
        ("cells", pa.list_(pa.list_(pa.string()))),
        ("values", pa.string()),
        ("factor_id", pa.string()),
        ("unit", pa.string()),
        ("match", pa.string()),
        ("wanted_region", pa.string()),
        ("edition_gap_years", pa.int32()),
        ("proxy_gsd", pa.float64()),
        ("flags", pa.list_(pa.string())),
        ("co2e_kg", pa.float64()),
        ("wtt_kg", pa.float64()),
        ("ttw_kg", pa.float64()),
        *UNCERTAINTY_FIELDS,
        ("mass_spreads", _SPREADS),
    ]
)


def _row(block: Block, index: int, context: Context) -> dict:
    binding: Binding = block.bindings[index]
    factor = binding.factor
    if block.axes:
        found = np.argwhere(block.table == index)
        cells = [
            [code_name(context, axis, int(code)) for axis, code in zip(block.axes, cell, strict=True)] for cell in found
        ]
    else:
        cells = [[]]
    return {
        "block": block.name,
        "service": "" if block.service is None else context.service_keys[block.service],
        "stage": block.stage,
        "kind": block.kind,
        "party": block.party,
        "model": block.model,
        "output": block.output,
        "weights": list(block.weights),
        "columns": json.dumps(dict(block.columns)),
        "accounting": block.accounting,
        "data_type": block.data_type,
        "axes": list(block.axes),
        "cells": cells,
        "values": json.dumps(
            {name: [value.value, value.unit, value.origin, value.parameter] for name, value in binding.values.items()},
            ensure_ascii=False,
        ),
        "factor_id": factor.id,
        "unit": factor.unit,
        "match": binding.match.match,
        "wanted_region": binding.match.wanted_region,
        "edition_gap_years": binding.match.edition_gap_years,
        "proxy_gsd": binding.match.proxy_gsd,
        "flags": list(factor.flags),
        "co2e_kg": factor.co2e_kg,
        "wtt_kg": factor.wtt_kg,
        "ttw_kg": factor.ttw_kg,
    }


def lay_ground(organisation: Organisation, registry: Registry, profile: Profile, places: Places) -> Groundwork:
    """Find the organisation's places and list what the orders' codes mean.

    Raises
    ------
    OrganisationError
        If a place of the organisation is not found or a leg cannot be measured.
    """
    _check_regions(organisation, registry)
    named = _named_places(organisation, places)
    context = Context(
        organisation=organisation,
        registry=registry,
        profile=profile,
        regions=_regions(profile, named),
        packages=tuple(packages_of(organisation, registry, organisation.method.edition or profile.years[-1])),
        service_keys=tuple(organisation.services),
        site_keys=("", *organisation.sites),
        site_regions={key: named[key].region for key in organisation.sites},
        place_regions={key: place.region for key, place in named.items()},
    )
    return Groundwork(context, _all_ends(context, named), named)


def make_plan(groundwork: Groundwork, totals: Totals, like: Plan | None = None, *, draft: bool = False) -> Plan:
    """Bind an organisation to factors for the orders of a profile, and prove every unit.

    `like` is a plan of the same groundwork with other totals: only its sites are bound again. A `draft` notes nothing
    of sites, since its totals are not those of the run.

    Raises
    ------
    OrganisationError, FactorError
        If a service cannot be built or a unit does not fit.
    """
    profile = replace(groundwork.context.profile, site_totals=totals.sites)
    groundwork = replace(groundwork, context=replace(groundwork.context, profile=profile))
    context = groundwork.context
    first = list(packaging_blocks(context)) if like is None else like.blocks[: like.sites.start]
    sites = list(site_blocks(replace(context, notes=[]) if draft else context))
    last = _other_blocks(groundwork) if like is None else like.blocks[like.sites.stop :]
    blocks = [*first, *sites, *last]
    for block in blocks:
        if block.kind in (Kind.TRANSPORT, Kind.SITE) and not block.bindings and (block.table != NOT_APPLICABLE).all():
            raise OrganisationError(
                f"'{block.name}' finds no factor in any region of these orders",
                found=next(iter(block.missing.values())),
                mend="correct the activity in the organisation file",
            )
    return Plan(groundwork, blocks, totals, slice(len(first), len(first) + len(sites)))


def _other_blocks(groundwork: Groundwork) -> list[Block]:
    """Return the blocks that follow those of sites."""
    context = groundwork.context
    blocks = [*returned_goods_blocks(context), *product_blocks(context)]
    for key, service in context.organisation.services.items():
        ends = {position: end for (name, position), end in groundwork.ends.items() if name == key}
        blocks.extend(ChainBuilder(context, key, service, ends).blocks())
    return blocks


def _check_regions(organisation: Organisation, registry: Registry) -> None:
    """An unknown region would silently take the world's factors."""
    said = {"country": organisation.country}
    said |= {f"sites.{key}.grid_region": site.grid_region for key, site in organisation.sites.items()}
    for key, service in organisation.services.items():
        said |= {f"services.{key}.chain leg {number}": leg.region for number, leg in enumerate(service.chain, 1)}
    for where, region in said.items():
        if region is not None and region not in registry.regions:
            near = difflib.get_close_matches(region, list(registry.regions), n=3)
            raise OrganisationError(
                f"{where} is not a known region",
                found=region,
                expected="a code such as GB, CN-GD, US-EGRID-RFCW, EU",
                mend=f"did you mean {' or '.join(near)}?" if near else "see factors/regions.yaml",
            )


def _regions(profile: Profile, named: Mapping[str, NamedPlace]) -> tuple[str, ...]:
    found = {*profile.regions, *(place.region for place in named.values()), GLOBAL}
    return tuple(sorted(region for region in found if region))


def _named_places(organisation: Organisation, places: Places) -> dict[str, NamedPlace]:
    refs: dict[str, PlaceRef] = dict(organisation.places)
    for key, site in organisation.sites.items():
        if key in refs:
            raise OrganisationError(f"'{key}' is both a place and a site", expected="names of their own")
        refs[key] = site.place
    if not refs:
        return {}
    for key, ref in refs.items():
        if not ref.model_dump(exclude_none=True):
            raise OrganisationError(f"place '{key}' says nothing", expected="a city and country, or coordinates")
    columns = {name: [getattr(ref, name) for ref in refs.values()] for name in PlaceRef.model_fields}
    columns["country"] = [ref.country or organisation.country for ref in refs.values()]
    resolved = places.resolve(
        **{
            name: pa.array(values, pa.float64() if name in ("latitude", "longitude") else pa.string())
            for name, values in columns.items()
        }
    )
    result = {}
    found_regions = resolved.region().to_pylist()
    for position, key in enumerate(refs):
        place = NamedPlace(
            float(resolved.latitude[position]),
            float(resolved.longitude[position]),
            float(resolved.scatter_km[position]),
            found_regions[position] or GLOBAL,
            PlaceMatch(int(resolved.match[position])).name.lower(),
        )
        if np.isnan(place.latitude):
            raise OrganisationError(
                f"place '{key}' is not found",
                found=refs[key].model_dump_json(exclude_none=True),
                expected="coordinates, or a city and country that GeoNames knows",
                mend="add latitude and longitude",
            )
        result[key] = place
    return result


def _all_ends(context: Context, named: Mapping[str, NamedPlace]) -> dict[tuple[str, int], Ends]:
    ends = {}
    for key, service in context.organisation.services.items():
        place = "origin"
        if len(service.chain) > MAX_LEGS:
            raise OrganisationError(
                f"services.{key} has too many elements", found=str(len(service.chain)), expected=f"at most {MAX_LEGS}"
            )
        for position, leg in enumerate(service.chain, 1):
            if not isinstance(leg, LineHaul):
                continue
            start = leg.start or place
            if start != place:
                context.note(f"service {key}: no leg from {place} to {start}; that way is not counted")
            ends[key, position] = _ends(key, leg, start, context.registry, named)
            place = leg.to
        if place != "destination" and not any(isinstance(leg, LastMile) for leg in service.chain):
            context.note(f"service {key}: the chain ends at {place}; the way to the destination is not counted")
    return ends


def _ends(key: str, leg: LineHaul, start: str, registry: Registry, named: Mapping[str, NamedPlace]) -> Ends:
    activity = leg.vehicle or (registry.factor(leg.factor).activity if leg.factor else "road")
    word = activity.split(".", 1)[0]
    mode = Mode(word) if word in set(Mode) else Mode.ROAD
    if leg.distance is not None:
        basis = leg.distance_basis or DistanceBasis.ACTUAL
        return Ends(start, leg.to, leg.distance.to("km").magnitude, basis, stated=True)
    basis = DistanceBasis.SHORTEST_FEASIBLE if mode is Mode.SEA else DistanceBasis.GREAT_CIRCLE
    if start in named and leg.to in named:
        first, last = named[start], named[leg.to]
        if mode is Mode.SEA:
            distance = sea_route_km((first.latitude, first.longitude), (last.latitude, last.longitude))
        else:
            between_km = great_circle_km(first.latitude, first.longitude, last.latitude, last.longitude)
            distance = float(mean_km(between_km, first.scatter_km, last.scatter_km))
        return Ends(start, leg.to, distance, basis)
    if mode is Mode.SEA:
        raise OrganisationError(
            f"services.{key}: a sea leg needs two named ports",
            found=f"{start} to {leg.to}",
            expected="from: and to: in places",
        )
    return Ends(start, leg.to, None, basis)
