"""Ranges of an inventory: what was drawn, against the parcels, against itself and where spreads are unknown."""

from __future__ import annotations

import json
import math

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from carbon import calculate, explain, inventory
from carbon.engine.footprint import ACTIVITY_SCHEMA
from carbon.engine.uncertainty import DRAWS, OWN, SEED, matched, ranges, shares
from carbon.ledger import Ledger, accounts, connect
from carbon.ledger.causes import ARGUMENTS, Names, names_of
from carbon.ledger.ranges import difference_of_runs, ranges_of, variance_table
from carbon.terms import DELIVERY_STAGES, Stage
from tests.ledger.build import FACTORS, PLAN, activity_of, cell, footprints, ids, record


def spread(key: str, sigma: float, elasticity: float = 1.0) -> dict:
    """Return a spread as the activity holds it."""
    return {"key": key, "sigma": sigma, "elasticity": elasticity}


def held(*rows: dict):
    """Return rows of an activity as the ledger reads them: frame and terms."""
    filled = [{"spreads": [], "own_kg2": 0.0, "pedigree": None} | row for row in rows]
    with duckdb.connect() as connection:
        connection.register("activity", pa.Table.from_pylist(filled, schema=ACTIVITY_SCHEMA))
        return accounts.activity_terms(connection)


def drawn(*rows: dict, names: Names | None = None):
    """Return what an inventory draws for rows of an activity."""
    activity, terms = held(*rows)
    market, _ = accounts.market_view(activity.assign(run=""))
    return ranges_of(activity.assign(run=""), terms, market, names or Names(), {})


@pytest.fixture(scope="module")
def whole(sample):
    """The sample's inventory."""
    return inventory(sample)


def test_every_figure_of_the_sample_lies_in_its_range(whole):
    """Proves that total, product, stages, scopes, months, market view and what stands beside have a range round them."""
    assert whole.total_low_kg < whole.total_kg < whole.total_high_kg
    assert whole.product_low_kg < whole.product_kg < whole.product_high_kg
    assert whole.market_low_kg < whole.market_total_kg < whole.market_high_kg
    for frame, value in ((whole.stages, "co2e_kg"), (whole.scopes, "co2e_kg"), (whole.months, "total_kg")):
        assert len(frame) and (frame["low_kg"] < frame[value]).all() and (frame[value] < frame["high_kg"]).all()
    forcing = whole.beside[whole.beside["what"] == "radiative_forcing"]
    assert len(forcing) and (forcing["with_low_kg"] < forcing["with_kg"]).all()
    assert (whole.seed, whole.draws) == (SEED, DRAWS)


def test_the_stages_table_is_the_inventory_s(whole):
    """Proves that stages carry the same values as everywhere, product last and apart."""
    for row in whole.stages.itertuples():
        assert row.co2e_kg == pytest.approx(whole.stages_kg[row.stage], rel=1e-9)
    delivery = whole.stages[whole.stages["stage"] != Stage.PRODUCT]
    assert delivery["co2e_kg"].sum() == pytest.approx(whole.total_kg, rel=1e-9)
    assert whole.stages["stage"].iloc[-1] == Stage.PRODUCT


def test_stages_share_their_errors(sample, whole):
    """Proves that the total's range is between that of independent and that of fully correlated stages."""
    delivery = whole.stages[whole.stages["stage"] != Stage.PRODUCT]
    widths = (delivery["high_kg"] - delivery["low_kg"]).to_numpy()
    width = whole.total_high_kg - whole.total_low_kg
    assert math.sqrt((widths**2).sum()) * 0.9 < width < widths.sum()


def test_the_same_ledger_gives_the_same_range(sample, whole):
    """Proves that nothing random is left: twice the same numbers, to the last bit."""
    again = inventory(sample)
    assert (again.total_low_kg, again.total_high_kg) == (whole.total_low_kg, whole.total_high_kg)
    assert again.gaps.equals(whole.gaps) and again.variance.equals(whole.variance)


