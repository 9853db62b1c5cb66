"""Totals that amounts are shared by: per site and month, per delivery round.

A pass of its own over the very frames that the kernel will see, without the parcels that lack a factor, so that a parcel's
share and the total it is divided by can never count different parcels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.context import Groundwork
from carbon.engine.frame import Frame
from carbon.engine.frame_maker import FrameMaker, round_keys
from carbon.engine.hashing import digests_of
from carbon.engine.rejecting import Rejecting
from carbon.engine.resolving import Resolver
from carbon.orders.table import OrdersChunk

_BASES = ("parcel_count", "goods_mass_kg", "volume_days_m3_day")
_KEYS = ("upper", "lower")
_ROUNDS = pa.schema(
    [
        *((half, pa.uint64()) for half in _KEYS),
        ("parcels", pa.float64()),
        ("round_km", pa.float64()),
        ("mass_distance_kg_km", pa.float64()),
        ("use", pa.float64()),
    ]
)
_LEAST_ROWS = 1_000_000
#: Rounds are added up in so many parts after each other: what that takes besides the rounds is a part of it.
_PARTS_BITS = 5


@dataclass(frozen=True)
class Totals:
    """Sums over the parcels of a run.

    Attributes
    ----------
    sites : mapping
        (site, month) to parcels, goods mass [kg] and volume-days [m**3*day].
    rounds : pyarrow.Table
        Digest of round id and day in two halves (`carbon.engine.hashing.digests_of`), ascending; parcels, driven distance [km] (null where no row gives it), and the sum of gross mass times
        great-circle distance from the hub [kg*km], and what the round used (null where no row tells).
    """

    sites: dict[tuple[str, str], tuple[float, float, float]] = field(default_factory=dict)
    rounds: pa.Table = field(default_factory=_ROUNDS.empty_table)


@dataclass
class TotalsPart:
    """What one piece of the orders adds; pieces are merged in any order.

    Attributes
    ----------
    sites : numpy.ndarray, shape (3, sites, months)
    """

    sites: np.ndarray
    rounds: pa.Table = field(default_factory=_ROUNDS.empty_table)
    compact_from: int = _LEAST_ROWS

    @classmethod
    def of(cls, chunk: OrdersChunk, maker: FrameMaker, resolver: Resolver) -> TotalsPart:
        """Add up the parcels of one chunk that a plan has factors for."""
        context = maker.ground.context
        with np.errstate(invalid="ignore", divide="ignore"):
            frame = resolver.keep(maker.make(chunk, Rejecting()), Rejecting())
        shape = (context.axis("site"), context.axis("month"))
        keys = frame.codes["site"].astype(np.int64) * shape[1] + frame.codes["month"]
        size = shape[0] * shape[1]
        sums = [np.bincount(keys, frame.columns[name], size).reshape(shape) for name in _BASES]
        rounds = _rounds_of(frame) if context.profile.has_rounds else _ROUNDS.empty_table()
        return cls(np.stack(sums), rounds)

    def merge(self, other: TotalsPart) -> None:
        """Add what another piece found."""
        self.sites = self.sites + other.sites
        if other.rounds.num_rows:
            self.rounds = pa.concat_tables([self.rounds, other.rounds])
            if self.rounds.num_rows > self.compact_from:
                self.rounds = _added_up(self.rounds)
                # Not before they have grown by half again: else every piece would pay for all rounds before it.
                self.compact_from = max(_LEAST_ROWS, self.rounds.num_rows + self.rounds.num_rows // 2)

    def totals(self, groundwork: Groundwork) -> Totals:
        """Return the sums by their names."""
        context = groundwork.context
        found = np.argwhere(self.sites.any(axis=0)).tolist()
        sites = {
            (context.site_keys[site], context.profile.months[month]): tuple(self.sites[:, site, month].tolist())
            for site, month in found
        }
        return Totals(sites, _added_up(self.rounds))


def needs_totals(groundwork: Groundwork) -> bool:
    """Whether some site or round is shared among the parcels of the run."""
    metered = any(site.energy for site in groundwork.context.organisation.sites.values())
    return metered or groundwork.context.profile.has_rounds


def _rounds_of(frame: Frame) -> pa.Table:
    table = pa.table(
        {
            "key": round_keys(frame.table),
            "round_km": frame.table["round_distance_km"],
            "mass_distance_kg_km": frame.columns["gross_mass_kg"] * frame.columns["radial_km"],
            "use": pa.array(frame.columns["own_round_use"], from_pandas=True)
            if "own_round_use" in frame.columns
            else pa.nulls(len(frame.rows), pa.float64()),
        }
    )
    sums = table.group_by("key", use_threads=False).aggregate(
        [("key", "count"), ("round_km", "max"), ("mass_distance_kg_km", "sum"), ("use", "max")]
    )
    sums = sums.filter(pc.is_valid(sums["key"]))
    values = [
        sums[name].cast(pa.float64()) for name in ("key_count", "round_km_max", "mass_distance_kg_km_sum", "use_max")
    ]
    return pa.table([*digests_of(sums["key"]), *values], schema=_ROUNDS)


def _added_up(rounds: pa.Table) -> pa.Table:
    """One row a round, ascending by key; sums in the order of the rows, so that a run repeats to the last bit."""
    part_of = pc.shift_right(rounds["upper"], pa.scalar(64 - _PARTS_BITS, pa.uint64()))
    parts = [_part_added_up(rounds.filter(pc.equal(part_of, part))) for part in range(1 << _PARTS_BITS)]
    return pa.concat_tables(parts).combine_chunks()


def _part_added_up(rounds: pa.Table) -> pa.Table:
    sums = rounds.group_by(_KEYS, use_threads=False).aggregate(
        [("parcels", "sum"), ("round_km", "max"), ("mass_distance_kg_km", "sum"), ("use", "max")]
    )
    return pa.table(sums.sort_by([(half, "ascending") for half in _KEYS]).columns, schema=_ROUNDS)
