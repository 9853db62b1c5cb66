"""`carbon diff`, `carbon period`, `carbon verify --head-sha256`, and what `calculate` and `inventory` say of replays."""

from __future__ import annotations

import json
import re

import pytest

from carbon.ledger import EFFECTS, Ledger, restatements
from tests.ledger.changes import ROWS, changed, renamed, table

SETUP = """
name: Small
country: GB
base_year: 2025
restatement: {threshold: 0.05}
sites: {coventry: {place: {country: GB, latitude: 52.44, longitude: -1.48}}}
packages: {box: {inner: 250x180x100 mm, mass: 118 g}}
services:
  road:
    chain:
      - {stage: line_haul, vehicle: road.hgv.articulated_33t.average}
      - {stage: last_mile, vehicle: road.van.class_3.diesel}
"""


@pytest.fixture
def shop(tmp_path, monkeypatch, carbon):
    """A folder with orders, heavier orders, the organisation file, and a ledger of one run."""
    monkeypatch.chdir(tmp_path)
    table(ROWS).to_csv("orders.csv", index=False)
    table(changed(goods_mass_kg=9.0)).to_csv("heavier.csv", index=False)
    renamed(changed(shipped_on="2025-08-30", goods_mass_kg=2.0)).to_csv("august.csv", index=False)
    (tmp_path / "organisation.yaml").write_text(SETUP, encoding="utf-8")
    assert carbon("calculate", "orders.csv").code == 0
    return tmp_path


def newest(shop) -> str:
    """Return the newest run's id."""
    return Ledger(shop / "ledger").run_ids()[-1]


def test_diff_prints_a_waterfall_that_adds_up(shop, carbon):
    """Proves the table: run A, the six effects in order, run B, and a running total that ends there."""
    first = newest(shop)
    assert carbon("calculate", "august.csv").code == 0
    found = carbon("diff", first, newest(shop))
    assert found.code == 0, found.err
    lines = found.out.splitlines()
    names = [line.strip().rsplit("  ")[0] for line in lines]
    assert names[1].startswith(f"run A {first}") and f"run B {newest(shop)}" in found.out
    assert [line.strip().split("  ")[0] for line in lines[2:8]] == [name.replace("_", " ") for name in EFFECTS]
    running = [float(line.split()[-1].replace(",", "")) for line in lines[1:8]]
    last = float(lines[9].split()[-1].replace(",", ""))
    assert running[-1] == pytest.approx(last, abs=1e-3)
    check = re.search(r"check: ([\d.,]+) \+ effects = ([\d.,]+) kg", found.out)
    assert check and float(check[2]) == pytest.approx(last, abs=1e-3)
    assert "95 % range of the difference" in found.out and "10 and 10 parcels; 0 are in both" in found.out


def test_diff_as_json(shop, carbon):
    """Proves that --json has everything the table has, in full precision."""
    first = newest(shop)
    assert carbon("calculate", "august.csv").code == 0
    data = json.loads(carbon("diff", first, newest(shop), "--json").out)
    assert list(data["effects_kg"]) == list(EFFECTS)
    assert sum(data["effects_kg"].values()) == pytest.approx(data["difference_kg"], rel=1e-9)
    assert data["low_kg"] < data["difference_kg"] < data["high_kg"] and data["clear"] in (True, False)
    months = json.loads(carbon("diff", "2025-06", "2025-08", "--json").out)
    assert months["effects_kg"] == pytest.approx(data["effects_kg"], abs=1e-12) and months["a"] == "2025-06"


def test_diff_of_an_unknown_run(shop, carbon):
    """Proves exit code and message."""
    found = carbon("diff", "yesterday", newest(shop))
    assert found.code == 1 and "no such run" in found.err and newest(shop) in found.err


def test_a_sensitivity_is_labelled_in_every_output(shop, carbon):
    """Proves the label in calculate, diff, inventory and explain, and that the inventory itself leaves it out."""
    first = newest(shop)
    made = carbon("calculate", "orders.csv", "--edition", 2024)
    assert made.code == 0 and "(sensitivity: it counts in no inventory)" in made.out
    assert "parcels of 2025 with the factor edition of 2024" in made.err
    run = newest(shop)
    compared = carbon("diff", first, run)
    assert (
        f"run B {run} (sensitivity)" in compared.out and "is a sensitivity: it counts in no inventory" in compared.out
    )
    shown = carbon("inventory", "--run", run)
    assert "is a sensitivity" in shown.out and "2024" in shown.out
    assert run in json.loads(carbon("inventory", "--run", run, "--json").out)["sensitivities"]
    assert "is a sensitivity" in carbon("explain", "P3", "--run", run).out
    plain = json.loads(carbon("inventory", "--json").out)
    assert (plain["runs"], plain["sensitivities"]) == ([first], {})
    assert "sensitivity" not in carbon("inventory").out + carbon("explain", "P3").out
    data = json.loads(carbon("calculate", "orders.csv", "--edition", 2024, "--json").out)
    assert (data["purpose"], data["options"]["edition"]) == ("sensitivity", 2024)


