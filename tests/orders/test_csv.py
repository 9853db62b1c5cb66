"""CSV: encodings, delimiters, broken rows, and files that are no orders at all."""

from __future__ import annotations

import csv
import gzip
import io

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carbon.errors import OrdersError
from carbon.orders.table import OrdersInput

HEAD = "parcel_id,shipped_on,destination_country,destination_city,goods_mass_kg\n"
GOOD = "p1,2025-06-30,DE,Berlin,1.2\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_encodings_of_chinese_files(orders, read, encoding):
    """Proves that Chinese text arrives whole from every encoding that is found out."""
    source = orders((HEAD + "p1,2025-06-30,中国,深圳,1.2\n").encode(encoding))
    passed, numbers, rejects = read(source)
    assert (passed[0]["destination_country"], passed[0]["destination_city"]) == ("CN", "深圳")
    assert numbers == [1] and rejects == [] and source.row_estimate == 1


def test_gbk_beyond_the_first_block(orders, read):
    """Proves that strict decoding covers the whole file: a GBK tail behind a long ASCII head is read as GB 18030."""
    body = "".join(f"p{i},2025-06-30,DE,Berlin,1\n" for i in range(60_000))
    with pytest.raises(OrdersError, match="tried utf-8"):
        orders((HEAD + body).encode() + "z,2025-06-30,DE,深圳,1\n".encode("gbk"))
    head = HEAD.encode() + "a,2025-06-30,CN,深圳,1\n".encode("gbk")
    passed, _, _ = read(orders(head + body.encode() + "z,2025-06-30,CN,广州,1\n".encode("gbk")))
    assert len(passed) == 60_002 and passed[-1]["destination_city"] == "广州"


def test_western_encoding_is_not_guessed(orders, tmp_path):
    """Proves that an encoding that cannot be told is an error naming what was tried, and that a mapping names it."""
    content = (HEAD + "p1,2025-06-30,DE,München,1\n").encode("cp1252")
    with pytest.raises(OrdersError) as caught:
        orders(content)
    assert "tried utf-8 (fails on line 2)" in str(caught.value) and "gb18030" in str(caught.value)
    mapping = tmp_path / "map.yaml"
    mapping.write_text("encoding: cp1252\n")
    chunk = next(orders(content, mapping=mapping).chunks())
    assert chunk.table["destination_city"].to_pylist() == ["München"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n\n ", "empty"),
        (HEAD.encode(), "no rows"),
        (b"a,b\n1,2\n", "no column is recognised"),
        (b"parcel,shiped_on,destination_city\n1,2,3\n", "'shiped_on' for shipped_on"),
        (b"parcel_id,shipped_on,goods_mass_kg,goods_mass_kg\n1,2,3,4\n", "twice"),
        (gzip.compress((HEAD + GOOD).encode(), mtime=0)[:-9], "cut short"),
        (b"\x00\x01\x02parcel_id\x00\n" * 40, "not a text file"),
    ],
)
def test_files_that_are_no_orders(orders, content, said):
    """Proves that a file that cannot be used is one message with file and mend."""
    with pytest.raises(OrdersError) as caught:
        orders(content)
    assert said in str(caught.value) and "orders.csv" in str(caught.value)


def test_absent_file_names_near_ones(tmp_path):
    """Proves that a misspelt path is answered with the file that is there."""
    (tmp_path / "orders.csv").write_text(HEAD)
    with pytest.raises(OrdersError, match=r"did you mean orders\.csv"):
        OrdersInput.open(tmp_path / "order.csv")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(orders, read, delimiter, newline):
    """Proves that the usual delimiters and line ends are found out, with Excel's sep= line."""
    text = (HEAD + GOOD).replace(",", delimiter).replace("\n", newline)
    for prefix in ("", f"sep={delimiter}{newline}"):
        passed, numbers, rejects = read(orders(prefix + text))
        assert [row["parcel_id"] for row in passed] == ["p1"] and numbers == [1] and not rejects


def test_gzip_is_known_by_its_bytes(orders, read):
    """Proves that packed files are read, whatever their name."""
    assert len(read(orders(gzip.compress((HEAD + GOOD).encode()), "orders.csv.gz"))[0]) == 1
    assert len(read(orders(gzip.compress((HEAD + GOOD).encode()), "orders.csv"))[0]) == 1


