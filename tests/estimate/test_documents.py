"""What docs/options.md shows works as it stands; and threads may share the options."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import carbon.sample
from carbon import documents
from carbon.organisation import Checkout
from tests.estimate.conftest import ON, cart_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "options.md"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    """Proves that the Python of the page runs on the sample merchant and prints every option with its figures."""
    shutil.copy(Path(carbon.sample.__file__).parent / "organisation.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    (code,) = _blocks("python")
    exec(compile(code, str(PAGE), "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["gb_standard", "gb_electric", "gb_pickup", "gb_cargo_bike"]
    assert all(float(line.split()[1]) > 0 and line.endswith("None") for line in lines)


def test_the_checkout_of_the_page_is_valid():
    """Proves that the YAML of the page is a checkout."""
    (text,) = _blocks("yaml")
    made = documents.validate(Checkout, documents.parse(text, "page.yaml")["checkout"], "page")
    assert [option.name_or_key for option in made.options] == ["gb_standard", "gb_cargo_bike", "van_reusable"]


def test_threads_find_the_same(shop):
    """Proves that options shared by threads give each cart what they give it alone."""
    carts = [
        cart_of({"country": "GB", "city": city}, 0.2 + at / 10) for at, city in enumerate(["London", "Coventry"] * 12)
    ]
    with ThreadPoolExecutor(4) as pool:
        shared, options = shop.options(), shop.options()
        found = list(pool.map(lambda cart: shared.of(cart, ON), carts))
    assert found == [options.of(cart, ON) for cart in carts]
