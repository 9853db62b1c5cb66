"""Articles of a run: a parcel's kilograms are shared among its lines by a stated rule, and none is lost or counted twice."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

from carbon import Ledger, article_totals, calculate, find, inventory, undo, verify
from carbon.cli import app as command_line
from carbon.errors import LedgerError
from carbon.ledger.files import sha256_of
from carbon.orders import by_article
from carbon.orders.pseudonym import KEY_VARIABLE
from tests.engine.small import merchant, orders, parcel, tables_read_once

LINES = "parcel_id,sku,quantity,unit_mass_kg,product_category,unit_value,currency,unit_co2e_kg,footprint_valid_to\n"
#: a by mass (1 : 3), b by pieces (2 : 1) since a mass is missing, c of one article, e without a number, x is refused; d has no line.
SHARED = """a,s1,2,0.5,,,,,
a,s2,1,3,,,,,
b,s1,2,1,,,,,
b,s3,1,,,,,,
c,s3,1,,,,,,
c,s3,4,,,,,,
e,,1,1,,,,,
x,s1,1,1,,,,,
"""
SPENT = {
    "rugs": {"activity": "product.spend.naics_314110"},
    "toys": {"activity": "product.spend.naics_339930"},
    "art": None,
}


@pytest.fixture(scope="module", autouse=True)
def _quick():
    with tables_read_once():
        yield


@pytest.fixture
def record(tmp_path):
    """Return a function that records parcels with lines; `lines=None` leaves these out."""

    def run(rows, lines: str | None = SHARED, articles: str | None = None, **options):
        files = {}
        for name, text in (("lines", lines and LINES + lines), ("articles", articles)):
            if text:
                files[name] = tmp_path / f"{name}.csv"
                files[name].write_text(text)
        setup = options.pop("setup", None) or merchant()
        options = {"ledger": tmp_path / "ledger", "collect": True} | options
        return calculate(orders(*rows), setup, **files, **options)

    return run


def parcels():
    """Return the parcels that `SHARED` has lines of, in two months; x cannot be used."""
    rows = [parcel(name, goods_mass_kg=2.0 + number) for number, name in enumerate("abcde")]
    rows[2] |= {"shipped_on": "2025-02-03"}
    return [*rows, parcel("x", service="nonsense")]


def table(ledger) -> pd.DataFrame:
    """Return the articles of a ledger's newest run."""
    return pq.read_table(Ledger(ledger).file(Ledger(ledger).head().run, "articles.parquet")).to_pandas()


def test_a_parcel_is_shared_by_mass_or_by_pieces(record, tmp_path):
    """Proves each article's kilograms by hand: 1/4 and 3/4 by mass, 2/3 and 1/3 by pieces, a parcel of one article whole."""
    found = record(parcels())
    kg = found.footprints.set_index("parcel_id")["total_co2e_kg"]
    totals = article_totals(tmp_path / "ledger")
    rows = {each.sku if isinstance(each.sku, str) else None: each for each in totals.articles.itertuples()}
    expected = {
        "s1": (2, 4, kg["a"] / 4 + kg["b"] * 2 / 3, kg["b"] * 2 / 3),
        "s2": (1, 1, kg["a"] * 3 / 4, 0),
        "s3": (2, 6, kg["b"] / 3 + kg["c"], kg["b"] / 3),
        None: (1, 1, kg["e"], 0),
    }
    assert rows.keys() == expected.keys() and totals.count == 4
    for sku, (held, pieces, co2e_kg, by_pieces_kg) in expected.items():
        assert (rows[sku].parcels, rows[sku].pieces) == (held, pieces)
        assert rows[sku].co2e_kg == pytest.approx(co2e_kg, rel=1e-12)
        assert rows[sku].by_pieces_kg == pytest.approx(by_pieces_kg, rel=1e-12, abs=1e-15)
        assert rows[sku].kg_per_piece == pytest.approx(co2e_kg / pieces, rel=1e-12)
    assert (totals.unlined_parcels, totals.unlined_kg) == (1, pytest.approx(kg["d"], rel=1e-12))
    assert totals.by_pieces_kg == pytest.approx(kg["b"], rel=1e-12)


