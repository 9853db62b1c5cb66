"""Labels as shoppers see them: of every delivery option of a cart, and of recorded orders; made where the service makes its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.reading import parcels
from carbon import Articles, Cart, DeliveryOptions, Organisation, Registry, read_organisation
from carbon.labels.content import Label
from carbon.labels.drawing import svg
from carbon.labels.label import label_of_order
from carbon.labels.options import labels_of_options, option_names, order_names
from carbon.labels.page import html, sheet
from carbon.labels.phrases import words_of
from carbon.labels.rules import read_rules
from carbon.labels.wording import Refusal, check, languages, market_of

__all__ = ["html", "languages", "market_of", "sheet", "svg", "words_of"]

#: How errors call the cart.
_CART = "cart"
_COUNTRY = 2
#: Lines that make the figure; others stand beside it.
IN_TOTAL = "total"


@dataclass(frozen=True)
class Shown:
    """A delivery option with its label."""

    option: Any
    label: Label


def organisation() -> Organisation | None:
    """Return the set-up that labels are made after: the organisation file as it stands."""
    path = session.settings().organisation
    return None if path is None else _organisation(str(path), path.stat().st_mtime_ns)


@st.cache_resource(show_spinner=False, max_entries=4)
def _organisation(path: str, changed_ns: int) -> Organisation:
    return read_organisation(Path(path))


@st.cache_resource(show_spinner=False, max_entries=4)
def _options(path: str, own: tuple[str, ...], items: str | None, stamp: str) -> DeliveryOptions:
    setup = read_organisation(Path(path))
    registry = Registry.load(list(own), gwp_set=setup.method.gwp_set)
    return DeliveryOptions(setup, registry, articles=None if items is None else Articles(items))


def options(items: Path | None = None) -> DeliveryOptions:
    """Return what computes carts, made once a state of the organisation file, the own factors and the items file."""
    path, own = session.settings().organisation, session.own_factors()
    watched = [path, *own, *([items] if items is not None else [])]
    stamp = " ".join(f"{each}:{each.stat().st_mtime_ns}" for each in watched)
    return _options(str(path), tuple(map(str, own)), None if items is None else str(items), stamp)


def markets() -> tuple[str, ...]:
    """Return the markets that there are rules for."""
    return tuple(read_rules().markets)


def countries(setup: Organisation, registry: Registry) -> list[str]:
    """Return the countries that some option serves; of a group of countries all its members."""
    served = {region for option in setup.checkout.options for region in option.serves}
    named = [region for region in registry.regions if len(region) == _COUNTRY and region.isalpha()]
    groups = {parent for region in named for parent in registry.region_chain(region)[1:]}
    members = {region for region in named if region not in groups and served & set(registry.region_chain(region))}
    return sorted(members | {region.split("-")[0] for region in served if region not in groups})


def refused_names(setup: Organisation, market: str, language: str) -> list[Refusal]:
    """Return what the rules of a market refuse in the names of options."""
    found: dict[tuple[str, str], Refusal] = {}
    for option in setup.checkout.options:
        service = setup.services[option.service]
        for text in (option.name or service.name or option.name_or_key, option.name_zh or service.name_zh):
            for each in check(text, market, language, setup.labels.allowed) if text else ():
                found[each.text, each.term] = each
    return list(found.values())


def shown(cart: dict[str, Any], market: str, day: date, items: Path | None = None) -> list[Shown]:
    """Return every option of a cart with its label, compared with the default.

    Raises
    ------
    InputError
        If the cart or its place cannot be used, or a name is one that the market refuses.
    """
    computed, wanted = options(items), Cart.of(cart, _CART)
    setup, found = computed.organisation, computed.of(wanted, day, _CART)
    labels = labels_of_options(found, setup, computed.registry, lambda key: option_names(setup, key, market))
    return [Shown(option, label) for option, label in zip(found, labels, strict=True)]


def lines(cart: dict[str, Any], key: str, day: date, items: Path | None = None) -> pd.DataFrame:
    """Return the calculation of an option line by line; its kilograms add up to the option's figure and its product.

    Returns
    -------
    pandas.DataFrame
        stage, activity, amount, unit, factor_value, factor_unit, co2e_kg, factor_id, region, source, edition, locator.
    """
    names = (
        "stage", "activity", "amount", "unit", "factor_value", "factor_unit", "co2e_kg", "factor_id", "region", "source",
        "edition", "locator",
    )  # fmt: skip
    found = [
        each for each in options(items).lines(Cart.of(cart, _CART), key, day, _CART) if each.accounting == IN_TOTAL
    ]
    return pd.DataFrame([{name: getattr(each, name) for name in names} for each in found], columns=list(names))


def of_order(order: str) -> Label | None:
    """Return a recorded order's label, recalculated from the ledger; None where it is not recorded."""
    found = session.explained(order) if _is_order(order) else []
    setup = organisation()
    floor = None if setup is None else setup.labels.floor
    return label_of_order(found, order_names(), floor=floor) if found else None


def _is_order(order: str) -> bool:
    rows: pd.DataFrame = parcels.found(order)
    return bool((rows["order_id"] == order).any()) if "order_id" in rows else False


def wording(text: str, market: str, language: str, of_product: bool) -> list[Refusal]:
    """Return what the rules of a market refuse in a text, names that the organisation allows left alone."""
    setup = organisation()
    return check(text, market, language, () if setup is None else setup.labels.allowed, of_product=of_product)
