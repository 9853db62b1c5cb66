"""What it is due to that only one of two runs has a term: another method, other data, or another factor release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from carbon.ledger.diff.corners import Cause
from carbon.ledger.diff.rules import Book, RuleKey
from carbon.ledger.manifest import Manifest
from carbon.ledger.restating import method_changes
from carbon.terms import Stage

#: Common terms that follow from the merchant's packages: another package is no other way of counting.
_OF_PACKAGES = ("packaging/", "end of life/")


class Setups:
    """The organisation files and code of the two sides.

    Parameters
    ----------
    sides : two sequences of Manifest
        The newest of each side speaks for it.
    """

    def __init__(self, sides: Sequence[Sequence[Manifest]]):
        self._newest = [manifests[-1] for manifests in sides]
        self._setups = [manifest.organisation for manifest in self._newest]

    def differs(self, *path: str) -> bool:
        """Whether a part of the organisation files differs."""
        found: list[Any] = []
        for setup in self._setups:
            part: Any = setup
            for name in path:
                part = (part or {}).get(name)
            found.append(part)
        return found[0] != found[1]

    def both_have(self, service: str) -> bool:
        """Whether a service is in both files."""
        return all(service in (setup.get("services") or {}) for setup in self._setups)

    def weighs_otherwise(self, service: str) -> bool:
        """Whether a service's carrier weighs by another rule."""
        path = ("services", service)
        return self.differs(*path, "allocation") or self.differs(*path, "volumetric_divisor")

    @property
    def new_code(self) -> bool:
        """Whether the runs were made by different versions."""
        return self._newest[0].code_version != self._newest[1].code_version

    def changed(self) -> list[str]:
        """Return what differs of the method, in words."""
        found = method_changes(*self._setups)
        services = [setup.get("services") or {} for setup in self._setups]
        for key in sorted({*services[0]} & {*services[1]}):
            parts = [name for name in ("allocation", "volumetric_divisor") if self.differs("services", key, name)]
            chains = [[_leg(leg) for leg in each[key].get("chain") or ()] for each in services]
            parts += ["chain"] if chains[0] != chains[1] else []
            found += [f"services.{key}.{name}" for name in parts]
        if self.new_code:
            found.append(f"code: {self._newest[0].code_version} -> {self._newest[1].code_version}")
        return found


def _leg(leg: Mapping[str, Any]) -> tuple:
    """What a leg is, without the numbers in it."""
    return (
        *(leg.get(name) for name in ("stage", "vehicle", "factor", "activity", "from", "to")),
        (leg.get("energy") or {}).get("activity"),
        leg.get("load") is None,
        leg.get("customer_trip") is None,
    )


class Causes:
    """Says of each rule what it means that the other side lacks it, and of each term likewise.

    Parameters
    ----------
    setups : Setups
    books : two sequences of Book
    """

    def __init__(self, setups: Setups, books: Sequence[Sequence[Book]]):
        self._setups = setups
        self._rules = [{key for book in side for key in book.rules} for side in books]
        self._blocks = [{key.block for key in side} for side in self._rules]

    def of_rule(self, key: RuleKey, side: int) -> Cause | None:
        """Return why the other side has no such rule; None where it has one."""
        if key in self._rules[1 - side]:
            return None
        other_blocks, setups = self._blocks[1 - side], self._setups
        if not key.service:
            if key.block.startswith(_OF_PACKAGES):
                return Cause.DATA
            same_block = key.block in other_blocks
            return Cause.METHOD if same_block and setups.differs("method", "warehouse_allocation") else Cause.DATA
        if key.model == "reported" or "/new package," in key.block or not setups.both_have(key.service):
            return Cause.DATA
        if key.block in other_blocks:
            return Cause.METHOD if setups.differs("method", "round_allocation") else Cause.DATA
        return Cause.METHOD if setups.differs("services", key.service) or setups.new_code else Cause.DATA

    def of_terms(self, keys: Sequence[RuleKey], packages: Sequence[str], side: int) -> np.ndarray:
        """Return why the other side lacks terms, of parcels in some packages.

        A treatment that only one release has a share for is the release's, as long as the package is the same.
        """
        known: dict[tuple[RuleKey, str], Cause] = {}
        found = np.empty(len(keys), dtype=np.int64)
        for position, pair in enumerate(zip(keys, packages, strict=True)):
            if pair not in known:
                known[pair] = self._of_term(*pair, side)
            found[position] = known[pair]
        return found

    def _of_term(self, key: RuleKey, package: str, side: int) -> Cause:
        if key.stage == Stage.END_OF_LIFE and not self._setups.differs("packages", package):
            return Cause.EDITION
        found = self.of_rule(key, side)
        return Cause.DATA if found is None else found
