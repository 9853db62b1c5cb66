"""Footprints on articles: matched, converted to a piece, and counted in the product stage of a parcel."""

from __future__ import annotations

import csv
import io

import pytest

from carbon import explain, supplier_footprints, with_footprints, with_kept
from carbon.errors import OrdersError
from tests.exchange.conftest import GTIN


def _filled(tmp_path, written, footprints: list[dict], articles: str):
    """Return what became of a table: its rows by SKU, and the account of it."""
    path = tmp_path / "articles.csv"
    path.write_text(articles, encoding="utf-8")
    out = tmp_path / "filled.csv"
    made = with_footprints(path, supplier_footprints([written(footprints)]), out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    return {row.get("sku", row.get("SKU")): row for row in rows}, made


@pytest.mark.parametrize(
    ("content", "unit_kg"),
    [("", 6.0), ("12 l", 6.0), ("750 ml", 0.375), ("0.001 m**3", 0.5), ("1 US_liquid_gallon", 0.5 * 3.785411784)],
)
def test_content_is_converted_to_the_declared_unit(tmp_path, written, version_2, content, unit_kg):
    """Proves by hand what a piece has of 0.5 kg per litre; without a content it is the product itself, 12 litres."""
    rows, made = _filled(tmp_path, written, [version_2], f"sku,gtin,content\nA,{GTIN},{content}\nB,,\n")
    assert float(rows["A"]["unit_co2e_kg"]) == pytest.approx(unit_kg, rel=1e-12)
    assert rows["B"]["unit_co2e_kg"] == ""
    assert (made.rows, made.filled, made.replaced, made.rejects) == (2, 1, 0, ())


def test_pieces_and_masses_of_version_3(tmp_path, written, version_3):
    """Proves by hand: of a dozen pieces of 6 kg CO2e and 4.8 kg a piece has 0.5 kg, and 800 g of it have 1 kg."""
    urn = version_3["productIds"][0]
    rows, _ = _filled(
        tmp_path, written, [version_3], f"sku,product_id,content\nA,{urn},\nB,{urn},800 g\nC,{urn.upper()},2 item\n"
    )
    assert [float(rows[sku]["unit_co2e_kg"]) for sku in "ABC"] == pytest.approx([0.5, 1.0, 1.0], rel=1e-12)
    assert float(rows["A"]["footprint_left_out_kg"]) == pytest.approx(-1.6 / 12)
    assert (rows["A"]["footprint_primary_share"], rows["A"]["footprint_id"]) == ("0.255", version_3["id"])


@pytest.mark.parametrize(
    ("amount", "article", "reason"),
    [
        ("1", f"A,{GTIN},,", "no_content"),
        ("12", f"A,{GTIN},750 m,", "unit"),
        ("12", f"A,{GTIN},plenty,", "unit"),
        ("12", f"A,{GTIN},,11", "too_heavy"),
        ("12", "A,4006381333948,,", "no_article"),
    ],
)
def test_what_fits_no_article_is_a_reject(tmp_path, written, version_2, amount, article, reason):
    """Proves that a litre is not taken for a piece, nor metres for litres, nor 12 kg for an article of 11."""
    version_2["pcf"] |= {"unitaryProductAmount": amount, "productMassPerDeclaredUnit": "1.0"}
    rows, made = _filled(tmp_path, written, [version_2], f"sku,gtin,content,unit_mass_kg\n{article}\n")
    assert [each.reason for each in made.rejects] == [reason]
    assert rows["A"]["unit_co2e_kg"] == "" and made.filled == 0


def test_the_newest_is_taken_and_other_columns_stay(tmp_path, written, version_2):
    """Proves that of two footprints of an article the newer wins and takes a former value's place, and that order,
    quotes and columns of the file stay."""
    old = version_2 | {"id": "0" * 8 + version_2["id"][8:], "created": "2023-01-01T00:00:00Z"}
    _, made = _filled(
        tmp_path, written, [old, version_2], f'SKU,note,gtin,unit_co2e_kg\nB,"1, 2",,7\nA,x,{GTIN[:3]} {GTIN[3:]},9\n'
    )  # fmt: skip
    text = (tmp_path / "filled.csv").read_text(encoding="utf-8").splitlines()
    assert text[0].startswith("SKU,note,gtin,unit_co2e_kg,") and text[1].startswith('B,"1, 2",,7')
    assert text[2].startswith(f"A,x,{GTIN[:3]} {GTIN[3:]},6.0,2023-01-01,2026-12-31,{version_2['id']}")
    assert (made.filled, made.replaced, [each.reason for each in made.rejects]) == (1, 1, ["older"])


def _times(rows: list[dict]) -> list[tuple[str, ...]]:
    names = ("sku", "unit_co2e_kg", "footprint_valid_from", "footprint_valid_to")
    return [tuple(row[name] for name in names) for row in rows]


@pytest.fixture
def yearly(version_2) -> list[dict]:
    """Return three footprints of one product: 6 kg for 2024, 12 kg for 2025, and a newer one of 3 kg for June 2025."""

    def one(number: int, kg_per_litre: str, start: str, end: str) -> dict:
        made = version_2 | {"id": f"{number}" * 8 + version_2["id"][8:], "created": f"2026-01-0{number}T00:00:00Z"}
        made |= {"validityPeriodStart": f"{start}T00:00:00Z", "validityPeriodEnd": f"{end}T00:00:00Z"}
        return made | {"pcf": version_2["pcf"] | {"pCfExcludingBiogenic": kg_per_litre}}

    return [
        one(1, "0.5", "2024-01-01", "2025-01-01"),
        one(2, "1.0", "2025-01-01", "2026-01-01"),
        one(3, "0.25", "2025-06-01", "2025-07-01"),
    ]


def test_each_footprint_has_a_row_for_its_time(tmp_path, written, yearly):
    """Proves by hand that adjoining footprints and a newer one in the middle of an older share out the days without gap or
    overlap, each with a row of its article; and that filling the file again leaves it as it is."""
    path, sent = tmp_path / "articles.csv", written(yearly)
    path.write_text(f"sku,gtin,note\nA,{GTIN},x\nB,,y\n", encoding="utf-8")
    wanted = [
        ("A", "6.0", "2024-01-01", "2024-12-31"),
        ("A", "12.0", "2025-01-01", "2025-05-31"),
        ("A", "3.0", "2025-06-01", "2025-06-30"),
        ("A", "12.0", "2025-07-01", "2025-12-31"),
        ("B", "", "", ""),
    ]
    for rows_before in (2, 5):
        made = with_footprints(path, supplier_footprints([sent]), path)
        with open(path, encoding="utf-8", newline="") as file:
            assert _times(list(csv.DictReader(file))) == wanted
        assert (made.rows, made.filled, len(made.taken), made.rejects) == (rows_before, 1, 4, ())


def test_what_was_sent_earlier_keeps_serving_its_time(tmp_path, written, yearly):
    """Proves that files which come one after the other fill an article as one file does: the former year stays, a newer
    footprint takes only its own days of it, and one that is named as a past version ends where the new one begins."""
    path = tmp_path / "articles.csv"
    path.write_text(f"sku,gtin\nA,{GTIN}\n", encoding="utf-8")

    def sent(*footprints: dict) -> list[tuple[str, ...]]:
        with_footprints(path, supplier_footprints([written(list(footprints))]), path)
        with open(path, encoding="utf-8", newline="") as file:
            return _times(list(csv.DictReader(file)))

    assert len(sent(yearly[0])) == 1
    assert sent(yearly[1])[:1] == [("A", "6.0", "2024-01-01", "2024-12-31")]
    both = [
        ("A", "6.0", "2024-01-01", "2024-12-31"),
        ("A", "12.0", "2025-01-01", "2025-05-31"),
        ("A", "3.0", "2025-06-01", "2025-06-30"),
        ("A", "12.0", "2025-07-01", "2025-12-31"),
    ]
    assert sent(yearly[2]) == both == sent(yearly[2])
    last = yearly[1] | {"id": "4" * 8, "created": "2026-02-01T00:00:00Z", "precedingPfIds": [yearly[1]["id"]]}
    last |= {"validityPeriodStart": "2025-09-01T00:00:00Z", "validityPeriodEnd": "2025-10-01T00:00:00Z"}
    assert sent(last)[3:] == [("A", "12.0", "2025-07-01", "2025-08-31"), ("A", "12.0", "2025-09-01", "2025-09-30")]


def test_lines_stay_one_row_and_take_the_footprint_of_their_day(tmp_path, written, yearly):
    """Proves that rows of parcels are never multiplied: with `shipped_on` each takes that of its day, also where two rows are
    alike; without it the last one, and the others are named as left out for want of a day."""
    rows = "P1,A,{gtin}{a}\nP1,A,{gtin}{a}\nP2,A,{gtin}{b}\nP3,A,{gtin}{c}\n"
    dated, plain = tmp_path / "dated.csv", tmp_path / "plain.csv"
    days = {"a": ",2024-12-31", "b": ",2025-06-30", "c": ",2026-01-01"}
    dated.write_text("parcel_id,sku,gtin,shipped_on\n" + rows.format(gtin=GTIN, **days), encoding="utf-8")
    plain.write_text("parcel_id,sku,gtin\n" + rows.format(gtin=GTIN, a="", b="", c=""), encoding="utf-8")
    sent, out = supplier_footprints([written(yearly)]), tmp_path / "out.csv"
    made = with_footprints(dated, sent, out)
    with open(out, encoding="utf-8", newline="") as file:
        assert [row["unit_co2e_kg"] for row in csv.DictReader(file)] == ["6.0", "6.0", "3.0", ""]
    assert made.rejects == () and made.filled == 3
    made = with_footprints(plain, sent, out)
    with open(out, encoding="utf-8", newline="") as file:
        assert {row[-1] for row in _times(list(csv.DictReader(file)))} == {"2025-12-31"}
    assert {each.reason for each in made.rejects} == {"no_day"} and made.filled == 4


def test_articles_given_anew_keep_their_footprints(tmp_path, written, yearly):
    """Proves that another articles file takes the footprints that are kept, with all their days and their origin, and keeps
    its own."""
    _filled(tmp_path, written, yearly[:2], f"sku,gtin\nA,{GTIN}\nC,\n")
    new = tmp_path / "new.csv"
    new.write_text("sku,unit_co2e_kg,price\nB,2,1\nA,,3\nA,5,4\n", encoding="utf-8")
    assert with_kept(new, tmp_path / "filled.csv", new) == (3, 1)
    with open(new, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert _times(rows) == [("B", "2", "", ""), ("A", "6.0", "2024-01-01", "2024-12-31"),
                            ("A", "12.0", "2025-01-01", "2025-12-31"), ("A", "5", "", "")]  # fmt: skip
    assert rows[1]["footprint_id"] == yearly[0]["id"] and rows[2]["price"] == "3"


def test_a_file_that_names_no_article_is_refused(tmp_path, written, version_2):
    """Proves that the columns that are missing are named, and nothing is written."""
    with pytest.raises(OrdersError, match="names an article"):
        _filled(tmp_path, written, [version_2], "name,price\nA,1\n")
    assert not (tmp_path / "filled.csv").exists()


@pytest.fixture
def shop(tmp_path):
    """Return a function that calculates lines with articles, by day, and gives a parcel's explanation."""
    from tests.engine.small import merchant, parcel, run

    def sell(lines: str, articles: str, **orders: dict):
        held, bought = tmp_path / "held.csv", tmp_path / "bought.csv"
        held.write_text(articles, encoding="utf-8")
        bought.write_text(lines, encoding="utf-8")
        rows = [parcel(name, **values) for name, values in orders.items()]
        setup = merchant(categories={"rugs": {"activity": "product.spend.naics_314110"}})
        made = run(rows, setup, lines=bought, articles=held, ledger=tmp_path / "ledger")
        return made, lambda name: explain(tmp_path / "ledger", name)[0]

    return sell


def test_a_parcel_takes_the_footprints_of_its_own_day(tmp_path, written, version_3, yearly, shop):
    """Proves the whole way by hand to 1e-9: two cleaners of 6 kg and three towels of 0.5 kg make 13.5 kg on the last day
    of 2024, 25.5 kg the day after, 7.5 kg in June; 40 % of the cleaners and 25.5 % of the towels are primary. In 2026 no
    cleaner's footprint is valid: the parcel is told by spend, which is counted as a stand-in, and explain says why."""
    path = tmp_path / "articles.csv"
    path.write_text(f"sku,gtin,product_id\nCLEAN,{GTIN},\nTOWEL,,{version_3['productIds'][0]}\n", encoding="utf-8")
    with_footprints(path, supplier_footprints([written([*yearly, version_3])]), path)
    days = {"old": "2024-12-31", "new": "2025-01-01", "june": "2025-06-30", "late": "2026-01-01"}
    lines = "".join(f"{name},CLEAN,2\n{name},TOWEL,3\n" for name in days)
    bought = {"product_category": "rugs", "goods_value": 100.0, "currency": "USD"}
    made, told = shop(
        f"parcel_id,sku,quantity\n{lines}", path.read_text(encoding="utf-8"),
        **{name: {"shipped_on": day} | bought for name, day in days.items()},
    )  # fmt: skip
    assert made.counts["rejects"] == 0 and made.manifest.fallbacks["product_footprint"] == 1
    for name, clean_kg, mark in (("old", 6.0, "1" * 8), ("new", 12.0, "2" * 8), ("june", 3.0, "3" * 8)):
        found = told(name)
        product = {line.data_type: line.co2e_kg for line in found.lines if line.stage == "product"}
        primary_kg = 2 * clean_kg * 0.4 + 3 * 0.5 * 0.255
        assert found.agrees and product == pytest.approx(
            {"primary": primary_kg, "modelled": 2 * clean_kg + 1.5 - primary_kg}, rel=1e-9
        )
        assert mark in found.parcel["product_footprint"] and "TOWEL" in found.parcel["product_footprint"]
        assert "product_footprint" not in found.fallbacks
    late = told("late")
    spent = [line for line in late.lines if line.stage == "product"]
    assert late.agrees and [line.data_type for line in spent] == ["default"] and spent[0].co2e_kg > 0
    assert "product_footprint" in late.fallbacks
    assert "2026-01-01 lies outside: CLEAN" in late.parcel["product_footprint"]
    assert "TOWEL" not in late.parcel["product_footprint"] and "to 2025-12-31" in late.parcel["product_footprint"]


def test_lines_keep_their_own_footprints_and_incomplete_parcels_have_none(shop):
    """Proves that a line's own value goes before its article's, within its own days; that a parcel with an article nobody
    declared has no declared footprint, and no stand-in either; that an article without days always counts."""
    articles = "sku,unit_co2e_kg,footprint_valid_from,footprint_valid_to\nA,1,2025-01-01,\nB,2,,\n"
    lines = (
        "parcel_id,sku,unit_co2e_kg,footprint_valid_to\n"
        "own,A,1.25,\nlast,A,1.5,2025-06-30\nlapsed,A,1.25,2025-06-29\nopen,A,,\nopen,B,,\npart,A,,\npart,X,,\nalways,B,,\n"
    )
    made, told = shop(lines, articles, **{name: {} for name in ("own", "last", "lapsed", "open", "part", "always")})
    found = {name: told(name) for name in ("own", "last", "lapsed", "open", "part", "always")}
    assert {name: each.stages_kg["product"] for name, each in found.items()} == pytest.approx(
        {"own": 1.25, "last": 1.5, "lapsed": 0.0, "open": 3.0, "part": 0.0, "always": 2.0}
    )
    assert made.manifest.fallbacks["product_footprint"] == 1 and "product_footprint" in found["lapsed"].fallbacks
    assert "to 2025-06-29" in found["lapsed"].parcel["product_footprint"]


@pytest.mark.parametrize(
    ("articles", "problem", "found"),
    [
        ("sku,price\nA,1\n", "no articles file", "sku, price"),
        ("sku,unit_co2e_kg\nA,1\nA,2\n", "two footprints on one day", "A: 1 and 2 kg"),
        ("sku,unit_co2e_kg,footprint_valid_to\nA,1,31.12.2025\n", "cannot be used", "31.12.2025"),
        ("sku,unit_co2e_kg,footprint_primary_share\nA,1,40\n", "cannot be used", "40"),
        ("sku,unit_co2e_kg\nA,-1\n", "cannot be used", "-1"),
    ],
)
def test_an_articles_file_that_cannot_be_used_is_named(shop, articles, problem, found):
    """Proves that what is wrong is said with file, row, what was found and expected, rather than one of two values chosen."""
    with pytest.raises(OrdersError, match=problem) as caught:
        shop("parcel_id,sku\nP,A\n", articles, P={})
    assert found in caught.value.found and caught.value.expected and caught.value.mend
