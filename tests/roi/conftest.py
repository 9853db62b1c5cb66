"""One ledger for all tests of measures."""

from __future__ import annotations

import pytest

from carbon.factors.registry import Registry
from carbon.roi import Baseline, Considered, measures_of
from tests.roi.shop import Shop, sample_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Shop:
    """The sample merchant and its ledger."""
    return sample_shop(tmp_path_factory.mktemp("roi") / "shop")


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The shipped factors."""
    return Registry.load()


@pytest.fixture(scope="session")
def considered(shop) -> Considered:
    """What the sample merchant considers."""
    return measures_of(shop.organisation, shop.ledger)


@pytest.fixture(scope="session")
def baseline(considered) -> Baseline:
    """The year the measures start from."""
    return considered.baseline
