"""Ways to turn foreign exports into the canonical orders table, one file each."""

from carbon.orders.importers.query import import_query

__all__ = ["import_query"]
