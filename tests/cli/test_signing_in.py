"""`carbon app` binds to another address only with sign-in, or when told to."""

from __future__ import annotations

import importlib.util
import subprocess

import pytest

SIGN_IN = '[auth]\nclient_id = "app"\n'
PEOPLE = '[access.people]\n"ana@shop.example" = "admin"\n'


@pytest.fixture
def started(monkeypatch, tmp_path) -> list:
    """Return the list of commands that would start the server; nothing starts."""
    commands: list = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(subprocess, "call", lambda command, **_: commands.append(command) or 0)
    return commands


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.7", "::", "shop.example"])
def test_another_address_without_sign_in_is_refused(carbon, started, address):
    """Proves that the app is opened to nobody else by chance, and that the way out is said."""
    done = carbon("app", "--address", address)
    assert done.code == 2 and not started
    assert address in done.err and "docs/app.md" in done.err and "--without-sign-in" in done.err


@pytest.mark.parametrize("address", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_no_sign_in(carbon, started, address):
    """Proves that one person at one machine starts the app with nothing set up."""
    assert carbon("app", "--address", address).code == 0
    assert f"--server.address={address}" in started[0] and "--sign-in" not in started[0]


def test_the_default_is_this_machine(carbon, started):
    """Proves that without any option the server is bound to loopback."""
    assert carbon("app").code == 0
    assert "--server.address=127.0.0.1" in started[0]


def test_the_door_can_be_left_open_on_purpose(carbon, started):
    """Proves that an option opens the app, and tells it so."""
    assert carbon("app", "--address", "0.0.0.0", "--without-sign-in").code == 0
    assert started[0][-1] == "--without-sign-in"


def test_with_sign_in_any_address_will_do(carbon, started, tmp_path):
    """Proves that the secrets file that was looked at is the one that Streamlit is told to read."""
    secrets = tmp_path / "shop.toml"
    secrets.write_text(SIGN_IN + PEOPLE, encoding="utf-8")
    assert carbon("app", "--address", "0.0.0.0", "--secrets", secrets).code == 0
    assert f"--secrets.files={secrets}" in started[0] and started[0][-1] == "--sign-in"


def test_the_usual_place_of_secrets_is_read(carbon, started, tmp_path):
    """Proves that `.streamlit/secrets.toml` of the working folder counts without an option."""
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    (folder / "secrets.toml").write_text(SIGN_IN + PEOPLE, encoding="utf-8")
    assert carbon("app", "--address", "0.0.0.0").code == 0
    assert f"--secrets.files={folder / 'secrets.toml'}" in started[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SIGN_IN, "nobody has a role"),
        (SIGN_IN + "[access]\nhours = 3\n", "nobody has a role"),
        ("[auth\n", "not TOML"),
        (None, "no such file"),
    ],
)
def test_a_sign_in_that_cannot_work_is_said_at_the_start(carbon, started, tmp_path, text, said):
    """Proves that a spoilt set-up is found before the server runs, on loopback, too."""
    secrets = tmp_path / "shop.toml"
    if text is not None:
        secrets.write_text(text, encoding="utf-8")
    done = carbon("app", "--secrets", secrets)
    assert done.code == 2 and said in done.err and "shop.toml" in done.err and not started


def test_the_missing_package_is_named(carbon, started, tmp_path, monkeypatch):
    """Proves that sign-in without its package ends with the line that installs it."""
    secrets = tmp_path / "shop.toml"
    secrets.write_text(SIGN_IN + PEOPLE, encoding="utf-8")
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == "authlib" else real(name, *more)
    )
    done = carbon("app", "--secrets", secrets)
    assert done.code == 2 and "carbon-per-order[sso]" in done.err and not started
