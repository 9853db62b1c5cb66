"""Roles in the app: what each sees, what each may do, under whose name it is recorded, and who does not get in."""

from __future__ import annotations

import ast
import time
from types import FunctionType

import pytest

from app import access
from app.people import Person, Right, Role
from carbon.errors import AccessError
from tests.app.conftest import PAGES, ROOT

AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "a-secret-of-this-test-only",
    "client_id": "app",
    "client_secret": "none",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
SECRETS = {
    "auth": AUTH,
    "access": {"people": {"ana@x.example": "admin", "ben@x.example": "analyst", "@x.example": "viewer"}},
}
#: Library calls and file operations that change what is kept.
WRITING = {"calculate", "undo", "write_sample", "write_bytes", "unlink", "close", "reopen", "pack", "carton_suite",
           "advise", "route"}  # fmt: skip

#: Called by functions that have asked.
INNER = {"_write", "_planned"}


def _user(name: str, **claims) -> dict:
    address = f"{name}@x.example"
    return {
        "is_logged_in": True,
        "email": address,
        "email_verified": True,
        "iat": int(time.time()),
        "name": name,
        **claims,
    }


@pytest.mark.parametrize(
    ("user", "title", "said"),
    [
        ({"is_logged_in": False}, "Sign in", "signs in first"),
        ({**_user("eve"), "email": "eve@other.example"}, "You have no role here", "given you a role"),
        (_user("ana", email_verified=False), "Your address is not confirmed", "Confirm it there"),
        (_user("ana", iat=0), "Sign in again", "older than"),
    ],
)
def test_whoever_has_no_role_sees_nothing(open_app, merchant, words, user, title, said):
    """Proves that a page's place is taken by words that say why and what next, and that no figure shows around it."""
    test = open_app(merchant, secrets=SECRETS, user=user)
    assert not test.exception and [each.value for each in test.title] == [title]
    assert said in words(test) and not test.metric and not test.dataframe
    assert "Harbour" not in words(test) and "Newest run" not in words(test)
    wanted = {"Sign in"} if title.startswith("Sign in") else {"Sign out"}
    assert {each.label for each in test.button} == wanted


def _shut(test, caplog, said: str) -> bool:
    """Whether nobody got in, the page says so, and what is wrong stands in the log alone."""
    page = "\n".join(each.value for each in test.error)
    return (
        [each.value for each in test.title] == ["The app is shut"] and "its log" in page and said not in page
        and said in caplog.text and not test.metric and not test.exception
    )  # fmt: skip


def test_a_sign_in_set_up_wrongly_lets_nobody_in(open_app, merchant, caplog):
    """Proves that a slip in the table of roles is an error, never an open door, and shows no stranger who has which."""
    for table, said in (({}, "nobody has a role"), ({"people": {"ana@x.example": "owner"}}, "'viewer', 'analyst'")):
        test = open_app(merchant, secrets={"auth": AUTH, "access": table}, user=_user("ana"))
        assert _shut(test, caplog, said)


@pytest.mark.parametrize(
    ("name", "closed"), [("vic", {"routes", "import", "setup"}), ("ben", {"setup"}), ("ana", set())]
)
def test_pages_that_are_not_for_a_role_say_so(open_app, empty, words, name, closed):
    """Proves that such a page's address shows why it is closed, in place of the page."""
    for page in sorted({"routes", "import", "setup"}):
        test = open_app(empty, page, secrets=SECRETS, user=_user(name))
        assert not test.exception
        assert (test.title[0].value == "This page is not for your role") == (page in closed)
        assert f"Signed in: {name}" in words(test)


def _labels(test) -> set[str]:
    return {each.label for each in test.button} | {each.label for each in test.get("download_button")}


def test_a_viewer_sees_and_downloads_but_nothing_else(open_app, merchant, words):
    """Proves that a viewer has every figure and download, and no button that changes anything."""
    test = open_app(merchant, "audit", secrets=SECRETS, user=_user("vic"))
    assert not test.exception and not test.error
    offered = _labels(test)
    assert {"Verify the ledger", "Download the manifest"} <= offered
    assert not {"Undo it", "Close the period", "Open it again"} & offered
    assert "An admin can undo this run" in words(test) and "An admin can close a period" in words(test)


