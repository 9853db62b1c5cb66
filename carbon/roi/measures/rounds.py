"""What the last-mile measures share: the rounds' lines as km, energy and parcels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from carbon.organisation import LastMile, Organisation
from carbon.roi.baseline import WHOLE, Baseline
from carbon.terms import Party, Stage
from carbon.units import canonical_unit, parse_quantity, to_canonical

#: Energy that is neither burnt nor stored as hydrogen needs no other van.
CLEAN = ("electricity.", "hydrogen.")
_LITRES_PER_M3 = 1000


@dataclass(frozen=True)
class RoundLine:
    """One activity of a service's rounds: all parts of its factor together.

    Attributes
    ----------
    line : mapping
        Values of its first part.
    mask : numpy.ndarray of bool
        Its lines in the baseline.
    km : float
    litres : float
        Of fuel, where it is counted in litres, else 0.
    own : bool
        Whether the vans are the merchant's own.
    """

    line: Mapping[str, Any]
    mask: np.ndarray
    km: float
    litres: float
    own: bool


def round_lines(
    baseline: Baseline,
    organisation: Organisation,
    services: Iterable[str],
    *,
    stages: tuple[Stage, ...] = (Stage.LAST_MILE, Stage.RETURNS),
    clean: bool = False,
) -> tuple[list[RoundLine], list[str]]:
    """Return the rounds of services whose km are known, and the blocks whose km are not.

    Parameters
    ----------
    clean : bool
        Whether battery and hydrogen vans count, too.
    """
    found, unknown = [], []
    mine = baseline.where(service=tuple(services), kind="transport", stage=stages)
    mine &= baseline.told("lines", "block", lambda block: "last mile" in block)
    if not clean:
        mine &= ~baseline.told("lines", "activity", lambda activity: activity.startswith(CLEAN))
    kinds = baseline.kinds("lines", WHOLE)
    masks = [mine & (kinds == kind) for kind in dict.fromkeys(kinds[mine].tolist())]
    for mask in masks:
        line = baseline.record(int(np.argmax(mask)))
        per_km = baseline.uses.get((line["block"], line["region"])) or _use_per_km(organisation, line)
        if per_km is None:
            unknown.append(line["block"])
            continue
        litres = float(line["amount"]) * _LITRES_PER_M3 if line["unit"] == "m**3" else 0.0
        found.append(RoundLine(line, mask, float(line["amount"]) / per_km, litres, line["party"] == Party.OWN))
    return found, sorted(set(unknown))


def _use_per_km(organisation: Organisation, line: Mapping[str, Any]) -> float | None:
    """Return the amount of a line's unit per km, None where it is not in proportion to a known distance."""
    if line["unit"] == "km":
        return 1.0
    for leg in organisation.services[line["service"]].chain if line["service"] in organisation.services else ():
        if isinstance(leg, LastMile) and leg.energy is not None and f"last mile {leg.energy.activity}" in line["block"]:
            use = parse_quantity(leg.energy.per_distance)
            per_km = use.to_root_units() * (1 * canonical_unit(parse_quantity("1 km").units)).to_root_units()
            return to_canonical(per_km)
    return None


def parcels_of(baseline: Baseline, services: Iterable[str] | str) -> float:
    """Return the parcels of services."""
    return baseline.parcels(baseline.groups_where(service=services))


def total(lines: list[RoundLine], what: str, own: bool | None = None) -> float:
    """Return the km or litres of rounds, of own vans or of others only where that is said."""
    return sum(getattr(each, what) for each in lines if own is None or each.own == own)
