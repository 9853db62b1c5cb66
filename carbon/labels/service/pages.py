"""Pages for anybody: a calculation, the web component and its demo, health and counts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from carbon.estimate.options import Cart
from carbon.labels import page
from carbon.labels.calculation import Calculation, calculation_of
from carbon.labels.label import label_of_order
from carbon.labels.options import order_names
from carbon.labels.service.calculations import Kept
from carbon.labels.service.estimates import labels_of
from carbon.labels.service.problems import Problem
from carbon.labels.service.recorded import product_of
from carbon.labels.service.schema import Health
from carbon.labels.service.state import Service, now, service_of
from carbon.labels.wording import languages
from carbon.ledger.manifest import code_version
from carbon.orders.gtin import gtin14

router = APIRouter()
_SCRIPT_AGE_S = 86_400
Gtin = Annotated[str, Path(pattern=r"^[0-9]{8,14}$", description="8, 12, 13 or 14 digits with their check digit")]
CalculationId = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$")]


class _Gone(Problem):
    """There is no calculation to show; `why` as a page says it."""

    def __init__(self, status: int, detail: str, why: str):
        super().__init__(status, detail)
        self.why = why


@router.get("/calculation/{name}", response_class=HTMLResponse)
async def calculation(
    name: CalculationId,
    request: Request,
    language: Annotated[str | None, Query(pattern=r"^[a-z]{2}$")] = None,
    option: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
) -> Response:
    """Return the page of a calculation: every line with its factor and source, method, run and hash; no personal data."""
    service = service_of(request)
    spoken = language or _preferred(request)
    if spoken not in languages():
        raise Problem(422, f"no such language; there are {', '.join(languages())}")
    status = 200
    try:
        kept = service.calculations.find(name)
        if kept is None:
            raise _Gone(404, "no such calculation; that of an estimate is kept for some days", "unknown")
        text = await to_thread.run_sync(_page, service, name, kept, option, spoken)
    except _Gone as gone:
        if "text/html" not in request.headers.get("accept", ""):
            raise
        text, status = page.gone_page(gone.why, spoken), gone.status  # a person follows a link or a QR code
    policy = (
        f"default-src 'none'; style-src {page.style_hash()}; img-src data:; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {"content-security-policy": policy, "x-robots-tag": "noindex", "content-language": spoken}
    return HTMLResponse(text, status, headers)


@router.get("/01/{gtin}", status_code=307, response_class=RedirectResponse)
async def digital_link(gtin: Gtin, request: Request) -> Response:
    """Resolve the GS1 Digital Link of a product that the items file knows: to the page of its footprint."""
    service = service_of(request)
    articles = service.options.articles
    article = None if articles is None else articles.of_gtin(gtin14(gtin))
    if article is None:
        raise Problem(404, "the items file has no one article of this GTIN")
    return RedirectResponse(service.link(service.calculations.keep("product", {"sku": article.sku})))


def _page(service: Service, name: str, kept: Kept, option: str | None, language: str) -> str:
    made = {"estimate": _estimate, "order": _order, "product": _product}[kept.kind]
    return page.calculation_page(made(service, name, kept, option), language)


def _estimate(service: Service, name: str, kept: Kept, key: str | None) -> Calculation:
    what, url = kept.what, service.link(name)
    if what["basis"] != service.basis:
        told = "this estimate was made with other factor tables or another set-up than the service has now"
        raise _Gone(410, told, "changed")
    cart, day = Cart.of(what["cart"], "calculation"), date.fromisoformat(what["day"])
    options = service.of(cart, day)
    chosen = key or next((option.key for option in options if option.default), options[0].key)
    place = next((at for at, option in enumerate(options) if option.key == chosen), None)
    if place is None:
        raise Problem(404, "this calculation has no such option")
    labels = labels_of(service, options, cart, day, what["market"], url)
    label = labels[place]
    available = options[place].reason is None
    lines = service.options.lines(cart, chosen, day) if available else []
    registry = service.options.registry
    site = options[place].site
    return calculation_of(
        lines,
        label,
        id=name,
        url=f"{url}?option={chosen}",
        factors_json=registry.as_json({line.factor_id for line in lines}),
        factor_release=registry.hash,
        calculated_at=now(),
        fallbacks=options[place].fallbacks,
        regions=(_country(service, site), cart.destination.country or ""),
        option=chosen,
        others=[(each.key, own) for each, own in zip(options, labels, strict=True) if each.key != chosen],
    )


def _order(service: Service, name: str, kept: Kept, key: str | None) -> Calculation:
    if service.records is None:
        raise Problem(404, "this service has no ledger")
    parcels = service.records.order(kept.what["order_id"])
    if not parcels:
        raise _Gone(410, "the order is recorded no more", "removed")
    url = service.link(name)
    label = label_of_order(
        parcels, order_names(), floor=service.organisation.labels.floor, url=url, calculated_at=now()
    )
    manifest = service.records.manifest(parcels[0].run)
    return calculation_of(
        [line for each in parcels for line in each.lines],
        label,
        id=name,
        url=url,
        factors_json=service.records.factors_json(parcels),
        factor_release=manifest.factor_release_sha256,
        calculated_at=datetime.fromisoformat(manifest.created_at),
        fallbacks=[name for each in parcels for name in each.fallbacks],
        regions=(parcels[0].parcel["origin_region"], parcels[0].parcel["destination_region"]),
        record=service.records.record(parcels),
    )


def _product(service: Service, name: str, kept: Kept, key: str | None) -> Calculation:
    label = product_of(service, kept.what["sku"], service.link(name))
    registry = service.options.registry
    return calculation_of(
        [], label, id=name, url=service.link(name), factors_json=registry.as_json([]), factor_release=registry.hash,
        calculated_at=now(),
    )  # fmt: skip


def _country(service: Service, site: str | None) -> str:
    place = None if site is None else service.organisation.sites[site].place
    return (place.country if place else None) or service.organisation.country or ""


def _preferred(request: Request) -> str:
    """Return the first language that the reader's browser asks for and there is a file of; English otherwise."""
    asked = request.headers.get("accept-language", "")
    wanted = [part.split(";")[0].strip()[:2].lower() for part in asked.split(",")]
    return next((each for each in wanted if each in languages()), "en")


