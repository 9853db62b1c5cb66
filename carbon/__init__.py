"""Carbon per Order: the footprint of every parcel, replayable by hand.

>>> from carbon import calculate, inventory
>>> calculate("orders.parquet", "organisation.yaml", ledger="ledger")  # doctest: +SKIP
>>> inventory("ledger").total_kg  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from carbon.lazy import lend

if TYPE_CHECKING:
    from carbon.calculate import Calculation, calculate, load, plan_of
    from carbon.documents import edited_text, file_text
    from carbon.engine.columns import fallback_names
    from carbon.estimate import Estimate, estimate
    from carbon.estimate.options import Cart, DeliveryOptions
    from carbon.estimate.shipment import Shipment
    from carbon.exchange.articles import with_footprints, with_kept
    from carbon.exchange.ileap import carrier_table
    from carbon.exchange.pact import supplier_footprints
    from carbon.exchange.reject import rejects_text
    from carbon.exchange.shipments import with_shipments
    from carbon.factors.carrier_file import carrier_factors, intensity_by
    from carbon.factors.registry import Registry
    from carbon.factors.review import check_tables, compare_tables
    from carbon.ledger import (
        ArticleTotals,
        Carriers,
        Cells,
        Comparison,
        EditionEffect,
        Explanation,
        Finding,
        Inventory,
        Ledger,
        Manifest,
        Network,
        Period,
        Purpose,
        Reason,
        Restatement,
        Verification,
        Warehouses,
        acting_as,
        article_totals,
        audit_sample,
        carriers,
        connect,
        diff,
        edition_effect,
        explain,
        find,
        inventory,
        lanes,
        near_ids,
        network,
        read_sign_offs,
        restatements,
        review,
        sign_off_text,
        subjects,
        undo,
        user_name,
        verify,
        warehouses,
    )
    from carbon.ledger.titles import reason_titles
    from carbon.optimise.advice import Advice, advise
    from carbon.optimise.cart_packing import CartPacker
    from carbon.optimise.packing import pack
    from carbon.optimise.rounds.route import route
    from carbon.optimise.suites.columns import carton_plant
    from carbon.optimise.suites.suite import Suite, carton_suite
    from carbon.optimise.summary import Packing
    from carbon.orders.articles import Articles
    from carbon.orders.columns import COLUMNS as ORDER_COLUMNS
    from carbon.orders.importers.query import import_query
    from carbon.orders.places import PlaceMatch, Places
    from carbon.orders.rejects import neutral, rejects_csv
    from carbon.orders.table import OrdersInput
    from carbon.organisation import Organisation
    from carbon.organisation import read as read_organisation
    from carbon.sample import write_sample
    from carbon.schemas import items_text, orders_text, stops_text
    from carbon.schemas import of as schema_of
    from carbon.shipped import shipped_folder

__version__ = "2026.1.0"

__all__ = [
    "ORDER_COLUMNS",
    "Advice",
    "ArticleTotals",
    "Articles",
    "Calculation",
    "Carriers",
    "Cart",
    "CartPacker",
    "Cells",
    "Comparison",
    "DeliveryOptions",
    "EditionEffect",
    "Estimate",
    "Explanation",
    "Finding",
    "Inventory",
    "Ledger",
    "Manifest",
    "Network",
    "OrdersInput",
    "Organisation",
    "Packing",
    "Period",
    "PlaceMatch",
    "Places",
    "Purpose",
    "Reason",
    "Registry",
    "Restatement",
    "Shipment",
    "Suite",
    "Verification",
    "Warehouses",
    "acting_as",
    "advise",
    "article_totals",
    "audit_sample",
    "calculate",
    "carrier_factors",
    "carrier_table",
    "carriers",
    "carton_plant",
    "carton_suite",
    "check_tables",
    "compare_tables",
    "connect",
    "diff",
    "edited_text",
    "edition_effect",
    "estimate",
    "explain",
    "fallback_names",
    "file_text",
    "find",
    "import_query",
    "intensity_by",
    "inventory",
    "items_text",
    "lanes",
    "load",
    "near_ids",
    "network",
    "neutral",
    "orders_text",
    "pack",
    "plan_of",
    "read_organisation",
    "read_sign_offs",
    "reason_titles",
    "rejects_csv",
    "rejects_text",
    "restatements",
    "review",
    "route",
    "schema_of",
    "shipped_folder",
    "sign_off_text",
    "stops_text",
    "subjects",
    "supplier_footprints",
    "undo",
    "user_name",
    "verify",
    "warehouses",
    "with_footprints",
    "with_kept",
    "with_shipments",
    "write_sample",
]

lend(
    __name__,
    {
        "carbon.calculate": "Calculation calculate load plan_of",
        "carbon.documents": "edited_text file_text",
        "carbon.engine.columns": "fallback_names",
        "carbon.estimate": "Estimate estimate",
        "carbon.estimate.options": "Cart DeliveryOptions",
        "carbon.estimate.shipment": "Shipment",
        "carbon.exchange.articles": "with_footprints with_kept",
        "carbon.exchange.ileap": "carrier_table",
        "carbon.exchange.pact": "supplier_footprints",
        "carbon.exchange.reject": "rejects_text",
        "carbon.exchange.shipments": "with_shipments",
        "carbon.factors.carrier_file": "carrier_factors intensity_by",
        "carbon.factors.registry": "Registry",
        "carbon.factors.review": "check_tables compare_tables",
        "carbon.ledger": "ArticleTotals Carriers Cells Comparison EditionEffect Explanation Finding Inventory Ledger Manifest Network Period Purpose "
        "Reason Restatement Verification Warehouses acting_as article_totals audit_sample carriers connect diff "
        "edition_effect explain find inventory lanes near_ids network read_sign_offs restatements review sign_off_text subjects undo "
        "user_name verify warehouses",
        "carbon.ledger.titles": "reason_titles",
        "carbon.optimise.advice": "Advice advise",
        "carbon.optimise.cart_packing": "CartPacker",
        "carbon.optimise.packing": "pack",
        "carbon.optimise.rounds.route": "route",
        "carbon.optimise.suites.columns": "carton_plant",
        "carbon.optimise.suites.suite": "Suite carton_suite",
        "carbon.optimise.summary": "Packing",
        "carbon.orders.articles": "Articles",
        "carbon.orders.columns": "COLUMNS:ORDER_COLUMNS",
        "carbon.orders.importers.query": "import_query",
        "carbon.orders.places": "PlaceMatch Places",
        "carbon.orders.rejects": "neutral rejects_csv",
        "carbon.orders.table": "OrdersInput",
        "carbon.organisation": "Organisation read:read_organisation",
        "carbon.sample": "write_sample",
        "carbon.schemas": "items_text orders_text stops_text of:schema_of",
        "carbon.shipped": "shipped_folder",
    },
)
