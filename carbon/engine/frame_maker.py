"""From checked orders to kernel columns: codes, distances, fallbacks; what cannot be bound becomes a reject."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.arrays import floats, index_in, nulls
from carbon.engine.columns import Fallback, leg_column
from carbon.engine.context import Groundwork, LogNormal
from carbon.engine.distances import Distances, Points
from carbon.engine.fallbacks import CITY, COUNTRY, DESTINATION, EXACT_PLACE, MASS, ORIGIN, PROVINCE
from carbon.engine.frame import Frame
from carbon.engine.months import month_number, month_numbers
from carbon.engine.package_binding import PackageBinder
from carbon.engine.rejecting import Rejecting
from carbon.engine.round_uses import RoundUseBinder
from carbon.engine.rounds import RoundBook
from carbon.factors.registry import GLOBAL
from carbon.orders.declared import LAPSED
from carbon.orders.places import PlaceMatch, Places, Resolved
from carbon.orders.table import OrdersChunk

_PLACE_PARTS = ("country", "postcode", "city", "latitude", "longitude")
#: How coarse a place is, by how it was found.
_COARSENESS = np.zeros(len(PlaceMatch), dtype=np.int32)
_COARSENESS[[PlaceMatch.CITY, PlaceMatch.CITY_WITHOUT_COUNTRY]] = CITY
_COARSENESS[PlaceMatch.PROVINCE], _COARSENESS[PlaceMatch.COUNTRY] = PROVINCE, COUNTRY
_FALLBACK_OF_MATCH = {
    PlaceMatch.CITY: (Fallback.ORIGIN_CITY, Fallback.DESTINATION_CITY),
    PlaceMatch.CITY_WITHOUT_COUNTRY: (Fallback.ORIGIN_CITY, Fallback.DESTINATION_CITY),
    PlaceMatch.PROVINCE: (Fallback.ORIGIN_COUNTRY, Fallback.DESTINATION_COUNTRY),
    PlaceMatch.COUNTRY: (Fallback.ORIGIN_COUNTRY, Fallback.DESTINATION_COUNTRY),
}


#: Two parts of a figure are rounded each by itself.
_ROUNDING = 1e-9


class FrameMaker:
    """Turns chunks into frames; holds look-up arrays only.

    Parameters
    ----------
    ground : Groundwork
    places : Places
    rounds : pyarrow.Table
        As in `Totals`; empty while they are being counted.
    """

    def __init__(self, ground: Groundwork, places: Places, rounds: pa.Table):
        self.ground, self.places = ground, places
        context, organisation = ground.context, ground.context.organisation
        self._rounds = RoundBook(rounds)
        self._region_codes = {region: code for code, region in enumerate(context.regions)}
        self._distances = Distances(ground.named)
        self._site_numbers = np.array([self._distances.number(key) for key in context.site_keys])
        self.packages = PackageBinder(context)
        self._round_uses = RoundUseBinder(context)
        self._service_keys = pa.array(context.service_keys, pa.string())
        self._site_keys = pa.array(context.site_keys, pa.string())
        months = [month_number(text) for text in context.profile.months]
        self._first_month = months[0]
        self._month_codes = np.zeros(months[-1] - months[0] + 1, dtype=np.int32)
        self._month_codes[np.array(months) - months[0]] = np.arange(len(months))
        positions = {year: code for code, year in enumerate(context.years)}
        self._year_codes = np.array([positions[int(text[:4])] for text in context.profile.months], dtype=np.int32)
        self._return_rate = np.array(
            [
                0.0 if context.profile.has_returns else (service.returns.rate or 0.0)
                for service in organisation.services.values()
            ]
        )
        reports = [service.reported for service in organisation.services.values()]
        self._reporting = np.array([each is not None for each in reports])
        self._tank_to_wheel = np.array([each is not None and each.boundary == "TTW" for each in reports])

    def make(self, chunk: OrdersChunk, rejecting: Rejecting) -> Frame:
        """Bind one chunk; rows that cannot be bound are handed to `rejecting`."""
        table, count = chunk.table, chunk.table.num_rows
        frame = Frame(table, chunk.rows, {}, {}, np.zeros(count, dtype=np.int32), {})
        good = np.ones(count, dtype=bool)
        self._bind_time(frame)
        self._bind_service(frame, good, rejecting)
        self._bind_categories(frame)
        ends = self._bind_places(frame, good, rejecting)
        self._bind_goods(frame, good, rejecting)
        self.packages.bind(frame, good, rejecting)
        self._bind_distances(frame, ends)
        self._bind_rounds(frame, good, rejecting)
        self._bind_reported(frame, good, rejecting)
        self._bind_rest(frame)
        return frame.keep(good)

    def _bind_time(self, frame: Frame) -> None:
        frame.codes["month"] = self._month_codes[month_numbers(frame.table["shipped_on"]) - self._first_month]
        frame.codes["year"] = self._year_codes[frame.codes["month"]]

    def _bind_service(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> None:
        column = frame.table["service"]
        codes = index_in(column, self._service_keys)
        lacking = nulls(column)
        default = self.ground.context.organisation.defaults.service
        services = self.ground.context.service_keys
        if default is None and len(services) == 1:
            default = services[0]
        if default is not None:
            codes = np.where(lacking, services.index(default), codes).astype(np.int32)
            frame.fallbacks |= np.where(lacking, int(Fallback.SERVICE), 0).astype(np.int32)
        rejecting.add(frame, good, (codes < 0) & lacking, "service", "no_service")
        rejecting.add(frame, good, codes < 0, "service", "unknown_service", services)
        frame.codes["service"] = np.maximum(codes, 0)

    def _bind_categories(self, frame: Frame) -> None:
        for axis, column, names in (
            ("category", "product_category", self.ground.context.profile.categories),
            ("currency", "currency", self.ground.context.profile.currencies),
        ):
            codes = index_in(frame.table[column], pa.array(names, pa.string()))
            frame.codes[axis] = np.maximum(codes, 0)
            frame.columns[f"_has_{axis}"] = (codes >= 0).astype(float)

    def _bind_places(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> dict[str, Points]:
        table, context = frame.table, self.ground.context
        destination = self._resolve(table, "destination")
        rejecting.add(frame, good, np.isnan(destination.latitude), "destination_postcode", "unknown_place")
        self._note_match(frame, destination, "destination", np.ones(table.num_rows, dtype=bool))
        frame.codes["destination_region"] = self._regions(frame, destination)
        frame.places["destination"] = destination.area

        site = table["origin_site"]
        codes = index_in(site, self._site_keys)
        rejecting.add(frame, good, (codes < 0) & ~nulls(site), "origin_site", "unknown_site", context.site_keys[1:])
        own = (codes < 0) & _has_place(table, "origin")
        default = context.organisation.defaults.site or (context.site_keys[1] if len(context.site_keys) == 2 else None)
        lacking = (codes < 0) & ~own
        if default is not None:
            frame.fallbacks |= np.where(lacking, int(Fallback.SITE), 0).astype(np.int32)
            codes = np.where(lacking, context.site_keys.index(default), codes)
        else:
            rejecting.add(frame, good, lacking, "origin_site", "no_origin")
        codes = np.where(own, 0, np.maximum(codes, 0)).astype(np.int32)
        frame.codes["site"] = codes
        named = [self.ground.named[key] if key else None for key in context.site_keys]
        latitude = np.array([place.latitude if place else math.nan for place in named])[codes]
        longitude = np.array([place.longitude if place else math.nan for place in named])[codes]
        scatter_km = np.array([place.scatter_km if place else 0.0 for place in named])[codes]
        region = np.array(
            [self._region_codes[place.region] if place else self._region_codes[GLOBAL] for place in named]
        )[codes]
        area = pa.array(context.site_keys, pa.string()).take(pa.array(codes))
        if own.any():
            origin = self._resolve(table, "origin")
            rejecting.add(frame, good, own & np.isnan(origin.latitude), "origin_postcode", "unknown_place")
            self._note_match(frame, origin, "origin", own)
            latitude, longitude = np.where(own, origin.latitude, latitude), np.where(own, origin.longitude, longitude)
            scatter_km = np.where(own, origin.scatter_km, scatter_km)
            region = np.where(own, self._regions(frame, origin), region)
            area = pc.if_else(pa.array(own), origin.area, area)
        frame.codes["origin_region"] = region.astype(np.int32)
        frame.places["origin"] = area
        numbers = np.where(own, -1, self._site_numbers[codes])
        return {
            "origin": Points(latitude, longitude, scatter_km, numbers, named=True),
            "destination": Points(
                destination.latitude,
                destination.longitude,
                destination.scatter_km,
                destination.spot,
                False,
                destination.generation,
            ),
        }

    def _resolve(self, table: pa.Table, end: str) -> Resolved:
        return self.places.resolve(**{name: table[f"{end}_{name}"] for name in _PLACE_PARTS})

    def _regions(self, frame: Frame, resolved: Resolved) -> np.ndarray:
        world = self._region_codes[GLOBAL]
        lookup = np.array(
            [self._region_codes.get(name, -1) for name in resolved.region_names] + [world], dtype=np.int32
        )
        codes = lookup[resolved.region_codes]
        frame.fallbacks |= np.where(codes < 0, int(Fallback.REGION), 0).astype(np.int32)
        return np.where(codes < 0, world, codes)

    @staticmethod
    def _note_match(frame: Frame, resolved: Resolved, end: str, mask: np.ndarray) -> None:
        coarse = np.where(mask, _COARSENESS[resolved.match], EXACT_PLACE)
        if not coarse.any():
            return
        frame.codes[ORIGIN if end == "origin" else DESTINATION] = coarse.astype(np.int32)
        for match, flags in _FALLBACK_OF_MATCH.items():
            flag = flags[end == "destination"]
            frame.fallbacks |= np.where(mask & (resolved.match == int(match)), int(flag), 0).astype(np.int32)

    def _bind_goods(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> None:
        profile, defaults = self.ground.context.profile, self.ground.context.organisation.defaults
        mass = floats(frame.table["goods_mass_kg"])
        lacking = np.isnan(mass)
        if lacking.any():
            if defaults.goods_mass is not None:
                mass = np.where(lacking, defaults.goods_mass.to("kg").magnitude, mass)
            elif profile.masses:
                mass = np.where(lacking, self._by_category(frame, profile.masses), mass)
            rejecting.add(frame, good, np.isnan(mass), "goods_mass_kg", "no_mass")
            category = np.where(frame.columns["_has_category"] > 0, 2 + frame.codes["category"], 1)
            frame.codes[MASS] = np.where(lacking, category, 0).astype(np.int32)
            frame.fallbacks |= np.where(lacking, int(Fallback.GOODS_MASS), 0).astype(np.int32)
        volume = floats(frame.table["goods_volume_m3"])
        lacking = np.isnan(volume)
        if lacking.any() and profile.specific_volumes:
            volume = np.where(lacking, mass * self._by_category(frame, profile.specific_volumes), volume)
        frame.fallbacks |= np.where(lacking, int(Fallback.GOODS_VOLUME), 0).astype(np.int32)
        frame.columns["goods_mass_kg"], frame.columns["goods_volume_m3"] = mass, volume

    def _by_category(self, frame: Frame, known: Mapping[str | None, LogNormal]) -> np.ndarray:
        overall = known[""]
        names = self.ground.context.profile.categories
        if not names:
            return np.full(frame.table.num_rows, overall.mean)
        values = np.array([known.get(name, overall).mean for name in names])[frame.codes["category"]]
        return np.where(frame.columns["_has_category"] > 0, values, overall.mean)

    def _bind_distances(self, frame: Frame, ends: Mapping[str, Points]) -> None:
        count = frame.table.num_rows
        radial = np.zeros(count)
        used: dict[str, np.ndarray] = {}
        for code, key in enumerate(self.ground.context.service_keys):
            mine = np.flatnonzero(frame.codes["service"] == code)
            if not mine.size:
                continue
            depot = "origin"
            for position in range(1, len(self.ground.context.organisation.services[key].chain) + 1):
                end = self.ground.ends.get((key, position))
                if end is None:
                    continue
                if end.to != "destination":
                    depot = end.to
                if end.distance_km is None:
                    column = used.setdefault(leg_column(position), np.full(count, math.nan))
                    column[mine] = self._between(end.start, end.to, ends, mine)
            if self.ground.context.profile.has_rounds:
                radial[mine] = self._between(depot, "destination", ends, mine)
        frame.columns |= used
        for position in self.leg_positions:
            frame.columns.setdefault(leg_column(position), np.full(count, math.nan))
        frame.columns["radial_km"] = radial

    @property
    def leg_positions(self) -> list[int]:
        """Positions in chains whose distance depends on the parcel."""
        return sorted({position for (_, position), end in self.ground.ends.items() if end.distance_km is None})

    def _between(self, start: str, to: str, ends: Mapping[str, Points], rows: np.ndarray) -> np.ndarray:
        points = [
            ends[name].at(rows) if name in ends else self._distances.named(name, len(rows)) for name in (start, to)
        ]
        return self._distances.between_km(*points)

    def _bind_rounds(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> None:
        count, table = frame.table.num_rows, frame.table
        on_round, values = np.zeros(count), np.ones((count, 4))
        used = self._round_uses.bind(frame, good, rejecting)
        if len(self._rounds):
            places = self._rounds.places(round_keys(table))
            values = self._rounds.values(np.maximum(places, 0))
            known = places >= 0
            on_round = (known & ~np.isnan(values[:, 1]) & ~used).astype(float)
            # A number that does not count must still be one: not a number times nothing is not nothing.
            values = np.where(((on_round > 0) | used)[:, None] & ~np.isnan(values), values, 1.0)
        # What cannot be shared for want of the round, or is not told: the usual round stands in.
        alone = ~nulls(table["round_distance_km"]) & nulls(table["round_id"])
        alone |= ~nulls(table["round_activity"]) & ~used & (on_round == 0)
        frame.fallbacks |= np.where(alone, int(Fallback.ROUND_DISTANCE), 0).astype(np.int32)
        frame.columns |= {
            "on_round": on_round,
            "off_round": 1 - on_round - used,
            "round_parcels": values[:, 0],
            "round_km": values[:, 1],
            "round_mass_distance_kg_km": values[:, 2],
        }
        self._round_uses.add(frame, used, values[:, 3])

    def _bind_reported(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> None:
        """Take the carrier's own figure: as a whole, or its two parts where it tells them."""
        table, service, profile = frame.table, frame.codes["service"], self.ground.context.profile
        reported = floats(table["reported_co2e_kg"])
        usable = ~np.isnan(reported) & self._reporting[service]
        whole = np.where(usable, reported, 0.0)
        frame.columns["modelled"] = np.where(usable, 0.0, 1.0)
        if profile.has_reported_parts:
            ttw = floats(table["reported_ttw_co2e_kg"])
            told = ~np.isnan(ttw) & self._reporting[service]
            more = told & ~(ttw <= reported * (1 + _ROUNDING))
            rejecting.add(frame, good, more, "reported_ttw_co2e_kg", "reported_parts")
            rejecting.add(frame, good, told & self._tank_to_wheel[service], "reported_ttw_co2e_kg", "reported_boundary")
            ttw = np.where(told, ttw, 0.0)
            frame.columns["reported_ttw_co2e_kg"] = ttw
            frame.columns["reported_wtt_co2e_kg"] = np.where(told, np.maximum(whole - ttw, 0.0), 0.0)
            whole = np.where(told, 0.0, whole)
        frame.columns["reported_co2e_kg"] = whole
        if profile.has_reported_shares:
            primary = floats(table["reported_primary_share"])
            frame.columns["reported_primary_share"] = np.where(np.isnan(primary), 1.0, primary)
            frame.columns["reported_other_share"] = 1 - frame.columns["reported_primary_share"]

    def _bind_rest(self, frame: Frame) -> None:
        table, service = frame.table, frame.codes["service"]
        organisation = self.ground.context.organisation
        returned = np.where(nulls(table["returned_on"]), self._return_rate[service], 1.0)
        value = floats(table["goods_value"])
        declared = floats(table["product_co2e_kg"])
        # A supplier's own footprint replaces the spend-based estimate of the same goods.
        spend = np.where(np.isnan(value) | ~np.isnan(declared), 0.0, value)
        has_currency = frame.columns["_has_currency"]
        told = frame.columns["_has_category"] * has_currency
        untold = (spend > 0) & (told == 0) & ~self._has_lines(table)
        frame.fallbacks |= np.where(untold, int(Fallback.PRODUCT), 0).astype(np.int32)
        spend *= told
        days = floats(table["storage_days"])
        if organisation.method.warehouse_allocation == "volume_days":
            lacking = np.isnan(days)
            known = self.ground.context.profile.storage_days
            days = np.where(lacking, 1.0 if known is None else known.mean, days)
            frame.fallbacks |= np.where(lacking, int(Fallback.STORAGE_DAYS), 0).astype(np.int32)
        volume_days = frame.columns["goods_volume_m3"] * days
        frame.columns |= {
            "parcel_count": np.ones(table.num_rows),
            "delivery_attempts": floats(table["delivery_attempts"]),
            "returned": returned,
            "kept": 1 - returned,
            "goods_value": spend,
            "spend_by_line": has_currency * np.isnan(declared),
            "declared_co2e_kg": np.where(np.isnan(declared), 0.0, declared),
            "volume_days_m3_day": np.where(np.isnan(volume_days), 0.0, volume_days),
        }
        if LAPSED.name in table.column_names:
            lapsed = table[LAPSED.name].to_numpy()
            frame.fallbacks |= np.where(lapsed, int(Fallback.PRODUCT_FOOTPRINT), 0).astype(np.int32)
        if self.ground.context.profile.has_products:
            primary = floats(table["product_primary_share"])
            frame.columns["product_primary_share"] = np.where(np.isnan(primary), 0.0, primary)
            frame.columns["product_other_share"] = 1 - frame.columns["product_primary_share"]

    @staticmethod
    def _has_lines(table: pa.Table) -> np.ndarray:
        if "line_categories" not in table.column_names:
            return np.zeros(table.num_rows, dtype=bool)
        return ~nulls(table["line_categories"])


def round_keys(table: pa.Table) -> pa.ChunkedArray:
    """Return what tells rounds apart: route names repeat daily, so the day belongs to the key; null without a round."""
    day = pc.cast(table["shipped_on"], pa.string())
    return pc.binary_join_element_wise(table["round_id"], day, " ", null_handling="emit_null")


def _has_place(table: pa.Table, end: str) -> np.ndarray:
    parts = [~nulls(table[f"{end}_{name}"]) for name in ("country", "postcode", "city", "latitude")]
    return np.logical_or.reduce(parts)
