"""One shipment: the document of the issue and its variants, messages that name the place, the result's schema."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

from carbon import estimate, schema_of
from carbon.errors import InputError
from carbon.orders.cities import cities
from tests.engine.small import (
    COVENTRY,
    HUB,
    LINE_HAUL,
    LONDON,
    VAN,
    estimated,
    is_close,
    merchant,
    own_factor,
    own_file,
    registry,
    shipment,
    tables_read_once,
)

OWN = [
    own_factor("own.truck", 0.1, "kg/(t*km)"),
    own_factor("own.hub", 5.0, "kg/t"),
    own_factor("own.van", 0.25, "kg/km"),
    own_factor("own.diesel", 3.2, "kg/l"),
]
DOCUMENT = {
    "shipped_on": "2025-06-30",
    "goods": {"mass": "1.2 kg", "volume": "3 l"},
    "packaging": [{"material": "corrugated_board", "mass": "120 g"}],
    "chain": [
        {"factor": "own.truck", "distance": "120 km"},
        {"factor": "own.hub"},
        {"factor": "own.van", "vehicle_distance": "80 km", "share": 0.0125},
        {"factor": "own.diesel", "quantity": "3.2 l", "share": 0.5},
    ],
}
BOARD_KG_PER_KG = 1.19972542
TRUCK, HUB_KG, VAN_KG, DIESEL = 1.32 * 120 / 1000 * 0.1, 1.32 / 1000 * 5, 80 * 0.0125 * 0.25, 3.2 * 0.5 * 3.2


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


def _document(**changes) -> dict:
    document = copy.deepcopy(DOCUMENT) | changes
    return {key: value for key, value in document.items() if value is not None}


def test_the_document_of_the_issue(tmp_path):
    """Proves every line of the example with a pocket calculator, and that the total is the lines."""
    found = estimated(DOCUMENT, tmp_path, OWN)
    assert [line.co2e_kg for line in found.lines] == pytest.approx(
        [0.12 * BOARD_KG_PER_KG, TRUCK, HUB_KG, VAN_KG, DIESEL], rel=1e-12
    )
    assert [line.stage for line in found.lines] == ["packaging", "line_haul", "hubs", "last_mile", "line_haul"]
    result = found.result()
    assert is_close(result.total.co2e_kg, sum(line.co2e_kg for line in found.lines))
    assert is_close(sum(result.stages.values()), result.total.co2e_kg)
    assert [(line.amount, line.unit) for line in result.lines] == [
        (pytest.approx(0.00012), "t"),
        (pytest.approx(0.1584), "t*km"),
        (pytest.approx(0.00132), "t"),
        (1.0, "km"),
        (pytest.approx(1.6), "l"),
    ]
    assert all(is_close(line.amount * line.factor_value, line.co2e_kg) for line in result.lines)


def test_every_line_says_where_it_is_from(tmp_path):
    """Proves factor, value, unit, boundary, edition, source, page, match on each line."""
    board, truck, *_ = estimated(DOCUMENT, tmp_path, OWN).result().lines
    assert (board.factor_id, board.locator, board.region) == (
        "desnz_2025.packaging.corrugated_board.virgin",
        "19_506_5156_15_1",
        "GB",
    )
    assert (board.factor_value, board.factor_unit, board.boundary) == (
        pytest.approx(1199.72542),
        "kg CO2e/t",
        "cradle_to_point_of_sale",
    )
    assert "conversion factors 2025" in board.source and board.edition and board.match == "proxy"
    assert (truck.match, truck.source, truck.edition) == ("own", "worked example", "n/a")
    assert "gross mass" in truck.note and {item.name for item in truck.inputs} >= {"mass_kg", "distance_km"}


def test_packaging_empty_means_none(tmp_path):
    """Proves that an empty list is no packaging, in mass and material, and that absence adds nothing either."""
    for packaging in ([], None):
        found = estimated(_document(packaging=packaging), tmp_path, OWN)
        assert {line.stage for line in found.lines} == {"line_haul", "hubs", "last_mile"}
        assert is_close(found.lines[0].co2e_kg, 1.2 * 120 / 1000 * 0.1)


def test_a_leg_s_own_mass_overrides(tmp_path):
    """Proves that a leg may weigh something else, and that its line says so."""
    found = estimated(
        _document(
            chain=[{"factor": "own.truck", "distance": "120 km", "mass": "2 t"}, {"factor": "own.hub", "mass": "3 t"}]
        ),
        tmp_path,
        OWN,
    )
    truck, hub = found.lines[1:]
    assert (
        is_close(truck.co2e_kg, 2 * 120 * 0.1)
        and is_close(hub.co2e_kg, 15)
        and "own mass" in truck.note
        and "own mass" in hub.note
    )


def test_there_is_no_mass_ceiling(tmp_path):
    """Proves that a given chain may carry a train."""
    found = estimated(
        _document(goods={"mass": "24000 t"}, packaging=[], chain=[{"factor": "own.truck", "distance": "1000 km"}]),
        tmp_path,
        OWN,
    )
    assert is_close(found.co2e_kg, 24_000 * 1000 * 0.1)


@pytest.mark.parametrize(
    "share", [{"own": "30 m**2", "total": "1200 m**2"}, {"own": "300000 cm**2", "total": "1200 m**2"}, 0.025]
)
def test_a_share_as_object_or_number(tmp_path, share):
    """Proves own over total in any unit of one kind."""
    found = estimated(
        _document(packaging=[], chain=[{"factor": "own.diesel", "quantity": "1000 l", "share": share}]), tmp_path, OWN
    )
    assert is_close(found.co2e_kg, 1000 * 0.025 * 3.2)


@pytest.mark.parametrize(("distance", "km"), [("84 mi", 84 * 1.609344), ("120000 m", 120), ("1.2e2 km", 120)])
def test_units_are_converted(tmp_path, distance, km):
    """Proves that a quantity is what its unit says."""
    found = estimated(_document(packaging=[], chain=[{"factor": "own.truck", "distance": distance}]), tmp_path, OWN)
    assert is_close(found.co2e_kg, 1.2 / 1000 * km * 0.1)


def test_grams_or_kilograms_are_the_same(tmp_path):
    """Proves that the unit of the document changes nothing."""
    grams = _document(goods={"mass": "1200 g"}, packaging=[{"material": "corrugated_board", "mass": "0.12 kg"}])
    assert is_close(estimated(grams, tmp_path, OWN).co2e_kg, estimated(DOCUMENT, tmp_path, OWN).co2e_kg)


@pytest.mark.parametrize(
    ("boundaries", "wtt", "ttw", "flags"),
    [
        ({"TTW": 0.09}, None, 0.09, {"no WTT"}),
        ({"WTT": 0.02}, 0.02, None, {"no TTW"}),
        ({"WTW": 0.11}, None, None, {"not split"}),
        ({"WTT": 0.02, "TTW": 0.09}, 0.02, 0.09, set()),
        ({"WTW": 0.11, "WTT": 0.02, "TTW": 0.09}, 0.02, 0.09, set()),
        ({"WTT": 0.02, "TTW": 0.0}, 0.02, 0.0, set()),
    ],
)
def test_absent_halves_are_null_and_flagged(tmp_path, boundaries, wtt, ttw, flags):
    """Proves that what a source does not give is null, that zero is a figure, and that WTW is never counted beside its halves."""
    own = [own_factor("own.leg", value, "kg/(t*km)", name, gwp_set="AR5") for name, value in boundaries.items()]
    result = estimated(
        _document(packaging=[], chain=[{"factor": "own.leg", "distance": "1000 km", "mass": "1 t"}]), tmp_path, own
    ).result()
    for found, wanted in (
        (result.total.wtt_kg, wtt),
        (result.total.ttw_kg, ttw),
        (result.lines[0].wtt_kg, wtt),
        (result.lines[0].ttw_kg, ttw),
    ):
        assert found is None if wanted is None else found == pytest.approx(1000 * wanted)
    assert set(result.lines[0].flags) == flags
    halves = {name: value for name, value in boundaries.items() if name != "WTW"}
    assert is_close(
        result.total.co2e_kg, 1000 * (sum(halves.values()) if len(halves) == 2 else next(iter(boundaries.values())))
    )
    assert all(f"{flag}: own.leg" in result.quality.flags for flag in flags)


def test_shares_of_data_types(tmp_path):
    """Proves primary (measured litres), modelled and default shares of the total."""
    quality = estimated(DOCUMENT, tmp_path, OWN).result().quality
    total = 0.12 * BOARD_KG_PER_KG + TRUCK + HUB_KG + VAN_KG + DIESEL
    assert is_close(quality.primary, DIESEL / total) and is_close(
        quality.primary + quality.modelled + quality.default, 1
    )
    assert quality.matches == {"proxy": 1, "own": 4}
    nothing = estimated(_document(packaging=[], chain=[]), tmp_path, OWN).result()
    assert nothing.total.co2e_kg == 0 and nothing.quality.primary is None


def test_a_vehicle_or_mode_lets_the_registry_choose():
    """Proves region and date of the shipment in the choice, with places instead of a distance too."""
    found = estimate(
        shipment(
            region="GB",
            goods={"mass": "2 t"},
            chain=[
                {"vehicle": "road.hgv.articulated_33t.average", "distance": "100 km"},
                {"hub": "hub.ambient.transshipment"},
            ],
        )
    )
    assert [line.factor_id for line in found.lines] == [
        "desnz_2025.road.hgv.articulated_33t.average.tkm",
        "fraunhofer_iml_2019.hub.ambient.transshipment",
    ]
    factor = registry().factors["desnz_2025.road.hgv.articulated_33t.average.tkm"].co2e_kg
    assert is_close(found.co2e_kg, 2000 * 100 * factor + 2000 * 0.0054)
    by_places = estimate(
        shipment(goods={"mass": "2 t"}, chain=[{"mode": "road", "from": COVENTRY, "to": LONDON}])
    ).lines[0]
    inputs = {item.name: item.value for item in by_places.inputs}
    assert 130 < inputs["distance_km"] < 150 and inputs["circuity"] > 1.1 and inputs["adjustment"] == 1.05
    assert is_close(by_places.amount, 2 * inputs["distance_km"] * inputs["circuity"] * inputs["adjustment"])
    old = estimate(
        {
            "shipped_on": "2024-06-30",
            "region": "GB",
            "goods": {"mass": "2 t"},
            "chain": [{"vehicle": "rail.freight", "distance": "9 km"}],
        }
    )
    assert old.lines[0].factor_id == "desnz_2024.rail.freight.tkm"


def test_given_distances_meet_the_factor_s_basis():
    """Proves that a stated basis is adjusted, that an unstated one is taken as it is, and that a longer one is refused."""
    leg = {"vehicle": "air.long_haul.without_rf", "distance": "1000 km", "mass": "1 t"}
    plain = estimate(shipment(region="GB", chain=[leg]))
    circle = estimate(shipment(region="GB", chain=[leg | {"distance_basis": "great_circle"}]))
    assert plain.co2e_kg == circle.co2e_kg
    with pytest.raises(InputError, match="great_circle"):
        estimate(shipment(region="GB", chain=[leg | {"distance_basis": "actual"}]))


def test_own_factor_files_win_and_their_rows_are_checked(tmp_path):
    """Proves that the six fields are enough, and that a wrong unit names file, row and key."""
    path = own_file(
        tmp_path,
        [
            {
                "id": "own.truck",
                "value": 0.1,
                "unit": "kg/(t*km)",
                "boundary": "wtw",
                "gas_basis": "co2e",
                "source": "letter",
            }
        ],
    )
    assert is_close(
        estimate(_document(packaging=[], chain=DOCUMENT["chain"][:1]), factors=[path]).co2e_kg, 1.2 * 0.12 * 0.1
    )
    with pytest.raises(InputError) as caught:
        estimate(DOCUMENT, factors=[own_file(tmp_path, [own_factor("own.truck", 0.1, "kg/(ton*km)")], "bad.yaml")])
    assert "bad.yaml" in str(caught.value) and "own.truck" in str(caught.value) and "short_ton" in str(caught.value)


def _wrong(**leg):
    return _document(chain=[DOCUMENT["chain"][1], leg])


@pytest.mark.parametrize(
    ("document", "place", "says"),
    [
        (_wrong(factor="own.trukc", distance="1 km"), "chain.1", "own.truck"),
        (_wrong(factor="own.van", distance="1 km"), "chain.1", "vehicle_distance"),
        (_wrong(factor="own.truck", quantity="3 l"), "chain.1", "distance"),
        (_wrong(factor="own.truck"), "chain.1", "distance"),
        (_wrong(factor="own.truck", distance="1"), "chain.1.distance", "unit"),
        (_wrong(factor="own.truck", distance="-1 km"), "chain.1.distance", "negative"),
        (_wrong(factor="own.truck", distance="1 kg"), "chain.1.distance", "km"),
        (_wrong(factor="own.diesel", quantity="1,5 l"), "chain.1.quantity", "1,5"),
        (_wrong(factor="own.truck", distance="1 km", quantity="1 l"), "chain.1", "one kind of amount"),
        (_wrong(factor="own.truck", vehicle="rail.freight", distance="1 km"), "chain.1", "exactly one"),
        (_wrong(factor="own.truck", distance="1 km", share=0.5), "chain.1", "share"),
        (_wrong(factor="own.diesel", quantity="1 l", share="0.5"), "chain.1.share", "number"),
        (
            _wrong(factor="own.diesel", quantity="1 l", share={"own": "3 m**2", "total": "2 m**2"}),
            "chain.1.share",
            "share",
        ),
        (
            _wrong(factor="own.diesel", quantity="1 l", share={"own": "3 m**2", "total": "9 m**3"}),
            "chain.1.share",
            "kind",
        ),
        (_wrong(factor="own.truck", distance="1 km", colour="red"), "chain.1.colour", "colour"),
        (_document(goods={"mass": 1.2}), "goods.mass", "unit"),
        (_document(goods={"mass": "1.2 ton"}), "goods.mass", "short_ton"),
        (_document(packaging=[{"material": "unobtainium", "mass": "1 g"}]), "packaging.0.material", "unobtainium"),
        (_document(shipped_on="2025-02-30"), "shipped_on", "2025-02-30"),
        (_document(service="road", destination=LONDON), "", "chain or a service"),
        (_document(goods=None), "chain.0", "mass"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_errors_name_the_place_in_the_document(tmp_path, document, place, says):
    """Proves file, key and the way out of every kind of mistake, as one message."""
    path = tmp_path / "shipment.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        estimate(path, factors=[own_file(tmp_path, OWN)])
    text = str(caught.value)
    assert "shipment.json" in text and says in text
    assert place in (caught.value.where.column or "").replace("['", ".").replace("']", "")


def test_a_service_needs_the_organisation():
    """Proves the message where a chain is left to a service that nobody defined."""
    document = shipment(goods={"mass": "1 kg"}, service="road", destination=LONDON)
    with pytest.raises(InputError, match="organisation"):
        estimate(document)
    with pytest.raises(InputError, match="service"):
        estimate(document | {"service": "raod"}, organisation=merchant())


def test_a_service_takes_listed_packaging_instead_of_a_package():
    """Proves that materials listed in the document are the parcel's, and an empty list is none."""
    base = {"goods": {"mass": "1.2 kg"}, "service": "road", "destination": LONDON}
    listed = estimate(
        shipment(**base, packaging=[{"material": "corrugated_board", "mass": "118 g"}]), organisation=merchant()
    )
    boxed = estimate(shipment(**base, package="box"), organisation=merchant())
    assert is_close(listed.co2e_kg, boxed.co2e_kg)
    bare = estimate(shipment(**base, packaging=[]), organisation=merchant([LINE_HAUL, HUB, VAN]))
    assert not [line for line in bare.lines if line.stage in ("packaging", "end_of_life")]


