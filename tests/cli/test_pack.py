"""`carbon pack` and `carbon cartons` as a user types them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as Tree
from itertools import pairwise

import pytest
import yaml

from carbon import documents
from carbon.cli import common
from carbon.organisation import Package
from carbon.sample import write_sample
from tests.engine.small import own_factor, own_file
from tests.optimise.shop import read


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """Return the sample merchant's folder, small."""
    folder = tmp_path_factory.mktemp("shop")
    write_sample(folder, 120)
    return folder


def _files(shop, *more):
    return (shop / "orders.csv", "--items", shop / "lines.csv", "--organisation", shop / "organisation.yaml", *more)


def test_pack_then_calculate(carbon, shop, tmp_path):
    """Proves the whole way: pack writes an orders file, plan, sheets and rejects; `calculate` takes what it writes."""
    packed = tmp_path / "packed.csv"
    done = carbon("pack", *_files(shop), "-o", packed, "--plan", tmp_path / "plan.json", "--sheets", tmp_path / "sheets",
                  "--language", "zh", "--rejects", tmp_path / "rejects.csv", "--lines", shop / "lines.csv")  # fmt: skip
    assert done.code == 0, done.err
    first = done.out.splitlines()[0]
    assert first.startswith("120 orders = ") and "packed" in first and "refused" in first
    assert "next inventory:" in done.out and "95 % range" in done.out and "GBP" in done.out and "EU 2025/40" in done.out
    assert "next: carbon calculate" in done.err
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    parcels = [part for order in plan["orders"] for part in order["parcels"]]
    assert plan["summary"]["parcels"] == len(parcels) == len(list((tmp_path / "sheets").glob("*.svg")))
    assert all(Tree.parse(path) for path in (tmp_path / "sheets").glob("*.svg"))
    texts = [path.read_text(encoding="utf-8") for path in (tmp_path / "sheets").glob("*.svg")]
    assert sum("中号纸箱" in text and ">  carton_m<" in text for text in texts) == sum(
        part["package"] == "carton_m" for part in parcels
    )
    counted = carbon("calculate", packed, "--organisation", shop / "organisation.yaml", "--lines", shop / "lines.csv",
                     "--ledger", tmp_path / "ledger", "--json")  # fmt: skip
    assert counted.code == 0
    counts, summary = json.loads(counted.out)["counts"], plan["summary"]
    assert counts["rows"] == summary["parcels"] + summary["kept"] == len(read(packed))
    refused = read(tmp_path / "rejects.csv")
    assert len(refused) == summary["kept"] + summary["refused"] and all(each["mend"] for each in refused)


def test_pack_speaks_json(carbon, shop, tmp_path):
    """Proves that --json prints one document and nothing else."""
    done = carbon(
        "pack", *_files(shop), "-o", tmp_path / "p.parquet", "--objective", "weighted", "--several", "needed", "--json"
    )
    found = json.loads(done.out)
    assert done.code == 0 and found["objective"] == "weighted" and found["currency"] == "GBP"
    assert found["orders"] == found["packed"] + found["kept"] + found["refused"] == 120


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("-o", "out.xlsx"), "ends in .csv or .parquet"),
        (("-o", "out.csv", "--carbon-price", "90 kg", "--objective", "weighted"), "not a price"),
        (("-o", "out.csv", "--items-mapping", "gone.yaml"), "no such file"),
    ],
)
def test_wrong_input_is_one_message(carbon, shop, tmp_path, monkeypatch, more, said):
    """Proves exit 2 with found, expected and mend, and that nothing is left half-written."""
    monkeypatch.chdir(tmp_path)
    done = carbon("pack", *_files(shop), *more)
    assert done.code == 2 and said in done.err and "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_cartons_writes_packages_to_adopt(carbon, shop, tmp_path):
    """Proves a set with its curve, gap and effects, and that what it writes is what an organisation file takes."""
    chosen = tmp_path / "packages.yaml"
    done = carbon(
        "cartons",
        *_files(shop),
        "--count",
        4,
        "--stay",
        "carton_xxl",
        "--grid",
        20,
        "--seconds",
        4,
        "--polish",
        6,
        "-o",
        chosen,
        "--json",
    )
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert len(found["sizes"]) <= 4 and "carton_xxl" in found["sizes"]
    assert [step["sizes"] for step in found["curve"]] == list(range(1, 21))
    totals = [step["total"] for step in found["curve"] if not step["without_a_size"]]
    assert all(b <= a * (1 + 1e-9) for a, b in pairwise(totals))
    polish = found["polish"]
    assert polish["saved"] is None or polish["saved"] >= 0
    assert found["candidates"] > polish["sizes"] > 0 and polish["after"] == found["total"]
    assert 0 <= found["gap"] < 1 and found["bound"] <= found["total"] * (1 + 1e-9)
    assert sum(each["saved"] for each in found["by_month"]) == pytest.approx(
        sum(each["saved"] for each in found["by_lane"])
    )
    written = yaml.safe_load(chosen.read_text(encoding="utf-8"))["packages"]
    packages = {key: Package.model_validate(each) for key, each in documents.read(chosen)["packages"].items()}
    assert packages.keys() == found["sizes"].keys()
    whole = yaml.safe_load((shop / "organisation.yaml").read_text(encoding="utf-8"))
    (tmp_path / "organisation.yaml").write_text(
        yaml.safe_dump(whole | {"packages": whole["packages"] | written}, allow_unicode=True), encoding="utf-8"
    )
    again = carbon("pack", shop / "orders.csv", "--items", shop / "lines.csv", "--organisation",
                   tmp_path / "organisation.yaml", "-o", tmp_path / "packed.csv", "--json")  # fmt: skip
    before = carbon("pack", *_files(shop), "-o", tmp_path / "before.csv", "--json")
    assert json.loads(again.out)["co2e_kg"] <= json.loads(before.out)["co2e_kg"] + 1e-9


