"""The 95 % range of prepared terms, by the rule of `carbon.engine.ranges`: correlations are worked out beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from carbon.engine.carried import FREIGHT, GROSS
from carbon.engine.fallbacks import DESTINATION, MASS, ORIGIN, PACKAGE
from carbon.engine.prepared import PreparedTerms
from carbon.engine.spreads import correlations, reaches


def carrying(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return in which rows a term that goes with a mass goes with the packaging, too, by the mass's column."""
    gross_kg = columns[GROSS]
    some = gross_kg > 0
    return {GROSS: some, FREIGHT: some & (columns[FREIGHT] == gross_kg)}


class PreparedRange:
    """Ranges of sums of terms.

    Parameters
    ----------
    terms : PreparedTerms
    sum_of_row : numpy.ndarray of int, shape (rows,)
        Which sum each row of the frame belongs to: parcels of one order are added up.
    count : int
        Number of sums.
    """

    def __init__(self, terms: PreparedTerms, sum_of_row: np.ndarray, count: int):
        plan, frame = terms.plan, terms.frame
        self._count, self._sum_of_row = count, sum_of_row
        packages, rows = plan.spreads.packages, np.arange(len(frame.rows), dtype=np.intp)
        package = frame.codes["package"]
        self._tare_kg = packages.tare_kg[package]
        self._row = terms.row
        row = np.concatenate([terms.row, rows, rows])
        self._sum = sum_of_row[row]
        # Behind the terms: the carried packages, and their fillings.
        position = np.concatenate(
            [terms.position, np.full(len(rows), plan.spreads.tare), np.full(len(rows), plan.spreads.fill)]
        )
        binding = np.concatenate([terms.binding, package, package])
        scores, self._median = _scores(terms, row, position, binding)
        sigma = np.linalg.norm(scores, axis=1)
        self._reach = np.stack(reaches(self._median, sigma), axis=1)
        shared = correlations(scores, scores)
        self._shared = np.where(self._sum[:, None] == self._sum[None, :], shared, 0.0)
        carried = [plan.spreads.carried[each] for each in terms.position.tolist()]
        self._carried = {
            name: np.flatnonzero([column == name for column in carried]) for name in dict.fromkeys(carried) if name
        }

    def of(
        self, terms_kg: np.ndarray, columns: Mapping[str, np.ndarray], carry: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the 2.5 % and 97.5 % quantiles of each sum [kg CO2e].

        Parameters
        ----------
        terms_kg : numpy.ndarray, shape (terms,)
        columns : mapping
            Masses of the frame's rows.
        carry : mapping
            `carrying` of the same columns.
        """
        packaging_kg = self._packaging_kg(terms_kg, columns, carry)
        co2e_kg = np.concatenate([terms_kg, *packaging_kg])
        # What is carried is in its terms already: of packaging only its deviation counts.
        middle_kg = co2e_kg * self._median
        middle_kg[len(terms_kg) :] -= co2e_kg[len(terms_kg) :]
        median_kg = np.bincount(self._sum, middle_kg, self._count)
        distance_kg = co2e_kg[:, None] * self._reach
        squares = distance_kg * (self._shared @ distance_kg)
        below, above = (np.bincount(self._sum, squares[:, side], self._count) for side in (0, 1))
        # Correlations of opposite sign may leave a rounding remainder below nothing.
        low_kg = median_kg - np.sqrt(np.fmax(below, 0.0))
        return np.fmax(low_kg, 0.0), median_kg + np.sqrt(np.fmax(above, 0.0))

    def _packaging_kg(
        self, terms_kg: np.ndarray, columns: Mapping[str, np.ndarray], carry: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What of the terms is unweighed packaging: empty packages, and fillings."""
        gross_kg, per_kg = columns[GROSS], np.zeros(len(self._tare_kg))
        for name, chosen in self._carried.items():
            whole_kg = np.bincount(self._row[chosen], terms_kg[chosen], len(per_kg))
            per_kg += np.divide(whole_kg, gross_kg, out=np.zeros_like(per_kg), where=carry[name])
        return per_kg * self._tare_kg, per_kg * np.fmax(columns["packaging_mass_kg"] - self._tare_kg, 0.0)


def _scores(
    terms: PreparedTerms, row: np.ndarray, position: np.ndarray, binding: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return elasticity x sigma by key, shape (terms, keys), and the medians of the multipliers.

    What stood in for an input multiplies the terms that read it: a key like the others.
    """
    spreads, frame = terms.plan.spreads, terms.frame
    guesses = {
        name: spreads.stand_ins.sigma(frame, name)
        for name in (MASS, ORIGIN, DESTINATION, PACKAGE)
        if name in frame.codes
    }
    entries: list[tuple[int, int, float]] = []
    keys: dict[tuple[str, str], int] = {}
    median = np.ones(len(row))
    for at, (where, block, chosen) in enumerate(zip(row.tolist(), position.tolist(), binding.tolist(), strict=True)):
        mine = spreads[block]
        kind = int(np.broadcast_to(mine.kind_of(np.array([chosen]), None), (1,))[0])
        median[at] = mine.median[kind]
        for each in mine.kinds[kind]:
            entries.append((at, keys.setdefault(("", each.key), len(keys)), each.elasticity * each.sigma))
        for name, sigmas in guesses.items():
            if name in spreads.reads[block] and sigmas[where]:
                entries.append((at, keys.setdefault(("stand-in", name), len(keys)), float(sigmas[where])))
                median[at] *= np.exp(-(sigmas[where] ** 2) / 2)
    scores = np.zeros((len(row), len(keys)))
    for at, key, score in entries:
        scores[at, key] = score
    return scores, median
