"""The app: its pages, and what stands around every page. Started by ``carbon app``."""

import sys
from pathlib import Path

# Streamlit puts this file's own folder on the path; the app is imported by its name, wherever it is installed.
if str(Path(__file__).parents[1]) not in sys.path:
    sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st

from app import access, frame
from app.text import t

#: First what is seen, then what reduces, tells and keeps it: file, title, icon.
PAGES = (
    ("views/overview.py", "overview.nav", "monitoring"),
    ("views/orders.py", "orders.nav", "package_2"),
    ("views/lanes.py", "network.nav", "hub"),
    ("views/warehouses.py", "warehouses.nav", "warehouse"),
    ("views/carriers.py", "carriers.nav", "local_shipping"),
    ("views/packaging.py", "packaging.nav", "deployed_code"),
    ("views/routes.py", "routes.nav", "route"),
    ("views/what_if.py", "what_if.nav", "query_stats"),
    ("views/labels.py", "labels.nav", "label"),
    ("views/reports.py", "reports.nav", "description"),
    ("views/import_orders.py", "import.nav", "upload_file"),
    ("views/factors.py", "factor_book.nav", "menu_book"),
    ("views/audit.py", "audit.nav", "policy"),
    ("views/setup.py", "setup.nav", "settings"),
)

frame.begin()
# A page that is not for a role is not in the navigation; its address says so, rather than that there is none.
pages = {
    path: st.Page(
        path, title=t(title), icon=f":material/{icon}:", default=path == PAGES[0][0],
        visibility="visible" if access.may_open(path) else "hidden",
    )
    for path, title, icon in PAGES
}  # fmt: skip
# A flat list: Streamlit's lists of sections hold what a list must not.
chosen = st.navigation(list(pages.values()), expanded=True)
frame.show(chosen, next(path for path, page in pages.items() if page.url_path == chosen.url_path))