# Files -------------------------------------------------------------------------------------------------------------


@cache
def _static(name: str) -> tuple[bytes, bytes, str]:
    """Return a file that is served as it is, the same packed, and its tag."""
    content = (resources.files("carbon.labels") / "static" / name).read_bytes()
    return content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:32]


class JavaScript(Response):
    """A script."""

    media_type = "text/javascript"


@router.get("/v1/carbon-label.js", response_class=JavaScript)
async def component(request: Request) -> Response:
    """Return the web component, packed for a browser that can unpack it."""
    content, packed, digest = _static("carbon-label.js")
    is_packed = "gzip" in request.headers.get("accept-encoding", "")
    tag = f'"{digest}-gzip"' if is_packed else f'"{digest}"'
    headers = {
        "etag": tag,
        "cache-control": f"public, max-age={_SCRIPT_AGE_S}",
        "cross-origin-resource-policy": "cross-origin",
        "vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if is_packed:
        return JavaScript(packed, headers=headers | {"content-encoding": "gzip"})
    return JavaScript(content, headers=headers)


@router.get("/demo", response_class=HTMLResponse)
async def demo(request: Request) -> Response:
    """Return the demo shop, where the service was started with it."""
    if not service_of(request).settings.demo:
        raise Problem(404, "the demo is not served here: start with --demo")
    content, _, _ = _static("demo.html")
    return HTMLResponse(content, headers={"content-security-policy": _policy(content)})


@cache
def _policy(page_: bytes) -> str:
    """Return the policy of a page with code and styles of its own: they are named by their hashes, nothing else runs."""

    def hashes(tag: bytes) -> str:
        inside = re.findall(rb"<" + tag + rb">(.*?)</" + tag + rb">", page_, re.DOTALL)
        digests = (base64.b64encode(hashlib.sha256(each).digest()).decode() for each in inside)
        return " ".join(f"'sha256-{digest}'" for digest in digests)

    return (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"script-src 'self' {hashes(b'script')}; style-src {hashes(b'style')}; require-trusted-types-for 'script'"
    )


@router.get("/healthz")
async def health(request: Request) -> Health:
    """Say that the service answers, and by which tables."""
    service = service_of(request)
    return Health(
        status="ok",
        version=code_version(),
        factor_release=service.options.registry.hash,
        lanes=service.ways,
        prepared=service.prepared,
    )


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return counts in Prometheus' text format."""
    return Response(generate_latest(service_of(request).meters.registry), media_type=CONTENT_TYPE_LATEST)
