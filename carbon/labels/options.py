"""The labels of all delivery options of a cart, side by side: what the service answers and the app shows is made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from carbon.estimate.options import Option
from carbon.factors.registry import Registry
from carbon.labels.content import Label, Names
from carbon.labels.label import compared, label_of_option
from carbon.labels.wording import languages, words
from carbon.organisation import Organisation


def labels_of_options(
    options: Sequence[Option],
    organisation: Organisation,
    registry: Registry,
    names: Callable[[str], Names],
    *,
    url: str | None = None,
    calculated_at: datetime | None = None,
) -> list[Label]:
    """Return the labels of options, each compared with the default.

    All count the same stages: where a chain has no hub, hubs are inside its figure all the same, and cause nothing.

    Parameters
    ----------
    names : callable
        Gives what the merchant calls an option, by its key (`option_names`).
    url : str, optional
        Address of the calculation's page; without it the labels have no link and no QR code.
    """
    counted = tuple({stage for option in options for stage in option.stages})
    made = {
        option.key: label_of_option(
            option,
            names(option.key),
            floor=organisation.labels.floor,
            counted=counted,
            iso_14083=option.well_to_wheel,
            gwp_sets=(str(registry.gwp_set),),
            url=None if url is None else f"{url}?option={option.key}",
            calculated_at=calculated_at,
        )
        for option in options
    }
    default = next((option.key for option in options if option.default), None)
    return [
        made[option.key]
        if default is None or option.key == default or option.difference is None
        else compared(made[option.key], made[default], option.difference)
        for option in options
    ]


def option_names(organisation: Organisation, key: str, market: str) -> Names:
    """Return what the merchant calls an option, by language.

    Raises
    ------
    InputError
        If a rule of the market refuses a name.
    """
    option = next(each for each in organisation.checkout.options if each.name_or_key == key)
    service = organisation.services[option.service]
    texts = {"en": option.name or service.name or key, "zh": option.name_zh or service.name_zh}
    given = {language: text for language, text in texts.items() if text}
    return Names.checked(given, market, organisation.labels.allowed)


def order_names() -> Names:
    """Return what an order is called: nothing but that, since its number is its buyer's."""
    return Names({language: words(language)("subjects.order") for language in languages()})
