"""`carbon serve`: where it listens, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from carbon.sample import write_sample
from tests.house.source import ROOT


def test_a_port_that_is_taken_is_said_at_once(carbon):
    """Proves that nothing is called ready that cannot listen, and that the message names the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = carbon("serve", "--port", port)
    assert done.code == 2 and "cannot listen there" in done.err and f"--port {port}" in done.err
    assert "mend:" in done.err and "answers at" not in done.err


@pytest.mark.parametrize(
    "url", ["label.shop.example", "ftp://label.example", "https://label.example/?shop=1", "https://"]
)
def test_links_of_labels_begin_with_an_address_of_the_web(carbon, url):
    """Proves that a public address that no link could begin with is refused, not printed on labels."""
    done = carbon("serve", "--port", "0", "--public-url", url)
    assert done.code == 2 and "not an address of the web" in done.err and url in done.err


def test_a_service_says_where_it_answers_and_ends_when_it_is_told(tmp_path):
    """Proves that a free port is found and named, that it answers there, and that a polite kill is no failure."""
    write_sample(tmp_path, 100)
    command = [sys.executable, "-m", "carbon", "serve", "--port", "0", "--demo"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            said = process.stderr.readline()
            url = re.search(r"answers at (http://127\.0\.0\.1:\d+);", said)[1]
            assert not url.endswith(":0") and f"the demo shop is {url}/demo" in said
            with urllib.request.urlopen(urllib.request.Request(f"{url}/healthz", method="HEAD"), timeout=30) as answer:
                assert answer.status == 200 and answer.read() == b""
        finally:
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=60)
    assert process.returncode == 0 and rest.endswith("the label service has ended\n") and "error" not in rest
