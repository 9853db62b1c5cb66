"""A carrier's table of intensities becomes rows of an own factor file, or an error that names row and column."""

from __future__ import annotations

import pytest

from carbon import Registry, carrier_factors, check_tables, file_text, intensity_by
from carbon.errors import FactorError

HEAD = "category,mode,boundary,value,unit,source,distance_basis,valid_from,verification\n"
GOOD = (
    "Trunk lorry,road,WTT,12.5,g CO2e/tkm,Report 2025,shortest feasible,2025-01-01,third party\n"
    "Trunk lorry,road,TTW,50,g/(t*km),Report 2025,shortest_feasible,2025-01-01,third party\n"
    "分拨中心,hub,WTW,40,g/parcel,Report 2025,,,\n"
    "Van,road,WTW,210,g/km,Report 2025,,,\n"
)


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table and reads it."""

    def read(text: str, encoding: str = "utf-8") -> list[dict]:
        path = tmp_path / "carrier.csv"
        path.write_text(text, encoding=encoding)
        return carrier_factors(path, "Fast & Co")

    return read


def test_rows_become_factors_that_name_their_source(table, tmp_path):
    """Proves that every row keeps value, boundary and distance basis, cites the carrier's document, and can be used."""
    rows = table(HEAD + GOOD, "utf-8-sig")
    assert [intensity_by(row) for row in rows] == ["kg*km", "kg*km", "parcel", "km"]
    assert rows[0]["id"] == rows[1]["id"] == "own.fast_co.trunk_lorry.glo.2025"
    assert all(
        row["source"] == "Fast & Co: Report 2025" and row["locator"].startswith("carrier.csv, line ") for row in rows
    )
    assert rows[0]["note"] == "verification: third party; primary data: not stated"
    assert rows[2]["note"] == "verification: not stated; primary data: not stated"
    path = tmp_path / "own.yaml"
    path.write_text(file_text({"factors": rows}), encoding="utf-8")
    assert check_tables([path]) == []
    found = Registry.load([path], gwp_set="AR5").resolve("road.own.fast_co.trunk_lorry", "kg*km", "DE", 2025)
    assert found.factor.co2e_kg == pytest.approx(62.5e-6)


def test_the_share_of_primary_data_stands_in_the_note(table):
    """Proves that what a carrier states is kept with its factor, and that a per cent for a share is refused with row and column."""
    head, row = HEAD.rstrip("\n") + ",primary_share\n", GOOD.splitlines()[-1]
    assert table(f"{head}{row},0.4\n")[0]["note"].endswith("primary data: 40%")
    with pytest.raises(FactorError, match="not a share") as caught:
        table(f"{head}{row},40\n")
    assert caught.value.where.column == "primary_share"


def test_two_names_never_become_one_key(table):
    """Proves that categories which no key can spell are told apart."""
    rows = table(HEAD + "".join(f"{name},road,WTW,1,g/km,R,,,\n" for name in ("干线", "支线", "Van é", "Van è")))
    assert len({row["activity"] for row in rows}) == 4


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_of_spreadsheets_are_read(table, delimiter):
    """Proves that semicolons and tabs, as spreadsheets write them, are read."""
    assert len(table((HEAD + GOOD).replace(",", delimiter))) == 4


@pytest.mark.parametrize(
    ("row", "said", "column"),
    [
        ("Lorry,road,WTW,50,g/(t*km),R,,,", "the distance that the carrier divided by", "distance_basis"),
        ("Lorry,road,WTW,50,g/(t*km),R,by map,,", "the distance that the carrier divided by", "distance_basis"),
        ("Lorry,lorry,WTW,50,g/km,R,,,", "unknown mode", "mode"),
        ("Lorry,road,all,50,g/km,R,,,", "unknown boundary", "boundary"),
        ('Lorry,road,WTW,"0,5",g/km,R,,,', "not a number", "value"),
        ("Lorry,road,WTW,50,g/t,R,,,", "cannot have", "unit"),
        ("Hub,hub,WTW,50,g/km,R,,,", "cannot have", "unit"),
        ("Lorry,road,WTW,50,g/furlong2,R,,,", "cannot have", "unit"),
        ("Lorry,road,WTW,50,g/km,,,,", "an empty cell", "source"),
        ("Lorry,road,WTW,50,g/km,R,,2025,", "not a date", "valid_from"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(table, row, said, column):
    """Proves that nothing is guessed: the row, the column, what stands there and what is expected are said."""
    with pytest.raises(FactorError) as refused:
        table(HEAD + GOOD + row + "\n")
    assert (
        said in str(refused.value) and f"line 6, '{column}'" in str(refused.value) and "expected" in str(refused.value)
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "columns missing"), (HEAD, "no rows"), ("a,b\n1,2\n", "columns missing"),
     (HEAD.replace("category", "category,colour") + GOOD, "unknown columns"),
     (HEAD.replace("source", "source,unit") + GOOD, "stands twice")],
)  # fmt: skip
def test_a_table_of_another_kind_is_refused(table, text, said):
    """Proves that columns are known or refused, never ignored."""
    with pytest.raises(FactorError, match=said):
        table(text)
