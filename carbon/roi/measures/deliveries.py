"""Deliveries done otherwise: shorter rounds, pick-up points, fewer parcels an order, fewer returns."""

from __future__ import annotations

import math

import numpy as np

from carbon.roi.baseline import Baseline
from carbon.roi.change import Change, Number
from carbon.roi.inputs import Reader
from carbon.roi.measure import Values
from carbon.roi.measures.rounds import RoundLine, parcels_of, round_lines, total
from carbon.roi.model import ALL_SCOPES, Model
from carbon.roi.remark import NotApplicable, Remark
from carbon.terms import Stage

_OUT = (Stage.LAST_MILE,)


class RouteOptimisation(Model):
    """Shorter rounds: km per parcel of some services fall to `distance_per_parcel`, as `carbon route` plans them.

    Traps: a ledger of usual rounds (km and stops by literature) knows nothing of one's own rounds: record them first; a plan is not
    a drive, so `low` and `high` belong to it; fewer km are fewer hours only where the hours are paid by the km.
    """

    key = "route_optimisation"
    group = "last_mile"
    stages = (Stage.LAST_MILE,)
    scopes = ALL_SCOPES
    confidence = "measured"

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.named("services")
        read.own("distance_per_parcel")
        read.own("fuel_price", default=0.0)
        read.own("cost_per_km", default=0.0)
        read.costs()

    def check(self, baseline: Baseline) -> None:
        """Raise where no round's km are known, or they are shorter already."""
        if not self._lines(baseline):
            raise self.nothing(
                f"round whose km are known in {', '.join(self.scheme.services)}",
                "record rounds in the orders (round_id, round_km), or correct the services",
                Remark(
                    "no_rounds",
                    "no round whose km are known: {service}; record round_id and round_km",
                    service=self.scheme.services,
                ),
            )
        if self._today(baseline) <= self.inputs["distance_per_parcel"].value:
            then, today = self.inputs["distance_per_parcel"].value, self._today(baseline)
            raise NotApplicable(
                Remark(
                    "longer_rounds",
                    "{then} km a parcel would be more than today’s {today} km",
                    then=f"{then:.4g}",
                    today=f"{today:.4g}",
                ),
                "measure 'route_optimisation' would lengthen the rounds",
                found=f"{then:.4g} km a parcel",
                expected=f"less than today's {today:.4g} km a parcel",
                mend="correct measures.route_optimisation.distance_per_parcel, or its services",
            )

    def _lines(self, baseline: Baseline) -> list[RoundLine]:
        services, organisation = self.scheme.services, self.setup.organisation
        found, _ = baseline.once(
            (self, "rounds"), lambda: round_lines(baseline, organisation, services, stages=_OUT, clean=True)
        )
        return found

    def _today(self, baseline: Baseline) -> float:
        parcels = parcels_of(baseline, self.scheme.services)
        return total(self._lines(baseline), "km") / parcels if parcels > 0 else math.inf

    def _left(self, baseline: Baseline, values: Values) -> np.ndarray:
        # Where a measure before has shortened the rounds, this one never lengthens them again.
        today_km = self._today(baseline)
        if today_km <= 0:
            return np.asarray(1.0)
        return np.minimum(np.asarray(values["distance_per_parcel"]) / today_km, 1.0)

    def change(self, baseline: Baseline, values: Values) -> Change:
        """All rounds of the services, in proportion."""
        change, left = Change(baseline), self._left(baseline, values)
        for each in self._lines(baseline):
            change.scale(each.mask, left)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Fuel of own vans, and what a km costs besides."""
        mine = [each for each in self._lines(baseline) if each.own]
        less = 1 - self._left(baseline, values)
        per_year = total(mine, "litres") * np.asarray(values["fuel_price"])
        return less * (per_year + total(mine, "km") * np.asarray(values["cost_per_km"]))


class PickupPoints(Model):
    """A `share` of a home delivery's parcels go to pick-up points of another service of the ledger.

    The van's part is that service's own, per parcel; the customers' car trips are their length, the share that drives for it, and
    how many parcels are fetched at once. The chain before the last mile and the way back of returns stay.

    Traps: the customer's car decides: a trip made for one parcel emits more than the van's stop it saves, so that this measure can
    well emit more; those trips are category 9, which a merchant does not buy but causes.
    """

    key = "pickup_points"
    group = "last_mile"
    stages = (Stage.LAST_MILE,)
    confidence = "assumed"

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.named("from_service")
        read.named("to_service")
        read.own("share")
        read.sourced("trip_distance", "pickup.distance", "km")
        read.sourced("car_share", "pickup.car_share", "share")
        read.own("parcels_per_trip")
        read.own("saving_per_parcel")
        read.own("discount_per_parcel", default=0.0)
        read.costs()

    def check(self, baseline: Baseline) -> None:
        """Raise where either service, or the customers' trips, are not in the ledger."""
        for service in (self.scheme.from_service, self.scheme.to_service):
            if parcels_of(baseline, service) <= 0:
                raise self.nothing(
                    f"parcel by service '{service}'",
                    f"correct measures.{self.key}",
                    Remark("no_parcels", "no parcel by the service {service}", service=service),
                )
        if not self._trips(baseline).any():
            raise self.nothing(
                f"customer trip in service '{self.scheme.to_service}'",
                "give the service's last mile a customer_trip",
                Remark(
                    "no_trips",
                    "no customer trip in the service {service}; give it a customer_trip",
                    service=self.scheme.to_service,
                ),
            )

    def _trips(self, baseline: Baseline) -> np.ndarray:
        return baseline.where(service=self.scheme.to_service, stage=_OUT, kind="customer_trip")

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Fewer stops at the door, more at the points, and the customers' km."""
        change, scheme = Change(baseline), self.scheme
        share = np.asarray(values["share"])
        moved = share * parcels_of(baseline, scheme.from_service)
        points, whole_km = parcels_of(baseline, scheme.to_service), baseline.amount(self._trips(baseline))
        if points <= 0 or whole_km <= 0:
            # A measure before has left no pick-up point to compare with: nothing is moved.
            return change
        change.scale(baseline.where(service=scheme.from_service, stage=_OUT), 1 - share)
        there = baseline.where(service=scheme.to_service, stage=_OUT, kind="transport")
        change.scale(there, 1 + moved / points)
        trips = self._trips(baseline)
        km = moved * np.asarray(values["trip_distance"]) * values["car_share"] / values["parcels_per_trip"]
        change.scale(trips, 1 + km / whole_km)
        change.transfer(baseline.groups_where(service=scheme.from_service), share, service=scheme.to_service)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """What the carrier asks less, less what customers get."""
        moved = np.multiply(values["share"], parcels_of(baseline, self.scheme.from_service))
        return moved * (np.asarray(values["saving_per_parcel"]) - values["discount_per_parcel"])


