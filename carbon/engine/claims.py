"""What a run's organisation says of its electricity, entities and leases, read back from a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from carbon.organisation import Claims, Entity, Instrument, Lease, Site
from carbon.organisation.entities import Falls, attributed
from carbon.organisation.instruments import claimable_kwh, countries_of
from carbon.organisation.sites import months_of

__all__ = ["Claims", "Falls", "claimable_kwh", "claims_of", "months_of", "shares_of"]


def claims_of(organisation: Mapping[str, Any]) -> Claims:
    """Return the claims of an organisation as a manifest holds it."""
    given = organisation.get("sites") or {}
    sites = {key: Site.model_validate(site | {"energy": _energy(site)}) for key, site in given.items()}
    instruments = {
        key: Instrument.model_validate(each) for key, each in (organisation.get("instruments") or {}).items()
    }
    return Claims(sites, instruments, countries_of(str(organisation.get("country") or ""), given))


def _energy(site: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Meters without what an earlier version said of contracts beside them."""
    return [{name: value for name, value in each.items() if name != "market"} for each in site.get("energy") or ()]


def shares_of(organisation: Mapping[str, Any], thing: Mapping[str, Any], approach: str) -> dict[Falls, float]:
    """Return how the emissions of a site, or of a service's own vehicles, are divided by a consolidation approach.

    Parameters
    ----------
    organisation, thing : mapping
        As in a manifest.
    """
    entity, lease = (organisation.get("entities") or {}).get(thing.get("entity")), thing.get("lease")
    return attributed(
        approach,  # type: ignore[arg-type]
        Entity.model_validate(entity) if entity else None,
        Lease.model_validate(lease) if lease else None,
    )