@pytest.mark.parametrize(
    ("page", "name", "told"),
    [
        ("carriers", "ben", "An admin can take the footprints"),
        ("factors", "ben", "An admin can add factors"),
        ("packaging", "vic", "Analysts and admins can pack orders"),
    ],
)
def test_what_a_role_may_not_do_is_said_in_its_place(open_app, merchant, words, page, name, told):
    """Proves that work which a role lacks does not just fall away: who may do it is said, and to those who may it is not."""
    assert told in words(open_app(merchant, page, secrets=SECRETS, user=_user(name)))
    assert told not in words(open_app(merchant, page, secrets=SECRETS, user=_user("ana")))


def test_what_an_analyst_does_is_recorded_under_their_name(open_app, own, monkeypatch):
    """Proves that the ledger names who signed in, not the account that the server runs under."""
    monkeypatch.setenv("CARBON_USER", "server")

    def work():
        from pathlib import Path

        import streamlit as st

        from app import session

        orders = Path(st.session_state["orders"])
        made = session.record(orders, session.settings().organisation, None, lambda *_: None)
        st.session_state["who"] = made.manifest.who

    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("CARBON_LEDGER", str(own / "new" / "ledger"))
    monkeypatch.setenv("CARBON_ORGANISATION", str(own / "organisation.yaml"))
    monkeypatch.setattr("sys.argv", ["main.py"])
    test = AppTest.from_function(work, default_timeout=90)
    test.secrets, test.user = SECRETS, _user("ben")
    few = own / "few.csv"
    few.write_text("".join((own / "orders.csv").read_text(encoding="utf-8").splitlines(True)[:6]), encoding="utf-8")
    test.session_state["orders"] = str(few)
    test.run()
    assert not test.exception and test.session_state["who"] == "ben"


def _guarded() -> dict[str, Right]:
    """Return the functions of the app that need a right, by module and name."""
    from app import session
    from app.reading import factors, packaging, roi, routing, runs, setup

    found = {}
    for module in (session, factors, packaging, roi, routing, runs, setup):
        for name, each in vars(module).items():
            if isinstance(each, FunctionType) and hasattr(each, "needs") and each.__module__ == module.__name__:
                found[f"{module.__name__}.{name}"] = each
    return found


@pytest.mark.parametrize("role", list(Role))
def test_work_is_refused_where_it_is_done(monkeypatch, role):
    """Proves that no hidden button is the guard: each function that changes or computes anything asks by itself."""
    monkeypatch.setattr(access, "person", lambda: Person(role, "x", "x"))
    found = _guarded()
    assert len(found) >= 18
    for name, work in found.items():
        if work.needs in role.rights:
            continue
        with pytest.raises(AccessError, match="your role does not allow this"):
            work()
        assert name


def test_restating_and_another_organisation_file_are_for_admins(monkeypatch, own):
    """Proves that an analyst can neither replace a run nor calculate with a file that no admin has put there."""
    from app import session

    monkeypatch.setenv("CARBON_LEDGER", str(own / "ledger"))
    monkeypatch.setenv("CARBON_ORGANISATION", str(own / "organisation.yaml"))
    monkeypatch.setattr("sys.argv", ["main.py"])
    monkeypatch.setattr(access, "person", lambda: Person(Role.ANALYST, "x", "x"))
    for organisation, restate in ((own / "organisation.yaml", "some-run"), (own / "other.yaml", None)):
        with pytest.raises(AccessError, match="admin"):
            session.record(own / "orders.csv", organisation, restate, lambda *_: None)


def _calls(function: ast.AST) -> set[str]:
    return {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
    }


