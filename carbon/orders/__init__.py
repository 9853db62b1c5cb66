"""Orders: the canonical table, its places and distances."""

from carbon.orders.columns import COLUMNS, Column
from carbon.orders.distance import great_circle_km, sea_route_km
from carbon.orders.places import PlaceMatch, Places, Resolved
from carbon.orders.rejects import REASONS, Reject, rejects_csv, rejects_table
from carbon.orders.table import OrdersChunk, OrdersInput

__all__ = [
    "COLUMNS",
    "REASONS",
    "Column",
    "OrdersChunk",
    "OrdersInput",
    "PlaceMatch",
    "Places",
    "Reject",
    "Resolved",
    "great_circle_km",
    "rejects_csv",
    "rejects_table",
    "sea_route_km",
]