class OrderConsolidation(Model):
    """Orders that left in several parcels on one day, from one site and by one service, leave in fewer.

    `share` of the parcels beyond the first could have been avoided. Only their stop of the round is counted as saved.

    Traps: the goods are carried all the same and want a larger box, so that packaging and line haul are not counted as saved;
    parcels of different days cannot be joined without making the customer wait.
    """

    key = "order_consolidation"
    group = "last_mile"
    stages = (Stage.LAST_MILE,)
    scopes = ALL_SCOPES
    confidence = "assumed"

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.own("share")
        read.own("saving_per_parcel")
        read.costs()

    def _extra(self, baseline: Baseline) -> dict[str, float]:
        split, chosen = baseline.split, self.scheme.services
        return {
            service: float(parcels)
            for service, parcels in split.itertuples(index=False)
            if chosen is None or service in chosen
        }

    def check(self, baseline: Baseline) -> None:
        """Raise where no order left in several parcels."""
        if not self._extra(baseline):
            raise self.nothing(
                "order in several parcels of one day",
                "give order_id in the orders",
                Remark("no_split", "no order left in several parcels of one day; give order_id in the orders"),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Fewer stops of each service's rounds."""
        change = Change(baseline)
        for service, extra in self._extra(baseline).items():
            parcels = parcels_of(baseline, service)
            if parcels > 0:
                left = 1 - np.multiply(values["share"], min(extra / parcels, 1.0))
                change.scale(baseline.where(service=service, stage=_OUT), left)
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Parcels that need not be paid for."""
        extra = sum(self._extra(baseline).values())
        return np.multiply(values["share"], extra) * values["saving_per_parcel"]


class FewerReturns(Model):
    """A fee for returns deters `fewer_returns_share` of them: their way back, reprocessing, new packages and write-offs.

    Traps: sales that the fee costs are a loss of margin and never counted as a saving of emissions; parcels that are not
    returned are not all kept: some go to waste at the customer's, which nobody counts; the effect is a survey's scenario
    for a fee of about EUR 3.
    """

    key = "fewer_returns"
    group = "returns"
    stages = (Stage.RETURNS,)
    scopes = ALL_SCOPES
    confidence = "assumed"
    notes = (Remark("lost_sales", "sales lost by the fee cost margin and are not counted as emissions saved"),)

    def prepare(self, read: Reader) -> None:
        """Read the inputs."""
        read.own("fee")
        read.sourced("fewer_returns_share", "return_fee.fewer_returns", "share")
        read.sourced("cost_per_return", "cost.return.shipment", "money/parcel")
        read.own("lost_sales_share")
        read.own("margin_per_parcel")
        read.costs()

    def _groups(self, baseline: Baseline) -> np.ndarray:
        chosen = self.scheme.services
        return np.ones(len(baseline.groups), dtype=bool) if chosen is None else baseline.groups_where(service=chosen)

    def check(self, baseline: Baseline) -> None:
        """Raise where nothing came back."""
        if baseline.parcels(self._groups(baseline), "returned") <= 0:
            raise self.nothing(
                "returned parcel",
                "mark returns in the orders, or give the services a return rate",
                Remark("no_returns", "no parcel came back; mark returns in the orders, or give a return rate"),
            )

    def change(self, baseline: Baseline, values: Values) -> Change:
        """Everything of the stage returns."""
        change, left = Change(baseline), 1 - np.asarray(values["fewer_returns_share"])
        lines = baseline.where(stage=(Stage.RETURNS,))
        if self.scheme.services is not None:
            lines &= baseline.where(service=self.scheme.services)
        change.scale(lines, left)
        change.move(self._groups(baseline), left, ("returned",))
        return change

    def yearly(self, baseline: Baseline, values: Values) -> Number:
        """Returns not paid for, fees of the rest, less the margin of lost sales."""
        groups = self._groups(baseline)
        returned, fewer = baseline.parcels(groups, "returned"), np.asarray(values["fewer_returns_share"])
        lost = baseline.parcels(groups) * np.multiply(values["lost_sales_share"], values["margin_per_parcel"])
        return returned * (fewer * values["cost_per_return"] + (1 - fewer) * values["fee"]) - lost
