"""How full parcels are, and what is left of boxes that shrink until they are fuller."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon.roi.change import Number


@dataclass(frozen=True)
class Fills:
    """Bins of a package's parcels by ascending fill, as sums over all bins before each, and over all at the end."""

    fill: np.ndarray
    parcels: np.ndarray
    board: np.ndarray
    goods_m3: np.ndarray
    inner_m3: np.ndarray

    @classmethod
    def of(cls, bins: pd.DataFrame) -> Fills:
        """Add up the bins of one package."""
        parcels, goods_m3, inner_m3 = bins[["parcels", "goods_volume_m3", "inner_volume_m3"]].to_numpy(dtype=float).T
        fill = goods_m3 / inner_m3
        order = np.argsort(fill)
        sums = (
            np.concatenate([[0.0], each[order].cumsum()])
            for each in (parcels, parcels * fill ** (2 / 3), goods_m3, inner_m3)
        )
        return cls(fill[order], *sums)

    def left(self, fill_share: Number) -> tuple[Number, Number]:
        """Return what is left of board and filling where boxes shrink until the goods take this share of them.

        Boxes that are fuller stay; of the others board goes with the power 2/3 of the volume.
        """
        share = np.asarray(fill_share, dtype=float)
        # The boxes that shrink are the first ones. A share of nothing shrinks none.
        shrink = np.searchsorted(self.fill, share)
        times = np.divide(1.0, share, out=np.ones_like(share), where=share > 0)
        parcels, inner_m3, goods_m3 = self.parcels[-1], self.inner_m3[-1], self.goods_m3[-1]
        board = (self.board[shrink] * times ** (2 / 3) + parcels - self.parcels[shrink]) / parcels
        volume_m3 = self.goods_m3[shrink] * times + inner_m3 - self.inner_m3[shrink]
        empty_m3 = inner_m3 - goods_m3
        filling = (volume_m3 - goods_m3) / empty_m3 if empty_m3 > 0 else np.ones_like(volume_m3)
        return board, np.maximum(filling, 0.0)
