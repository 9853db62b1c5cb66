"""Colours and type of the app: the project's tokens, the same in the report."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from carbon.terms import Stage


@dataclass(frozen=True)
class Look:
    """The tokens of one theme."""

    background: str
    surface: str
    ink: str
    muted: str
    line: str
    accent: str
    baseline: str
    stages: dict[Stage, str]


_STAGES = {
    Stage.PACKAGING: "#DDAA33",
    Stage.LINE_HAUL: "#332288",
    Stage.HUBS: "#88CCEE",
    Stage.LAST_MILE: "#CC6677",
    Stage.WAREHOUSING: "#44AA99",
    Stage.RETURNS: "#882255",
    Stage.END_OF_LIFE: "#AA4499",
    Stage.PRODUCT: "#999933",
}

LIGHT = Look("#FBFAF7", "#FFFFFF", "#1C2430", "#5A6472", "#D9DCE1", "#1F5FA8", "#7B8794", _STAGES)
DARK = Look(
    "#12161C",
    "#1A2029",
    "#E8EBF0",
    "#A3ADBA",
    "#303845",
    "#8AB8F0",
    "#7B8794",
    _STAGES | {Stage.LINE_HAUL: "#7F8CFF", Stage.RETURNS: "#C2487F"},
)

#: System sans, Latin first; the same list stands in .streamlit/config.toml.
FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', "
    "'Noto Sans CJK SC', sans-serif"
)


def look() -> Look:
    """Return the tokens of the theme the browser shows."""
    return DARK if st.context.theme.type == "dark" else LIGHT


#: Streamlit's theme has no horizontal padding; its own takes a fifth of the width of a small screen.
STYLE = """<style>
@media (max-width: 1440px) {
  [data-testid="stMainBlockContainer"] { padding-left: 32px; padding-right: 32px; }
}
@media (max-width: 1100px) {
  /* A bar that is folded away has a greatest width of nothing, which a least width would undo. */
  [data-testid="stSidebar"] { width: 248px !important; min-width: 0 !important; }
}
@media (max-width: 900px) {
  [data-testid="stMainBlockContainer"] { padding-left: 16px; padding-right: 16px; }
  /* Three columns are too narrow for labels there: two, or one, beside each other. */
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"]) { flex-wrap: wrap; }
  [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] { min-width: 13rem; }
}
</style>"""
