"""Distances to places of which only a country or province is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from carbon.orders.cities import cities
from carbon.orders.distance import great_circle_km, mean_km
from carbon.orders.places import Places


def test_only_areas_are_scattered():
    """Proves that a country's inhabitants live, on average, as far from their centre as a sum over cities by hand says,
    those of a province nearer, and that whatever is known better has no scatter."""
    scatter = (
        Places()
        .resolve(
            pa.array(["GB", "CN", "CN", "GB", "GB"]),
            None,
            pa.array([None, None, "广东省", "Leeds", None]),
            pa.array([None, None, None, None, 52.4]),
            pa.array([None, None, None, None, -1.5]),
        )
        .scatter_km
    )
    known, centre = cities(), cities().centres["GB"]
    people = total = 0.0
    for number, country in enumerate(known.country):
        if country == "GB":
            weight = known._population[number]
            people += weight
            total += weight * great_circle_km(*centre[:2], known.latitude[number], known.longitude[number])
    assert scatter[0] == pytest.approx(total / people, rel=1e-9) and 150 < scatter[0] < 180
    assert scatter[1] > 3 * scatter[2] > 0
    assert list(scatter[3:]) == [0, 0]


@pytest.mark.parametrize(
    ("start", "country", "high"),
    [
        ((52.41, -1.51), "GB", 0.05),
        ((51.34, 12.37), "DE", 0.05),
        ((31.2, 121.5), "CN", 0.12),
        ((51.5, -0.12), "GB", 0.3),
    ],
)
def test_the_distance_to_a_country_is_the_mean_one(start, country, high):
    """Proves against the mean over all cities that it is never low and, but from a metropolis, a few percent high, where the
    centre alone would be a third to nine tenths low."""
    known, centre = cities(), cities().centres[country]
    some = np.array([number for number, each in enumerate(known.country) if each == country])
    every_km = great_circle_km(*start, known.latitude[some], known.longitude[some])
    exact_km = np.average(every_km, weights=known._population[some])
    centre_km = great_circle_km(*start, *centre[:2])
    assert exact_km * 0.99 < mean_km(centre_km, 0.0, centre.scatter_km) < exact_km * (1 + high)
    assert centre_km < exact_km * 0.85


def test_two_places_of_one_country_are_apart():
    """Proves that two places known only by one country lie as far apart, within a tenth, as two inhabitants drawn at random."""
    known, centre = cities(), cities().centres["CN"]
    some = np.array([number for number, each in enumerate(known.country) if each == "CN"])
    shares = known._population[some] / known._population[some].sum()
    one, other = some[np.random.default_rng(1).choice(len(some), (2, 20_000), p=shares)]
    drawn_km = great_circle_km(known.latitude[one], known.longitude[one], known.latitude[other], known.longitude[other])
    assert mean_km(0.0, centre.scatter_km, centre.scatter_km) == pytest.approx(drawn_km.mean(), rel=0.1)
