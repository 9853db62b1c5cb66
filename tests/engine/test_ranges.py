"""The 95 % range of a parcel: analytic against drawn, on real plans and on cases with known answers."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from carbon.engine.ranges import HIGH, LOW, range_of_sum
from carbon.engine.replay import FactorBook, replay
from tests.engine.small import merchant, only, own_factor, own_file, parcel, planned, ran, registry, run

_DRAWS = 200_000
_REACH = NormalDist().inv_cdf(0.975)


def drawn(rows, organisation=None, **inputs) -> np.ndarray:
    """Return draws of the total of the first parcel [kg], from the plan's rows alone, every key drawn once."""
    running, results = ran(rows, organisation, **inputs)
    row = results[0].kept.to_pylist()[0]
    plan = [each for each in running.plan.table().to_pylist() if each["stage"] != "product"]
    book = FactorBook(inputs.get("registry", registry()).as_json(running.factor_ids()))
    random, keys, total = np.random.default_rng(1), {}, np.zeros(_DRAWS)
    for each in plan:
        for line in replay(row, [each], book):
            if line.accounting != "total":
                continue
            multiplier = np.ones(_DRAWS)
            for spread in each["spreads"]:
                draw = keys.setdefault(spread["key"], random.standard_normal(_DRAWS))
                multiplier *= np.exp(spread["sigma"] * draw - spread["sigma"] ** 2 / 2) ** spread["elasticity"]
            total += line.co2e_kg * multiplier
    return total


LEGS = [
    {"stage": "line_haul", "vehicle": "road.hgv.articulated_33t.average"},
    {"stage": "hubs", "activity": "hub.ambient.transshipment"},
    {"stage": "last_mile", "vehicle": "road.van.class_3.diesel"},
]


@pytest.mark.parametrize(
    "chain",
    [
        LEGS,
        [{**LEGS[0], "load": 0.6, "empty_running": 0.2}, LEGS[2]],
        [LEGS[0], {"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric"}],
    ],
    ids=["freight", "laden", "electric"],
)
def test_the_range_is_that_of_draws(chain):
    """Proves mean, shared keys and quantiles: 200,000 draws of every key give the same range within 3 %."""
    setup = merchant(services={"road": {"chain": chain}})
    found = only(parcel(), setup)
    low, high = np.quantile(drawn([parcel()], setup), [0.025, 0.975])
    assert found[LOW] == pytest.approx(low, rel=0.03) and found[HIGH] == pytest.approx(high, rel=0.03)
    assert found[LOW] < found.total_co2e_kg < found[HIGH]


def test_one_factor_alone_has_its_own_range(tmp_path):
    """Proves the known answer: a hub's factor of geometric standard deviation 2, and nothing else that counts."""
    own = own_file(tmp_path, [own_factor("own.hub", 1000.0, "kg/kg", "site_energy") | {"gsd": 2.0}])
    hub = {"stage": "hubs", "factor": "own.hub"}
    found = only(parcel(), merchant(services={"road": {"chain": [hub]}}), factors=[own])
    median = found.total_co2e_kg / np.exp(np.log(2.0) ** 2 / 2)
    assert found[LOW] == pytest.approx(median * 2.0**-_REACH, rel=2e-3)
    assert found[HIGH] == pytest.approx(median * 2.0**_REACH, rel=2e-3)


def test_what_is_shared_adds_up_and_what_is_not_does_not(tmp_path):
    """Proves correlation: two hubs by one factor double the width, two by factors of equal spread do not."""
    rows = [own_factor(name, 1000.0, "kg/kg", "site_energy") | {"gsd": 1.5} for name in ("own.a", "own.b")]
    own = own_file(tmp_path, rows)

    def width(*names: str) -> float:
        chain = [{"stage": "hubs", "factor": name} for name in names]
        found = only(parcel(), merchant(services={"road": {"chain": chain}}), factors=[own])
        return found[HIGH] - found[LOW]

    assert width("own.a", "own.a") == pytest.approx(2 * width("own.a"), rel=1e-3)
    assert 1.3 < width("own.a", "own.b") / width("own.a") < 1.5


def test_equal_parcels_have_the_same_relative_range_as_one():
    """Proves that the range of a parcel does not depend on how many there are."""
    one = only(parcel())
    many = run([parcel(f"P{number}") for number in range(100)]).footprints
    for end in (LOW, HIGH):
        assert many[end].to_numpy() == pytest.approx(one[end], rel=1e-12)


