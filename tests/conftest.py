"""Skips for want of a tool are failures in continuous integration; every other skip stays one and is listed.

Files with tests marked as slow begin, so that no process waits at the end for another's long file.
"""

from __future__ import annotations

import pytest

from tests import tools

#: What `pytest.importorskip` says: a Python package is a tool, too.
_PACKAGE = "could not import"


def _fail_for_tool(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (report.skipped and tools.in_ci()) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    said = reason.removeprefix("Skipped: ")
    if said.startswith(tools.TOOL) or said.lower().startswith(_PACKAGE):
        report.outcome = "failed"
        report.longrepr = f"{said}\nNothing may be skipped for want of a tool here (CARBON_CI or CI is set)."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    _fail_for_tool(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    report = yield
    _fail_for_tool(report)
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