def test_one_parcel_s_own_range_is_the_inventory_s(tmp_path, sample):
    """Proves that the range recorded with a parcel is that of a ledger of only that parcel, analytic and drawn."""
    folder = sample.folder.parent
    with connect(sample) as connection:
        (name,) = connection.execute("SELECT parcel_id FROM footprints WHERE fallbacks = 0 LIMIT 1").fetchone()
    orders = pd.read_csv(folder / "orders.csv", dtype=str)
    calculate(orders[orders["parcel_id"] == name], folder / "organisation.yaml", ledger=tmp_path)
    one, parcel = inventory(tmp_path), explain(tmp_path, name)[0]
    with connect(tmp_path) as connection:
        activity, terms = accounts.activity_terms(connection)
    analytic = matched(terms.take(accounts.counted(activity)))
    assert (parcel.low_kg, parcel.high_kg) == pytest.approx((analytic.low_kg, analytic.high_kg), rel=1e-9)
    assert (one.total_low_kg, one.total_high_kg) == pytest.approx((parcel.low_kg, parcel.high_kg), rel=0.05)


def test_variance_is_named_and_whole(sample, whole):
    """Proves that five keys and the others make up all of the variance, each with a name in both languages."""
    assert whole.variance["variance_share"].sum() == pytest.approx(1, rel=1e-12)
    assert len(whole.variance) == 6 and whole.variance["key"].iloc[-1] == "other"
    assert whole.variance["variance_share"].iloc[:5].is_monotonic_decreasing
    with connect(sample) as connection:
        _, terms = accounts.activity_terms(connection)
    names = names_of(sample, [each.run for each in sample.current()])
    for key in (*terms.keys, OWN):
        english, chinese = names.titles(key)
        assert english and chinese and english != key, key
        if not key.startswith("factor:"):
            assert english != chinese, key


def test_every_argument_of_the_plan_has_a_name(sample):
    """Proves that a number that a plan takes from somewhere can be named in a report."""
    names = names_of(sample, [each.run for each in sample.current()])
    assert set(names.arguments.values()) <= set(ARGUMENTS)


@pytest.mark.parametrize(
    ("key", "english", "chinese"),
    [
        ("factor:a.b", "Van (a.b)", "Van (a.b)"),
        ("edition:a.b", "age of the data: Van (a.b)", "数据年份：Van (a.b)"),
        ("parameter:x.round", "length of a delivery round (x.round)", "配送轮次里程（x.round）"),
        ("proxy:road.van:GB", "GB stands in for another region: road.van", "以 GB 的数据代替其他地区：road.van"),
        ("stated:load_share:sea", "load of a vehicle while laden, as stated (sea)", "车辆装载率（自行填报，sea）"),
        ("fallback:goods_mass:shoes", "goods not weighed, category shoes", "未称重的商品，类别 shoes"),
        ("fallback:place:country", "address not found: only the country is known", "地址未精确定位：仅知国家或地区"),
        (
            "fallback:place:origin:province",
            "address of origin not found: only the province is known",
            "始发地址未精确定位：仅知省级行政区",
        ),
        ("fallback:package", "package not stated", "未注明包装"),
    ],
)
def test_keys_are_named(key, english, chinese):
    """Proves what each kind of key is called."""
    assert Names({"a.b": "Van"}, {"x.round": "round_km"}).titles(key) == (english, chinese)


def test_few_keys_need_no_others():
    """Proves that nothing is called other where five names say it all."""
    table = variance_table({"factor:a": 0.75, OWN: 0.25}, Names())
    assert list(table["key"]) == ["factor:a", OWN] and list(table["variance_share"]) == [0.75, 0.25]
    assert variance_table({}, Names()).empty


def test_product_and_what_stands_beside_stay_out_of_the_total():
    """Proves that neither widens the total's range."""
    alone = drawn(cell(Stage.LAST_MILE, 10.0, spreads=[spread("factor:van", 0.2)]))
    more = drawn(
        cell(Stage.LAST_MILE, 10.0, spreads=[spread("factor:van", 0.2)]),
        cell(Stage.PRODUCT, 500.0, spreads=[spread("factor:spend", 0.6)]),
        cell(Stage.LINE_HAUL, 9.0, accounting="beside", spreads=[spread("factor:air", 0.6)]),
    )
    assert more.ends("total") == alone.ends("total")
    assert more.ends("stage", "product")[1] > 500
    assert list(more.variance["key"]) == ["factor:van"]


