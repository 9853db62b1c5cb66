"""What the service loads before its first answer: a start of two seconds leaves room for what the answer needs, and no more."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.house.source import ROOT
from tests.labels.service.test_api import CART

#: Of other commands, of pages, or of what a cart like this one does not ask for. pandas is not among them: pyarrow loads it
#: with the first value it is given.
NOT_NEEDED = (
    "altair", "carbon.calculate", "carbon.ledger.query", "carbon.ledger.store", "carbon.optimise.cart_packing", "carbon.reports",
    "carbon.roi", "charset_normalizer", "duckdb", "filelock", "geopy", "highspy", "jinja2", "matplotlib", "networkx", "numba",
    "openpyxl", "ortools", "pyspark", "pyvrp", "reportlab", "requests", "ruamel", "scipy.optimize", "scipy.sparse",
    "scipy.spatial", "searoute", "segno", "streamlit",
)  # fmt: skip
_START = """
import asyncio, json, sys
from pathlib import Path
import carbon.cli, carbon.sample
from carbon.labels.service.application import create_application
from carbon.labels.service.settings import Settings

organisation = Path(carbon.sample.__file__).parent / "organisation.yaml"
application, sent = create_application(Settings(organisation, Path(sys.argv[1]), demo=True)), []

async def receive():
    return {"type": "http.request", "body": sys.argv[2].encode()}

async def send(message):
    sent.append(message)

asked = {
    "type": "http", "method": "POST", "path": "/v1/estimate", "raw_path": b"/v1/estimate", "root_path": "", "scheme": "http",
    "query_string": b"", "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")], "http_version": "1.1",
    "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
}
asyncio.run(application(asked, receive, send))
options = json.loads(b"".join(each.get("body", b"") for each in sent))["options"]
print(json.dumps([sum(each["available"] for each in options), sorted(sys.modules)]))
"""


def test_the_first_answer_loads_no_more_than_it_needs(tmp_path):
    """Proves that a service answers its first cart without what other commands, pages and packed carts are made with."""
    command = [sys.executable, "-c", _START, str(tmp_path), json.dumps(CART)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    available, loaded = json.loads(done.stdout)
    assert available >= 3
    assert [each for each in loaded if each.startswith(NOT_NEEDED)] == []
