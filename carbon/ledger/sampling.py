"""A sample of parcels for an auditor: drawn with a chance in proportion to kg CO2e, each with its whole calculation.

Systematic sampling with probability proportional to size, as in monetary-unit sampling: the emissions of a stratum are
laid end to end in the order of the ledger, and every interval of total / count, from a random start, hits one parcel.
A parcel as large as the interval is drawn for certain, and the rest shares the remaining draws. A parcel of size x has
the inclusion probability x / interval; its inverse is the weight by which what is found in a sample is scaled to the
stratum (Horvitz-Thompson). A parcel without emissions cannot be drawn; such parcels are counted.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from carbon.engine.kernel import TOTAL, stage_column
from carbon.errors import InputError
from carbon.ledger.manifest import problem, unreadable
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, overlapping
from carbon.ledger.store import Ledger
from carbon.ledger.trace import Explanation, explain_parcels
from carbon.terms import DELIVERY_STAGES

By = Literal["none", "stage", "month"]
METHOD = "systematic, probability proportional to kg CO2e"
#: The whole ledger is one stratum of this name.
ALL = "all"
#: A calculation takes some 100 kB: more parcels are no sample.
MOST = 10_000
_ROWS = 65_536
#: The random start keeps this far from the interval's end, so that rounding of sums cannot push the last hit out.
_MARGIN = 1e-6


@dataclass(frozen=True)
class Stratum:
    """A part of the ledger with draws of its own.

    Attributes
    ----------
    parcels, without : int
        Parcels, and those of them whose size is zero, which cannot be drawn.
    total_kg, estimated_kg : float
        Sum of sizes [kg CO2e] as recorded, and as the sample estimates it.
    estimated_parcels : float
        Parcels with a size, as the sample estimates them.
    interval_kg : float
        One hit in each, after `certain` parcels were set aside.
    drawn, certain : int
    """

    name: str
    parcels: int
    without: int
    total_kg: float
    estimated_kg: float
    estimated_parcels: float
    interval_kg: float
    drawn: int
    certain: int


@dataclass(frozen=True)
class Drawn:
    """A parcel of the sample.

    Attributes
    ----------
    size_kg : float
        What its chance was proportional to [kg CO2e]: its total, or its stage where strata are stages.
    probability, weight : float
        Of being in the sample, and its inverse.
    """

    stratum: str
    size_kg: float
    probability: float
    explanation: Explanation

    @property
    def weight(self) -> float:
        """Return what its findings are multiplied by."""
        return 1.0 / self.probability


@dataclass(frozen=True)
class AuditSample:
    """Parcels drawn for an auditor, and all that is needed to draw them again."""

    head_sha256: str
    runs: tuple[str, ...]
    period: str
    seed: int
    by: By
    strata: tuple[Stratum, ...]
    parcels: tuple[Drawn, ...]

    @property
    def agrees(self) -> bool:
        """Return whether every parcel's calculation repeats what is recorded."""
        return all(each.explanation.agrees for each in self.parcels)

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "schema": 1,
            "method": METHOD,
            "head_sha256": self.head_sha256,
            "runs": list(self.runs),
            "period": self.period,
            "seed": self.seed,
            "by": self.by,
            "agrees": self.agrees,
            "strata": [asdict(each) for each in self.strata],
            "parcels": [
                {
                    "stratum": each.stratum,
                    "size_kg": each.size_kg,
                    "inclusion_probability": each.probability,
                    "weight": each.weight,
                    "calculation": asdict(each.explanation),
                }
                for each in self.parcels
            ],
        }


