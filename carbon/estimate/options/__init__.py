"""Every delivery option of an organisation for one cart, fast enough for a checkout. Read this first.

The figures are those of a run: the same frame maker, models, factors and rule of ranges. What a destination decides (plan,
factors, distances, which blocks apply) is bound once and kept as a lane; a cart puts its masses and volumes in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from carbon.engine.columns import Fallback
from carbon.engine.line import Line
from carbon.engine.paired import Draws
from carbon.engine.rejecting import Rejecting
from carbon.engine.replay import FactorBook, replay
from carbon.engine.run import Running, in_memory
from carbon.errors import InputError, Where
from carbon.estimate.options.cart import DEFAULT, PACKED, Cart, CartLine, Destination, Goods, goods_of
from carbon.estimate.options.grounds import Ground, Grounds, table_of
from carbon.estimate.options.kept import Kept
from carbon.estimate.options.lane import Figures, Lane, Parcels, Structure
from carbon.estimate.options.offers import Finder, Offer, Offers
from carbon.estimate.options.option import Option, named
from carbon.estimate.options.rooms import Rooms
from carbon.factors.registry import Registry
from carbon.orders.articles import Article, Articles
from carbon.orders.cities import cities
from carbon.orders.places import Places
from carbon.orders.table import OrdersChunk, OrdersInput
from carbon.organisation import DeliveryOption, Organisation
from carbon.terms import DELIVERY_STAGES, DataType

__all__ = ["PACKED", "Cart", "CartLine", "DeliveryOptions", "Destination", "Option", "Packer"]

#: Bounds of what is kept.
_DESTINATIONS, _LANES, _STRUCTURES, _PACKINGS = 20_000, 4096, 512, 20_000
#: Package, mass [kg] and volume [m3] of a parcel's goods.
Packing = tuple[str | None, float, float]
#: Packs articles that leave a site by a service for a country; returns the parcels, or a code of why none holds them.
Packer = Callable[[Sequence[tuple[Article, int]], str, str, str], tuple[Packing, ...] | str]
_STAGES = list(enumerate(DELIVERY_STAGES))
_TYPES = list(enumerate(DataType))
NO_SITE, NO_FACTOR, TOO_SMALL = "no_origin", "no_factor", "package_too_small"


class DeliveryOptions:
    """Computes carts. Threads may share it.

    Parameters
    ----------
    organisation : Organisation
        With `checkout`.
    registry : Registry
    places : Places, optional
    articles : Articles, optional
        Of the items file, for lines that name a SKU.
    packer : callable, optional
        For carts that are to be packed; see `Packer`.

    Raises
    ------
    OrganisationError
        If there is no checkout, or one that names an unknown region.
    """

    def __init__(
        self,
        organisation: Organisation,
        registry: Registry,
        places: Places | None = None,
        *,
        articles: Articles | None = None,
        packer: Packer | None = None,
    ):
        self.organisation, self.registry, self.articles = organisation, registry, articles
        self.places, self._packer = places or Places(), packer
        self._finder = Finder(organisation, registry, self.places)
        self._grounds, self._draws = Grounds(organisation, registry, self.places), Draws()
        self._offers: Kept[Offers] = Kept(_DESTINATIONS)
        self._lanes: Kept[Lane] = Kept(_LANES)
        self._structures: Kept[Structure] = Kept(_STRUCTURES)
        self._packings: Kept[tuple[Packing, ...] | str] = Kept(_PACKINGS)
        self._rooms = Rooms(organisation, registry)
        self._named = {
            option.name_or_key: named(option, organisation.services) for option in organisation.checkout.options
        }

    def of(self, cart: Cart, on: date, name: str = "cart") -> tuple[Option, ...]:
        """Return every option for a cart, in the order of the organisation file; none where none serves its destination.

        Parameters
        ----------
        on : date
            Day of shipping: its month and year choose factors.
        name : str
            How errors call the cart.

        Raises
        ------
        InputError
            If a line, the place, the site or the package cannot be used; with the field.
        """
        goods = goods_of(cart, self.articles, on, name)
        self._check(cart, goods, name)
        offers = self._offers.of(cart.destination, lambda: self._finder.of(cart.destination, name))
        if not offers.offers:
            return ()
        packings = self._packed(cart, goods, offers, name)
        reasons = self._reasons(offers, packings, cart)
        lane = self._lane(cart, offers, packings, reasons, goods.mass_kg is None, on)
        if lane is None:
            return tuple(self._without(offer, reasons[at], cart) for at, offer in enumerate(offers.offers))
        parcels = _parcels(lane, [pair for at, each in packings.items() if at not in reasons for pair in each])
        default = offers_default(offers)
        figures, reasons, chosen, fallbacks, structure = lane.figures(parcels, default)
        return tuple(
            self._without(offer, reasons[at], cart)
            if at in reasons
            else self._option(at, offer, figures, fallbacks[at], structure, at == chosen, goods, packings[at], cart)
            for at, offer in enumerate(offers.offers)
        )

    def prepare(self, on: date) -> None:
        """Lay the plans of all countries served for a month, so that no shopper waits for one; takes seconds."""
        regions = {region for option in self.organisation.checkout.options for region in option.serves}
        for country in sorted({region.split("-")[0] for region in regions}):
            cities().prepare(country)
            line = CartLine(mass_kg=1.0, length_mm=100.0, width_mm=100.0, height_mm=100.0)
            try:
                self.of(Cart((line,), Destination(country=country)), on)
            except InputError:
                continue  # what serves a group of countries has no place of its own

    def lines(self, cart: Cart, key: str, on: date, name: str = "cart") -> list[Line]:
        """Return the calculation of one option line by line, for all its parcels; the same figures as `of`.

        Raises
        ------
        InputError
            If the cart cannot be used, or has no such option with a figure.
        """
        goods = goods_of(cart, self.articles, on, name)
        self._check(cart, goods, name)
        offers = self._offers.of(cart.destination, lambda: self._finder.of(cart.destination, name))
        at = next((at for at, offer in enumerate(offers.offers) if offer.option.name_or_key == key), None)
        keys = ", ".join(offer.option.name_or_key for offer in offers.offers) or "none"
        if at is None:
            raise InputError("no such option for this destination", found=key, expected=keys, where=Where(name))
        packings = self._packed(cart, goods, offers, name)
        reason = self._reasons(offers, packings, cart).get(at)
        if reason is not None:
            raise InputError(f"the option has no figure: {reason}", found=key, where=Where(name))
        rows = [
            self._row(offers.offers[at], cart, package, on) | _goods(mass_kg, volume_m3, goods)
            for package, mass_kg, volume_m3 in packings[at]
        ]
        chunk = _checked(rows, name)
        ground = self._ground(offers, cart, chunk)
        if offers.offers[at].option.service in ground.refused:
            raise InputError(f"the option has no figure: {NO_FACTOR}", found=key, where=Where(name))
        result = ground.runner().run(0, chunk, in_memory)
        if len(result.rejects):
            reject = next(iter(result.rejects))
            raise InputError(reject.mend, found=reject.found, where=Where(name, None, reject.column))
        running = Running(ground.plan)
        running.take(result)
        book = FactorBook(self.registry.as_json(running.factor_ids()))
        return [line for parcel in result.kept.to_pylist() for line in replay(parcel, ground.rows(), book)]

    # What is bound once --------------------------------------------------------------------------

    def _lane(
        self,
        cart: Cart,
        offers: Offers,
        packings: Mapping[int, tuple],
        reasons: Mapping[int, str],
        unweighed: bool,
        on: date,
    ) -> Lane | None:
        """The lane of a cart; None where no option has a row."""
        packages = tuple(
            () if at in reasons else tuple(package for package, _, _ in packings[at])
            for at in range(len(offers.offers))
        )
        if not any(packages):
            return None
        key = (cart.destination, cart.origin_site, packages, unweighed, on.year, on.month)
        return self._lanes.of(key, lambda: self._made(cart, offers, packages, reasons, unweighed, on))

    def _made(self, cart, offers: Offers, packages, reasons: Mapping[int, str], unweighed: bool, on: date) -> Lane:
        unit = {"goods_mass_kg": None if unweighed else 1.0, "goods_volume_m3": 1.0}
        pairs = [(at, package) for at, some in enumerate(packages) for package in some]
        chunk = _checked([self._row(offers.offers[at], cart, package, on) | unit for at, package in pairs], "cart")
        option_of_row = np.array([at for at, _ in pairs], dtype=np.intp)
        ground, rejecting = self._ground(offers, cart, chunk), Rejecting()
        chunk = OrdersChunk(chunk.table, np.arange(len(pairs), dtype=np.int64), chunk.rejects)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            frame = ground.maker.make(chunk, rejecting)
        found = dict(reasons)
        found |= {at: NO_FACTOR for at, offer in enumerate(offers.offers) if offer.option.service in ground.refused}
        for reject in rejecting.rejects:
            found.setdefault(int(option_of_row[reject.row]), reject.reason)
        frame = frame.keep(~np.isin(option_of_row[frame.rows], list(found)))
        assumed = [self._site(offers.offers[at].option, cart)[1] for at in option_of_row[frame.rows].tolist()]
        frame.fallbacks = frame.fallbacks | np.where(assumed, int(Fallback.SITE), 0).astype(np.int32)
        return Lane(ground, frame, offers.offers, option_of_row[frame.rows], found, self._structure)

    def _ground(self, offers: Offers, cart: Cart, chunk: OrdersChunk) -> Ground:
        sites = {self._site(option, cart)[0] for option in offers.nearby} - {None}
        return self._grounds.of(frozenset(option.service for option in offers.nearby), frozenset(sites), chunk)

    def _structure(self, ground: Ground, frame, option_of_row: np.ndarray, count: int) -> Structure:
        codes = tuple((name, frame.codes[name].tobytes()) for name in sorted(frame.codes))
        key = (ground, codes, option_of_row.tobytes(), count)
        return self._structures.of(key, lambda: Structure(ground, frame, option_of_row, count, self._draws))

    def _row(self, offer: Offer, cart: Cart, package: str | None, on: date) -> dict[str, Any]:
        option = offer.option
        return {
            "parcel_id": option.name_or_key,
            "shipped_on": on,
            "service": option.service,
            "origin_site": self._site(option, cart)[0],
            "package": package,
            **{f"destination_{part}": value for part, value in vars(cart.destination).items()},
        }

    # What a cart says ------------------------------------------------------------------------------

    def _check(self, cart: Cart, goods: Goods, name: str) -> None:
        organisation = self.organisation
        default = organisation.defaults.goods_mass
        if goods.mass_kg is None and (default is None or goods.known_kg >= default.to("kg").magnitude):
            at = next(at for at, (article, _) in enumerate(goods.pieces) if article.mass_kg is None)
            raise InputError(
                "the mass is not known"
                + ("" if default is None else ", and the other lines weigh more than the default for a parcel"),
                found=goods.pieces[at][0].sku,
                expected="mass_kg, or an article whose mass the items file knows",
                mend="weigh it, or set defaults.goods_mass in the organisation file",
                where=Where(name, None, f"lines[{at}].mass_kg"),
            )
        known_site = cart.origin_site is None or cart.origin_site in organisation.sites
        known_package = cart.package in (DEFAULT, PACKED) or cart.package in organisation.packages
        for right, field, found, known in (
            (known_site, "origin_site", cart.origin_site, list(organisation.sites)),
            (known_package, "packaging", cart.package, [DEFAULT, PACKED, *organisation.packages]),
        ):
            if not right:
                raise InputError(
                    f"the {field.replace('_', ' ')} is not in the organisation file",
                    found=found,
                    expected=", ".join(known),
                    where=Where(name, None, field),
                )

    def _site(self, option: DeliveryOption, cart: Cart) -> tuple[str | None, bool]:
        """Where an option leaves from, and whether that is assumed."""
        said = cart.origin_site or option.site
        if said is not None:
            return said, False
        sites = self.organisation.sites
        return self.organisation.defaults.site or (next(iter(sites)) if len(sites) == 1 else None), True

    def _reasons(self, offers: Offers, packings: Mapping[int, tuple | str], cart: Cart) -> dict[int, str]:
        """Options that have no row, and why."""
        found = {}
        for at, offer in enumerate(offers.offers):
            if offer.reason is not None:
                found[at] = offer.reason
            elif isinstance(packings[at], str):
                found[at] = packings[at]
            elif self._site(offer.option, cart)[0] is None:
                found[at] = NO_SITE
        return found

    def _packed(self, cart: Cart, goods: Goods, offers: Offers, name: str) -> dict[int, tuple | str]:
        """The parcels of each option: package (None for the default), mass and volume; or a code of why there are none."""
        if cart.package != PACKED:
            package = None if cart.package == DEFAULT else cart.package
            return {at: self._alone(offer.option, package, goods) for at, offer in enumerate(offers.offers)}
        if self._packer is None:
            raise InputError(
                "nothing can be packed here",
                found=PACKED,
                expected=f"'{DEFAULT}' or a package of the organisation",
                where=Where(name, None, "packaging"),
            )
        found: dict[int, tuple | str] = {}
        items = tuple(sorted(((each.sku, each.mass_kg, each.size_m, count) for each, count in goods.pieces), key=repr))
        for at, offer in enumerate(offers.offers):
            option, site = offer.option, self._site(offer.option, cart)[0]
            if option.package is not None or site is None:
                found[at] = self._alone(option, None, goods)
                continue
            key = (items, site, option.service, offers.country)
            found[at] = self._packings.of(key, lambda key=key: self._packer(goods.pieces, *key[1:]))
        return found

    def _alone(self, option: DeliveryOption, package: str | None, goods: Goods) -> tuple | str:
        """All goods in one parcel; in the option's own package only if it can hold them."""
        if option.package is not None and not self._rooms.holds(option.package, goods):
            return TOO_SMALL
        return ((option.package or package, _or_nan(goods.mass_kg), _or_nan(goods.volume_m3)),)

    # What comes out --------------------------------------------------------------------------------

    def _option(
        self,
        at: int,
        offer: Offer,
        figures: Figures,
        fallbacks: tuple[str, ...],
        structure: Structure,
        default: bool,
        goods: Goods,
        parcels: tuple,
        cart: Cart,
    ) -> Option:
        stages_kg, types_kg = figures.stages_kg[at].tolist(), figures.types_kg[at].tolist()
        total_kg = sum(stages_kg)
        return Option(
            **self._named[offer.option.name_or_key],
            site=self._site(offer.option, cart)[0],
            default=default,
            co2e_kg=total_kg,
            low_kg=float(figures.low_kg[at]),
            high_kg=float(figures.high_kg[at]),
            stages={stage: stages_kg[code] for code, stage in _STAGES if stages_kg[code]},
            product_co2e_kg=goods.product_co2e_kg,
            shares={kind: types_kg[code] / total_kg for code, kind in _TYPES} if total_kg else {},
            fallbacks=fallbacks,
            factor_years=structure.factor_years[at],
            well_to_wheel=structure.well_to_wheel[at],
            difference=figures.differences.get(at),
            parcels=len(parcels),
        )

    def _without(self, offer: Offer, reason: str, cart: Cart) -> Option:
        return Option(
            **self._named[offer.option.name_or_key], site=self._site(offer.option, cart)[0], reason=reason, parcels=0
        )


