"""Parcels that some block has no factor for: told alike where totals are counted and where footprints are computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from carbon.engine.block import UNRESOLVED, Block, Codes
from carbon.engine.context import Context, code_name
from carbon.engine.frame import Frame
from carbon.engine.rejecting import Rejecting


@dataclass(frozen=True)
class Resolver:
    """The blocks of a plan that lack a factor somewhere.

    Attributes
    ----------
    context : Context
    blocks : tuple of Block
    """

    context: Context
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, context: Context, blocks: Iterable[Block]) -> Resolver:
        """Take the blocks of a plan."""
        return cls(context, tuple(block for block in blocks if block.missing))

    def keep(self, frame: Frame, rejecting: Rejecting) -> Frame:
        """Return the parcels that every block has a factor for; the others are rejected with the reason."""
        good, codes = np.ones(len(frame.rows), dtype=bool), Codes(frame.codes)
        for block in self.blocks:
            mine = good.copy() if block.service is None else good & (frame.codes["service"] == block.service)
            unresolved = mine & (block.choose(codes) == UNRESOLVED)
            for weight in block.weights:
                unresolved &= frame.columns[weight] != 0
            for cell, message in block.missing.items():
                here = unresolved.copy()
                for axis, code in zip(block.axes, cell, strict=True):
                    here &= frame.codes[axis] == code
                if here.any():
                    named = ", ".join(
                        code_name(self.context, axis, code) for axis, code in zip(block.axes, cell, strict=True)
                    )
                    detail = [f"{block.name} in {named}: {message}"] * int(here.sum())
                    rejecting.add(frame, good, here, "service", "no_factor", detail=detail)
        return frame.keep(good)