def test_market_based_rows_have_their_own_range():
    """Proves that a contract's factor replaces the grid's range in the market-based view alone."""
    site = {"kind": "site", "scope": "2", "category": "", "boundary": "generation", "site": "north"}
    found = drawn(
        cell(Stage.WAREHOUSING, 10.0, block="site/electricity.grid", spreads=[spread("factor:grid", 0.3)], **site),
        cell(
            Stage.WAREHOUSING, 2.0, block="site/electricity.grid market-based", accounting="market_based",
            spreads=[spread("factor:wind", 0.1)], **site,
        ),
    )  # fmt: skip
    low, high = found.ends("market")
    assert low > 1.5 and high < 2.5
    assert found.ends("market scope", "2", "") == (low, high)
    assert found.ends("total")[1] > 15


def test_a_run_without_spreads_has_no_range(tmp_path):
    """Proves that a ledger of an earlier version opens, sums and says that its ranges are not known."""
    made = footprints(ids(20))
    old = activity_of(made).drop_columns(["spreads", "pedigree", "own_kg2"])
    record(Ledger(tmp_path), ids(20), activity=old)
    found = inventory(tmp_path)
    assert found.total_kg > 0
    assert found.total_low_kg is None and found.total_high_kg is None and found.product_low_kg is None
    assert found.stages["low_kg"].isna().all() and found.months["high_kg"].isna().all()
    assert found.variance.empty and found.gaps.empty
    assert found.ratings["technological"] is None and found.ratings["rated_share"] == 0


def test_an_old_run_beside_a_new_one_hides_only_what_it_touches(tmp_path):
    """Proves that months with known spreads keep their range where another run's are unknown."""
    ledger = Ledger(tmp_path)
    first, second = footprints(ids(5)), footprints(ids(5, 100), first=pd.Timestamp("2025-03-01").date())
    record(ledger, ids(5), activity=activity_of(first).drop_columns(["spreads", "pedigree", "own_kg2"]))
    rows = [row | {"spreads": [spread("factor:a", 0.2)]} for row in activity_of(second).to_pylist()]
    new = pa.Table.from_pylist(rows, schema=ACTIVITY_SCHEMA)
    record(ledger, ids(5, 100), activity=new, first=pd.Timestamp("2025-03-01").date())
    found = inventory(tmp_path)
    assert found.total_low_kg is None
    assert math.isnan(found.months.at["2025-01", "low_kg"]) and found.months.at["2025-03", "low_kg"] > 0
    assert inventory(tmp_path, "2025-03").total_low_kg > 0


def test_runs_may_be_named(sample):
    """Proves that a restated run can be looked at by itself, and that a run differs from itself by nothing."""
    restated = next(run for run in sample.run_ids() if run not in {each.run for each in sample.current()})
    found = inventory(sample, runs=[restated])
    assert found.runs == [restated] and found.parcels > 0
    same = difference_of_runs(sample, restated, restated)
    assert (same.value_kg, same.low_kg, same.high_kg, same.clear) == (0, 0, 0, False)


def test_two_runs_of_the_same_orders_do_not_differ(sample):
    """Proves that everything cancels where the same orders are calculated again, parcels' own errors included."""
    newest = sample.current()[0].run
    other = next(run for run in sample.run_ids() if run != newest)
    found = difference_of_runs(sample, other, newest)
    assert (found.value_kg, found.low_kg, found.high_kg, found.clear) == pytest.approx((0, 0, 0, False), abs=1e-6)


