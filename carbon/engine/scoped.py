"""A factor's parts with the scope and category of each: what the ledger books, and what a change of factor would book."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.activities.scoping import Kind, scope_of
from carbon.factors.compiled import FactorSet, Part
from carbon.terms import Category, Party, Scope


def scoped_parts(factor: FactorSet, kind: Kind | str, party: Party | str) -> Iterator[tuple[Part, Scope, Category]]:
    """Yield each part of a factor with its scope and category, by what is done and who does it."""
    for part in factor.parts:
        yield part, *scope_of(Kind(kind), Party(party), part.boundary)
