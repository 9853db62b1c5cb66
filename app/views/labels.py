"""Labels: a cart's options as the shopper sees them, a recorded order's label, a check of words, and the code for a shop."""

from __future__ import annotations

import json
import shlex
from datetime import date
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import streamlit as st

from app import access, guide, numbers, parts, session
from app.people import Right
from app.reading import labels, parcels
from app.text import NAMES, known, language, plain, t
from carbon.terms import DataType, Language, Stage

_LINES = ["sku", "quantity", "mass_kg", "length_mm", "width_mm", "height_mm"]
#: Written without a decimal point where they have none.
_WHOLE = {"quantity", "length_mm", "width_mm", "height_mm"}
_FIRST = {"sku": None, "quantity": 1, "mass_kg": 0.9, "length_mm": 320.0, "width_mm": 260.0, "height_mm": 90.0}
_EXAMPLE = {"lines": [{"mass_kg": 0.9, "quantity": 1}], "destination": {"country": "GB", "postcode": "SW1A 1AA"}}
_CHECKOUT = """checkout:
  options:
    - {service: gb_standard, serves: [GB], default: true}
    - {service: gb_pickup, serves: [GB]}"""


def page() -> None:
    """Show the page."""
    st.title(t("labels.title"), anchor=False)
    parts.muted(t("labels.about"))
    preview, order, words, shop = st.tabs([t(f"labels.tab_{each}") for each in ("preview", "order", "wording", "shop")])
    with preview:
        cart = _preview()
    with order:
        _order()
    with words:
        _wording()
    with shop:
        _shop(cart or _EXAMPLE)


def _tongue(key: str) -> Language:
    codes = [each for each in labels.languages() if each in list(Language)]
    first = codes.index(str(language()))
    return Language(parts.choose(t("labels.language"), codes, lambda each: NAMES[Language(each)], key, first))


def _market(key: str, fallback: str | None = None) -> str:
    options = [*([""] if fallback else []), *labels.markets()]
    names = {"": t("labels.market_of_place"), **{each: t(f"labels.market_{each}") for each in labels.markets()}}
    chosen = parts.choose(t("labels.market"), options, names.__getitem__, key)
    return chosen or str(fallback)


# Preview -------------------------------------------------------------------------------------------


def _preview() -> dict[str, Any] | None:
    """Show every option of a cart as the shopper sees it; return the cart."""
    setup = labels.organisation()
    if setup is None or setup.checkout is None:
        st.info(t("labels.no_organisation" if setup is None else "labels.no_checkout"), icon=":material/info:")
        if setup is not None:
            st.code(_CHECKOUT, language="yaml")
        parts.link("views/setup.py", t("setup.nav"), ":material/settings:")
        return None
    cart, items = _cart(setup)
    left, middle, right = st.columns(3)
    with left:
        market = _market("label_market", labels.market_of(cart["destination"].get("country", "")))
    with middle:
        tongue = _tongue("label_tongue")
    with right:
        day = st.date_input(t("labels.day"), value=date.today(), key=f"label_day_{language()}")
    parts.muted(t("labels.market_used", market=t(f"labels.market_{market}")))
    refused = labels.refused_names(setup, market, str(language()))
    if refused:
        st.error(t("labels.name_refused"), icon=":material/error:")
        _refusals(refused)
        return cart
    if not cart["lines"]:
        st.info(t("labels.no_lines"), icon=":material/info:")
        return None
    with st.spinner(t("labels.reckoning")):
        shown = labels.shown(cart, market, day, items)
    if not shown:
        st.info(t("labels.unserved"), icon=":material/info:")
        return cart
    available = [each for each in shown if each.label.available]
    parts.section(
        t("labels.preview", count=numbers.count(len(available)), all=numbers.count(len(shown))),
        t("labels.preview_about"),
    )
    drawn = [each.label for each in shown]
    st.iframe(labels.sheet(drawn, str(tongue)), height="content", alt=t("labels.preview_alt"))
    _figures(shown, setup, cart, day, items, tongue)
    return cart


def _cart(setup: Any) -> tuple[dict[str, Any], Path | None]:
    """Let a cart be composed; return it as the service reads it, and the items file."""
    parts.section(t("labels.cart"), t("labels.cart_about"))
    upload = None
    if access.may(Right.WORK):
        upload = parts.uploader(st, t("labels.items"), type=["csv", "xlsx", "parquet"], key="label_items")
    items = session.keep_upload(upload, "items") if upload else None
    positive = {"min_value": 0.0, "format": "%g"}
    columns = {
        "sku": st.column_config.TextColumn(t("labels.sku"), max_chars=64),
        "quantity": st.column_config.NumberColumn(t("labels.quantity"), min_value=1, step=1, default=1),
        **{name: st.column_config.NumberColumn(t(f"labels.{name}"), **positive) for name in _LINES[2:]},
    }
    first = pd.DataFrame([_FIRST], columns=_LINES).astype({"sku": object}).fillna({"sku": ""})
    edited = st.data_editor(
        first, num_rows="dynamic", hide_index=True, column_config=columns, key=f"label_lines_{language()}"
    )
    served = labels.countries(setup, labels.options(items).registry)
    left, middle, right = st.columns(3)
    with left:
        home = served.index(setup.country) if setup.country in served else 0
        country = parts.choose(
            t("labels.country"), served, lambda each: session.place_name(each, language()), "label_country", home
        )
    postcode = middle.text_input(t("labels.postcode"), key="label_postcode", max_chars=20).strip()
    city = right.text_input(t("labels.city"), key="label_city", max_chars=80).strip()
    place = {"country": country, "postcode": postcode, "city": city}
    return {"lines": _lines(edited), "destination": {name: text for name, text in place.items() if text}}, items