def test_nothing_is_lost_however_many_lines_are_looked_at_at_once(record, tmp_path, monkeypatch):
    """Proves that articles and parcels without lines add up to the run in every month, and that looking at two lines at a time
    gives the same."""
    found = record(parcels())
    kg = found.footprints.groupby("month", observed=True)["total_co2e_kg"].sum()
    whole = table(tmp_path / "ledger")
    assert whole.groupby("month")["total_co2e_kg"].sum().to_dict() == pytest.approx(kg.to_dict(), rel=1e-9)
    monkeypatch.setattr(by_article, "_AT_ONCE", 2)
    record(parcels(), restate=found.manifest.run)
    pd.testing.assert_frame_equal(whole, table(tmp_path / "ledger"), rtol=1e-12, atol=0)


def test_the_product_is_each_article_s_own_where_it_is_known(record, tmp_path):
    """Proves by hand: declared footprints of the day, spend on two categories by their factors, and a parcel's own figure in
    proportion of what its articles declare, or by mass where they declare nothing, counted as shared."""
    lines = (
        "own,s1,2,1,,,,1.5,\nown,s2,1,1,,,,2,\n"  # 3 and 2 kg
        "dated,s1,1,1,,,,9,2025-01-31\ndated,s4,1,1,,,,,\n"  # 9 kg, and 5 kg of the articles file
        "late,s1,1,1,,,,9,2025-01-31\nlate,s4,1,1,,,,,\n"  # not valid in March: none
        "spent,r,1,1,rugs,60,USD,,\nspent,t,2,1,toys,20,USD,,\nspent,w,1,1,art,50,USD,,\n"
        "told,s1,2,1,,,,1.5,\ntold,s2,1,1,,,,2,\n"  # 10 kg in the orders: 6 and 4
        "silent,u,1,1,,,,,\nsilent,v,1,3,,,,,\n"  # 8 kg in the orders: 2 and 6
    )
    articles = "sku,unit_co2e_kg,footprint_valid_from,footprint_valid_to\ns4,5,2025-01-01,2025-01-31\n"
    more = {"told": {"product_co2e_kg": 10.0}, "silent": {"product_co2e_kg": 8.0}, "late": {"shipped_on": "2025-03-05"}}
    rows = [
        parcel(name, **{"shipped_on": "2025-01-15"} | more.get(name, {}))
        for name in ("own", "dated", "late", "spent", "told", "silent")
    ]
    setup = merchant(categories={name: each for name, each in SPENT.items() if each})
    found = record(rows, lines, articles, setup=setup)
    kg = found.footprints.set_index("parcel_id")["product_co2e_kg"]
    assert kg["spent"] > 0 and kg["late"] == 0
    totals = article_totals(tmp_path / "ledger")
    product = totals.articles.set_index("sku")
    per = {name: _spend_kg(name, setup) for name in ("rugs", "toys")}
    assert product["product_kg"].to_dict() == pytest.approx(
        {"s1": 3 + 9 + 6, "s2": 2 + 4, "s4": 5, "u": 2, "v": 6, "w": 0}
        | {"r": 60 * per["rugs"], "t": 40 * per["toys"]},
        rel=1e-9,
    )
    assert totals.product_kg == pytest.approx(kg.sum(), rel=1e-9)
    assert totals.product_shared_kg == pytest.approx(18, rel=1e-9)
    assert product["product_shared_kg"].to_dict() == pytest.approx(
        {"s1": 6, "s2": 4, "u": 2, "v": 6} | dict.fromkeys(("s4", "w", "r", "t"), 0.0), rel=1e-9
    )


