"""A recorded order, and delivery options as the estimate gives them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from carbon import calculate
from carbon.labels.calculation import Calculation, Record, calculation_of
from carbon.labels.label import Names, label_of_option, label_of_order
from carbon.ledger import Ledger, connect, explain, verify
from carbon.sample import write_sample
from carbon.terms import Stage

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
URL = "https://shop.example/calculation/k3v9Qd2mZt7Wc8hP"
STANDARD = Names({"en": "Standard delivery", "zh": "标准配送"})
SHOP = Names({"en": "Parcel shop", "zh": "自提点"})


@dataclass(frozen=True)
class Option:
    """What `carbon.estimate.options` gives of an option, as far as a label reads it."""

    co2e_kg: float = 0.9236
    low_kg: float | None = 0.774
    high_kg: float | None = 1.223
    stages: dict = field(
        default_factory=lambda: {
            Stage.PACKAGING: 0.12,
            Stage.LINE_HAUL: 0.2036,
            Stage.HUBS: 0.01,
            Stage.LAST_MILE: 0.51,
            Stage.WAREHOUSING: 0.08,
        }
    )
    product_co2e_kg: float | None = None
    shares: dict = field(default_factory=lambda: {"primary": 0.0, "modelled": 0.7, "default": 0.3})
    factor_years: tuple[int, ...] = (2025, 2024)
    reason: str | None = None

    def but(self, **changes) -> Option:
        """Return it with something else."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Change:
    """A difference as `carbon.engine.uncertainty` gives it."""

    value_kg: float
    low_kg: float | None
    high_kg: float | None
    clear: bool | None = None


def label_of(option: Option, names: Names = STANDARD, **others):
    """Return an option's label with all that a service would say."""
    given = {"url": URL, "calculated_at": NOW, "gwp_sets": ("AR5",), "iso_14083": True}
    return label_of_option(option, names, **{**given, **others})


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> tuple[Ledger, list]:
    """A ledger, and an order of several parcels in it as `explain` gives it."""
    folder = tmp_path_factory.mktemp("labels")
    write_sample(folder, parcels=120)
    calculate(folder / "orders.csv", folder / "organisation.yaml", ledger=folder / "ledger", lines=folder / "lines.csv")
    ledger = Ledger(folder / "ledger")
    with connect(ledger) as connection:
        order = connection.execute(
            "SELECT order_id FROM footprints GROUP BY ALL ORDER BY count(*) DESC, order_id LIMIT 1"
        ).fetchone()[0]
    return ledger, explain(ledger, order)


@pytest.fixture(scope="session")
def calculation(recorded) -> Calculation:
    """The page's content for the recorded order."""
    ledger, found = recorded
    label = label_of_order(found, Names({"en": "Delivery of this order"}), url=URL, calculated_at=NOW)
    state = verify(ledger)
    parcel = found[0].parcel
    return calculation_of(
        [line for each in found for line in each.lines],
        label,
        id="k3v9Qd2mZt7Wc8hP",
        url=URL,
        factors_json=ledger.file(found[0].run, "factors.json").read_text(encoding="utf-8"),
        factor_release=ledger.current()[-1].factor_release_sha256,
        calculated_at=NOW,
        fallbacks=["goods_mass", "destination_city"],
        regions=(parcel["origin_region"], parcel["destination_region"]),
        record=Record(found[0].run, state.head_sha256, NOW, state.ok),
    )
