"""The rule by which the transport of one parcel may be called ISO 14083."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from carbon.engine.block import IN_TOTAL
from carbon.engine.line import Line
from carbon.terms import TRANSPORT_STAGES, Stage

#: Flags of factors that lack a part, with their Chinese.
LACKING = {
    "no WTT": "缺少油井到油箱（WTT）",
    "no TTW": "缺少油箱到车轮（TTW）",
    "no grid losses": "缺少电网损耗",
    "boundary unknown": "系统边界未知",
    "CO2 only": "仅含二氧化碳",
}


def well_to_wheel(lines: Iterable[Line]) -> bool:
    """Return whether the transport of one parcel may be called ISO 14083: its lines in the total, by `whole_chain`."""
    return whole_chain((Stage(line.stage), line.flags) for line in lines if line.accounting == IN_TOTAL)


def whole_chain(elements: Iterable[tuple[Stage, Collection[str]]]) -> bool:
    """Return whether every transport element is well to wheel in CO2e, hub operations and the last mile among them.

    Parameters
    ----------
    elements : iterable of (Stage, flags)
        Of all stages; what is no transport does not count.
    """
    chain = [(stage, flags) for stage, flags in elements if stage in TRANSPORT_STAGES]
    complete = not any(flag in flags for _, flags in chain for flag in LACKING)
    return complete and {Stage.HUBS, Stage.LAST_MILE} <= {stage for stage, _ in chain}
