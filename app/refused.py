"""What of suppliers' and carriers' files is not taken: a table with reasons and ways out, and its download."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from app import parts
from app.text import plain, t
from carbon import rejects_text
from carbon.errors import FAULTS

_HEADS = ("product", "article", "reason", "found", "mend", "file")


def _reason(reject: Any) -> str:
    """Return why a footprint is not taken; of a field that breaks the data model also what is wrong with it."""
    said = t(f"sent_reason.{reject.reason}")
    if not reject.fault:
        return said
    key = reject.found.partition(":")[0].rpartition(".")[2]
    what = t(f"fault.{reject.fault}", key=key, expected=reject.expected)
    # What is expected is told in signs and names, unless it goes without saying.
    usual = FAULTS[reject.fault][1]
    expected = t(f"fault_expected.{reject.fault}") if usual and reject.expected == usual else reject.expected
    return t("sent.broken", reason=said, what=what, expected=expected) if expected else f"{said}{t('sent.colon')}{what}"


def show(rejects: Sequence[Any], key: str, alt: str, **heads: str) -> None:
    """Show rejects, none where there are none.

    Parameters
    ----------
    rejects : sequence of Reject
    key : str
        Of the table.
    alt : str
        What the table is, for those who cannot see it.
    **heads : str
        Keys of heads that differ from a column's own; an empty one leaves the column out.
    """
    if not rejects:
        return
    rows = [
        {"product": each.product or each.id, "article": each.article, "reason": _reason(each), "found": each.found,
         "mend": t(f"sent_mend.{each.reason}"), "file": each.file}
        for each in rejects
    ]  # fmt: skip
    shown = {name: heads.get(name, name) for name in _HEADS}
    data = pd.DataFrame(rows)[[name for name in _HEADS if shown[name]]]
    names = {name: t(f"head.{head}") for name, head in shown.items() if head}
    parts.table(data.rename(columns=names), key, alt=plain(alt))
    st.download_button(
        t("check.download"), rejects_text(rejects), file_name="footprints-rejects.csv", mime="text/csv",
        icon=":material/download:", on_click="ignore", key=f"{key}_download",
    )  # fmt: skip
