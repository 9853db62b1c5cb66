"""Routes: load stops and fleet, plan rounds by carbon, cost or both, see them on the map, compare with today, download."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import numbers, parts, rounds_shown, session
from app.reading import routing
from app.text import language, plain, t

_TABLES = ["csv", "gz", "xlsx", "parquet"]


def page() -> None:
    """Show the page."""
    st.title(t("routes.title"), anchor=False)
    parts.muted(t("routes.about"))
    files = _files()
    if files is None:
        st.info(t("routes.none"), icon=":material/info:")
        _template()
        return
    options = _options(files["stops"])
    if options is None:
        return
    seconds = st.slider(t("routes.seconds"), 2, 600, 30, key="route_seconds", help=t("routes.seconds_help"))
    of = (
        tuple((role, str(path), path.stat().st_mtime_ns) for role, path in files.items()),
        tuple(sorted(options.items(), key=str)),
        seconds,
    )
    search: routing.Search | None = st.session_state.get("route_search")
    running = search is not None and search.running
    if st.button(t("routes.start"), type="primary", icon=":material/route:", disabled=running):
        search = routing.begin(files, of, float(seconds), str(language()), **options)
        st.session_state["route_search"] = search
        running = True
    if search is None:
        return
    if running or (search.result is None and search.error is None):
        _watch()
        return
    if search.error is not None:
        raise search.error
    if search.of != of:
        parts.muted(t("routes.other_settings"))
    rounds_shown.show(search.result)


def _files() -> dict[str, Path] | None:
    """Stops and fleet, from beside the organisation file or uploaded; with what may come with them."""
    beside = routing.beside()
    options = (*(("beside",) if "stops" in beside else ()), "upload")
    where = parts.choose(
        t("packing.from"),
        options,
        lambda each: t("routes.beside", stops=beside["stops"].name) if each == "beside" else t("packing.upload"),
        "routes_from",
    )
    # With the stops at hand the fleet has the whole width.
    left, right = (st.container(), st.container()) if where == "beside" else st.columns(2)
    files: dict[str, Path] = {}
    if where == "beside":
        files["stops"] = beside["stops"]
    elif (
        stops := parts.uploader(left, t("routes.stops"), type=_TABLES, key="route_stops", help=t("routes.stops_help"))
    ) is not None:
        files["stops"] = session.keep_upload(stops, "route_stops")
    fleet = parts.uploader(
        right, t("routes.fleet"), type=["yaml", "yml"], key="route_fleet", help=t("routes.fleet_help")
    )
    if fleet is not None:
        files["fleet"] = session.keep_upload(fleet, "route_fleet")
    elif "fleet" in beside:
        files["fleet"] = beside["fleet"]
        parts.muted(t("routes.fleet_beside", name=plain(beside["fleet"].name)), right)
    elif right.checkbox(t("routes.example"), key="route_example", help=t("routes.example_help")):
        files["fleet"] = routing.example_fleet()
    with st.expander(t("routes.more"), icon=":material/attach_file:"):
        columns = st.columns(2)
        for position, role in enumerate(("today", "matrix", "traffic", "places")):
            given = parts.uploader(
                columns[position % 2], t(f"routes.{role}"), _TABLES, f"route_{role}", t(f"routes.{role}_help")
            )
            if given is not None:
                files[role] = session.keep_upload(given, f"route_{role}")
    return files if {"stops", "fleet"} <= set(files) else None


def _template() -> None:
    st.download_button(
        t("routes.fleet_example"),
        routing.example_fleet().read_bytes(),
        file_name="fleet.yaml",
        mime="application/yaml",
        icon=":material/download:",
        on_click="ignore",
    )


def _options(stops: Path) -> dict | None:
    """What is to be low, and of an orders file which day and services."""
    left, middle, right = st.columns(3)
    options: dict = {}
    with left:
        options["objective"] = parts.choose(
            t("packing.objective"), routing.OBJECTIVES, lambda each: t(f"aim.{each}"), "route_objective"
        )
    if options["objective"] in ("money", "weighted"):
        price = left.text_input(
            t("objective.price"),
            key="route_price",
            placeholder="90 EUR/t",
            help=t("objective.price_help"),
            max_chars=40,
        ).strip()
        if price:
            options["carbon_price"] = price
        elif options["objective"] == "weighted":
            st.info(t("routes.price_needed"), icon=":material/info:")
            return None
    days = routing.days_of(stops)
    if not days:
        return options
    options["of_orders"] = True
    with middle:
        chosen = parts.choose(t("routes.day"), [each.isoformat() for each in reversed(days)], str, "route_day")
    options["day"] = next(each for each in days if each.isoformat() == chosen)
    organisation = session.current_runs()[0].organisation if session.head() else {}
    names = list(organisation.get("services") or {})
    if names:
        services = right.multiselect(
            t("routes.services"), names, key="route_services", help=t("routes.services_help"),
            format_func={each: parts.label(organisation, "services", each) for each in names}.__getitem__,
        )  # fmt: skip
        if services:
            options["services"] = tuple(services)
    return options


@st.fragment(run_every=1.0)
def _watch() -> None:
    """Show how a search gets on; stopping keeps the best plan so far."""
    search: routing.Search = st.session_state["route_search"]
    if not search.running:
        st.rerun()
    after = min(search.after_s, search.seconds)
    st.progress(
        after / search.seconds if search.seconds else 1.0,
        text=t("step.route", done=numbers.count(after), expected=numbers.count(search.seconds)),
    )
    if search.found:
        _, co2e_kg, money, unserved = search.found[-1]
        said = t("routes.so_far", mass=numbers.mass(co2e_kg), count=numbers.count(len(search.found)))
        if money:
            said += " · " + t("routes.so_far_money", money=numbers.count(money))
        if unserved:
            said += " · " + t("routes.so_far_left", count=numbers.count(unserved))
        st.markdown(said)
    if search.stopping:
        parts.muted(t("routes.stopping"))
    elif st.button(t("routes.stop"), icon=":material/stop_circle:"):
        search.stop()


page()
