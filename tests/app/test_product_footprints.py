"""Suppliers' footprints on the page: uploaded, looked at, kept with the former file, used by the next import, taken back."""

from __future__ import annotations

import csv
import json

import pytest

_FOOTPRINT = {
    "id": "f4b1225a-bd44-4c8e-861d-079e4e1dfd69", "specVersion": "3.0.0", "status": "Active",
    "created": "2025-02-01T00:00:00+00:00", "companyName": "Mill", "companyIds": ["urn:company:mill:1"],
    "productDescription": "", "productIds": ["urn:gtin:4006381333931"], "productNameCompany": "Towels",
    "pcf": {
        "declaredUnitOfMeasurement": "piece", "declaredUnitAmount": "12", "productMassPerDeclaredUnit": "4.8",
        "pcfExcludingBiogenicUptake": "6", "pcfIncludingBiogenicUptake": "5", "fossilGhgEmissions": "6",
        "fossilCarbonContent": "0", "ipccCharacterizationFactors": ["AR6"], "crossSectoralStandards": ["PACT-3.0"],
        "exemptedEmissionsPercent": "0", "referencePeriodStart": "2024-01-01T00:00:00Z",
        "referencePeriodEnd": "2025-01-01T00:00:00Z", "primaryDataShare": "25",
    },
}  # fmt: skip


def _uploader(test, key: str):
    return next(each for each in test.get("file_uploader") if each.key == key)


def _table(test, head: str):
    """Return the page's table that has a column."""
    return next(each.value for each in test.dataframe if head in each.value.columns)


def _press(test, label: str):
    return next(each for each in test.button if each.label.startswith(label)).click().run()


@pytest.fixture
def bought(own):
    """Return an SKU that the merchant's lines hold, and how many lines hold it."""
    with open(own / "lines.csv", encoding="utf-8", newline="") as file:
        skus = [row["sku"] for row in csv.DictReader(file)]
    return skus[0], skus.count(skus[0])


def test_what_suppliers_send_reaches_the_next_import_and_can_be_taken_back(open_app, own, words, bought):
    """Proves the whole way: preview by hand (6 kg a dozen, 0.5 kg a piece), a reject with its way out, the file kept, its
    lines filled at the next import, and the former file brought back."""
    sku, count = bought
    sent = json.dumps([_FOOTPRINT, _FOOTPRINT | {"id": "b", "specVersion": "1.0.1"}]).encode()
    kept = own / "articles.csv"
    kept.write_text(f"sku,gtin\n{sku},4006381333931\n", encoding="utf-8")
    test = open_app(own, "carriers")
    _uploader(test, "sent_footprints").set_value([("sent.json", sent, "application/json")])
    test.run()
    assert not test.exception and not test.error
    assert "Footprints sent: 2. Articles that take one: 1. Not taken: 1" in words(test)
    shown = _table(test, "kg CO₂e a piece").iloc[0]
    assert (shown["kg CO₂e for it"], shown["kg CO₂e a piece"], shown["Primary"]) == (6.0, 0.5, 0.25)
    assert _table(test, "What to do").iloc[0]["What to do"] == "Ask for version 2.3 or 3.0."
    before = kept.read_text(encoding="utf-8")
    assert "0.5" not in before
    test = _press(test, "Keep these footprints")
    assert f"{sku},4006381333931,0.5,2024-01-01,2027-12-31," in kept.read_text(encoding="utf-8")
    test = test.switch_page("views/import_orders.py").run()
    for role in ("orders", "lines"):
        content = (own / f"{role}.csv").read_bytes()
        _uploader(test, f"upload_{role}").set_value((f"{role}.csv", content, "text/csv"))
    test = _press(test.run(), "Check")
    assert not test.exception and "valid on the day of the parcel. Articles with one: 1." in words(test)
    check, files = test.session_state["check"], test.session_state["check_files"]
    assert files["articles"] == kept and check.filled["product_co2e_kg"] >= 1
    assert check.filled["product_footprint"] == check.filled["product_co2e_kg"] <= count
    test = test.switch_page("views/carriers.py").run()
    test = test.selectbox(key="version_articles_en").select_index(1).run()
    test = test.button(key="restore_articles").click().run()
    assert not test.exception and kept.read_text(encoding="utf-8") == before


