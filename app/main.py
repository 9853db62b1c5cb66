"""The app: its pages, and what stands around every page. Started by ``carbon app``."""

import sys
from pathlib import Path

# Streamlit puts this file's own folder on the path; the app is imported by its name, wherever it is installed.
if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st

from app import frame
from app.text import t

frame.begin()
# Expanded: pages folded away are not found, and Streamlit's words for the rest are English.
page = st.navigation(
    [
        st.Page("views/overview.py", title=t("overview.nav"), icon=":material/monitoring:", default=True),
        st.Page("views/orders.py", title=t("orders.nav"), icon=":material/package_2:"),
        st.Page("views/lanes.py", title=t("network.nav"), icon=":material/hub:"),
        st.Page("views/packaging.py", title=t("packaging.nav"), icon=":material/deployed_code:"),
        st.Page("views/routes.py", title=t("routes.nav"), icon=":material/route:"),
        st.Page("views/warehouses.py", title=t("warehouses.nav"), icon=":material/warehouse:"),
        st.Page("views/carriers.py", title=t("carriers.nav"), icon=":material/local_shipping:"),
        st.Page("views/what_if.py", title=t("what_if.nav"), icon=":material/query_stats:"),
        st.Page("views/factors.py", title=t("factor_book.nav"), icon=":material/menu_book:"),
        st.Page("views/labels.py", title=t("labels.nav"), icon=":material/label:"),
        st.Page("views/reports.py", title=t("reports.nav"), icon=":material/description:"),
        st.Page("views/audit.py", title=t("audit.nav"), icon=":material/policy:"),
        st.Page("views/import_orders.py", title=t("import.nav"), icon=":material/upload_file:"),
        st.Page("views/setup.py", title=t("setup.nav"), icon=":material/settings:"),
    ],
    expanded=True,
)
frame.show(page)
