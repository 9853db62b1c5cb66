"""Samples for auditors: chances in proportion to emissions, estimates that meet the ledger, calculations that replay."""

from __future__ import annotations

import csv
import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from carbon.cli import app
from carbon.errors import InputError, LedgerError
from carbon.ledger import Ledger, audit_sample, sampling
from carbon.ledger.query import connect, rows_of
from carbon.terms import DELIVERY_STAGES


def draw(sizes, count, start):
    """Return a stratum of these sizes, ready to be drawn from."""
    frame = sampling._Frame()
    frame.add(np.array(sizes, dtype=float), count)
    return sampling._Draw(frame, count, start)


def test_chances_are_in_proportion_to_emissions():
    """Proves, over a thousand even starts, that each parcel is drawn as often as its stated probability, large ones always."""
    sizes, count, starts = [40.0, 3.0, 0.0, 2.5, 1.0, 25.0, 0.5, 4.0], 4, 1000
    drawn = np.zeros(len(sizes))
    for number in range(starts):
        found = draw(sizes, count, number / starts)
        places = found.hits(np.array(sizes))
        assert len(places) == count
        drawn[places] += 1
    stated = [found.probability(size) for size in sizes]
    assert drawn / starts == pytest.approx(stated, abs=2 / starts)
    # 40 and 25 are as large as an interval; the other 11 kg share two draws.
    assert stated[0] == stated[5] == 1.0 and stated[1] == pytest.approx(2 * 3 / 11) and stated[2] == 0.0


def test_pieces_do_not_change_the_sample():
    """Proves that a stratum read in pieces of any length gives the same parcels as read at once."""
    sizes = np.random.default_rng(7).lognormal(0, 1.5, 5000)
    whole = set(draw(sizes, 60, 0.37).hits(sizes))
    for length in (1, 7, 999):
        found, pieces = draw(sizes, 60, 0.37), set()
        for first in range(0, len(sizes), length):
            pieces |= {first + at for at in found.hits(sizes[first : first + length])}
        assert pieces == whole
    assert len(whole) == 60


def test_a_stratum_smaller_than_the_sample_is_drawn_whole():
    """Proves that where fewer parcels have emissions than are wanted, all of them are drawn, each for certain."""
    found = draw([2.0, 0.0, 5.0], 2, 0.9)
    assert list(found.hits(np.array([2.0, 0.0, 5.0]))) == [0, 2] and found.probability(2.0) == 1.0


def _drawn(ledger: Ledger, count: int, seed: int, monkeypatch, by: str = "none"):
    """Return a sample without its calculations, which take most of the time."""
    with monkeypatch.context() as patch:
        patch.setattr(sampling, "explain_parcels", lambda _, wanted: list(wanted))
        return audit_sample(ledger, count, seed=seed, by=by)


@pytest.mark.parametrize("by", ["none", "stage", "month"])
def test_estimates_meet_the_ledger(sample, monkeypatch, by):
    """Proves that every sample estimates the recorded kg exactly, and that forty together come near what chances know nothing of: the gross mass."""
    with connect(sample) as connection:
        whole = rows_of(connection, "SELECT sum(total_co2e_kg) AS kg, sum(gross_mass_kg) AS mass FROM footprints")[0]
        masses = dict(connection.execute("SELECT parcel_id, gross_mass_kg FROM footprints").fetchall())
    means = []
    for seed in range(40):
        found = _drawn(sample, 60, seed, monkeypatch, by)
        assert math.fsum(each.estimated_kg for each in found.strata) == pytest.approx(whole["kg"], rel=1e-9)
        assert math.fsum(each.total_kg for each in found.strata) == pytest.approx(whole["kg"], rel=1e-12)
        if by != "stage":  # of stages, a parcel stands in several strata
            means.append(math.fsum(masses[each.explanation[1]] * each.weight for each in found.parcels))
    if means:
        error = np.std(means, ddof=1) / math.sqrt(len(means))
        assert abs(np.mean(means) - whole["mass"]) < 4 * error < 0.25 * whole["mass"]


