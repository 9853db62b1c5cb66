"""`carbon footprints` and `carbon intensities`: what they print, write and refuse."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from carbon.cli import app
from carbon.errors import InputError

_SENT = {
    "id": "f4b1225a-bd44-4c8e-861d-079e4e1dfd69", "specVersion": "3.0.0", "status": "Active",
    "created": "2025-02-01T00:00:00+00:00", "companyName": "Mill", "companyIds": ["urn:company:mill:1"],
    "productDescription": "", "productIds": ["urn:gtin:4006381333931"], "productNameCompany": "Towels",
    "pcf": {
        "declaredUnitOfMeasurement": "piece", "declaredUnitAmount": "12", "productMassPerDeclaredUnit": "4.8",
        "pcfExcludingBiogenicUptake": "6", "pcfIncludingBiogenicUptake": "5", "fossilGhgEmissions": "6",
        "fossilCarbonContent": "0", "ipccCharacterizationFactors": ["AR6"], "crossSectoralStandards": ["PACT-3.0"],
        "exemptedEmissionsPercent": "0", "referencePeriodStart": "2024-01-01T00:00:00Z",
        "referencePeriodEnd": "2025-01-01T00:00:00Z",
    },
}  # fmt: skip


def _run(*words: object):
    return CliRunner().invoke(app, [str(word) for word in words])


def test_footprints_are_written_told_and_refused(tmp_path):
    """Proves that the file is filled, that JSON holds what was taken and what not, and that the rejects are a file."""
    sent, articles = tmp_path / "sent.json", tmp_path / "articles.csv"
    sent.write_text(json.dumps([_SENT, _SENT | {"id": "x", "status": "Deprecated"}]), encoding="utf-8")
    articles.write_text("sku,gtin\nA,4006381333931\n", encoding="utf-8")
    asked = ("footprints", sent, "--articles", articles, "-o", tmp_path / "out.csv")
    shown = _run(*asked, "--rejects", tmp_path / "rejects.csv")
    assert shown.exit_code == 0 and "rows filled: 1 of 1 (0 replaced)" in " ".join(shown.output.split())
    assert "the supplier has withdrawn the footprint" in " ".join(shown.output.split())
    assert "A,4006381333931,0.5,2024-01-01,2027-12-31," in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert "deprecated" in (tmp_path / "rejects.csv").read_text(encoding="utf-8")
    told = json.loads(_run(*asked, "--json").output)
    assert (told["footprints"], told["taken"][0]["unit_co2e_kg"], told["rejects"][0]["reason"]) == (
        2,
        0.5,
        "deprecated",
    )


def test_intensities_ask_for_a_distance_that_is_known(tmp_path):
    """Proves that a table is written with two rows a category, and that an unknown distance is named."""
    toc = {"tocId": "t", "mode": "Road", "transportActivityUnit": "tkm", "co2eIntensityWTW": "0.1",
           "co2eIntensityTTW": "0.08", "energyCarriers": [{}]}  # fmt: skip
    sent = tmp_path / "sent.json"
    sent.write_text(json.dumps(_SENT | {"extensions": [{"data": toc}]}), encoding="utf-8")
    shown = _run("intensities", sent, "--distance-basis", "actual", "-o", tmp_path / "table.csv")
    assert shown.exit_code == 0 and "1 categories: 2 rows" in shown.output
    assert len((tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()) == 3
    wrong = _run("intensities", sent, "--distance-basis", "by feel", "-o", tmp_path / "table.csv")
    assert wrong.exit_code != 0 and "unknown distance" in str(wrong.exception)


def test_shipments_reach_the_orders_and_their_footprints(tmp_path):
    """Proves the whole way: the command fills the row and names what it refuses, and the parcel's transport is the carrier's
    kilogram by its two parts, as explain recomputes it."""
    from carbon import calculate, explain
    from tests.engine.small import HUB, LINE_HAUL, VAN, merchant, parcel

    tce = {"tceId": "t", "tocId": "van", "shipmentId": "P1", "mass": "2", "distance": {"actual": "100"},
           "transportActivity": "0.2", "co2eWTW": "0.3", "co2eTTW": "0.24"}  # fmt: skip
    given = _SENT | {"extensions": [{"data": {"shipmentId": "P1", "mass": "2", "tces": [tce]}}]}
    given["pcf"] = {"unitaryProductAmount": "0.2", "pCfExcludingBiogenic": "0.3"}
    sent, orders, out = (tmp_path / name for name in ("sent.json", "orders.csv", "out.csv"))
    sent.write_text(json.dumps([given, _SENT]), encoding="utf-8")
    row = parcel()
    orders.write_text(f"{','.join(row)}\n{','.join(map(str, row.values()))}\n", encoding="utf-8")
    shown = _run("shipments", sent, "--orders", orders, "-o", out, "--rejects", tmp_path / "rejects.csv")
    said = " ".join(shown.output.split())
    assert shown.exit_code == 0 and "footprints sent: 2; taken: 1; rows filled: 1 of 1" in said
    assert "no shipment footprint of iLEAP" in said and "not_shipment" in (tmp_path / "rejects.csv").read_text("utf-8")
    told = json.loads(_run("shipments", sent, "--orders", orders, "-o", out, "--json").output)
    assert (told["taken"][0]["reported_ttw_co2e_kg"], told["rejects"][0]["reason"]) == (0.24, "not_shipment")
    services = {"road": {"chain": [LINE_HAUL, HUB, VAN], "reported": {"source": "iLEAP"}}}
    calculate(out, merchant(services=services), ledger=tmp_path / "ledger")
    (found,) = explain(tmp_path / "ledger", "P1")
    lines = {line.boundary: line.co2e_kg for line in found.lines if line.stage in ("line_haul", "hubs", "last_mile")}
    assert found.agrees and lines == {"WTT": pytest.approx(0.06), "TTW": 0.24}
    assert found.shares["primary"] > 0


@pytest.mark.parametrize(
    "words",
    [("footprints", "--articles"), ("intensities", "--distance-basis", "actual"), ("shipments", "--orders")],
    ids=lambda words: words[0],
)
def test_a_file_that_is_absent_is_bad_input(tmp_path, words):
    """Proves that a mistyped path is said to be one, rather than a supplier's fault, and that nothing is written."""
    table, output = tmp_path / "table.csv", tmp_path / "out.csv"
    table.write_text("sku,parcel_id\nA,P1\n", encoding="utf-8")
    name, *options = words
    last = () if len(options) > 1 else (table,)
    shown = _run(name, tmp_path / "absent.json", *options, *last, "-o", output)
    assert isinstance(shown.exception, InputError) and shown.exception.problem == "no such file"
    assert shown.exception.exit_code == 2 and not output.exists()