def audit_sample(
    folder: Ledger | Path | str,
    count: int,
    *,
    seed: int | None = None,
    by: By = "none",
    period: Period | str | None = None,
) -> AuditSample:
    """Draw parcels for an auditor; the footprints are streamed twice, and never held.

    Parameters
    ----------
    folder : path or Ledger
    count : int
        Parcels wanted; a stratum with fewer that have emissions gives all of them.
    seed : int, optional
        Of the random starts; by default it follows from the ledger head's hash, which nobody chooses.
    by : "none", "stage" or "month"
        Strata. Of stages, each draws by the stage's own emissions, so that a parcel may be drawn for several.
    period : Period or str, optional
        The whole ledger by default.

    Raises
    ------
    InputError
        If there are fewer draws than strata, or more than a sample takes.
    LedgerError
        If the ledger holds no run, or no emissions in the period.
    """
    ledger = as_ledger(folder)
    wanted = Period.from_text(period) if period is not None else None
    manifests = ledger.current()
    if not manifests:
        raise problem(ledger.folder, "the ledger holds no run", "run `carbon calculate ORDERS --ledger DIR` first")
    if not 1 <= count <= MOST:
        raise InputError("this is no sample", found=f"{count} parcels", expected=f"1 to {MOST:,}")
    runs = tuple(each.run for each in overlapping(manifests, wanted))
    head = ledger.head_sha256()
    start = int(head[:12], 16) if seed is None else seed
    stream = _Stream(ledger, runs, wanted, by)
    frames = _frames(stream, count)
    if not frames:
        raise problem(ledger.folder, "there are no emissions to draw from", "name a period with parcels", found=period)
    strata = {
        name: _Draw(frame, share, _start(start, name))
        for (name, frame), share in zip(frames.items(), _allocated(frames, count), strict=True)
    }
    hits = _hits(stream, strata)
    # Recomputed in one pass, run by run.
    explained = explain_parcels(ledger, [(run, parcel) for _, run, parcel, _ in hits])
    drawn = tuple(
        Drawn(name, size_kg, strata[name].probability(size_kg), each)
        for (name, _, _, size_kg), each in zip(hits, explained, strict=True)
    )
    found = tuple(strata[name].stratum(name, [each for each in drawn if each.stratum == name]) for name in strata)
    return AuditSample(head, runs, wanted.label if wanted else "", start, by, found, drawn)


