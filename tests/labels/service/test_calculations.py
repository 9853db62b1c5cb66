"""Ids of calculations: the same for the same, no guess leads to another, estimates forgotten in time."""

from __future__ import annotations

import sqlite3
import stat
import time

import pytest

from carbon.labels.service.calculations import Calculations

CART = {"lines": [{"sku": "A", "quantity": 1}], "destination": {"country": "GB"}}


@pytest.fixture
def store(tmp_path):
    """Return an empty store, closed at the end."""
    made = Calculations(tmp_path, keep_days=1.0)
    yield made
    made.close()


def test_the_same_cart_has_the_same_id(store, tmp_path):
    """Proves that ids follow from content and secret: order of keys is nothing, content and another service's secret are all."""
    one = store.keep("estimate", CART)
    assert store.keep("estimate", dict(reversed(CART.items()))) == one
    assert store.keep("order", CART) != one != store.keep("estimate", CART | {"currency": "GBP"})
    other = Calculations(tmp_path / "other")
    assert other.keep("estimate", CART) != one
    other.close()
    assert len(one) == 26 and one.isalnum() and one == one.lower()


def test_what_is_kept_is_found_at_once_and_later(store, tmp_path):
    """Proves that a page can be opened the moment its id is told, by another worker once it is written, and after a restart."""
    name = store.keep("estimate", CART)
    assert store.find(name).what == CART
    store.close()
    again = Calculations(tmp_path)
    assert again.find(name).what == CART and again.find(name).kind == "estimate"
    assert again.find(name[:-1] + "a") is None or name.endswith("a")
    again.close()


def test_estimates_are_forgotten_and_orders_are_not(store, tmp_path):
    """Proves the retention: an old estimate is not found, and is deleted at the next start; an order stays."""
    estimate, order = store.keep("estimate", CART), store.keep("order", {"order_id": "1"})
    store.close()
    with sqlite3.connect(tmp_path / "calculations.sqlite") as connection:
        connection.execute("UPDATE calculations SET at = ?", (time.time() - 2 * 86_400,))
    again = Calculations(tmp_path, keep_days=1.0)
    assert again.find(estimate) is None and again.find(order).what == {"order_id": "1"}
    again.close()
    with sqlite3.connect(tmp_path / "calculations.sqlite") as connection:
        assert connection.execute("SELECT kind FROM calculations").fetchall() == [("order",)]


def test_the_secret_is_the_owners_alone(store, tmp_path):
    """Proves that nobody else on the machine can make ids."""
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