def test_a_guessed_weight_or_place_widens_the_range():
    """Proves that what stood in for a parcel's own weight or place is part of its range, and that it is counted."""
    weighed = [parcel(f"W{number}", goods_mass_kg=mass) for number, mass in enumerate((0.4, 1.2, 2.0))]
    frame = run([*weighed, parcel("guessed", goods_mass_kg=None)]).footprints.set_index("parcel_id")
    relative = (frame[HIGH] - frame[LOW]) / frame.total_co2e_kg
    assert relative["guessed"] > relative["W1"]
    nowhere = {"destination_postcode": None, "destination_latitude": None, "destination_longitude": None}
    centre = only(parcel(**nowhere, destination_city=None, destination_country="GB"))
    exact = only(parcel())
    assert (centre[HIGH] - centre[LOW]) / centre.total_co2e_kg > (exact[HIGH] - exact[LOW]) / exact.total_co2e_kg


def test_every_counting_term_names_its_spreads():
    """Proves that no factor of the plan is without a spread, and that the activity says the same ones and the packaging's."""
    running, _ = ran([parcel()])
    plan = running.plan.table().to_pylist()
    assert all(any(each["key"].startswith("factor:") for each in row["spreads"]) for row in plan)
    activity = running.activity_table().to_pylist()
    known = {(row["block"], frozenset(each["key"] for each in row["spreads"])) for row in plan}
    box = {"stated:component_kg:0.118"}
    for row in activity:
        keys = frozenset(each["key"] for each in row["spreads"])
        carries = row["stage"] in ("line_haul", "hubs")
        assert (row["block"], keys - box if carries else keys) in known and (box <= keys or not carries)


@pytest.mark.parametrize("elasticity", [1.0, -1.0, 0.5])
def test_the_known_answer_of_one_lognormal(elasticity):
    """Proves the closed form for one key: mean 1 before it is raised to a power."""
    sigma = 0.5
    score = np.array([[elasticity * sigma]])
    mean = np.exp([(elasticity**2 - elasticity) * sigma**2 / 2])
    low, high = range_of_sum(np.array([2.0]), score, mean)
    middle = 2.0 * np.exp(-elasticity * sigma**2 / 2)
    reach = np.exp(_REACH * abs(elasticity) * sigma)
    assert (low, high) == (pytest.approx(middle / reach), pytest.approx(middle * reach))


@pytest.mark.parametrize(
    ("kg", "sigmas"), [([0.6, 0.14], [0.25, 1.386]), ([0.2] * 8, [0.3] * 8), ([0.1, 0.9], [0.02, 1.386])]
)
def test_independent_terms_are_met_within_three_per_cent(kg, sigmas):
    """Proves the rule where nothing is exact: different spreads, one of them very wide."""
    sigma = np.array(sigmas)
    low, high = range_of_sum(np.array(kg), np.diag(sigma), np.ones(len(kg)))
    normal = np.random.default_rng(2).standard_normal((len(kg), _DRAWS))
    total = np.array(kg) @ np.exp(sigma[:, None] * normal - sigma[:, None] ** 2 / 2)
    assert (low, high) == tuple(pytest.approx(each, rel=0.03) for each in np.quantile(total, [0.025, 0.975]))


def test_the_rule_of_parcels_is_the_rule_of_sums():
    """Proves that the kernel and the sum of a parcel's lines give the same range to the last digits."""
    running, results = ran([parcel()])
    row, plan = results[0].kept.to_pylist()[0], running.plan.table().to_pylist()
    book = FactorBook(registry().as_json(running.factor_ids()))
    lines = replay(row, plan, book)
    carried = [part for line in lines for part in line.carried]
    terms = [(line.co2e_kg, line.spreads) for line in lines] + carried
    keys = sorted({spread.key for _, spreads in terms for spread in spreads})
    scores = np.zeros((len(terms), len(keys)))
    mean = np.zeros(len(terms))
    for position, (_, spreads) in enumerate(terms):
        for each in spreads:
            scores[position, keys.index(each.key)] = each.elasticity * each.sigma
            mean[position] += (each.elasticity**2 - each.elasticity) * each.sigma**2 / 2
    carried_kg = sum(kg for kg, _ in carried)
    assert carried_kg > 0
    low, high = range_of_sum(np.array([kg for kg, _ in terms]), scores, np.exp(mean), carried_kg)
    assert (row[LOW], row[HIGH]) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))


def test_a_plan_without_parcels_of_a_kind_has_no_codes_of_stand_ins():
    """Proves that weighed parcels to exact places carry no stand-in at all."""
    assert planned([parcel()]).spreads.stand_ins.spreads(0) == ()


