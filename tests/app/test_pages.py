"""Every page in both languages, on a ledger and on none; searching; errors as messages."""

from __future__ import annotations

import re

import pytest

from tests.app.conftest import PAGES, ROOT

LANGUAGES = ["en", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows(open_app, merchant, page, language):
    """Proves that a page shows on a real ledger, without any error."""
    test = open_app(merchant, page, language)
    assert not test.exception and not test.error
    assert len(test.title) == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_without_a_ledger(open_app, empty, page, language):
    """Proves that an empty ledger is a designed state that says the next step."""
    test = open_app(empty, page, language)
    assert not test.exception and not test.error
    if page == "factors":
        assert test.dataframe, "the tables are there before any order is"
    elif page == "setup":
        assert test.text_input, "the organisation file can be edited before any order is there"
    elif page == "overview":
        assert test.button[0].label == {"en": "Use the sample merchant", "zh": "使用示例商家"}[language]
    else:
        assert test.info


def test_the_overview_shows_the_inventorys_figures(open_app, merchant):
    """Proves that the headline is the ledger's own total and intensity, printed by the report's rules."""
    from carbon import inventory
    from carbon.reports import numbers
    from carbon.terms import Language

    held = inventory(merchant / "ledger")
    shown = {each.label: each.value for each in open_app(merchant).metric}
    assert shown["Delivery, total CO₂e"] == numbers.mass(held.total_kg, Language.EN)
    assert shown["CO₂e per parcel"] == numbers.mass(held.intensities["per_parcel_kg"], Language.EN)
    assert shown["Product, apart"] == numbers.mass(held.product_kg, Language.EN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_carry_their_ranges(open_app, merchant, language, words):
    """Proves that total, intensity, product and the highest month show the ledger's own 95 % range."""
    from carbon import inventory
    from carbon.reports import numbers
    from carbon.terms import Language

    held, code = inventory(merchant / "ledger"), Language(language)
    test = open_app(merchant, "overview", language)
    assert not test.error
    total, parcel, order, product = test.metric
    assert total.delta.endswith(numbers.ends_with_unit(held.total_kg, held.total_low_kg, held.total_high_kg, code))
    ends = [each / held.parcels for each in (held.total_low_kg, held.total_high_kg)]
    assert parcel.delta.endswith(numbers.ends_with_unit(held.intensities["per_parcel_kg"], *ends, code))
    assert order.delta and product.delta
    month = held.months.loc[held.months["total_kg"].idxmax()]
    printed = numbers.mass_range(month["total_kg"], month["low_kg"], month["high_kg"], code, words=True)
    assert printed in words(test)


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_and_causes_are_the_inventorys_in_the_readers_language(open_app, merchant, language, words):
    """Proves that the overview names what makes most of the variance, and every data gap in order, as the report does."""
    from carbon import inventory
    from carbon.reports import causes
    from carbon.reports.context import Context
    from carbon.reports.words import Words

    held = inventory(merchant / "ledger")
    context = Context(held, Words(language), held.organisation)
    said = words(open_app(merchant, "overview", language)).replace("\\", "")
    sentences = [text for text, *_ in causes.gaps(context)]
    assert len(sentences) == len(held.gaps) > 0
    places = [said.find(text) for text in sentences]
    assert -1 not in places and places == sorted(places)
    first = next(causes.variance(context))[1]
    assert first[1:] in said
    effects = {"en": "narrows the total's range", "zh": "区间收窄"}
    assert all(effects[language] in text for text in sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_and_ratings_stand_by_stage_and_category(open_app, merchant, language):
    """Proves that the quality tables hold the ledger's shares (ISO 14083) and ratings (PACT 3.0), digit for digit."""
    from app.text import catalogue
    from carbon import inventory

    held, heads = inventory(merchant / "ledger"), catalogue(language)
    test = open_app(merchant, "overview", language)
    tables = [each.value for each in test.dataframe if heads["head.geographical"] in each.value.columns]
    assert len(tables) == 2
    stages, scopes = tables
    apart = held.stages["stage"] == "product"
    assert list(stages[heads["head.primary"]][: (~apart).sum()]) == list(held.stages.loc[~apart, "primary_share"])
    assert list(scopes[heads["head.technological"]]) == [*held.scopes["technological"], held.ratings["technological"]]
    assert stages[heads["head.temporal"]][(~apart).sum()] == held.ratings["temporal"]


def test_a_run_of_an_earlier_version_has_no_ranges(open_app, merchant, monkeypatch, words):
    """Proves that unknown ranges are said to be unknown: no zero, no empty chart, no list of gaps."""
    import app.session
    from tests.reports.inventories import unranged

    monkeypatch.setattr(app.session, "read_inventory", lambda period=None: unranged())
    test = open_app(merchant)
    assert not test.error and not test.exception
    assert all(each.delta == "range not known" for each in test.metric)
    said = words(test)
    assert (
        "earlier version" in said and "band and line" not in said and any("earlier" in each.value for each in test.info)
    )
    assert "nan" not in said.split() and "narrow the range" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_meter_without_a_contract_is_named_in_the_readers_language(open_app, merchant, language, words):
    """Proves that the note on scope 2 names site and meter as the merchant calls them, not by code."""
    from carbon import inventory

    assert inventory(merchant / "ledger").market_missing
    said = words(open_app(merchant, "overview", language))
    assert {"en": "Grid electricity of Coventry", "zh": "考文垂配送中心的电网电力"}[language] in said


def test_a_period_changes_every_figure(open_app, merchant):
    """Proves that the period picker filters, and that a range of months can be chosen."""
    from carbon import inventory
    from carbon.reports import numbers
    from carbon.terms import Language

    test = open_app(merchant)
    test.selectbox(key="period_en").select("2025-06").run()
    assert test.metric[0].value == numbers.mass(inventory(merchant / "ledger", "2025-06").total_kg, Language.EN)
    test.selectbox(key="period_en").select("range").run()
    test.selectbox(key="period_first_en").select("2025-03").run()
    test.selectbox(key="period_last_en").select("2025-04").run()
    assert not test.error
    assert test.metric[0].value == numbers.mass(
        inventory(merchant / "ledger", "2025-03..2025-04").total_kg, Language.EN
    )


def test_a_choice_survives_the_switch(open_app, merchant):
    """Proves that the period chosen in one language stays chosen in the other, and back."""
    test = open_app(merchant)
    test.selectbox(key="period_en").select("2025-06").run()
    shown = test.metric[0].value
    for code in ("zh", "en"):
        test.radio(key="language").set_value(code).run()
        assert not test.error and test.selectbox(key=f"period_{code}").value == "2025-06"
        assert test.metric[0].value == shown


def test_the_switch_changes_the_language_everywhere(open_app, merchant, words):
    """Proves that one click turns the page into Chinese, the merchant's name included."""
    test = open_app(merchant)
    assert "Harbour" in test.title[0].value
    test.radio(key="language").set_value("zh").run()
    assert test.title[0].value == "港湾与织机"
    assert "占配送排放的" in words(test) and "delivery emissions" not in words(test)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_parcel_is_explained_and_agrees(open_app, merchant, words, language):
    """Proves that a search opens the calculation, whose lines add up to the ledger's figure."""
    from carbon import explain

    test = open_app(merchant, "orders", language, order_search="HL-0000010")
    assert not test.error and not test.exception
    said = words(test)
    held = explain(merchant / "ledger", "HL-0000010")[0]
    assert f"{held.total_kg:.3g}"[:4] in said and "check_circle" in said
    from carbon.reports import numbers
    from carbon.terms import Language

    code = Language(language)
    assert numbers.mass_range(held.total_kg, held.low_kg, held.high_kg, code) in said
    assert numbers.percent(held.shares["default"], code) in said
    assert all(numbers.decimal(held.ratings[name], 1, code) in said for name in ("technological", "geographical"))
    lines = next(each.value for each in test.dataframe if len(each.value.columns) > 10)
    amount, factor, kilograms = lines.columns[2], lines.columns[4], lines.columns[6]
    assert (lines[amount] * lines[factor] - lines[kilograms]).abs().max() < 1e-9
    assert lines.iloc[:, 8].str.len().min() > 0, "every line names its source"


def test_an_order_with_several_parcels_shows_all(open_app, merchant, words):
    """Proves that an order id opens each of its parcels and their sum."""
    from carbon import connect

    with connect(merchant / "ledger") as ledger:
        order = ledger.execute("SELECT order_id FROM footprints GROUP BY 1 HAVING count(*) > 1 LIMIT 1").fetchone()[0]
    assert "has 2 parcels" in words(open_app(merchant, "orders", order_search=order))


@pytest.mark.parametrize("text", ["nothing-like-this", "' OR 1=1 --", "<script>alert(1)</script>", "HL-9999999"])
def test_what_is_not_found_is_said_with_near_ids(open_app, merchant, text):
    """Proves that an unknown or hostile text finds nothing, is shown harmlessly, and near ids are offered."""
    test = open_app(merchant, "orders", order_search=text)
    assert not test.error and not test.exception
    assert len(test.warning) == 1 and "<" not in test.warning[0].value.replace("\\<", "")
    near = [each for each in test.button if each.key and each.key.startswith("near_")]
    assert near
    near[0].click().run()
    assert not test.error and "Recomputed" in "\n".join(each.value for each in test.markdown)


def test_the_beginning_of_an_id_lists_parcels(open_app, merchant):
    """Proves that a prefix gives a list to choose from, at most fifty rows of it."""
    test = open_app(merchant, "orders", order_search="HL-00000")
    assert not test.error
    assert 1 < len(test.dataframe[0].value) <= 50


def test_a_damaged_ledger_is_a_message(open_app, own, words):
    """Proves that a broken file ends as words with the way out, never as a traceback."""
    run = next((own / "ledger" / "runs").iterdir())
    (run / "footprints.parquet" / "part-00000.parquet").write_bytes(b"PAR1 cut")
    test = open_app(own)
    assert not test.exception
    assert len(test.error) == 1 and "What to do" in test.error[0].value and "Traceback" not in words(test)
    assert test.button(key="try_again").label == "Try again"


def test_a_fault_of_ours_is_a_message_with_a_number(open_app, merchant, monkeypatch, words):
    """Proves that even an unforeseen error shows no traceback, and that the log can be found by its number."""
    monkeypatch.setattr("app.charts.stage_bars", lambda *_: 1 / 0)
    test = open_app(merchant)
    assert not test.exception
    assert "log" in test.error[0].value and "ZeroDivision" not in words(test)


def test_a_hostile_merchant_name_stays_text(open_app, own):
    """Proves that the organisation's own words are not read as markup."""
    from carbon import calculate

    path = own / "organisation.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "name: Harbour & Loom", "name: '<b>&\"=cmd| [x](http://y) :red[z]'", 1
        ),
        encoding="utf-8",
    )
    calculate(own / "orders.csv", path, lines=own / "lines.csv", ledger=own / "other" / "ledger")
    title = open_app(own / "other").title[0].value
    assert r"\<b\>" in title and r"\[x\]" in title and r"red\[z\]" in title


def test_the_sample_leaves_the_users_ledger_alone(open_app, empty):
    """Proves that the sample is calculated beside the user's ledger, shown as such, and can be left."""
    test = open_app(empty)
    test.button[0].click().run()
    assert not test.error and not test.exception
    assert len(test.metric) == 4
    assert not (empty / "ledger").exists() and (empty / "sample_merchant" / "ledger" / "HEAD").exists()
    leave = next(each for each in test.button if each.label == "Leave the sample")
    leave.click().run()
    assert test.button[0].label == "Use the sample merchant"


def test_a_new_run_shows_without_a_restart(open_app, own):
    """Proves that reads are cached by the newest run: what another process records is seen at once."""
    from carbon import calculate

    test = open_app(own)
    before = test.metric[0].value
    more = (own / "orders.csv").read_text(encoding="utf-8").replace("HL-", "XX-")
    (own / "more.csv").write_text(more, encoding="utf-8")
    calculate(own / "more.csv", own / "organisation.yaml", ledger=own / "ledger")
    test.run()
    assert test.metric[0].value != before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_overview_leads_to_its_report(open_app, merchant, language):
    """Proves that the overview leads to the reports, which are offered in the language of the session."""
    test = open_app(merchant, "overview", language)
    assert "reports" in [each.proto.page for each in test.get("page_link")]
    test = test.switch_page("views/reports.py").run()
    assert next(each for each in test.selectbox if each.key.startswith("report_tongue")).value == language
    assert not test.error and not test.exception


def test_no_page_lets_its_reader_wait_in_silence():
    """Proves that each page that reads a ledger or calculates says so while it does; the set-up reads one small file."""
    silent = {
        each.name
        for each in (ROOT / "app" / "views").glob("*.py")
        if not any(sign in each.read_text(encoding="utf-8") for sign in ("st.spinner(", "st.progress(", "parts.Work("))
    }
    assert silent == {"setup.py"}


#: A figure in metric units of mass; ``t·km`` and the like are rates, which stay as their sources give them.
METRIC_MASS = re.compile(r"\d\s?(?:kg|g|t|千克|克|吨)(?![\w·/短])|\((?:kg|g|t)\)")


@pytest.mark.parametrize(
    ("page", "units"),
    [("overview", "metric"), ("overview", "us"), ("lanes", "us"), ("carriers", "us"), ("packaging", "us")],
)
def test_a_chosen_unit_holds_for_every_mass_of_a_page(open_app, merchant, words, page, units):
    """Proves that where pounds are chosen no mass is left in kilograms or tonnes, in prose, key figures or tables."""
    test = open_app(merchant, page, units=units)
    assert not test.error and not test.exception
    texts = [words(test), *(f"{each.value} {each.delta}" for each in test.metric)]
    for each in test.dataframe:
        texts += [str(name) for name in each.value.columns]
        # A lorry of 7.5 t is called so by its publisher.
        told = each.value.drop(columns=["Vehicle or hub", "Factor"], errors="ignore").select_dtypes(["object", "str"])
        texts += [str(cell) for cell in told.to_numpy().ravel()]
    found = [METRIC_MASS.search(each)[0] for each in texts if METRIC_MASS.search(each)]
    assert bool(found) == (units == "metric"), found
    pounds = [each for each in texts if re.search(r"\blb\b|short tons", each)]
    assert bool(pounds) == (units == "us")


def test_the_unit_is_kept_over_pages_and_nothing_stored_changes(open_app, merchant):
    """Proves that the choice goes along from page to page, and that a download stays in kilograms."""
    test = open_app(merchant)
    test.radio(key="units_en").set_value("us").run()
    assert "short tons" in test.metric[0].value or "lb" in test.metric[0].value
    test.switch_page(PAGES["carriers"]).run()
    assert test.radio(key="units_en").value == "us" and not test.error
    assert any("(lb)" in name for each in test.dataframe for name in each.value.columns)
    test.radio(key="language").set_value("zh").run()
    assert test.radio(key="units_zh").value == "us" and not test.error
    assert any("lb" in name for each in test.dataframe for name in each.value.columns)


def test_orders_are_filtered_by_period_service_and_destination(open_app, merchant, words, monkeypatch):
    """Proves that the list holds the heaviest parcels of the choice and no others, that their number is the ledger's, that a
    choice without a parcel says so, that a text chosen is bound, not read as SQL, and that the file has them all."""
    from types import SimpleNamespace

    from app.reading import parcels
    from carbon import connect

    where = "service = 'gb_standard' AND month = '2025-03' AND destination_region = 'GB'"
    with connect(merchant / "ledger") as ledger:
        [(count,)] = ledger.execute(f"SELECT count(*) FROM footprints WHERE {where}").fetchall()
        ids = ledger.execute(
            f"SELECT parcel_id FROM footprints WHERE {where} ORDER BY total_co2e_kg DESC, parcel_id LIMIT 25"
        ).fetchall()
    held = {"period_held": "2025-03", "orders_service_held": "gb_standard", "orders_region_held": "GB"}
    test = open_app(merchant, "orders", **held)
    assert not test.exception and not test.error
    assert list(test.dataframe[0].value["Parcel"]) == [each for (each,) in ids]
    assert f"The {len(ids)} heaviest of {count}" in words(test)
    none = open_app(merchant, "orders", **(held | {"orders_region_held": "US"}))
    assert "No parcel is in this choice" in words(none)
    found = parcels._highest.__wrapped__(str(merchant / "ledger"), "", None, "' OR 1=1 --", "", 5)
    assert found[0].empty and found[1] == 0
    with connect(merchant / "ledger") as ledger:
        [(whole,)] = ledger.execute("SELECT count(*) FROM footprints WHERE service = 'gb_standard'").fetchall()
    monkeypatch.setattr(parcels.session, "settings", lambda: SimpleNamespace(ledger=merchant / "ledger"))
    made = parcels.file_of(None, "gb_standard", "", 100_000)
    monkeypatch.undo()
    rows = made().decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + whole > count and rows[0].startswith("parcel_id,order_id,shipped_on,service,destination")