def test_two_runs_of_other_orders_err_each_for_itself(tmp_path):
    """Proves that shared factors cancel between two files of orders and parcels' own errors do not."""
    ledger = Ledger(tmp_path)
    for first, name in ((0, "a"), (100, "b")):
        made = footprints(ids(9, first))
        rows = [
            row | {"spreads": [spread("factor:a", 0.4)], "own_kg2": 0.0 if row["stage"] == Stage.PRODUCT else 0.01}
            for row in activity_of(made).to_pylist()
        ]
        with ledger.begin(made.schema) as writer:
            writer.write(made)
            writer.finish(
                activity=pa.Table.from_pylist(rows, schema=ACTIVITY_SCHEMA), plan=PLAN, factors_json=FACTORS, rows=9,
                organisation={"name": "Merchant", "country": "GB"}, gwp_set="AR5", input_sha256=name * 64,
            )  # fmt: skip
    a, b = ledger.run_ids()
    found = difference_of_runs(ledger, a, b)
    own = len(DELIVERY_STAGES) * 0.1
    assert found.value_kg == pytest.approx(0, abs=1e-12)
    assert found.high_kg - found.low_kg == pytest.approx(2 * 1.96 * own * math.sqrt(2), rel=0.05)


def test_an_empty_period_has_empty_ranges(sample):
    """Proves that nothing is drawn where nothing was shipped."""
    empty = inventory(sample, "1999")
    assert (empty.total_low_kg, empty.total_high_kg) == (0.0, 0.0)
    assert empty.stages.empty and empty.variance.empty and empty.gaps.empty


def test_months_and_stages_are_drawn_with_the_same_numbers():
    """Proves that equal rows in two months have equal ranges, and that both together have twice that range."""
    row = {"spreads": [spread("factor:van", 0.3), spread("parameter:stops", 0.2, -1.0)]}
    found = drawn(
        cell(Stage.LAST_MILE, 4.0, month="2025-01", **row), cell(Stage.LAST_MILE, 4.0, month="2025-02", **row)
    )
    january, february, total = (found.ends(*name) for name in (("month", "2025-01"), ("month", "2025-02"), ("total",)))
    assert january == february
    assert np.allclose(total, 2 * np.array(january), rtol=1e-12)


def test_the_command_prints_and_speaks_json(sample, capsys):
    """Proves that value, 2.5 %, 97.5 %, variance, ratings and gaps are printed, and that the JSON has them all."""
    from carbon.cli.common import app

    folder = str(sample.folder)
    for arguments in (["inventory", "--ledger", folder], ["inventory", "--ledger", folder, "--json"]):
        with pytest.raises(SystemExit) as stop:
            app(arguments)
        assert not stop.value.code
    text, document = capsys.readouterr().out.split("\n{", 1)
    for word in ("2.5 %", "97.5 %", "what makes the variance", "ratings (PACT 3.0", "what better data would change"):
        assert word in text
    data = json.loads("{" + document)
    assert data["total_low_kg"] < data["total_kg"] < data["total_high_kg"]
    assert len(data["variance"]) == 6 and data["gaps"] and data["ratings"]["rated_share"] > 0
    assert [row["month"] for row in data["months"]] == [f"2025-{month:02d}" for month in range(1, 13)]
    assert {"low_kg", "high_kg", "technological", "primary_share"} <= set(data["stages"][0]) & set(data["scopes"][0])


def test_ranges_of_stages_follow_from_the_activity(sample, whole):
    """Proves a stage's range against one drawn from its own rows alone."""
    with connect(sample) as connection:
        activity, terms = accounts.activity_terms(connection)
    rows = accounts.counted(activity) & (activity["stage"] == Stage.PACKAGING).to_numpy()
    alone = ranges(terms.take(rows), {"": np.ones(rows.sum(), dtype=bool)})[""]
    stage = whole.stages.set_index("stage").loc[str(Stage.PACKAGING)]
    assert (stage["low_kg"], stage["high_kg"]) == pytest.approx((alone.low_kg, alone.high_kg), rel=1e-9)
    assert set(whole.stages["stage"]) <= {str(each) for each in (*DELIVERY_STAGES, Stage.PRODUCT)}
    assert next(iter(shares(terms, accounts.counted(activity)))) == whole.variance["key"].iloc[0]
