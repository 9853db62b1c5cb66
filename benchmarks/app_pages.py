"""The pages of the app and their files."""

PAGES = {
    "overview": "views/overview.py",
    "orders": "views/orders.py",
    "lanes": "views/lanes.py",
    "warehouses": "views/warehouses.py",
    "carriers": "views/carriers.py",
    "packaging": "views/packaging.py",
    "routes": "views/routes.py",
    "what_if": "views/what_if.py",
    "labels": "views/labels.py",
    "reports": "views/reports.py",
    "import": "views/import_orders.py",
    "factors": "views/factors.py",
    "audit": "views/audit.py",
    "setup": "views/setup.py",
}
#: That is chosen where the whole ledger was shown before.
MONTH = "2025-06"
#: That is looked for on the page of orders; every ledger of `benchmarks.app_data` has it.
PARCEL = "HL-0010000-0"