def test_nothing_writes_unasked():
    """Proves that every function of the app that calls what changes anything asks for a right itself.

    `versions` only writes what its callers, who ask, hand it; its `save` and `restore` count as writing there.
    """
    loose = []
    for path in [ROOT / "app" / "session.py", *sorted((ROOT / "app" / "reading").glob("*.py"))]:
        if path.name == "versions.py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            asked = any(ast.unparse(each).startswith("needs(") for each in node.decorator_list)
            saves = "versions.save" in ast.unparse(node) or "versions.restore" in ast.unparse(node)
            if (WRITING & _calls(node) or saves) and not asked and node.name not in INNER:
                loose.append(f"{path.name}: {node.name}")
    assert loose == []


def test_one_person_at_this_machine_may_do_everything(open_app, empty, words):
    """Proves that without sign-in nothing is asked of the one user."""
    test = open_app(empty, "setup")
    assert not test.error and "Signed in" not in words(test) and test.text_input


def test_an_open_address_without_sign_in_shows_nothing(open_app, merchant, monkeypatch, caplog):
    """Proves that even started past `carbon app`, the app serves no other machine unasked."""
    import streamlit as st

    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: "0.0.0.0" if name == "server.address" else real(name))
    assert _shut(open_app(merchant), caplog, "serves this machine only")
    monkeypatch.setattr(access, "_flags", lambda: access._parser().parse_args(["--without-sign-in"]))
    assert open_app(merchant).metric


def test_a_spoilt_secrets_file_opens_no_door(open_app, merchant, monkeypatch, caplog):
    """Proves that an app started with sign-in shuts, rather than opens, when its secrets file loses it."""
    monkeypatch.setattr(access, "_flags", lambda: access._parser().parse_args(["--sign-in"]))
    assert _shut(open_app(merchant), caplog, "started with sign-in")


def test_every_page_is_in_the_navigation():
    """Proves that no page of the app was forgotten in its list, and that the rights name pages there are."""
    source = (ROOT / "app" / "main.py").read_text(encoding="utf-8")
    views = {f"views/{each.name}" for each in (ROOT / "app" / "views").glob("*.py")}
    assert {each for each in views if f'"{each}"' in source} == views == set(PAGES.values())
    assert set(access.PAGES) <= views


def test_uploads_say_how_large_they_may_be(open_app, empty):
    """Proves that each uploader states its limit in the reader's language, and takes no larger file."""
    import streamlit as st

    for language, said in (("en", "At most 200 MB."), ("zh", "不超过 200 MB。")):
        test = open_app(empty, "import", language)
        uploads = test.get("file_uploader")
        assert len(uploads) == 5
        for each in uploads:
            small = each.proto.type and set(each.proto.type) <= {".yaml", ".yml"}
            assert each.proto.max_upload_size_mb == (8 if small else st.get_option("server.maxUploadSize"))
            assert (said.replace("200", "8") if small else said) in each.proto.help


def test_every_kind_of_work_is_recorded_under_the_name_of_who_did_it(monkeypatch, own):
    """Proves that saved files and closed periods, too, carry the name of whoever signed in."""
    from app.reading import factors, products, roi, runs, setup
    from carbon import Ledger
    from carbon.roi import Scenario

    monkeypatch.setenv("CARBON_LEDGER", str(own / "ledger"))
    monkeypatch.setenv("CARBON_ORGANISATION", str(own / "organisation.yaml"))
    monkeypatch.setenv("CARBON_USER", "server")
    monkeypatch.setattr("sys.argv", ["main.py"])
    monkeypatch.setattr(access, "person", lambda: Person(Role.ADMIN, "ana", "Ana"))
    assert setup.put(setup.text() + "\n") is None
    factors.save_own([])
    roi.save(Scenario(name="mine", currency="GBP"))
    products.keep("sku,unit_co2e_kg\nA,1.5\n")
    products.keep("sku,unit_co2e_kg\nA,2.5\n")
    products.restore(products.history()[1])
    assert "1.5" in products.path().read_text(encoding="utf-8"), "suppliers' footprints can be undone"
    runs.close("2024", "audited")
    assert setup.history()[0].who == factors.history()[0].who == "ana"
    assert roi.versions.history(roi.place())[0].who == "ana"
    assert [each["who"] for each in Ledger(own / "ledger").closing_history()] == ["ana"]
    log = runs.log()
    assert set(log.loc[log["what"] != "recorded", "who"]) <= {"ana", "server"}
    mine = log[(log["who"] == "ana") & log["what"].str.startswith("file_")]
    assert set(mine["of"]) == {"organisation.yaml", "own_factors.yaml", "scenarios.json", "articles.csv"}
    assert list(log.loc[log["of"] == "articles.csv", "what"]) == ["file_restored", "file_saved", "file_saved"]