def test_every_stratum_has_its_share(sample, monkeypatch):
    """Proves that draws fall to strata by emissions, at least one each, and that too few are refused with their names."""
    found = _drawn(sample, 30, 1, monkeypatch, "stage")
    assert [each.name for each in found.strata] == [str(stage) for stage in DELIVERY_STAGES]
    assert sum(each.drawn for each in found.strata) == 30 and min(each.drawn for each in found.strata) >= 1
    largest = max(found.strata, key=lambda each: each.total_kg)
    assert largest.drawn == max(each.drawn for each in found.strata)
    with pytest.raises(InputError, match="fewer draws than strata"):
        audit_sample(sample, 3, by="stage")


def test_the_same_seed_gives_the_same_parcels(sample, monkeypatch):
    """Proves that a sample is repeated by its seed, by default that of the ledger's head, and that another seed gives another."""
    first, again = (_drawn(sample, 20, 5, monkeypatch) for _ in range(2))
    assert first == again and _drawn(sample, 20, 6, monkeypatch).parcels != first.parcels
    default = _drawn(sample, 20, None, monkeypatch)
    assert default.seed == int(sample.head_sha256()[:12], 16) and default.head_sha256 == sample.head_sha256()


def test_an_auditor_can_replay_the_file(sample, tmp_path):
    """Proves, from the command to the file, that amount times factor of the CSV adds up to every recorded total, and JSON holds the same parcels."""
    typed = ["audit", "--ledger", str(sample.folder), "--count", "6", "--seed", "3"]
    names = [str(tmp_path / name) for name in ("a.csv", "a.json")]
    result = CliRunner().invoke(app, [*typed, "-o", names[0], "-o", names[1]])
    assert result.exit_code == 0, result.output
    assert sample.head_sha256()[:40] in result.output and "repeats" in result.output
    rows = list(csv.DictReader((tmp_path / "a.csv").open(encoding="utf-8")))
    parcels = {row["parcel_id"]: [each for each in rows if each["parcel_id"] == row["parcel_id"]] for row in rows}
    for steps in parcels.values():
        total = math.fsum(
            float(step["amount"]) * float(step["factor_value"])
            for step in steps
            if step["accounting"] == "total" and step["stage"] != "product"
        )
        assert total == pytest.approx(float(steps[0]["recorded_total_kg"]), rel=1e-9)
        assert all(step["formula"] and step["inputs"] and step["source"] for step in steps)
    whole = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert [each["calculation"]["parcel"]["parcel_id"] for each in whole["parcels"]] == list(parcels)
    assert whole["agrees"] is True and whole["head_sha256"] == sample.head_sha256()
    assert all(each["weight"] * each["inclusion_probability"] == pytest.approx(1) for each in whole["parcels"])


def test_wrong_wishes_are_refused(sample, tmp_path):
    """Proves that no parcel, an unknown form, nothing to write and an empty period are each refused with a message, and write nothing."""
    with pytest.raises(InputError, match="this is no sample"):
        audit_sample(sample, 0)
    with pytest.raises(LedgerError, match="no emissions"):
        audit_sample(sample, 5, period="2031")
    for typed, said in ((["-o", str(tmp_path / "a.xlsx")], "unknown form"), ([], "nothing to write")):
        result = CliRunner().invoke(app, ["audit", "--ledger", str(sample.folder), *typed])
        assert isinstance(result.exception, InputError) and said in str(result.exception)
    nowhere = tmp_path / "nowhere" / "a.csv"
    result = CliRunner().invoke(app, ["audit", "--ledger", str(sample.folder), "--count", "1", "-o", str(nowhere)])
    assert isinstance(result.exception, OSError) and result.exception.filename == str(nowhere)
    assert list(tmp_path.iterdir()) == []