def test_restating_with_a_reason(shop, carbon):
    """Proves the option, the refusal below the threshold, and the two base-year figures side by side."""
    first = newest(shop)
    refused = carbon("calculate", "orders.csv", "--restate", first, "--reason", "error")
    assert refused.code == 2 and "not above the stated threshold" in refused.err
    unknown = carbon("calculate", "orders.csv", "--restate", first, "--reason", "mood")
    assert unknown.code == 2 and "late_data" in unknown.err
    assert carbon("calculate", "heavier.csv", "--restate", first, "--reason", "error").code == 0
    (each,) = restatements(shop / "ledger")
    printed = carbon("inventory").out
    for text in ("base year", f"{each.before_kg:,.1f}", f"{each.after_kg:,.1f}", "error", f"{each.change_share:+.1%}"):
        assert text in printed
    assert "stated threshold for restating the base year: 5.0%" in printed
    (said,) = json.loads(carbon("inventory", "--json").out)["restatements"]
    assert (said["supersedes"], said["reason"], said["restates_base_year"]) == ([first], "error", True)
    assert said["change_share"] == pytest.approx(each.after_kg / each.before_kg - 1)


def test_closing_and_opening_a_period(shop, carbon):
    """Proves the three commands, their JSON, and that the closed month is refused and accepted again."""
    assert carbon("period", "close", "2025-08", "--why", "published").out.strip() == "closed: 2025-08"
    refused = carbon("calculate", "august.csv")
    assert refused.code == 1 and "carbon period reopen 2025-08" in refused.err
    listed = carbon("period", "list").out
    assert "closed: 2025-08" in listed and "close 2025-08: published" in listed
    wrong = carbon("period", "reopen", "2025-09")
    assert wrong.code == 2 and "not closed" in wrong.err
    data = json.loads(carbon("period", "reopen", "2025-08", "--why", "a late file", "--json").out)
    assert data["closed"] == [] and [each["action"] for each in data["history"]] == ["close", "reopen"]
    assert carbon("period", "list").out.startswith("no period is closed")
    assert carbon("calculate", "august.csv").code == 0
    assert carbon("period", "close", "summer").code == 2


def test_overlapping_imports_name_the_runs(shop, carbon):
    """Proves that the command says which runs hold parcels of the file, how many, and what leads on."""
    first = newest(shop)
    assert carbon("calculate", "august.csv").code == 0
    table([*ROWS[:4], *renamed(ROWS, "N").to_dict("records")]).to_csv("more.csv", index=False)
    found = carbon("calculate", "more.csv", "--rejects", "rejects.csv")
    assert found.code == 0 and f"already counting: run {first} (4)" in found.out and "whole file" in found.out
    assert (shop / "rejects.csv").read_text(encoding="utf-8").count(f"--restate {first}") == 4
    refused = carbon("calculate", "heavier.csv")
    assert refused.code == 2 and f"run {first} (10)" in refused.err and f"--restate {first}" in refused.err


def test_a_base_year_needs_a_word_before_the_survey(shop, carbon, monkeypatch):
    """Proves that nobody waits for a long file before hearing that a restated base year needs its reason."""
    monkeypatch.setattr("carbon.engine.local.Local.survey", lambda *_: pytest.fail("the orders were read"))
    found = carbon("calculate", "heavier.csv", "--restate", newest(shop))
    assert found.code == 2 and "does not say why" in found.err and "--reason late_data" in found.err


@pytest.mark.parametrize("words", [("close", "2025-06"), ("reopen", "2025-06"), ("list",)])
def test_periods_of_a_folder_that_is_no_ledger(shop, carbon, words):
    """Proves that a slip in the folder's name makes no second ledger, and is told apart from an empty list."""
    (shop / "letters").mkdir()
    (shop / "letters" / "a.txt").write_text("x")
    for name, found in (("ledgr", "no such folder"), ("letters", "a folder with a.txt")):
        refused = carbon("period", *words, "--ledger", name)
        assert refused.code == 2 and "this is no ledger" in refused.err and found in refused.err
        assert not list(shop.glob(f"{name}/*.jsonl")) and not list(shop.glob(f"{name}/.lock"))
    checked = carbon("verify", "--ledger", "letters")
    assert checked.code == 1 and "no ledger" in checked.err


def test_verify_against_a_hash_kept_elsewhere(shop, carbon):
    """Proves that a printed head hash is found in the chain later on, and that another is not."""
    kept = Ledger(shop / "ledger").head_sha256()
    assert carbon("calculate", "august.csv").code == 0
    assert carbon("verify", "--head-sha256", kept).code == 0
    wrong = carbon("verify", "--head-sha256", "0" * 64)
    assert wrong.code == 1 and "no run has the hash" in wrong.err
    assert json.loads(carbon("verify", "--head-sha256", kept, "--json").out)["ok"]