def test_cartons_prints_what_it_chose(carbon, shop):
    """Proves the printed set: sizes, proven bound, today's and stock cartons beside it; and that a wrong --stay is named."""
    done = carbon("cartons", *_files(shop), "--count", 3, "--grid", 50, "--seconds", 2, "--polish", 4)
    assert done.code == 0 and "proven: no set out of these" in done.out
    assert "sizes near the chosen ones" in " ".join(done.out.split())
    assert "against today's cartons" in done.out and "against stock sizes" in done.out and "2025-" in done.out
    wrong = carbon("cartons", *_files(shop), "--stay", "carton_q")
    assert wrong.code == 2 and "carton_q" in wrong.err and "carton_s" in wrong.err


def test_advice_says_from_how_many_uses(carbon, shop):
    """Proves the break-even of the sample's reusable box in words and as JSON, and own containers with their risk."""
    done = carbon("advice", *_files(shop))
    assert done.code == 0 and "reusable_box" in done.out and "uses" in done.out and "GBP:" in done.out
    assert "nothing left at a risk of" in done.out
    found = json.loads(carbon("advice", *_files(shop, "--damage-risk", 0.01, "--json")).out)
    assert found["reuse"][0]["package"] == "reusable_box" and found["own"][0]["net_co2e_kg"] is not None


def test_advice_says_what_other_material_would_change(carbon, shop, monkeypatch):
    """Proves the swaps in words and as JSON: within the columns, with ranges, and with what nothing can be said of."""
    monkeypatch.setattr(common.out, "_width", 100)
    done = carbon("advice", *_files(shop))
    text = " ".join(done.out.split())
    assert done.code == 0 and max(map(len, done.out.splitlines())) <= 100
    assert "end of life brings no credit and ranks nothing" in text and "corrugated board 70% -> 100%" in text
    assert "where zero lies in its range, a saving is not clear" in text and "stand in (proxy)" in text
    assert "no other material for carton_s" in text and "a mass is not made up" in text
    found = json.loads(carbon("advice", *_files(shop, "--json")).out)
    mailer = next(each for each in found["swaps"] if (each["package"], each["region"]) == ("mailer", "GB"))
    (offer,) = mailer["offers"]
    assert offer["what"] == "recycled_content" and offer["swap"]["option"]["mass_kg"] == pytest.approx(0.026)
    assert offer["difference"]["value_kg"] == pytest.approx(-offer["swap"]["saved_co2e_kg"])
    assert {each["package"] for each in found["swaps"]} | {each["package"] for each in found["left_out"]} == set(
        documents.read(shop / "organisation.yaml")["packages"]
    )


def test_advice_tells_other_materials_and_ranks_no_end_of_life(carbon, shop, tmp_path, monkeypatch):
    """Proves that a package of the same size lends its mass, and that equal production is printed without a rank."""
    monkeypatch.setattr(common.out, "_width", 100)
    whole = yaml.safe_load((shop / "organisation.yaml").read_text(encoding="utf-8"))
    box = whole["packages"]["carton_m"]
    whole["packages"]["crate_m"] = {"inner": box["inner"], "max_load": "20 kg", "material": "pp", "mass": "400 g"}
    own = [
        own_factor(f"own.ldpe.{source}", 2.0, "kg/kg", "cradle_to_gate", activity=f"packaging.ldpe.{source}")
        for source in ("virgin", "recycled")
    ]
    (tmp_path / "organisation.yaml").write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    done = carbon("advice", shop / "orders.csv", "--items", shop / "lines.csv", "--organisation",
                  tmp_path / "organisation.yaml", "--factors", own_file(tmp_path, own))  # fmt: skip
    text = " ".join(done.out.split())
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 100
    assert "not ranked, mailer in GB" in text and "end of life does not rank" in text
    found = json.loads(carbon("advice", shop / "orders.csv", "--items", shop / "lines.csv", "--organisation",
                              tmp_path / "organisation.yaml", "--json").out)  # fmt: skip
    crates = [(each["package"], offer) for each in found["swaps"] for offer in each["offers"] if offer["mass_of"]]
    assert {(package, offer["material"], offer["mass_of"]) for package, offer in crates} == {
        ("carton_m", "pp", "crate_m")
    }
    assert all(offer["swap"]["saved_co2e_kg"] < 0 and offer["swap"]["rank"] for _, offer in crates)
