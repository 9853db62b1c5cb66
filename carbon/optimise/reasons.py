"""Why an order is not packed, and why a package was not chosen: stable codes, sentences in two languages."""

from __future__ import annotations

#: Code to (sentence, Chinese sentence, what would make it feasible). Codes are stable, texts may improve.
REASONS: dict[str, tuple[str, str, str]] = {
    "no_items": ("the items file has nothing for this order", "商品文件中没有该订单", "add its items, or keep the order as it is"),
    "several_parcels": (
        "items are given by order, and this order has several parcels",
        "商品按订单给出，而该订单有多个包裹",
        "give items by parcel_id, or one row for each order",
    ),
    "bad_item": ("an item cannot be used", "商品数据无效", "correct the row of the items file"),
    "no_size": ("an item has no size, and nothing stands in for it", "商品缺少尺寸且无替代值", "measure it, or give sizes of other items of its category"),
    "no_item_mass": ("an item has no mass, and nothing stands in for it", "商品缺少质量且无替代值", "weigh it"),
    "item_too_large": ("a piece is larger than the package inside", "单件商品大于包装内尺寸", "add a package that is larger inside, or let it ship in its own container"),
    "item_too_heavy": ("a piece is heavier than any package may hold", "单件商品超过所有包装的承重", "raise max_load of a package, or add one"),
    "no_temperature": ("no package holds goods of this temperature class", "没有适合该温度类别的包装", "add the class to `temperatures` of a package"),
    "group_does_not_fit": ("items that stay together fit no package", "需同装的商品放不进任何包装", "add a larger package, or split the group in keep_together"),
    "group_conflict": ("items that stay together must be kept apart, or differ in temperature", "需同装的商品又须分开，或温度类别不同", "change keep_together, keep_apart or temperature"),
    "no_packages": ("the organisation file has no package with an inner size", "组织文件没有带内尺寸的包装", "give a package `inner`, or `like`"),
    "not_packed": ("no way of packing was found", "未找到可行的装箱方案", "add a larger package, or raise --time-limit"),
    "not_counted": ("the kernel refuses the order", "核算引擎拒绝该订单", "see what `carbon calculate` says of it"),
    "wrong_temperature": ("does not hold this temperature class", "不适合该温度类别", "add the class to its `temperatures`"),
    "temperatures_differ": ("items differ in temperature class", "商品温度类别不同", "pack them apart"),
    "kept_apart": ("items must be kept apart", "商品不可同装", "pack them apart"),
    "over_its_load": ("over its load", "超过承重", "raise its max_load"),
    "volume_too_large": ("the goods have more volume than it has inside", "商品体积大于包装内容积", "use a larger one"),
    "not_at_this_site": ("not at hand at this site", "该站点没有此包装", "add the site to its `sites`"),
    "not_for_this_service": ("not for this delivery service", "不用于该配送服务", "add the service to its `services`"),
    "no_arrangement": ("no arrangement of the pieces exists", "不存在可行的摆放", "use a larger one"),
    "time_ran_out": ("time ran out before an arrangement was found", "限时内未找到摆放方案", "raise --time-limit"),
    "does_not_fit": ("no placing was found", "未找到摆放方案", "use a larger one"),
    "out_of_stock": ("out of stock", "库存不足", "raise its stock"),
    "stock_to_others": ("its stock goes to orders that gain more by it", "库存优先分给受益更大的订单", "raise its stock"),
    "over_tariff": ("above the last band of the tariff", "超出资费最高档", "add a band"),
    "not_an_option": ("not for this order", "不适用于该订单", "set own_container of the item"),
    "higher": ("heavier footprint or dearer", "碳足迹更高或更贵", ""),
}  # fmt: skip


def sentence(code: str, detail: str = "") -> str:
    """Return the English sentence of a code with what was found and the way out."""
    problem, _, mend = REASONS[code]
    return problem + (f" ({detail})" if detail else "") + (f": {mend}" if mend else "")