def offers_default(offers: Offers) -> Callable[[Mapping[int, str]], int | None]:
    """Return what chooses the default among options with a figure: the first that says so, else the first."""
    order = sorted(range(len(offers.offers)), key=lambda at: not offers.offers[at].option.default)
    return lambda reasons: next((at for at in order if at not in reasons), None)


def _checked(rows: list[dict], name: str) -> OrdersChunk:
    chunk = next(OrdersInput.open(table_of([{**row, "parcel_id": f"{at}"} for at, row in enumerate(rows)])).chunks())
    if len(chunk.rejects):
        reject = next(iter(chunk.rejects))
        field = (reject.column or "").replace("destination_", "destination.")
        raise InputError(reject.mend, found=reject.found, where=Where(name, None, field))
    return chunk


def _parcels(lane: Lane, parcels: Sequence[Packing]) -> Parcels:
    """Masses and volumes of a lane's rows; rows are numbered as the parcels of all options."""
    _, mass_kg, volume_m3 = zip(*parcels, strict=True)
    return Parcels(np.array(mass_kg)[lane.rows], np.array(volume_m3)[lane.rows])


def _goods(mass_kg: float, volume_m3: float, goods: Goods) -> dict[str, float | None]:
    return {
        "goods_mass_kg": None if np.isnan(mass_kg) else mass_kg,
        "goods_volume_m3": None if np.isnan(volume_m3) else volume_m3,
    }


def _or_nan(value: float | None) -> float:
    return np.nan if value is None else value
