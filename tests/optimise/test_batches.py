"""Orders packed on several processes: the same files, byte by byte; a limited stock is shared out in one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from carbon.optimise import batches, packing
from carbon.optimise.packing import pack
from carbon.optimise.pieces import SHARES, Piece
from carbon.orders.items import OrderItems, by_position
from carbon.sample import write_sample
from tests.engine.small import orders, parcel
from tests.optimise.shop import PACKAGES, item, shop, write


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Return the sample merchant's folder, small."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, 120)
    return folder


def _packed(sample, folder, cores):
    folder.mkdir()
    done = pack(
        sample / "orders.csv", sample / "lines.csv", sample / "organisation.yaml", folder / "packed.csv",
        plan=folder / "plan.json", rejects_file=folder / "rejects.csv", sheets=folder / "sheets", time_limit_s=None,
        cores=cores,
    )  # fmt: skip
    return done, {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_equal_orders_fall_into_one_share(tmp_path):
    """Proves that shares hold every row once with its own items, and that equal items never fall into two shares."""
    rows = [item(f"P{number}", quantity=1 + number % 5) | {"sku": f"S{number}"} for number in range(40)]
    # The same as P7 on two lines.
    rows += [item("P40", quantity=1), item("P40", quantity=2)]
    items = OrderItems(write(tmp_path / "items.csv", rows))
    ids = pa.array([f"P{number}" for number in range(41)])
    piece = Piece(pa.table({"parcel_id": ids}), np.arange(1, 42), items.table_of(ids), frozenset({3}))
    shares = piece.shares()
    found = [row for share in shares for row in share.rows.tolist()]
    assert sorted(found) == list(range(1, 42)) and len(shares) == SHARES
    holding: dict[int, set[int]] = {}
    for number, share in enumerate(shares):
        inside = by_position(share.items)
        for position, parcel_id in enumerate(share.table["parcel_id"].to_pylist()):
            mine = inside[position]
            assert all(each["sku"] in (f"S{parcel_id[1:]}", "A") for each in mine)
            holding.setdefault(sum(each["quantity"] for each in mine), set()).add(number)
            assert (position in share.repeated) == (parcel_id == "P3")
    assert set(holding) == {1, 2, 3, 4, 5} and all(len(numbers) == 1 for numbers in holding.values())


@pytest.mark.slow
def test_processes_change_no_byte(sample, tmp_path, monkeypatch):
    """Proves that orders, plan, rejects and sheets are the same files whether one process decides or two do."""
    monkeypatch.setattr(packing, "ROWS", 4)
    one, files = _packed(sample, tmp_path / "one", 1)
    two, others = _packed(sample, tmp_path / "two", 2)
    assert one.as_dict() == two.as_dict() and one.orders == 120 == one.packed + one.kept + one.refused
    assert files == others and len(files) == 3 + one.sheets and one.sheets == one.parcels
    assert two.questions >= one.questions > 0


def test_a_limited_stock_is_shared_in_one_process(tmp_path, monkeypatch):
    """Proves that orders which draw on one stock are never decided in processes that do not know of each other."""
    monkeypatch.setattr(batches, "ProcessPoolExecutor", None)
    monkeypatch.setattr(packing, "ROWS", 2)
    names = [f"P{number}" for number in range(6)]
    limited = {**PACKAGES, "mailer": {**PACKAGES["mailer"], "stock": 3}}
    items = write(tmp_path / "items.csv", [item(name) for name in names])
    rows = orders(*[parcel(name, package="large") for name in names])
    done = pack(rows, items, shop(limited), tmp_path / "packed.csv", cores=2)
    assert done.packages["mailer"] == 3 and done.parcels == 6
