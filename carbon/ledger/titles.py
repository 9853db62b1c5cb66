"""Names of scopes and categories as in the GHG Protocol, and of reject reasons, in English and Chinese."""

from __future__ import annotations

from carbon.engine import rejecting

#: (scope, category) to titles; categories of the Corporate Value Chain (Scope 3) Standard, table 5.3.
SCOPES: dict[tuple[str, str], tuple[str, str]] = {
    ("1", ""): ("Direct emissions", "直接排放"),
    ("2", ""): ("Indirect emissions from purchased energy", "外购能源的间接排放"),
    ("3", "1"): ("Purchased goods and services", "外购商品和服务"),
    ("3", "2"): ("Capital goods", "资本商品"),
    ("3", "3"): (
        "Fuel- and energy-related activities not included in scope 1 or 2",
        "燃料和能源相关活动（未包括在范围一、二中）",
    ),
    ("3", "4"): ("Upstream transportation and distribution", "上游运输和配送"),
    ("3", "5"): ("Waste generated in operations", "运营中产生的废弃物"),
    ("3", "8"): ("Upstream leased assets", "上游租赁资产"),
    ("3", "9"): ("Downstream transportation and distribution", "下游运输和配送"),
    ("3", "12"): ("End-of-life treatment of sold products", "售出产品的报废处理"),
    ("3", "13"): ("Downstream leased assets", "下游租赁资产"),
    ("3", "15"): ("Investments", "投资"),
}


def scope_titles(scope: str, category: str) -> tuple[str, str]:
    """Return the English and the Chinese title of a scope or category."""
    unknown = f"Scope {scope} {category}".strip(), f"范围 {scope} {category}".strip()
    return SCOPES.get((str(scope), str(category)), unknown)


def reason_titles(reason: str) -> tuple[str, str]:
    """Return what a reject's code means, in English and Chinese."""
    known = getattr(rejecting, "ALL_REASONS", rejecting.REASONS)
    return known[reason][:2] if reason in known else (reason.replace("_", " "), reason)
