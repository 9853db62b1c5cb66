"""The forms of the set-up: which values of the organisation file stand where, and how each is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import faults, parts
from app.reading import setup
from app.text import known, t

CHOICES: dict[str, tuple[str, ...]] = {
    "consolidation": ("operational_control", "financial_control", "equity_share"),
    "gwp_set": ("AR4", "AR5", "AR6"),
    "round_allocation": ("parcel", "mass_distance"),
    "warehouse_allocation": ("parcel", "mass", "volume_days"),
    "radiative_forcing": ("beside", "off"),
    "party": ("own", "carrier", "buyer"),
    "kind": ("box", "mailer", "bag", "own_container"),
    "allocation": ("mass", "volumetric"),
    "storage": ("ambient", "refrigerated"),
    "lighting": ("led", "legacy"),
}


@dataclass(frozen=True)
class Field:
    """One value of the file.

    Attributes
    ----------
    path : tuple of str
        Below the form's own place.
    kind : str
        ``text``, ``number``, ``whole``, ``share``, ``flag``, ``choice`` or ``key``.
    of : str
        For ``key``: which part of the file holds the keys to choose from.
    """

    path: tuple[str, ...]
    kind: str = "text"
    of: str = ""

    @property
    def name(self) -> str:
        """The key by which the catalogue knows it."""
        return "_".join(self.path)


def _fields(*listed: str) -> tuple[Field, ...]:
    made = []
    for each in listed:
        path, _, kind = each.partition(":")
        kind, _, of = kind.partition("=")
        made.append(Field(tuple(path.split(".")), kind or "text", of))
    return tuple(made)


GENERAL = _fields(
    "name", "name_zh", "country", "base_year:whole", "consolidation:choice", "restatement.threshold:share"
)
METHOD = _fields("method.gwp_set:choice", "method.round_allocation:choice", "method.warehouse_allocation:choice",
                 "method.radiative_forcing:choice", "method.pseudonymise_orders:flag")  # fmt: skip
DEFAULTS = _fields("defaults.service:key=services", "defaults.site:key=sites", "defaults.package:key=packages",
                   "defaults.goods_mass")  # fmt: skip
SITE = _fields("name", "name_zh", "party:choice", "place.country", "place.city", "place.postcode", "place.latitude:number",
               "place.longitude:number", "grid_region", "activity")  # fmt: skip
ESTIMATE = _fields("estimate.area", "estimate.storage:choice", "estimate.lighting:choice",
                   "estimate.parcels_per_year:number", "estimate.setpoint_change_degc:number",
                   "estimate.saving_per_degc:share")  # fmt: skip
PACKAGE = _fields("name", "name_zh", "kind:choice", "like", "inner", "outer", "mass", "material", "recycled_content:share",
                  "max_load", "cost", "packing_time", "stock:whole", "void_fill.material", "void_fill.density",
                  "void_fill.recycled_content:share", "reuse.uses:whole", "reuse.loss_rate:share",
                  "reuse.return_distance", "reuse.cost_per_trip")  # fmt: skip
SERVICE = _fields("name", "name_zh", "carrier", "party:choice", "allocation:choice", "volumetric_divisor", "returns.rate:share",
                  "returns.write_off_share:share", "tariff.per_parcel", "tariff.per_kg")  # fmt: skip


def ask(
    where: Any, field: Field, base: tuple[str, ...], data: dict, version: str, problem: setup.Problem | None
) -> list:
    """Show a field with its value, and the problem that stands at it; return what was changed."""
    path = (*base, *field.path)
    held = setup.at(data, path)
    key = f"setup_{version}_{'.'.join(path)}"
    given = _widget(where, field, held, key, data)
    if is_at(problem, path):
        show_problem(where, problem)
    return [] if _same(given, held) else [(path, given)]


def _widget(where: Any, field: Field, held: Any, key: str, data: dict) -> Any:
    label = t(f"setup_field.{field.name}")
    help_text = t(f"setup_help.{field.name}") if known(f"setup_help.{field.name}") else None
    if field.kind in ("choice", "key"):
        options = CHOICES[field.path[-1]] if field.kind == "choice" else tuple(data.get(field.of) or ())
        options = (None, *options) if held is None or field.kind == "key" else options
        options = options if held in options else (*options, held)
        words = {each: _choice(field, each, data) for each in options}
        return where.selectbox(
            label, options, index=options.index(held), key=key, help=help_text,
            format_func=words.__getitem__,
        )  # fmt: skip
    if field.kind == "flag":
        return where.checkbox(label, value=bool(held), key=key, help=help_text) or (None if held is None else False)
    if field.kind in ("number", "share"):
        ends = {"min_value": 0.0, "max_value": 1.0, "step": 0.01} if field.kind == "share" else {"step": 1.0}
        usual = isinstance(held, int | float) and (field.kind != "share" or 0 <= held <= 1)
        value = float(held) if usual else None
        return where.number_input(label, value=value, format="%.6g", key=key, help=help_text, **ends)
    if field.kind == "whole":
        value = int(held) if isinstance(held, int) else None
        return where.number_input(label, value=value, min_value=0, step=1, key=key, help=help_text)
    return (
        where.text_input(label, value="" if held is None else str(held), key=key, help=help_text, max_chars=300).strip()
        or None
    )


def _choice(field: Field, each: str | None, data: dict) -> str:
    if each is None:
        return t("setup.unset")
    if field.kind == "key":
        return parts.keyed(data.get(field.of) or {}, each)
    code = f"choice.{field.path[-1]}_{each}"
    return t(code) if known(code) else str(each)


def _same(given: Any, held: Any) -> bool:
    if given is None or held is None:
        return given is None and held is None
    if isinstance(given, str) and not isinstance(held, str):
        return given == str(held)
    return given == held


def is_at(problem: setup.Problem | None, path: tuple[str, ...]) -> bool:
    """Whether a problem stands at a field, or below it."""
    return problem is not None and problem.path[: len(path)] == tuple(map(str, path))


def show_problem(where: Any, problem: setup.Problem) -> None:
    """Say a problem with what was found, what is expected and how to mend it."""
    st.session_state["setup_problem_told"] = True
    lines = faults.lines_of(problem.error, where=False)
    where.error("\n\n".join(lines), icon=":material/error:")
