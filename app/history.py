"""The history of a file that the app writes: who saved what when, and a button that brings a version back."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from app import access, numbers, parts
from app.people import Right
from app.reading.versions import Version
from app.text import t


def show(key: str, versions: list[Version], restore: Callable[[Version], None]) -> None:
    """Show the versions of a file, newest first, and let one be looked at and restored."""
    if not versions:
        return
    with st.expander(t("history.title", count=numbers.count(len(versions))), icon=":material/history:"):
        data = pd.DataFrame(
            {
                t("head.saved_at"): [
                    each.saved_at.replace("T", " ").replace("Z", " UTC") or numbers.ABSENT for each in versions
                ],
                t("head.who"): [each.who or numbers.ABSENT for each in versions],
                t("head.what"): [t(f"history.{each.what}") for each in versions],
                t("head.hash"): [each.sha256[:12] for each in versions],
                t("head.now"): ["✓" if each.current else "" for each in versions],
            }
        )
        parts.table(data, f"history_{key}", alt=t("history.title", count=len(versions)))
        names = {str(number): _name(number, each) for number, each in enumerate(versions)}
        wanted = versions[int(parts.choose(t("history.which"), list(names), names.__getitem__, f"version_{key}"))]
        st.code(wanted.read(), language="yaml", height=240)
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                t("history.download"),
                wanted.path.read_bytes(),
                file_name=f"{wanted.sha256[:12]}{wanted.path.suffix}",
                key=f"version_download_{key}",
                icon=":material/download:",
                on_click="ignore",
            )
            able = access.may(Right.MANAGE) and not wanted.current
            if able and st.button(
                t("history.restore"), key=f"restore_{key}", icon=":material/settings_backup_restore:"
            ):
                restore(wanted)
                st.rerun()
        if not access.may(Right.MANAGE):
            parts.muted(t("access.admins_restore"))
    parts.muted(t("history.about"))


def _name(number: int, version: Version) -> str:
    when = version.saved_at.replace("T", " ").replace("Z", " UTC") or t("history.first")
    return " · ".join(filter(None, (f"{number + 1}. {when}", version.who, version.sha256[:12])))
