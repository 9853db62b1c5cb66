"""Data gaps: each kind is found, counted, measured by itself, and said in both languages."""

from __future__ import annotations

import pytest

from carbon import inventory
from carbon.engine.block import Kind
from carbon.engine.uncertainty import Terms, matched
from carbon.ledger.causes import Names
from carbon.ledger.gaps import COLUMNS, WORST, percent
from carbon.terms import Stage
from tests.ledger.build import cell
from tests.ledger.test_ranges import drawn, spread

_CERTAIN = {"stage": Stage.PACKAGING, "co2e_kg": 1.0, "match": "own", "spreads": [spread("factor:own", 0.05)]}


def _gaps(*rows: dict, names: Names | None = None):
    return drawn(cell(**_CERTAIN), *rows, names=names).gaps


def _only(*rows: dict, kind: str, names: Names | None = None):
    found = _gaps(*rows, names=names)
    found = found[found["kind"] == kind]
    assert len(found) == 1, found
    return found.iloc[0]


def test_weighing_parcels():
    """Proves the sentence, the parcels and the kilograms of a category whose weights were missing."""
    rows = [
        cell(
            Stage.LINE_HAUL, 50.0, block="road/1", service="road", data_type="primary", parcels=312, own_kg2=4.0,
            spreads=[spread("factor:hgv", 0.1), spread("fallback:goods_mass:shoes", 0.6)],
        ),
        cell(
            Stage.LINE_HAUL, 50.0, block="road/1", service="road", data_type="primary", parcels=900,
            spreads=[spread("factor:hgv", 0.1)],
        ),
    ]  # fmt: skip
    found = _only(*rows, kind="weight")
    assert (found["what"], found["parcels"], found["co2e_kg"]) == ("shoes", 312, 50.0)
    share = percent(found["narrowing_share"])
    assert found["text_en"] == f"Weighing these 312 parcels of category shoes narrows the total's range by {share}"
    assert found["text_zh"] == f"称量 shoes 类的这 312 个包裹，可使合计的范围收窄 {share}"
    assert found["narrowing_share"] > 0.3


def test_the_narrowing_is_that_of_a_total_without_the_gap():
    """Proves the share against exact widths with and without the spread, own errors included."""
    row = cell(
        Stage.LINE_HAUL, 9.0, data_type="primary", own_kg2=0.2,
        spreads=[spread("factor:hgv", 0.1), spread("fallback:goods_mass:all", 0.2)],
    )  # fmt: skip
    found = _only(row, kind="weight")

    class _Spread:
        def __init__(self, key, sigma, elasticity):
            self.key, self.sigma, self.elasticity = key, sigma, elasticity

    def width(spreads, own_kg2):
        both = [(1.0, [_Spread("factor:own", 0.05, 1)], 0.0), (9.0, [_Spread(**each) for each in spreads], own_kg2)]
        return matched(Terms.of_rows(both)).width_kg

    wanted = 1 - width(row["spreads"][:1], 0.0) / width(row["spreads"], row["own_kg2"])
    assert found["narrowing_share"] == pytest.approx(wanted, abs=0.02)


def test_addresses_and_packages():
    """Proves that middles of cities (own errors only), of countries and default packages are told apart."""
    found = _gaps(
        cell(Stage.LINE_HAUL, 5.0, data_type="primary", own_kg2=2.0, parcels=7),
        cell(Stage.LINE_HAUL, 5.0, data_type="primary", spreads=[spread("fallback:place:country", 0.5)], parcels=8),
        cell(
            Stage.LINE_HAUL, 5.0, data_type="primary", parcels=6,
            spreads=[spread("fallback:place:origin:country", 0.5), spread("fallback:package", 0.5, 0.3)],
        ),
        cell(Stage.PACKAGING, 5.0, match="own", spreads=[spread("fallback:package", 0.5)], parcels=9),
    )  # fmt: skip
    said = {(row.kind, row.what): (row.parcels, row.co2e_kg) for row in found.itertuples()}
    assert said == {
        ("place", "city"): (7, 5.0),
        ("place", "country"): (8, 5.0),
        ("place", "origin:country"): (6, 5.0),
        ("package", ""): (9, 5.0),
    }
    assert found["text_en"].str.contains("Completing the addresses of these 8 parcels").any()
    assert found["text_en"].str.contains("Completing the addresses that these 6 parcels come from").any()
    assert found["text_zh"].str.contains("注明这 9 个包裹的包装").any()


