"""Dataflow: what a machine allows of all possible mappings.

Without restrictions every dimension may be split over every level and both mesh axes, and every
level may keep or bypass each data space that it can hold, and loops stand in any order. A
row-stationary machine, say, keeps the filter row whole in a PE and unrolls only some dimensions on
each axis; a weight-stationary one runs all loops that reuse a weight before it fetches another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bohwsw.errors import unknown_name
from bohwsw.workload import DATA_SPACES, DIMENSIONS, unknown_dimension


@dataclass(frozen=True)
class LevelDataflow:
    """Restrictions at one storage level; None leaves the matter free.

    Attributes:
        temporal: dimensions that may loop in time here.
        spatial_x: dimensions that may unroll on X below this level.
        spatial_y: dimensions that may unroll on Y below this level.
        whole: dimensions that a tile of this level holds whole: their loops all stand here or
            further in.
        keep: data spaces that must be kept here.
        bypass: data spaces that must not be kept here.
        stationary: a data space that the loops in time of this level leave in place as long as they
            can: of these loops, those that do not index it stand innermost.
    """

    temporal: frozenset[str] | None = None
    spatial_x: frozenset[str] | None = None
    spatial_y: frozenset[str] | None = None
    whole: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    bypass: frozenset[str] = frozenset()
    stationary: str | None = None

    def __post_init__(self) -> None:
        for key in ("temporal", "spatial_x", "spatial_y", "whole"):
            for dim in getattr(self, key) or ():
                if dim not in DIMENSIONS:
                    raise unknown_dimension(dim).within(key_path=key)
        for key in ("keep", "bypass"):
            for space in getattr(self, key):
                if space not in DATA_SPACES:
                    raise unknown_name("data space", space, DATA_SPACES).within(key_path=key)
        if self.stationary not in (None, *DATA_SPACES):
            raise unknown_name("data space", str(self.stationary), DATA_SPACES).within(
                key_path="stationary"
            )


@dataclass(frozen=True)
class Dataflow:
    """Restrictions of a whole machine.

    Attributes:
        levels: restrictions by level name; a level without any is absent.
        single_axis: whether a dimension unrolls on one mesh axis only below each level, which is
            all that Timeloop can express.
    """

    levels: Mapping[str, LevelDataflow] = field(default_factory=dict)
    single_axis: bool = True


FREE = Dataflow()
"""No restriction beyond what Timeloop can express."""
