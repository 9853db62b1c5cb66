"""Scope and category of an emission: from what was done, who did it, and the factor's boundary.

GHG Protocol Corporate Standard and Corporate Value Chain (Scope 3) Standard, tables 5.3 and 5.4.
"""

from __future__ import annotations

from enum import StrEnum

from carbon.terms import BEFORE_USE_BOUNDARIES, Boundary, Category, Party, Scope


class Kind(StrEnum):
    """What a block of a plan is about; with party and boundary it decides the scope."""

    TRANSPORT = "transport"
    SITE = "site"
    OWN_GENERATION = "own_generation"
    PACKAGING = "packaging"
    END_OF_LIFE = "end_of_life"
    OPERATIONS_WASTE = "operations_waste"
    CUSTOMER_TRIP = "customer_trip"
    PRODUCT = "product"


_FIXED = {
    Kind.PACKAGING: Category.PURCHASED_GOODS,
    Kind.PRODUCT: Category.PURCHASED_GOODS,
    Kind.END_OF_LIFE: Category.END_OF_LIFE,
    Kind.OPERATIONS_WASTE: Category.OPERATIONS_WASTE,
    Kind.OWN_GENERATION: Category.FUEL_AND_ENERGY,
    Kind.CUSTOMER_TRIP: Category.DOWNSTREAM_TRANSPORT,
}
_CONTRACTED = {Party.CARRIER: Category.UPSTREAM_TRANSPORT, Party.BUYER: Category.DOWNSTREAM_TRANSPORT}
_PURCHASED_ENERGY = {Boundary.GENERATION, Boundary.LIFE_CYCLE, Boundary.LIFE_CYCLE_PRODUCTION}
_UNSPLIT = {Boundary.SITE_ENERGY, Boundary.WTW, Boundary.UNKNOWN}


def scope_of(kind: Kind, party: Party, boundary: Boundary) -> tuple[Scope, Category]:
    """Return scope and scope 3 category.

    Own vehicles and sites: direct emissions are scope 1, bought electricity scope 2, what comes before
    category 3. A site's figure that nobody split into fuel and electricity counts as bought electricity, which
    prevails there; an unsplit figure of a vehicle as fuel. Everything of a carrier or third-party site stays in category 4, of a carriage that the
    buyer contracts in 9, upstream energy included. A life-cycle electricity figure enters scope 2 only as
    a proxy, which the factor's boundary tells.
    """
    if kind in _FIXED:
        return Scope.SCOPE_3, _FIXED[kind]
    if party in _CONTRACTED:
        return Scope.SCOPE_3, _CONTRACTED[party]
    unsplit = kind is Kind.SITE and boundary in _UNSPLIT
    if boundary in _PURCHASED_ENERGY or unsplit:
        return Scope.SCOPE_2, Category.NONE
    if boundary in BEFORE_USE_BOUNDARIES:
        return Scope.SCOPE_3, Category.FUEL_AND_ENERGY
    return Scope.SCOPE_1, Category.NONE