def _spend_kg(category: str, setup) -> float:
    """Return the product of one dollar spent on a category."""
    row = parcel(shipped_on="2025-01-15", product_category=category, goods_value=1.0, currency="USD")
    return calculate(orders(row), setup).footprints["product_co2e_kg"][0]


def test_pseudonyms_change_no_figure(record, tmp_path, monkeypatch):
    """Proves that lines find their parcels where the ledger holds no plain ids."""
    record(parcels())
    plain = table(tmp_path / "ledger")
    monkeypatch.setenv(KEY_VARIABLE, "a key of some length")
    setup = merchant(method={"pseudonymise_orders": True})
    record(parcels(), setup=setup, ledger=tmp_path / "coded")
    assert not find(tmp_path / "coded", "a") and find(tmp_path / "ledger", "a")
    pd.testing.assert_frame_equal(plain, table(tmp_path / "coded"), rtol=1e-12, atol=0)


def test_runs_that_count_and_runs_without_lines(record, tmp_path):
    """Proves that a restated run's articles count no more, come back when that is undone, that a run without lines has no
    file and its parcels stand apart, and that a period holds its own months."""
    ledger = tmp_path / "ledger"
    first = record(parcels()).manifest
    before = article_totals(ledger)
    second = record(parcels(), None, restate=first.run).manifest
    assert "articles.parquet" in first.files and "articles.parquet" not in second.files
    none = article_totals(ledger)
    assert (none.count, none.co2e_kg, none.unlined_parcels) == (0, 0, 5) and none.articles.empty
    assert none.unlined_kg == pytest.approx(inventory(ledger).total_kg, rel=1e-12)
    undo(ledger, second.run)
    again = article_totals(ledger)
    assert again.articles.equals(before.articles) and again.unlined_parcels == 1 and verify(ledger).ok
    record([parcel("later", shipped_on="2025-02-20")], None)
    february = article_totals(ledger, "2025-02", limit=1)
    assert list(february.articles["sku"]) == ["s3"] and (february.count, february.unlined_parcels) == (1, 1)
    assert february.co2e_kg + february.unlined_kg == pytest.approx(inventory(ledger, "2025-02").total_kg, rel=1e-9)
    assert article_totals(ledger, "2030").count == 0
    with pytest.raises(LedgerError, match="holds no run"):
        article_totals(tmp_path / "absent")


def test_articles_that_do_not_add_up_are_found(record, tmp_path):
    """Proves that a changed file is found by its hash, and by its sum where the manifest was changed with it."""
    run = record(parcels()).manifest.run
    ledger = Ledger(tmp_path / "ledger")
    path = ledger.file(run, "articles.parquet")
    whole = pq.read_table(path)
    pq.write_table(whole.slice(1), path)
    assert [(each.code, each.where) for each in verify(ledger).problems] == [("changed", str(path))]
    manifest = ledger.file(run, "manifest.json")
    said = json.loads(manifest.read_bytes())
    said["files"]["articles.parquet"] = sha256_of(path)
    manifest.write_text(json.dumps(said))
    assert ("stage_sum", str(path)) in [(each.code, each.where) for each in verify(ledger).problems]


def test_the_command_lists_articles(record, tmp_path):
    """Proves the table, the JSON, what is said where no run knows articles, and that a number steers no terminal."""
    from typer.testing import CliRunner

    record(parcels(), SHARED.replace("s2", "s\x1b2"))
    folder = ["--ledger", str(tmp_path / "ledger")]
    told = CliRunner().invoke(command_line, ["articles", *folder]).stdout
    assert "(no article number)" in told and "1 parcels without lines" in told and "shared by pieces" in told
    assert "s 2" in told and "\x1b" not in told
    found = json.loads(CliRunner().invoke(command_line, ["articles", *folder, "--json", "--limit", "1"]).stdout)
    assert found["count"] == 4 and len(found["articles"]) == 1
    assert (
        "only runs with a lines file"
        in CliRunner().invoke(command_line, ["articles", *folder, "--period", "2030"]).stdout
    )
