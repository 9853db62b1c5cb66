"""Output within the reader's columns: text is folded between words, numbers stand whole."""

from __future__ import annotations

import json
import re

import pytest

from carbon.cli import common, layout
from carbon.ledger import EFFECTS, Ledger
from carbon.terms import DELIVERY_STAGES
from tests.cli.test_change import SETUP
from tests.ledger.changes import ROWS, changed, renamed, table


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with two runs of which the second weighs more, on longer ways, in another year."""
    from carbon.calculate import calculate

    folder = tmp_path_factory.mktemp("layout")
    (folder / "organisation.yaml").write_text(SETUP.replace("Small", "Long names " * 12), encoding="utf-8")
    orders = table(ROWS * 1), renamed(changed(shipped_on="2024-08-30", goods_mass_kg=912.0, destination_latitude=53.4))
    for each in orders:
        calculate(each, folder / "organisation.yaml", ledger=folder / "ledger")
    return folder


@pytest.fixture(params=[80, 100])
def columns(request, monkeypatch):
    """So many columns."""
    monkeypatch.setattr(common.out, "_width", request.param)
    return request.param


def test_every_line_fits(place, columns, monkeypatch, carbon):
    """Proves for each command that prints tables or paragraphs that no line is wider, and that nothing is cut."""
    monkeypatch.chdir(place)
    first, second = Ledger("ledger").run_ids()
    for words in (["inventory"], ["diff", first, second], ["explain", "P3"], ["factors", "show", "desnz_2025.electricity.grid"],
                  ["verify"], ["period", "list"]):  # fmt: skip
        found = carbon(*words)
        assert found.code == 0, found.err
        assert max(map(len, found.out.splitlines())) <= columns, words
        assert "…" not in found.out


def test_numbers_of_an_inventory_are_whole(place, columns, monkeypatch, carbon):
    """Proves that each figure that JSON gives stands unbroken in the text."""
    monkeypatch.chdir(place)
    data, text = json.loads(carbon("inventory", "--json").out), carbon("inventory").out
    for row in data["scopes"]:
        assert f"{row['co2e_kg']:,.1f}" in text.split()
    # Gaps are worded as in the report, with names in place of codes; what a gap narrows is the ledger's own figure.
    assert len(data["gaps"]) > 5
    narrowed = re.findall(r"range by ([\d.]+) %", " ".join(text.split()))
    assert narrowed == [re.search(r"range by ([\d.]+) %", row["text_en"])[1] for row in data["gaps"]]


def test_effects_by_stage_add_up(place, columns, monkeypatch, carbon):
    """Proves the table of effects by stage: its rows are the JSON's, its sums the effects, its corner the difference."""
    monkeypatch.chdir(place)
    first, second = Ledger("ledger").run_ids()
    data, text = json.loads(carbon("diff", first, second, "--json").out), carbon("diff", first, second).out
    assert list(data["stages_kg"]) == [str(stage) for stage in DELIVERY_STAGES]
    for name in EFFECTS:
        assert sum(kg[name] for kg in data["stages_kg"].values()) == pytest.approx(data["effects_kg"][name], abs=1e-9)
    lines = text.split("effects by stage, kg CO2e\n")[1].split("\n\n")[0].splitlines()
    rows = {match[1]: [float(cell.replace(",", "")) for cell in match[2].split()]
            for match in (re.match(r"([a-z][a-z ]*?) {1,}([-+\d].*)", line) for line in lines) if match}  # fmt: skip
    shown = [name for name in EFFECTS if any(abs(kg[name]) > 0 for kg in data["stages_kg"].values())]
    assert len(shown) >= 3 and {"line haul", "packaging", "all stages"} <= set(rows)
    for stage, kg in data["stages_kg"].items():
        if any(kg.values()):
            assert rows[stage.replace("_", " ")] == pytest.approx(
                [*(kg[name] for name in shown), sum(kg.values())], abs=0.06
            )
    assert rows["all stages"][-1] == pytest.approx(data["difference_kg"], abs=0.06)
    assert rows["all stages"][:-1] == pytest.approx([data["effects_kg"][name] for name in shown], abs=0.06)


def test_paragraphs_keep_words_and_wide_signs(columns, capsys):
    """Proves the hanging indent, that no word is lost, and that Chinese signs count for two columns each."""
    layout.say("word " * 60, lead="  12  ")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("  12  word") and all(line.startswith("      word") for line in lines[1:])
    assert " ".join(lines).split().count("word") == 60 and max(map(len, lines)) <= columns
    layout.say("配送轮次" * 40)
    lines = capsys.readouterr().out.splitlines()
    assert "".join(lines) == "配送轮次" * 40 and all(len(line) * 2 <= columns for line in lines)


def test_a_list_in_a_pipe_keeps_its_lines_whole(columns, carbon):
    """Proves that other programs can search the list of factors: one row a line, ids unbroken."""
    found = carbon("factors", "list", "van", "class_2", "diesel")
    wanted = json.loads(carbon("factors", "list", "van", "class_2", "diesel", "--json").out)
    assert [line.split()[0] for line in found.out.splitlines()[1:-1]] == [row["id"] for row in wanted]
