"""Carriers: every kilogram and parcel has one, shares and intensities are the activity's own, months add up."""

from __future__ import annotations

import pytest

from carbon import carriers, connect, inventory, network
from carbon.terms import TRANSPORT_STAGES


@pytest.fixture(scope="module")
def whole(sample):
    """Return the carriers of the sample merchant."""
    return carriers(sample)


def test_carriers_services_and_months_hold_the_whole_of_outbound_transport(sample, whole):
    """Proves that the three tables split one sum, the inventory's transport stages, and count each parcel once."""
    held = inventory(sample)
    wanted_kg = sum(held.stages_kg[stage] for stage in TRANSPORT_STAGES)
    for table in (whole.carriers, whole.services, whole.months):
        assert table["co2e_kg"].sum() == pytest.approx(wanted_kg, rel=1e-9)
        assert table["parcels"].sum() == held.parcels
        assert (table["low_kg"] <= table["co2e_kg"] * 1.001).all() and (table["high_kg"] >= table["co2e_kg"]).all()
    assert set(whole.months["month"]) == set(held.months.index)


def test_services_are_those_of_the_network(sample, whole):
    """Proves that both comparisons give a service the same figures, ranges included."""
    left = whole.services.set_index("service").sort_index()
    right = network(sample).services.set_index("service").sort_index()
    for name in ("co2e_kg", "low_kg", "high_kg", "parcels", "tonne_km", "kg_per_parcel"):
        assert list(left[name]) == pytest.approx(list(right[name]), rel=1e-12)


def test_the_carrier_is_that_of_the_set_up(sample, whole):
    """Proves that a service's emissions go to the carrier its organisation file names, own vehicles apart."""
    setups = sample.current()[-1].organisation["services"]
    for row in whole.services.itertuples():
        assert row.own == (setups[row.service].get("party") == "own")
        assert row.carrier == ("" if row.own else setups[row.service].get("carrier") or "")
    by_hand = whole.services.groupby(["carrier", "own"])["co2e_kg"].sum()
    for row in whole.carriers.itertuples():
        assert row.co2e_kg == pytest.approx(by_hand[row.carrier, row.own], rel=1e-9)
    assert whole.carriers["own"].sum() == 1


def test_shares_are_by_emissions_of_the_activity(sample, whole):
    """Proves a carrier's share of primary data against SQL over the activity, and that the three types are one."""
    types = whole.carriers[["primary_share", "modelled_share", "default_share"]]
    assert list(types.sum(axis=1)) == pytest.approx([1.0] * len(types))
    stages = ", ".join(f"'{each}'" for each in TRANSPORT_STAGES)
    with connect(sample) as connection:
        rows = connection.execute(
            "SELECT service::VARCHAR, sum(abs(co2e_kg)) FILTER (data_type = 'primary') / sum(abs(co2e_kg)) FROM activity "
            f"WHERE accounting = 'total' AND stage IN ({stages}) GROUP BY 1"
        ).fetchall()
    shares = whole.services.set_index("service")["primary_share"]
    for service, share in rows:
        assert shares[service] == pytest.approx(share or 0.0, abs=1e-12)


def test_a_period_narrows_every_table(sample, whole):
    """Proves that a month by itself has the parcels and emissions that the whole ledger shows for it."""
    month = whole.months["month"].iloc[-1]
    rows = whole.months[whole.months["month"] == month].set_index("carrier")
    found = carriers(sample, month).carriers.set_index("carrier")
    assert set(found.index) == set(rows.index)
    for name, row in found.iterrows():
        assert row["co2e_kg"] == pytest.approx(rows.at[name, "co2e_kg"], rel=1e-9)
        assert row["parcels"] == rows.at[name, "parcels"]
