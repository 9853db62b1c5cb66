"""`POST /v1/estimate`: every delivery option of a cart, in figures and in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Request
from fastapi.responses import Response

from carbon.estimate.options import Cart, CartLine, Destination, Option
from carbon.labels import figures
from carbon.labels.label import Label, compared, label_of_option
from carbon.labels.phrases import as_dict, whole_words
from carbon.labels.service.keys import Scope
from carbon.labels.service.problems import Fault, Problem
from carbon.labels.service.schema import EstimateAnswer, EstimateRequest
from carbon.labels.service.state import SECURED, Service, now, service_of
from carbon.labels.wording import languages, market_of
from carbon.orders.areas import postcode_area

#: Decimals of coordinates that are used and kept: about a kilometre, as coarse as a postcode area.
_DECIMALS = 2
_NOWHERE = "no delivery option serves this destination"
router = APIRouter()


@router.post("/v1/estimate", response_model=EstimateAnswer, openapi_extra=SECURED)
async def estimate(asked: EstimateRequest, request: Request) -> Response:
    """Return what each delivery option of a cart causes: value, range, stages, data, difference to the default, and words."""
    service = service_of(request)
    service.key(request, Scope.ESTIMATE)
    unknown = [each for each in asked.languages if each not in languages()]
    if unknown:
        fault = Fault(field="languages", problem="no such language", found=unknown[0], expected=", ".join(languages()))
        raise Problem(422, "no such language", [fault])
    cart, day = cart_of(asked), now().date()
    # A destination that is known takes a millisecond; a new one is bound beside the others' answers.
    if service.knows(cart, day):
        options = service.of(cart, day)
    else:
        options = await to_thread.run_sync(service.of, cart, day)
    if not options:
        raise Problem(422, _NOWHERE, [_unserved(service, cart)])
    market = asked.market or market_of(cart.destination.country or "")
    return Response(
        orjson.dumps(answer(service, cart, day, options, market, asked.languages)), media_type="application/json"
    )


def _unserved(service: Service, cart: Cart) -> Fault:
    places = dict.fromkeys(place for option in service.organisation.checkout.options for place in option.serves)
    found = cart.destination.country or f"{cart.destination.latitude}, {cart.destination.longitude}"
    return Fault(field="destination", problem=_NOWHERE, found=found, expected=", ".join(places) or None)


def cart_of(asked: EstimateRequest) -> Cart:
    """Return a request's cart, its place as coarse as it may be kept: what is shown can be recalculated from what is kept."""
    place = asked.destination
    if place.latitude is not None and place.longitude is not None:
        spot = {"latitude": round(place.latitude, _DECIMALS), "longitude": round(place.longitude, _DECIMALS)}
        destination = Destination(country=place.country, **spot)
    else:
        destination = Destination(place.country, postcode_area(place.country, place.postcode), place.city)
    lines = tuple(CartLine(**line.model_dump()) for line in asked.lines)
    return Cart(lines, destination, asked.currency, asked.goods_value, asked.origin_site, asked.packaging)


def answer(
    service: Service, cart: Cart, day: date, options: tuple[Option, ...], market: str, spoken: tuple[str, ...]
) -> dict[str, Any]:
    """Return the answer as plain values, and keep what its page is made from."""
    name = service.calculations.keep("estimate", kept(service, cart, day, market))
    url = service.link(name)
    labels = labels_of(service, options, cart, day, market, url)
    unit = figures.common_unit(label.co2e_kg for label in labels if label.co2e_kg is not None)
    default = next((option.key for option in options if option.default), options[0].key)
    for label in labels:
        service.meters.options[label.available].inc()
    return {
        "schema": 1,
        "calculated_at": now().isoformat(),
        "factor_release": service.options.registry.hash,
        "currency": cart.currency,
        "market": market,
        "default": default,
        "calculation": {"id": name, "url": url},
        "options": [
            _option(option, label, default, unit, spoken) for option, label in zip(options, labels, strict=True)
        ],
        "words": {language: _common(language) for language in spoken},
    }


def labels_of(
    service: Service, options: tuple[Option, ...], cart: Cart, day: date, market: str, url: str
) -> list[Label]:
    """Return the labels of options, each compared with the default.

    All count the same stages: where a chain has no hub, hubs are inside its figure all the same, and cause nothing.
    """
    registry, floor = service.options.registry, service.organisation.labels.floor
    counted = tuple({stage for option in options for stage in option.stages})
    common: dict[str, Any] = {
        "floor": floor,
        "counted": counted,
        "gwp_sets": (str(registry.gwp_set),),
        "calculated_at": now(),
    }
    made = {
        option.key: label_of_option(
            option,
            service.names(option.key, market),
            iso_14083=option.well_to_wheel,
            url=f"{url}?option={option.key}",
            **common,
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


def kept(service: Service, cart: Cart, day: date, market: str) -> dict[str, Any]:
    """Return what an estimate's page is made from: cart, day, tables and set-up; nothing of who asked."""
    place = {name: value for name, value in vars(cart.destination).items() if value is not None}
    lines = [{name: value for name, value in vars(line).items() if value is not None} for line in cart.lines]
    rest = {"currency": cart.currency, "goods_value": cart.goods_value, "origin_site": cart.origin_site}
    return {
        "cart": {
            "lines": lines,
            "destination": place,
            "packaging": cart.package,
            **{name: value for name, value in rest.items() if value is not None},
        },
        "day": day.isoformat(),
        "market": market,
        "basis": service.basis,
    }


def _option(option: Option, label: Label, default: str, unit: str, spoken: tuple[str, ...]) -> dict[str, Any]:
    found = as_dict(label, spoken, unit, _TEXTS)
    if option.reason is not None:
        found["reason"] = option.reason
    if found.get("difference"):
        found["difference"]["to"] = default
    return {"key": option.key, **found, "url": label.url}


#: What is said of an option that has a figure.
_TEXTS = (
    "name", "line", "value", "range", "difference", "stages", "counted", "not_counted", "data", "method", "statement", "spoken",
)  # fmt: skip


def _common(language: str) -> dict[str, str]:
    found = whole_words(language)
    return {name: found[name] for name in ("title", "details", "link", "statement", "language")}
