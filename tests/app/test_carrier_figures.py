"""A carrier's own intensities: uploaded, looked at, kept with their source, used by one leg of one service, and calculated with."""

from __future__ import annotations

import pytest

from carbon import documents

TABLE = (
    "category,mode,boundary,value,unit,source,distance_basis,valid_from,verification\n"
    "Trunk lorry,road,WTW,62.5,g CO2e/tkm,Report 2025,shortest_feasible,2025-01-01,third party\n"
    "Sorting centre,hub,WTW,40,g/parcel,Report 2025,,2025-01-01,\n"
)
ACTIVITY = "road.own.parcel_carrier.trunk_lorry"


def _opened(open_app, own, content: str = TABLE, language: str = "en", **signed):
    test = open_app(own, "carriers", language, carrier_held="carrier Parcel carrier", **signed)
    upload = next(each for each in test.get("file_uploader") if each.key == "own_figures_Parcel carrier")
    return upload.set_value(("intensities.csv", content.encode("utf-8-sig"), "text/csv")).run()


def _press(test, label: str):
    return next(each for each in test.button if each.label == label).click().run()


def test_a_carriers_table_ends_in_a_parcels_calculation(open_app, own, words):
    """Proves the whole way: the table is shown, kept with its source, used by the one leg that was named, and a parcel's
    line haul is then its mass times distance times that intensity, as primary data."""
    from carbon import calculate, explain

    before = documents.read(own / "organisation.yaml")["services"]
    test = _opened(open_app, own)
    assert not test.error and not test.exception
    test = _press(test, "Keep these figures")
    assert "2 rows are kept" in words(test)
    kept = documents.read(own / "own_factors.yaml")["factors"]
    assert {row["source"] for row in kept} == {"Parcel carrier: Report 2025"}
    test = test.selectbox(key="own_figures_service_en").select("gb_standard").run()
    assert list(test.selectbox(key="own_figures_activity_en").options) == ["Parcel carrier: Trunk lorry"]
    test.checkbox(key="own_figures_measured").check()
    test = _press(test, "Use it in this leg")
    assert not test.error and "from the next run on" in words(test)
    after = documents.read(own / "organisation.yaml")["services"]
    assert after["gb_standard"]["chain"][0] == {"stage": "line_haul", "vehicle": ACTIVITY, "primary": True}
    assert after["gb_standard"]["chain"][1:] == before["gb_standard"]["chain"][1:]
    # Services that shared the chain by an anchor keep it as it was.
    assert {key: each for key, each in after.items() if key != "gb_standard"} == {
        key: each for key, each in before.items() if key != "gb_standard"
    }
    few = own / "few.csv"
    rows = (own / "orders.csv").read_text(encoding="utf-8").splitlines(True)
    few.write_text("".join([rows[0], *[row for row in rows if "gb_standard" in row][:2]]), encoding="utf-8")
    made = calculate(few, own / "organisation.yaml", ledger=own / "new", factors=[own / "own_factors.yaml"])
    assert made.manifest.counts["footprints"] == 2
    order = next(row for row in rows if "gb_standard" in row).split(",")[0]
    lines = [each for each in explain(own / "new", order)[0].lines if each.factor_id.startswith("own.parcel_carrier")]
    assert lines and all(str(each.data_type) == "primary" for each in lines)
    assert all(each.co2e_kg == pytest.approx(each.amount * each.factor_value) for each in lines)


def test_a_bad_table_is_a_message_and_nothing_is_kept(open_app, own):
    """Proves that row and column of a slip are said, and that no figure is taken from such a table."""
    test = _opened(open_app, own, TABLE + "Van,road,WTW,much,g/km,Report 2025,,,\n")
    assert not test.exception
    assert "not a number" in test.error[0].value and "line 4" in test.error[0].value.replace("\\", "")
    assert not (own / "own_factors.yaml").exists()
