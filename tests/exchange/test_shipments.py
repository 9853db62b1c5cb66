"""Carriers' shipment footprints: added up by hand, shared among the rows of a shipment, and refused where they contradict themselves."""

from __future__ import annotations

import copy
import csv
import json
import os
from pathlib import Path

import pytest

from carbon import with_shipments
from carbon.errors import OrdersError
from carbon.exchange.reject import REASONS

STANDARDS = Path(os.environ.get("CARBON_STANDARDS", Path(__file__).resolve().parents[3] / "shared" / "standards"))
SCHEMA, DEMO = (STANDARDS / "ileap" / name for name in ("shipment-footprint.schema.json", "demo-footprints.json"))


@pytest.fixture
def sent() -> dict:
    """Return a shipment of 2 kg over 100 km of road, a hub, and 10 km of road: 0.04 + 0.01 + 0.05 kg WTW, 0.07 kg TTW."""
    shared = {"shipmentId": "S1", "consignmentId": "C1", "mass": "2"}
    return {
        "id": "f1", "specVersion": "2.2.0", "version": 0, "status": "Active", "created": "2025-02-01T00:00:00Z",
        "companyName": "Carrier", "productNameCompany": "Shipment S1",
        "pcf": {"declaredUnit": "ton kilometer", "unitaryProductAmount": "0.22", "pCfExcludingBiogenic": "0.1",
                "primaryDataShare": 60},
        "extensions": [{"data": {"shipmentId": "S1", "mass": "2", "tces": [
            shared | {"tceId": "t1", "tocId": "trunk", "distance": {"actual": "112", "sfd": "100"},
                      "transportActivity": "0.2", "co2eWTW": "0.04", "co2eTTW": "0.03"},
            shared | {"tceId": "t2", "prevTceIds": ["t1"], "hocId": "hub", "distance": {"actual": "0"},
                      "transportActivity": "0", "co2eWTW": "0.01", "co2eTTW": "0"},
            shared | {"tceId": "t3", "prevTceIds": ["t2"], "tocId": "van", "distance": {"gcd": "10"},
                      "transportActivity": "0.02", "co2eWTW": "0.05", "co2eTTW": "0.04"},
        ]}}],
    }  # fmt: skip