@pytest.mark.parametrize("chain", [LEGS[:1], LEGS[1:2], LEGS], ids=["haul", "hub", "all"])
def test_what_stood_in_multiplies_the_terms_that_read_it(chain):
    """Proves ranges of a parcel without weight and place against draws: a stand-in moves all its terms together."""
    setup = merchant(services={"road": {"chain": chain}})
    weighed = [parcel(f"W{number}", goods_mass_kg=mass) for number, mass in enumerate((0.3, 0.9, 2.4))]
    guessed = parcel("guessed", goods_mass_kg=None)
    running, results = ran([guessed, *weighed], setup)
    row, spreads = results[0].kept.to_pylist()[0], running.plan.spreads
    sigma = float(spreads.stand_ins._own_mass[1] ** 2 + spreads.stand_ins._mass_spreads[1][0].sigma ** 2) ** 0.5
    random = np.random.default_rng(5)
    keys, stand_in, total = {}, np.exp(sigma * random.standard_normal(_DRAWS) - sigma**2 / 2), np.zeros(_DRAWS)
    book = FactorBook(registry().as_json(running.factor_ids()))
    for each in running.plan.table().to_pylist():
        for line in replay(row, [each], book):
            multiplier = np.ones(_DRAWS)
            for spread in each["spreads"]:
                draw = keys.setdefault(spread["key"], random.standard_normal(_DRAWS))
                multiplier *= np.exp(spread["sigma"] * draw - spread["sigma"] ** 2 / 2) ** spread["elasticity"]
            touched = any(name in each["columns"] for name in ("goods_mass", "gross_mass", "freight_mass"))
            total += line.co2e_kg * multiplier * (stand_in if touched else 1.0)
    low, high = np.quantile(total, [0.025, 0.975])
    assert row[LOW] == pytest.approx(low, rel=0.05) and row[HIGH] == pytest.approx(high, rel=0.05)


def test_a_block_without_factor_that_counts_nothing_is_no_matter(tmp_path):
    """Proves that a parcel whose write-off has no factor, and which did not come back, is computed beside one that did."""
    own = own_file(
        tmp_path, [own_factor("own.waste.gb", 1.0, "kg/kg", "TTW") | {"activity": "own.waste", "region": "GB"}]
    )
    returns = {"write_off": "own.waste", "write_off_share": 0.1}
    setup = merchant(services={"road": {"chain": LEGS, "returns": returns}})
    abroad = {"origin_site": None, "origin_country": "US", "origin_latitude": 40.7, "origin_longitude": -74.0}
    found = run([parcel("A", returned_on="2025-07-10"), parcel("B", **abroad)], setup, factors=[own])
    assert found.footprints.parcel_id.tolist() == ["A", "B"] and (found.footprints[HIGH] > found.footprints[LOW]).all()


def test_services_without_a_common_term_do_not_mix():
    """Proves that the range of a parcel in its own container does not depend on other services' parcels."""
    chain = {"road": {"chain": LEGS[:1]}, "van": {"chain": LEGS[2:]}}
    meter = {"activity": "electricity.grid", "quantity": "0 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    place = merchant().sites["coventry"].place.model_dump(exclude_none=True)
    setup = merchant(
        services=chain,
        packages={"own": {"kind": "own_container"}},
        defaults={"service": "road"},
        sites={"coventry": {"place": place, "energy": [meter]}},
    )
    rows = [parcel(f"P{number}", service=("road", "van")[number % 2], package="own") for number in range(5)]
    together = run(rows, setup).footprints.set_index("parcel_id")
    for row in rows:
        alone = only(row, setup)
        assert together.loc[row["parcel_id"], [LOW, HIGH]].tolist() == pytest.approx(
            [alone[LOW], alone[HIGH]], rel=1e-12
        )


@pytest.mark.parametrize("load", [0.95, 0.99, 1.0])
def test_a_nearly_full_lorry_has_a_sensible_range(load):
    """Proves that a share deviates by its odds: what cannot pass 1 does not send the range anywhere."""
    chain = [{**LEGS[0], "load": load, "empty_running": 0.2}]
    found = only(parcel(), merchant(services={"road": {"chain": chain}}))
    assert 0.5 * found.total_co2e_kg < found[LOW] < found.total_co2e_kg < found[HIGH] < 2 * found.total_co2e_kg


def test_a_parcel_without_a_category_keeps_none():
    """Proves that the ledger does not say of a parcel what its row did not."""
    found = run([parcel("A", product_category="books"), parcel("B")]).footprints.set_index("parcel_id")
    assert found.loc["A", "category"] == "books" and found["category"].isna()["B"]
