"""Products: spend at the year's exchange rate, deflated to the factor's prices; rates that nobody publishes."""

from __future__ import annotations

import pytest
from currency_converter import CurrencyConverter

from carbon import explain, inventory
from carbon.engine.money import exchange_rate
from carbon.errors import FactorError
from tests.engine.small import is_close, merchant, only, parcel, registry, run

RUGS = {"categories": {"rugs": {"activity": "product.spend.naics_314110"}}}
KG_PER_USD_2022 = 0.292


def _rug(name="rug", **values):
    return parcel(name, **{"product_category": "rugs", "goods_value": 100.0, "currency": "USD"} | values)


@pytest.mark.parametrize("year", [2019, 2024, 2025])
def test_spend_is_deflated_to_the_factor_s_year(year):
    """Proves value x price level of 2022 over that of the year of sale."""
    found = only(_rug(shipped_on=f"{year}-05-05"), merchant(**RUGS))
    index = {when: registry().needed_parameter("deflator.usd", "US", when).value for when in (2022, year)}
    assert is_close(found.product_co2e_kg, 100 * KG_PER_USD_2022 * index[2022] / index[year])


@pytest.mark.parametrize("currency", ["GBP", "EUR", "CNY", "JPY"])
def test_spend_is_converted_at_the_year_s_rate(currency):
    """Proves the mean of the year's reference rates, in the right direction."""
    rate = exchange_rate(currency, "USD", 2022)
    low, high = {"GBP": (1.1, 1.4), "EUR": (0.95, 1.2), "CNY": (0.13, 0.16), "JPY": (0.0065, 0.009)}[currency]
    assert low < rate < high and is_close(exchange_rate("USD", "USD", 2022), 1.0)
    found = only(_rug(shipped_on="2022-05-05", currency=currency), merchant(**RUGS))
    assert is_close(found.product_co2e_kg, 100 * rate * KG_PER_USD_2022)


def test_every_reference_currency_is_a_unit_or_a_clear_refusal():
    """Proves that no currency the ECB ever published ends a run."""
    setup = merchant(**RUGS)
    currencies = sorted(CurrencyConverter().currencies)
    rows = [_rug(code, currency=code, shipped_on="2010-03-03") for code in currencies]
    found = run([parcel("plain", shipped_on="2010-03-03"), *rows], setup)
    assert found.counts["rows"] == len(rows) + 1 and "plain" in set(found.footprints.parcel_id)
    spent = found.footprints.set_index("parcel_id").product_co2e_kg.drop("plain")
    # A currency that is not converted is told of, never silently free.
    assert all(any(code in note for note in found.notes) for code in spent.index[spent == 0])


def test_an_unknown_currency_takes_nothing_from_others():
    """Proves that a rate nobody publishes is told, and leaves parcels without a product, or of another currency, alone."""
    found = run([_rug("odd", currency="XYZ"), parcel("plain"), _rug("fine", currency="GBP")], merchant(**RUGS))
    kept = found.footprints.set_index("parcel_id")
    assert (
        {"plain", "fine"} <= set(kept.index)
        and kept.loc["fine", "product_co2e_kg"] > 0
        and kept.loc["plain", "product_co2e_kg"] == 0
    )
    told = [*found.rejects.mend, *found.notes]
    assert any("XYZ" in text for text in told)


def test_a_year_without_a_rate_is_refused():
    """Proves the message of a year that the bundled rates do not hold."""
    with pytest.raises(FactorError, match="1990"):
        exchange_rate("GBP", "USD", 1990)


def test_goods_of_an_unnamed_category_have_no_product_stage():
    """Proves that a category that the organisation binds to nothing is left out, not guessed."""
    assert only(_rug(product_category="vases"), merchant(**RUGS)).product_co2e_kg == 0
    assert only(parcel(goods_value=100.0, currency="USD"), merchant(**RUGS)).product_co2e_kg == 0


def test_spend_counts_once_where_orders_and_lines_both_say_what_it_was_for(tmp_path):
    """Proves by hand that 60 + 40 USD are 100 USD of spend, whether the orders or the lines name the categories, and that
    the orders' own category leaves no second sum by line."""
    (tmp_path / "lines.csv").write_text(
        "parcel_id,product_category,unit_value,currency\n"
        + "".join(f"{name},rugs,60,USD\n{name},mats,40,USD\n" for name in ("orders", "lines"))
    )
    setup = merchant(categories=RUGS["categories"] | {"mats": RUGS["categories"]["rugs"]})
    rows = [parcel("orders", product_category="rugs"), parcel("lines", product_category=None)]
    rows = [each | {"shipped_on": "2022-05-05"} for each in rows]
    found = run(rows, setup, lines=tmp_path / "lines.csv").footprints.set_index("parcel_id")["product_co2e_kg"]
    assert is_close(found["orders"], 100 * KG_PER_USD_2022) and is_close(found["lines"], 100 * KG_PER_USD_2022)


def test_a_declared_footprint_is_its_own():
    """Proves that a supplier's figure is taken as it is, without spend beside it."""
    assert only(_rug(product_co2e_kg=4.5), merchant(**RUGS)).product_co2e_kg == 4.5
    assert only(parcel(product_co2e_kg=4.5)).product_co2e_kg == 4.5


def test_a_declared_footprint_is_primary_as_far_as_its_supplier_says(tmp_path):
    """Proves by hand that of 8 kg with a share of 0.25 and 4 kg without one 2 kg are primary and 10 kg modelled, in the
    inventory's shares, and that the parcel's two lines say so with the share and the footprint's name."""
    rows = [
        parcel("told", product_co2e_kg=8.0, product_primary_share=0.25, product_footprint="A-1 urn:x"),
        parcel("silent", product_co2e_kg=4.0),
    ]
    ledger = tmp_path / "ledger"
    run(rows, ledger=ledger)
    stages = inventory(ledger).stages.set_index("stage").loc["product"]
    assert (stages["primary_share"], stages["modelled_share"]) == pytest.approx((2 / 12, 10 / 12), rel=1e-12)
    lines = {line.data_type: line for line in explain(ledger, "told")[0].lines if line.stage == "product"}
    assert {name: line.co2e_kg for name, line in lines.items()} == pytest.approx({"primary": 2.0, "modelled": 6.0})
    told = {item.name: (item.value, item.origin) for item in lines["primary"].inputs}
    assert told["product_primary_share"][0] == 0.25 and told["product_co2e_kg"][1].endswith("= A-1 urn:x")
    silent = [line for line in explain(ledger, "silent")[0].lines if line.stage == "product"]
    assert [(line.data_type, line.co2e_kg) for line in silent] == [("modelled", 4.0)]