def test_results_and_documents_fit_their_schemas(tmp_path):
    """Proves that result and shipment validate against `carbon schema`, chain and service alike, and that a spoiled one does not."""
    results = [estimated(DOCUMENT, tmp_path, OWN).as_dict()]
    results.append(
        estimate(
            shipment(goods={"mass": "1 kg"}, service="road", destination=LONDON), organisation=merchant()
        ).as_dict()
    )
    schema = schema_of("result")
    jsonschema.Draft202012Validator.check_schema(schema)
    for result in results:
        jsonschema.validate(json.loads(json.dumps(result, allow_nan=False)), schema)
        assert result["total"]["low_kg"] < result["total"]["co2e_kg"] < result["total"]["high_kg"]
    spoiled = results[0] | {"total": results[0]["total"] | {"co2e_kg": "much"}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoiled, schema)
    jsonschema.validate(DOCUMENT, schema_of("estimate"))
    jsonschema.validate({"factors": OWN}, schema_of("factors"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(DOCUMENT | {"colour": "red"}, schema_of("estimate"))


def test_a_hub_s_place_chooses_its_region():
    """Proves that a hub may be given by place, and that its amount stays gross mass."""
    found = estimate(
        {
            "shipped_on": "2025-06-30",
            "goods": {"mass": "10 kg"},
            "chain": [{"hub": "hub.ambient.transshipment", "from": {"city": "Berlin", "country": "DE"}}],
        }
    )
    assert found.lines[0].match == "parent" and found.co2e_kg == pytest.approx(0.01 * 5.4)


def test_a_leg_between_two_places_of_one_country_has_its_mean_length():
    """Proves that ends of which only the country is known are not the same place: the leg is as long as two inhabitants are apart."""
    place = {"country": "GB"}
    found = estimate(
        {
            "shipped_on": "2025-06-30",
            "goods": {"mass": "10 kg"},
            "chain": [{"mode": "road", "from": place, "to": place}],
        }
    )
    (line,) = found.lines
    distance_km = next(each.value for each in line.inputs if each.name == "distance_km")
    assert distance_km == pytest.approx(2**0.5 * cities().centres["GB"].scatter_km, rel=1e-12) and line.co2e_kg > 0
