"""What the organisation file says of measures: read with units, ranges and names checked, and no part of a footprint."""

from __future__ import annotations

import pytest

from carbon.errors import OrganisationError
from carbon.organisation import Organisation, read

PLAIN = {
    "name": "Shop",
    "country": "GB",
    "services": {"van": {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}]}},
}


def write(tmp_path, text: str):
    """Write an organisation file with measures."""
    path = tmp_path / "organisation.yaml"
    path.write_text(
        "name: Shop\ncountry: GB\nservices:\n  van: {chain: [{stage: last_mile, vehicle: road.van.class_3.diesel}]}\n"
        + text,
        encoding="utf-8",
    )
    return path


def test_numbers_are_read_with_units_and_ranges(tmp_path):
    """Proves that a plain value, a price and a range with its source are read."""
    text = (
        "measures:\n  electric_vans:\n    services: [van]\n    share: {value: 0.5, low: 0.2, high: 0.8, source: fleet plan}\n"
        "    consumption: 300 W*h/km\n    electricity_price: 0.2 GBP/(kW*h)\n"
    )
    vans = read(write(tmp_path, text)).measures.electric_vans
    assert (vans.share.value, vans.share.low, vans.share.source) == (0.5, 0.2, "fleet plan")
    assert vans.consumption.read(vans.consumption.value) == pytest.approx(0.3)
    price = vans.electricity_price.read(vans.electricity_price.value)
    assert (price.currency, price.value) == ("GBP", 0.2)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("led_lights: {}", "led_lights"),
        ("electric_vans: {shares: 1}", "shares"),
        ("electric_vans: {share: 1.2}", "not a share"),
        ("electric_vans: {share: {value: 0.5, low: 0.6}}", "range does not hold the value"),
        ("electric_vans: {charger: {value: 900 GBP, high: 1200 EUR}}", "in one currency"),
        ("electric_vans: {consumption: 0.3 kW*h}", "wrong kind of quantity"),
        ("electric_vans: {charger: 900}", "a number and a unit"),
        ("electric_vans: {services: [bike]}", "measures.electric_vans.services names 'bike'"),
        ("led_lighting: {site: moon}", "measures.led_lighting.site names 'moon'"),
        ("electric_vans: {lifetime_years: 0}", "lifetime_years"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, line, words):
    """Proves that a wrong measure, key, number, unit, range or name is refused with its place."""
    with pytest.raises(OrganisationError) as caught:
        read(write(tmp_path, f"measures:\n  {line}\n"))
    assert words in str(caught.value)


def test_measures_are_no_part_of_the_set_up_that_footprints_hang_on(tmp_path):
    """Proves that considering a measure changes no hash, and that it survives being stored."""
    without = Organisation.model_validate(PLAIN)
    considered = Organisation.model_validate(
        PLAIN | {"measures": {"electric_vans": {"services": ["van"], "share": 0.5}}}
    )
    assert considered.hash == without.hash
    again = Organisation.model_validate_json(considered.model_dump_json(by_alias=True))
    assert again.measures == considered.measures