def test_thirty_columns_with_a_broken_row(orders, read):
    """Proves that too few and too many cells reject their own row, by number, and no other."""
    extra = [f"x{i}" for i in range(25)]
    lines = [",".join([*HEAD.strip().split(","), *extra])]
    lines += [",".join([f"p{i}", "2025-06-30", "DE", "Berlin", "1", *["v"] * 25]) for i in range(1, 8)]
    lines[3] += ",surplus"
    lines[5] = lines[5].rsplit(",", 3)[0]
    passed, numbers, rejects = read(orders("\n".join(lines)))
    assert numbers == [1, 2, 4, 6, 7]
    assert [(reject.row, reject.reason) for reject in rejects] == [(3, "broken_row"), (5, "broken_row")]
    assert (rejects[0].parcel_id, rejects[0].found) == ("p3", "31 cells instead of 30")
    assert [row["parcel_id"] for row in passed] == ["p1", "p2", "p4", "p6", "p7"]


def test_unclosed_quotation_mark_swallows_nothing(orders, read):
    """Proves that one open quotation mark costs its own row only, while cells over several lines stay whole."""
    text = HEAD + (
        'p1,2025-06-30,DE,"Berlin,1\n'
        "p2,2025-06-30,DE,Berlin,1\n"
        'p3,2025-06-30,DE,"Berlin, Mitte",1\n'
        'p4,2025-06-30,DE,"Frank\nfurt",1\n'
        'p5,2025-06-30,DE,24" street,1\n'
        'p6,2025-06-30,DE,"never closed,1\n'
        "p7,2025-06-30,DE,Bonn,1"
    )
    passed, numbers, rejects = read(orders(text))
    assert numbers == [2, 3, 4, 5, 7]
    assert [row["destination_city"] for row in passed] == [
        "Berlin",
        "Berlin, Mitte",
        "Frank furt",
        '24" street',
        "Bonn",
    ]
    assert [(reject.row, reject.parcel_id, reject.reason) for reject in rejects] == [
        (1, "p1", "unclosed_quote"),
        (6, "p6", "unclosed_quote"),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("place", range(6))
def test_line_breaks_in_any_column(orders, read, place, newline):
    """Proves that a quoted cell over several lines is one row, in the first, a middle or the last column."""
    head, row = HEAD.strip().split(","), GOOD.strip().split(",")
    head.insert(place, "note"), row.insert(place, f'"ring bell,{newline}say ""hi"", wait,{newline}leave, at, door"')
    text = newline.join([",".join(head), ",".join(row), ",".join(row).replace("p1", "p2"), ""])
    passed, numbers, rejects = read(orders(text))
    assert [cells["parcel_id"] for cells in passed] == ["p1", "p2"] and numbers == [1, 2] and not rejects


def test_line_break_in_the_parcel_id(orders, read):
    """Proves that the second half of a broken id is no parcel of its own, though its line has all cells."""
    passed, numbers, rejects = read(orders(HEAD + GOOD.replace("p1", '"p\n1"') + GOOD))
    assert [row["parcel_id"] for row in passed] == ["p 1", "p1"] and numbers == [1, 2] and not rejects


def test_address_over_two_lines_in_a_narrow_file(orders, read):
    """Proves that commas of an address are not taken for those of a row, even where their number fits."""
    text = 'parcel_id,destination_city,shipped_on\np1,"Main St, 5\nBerlin, DE",2025-06-30\n'
    passed, _, rejects = read(orders(text))
    assert passed[0]["destination_city"] == "Main St, 5 Berlin, DE" and not rejects


@pytest.mark.parametrize(
    "after",
    [
        'p2,2025-06-30,DE,"Bonn",1\n',  # its opening mark would close the first, and be followed by text
        'p2,2025-06-30,DE,24" street,1\n',
        'p2,2025-06-30,DE,Pipe 24",1\n',  # closes properly, with the right number of cells, yet is a row
        'p2,2025-06-30,DE,Bonn,1\np3,2025-06-30,DE,Pipe 24",1\n',
        'p2,2025-06-30,DE,"Bonn\nMitte",1\n',
    ],
)
def test_open_mark_before_a_row_with_marks(orders, read, after):
    """Proves that an open mark costs its own row only, also where a later row has marks that could close it."""
    passed, _, rejects = read(orders(HEAD + 'p1,2025-06-30,DE,"Berlin,1\n' + after + GOOD.replace("p1", "p9")))
    assert [row["parcel_id"] for row in passed] == [f"p{i}" for i in range(2, 2 + after.count("2025"))] + ["p9"]
    assert [(reject.row, reject.reason) for reject in rejects] == [(1, "unclosed_quote")]


def test_broken_rows_leave_no_personal_data(orders, read):
    """Proves that of a broken row only its parcel id is kept, because its other cells may be names and streets."""
    text = (
        "name,"
        + HEAD
        + 'Ann Smith,p1,2025-06-30,DE,Bonn,1,x\nBob Jones,p2,2025-06-30,"DE,Bonn,1\nC,p3,2025-06-30,DE,Bonn,1\n'
    )
    _, numbers, rejects = read(orders(text))
    assert [reject.parcel_id for reject in rejects] == ["p1", "p2"] and numbers == [3]
    assert not any(name in str(reject) for reject in rejects for name in ("Ann", "Smith", "Bob", "Jones"))


def test_broken_rows_over_many_blocks(orders, read):
    """Proves that row numbers hold over the reader's blocks: every broken row is reported where it stands."""
    lines, broken = [], []
    for number in range(1, 300_001):
        if number % 9973 == 0:
            broken.append(number)
            lines.append("x,y\n" if number % 2 else f'x{number},2025-06-30,DE,"open,1\n')
        else:
            lines.append(f"p{number},2025-06-30,DE,Berlin und noch ein langer Name,1\n")
    source = orders(HEAD + "".join(lines))
    passed, numbers, rejects = read(source, rows=50_000)
    assert [reject.row for reject in rejects] == broken
    assert [f"p{number}" for number in numbers] == [row["parcel_id"] for row in passed]
    assert len(passed) + len(rejects) == 300_000 == source.row_estimate == source.notes["rows"]


cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=("Cs",)), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=6), min_size=1, max_size=12))
def test_rows_in_are_rows_out_plus_rejects(orders, read, rows):
    """Proves, for any cells written as valid CSV, that each record is passed or rejected exactly once."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["parcel_id", "shipped_on", "destination_country", "note", "goods_mass_kg"])
    for row in rows:
        writer.writerow(["id", *[cell.replace("\n", " ") for cell in row]])
    _, numbers, rejects = read(orders(buffer.getvalue()))
    assert sorted([*numbers, *(reject.row for reject in rejects)]) == list(range(1, len(rows) + 1))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.lists(st.text(st.sampled_from('",a \n'), max_size=3), min_size=6, max_size=6), min_size=1),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_valid_csv_keeps_its_rows(orders, rows, quoting, newline):
    """Proves, for marks, delimiters and line breaks in any column, that valid CSV is read as the rows it was."""
    buffer, head = io.StringIO(), ["shipped_on", *"abcde"]
    csv.writer(buffer, lineterminator=newline, quoting=quoting).writerows([["parcel_id", *head]])
    for number, row in enumerate(rows):
        place = number % 7
        cells = [*row[:place], f"id{number}", *row[place:]]
        csv.writer(buffer, lineterminator=newline, quoting=quoting).writerow(cells)
    source = orders(buffer.getvalue())
    batches = list(source._source.batches(["parcel_id", *head], 1000))
    assert not any(batch.broken for batch in batches)
    got = [list(cells.values()) for batch in batches for cells in pa.table(batch.columns).to_pylist()]
    expected = [[*row[: n % 7], f"id{n}", *row[n % 7 :]] for n, row in enumerate(rows)]
    assert got == [[cell.replace("\n", " ") or None for cell in row] for row in expected]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(noise=st.lists(st.text(st.sampled_from(list('",ab1 \n')), max_size=20), min_size=1, max_size=8))
def test_good_rows_survive_noise(orders, read, noise):
    """Proves that any mixture of quotation marks, delimiters and breaks leaves most good rows after it standing.

    An open mark may take the row it is closed in; the row after a plain row is always read.
    """
    text = HEAD + "".join(f"{junk}\n{GOOD}{GOOD}" for junk in noise)
    passed, _, rejects = read(orders(text))
    assert sum(row["parcel_id"] == "p1" for row in passed) >= len(noise)
    assert all(reject.reason for reject in rejects)


def test_a_line_without_end_is_refused(tmp_path):
    """Proves that a packed file of a few kilobytes cannot fill the memory with one endless cell."""
    path = tmp_path / "orders.csv.gz"
    with gzip.open(path, "wb", 1) as stream:
        stream.write(b"parcel_id,shipped_on,destination_country\n")
        for _ in range(20):
            stream.write(b"x" * (1 << 20))
    with pytest.raises(OrdersError) as refused:
        list(OrdersInput.open(path).chunks())
    assert "a line does not end" in str(refused.value)
