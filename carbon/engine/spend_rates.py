"""What a unit of money makes by year, category and currency: by which the spend of a parcel is its lines'."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carbon.activities.scoping import Kind
from carbon.engine.block import Codes
from carbon.engine.plan import Plan
from carbon.orders.by_article import SPEND_RATES


def spend_rates(plan: Plan) -> pa.Table:
    """Return a plan's `SPEND_RATES`; what has no factor makes nothing."""
    context = plan.context
    names = {
        "year": np.array(context.years, dtype=np.int64),
        "category": np.array(context.profile.categories, dtype=object),
        "currency": np.array(context.profile.currencies, dtype=object),
    }
    grid = np.indices([len(each) for each in names.values()]).reshape(len(names), -1)
    codes = Codes(dict(zip(names, grid, strict=True)))
    kg, count = np.zeros(grid.shape[1]), grid.shape[1]
    for block in plan.blocks if count else ():
        if block.kind is Kind.PRODUCT and "goods_value" in block.columns.values() and block.bindings:
            chosen = block.choose(codes)
            amount = block.amounts({"goods_value": np.ones(count)}, chosen, count)
            kg += amount * block.coefficients[0].take(np.maximum(chosen, 0))
    columns = {
        name: pa.array(values[places].tolist()) for (name, values), places in zip(names.items(), grid, strict=True)
    }
    return pa.table(columns | {"kg_per_value": kg}, schema=SPEND_RATES)