def _changed(data: dict, path: str, value: object) -> dict:
    """Return a copy with a value of its first extension, or of the footprint where the path begins with a dot, changed."""
    made = copy.deepcopy(data)
    at = made if path.startswith(".") else made["extensions"][0]["data"]
    *way, last = path.strip(".").split(".")
    for key in way:
        at = at[int(key) if key.isdigit() else key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


@pytest.fixture
def filled(tmp_path, written):
    """Return a function that fills an orders file and gives its rows and the account of it."""

    def fill(footprints: list[dict], orders: str, by: str = "parcel_id"):
        path, out = tmp_path / "orders.csv", tmp_path / "out.csv"
        path.write_text(orders, encoding="utf-8")
        made = with_shipments(path, [written(footprints)], out, by)
        with open(out, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert made.found == len(made.taken) + len(made.rejects) == len(footprints)
        assert made.rows == len(rows) == orders.count("\n") - 1
        return rows, made

    return fill


def test_the_chain_is_added_up_on_its_order(filled, sent):
    """Proves by hand 0.1 kg well-to-wheel and 0.07 kg tank-to-wheel of three elements, 60 % primary; that another row keeps
    its own value, and that other columns stay."""
    rows, made = filled([sent], "parcel_id,note,goods_mass_kg,reported_co2e_kg\nS1,x,1.5,9\nS2,y,1,7\n")
    first, second = rows
    assert (first["reported_co2e_kg"], first["reported_ttw_co2e_kg"]) == ("0.1", "0.07")
    assert (first["reported_primary_share"], first["shipment_footprint"], first["note"]) == ("0.6", "f1", "x")
    assert (second["reported_co2e_kg"], second["reported_ttw_co2e_kg"], second["note"]) == ("7", "", "y")
    assert (made.filled, made.replaced, made.rejects, made.taken[0].footprint.elements) == (1, 1, (), 3)


def test_rows_of_one_shipment_share_it_by_mass(filled, sent):
    """Proves by hand that 0.5 kg, 0.5 kg and 1 kg of goods take a quarter, a quarter and half, by the consignment's number and
    a column of the user's own; and that nothing is shared where a mass is missing."""
    orders = "parcel_id,Tracking,goods_mass_kg\na,C1,0.5\nb, C1 ,0.5\nc,C1,1\nd,C2,1\n"
    rows, made = filled([sent], orders, by="tracking")
    assert [float(row["reported_co2e_kg"] or 0) for row in rows] == pytest.approx([0.025, 0.025, 0.05, 0])
    assert [float(row["reported_ttw_co2e_kg"] or 0) for row in rows] == pytest.approx([0.0175, 0.0175, 0.035, 0])
    assert (made.filled, made.taken[0].rows) == (3, 3)
    rows, made = filled([sent], orders.replace("c,C1,1", "c,C1,"), by="tracking")
    assert [each.reason for each in made.rejects] == ["no_masses"] and not any(row["reported_co2e_kg"] for row in rows)


@pytest.mark.parametrize(
    ("path", "value", "reason", "said"),
    [
        (".extensions", [], "not_shipment", "Shipment S1"),
        (".status", "Deprecated", "deprecated", "Deprecated"),
        (".pcf.primaryDataShare", 160, "schema", "primaryDataShare"),
        (".pcf.pCfExcludingBiogenic", "0.2", "sums", "0.2 kg"),
        (".pcf.unitaryProductAmount", "0.4", "sums", "0.4 tkm"),
        ("tces.0.co2eWTW", 0.04, "schema", "co2eWTW"),
        ("tces.0.co2eWTW", "0.14", "sums", "0.20 kg in the chain"),
        ("tces.0.co2eTTW", "0.05", "schema", "above co2eWTW"),
        ("tces.0.tocId", None, "schema", "neither"),
        ("tces.0.shipmentId", "S9", "other_shipment", "S9"),
        ("tces.1.tceId", "t1", "chain", "t1"),
        ("tces.1.prevTceIds", ["t0"], "chain", "t2"),
        ("tces.0.mass", "0.002", "activity", "0.002 kg"),
        ("tces.0.distance", {"actual": "112000"}, "activity", "112000 km"),
        ("tces", [], "schema", "tces"),
        ("mass", "0.002", "shipment_mass", "0.002 kg"),
        ("mass", "2000", "shipment_mass", "2000 kg"),
        ("shipmentId", "S9", "other_shipment", "S1"),
    ],
)
def test_what_contradicts_itself_is_a_reject(filled, sent, path, value, reason, said):
    """Proves each refusal, that it says what was found with a way out, and that nothing is written for it."""
    rows, made = filled([_changed(sent, path, value)], "parcel_id,goods_mass_kg\nS1,1.5\n")
    (reject,) = made.rejects
    assert (reject.reason, made.filled, rows[0]["reported_co2e_kg"]) == (reason, 0, "")
    assert said in reject.found and REASONS[reason][0] and reject.mend


def test_the_newest_of_a_shipment_counts_and_unknown_ones_are_told(filled, sent):
    """Proves that a later footprint of a shipment takes the place of the former, that one named as preceding does not count,
    and that shipments without an order, or a consignment that two shipments share, fill nothing."""
    newer = _changed(_changed(sent, ".id", "f2"), ".created", "2025-03-01T00:00:00Z")
    other = json.loads(json.dumps(sent).replace("S1", "S7").replace('"f1"', '"f7"'))
    rows, made = filled([newer, sent, other], "parcel_id\nS1\nC1\n")
    assert [row["shipment_footprint"] for row in rows] == ["f2", ""]
    assert [(each.reason, each.product) for each in made.rejects] == [("superseded", "S1"), ("no_order", "S7")]
    alone = other | {"precedingPfIds": ["f1"]}
    _, made = filled([sent, alone], "parcel_id\nS1\nS7\n")
    assert [each.order for each in made.taken] == ["S7"]


def test_an_unknown_column_is_named_and_nothing_written(tmp_path, written, sent):
    """Proves that the file's columns are told, and that no file stands there afterwards."""
    (tmp_path / "orders.csv").write_text("parcel_id\nS1\n", encoding="utf-8")
    with pytest.raises(OrdersError, match="no such column") as caught:
        with_shipments(tmp_path / "orders.csv", [written(sent)], tmp_path / "out.csv", "tracking")
    assert caught.value.expected == "parcel_id" and not (tmp_path / "out.csv").exists()


@pytest.mark.skipif(
    not SCHEMA.is_file(), reason="the standard's schema is not here (CARBON_STANDARDS or ../shared/standards)"
)
def test_the_standards_own_schema_and_example_agree(filled, sent):
    """Proves by the published JSON Schema that the hand-made shipment is one, and that of the published examples the two whose
    ids agree are taken with their sums, while the third is refused for the id that differs in it."""
    import jsonschema

    schema = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert schema.is_valid(sent["extensions"][0]["data"])
    given = [each for each in json.loads(DEMO.read_text(encoding="utf-8"))["footprints"]
             if any("tces" in extension["data"] for extension in each.get("extensions") or ())]  # fmt: skip
    orders = "parcel_id\nshipment-simple-1\nshipment-multi-modal-1\npre-and-post-legs-1\n"
    rows, made = filled(given, orders)
    assert [row["reported_co2e_kg"] for row in rows] == ["", "3131.06", "385.76"]
    assert [(each.reason, each.product) for each in made.rejects] == [("other_shipment", "shipment-simple-1")]
