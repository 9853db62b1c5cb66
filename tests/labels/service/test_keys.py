"""Keys of shops: made once, kept hashed, found fast, turned over without a gap."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from carbon.errors import InputError
from carbon.labels.service.keys import FILE, KeyRing, Scope


@pytest.fixture
def ring(tmp_path):
    """Return an empty ring."""
    return KeyRing(tmp_path / "state")


def test_a_key_is_found_and_kept_as_a_hash(ring):
    """Proves that the file holds no key, is its owner's alone, and that a key leads to its shop, in this process and another."""
    made, text = ring.create("acme", (Scope.ESTIMATE,), ("https://shop.example",))
    assert ring.find(text) == made == KeyRing(ring.folder).find(text)
    kept = (ring.folder / FILE).read_text(encoding="utf-8")
    assert text not in kept and text.rsplit("_", 1)[1] not in kept and made.sha256 in kept
    assert stat.S_IMODE((ring.folder / FILE).stat().st_mode) == 0o600
    assert made.may(Scope.ESTIMATE) and not made.may(Scope.LABELS)


@pytest.mark.parametrize(
    "change", [lambda text: text[:-1], lambda text: text[:-2] + "xx", lambda text: "", lambda text: "cpo_a_b"]
)
def test_another_text_is_no_key(ring, change):
    """Proves that a secret that is short, false or missing finds nothing."""
    _, text = ring.create("acme", (Scope.ESTIMATE,))
    assert ring.find(change(text)) is None


def test_the_id_alone_is_no_key(ring):
    """Proves that the public part with another key's secret finds nothing."""
    one, _ = ring.create("acme", (Scope.ESTIMATE,))
    _, text = ring.create("bolt", (Scope.ESTIMATE,))
    assert ring.find(f"cpo_{one.id}_{text.split('_', 2)[2]}") is None


def test_a_rotation_leaves_no_gap(ring):
    """Proves that the new key holds at once, with the same rights, and the old one until the overlap ends."""
    old, old_text = ring.create("acme", (Scope.ESTIMATE,), ("https://shop.example",), 77)
    new, new_text = ring.rotate(old.id, overlap_hours=2.0)
    now = datetime.now(UTC)
    assert ring.find(new_text) == new and (new.scopes, new.origins, new.per_minute) == (old.scopes, old.origins, 77)
    assert ring.find(old_text) is not None and new.id != old.id
    assert ring.find(old_text, now + timedelta(hours=1)) is not None
    assert ring.find(old_text, now + timedelta(hours=3)) is None
    assert ring.find(new_text, now + timedelta(days=3_000)) is not None


def test_a_revoked_key_is_gone_without_a_restart(ring):
    """Proves that a ring that has read its file sees another process's change."""
    made, text = ring.create("acme", (Scope.ESTIMATE,))
    service = KeyRing(ring.folder)
    assert service.find(text) is not None
    ring.revoke(made.id)
    assert service.find(text) is None and service.origins() == frozenset()


@pytest.mark.parametrize(
    ("shop", "scopes", "origins", "rate", "said"),
    [
        ("a b", (Scope.ESTIMATE,), (), 1, "not a name of a shop"),
        ("a", (), (), 1, "without a scope"),
        ("a", (Scope.ESTIMATE,), (), 0, "impossible rate"),
        ("a", (Scope.ESTIMATE,), ("shop.example",), 1, "not a web origin"),
        ("a", (Scope.ESTIMATE,), ("https://shop.example/path",), 1, "not a web origin"),
        ("a", (Scope.ESTIMATE,), ("http://shop.example",), 1, "without encryption"),
        ("a", (Scope.LABELS,), ("https://shop.example",), 1, "may not read labels"),
    ],
)
def test_what_cannot_be_a_key_says_why(ring, shop, scopes, origins, rate, said):
    """Proves each refusal; above all that a key in a page reads no orders."""
    with pytest.raises(InputError, match=said):
        ring.create(shop, scopes, origins, rate)


def test_an_unknown_id_names_the_known_ones(ring):
    """Proves the way out of a wrong id."""
    made, _ = ring.create("acme", (Scope.ESTIMATE,))
    with pytest.raises(InputError) as error:
        ring.revoke("nobody00")
    assert error.value.expected == made.id


@pytest.mark.parametrize(
    "text", ["nonsense", "{}", '[{"id": "a"}]', json.dumps([{"id": "a", "scopes": ["x"], "origins": []}])]
)
def test_a_broken_file_is_said(ring, text):
    """Proves that a file that is no list of keys opens no door, and is named."""
    ring.folder.mkdir()
    (ring.folder / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="not a file of keys"):
        ring.find("cpo_aaaaaaaa_" + "a" * 43)
