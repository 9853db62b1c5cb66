"""Pages of the app, each shown to one session after another in this process, without a browser.

``python -m benchmarks.app_shown FOLDER PAGE...`` prints for each page what its first show took and what the later ones, in sessions
of their own: by the clock and by the processor, all threads together. What a browser does to draw a page is not in it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.app_pages import MONTH, PAGES, PARCEL
from benchmarks.measure import ROOT

_WARM, _LONGEST_S = 3, 3_600


def shown(page: str, **state: Any) -> dict[str, float]:
    """Show a page to a new session and return what it took: seconds, busy_s.

    Raises
    ------
    RuntimeError
        If the page says that something went wrong, or shows nothing.
    """
    from streamlit.testing.v1 import AppTest

    began_s, busy_s = time.perf_counter(), time.process_time()
    test = AppTest.from_file(str(ROOT / "app" / "main.py"), default_timeout=_LONGEST_S)
    for key, value in {"language": "en", **state}.items():
        test.session_state[key] = value
    test.switch_page(PAGES[page]).run()
    took = {"seconds": time.perf_counter() - began_s, "busy_s": time.process_time() - busy_s}
    wrong = [str(each.value) for each in (*test.exception, *test.error)]
    if wrong or not test.title:
        raise RuntimeError(f"the page {page} shows no title but this: {wrong}")
    return took


def main() -> None:
    """Show what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="+", choices=sorted(PAGES))
    given = parser.parse_args()
    os.environ["CARBON_LEDGER"] = str(given.folder / "ledger")
    os.environ["CARBON_ORGANISATION"] = str(given.folder / "organisation.yaml")
    sys.argv = ["main.py"]
    found = {page: {"cold": shown(page)} for page in given.pages}
    for page in given.pages:
        found[page] |= {"warm": _median([shown(page) for _ in range(_WARM)]), "month": shown(page, period_held=MONTH)}
    if "orders" in found:
        found["orders"]["parcel"] = shown("orders", order_search=PARCEL)
    sys.stdout.write(json.dumps(found) + "\n")


def _median(shows: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in shows) for name in shows[0]}


if __name__ == "__main__":
    main()
