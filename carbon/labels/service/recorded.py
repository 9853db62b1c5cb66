"""Labels of recorded orders and of products, for a shop's servers: JSON, SVG or HTML, whichever is asked for."""

from __future__ import annotations

from typing import Annotated, Any

import mimeparse
import orjson
from anyio import to_thread
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from carbon.labels import drawing, page
from carbon.labels.content import Names
from carbon.labels.label import Label, label_of_order, label_of_product
from carbon.labels.links import digital_link
from carbon.labels.options import order_names
from carbon.labels.phrases import as_dict, whole_words
from carbon.labels.service.keys import Scope
from carbon.labels.service.problems import Problem
from carbon.labels.service.state import BEARER, Service, now, service_of
from carbon.labels.wording import check, languages, market_of, words

JSON, SVG, HTML = "application/json", "image/svg+xml", "text/html"
_FORMS = (SVG, HTML, JSON)  # of equally good ones the last is taken
_CONTENT = {JSON: {}, SVG: {"schema": {"type": "string"}}, HTML: {"schema": {"type": "string"}}}
_RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": _CONTENT}}

router = APIRouter()
OrderId = Annotated[str, Path(min_length=1, max_length=128)]
Sku = Annotated[str, Path(min_length=1, max_length=64)]
LanguageCode = Annotated[str, Query(pattern=r"^[a-z]{2}$")]


@router.get("/v1/orders/{order_id}/label", responses=_RESPONSES, dependencies=[Depends(BEARER)])
async def order_label(order_id: OrderId, request: Request, language: LanguageCode = "en") -> Response:
    """Return the label of a recorded order: all its parcels, as they are recalculated from the ledger."""
    service = service_of(request)
    service.key(request, Scope.LABELS)
    form = _form(request)
    _speaks(language)
    if service.records is None:
        raise Problem(404, "this service has no ledger")
    found = await to_thread.run_sync(_order, service, order_id)
    if found is None:
        raise Problem(404, "no such order is recorded")
    return _answer(found, form, language)


@router.get("/v1/products/{sku}/label", responses=_RESPONSES, dependencies=[Depends(BEARER)])
async def product_label(sku: Sku, request: Request, language: LanguageCode = "en") -> Response:
    """Return the label of a product: the footprint that its supplier declared, or that there is none."""
    service = service_of(request)
    service.key(request, Scope.LABELS)
    form = _form(request)
    _speaks(language)
    articles = service.options.articles
    article = None if articles is None else articles.get(sku)
    if article is None:
        raise Problem(404, "the items file has no such article")
    name = service.calculations.keep("product", {"sku": sku})
    return _answer(product_of(service, sku, service.link(name)), form, language)


def product_of(service: Service, sku: str, url: str) -> Label:
    """Return a product's label."""
    articles = service.options.articles
    article = None if articles is None else articles.get(sku)
    gtin = None if article is None else article.gtin
    resolver = service.organisation.labels.resolver or service.settings.public_url
    return label_of_product(
        None if article is None else article.product_co2e_kg(now().date()),
        _product_names(service, sku),
        gtin=gtin,
        link=None if gtin is None else digital_link(gtin, resolver),
        url=url,
        calculated_at=now(),
    )


def _product_names(service: Service, sku: str) -> Names:
    """Return a product's SKU, which is all that is known of its name; one that reads as a claim is not shown."""
    market, allowed = market_of(service.organisation.country or ""), service.organisation.labels.allowed
    if check(sku, market, allowed=allowed, of_product=True):
        return Names({language: words(language)("subjects.product") for language in languages()})
    return Names({"en": sku})


def _order(service: Service, order_id: str) -> Label | None:
    assert service.records is not None
    parcels = service.records.order(order_id)
    if not parcels:
        return None
    name = service.calculations.keep("order", {"order_id": order_id})
    return label_of_order(
        parcels, order_names(), floor=service.organisation.labels.floor, url=service.link(name), calculated_at=now()
    )


def _form(request: Request) -> str:
    asked = request.headers.get("accept", "*/*")
    try:
        found = mimeparse.best_match(_FORMS, asked)
    except mimeparse.MimeTypeParseException:
        found = ""
    if not found:
        raise Problem(406, f"this comes as {JSON}, {SVG} or {HTML}")
    return found


def _speaks(language: str) -> None:
    if language not in languages():
        raise Problem(422, f"no such language; there are {', '.join(languages())}")


def _answer(label: Label, form: str, language: str) -> Response:
    if form == SVG:
        headers = {"content-security-policy": drawing.policy(), "vary": "Accept"}
        return Response(drawing.svg(label, language), media_type=SVG, headers=headers)
    if form == HTML:
        policy = f"default-src 'none'; style-src {page.style_hash()}; frame-ancestors 'none'; base-uri 'none'"
        headers = {"content-security-policy": policy, "vary": "Accept"}
        return Response(page.html(label, language), media_type=HTML, headers=headers)
    return Response(orjson.dumps(_plain(label)), media_type=JSON, headers={"vary": "Accept"})


def _plain(label: Label) -> dict[str, Any]:
    """Return a label as plain values, in every language."""
    found = as_dict(label, languages())
    if label.product_kg is not None:
        found["product_co2e_kg"] = label.product_kg
    common = {language: whole_words(language, label.subject) for language in languages()}
    return {"schema": 1, **found, "url": label.url, "common_words": common}
