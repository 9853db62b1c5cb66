"""Certificates and contracts: each quality criterion by itself, what they cover, and what is refused.

Criteria: GHG Protocol Scope 2 Guidance (2015), table 7.1.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from carbon.errors import InputError, OrganisationError
from carbon.organisation import read
from carbon.organisation.instruments import same_market
from tests.engine.small import COVENTRY, merchant

GRID = {"activity": "electricity.grid", "quantity": "1000 kW*h", "from": "2025-01-01", "to": "2025-12-31"}
SOLAR = GRID | {"activity": "electricity.solar_pv", "quantity": "300 kW*h", "own_generation": True}
GOOD = {
    "kind": "rego",
    "sites": ["coventry"],
    "quantity": "600 kW*h",
    "factor": "electricity.no_combustion",
    "issued_in": "GB",
    "vintage": 2025,
    "status": "retired",
    "retired_for": "organisation",
    "evidence": "register, transaction 1",
    "sole_claim": True,
}
RATE = GOOD | {"kind": "supplier_rate", "quantity": None, "retired_for": "customers", "delivered_mix": True}


def _claims(*instruments: dict, energy=(GRID,), sites: dict | None = None):
    named = {f"i{number}": _given(each) for number, each in enumerate(instruments, 1)}
    return merchant(
        sites={"coventry": {"place": COVENTRY, "energy": list(energy)}} | (sites or {}), instruments=named
    ).claims


def _given(instrument: dict) -> dict:
    return {name: value for name, value in instrument.items() if value is not None}


def _failed(**changes) -> tuple[int, ...]:
    claims = _claims(GOOD | changes)
    return claims.instruments["i1"].failed(claims.countries)


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, ()),
        ({"factor": None}, (1,)),
        ({"sole_claim": False}, (2,)),
        ({"status": "held"}, (3,)),
        ({"retired_for": "other"}, (3,)),
        ({"retired_for": "customers"}, (3,)),
        ({"evidence": None}, (3,)),
        ({"vintage": 2024, "applied_to": 2025}, (4,)),
        ({"issued_in": "FR"}, (5,)),
        ({"kind": "supplier_rate", "retired_for": "customers"}, (6,)),
        ({"kind": "supplier_rate", "retired_for": "customers", "delivered_mix": True}, ()),
        ({"kind": "ppa"}, (7,)),
        ({"kind": "ppa", "attributes_transferred": True}, ()),
        ({"status": "sold"}, (2, 3)),
        ({"factor": None, "issued_in": "US", "sole_claim": False}, (1, 2, 5)),
    ],
)
def test_every_criterion_is_checked_by_itself(changes, failed):
    """Proves that what is not attested fails just the criterion that asks for it, and nothing fails where all is."""
    assert _failed(**changes) == failed


@pytest.mark.parametrize(
    ("issued_in", "used_in", "same"),
    [
        ("NO", "DE", True),
        ("FR", "IE", True),
        ("US", "CA", True),
        ("GB", "IE", False),
        ("CH", "DE", False),
        ("CN", "HK", False),
        ("CN", "CN", True),
        ("JP", "KR", False),
    ],
)
def test_markets_end_where_certificates_are_no_longer_recognised(issued_in, used_in, same):
    """Proves the borders of markets: the EEA and North America are one each, Great Britain left, others stand alone."""
    assert same_market(issued_in, used_in) is same_market(used_in, issued_in) is same


def test_one_instrument_covers_its_sites_alike():
    """Proves the share by hand: 900 of 1,000 + 2,000 kWh are 30 % of each site's; a year without a claim has none."""
    more = {"leeds": {"place": COVENTRY, "energy": [GRID | {"quantity": "2 MW*h"}]}}
    claims = _claims(GOOD | {"quantity": "900 kW*h", "sites": ["coventry", "leeds"]}, sites=more)
    assert claims.shares == {
        ("coventry", 2025): {"i1": pytest.approx(0.3)},
        ("leeds", 2025): {"i1": pytest.approx(0.3)},
    }


def test_a_supplier_s_rate_covers_what_the_others_leave():
    """Proves that a rate without a quantity takes the rest, whatever stands first in the file."""
    claims = _claims(RATE, GOOD)
    assert claims.shares["coventry", 2025] == {"i1": pytest.approx(0.4), "i2": pytest.approx(0.6)}


