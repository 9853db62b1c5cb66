"""Labels side by side: one unit, one boundary, every option compared with the default, on one page."""

from __future__ import annotations

from datetime import date
from importlib import resources

import html5lib
import pytest

from carbon.errors import InputError
from carbon.estimate.options import Cart, DeliveryOptions
from carbon.factors.registry import Registry
from carbon.labels.label import Why
from carbon.labels.options import labels_of_options, option_names
from carbon.labels.page import sheet
from carbon.labels.phrases import words_of
from carbon.organisation import read

CART = {
    "lines": [{"mass_kg": 8.0, "length_mm": 500, "width_mm": 300, "height_mm": 300}],
    "destination": {"country": "GB", "postcode": "SW1A", "city": "London"},
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> DeliveryOptions:
    """Return the sample merchant's delivery options."""
    path = tmp_path_factory.mktemp("options") / "organisation.yaml"
    path.write_bytes(resources.files("carbon.sample").joinpath("organisation.yaml").read_bytes())
    organisation = read(path)
    return DeliveryOptions(organisation, Registry.load(gwp_set=organisation.method.gwp_set))


def _labels(checkout, document=CART, organisation=None, market="UK"):
    setup = organisation or checkout.organisation
    options = checkout.of(Cart.of(document), date(2025, 6, 1))
    made = labels_of_options(options, setup, checkout.registry, lambda key: option_names(setup, key, market))
    return options, made


def test_labels_say_what_the_options_are(checkout):
    """Proves that labels hold the options' own figures, and that all but the default are compared with it."""
    options, labels = _labels(checkout)
    for option, label in zip(options, labels, strict=True):
        if label.available:
            assert (label.co2e_kg, label.low_kg, label.high_kg) == (option.co2e_kg, option.low_kg, option.high_kg)
        assert label.url is None and (label.comparison is None) == (option.default or not label.available)
    assert len({label.counted for label in labels if label.available}) == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sheet_shows_every_label_in_one_unit(checkout, language):
    """Proves that the sheet holds the sentences of each label in the unit of the largest, and no script."""
    _, labels = _labels(checkout)
    figures_kg = [label.co2e_kg for label in labels if label.available]
    assert min(figures_kg) < 1 < max(figures_kg), "alone, some would be in grams"
    made = sheet(labels, language)
    tree = html5lib.parse(made, namespaceHTMLElements=False)
    assert len(tree.findall(".//article")) == len(labels) and not tree.findall(".//script")
    text = "".join(tree.itertext())
    for label in labels:
        assert words_of(label, language, "kg")["name"] in text
        if label.available:
            assert words_of(label, language, "kg")["spoken"] in text


def test_a_stricter_floor_takes_figures_away_and_says_why(checkout):
    """Proves that the organisation's floor holds for labels side by side, and that no comparison is left."""
    organisation = checkout.organisation
    strict = organisation.labels.model_copy(
        update={"floor": organisation.labels.floor.model_copy(update={"range_ratio": 0.01})}
    )
    _, labels = _labels(checkout, organisation=organisation.model_copy(update={"labels": strict}))
    whys = [label.missing.why for label in labels]
    assert Why.RANGE_WIDE in whys and all(label.comparison is None for label in labels)
    assert "<article" in sheet(labels, "en")


def test_a_name_that_the_market_refuses_makes_no_label(checkout):
    """Proves that an option called green is refused by its rule before a label is made."""
    organisation = checkout.organisation
    first = organisation.checkout.options[0].model_copy(update={"name": "Green delivery"})
    setup = organisation.model_copy(update={"checkout": organisation.checkout.model_copy(update={"options": (first,)})})
    with pytest.raises(InputError, match="generic_claim"):
        option_names(setup, first.name_or_key, "UK")
