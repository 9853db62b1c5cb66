"""Lanes and network: the ledger's own figures, a map without a tile server, a walk down to a parcel."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_heaviest_flow_is_told_with_its_share(open_app, merchant, language, words):
    """Proves that the title's flow and share are the ledger's, in the merchant's own words."""
    from carbon import network
    from carbon.reports import numbers
    from carbon.terms import Language

    held = network(merchant / "ledger")
    first = held.flows.iloc[0]
    whole_kg = held.flows["co2e_kg"].sum() + held.left_out_kg
    test = open_app(merchant, "lanes", language)
    said = next(each.value for each in test.header)
    assert numbers.percent(first["co2e_kg"] / whole_kg, Language(language)) in said
    assert {"en": "Coventry fulfilment centre", "zh": "考文垂配送中心"}[language] in said
    assert first["destination"] in said


def _maps(test) -> list[dict]:
    return [json.loads(each.proto.json) for each in test.get("deck_gl_json_chart")]


def test_the_map_asks_no_server(open_app, merchant):
    """Proves that the map has arcs, points and a graticule, and neither a style nor a provider to be fetched."""
    from app.maps import base_map

    test = open_app(merchant, "lanes")
    (drawn,) = _maps(test)
    kinds = {layer["id"]: layer["@@type"] for layer in drawn["layers"]}
    assert kinds["graticule"] == "PathLayer" and kinds["arcs_flows"] == "ArcLayer"
    assert kinds["spots_starts"] == "ScatterplotLayer"
    assert drawn.get("mapProvider") is None and "http" not in json.dumps(drawn)
    assert "no base map is shipped" in "\n".join(each.value for each in test.markdown)
    assert base_map.NAME == "base_map.geojson"


def test_the_organisations_own_base_map_is_drawn_with_its_approval(open_app, own, words):
    """Proves that a GeoJSON beside the organisation file lies under the arcs, and that its approval number is shown."""
    square = {"type": "Polygon", "coordinates": [[[0, 50], [1, 50], [1, 51], [0, 50]]]}
    data = {
        "type": "FeatureCollection",
        "attribution": "Survey office, approval GS-1",
        "features": [{"type": "Feature", "properties": {}, "geometry": square}],
    }
    (own / "base_map.geojson").write_text(json.dumps(data), encoding="utf-8")
    test = open_app(own, "lanes")
    assert "own_map" in [layer["id"] for layer in _maps(test)[0]["layers"]]
    assert "Survey office, approval GS" in words(test)


@pytest.mark.parametrize("content", ["{}", "no JSON", '{"features": [{"geometry": {"type": "Castle"}}]}'])
def test_a_wrong_base_map_is_a_message(open_app, own, content):
    """Proves that a file that is no map ends as words that say what to do."""
    (own / "base_map.geojson").write_text(content, encoding="utf-8")
    test = open_app(own, "lanes")
    assert not test.exception and "base\\_map" in test.error[0].value


def test_a_flow_leads_to_its_heaviest_parcels(merchant, monkeypatch):
    """Proves that what a flow lists are its own parcels, heaviest first."""
    monkeypatch.setenv("CARBON_LEDGER", str(merchant / "ledger"))
    monkeypatch.setattr("sys.argv", ["main.py"])
    from app.reading import network
    from carbon import connect

    points = network.points(None)
    first = points.iloc[0]
    found = network.heaviest(first["origin"], first["destination"], first["destination_region"], None)
    with connect(merchant / "ledger") as ledger:
        wanted = ledger.execute(
            "SELECT max(total_co2e_kg) FROM footprints WHERE site = ? AND destination = ?",
            [first["origin"], first["destination"]],
        ).fetchone()[0]
    assert 0 < len(found) <= 5 and found["total_co2e_kg"].iloc[0] == wanted
    assert set(points["from_match"]) == {"exact"}