def test_sold_certificates_may_be_bought_back():
    """Proves that own power whose certificates were sold can be claimed like bought power, kept one cannot."""
    energy = [GRID, SOLAR | {"certificates_sold": "200 kW*h"}]
    claims = _claims(GOOD | {"quantity": "1200 kW*h"}, energy=energy)
    assert claims.kwh("coventry", 2025) == pytest.approx(1200) and claims.sold_kwh("coventry", 2025) == 200
    assert claims.shares["coventry", 2025]["i1"] == pytest.approx(1.0)
    with pytest.raises(InputError, match="claims more"):
        _claims(GOOD | {"quantity": "1200 kW*h"}, energy=[GRID, SOLAR])


def test_a_reading_over_new_year_counts_by_month():
    """Proves that of November to February, 400 kWh, half lies in each year."""
    winter = GRID | {"quantity": "400 kW*h", "from": "2024-11-01", "to": "2025-02-28"}
    claims = _claims(GOOD | {"quantity": "200 kW*h"}, energy=[winter])
    assert [claims.kwh("coventry", year) for year in (2024, 2025, 2026)] == [200, 200, 0]
    assert claims.shares == {("coventry", 2025): {"i1": pytest.approx(1.0)}}


@pytest.mark.parametrize(
    ("instruments", "found"),
    [
        ([GOOD | {"quantity": "1001 kW*h"}], "1,001 kWh for coventry in 2025"),
        ([GOOD, GOOD | {"quantity": "500 kW*h"}], "1,100 kWh for coventry in 2025"),
        ([GOOD | {"vintage": 2024}], "600 kWh for coventry in 2024"),
    ],
)
def test_claiming_more_than_was_used_is_refused(instruments, found):
    """Proves that one instrument, two together, or one of a year without a meter cannot exceed what was metered."""
    with pytest.raises(InputError) as caught:
        _claims(*instruments)
    assert caught.value.found == found and "at most" in caught.value.expected and caught.value.mend
    assert "instruments.i" in str(caught.value) and caught.value.where.row > 10  # where the instrument stands


def test_what_fails_a_criterion_claims_nothing():
    """Proves that an instrument that does not count can neither cover nor exceed anything."""
    claims = _claims(GOOD, GOOD | {"quantity": "900 kW*h", "status": "held"})
    assert claims.shares["coventry", 2025] == {"i1": pytest.approx(0.6)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sites": ["nowhere"]}, "names 'nowhere'"),
        ({"sites": ["leeds"]}, "site of another party"),
        ({"sites": ["bonn"]}, "two-letter code"),
        ({"sites": ["coventry", "coventry"]}, "stands twice"),
        ({"quantity": None}, "needs 'quantity'"),
        ({"quantity": "5 kg"}, "wrong kind of quantity"),
        ({"market": "GB"}, "unknown key 'market'"),
    ],
)
def test_an_instrument_is_read_strictly(change, words, tmp_path: Path):
    """Proves that an unknown site or key, a third party's site, a country by name and a wrong quantity name file and key."""
    data = merchant().model_dump(mode="json", by_alias=True, exclude_none=True)
    place = data["sites"]["coventry"]["place"]
    data["sites"] = {
        "coventry": {"place": place, "energy": [GRID]},
        "leeds": {"place": place, "party": "carrier", "energy": [GRID]},
        "bonn": {"place": {"city": "Bonn", "country": "Germany"}, "energy": [GRID]},
    }
    data["instruments"] = {"wind": _given(GOOD | change)}
    file = tmp_path / "organisation.yaml"
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    with pytest.raises(OrganisationError) as caught:
        read(file)
    assert words in str(caught.value) and "organisation.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (GRID | {"certificates_sold": "10 kW*h"}, "generated here"),
        (SOLAR | {"certificates_sold": "301 kW*h"}, "more certificates were sold"),
        (SOLAR | {"certificates_sold": "3 kg"}, "more certificates were sold"),
        (GRID | {"market": "own.wind"}, "unknown key 'market'"),
    ],
)
def test_certificates_are_sold_of_own_power_alone(reading, words):
    """Proves that sold certificates need own power and do not exceed it."""
    with pytest.raises(InputError, match=words):
        _claims(energy=[reading])