def test_ileap_becomes_the_carriers_table(open_app, own, words):
    """Proves that a carrier's JSON goes through the same look as its table, and that the distance is asked for, in Chinese, too."""
    toc = {"tocId": "trunk", "mode": "Road", "transportActivityUnit": "tkm", "co2eIntensityWTW": "0.116",
           "co2eIntensityTTW": "0.089", "energyCarriers": [{}]}  # fmt: skip
    sent = _FOOTPRINT | {"extensions": [{"data": toc}, {"data": toc | {"tocId": "barge", "mode": "InlandWaterway"}}]}
    test = open_app(own, "carriers", "zh", carrier_held="carrier Parcel carrier")
    upload = _uploader(test, "own_figures_Parcel carrier")
    test = upload.set_value(("sent.json", json.dumps(sent).encode(), "application/json")).run()
    assert not test.exception and not test.error
    assert list(_table(test, "来源")["数值"]) == [0.027, 0.089]
    assert "该运输方式在此没有因子" in _table(test, "处理办法").to_string()
    assert test.selectbox(key="own_figures_basis_zh").options


def test_a_carriers_shipments_are_added_to_the_orders_that_are_given(open_app, own, words):
    """Proves that the page shows the sums by hand (0.1 kg, of it 0.07 kg tank-to-wheel), what it refuses and why, in Chinese,
    too, and that the download is the orders with the figures."""
    chain = [("a", "0.06", "0.05"), ("b", "0.04", "0.02")]
    tces = [{"tceId": name, "tocId": "van", "shipmentId": "P1", "mass": "2", "distance": {"actual": "50"},
             "transportActivity": "0.1", "co2eWTW": wtw, "co2eTTW": ttw} for name, wtw, ttw in chain]  # fmt: skip
    sent = _FOOTPRINT | {
        "pcf": {"unitaryProductAmount": "0.2", "pCfExcludingBiogenic": "0.1"},
        "extensions": [{"data": {"shipmentId": "P1", "mass": "2", "tces": tces}}],
    }
    for language, told in (("en", "no shipment footprint of iLEAP stands in it"), ("zh", "其中没有 iLEAP 货运足迹")):
        test = open_app(own, "carriers", language, carrier_held="carrier Parcel carrier")
        files = [("sent.json", json.dumps([sent, _FOOTPRINT]).encode(), "application/json")]
        _uploader(test, "shipments_Parcel carrier").set_value(files)
        orders = b"parcel_id,note\nP1,x\nP2,y\n"
        test = _uploader(test, "shipments_orders_Parcel carrier").set_value(("orders.csv", orders, "text/csv")).run()
        assert not test.exception and not test.error
        head = "kg CO₂e WTW" if language == "en" else "kg CO₂e（WTW）"
        row = _table(test, head).iloc[0]
        assert (row.iloc[0], row[head], row.iloc[4]) == ("P1", 0.1, 0.07)
        assert any(told in each.value.to_string() for each in test.dataframe)
        assert ("Taken: 1. Not taken: 1" if language == "en" else "采用 1 个，未采用 1 个") in words(test)


def test_what_breaks_a_data_model_is_told_in_chinese(open_app, own):
    """Proves that the field, what is wrong with it and what is expected stand in the page's language, none of it in the words
    of the library that checked it, for a number, a missing field, a file that is no JSON, and a word of a list."""
    (own / "articles.csv").write_text("sku,gtin\nA,4006381333931\n", encoding="utf-8")
    wrong = [
        _FOOTPRINT | {"pcf": _FOOTPRINT["pcf"] | {"pcfExcludingBiogenicUptake": 6}},
        _FOOTPRINT | {"pcf": {key: value for key, value in _FOOTPRINT["pcf"].items() if key != "fossilGhgEmissions"}},
        _FOOTPRINT | {"status": "Old"},
        _FOOTPRINT | {"created": "yesterday"},
    ]
    test = open_app(own, "carriers", "zh")
    files = [("a.json", json.dumps(wrong).encode(), "application/json"), ("b.json", b"{,}", "application/json")]
    test = _uploader(test, "sent_footprints").set_value(files).run()
    assert not test.exception and not test.error
    told = _table(test, "处理办法").set_index("实际内容")["原因"].to_dict()
    assert told == {
        "pcf.pcfExcludingBiogenicUptake: 6": "碳足迹不符合数据模型：不是文本；应为：文本",
        "pcf.fossilGhgEmissions": "碳足迹不符合数据模型：缺少键“fossilGhgEmissions”",
        "status: Old": "碳足迹不符合数据模型：不是该键允许的词；应为：Active, Deprecated",
        "created: yesterday": "碳足迹不符合数据模型：格式不符；应为：2025-01-01T00:00:00Z",
        "line 1": "文件无法读取：JSON 格式有误",
    }