def _start(seed: int, name: str) -> float:
    """Return a random number in [0, 1), each stratum's own."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return float(np.random.default_rng(int.from_bytes(digest[:16], "big")).random())


@dataclass(frozen=True)
class _Stream:
    """Sizes of parcels in the order of the ledger."""

    ledger: Ledger
    runs: tuple[str, ...]
    period: Period | None
    by: By

    def pieces(self, ids: bool) -> Iterator[tuple[str, str, np.ndarray, pa.Array | None]]:
        """Yield stratum, run, sizes [kg CO2e] and parcel ids (where wanted), a stratum at a time of each batch."""
        sizes = {str(stage): stage_column(stage) for stage in DELIVERY_STAGES} if self.by == "stage" else {ALL: TOTAL}
        columns = [*sizes.values(), "shipped_on", *(["month"] if self.by == "month" else ())]
        for run in self.runs:
            for path in self.ledger.footprint_files(run):
                try:
                    with pq.ParquetFile(path) as file:
                        for batch in file.iter_batches(_ROWS, columns=[*columns, *(["parcel_id"] if ids else ())]):
                            yield from self._of_batch(run, batch, sizes, ids)
                except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
                    raise unreadable(path, error) from error

    def _of_batch(self, run: str, batch: pa.RecordBatch, sizes: Mapping[str, str], ids: bool):
        if self.period is not None:
            days = batch["shipped_on"]
            inside = pc.and_(
                pc.greater_equal(days, pa.scalar(self.period.first_day)),
                pc.less_equal(days, pa.scalar(self.period.last_day)),
            )
            batch = batch.filter(inside)
        if not batch.num_rows:
            return
        names = batch["parcel_id"] if ids else None
        for name, column in sizes.items():
            size_kg = np.abs(batch[column].to_numpy(zero_copy_only=False))
            if self.by != "month":
                yield name, run, size_kg, names
                continue
            months = batch["month"].cast(pa.string()).dictionary_encode()
            codes = months.indices.to_numpy(zero_copy_only=False)
            for code, month in enumerate(months.dictionary.to_pylist()):
                mine = codes == code
                yield month, run, size_kg[mine], names.filter(pa.array(mine)) if names is not None else None


@dataclass
class _Frame:
    """What one pass learns of a stratum: enough to know which parcels are drawn for certain."""

    parcels: int = 0
    without: int = 0
    total_kg: float = 0.0
    largest_kg: np.ndarray = None

    def add(self, size_kg: np.ndarray, count: int) -> None:
        """Take a piece in; `count` is the most that may be drawn."""
        self.parcels += len(size_kg)
        self.without += int((size_kg == 0).sum())
        self.total_kg += math.fsum(size_kg)
        known = size_kg if self.largest_kg is None else np.concatenate([self.largest_kg, size_kg])
        self.largest_kg = np.partition(known, len(known) - count)[-count:] if len(known) > count else known


def _frames(stream: _Stream, count: int) -> dict[str, _Frame]:
    found: dict[str, _Frame] = defaultdict(_Frame)
    for name, _, size_kg, _ in stream.pieces(ids=False):
        found[name].add(size_kg, count)
    order = [str(stage) for stage in DELIVERY_STAGES] if stream.by == "stage" else sorted(found)
    return {name: found[name] for name in order if name in found and found[name].total_kg > 0}


def _allocated(frames: Mapping[str, _Frame], count: int) -> list[int]:
    """Return draws of each stratum in proportion to its emissions, at least one each, at most its parcels."""
    if count < len(frames):
        raise InputError(
            "fewer draws than strata",
            found=f"--count {count}",
            expected=f"at least {len(frames)}, one for each of {', '.join(frames)}",
            mend="draw more, or without --by",
        )
    whole_kg = math.fsum(each.total_kg for each in frames.values())
    exact = [(count - len(frames)) * each.total_kg / whole_kg for each in frames.values()]
    shares = [1 + math.floor(each) for each in exact]
    left = sorted(range(len(exact)), key=lambda at: (math.floor(exact[at]) - exact[at], at))
    for at in left[: count - sum(shares)]:
        shares[at] += 1
    return [min(share, each.parcels - each.without) for share, each in zip(shares, frames.values(), strict=True)]


class _Draw:
    """The hits of a stratum, piece by piece."""

    def __init__(self, frame: _Frame, count: int, start: float):
        self.frame, self.count = frame, count
        self.certain, left, rest_kg = 0, count, frame.total_kg
        # What is as large as the interval is drawn anyway; without it the interval of the rest is shorter.
        for size_kg in np.sort(frame.largest_kg)[::-1][:count]:
            if size_kg < rest_kg / left:
                break
            self.certain, left, rest_kg = self.certain + 1, left - 1, rest_kg - float(size_kg)
            if not left:
                break
        self.left = left
        self.interval_kg = rest_kg / left if left else float(size_kg)
        self._next_kg = start * (1 - _MARGIN) * self.interval_kg
        self._passed_kg, self._hit = 0.0, 0

    def hits(self, size_kg: np.ndarray) -> np.ndarray:
        """Return which parcels of the next piece are drawn."""
        certain = size_kg >= self.interval_kg
        ends_kg = self._passed_kg + np.cumsum(np.where(certain, 0.0, size_kg))
        self._passed_kg = float(ends_kg[-1]) if len(ends_kg) else self._passed_kg
        points = self._next_kg + self.interval_kg * np.arange(self._hit, self.left)
        places = np.searchsorted(ends_kg, points[points < self._passed_kg], side="right")
        self._hit += len(places)
        return np.union1d(np.flatnonzero(certain), places).astype(np.intp)

    def probability(self, size_kg: float) -> float:
        """Return the inclusion probability of a parcel."""
        return min(1.0, size_kg / self.interval_kg)

    def stratum(self, name: str, drawn: list[Drawn]) -> Stratum:
        """Return what became of it."""
        frame = self.frame
        return Stratum(
            name,
            frame.parcels,
            frame.without,
            frame.total_kg,
            math.fsum(each.size_kg * each.weight for each in drawn),
            math.fsum(each.weight for each in drawn),
            self.interval_kg,
            len(drawn),
            self.certain,
        )


def _hits(stream: _Stream, strata: Mapping[str, _Draw]) -> list[tuple[str, str, str, float]]:
    """Return stratum, run, parcel id and size [kg CO2e] of what is drawn, stratum by stratum."""
    found: dict[str, list] = {name: [] for name in strata}
    for name, run, size_kg, ids in stream.pieces(ids=True):
        if name in strata:
            places = strata[name].hits(size_kg)
            parcels = ids.take(pa.array(places)).to_pylist()
            found[name] += [(name, run, parcel, float(size_kg[at])) for parcel, at in zip(parcels, places, strict=True)]
    return [each for listed in found.values() for each in listed]