def test_proxies_and_old_editions():
    """Proves that both name the factor and what to use in its place."""
    names = Names({"gb.hgv": "Lorry"}, {"x.circuity": "circuity"})
    rows = [
        cell(
            Stage.LINE_HAUL, 5.0, data_type="primary", match="proxy", wanted_region="CN", region="GB",
            spreads=[spread("proxy:road.hgv:GB", 0.4), spread("edition:gb.hgv", 0.3)],
        ),
    ]  # fmt: skip
    found = _gaps(*rows, names=names).set_index("kind")
    assert "Using a factor of CN for road.hgv in place of that of GB" in found.at["proxy", "text_en"]
    assert "Lorry (gb.hgv)" in found.at["edition", "text_en"]
    # a parameter's own proxy and age belong to the figure that a merchant can record
    rows = [cell(Stage.LINE_HAUL, 5.0, data_type="primary", spreads=[spread("edition:x.circuity", 0.3)])]
    assert set(_gaps(*rows, names=names)["kind"]) == {"figure"}


def test_figures_by_default_and_as_stated_are_one_gap():
    """Proves that recording rounds closes the default and the stated length alike."""
    names = Names({}, {"x.round": "round_km"})
    rows = [
        cell(Stage.LAST_MILE, 5.0, service="a", data_type="primary", parcels=3, spreads=[spread("parameter:x.round", 0.4)]),
        cell(Stage.LAST_MILE, 5.0, service="b", data_type="primary", parcels=4, spreads=[spread("stated:round_km:b", 0.3)]),
    ]  # fmt: skip
    found = _only(*rows, kind="figure", names=names)
    assert found["parcels"] == 7 and found["co2e_kg"] == 10.0
    assert "round_id" in found["text_en"] and "round_id" in found["text_zh"]


def test_carriers_sites_and_suppliers():
    """Proves that modelled transport, unmetered sites and average materials are gaps, and measured ones are not."""
    wide = {"spreads": [spread("factor:a", 0.5)]}
    rows = [
        cell(Stage.LAST_MILE, 5.0, service="van", data_type="default", **wide),
        cell(Stage.LAST_MILE, 5.0, service="van", data_type="modelled", kind=Kind.CUSTOMER_TRIP, **wide),
        cell(Stage.WAREHOUSING, 5.0, kind="site", site="north", data_type="modelled", spreads=[spread("factor:b", 0.5)]),
        cell(Stage.PACKAGING, 5.0, activity="packaging.ldpe.virgin", factor_id="c", match="region",
             spreads=[spread("factor:c", 0.5)]),
    ]  # fmt: skip
    found = _gaps(*rows).set_index("kind")
    assert set(found.index) == {"carrier", "site", "supplier"}
    assert found.at["carrier", "co2e_kg"] == 5.0 and found.at["site", "what"] == "north"
    assert "ldpe (virgin)" in found.at["supplier", "text_en"]
    measured = [row | {"data_type": "primary", "match": "own"} for row in rows]
    assert _gaps(*measured).empty


def test_names_from_the_organisation_file_are_never_templates():
    """Proves that braces in a name are text."""
    from carbon.ledger import accounts
    from carbon.ledger.ranges import ranges_of
    from tests.ledger.test_ranges import held

    activity, terms = held(cell(Stage.LAST_MILE, 5.0, service="van", spreads=[spread("factor:a", 0.5)]))
    activity = activity.assign(run="")
    setup = {"services": {"van": {"name": "{0} {narrowing} {", "name_zh": None}}}
    found = ranges_of(activity, terms, accounts.market_view(activity)[0], Names(), setup).gaps
    assert "{0} {narrowing} {" in found.iloc[0]["text_en"]


def test_what_nobody_can_act_on_is_no_gap():
    """Proves that the world's own uncertainty, and exact data, are not put on the list."""
    assert _gaps(cell(Stage.LAST_MILE, 5.0, data_type="primary", spreads=[spread("factor:diesel", 0.5)])).empty


def test_the_sample_s_worst_gaps(sample):
    """Proves order, number and columns on a real ledger, and that each says its effect."""
    gaps = inventory(sample).gaps
    assert list(gaps.columns) == COLUMNS and 5 <= len(gaps) <= WORST
    assert gaps["narrowing_share"].is_monotonic_decreasing and gaps["narrowing_share"].between(0, 1).all()
    assert (gaps["parcels"] > 0).all() and (gaps["co2e_kg"] > 0).all()
    for row in gaps.itertuples():
        assert row.text_en.endswith(percent(row.narrowing_share)) and row.text_zh.endswith(percent(row.narrowing_share))
        assert "{" not in row.text_en + row.text_zh
    assert gaps["text_en"].is_unique


@pytest.mark.parametrize(("share", "text"), [(0.124, "12 %"), (0.04, "4 %"), (0.0042, "0.4 %"), (1.0, "100 %")])
def test_percent(share, text):
    """Proves how an effect is written."""
    assert percent(share) == text
