"""Data quality: ratings by hand, weighted by emissions, made worse by proxies and old editions."""

from __future__ import annotations

import numpy as np
import pytest

from carbon import inventory
from carbon.engine.ratings import Rated, data_shares, rating, ratings
from carbon.ledger.quality import Quality, stage_table
from carbon.terms import Stage
from tests.ledger.build import cell
from tests.ledger.test_ranges import held

#: reliability, completeness, temporal, geographical, technological
_GOOD = [1, 2, 1, 1, 2]


@pytest.mark.parametrize(
    ("match", "gap", "wanted"),
    [
        ("region", 0, (2, 1, 1)),
        ("own", 0, (2, 1, 1)),
        ("parent", 0, (2, 2, 1)),
        ("global", 0, (2, 2, 1)),
        ("proxy", 0, (2, 4, 1)),
        ("region", 2, (2, 1, 1)),
        ("region", 3, (2, 1, 2)),
        ("region", 9, (2, 1, 3)),
        ("region", 40, (2, 1, 5)),
        ("proxy", 12, (2, 4, 4)),
    ],
)
def test_a_factor_used_elsewhere_or_later_is_rated_worse(match, gap, wanted):
    """Proves technological, geographical and temporal rating of one factor by how it was found."""
    assert rating(_GOOD, match, gap) == wanted


def test_use_never_makes_a_factor_better():
    """Proves that bad scores stay, and that a factor without scores has no rating."""
    assert rating([5, 5, 5, 5, 5], "region", 0) == (5, 5, 5)
    assert rating(None, "region", 0) is None


def test_ratings_are_weighted_by_emissions():
    """Proves the mean by hand, and the share that is rated."""
    terms = [
        Rated(3.0, [1, 1, 1, 1, 1], "region", 0, "primary"),
        Rated(1.0, [1, 1, 3, 2, 5], "region", 0, "default"),
        Rated(4.0, None, "own", 0, "modelled"),
    ]
    assert ratings(terms) == pytest.approx(
        {"technological": 2.0, "geographical": 1.25, "temporal": 1.5, "rated_share": 0.5}
    )
    assert data_shares(terms) == pytest.approx({"primary": 0.375, "modelled": 0.5, "default": 0.125})
    assert ratings([])["rated_share"] is None and data_shares([])["primary"] is None


def test_the_table_of_stages_is_the_same_arithmetic():
    """Proves the vectorised table against the list of terms."""
    rows = [
        cell(Stage.LAST_MILE, 3.0, pedigree=[1, 1, 1, 1, 1], match="region", data_type="primary"),
        cell(Stage.LAST_MILE, 1.0, pedigree=[1, 1, 3, 2, 5], match="proxy", edition_gap_years=7),
        cell(Stage.LAST_MILE, 2.0, pedigree=None),
        cell(Stage.PRODUCT, 9.0, pedigree=[1, 1, 1, 1, 4]),
    ]
    activity, _ = held(*rows)
    by_hand = [
        Rated(row["co2e_kg"], row["pedigree"], row["match"], row["edition_gap_years"], row["data_type"])
        for row in rows[:3]
    ]
    table = stage_table(activity, {}).set_index("stage")
    found = table.loc["last_mile"]
    for name, value in ratings(by_hand).items():
        assert found[name] == pytest.approx(value), name
    for name, value in data_shares(by_hand).items():
        assert found[f"{name}_share"] == pytest.approx(value), name
    assert table.loc["product", "technological"] == 4
    assert Quality(activity).ratings(np.zeros(4, dtype=bool))["rated_share"] is None


def test_the_sample_is_rated_everywhere(sample):
    """Proves that stages, categories and the total have ratings between 1 and 5 and shares that add up."""
    whole = inventory(sample)
    for frame in (whole.stages, whole.scopes):
        for name in ("technological", "geographical", "temporal"):
            assert frame[name].between(1, 5).all(), name
        sums = frame[["primary_share", "modelled_share", "default_share"]].sum(axis=1)
        assert np.allclose(sums, 1)
        assert frame["rated_share"].between(0, 1).all()
    weights = whole.scopes["co2e_kg"].to_numpy()
    for name in ("technological", "geographical", "temporal"):
        rated = weights * whole.scopes["rated_share"].to_numpy()
        assert whole.ratings[name] == pytest.approx(np.average(whole.scopes[name], weights=rated))
