"""A plan of rounds on a map: GeoJSON (RFC 7946) and GPX 1.1, straight from stop to stop and labelled so.

Built as values and as an element tree, so that text of users stays text.
"""

from __future__ import annotations

import math
import re
from typing import Any
from xml.etree import ElementTree as Tree

from carbon.errors import InputError
from carbon.optimise.rounds.metrics import rounds_of
from carbon.optimise.rounds.output import clock, place_name
from carbon.optimise.rounds.plan import Leg, RoundPlan
from carbon.optimise.rounds.problem import Problem
from carbon.optimise.rounds.words import WORDS, why

_GPX = "http://www.topografix.com/GPX/1/1"
_MINUTE_S, _M_PER_KM = 60.0, 1_000.0
#: Decimals of a degree: a metre is the fifth, a hand the sixth and seventh (RFC 7946, 11.2).
_DECIMALS = 7
#: What XML 1.0 cannot hold.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def plan_geojson(problem: Problem, plan: RoundPlan, language: str = "en") -> dict[str, Any]:
    """Return a plan as a FeatureCollection: a line for each round, a point for each stop, served or not.

    Positions are longitude first. A round from a place to itself is a line of equal positions.
    """
    words, features = WORDS[language], []
    for number, timed in enumerate(plan.duties, 1):
        vehicle = problem.fleet[timed.duty.vehicle]
        for position, legs in enumerate(rounds_of(timed), 1):
            line = [_position(problem, legs[0].start), *(_position(problem, leg.end) for leg in legs)]
            features.append(
                _feature(
                    {"type": "LineString", "coordinates": line},
                    {
                        "kind": "round",
                        "duty": number,
                        "round": position,
                        "vehicle": vehicle.id,
                        "departs": clock(legs[0].depart_s),
                        "returns": clock(legs[-1].arrive_s),
                        "distance_km": math.fsum(leg.distance_m for leg in legs) / _M_PER_KM,
                        "co2e_kg_of_legs": math.fsum(leg.co2e_kg for leg in legs),
                        "line": words["straight"],
                    },
                )
            )
            for sequence, leg in enumerate(legs, 1):
                if leg.stop is not None:
                    features.append(_stop(problem, leg, number, position, sequence))
    for each in plan.unserved:
        stop = problem.stops[each.stop]
        features.append(
            _feature(
                {"type": "Point", "coordinates": _position(problem, stop.node)},
                {"kind": "unserved", "stop": stop.id, "why": why(each.why, language), "would_serve": each.would_serve},
            )
        )
    return {"type": "FeatureCollection", "features": features}


def _stop(problem: Problem, leg: Leg, duty: int, round_: int, sequence: int) -> dict[str, Any]:
    stop = problem.stops[leg.stop]
    return _feature(
        {"type": "Point", "coordinates": _position(problem, leg.end)},
        {
            "kind": "stop",
            "stop": stop.id,
            "duty": duty,
            "round": round_,
            "sequence": sequence,
            "arrive": clock(leg.arrive_s),
            "begin": clock(leg.begin_s),
            "leave": clock(leg.leave_s),
            "delivery_kg": stop.delivery_kg,
            "collection_kg": stop.collection_kg,
            "parcels": list(stop.parcels),
        },
    )


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def plan_gpx(problem: Problem, plan: RoundPlan, language: str = "en") -> str:
    """Return a plan as GPX 1.1: a route for each round, its depots and stops as points, times in words.

    A plan knows times of day and no date, so points carry no `time`.
    """
    words = WORDS[language]
    root = Tree.Element("gpx", {"xmlns": _GPX, "version": "1.1", "creator": "Carbon per Order"})
    for number, timed in enumerate(plan.duties, 1):
        vehicle = problem.fleet[timed.duty.vehicle]
        for position, legs in enumerate(rounds_of(timed), 1):
            route = Tree.SubElement(root, "rte")
            _text(route, "name", words["round"].format(duty=number, round=position, vehicle=vehicle.id))
            _text(route, "desc", words["straight"])
            start = _point(route, problem, legs[0].start)
            _text(start, "name", problem.depots.get(legs[0].start) or words["depot"])
            _text(start, "desc", clock(legs[0].depart_s))
            for leg in legs:
                point = _point(route, problem, leg.end)
                _text(point, "name", place_name(problem, leg, language))
                _text(point, "desc", _said(problem, leg, words))
    Tree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Tree.tostring(root, encoding="unicode") + "\n"


def _said(problem: Problem, leg: Leg, words: dict[str, str]) -> str:
    """Return what is planned at the end of a leg, in words."""
    times = {"arrive": clock(leg.arrive_s), "begin": clock(leg.begin_s), "leave": clock(leg.leave_s)}
    said = [words["at"].format(**times)] if leg.leave_s > leg.arrive_s or leg.stop is not None else [times["arrive"]]
    if leg.rest_s:
        said.append(words["rest"].format(minutes=f"{leg.rest_s / _MINUTE_S:g}"))
    if leg.stop is not None:
        stop = problem.stops[leg.stop]
        if stop.delivery_kg:
            said.append(words["deliver"].format(mass=f"{stop.delivery_kg:g}"))
        if stop.collection_kg:
            said.append(words["collect"].format(mass=f"{stop.collection_kg:g}"))
    return "; ".join(said)


def _point(route: Tree.Element, problem: Problem, node: int) -> Tree.Element:
    longitude, latitude = _position(problem, node)
    return Tree.SubElement(route, "rtept", {"lat": _plain(latitude), "lon": _plain(longitude)})


def _plain(degrees: float) -> str:
    """Return degrees without an exponent, which GPX readers need not know."""
    return f"{degrees:.{_DECIMALS}f}"


def _text(parent: Tree.Element, tag: str, text: str) -> None:
    Tree.SubElement(parent, tag).text = _CONTROL.sub(" ", text)


def _position(problem: Problem, node: int) -> list[float]:
    """Return a node's longitude and latitude."""
    longitude, latitude = (float(axis[node]) for axis in (problem.network.longitude, problem.network.latitude))
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        raise InputError(
            "a plan cannot be drawn on a map",
            found=f"node {node} without coordinates: a matrix alone knows it",
            expected="latitude and longitude of every depot and stop",
            mend="add coordinates to the stops and the fleet file, or write CSV or JSON",
        )
    return [round(longitude, _DECIMALS), round(latitude, _DECIMALS)]