def _lines(edited: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows that say something, empty cells left out."""
    found = []
    for row in edited.to_dict("records"):
        line = {name: value for name, value in row.items() if value is not None and value == value and value != ""}
        if set(line) - {"quantity"}:
            whole = {name: int(value) for name, value in line.items() if name in _WHOLE and value == int(value)}
            found.append({"quantity": 1, **line, **whole})
    return found


def _figures(
    shown: list[labels.Shown], setup: Any, cart: dict, day: date, items: Path | None, tongue: Language
) -> None:
    """Show the figures behind the labels, each option's whole calculation, and the labels as files."""
    scale, size_kg = numbers.scale_of([each.label.co2e_kg for each in shown])
    total, spread = t("head.co2e", unit=scale.unit), t("head.range", unit=scale.unit)
    data = pd.DataFrame(
        {
            t("labels.option"): [each.label.names.of(str(language())) for each in shown],
            total: [None if each.label.co2e_kg is None else each.label.co2e_kg / size_kg for each in shown],
            spread: numbers.ranges(
                scale, *zip(*((each.label.low_kg, each.label.high_kg) for each in shown), strict=True)
            ),
            **{t(f"head.{kind}"): [each.label.shares.get(str(kind)) for each in shown] for kind in map(str, DataType)},
            t("labels.standing"): [_standing(each) for each in shown],
        }
    ).astype({total: float})
    formats = {total: numbers.masses(scale), **{t(f"head.{kind}"): numbers.share for kind in map(str, DataType)}}
    parts.table(data, "labels", formats, t("labels.preview_alt"), column_config=parts.right(spread))
    floor = setup.labels.floor
    how = [
        t("labels.how_same"),
        t("labels.how_default"),
        t(
            "labels.how_floor",
            share=numbers.share(floor.default_share),
            ratio=numbers.number(floor.range_ratio, 2),
            stages=", ".join(parts.stage(each) for each in floor.required),
        ),
        t("labels.how_difference"),
        t("labels.how_link"),
    ]
    plain_rows = pd.DataFrame(
        [
            {
                "key": each.option.key, "co2e_kg": each.label.co2e_kg, "low_kg": each.label.low_kg,
                "high_kg": each.label.high_kg, "reason": each.option.reason,
                **{f"{stage}_kg": each.label.stages.get(stage) for stage in Stage},
            }
            for each in shown
        ]
    )  # fmt: skip
    parts.foot("labels", how, download=plain_rows)
    able = {each.option.key: each for each in shown if each.option.available}
    if not able:
        return
    parts.section(t("labels.calculation"), t("labels.calculation_about"))
    key = parts.choose(
        t("labels.option"), list(able), lambda each: able[each].label.names.of(str(language())), "label_option"
    )
    _calculation(able[key], labels.lines(cart, key, day, items))
    _files(able[key].label, tongue, f"label-{key}")


def _standing(each: labels.Shown) -> str:
    """Why a label has no figure, or what it is compared with."""
    if each.option.reason is not None:
        key = f"labels.reason_{each.option.reason}"
        return t(key) if known(key) else guide.reason_title(each.option.reason)
    if each.label.missing is not None:
        return labels.words_of(each.label, str(language()))["why"]
    return t("labels.default") if each.option.default else t("labels.shown")


def _calculation(each: labels.Shown, rows: pd.DataFrame) -> None:
    order = {str(stage): position for position, stage in enumerate(Stage)}
    rows = rows.sort_values("stage", key=lambda stages: stages.map(order), kind="stable")
    data = pd.DataFrame(
        {
            t("head.stage"): [parts.stage(stage) for stage in rows["stage"]],
            t("head.what"): [session.activity_name(name, language()) for name in rows["activity"]],
            t("head.amount"): rows["amount"],
            t("head.unit"): rows["unit"].map(numbers.unit),
            t("head.times"): rows["factor_value"],
            t("head.equals"): rows["co2e_kg"],
            t("head.region"): rows["region"],
            t("head.cited"): list(map(parts.cited, rows["source"], rows["edition"], rows["locator"])),
        }
    )
    formats = {t(f"head.{name}"): numbers.exact for name in ("amount", "times", "equals")}
    parts.table(data, "label_lines", formats, t("labels.calculation"))
    parts.foot("label_lines", [t("labels.how_lines")], download=rows)


def _files(label: Any, tongue: Language, name: str) -> None:
    """Offer a label as the files that the service hands over."""
    forms = {
        "svg": (labels.svg(label, str(tongue)), "image/svg+xml"),
        "html": (labels.html(label, str(tongue)), "text/html"),
    }
    with st.container(horizontal=True, gap="small"):
        for form, (content, mime) in forms.items():
            st.download_button(
                t(f"labels.as_{form}"), content, file_name=f"{name}-{tongue}.{form}", mime=mime, key=f"{name}_{form}",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip


# Recorded order ------------------------------------------------------------------------------------


def _order() -> None:
    if not session.head():
        st.info(t("labels.no_ledger"), icon=":material/info:")
        parts.link("views/import_orders.py", t("import.nav"), ":material/upload_file:")
        return
    left, right = st.columns([2, 1])
    order = left.text_input(t("labels.order"), key="label_order", max_chars=128).strip()
    with right:
        tongue = _tongue("order_tongue")
    if not order:
        ids = [each for each in dict.fromkeys(parcels.highest(limit=5)[0]["order_id"]) if isinstance(each, str)]
        parts.muted(t("labels.order_hint", ids=", ".join(plain(each) for each in ids)))
        return
    label = labels.of_order(order)
    if label is None:
        near = ", ".join(plain(each) for each in session.near(order))
        st.warning(t("labels.no_order", order=plain(order), near=near), icon=":material/warning:")
        return
    st.iframe(labels.html(label, str(tongue)), height="content", alt=t("labels.order_alt"))
    parts.muted(t("labels.order_about"))
    _files(label, tongue, "label-order")
    if st.button(t("labels.open"), icon=":material/account_tree:", key="label_open"):
        parts.open_order(order)


# Wording -------------------------------------------------------------------------------------------


def _wording() -> None:
    parts.section(t("labels.wording"), t("labels.wording_about"))
    text = st.text_area(t("labels.text"), key="label_text", max_chars=2000, placeholder=t("labels.text_example"))
    left, right = st.columns(2)
    with left:
        market = _market("wording_market")
    product = right.checkbox(t("labels.of_product"), key="wording_product", help=t("labels.of_product_help"))
    if not text.strip():
        return
    found = labels.wording(text, market, str(language()), product)
    if found:
        st.warning(t("labels.found", count=numbers.count(len(found))), icon=":material/warning:")
        _refusals(found)
    else:
        st.success(t("labels.nothing_found", market=t(f"labels.market_{market}")), icon=":material/check:")
    parts.muted(t("labels.no_lawyer"))


def _refusals(found: list) -> None:
    """Show what was refused: term, why, what to write instead, and the law with the state of its reference."""
    for each in found:
        with st.container(border=True):
            st.markdown(t("labels.refused", term=plain(each.term), text=plain(each.text)))
            st.markdown(t("labels.refused_why", why=plain(each.why), instead=plain(each.instead)))
            state = t(f"labels.law_{each.law_state.replace(' ', '_')}")
            parts.muted(t("labels.law", rule=plain(each.rule), law=plain(each.law), state=state))


# In the shop ---------------------------------------------------------------------------------------


def _shop(cart: dict[str, Any]) -> None:
    """Show the element for the shop's page with the cart above, and how a key is made and the service started."""
    parts.section(t("labels.shop"), t("labels.shop_about"))
    left, middle, right = st.columns(3)
    service = left.text_input(t("labels.service"), "https://label.example", key="label_service", max_chars=200)
    origin = middle.text_input(t("labels.origin"), "https://shop.example", key="label_origin", max_chars=200)
    shop = right.text_input(t("labels.shop_name"), "shop", key="label_shop", max_chars=60)
    if not (_is_address(service) and _is_address(origin) and shop.strip()):
        st.warning(t("labels.no_address"), icon=":material/warning:")
        return
    address = service.strip().rstrip("/")
    parts.muted(t("labels.step_key"))
    st.code(
        f"carbon keys create {shlex.quote(shop.strip())} --origin {shlex.quote(origin.strip().rstrip('/'))} --state service",
        language="bash",
    )
    parts.muted(t("labels.step_serve"))
    st.code(
        "carbon serve --organisation organisation.yaml --ledger ledger --state service "
        f"--public-url {shlex.quote(address)}",
        language="bash",
    )
    parts.muted(t("labels.step_embed"))
    st.code(_embedded(address, cart), language="html")
    parts.muted(t("labels.step_more"))


def _is_address(text: str) -> bool:
    try:
        found = urlsplit(text.strip())
    except ValueError:
        return False
    clean = not any(each.isspace() or each in "\"'<>" for each in text.strip())
    return found.scheme in ("https", "http") and bool(found.hostname) and clean


def _embedded(address: str, cart: dict[str, Any]) -> str:
    """Return the element as it stands in a page; a cart cannot end its script."""
    held = json.dumps(cart, ensure_ascii=False, indent=2).replace("<", "\\u003c")
    where = escape(address)
    return (
        f'<link rel="preconnect" href="{where}" crossorigin>\n'
        f'<script src="{where}/v1/carbon-label.js" defer></script>\n\n'
        f'<carbon-label service="{where}" key="cpo_your_shop_key" follow="delivery" cart="#cart"></carbon-label>\n\n'
        f'<script type="application/json" id="cart">\n{held}\n</script>\n'
    )


page()
