"""Where the skeletons of a search wait: smallest bound first, memory for tables shared out.

An enumeration of paths holds its tables until it ends. If there is no room for one more, its
skeleton is parked until another one ends.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.lagrangian import LagrangianBound
from bohwsw.mapper.skeleton_pool import Rows, Skeletons
from bohwsw.mapper.tile_paths import Walk
from bohwsw.mapping import Mapping
from bohwsw.simulator import Evaluation

ADMITTED = 16
"""Unrollings whose bounds are tightened before a skeleton is taken up that has its own."""

MOST_WALK_BYTES = 768 * 2**20
"""Bytes of the tables of all enumerations of paths that are under way."""


LEAST = ("bound", "energy_pj", "cycles")

Tighten = Callable[[Rows, float], npt.NDArray[np.float64]]
"""Tighter bounds of rows of one unrolling (rows x 3, see ``LEAST``) that may be below a limit."""


@dataclass(eq=False)
class Candidate:
    """One skeleton that may hold a better mapping than the best so far."""

    unrolling: int  # its position among the unrollings
    choice: int  # its position among the choices of what is kept
    bound: float  # no mapping of it has a smaller objective
    energy_pj: float  # no mapping of it that is better than the best takes less energy
    cycles: float  # the same for the latency
    # The bound by multipliers; None before the first exact path
    lagrangian: LagrangianBound | None = None
    guessed: bool = False  # whether a path with guessed halos has been looked at
    # Whether multipliers tell nothing new, so that its paths are to be enumerated
    due: bool = False
    walk: Walk | None = None  # that enumeration
    walk_bytes: int = 0  # memory set aside for it
    closed: bool = False  # whether nothing is left to try
    # Mappings evaluated since it was last taken up
    found: list[tuple[float, Mapping, Evaluation]] = field(default_factory=list)


class SkeletonQueue:
    """Skeletons that may hold a better mapping than the best, and bounds of all others.

    Attributes:
        settled: the smallest bound of those on which nothing is left to try.
        left_out: the smallest bound of those that were not tried or cannot be: there are too many,
            time was over, or their tables are too large.
    """

    def __init__(self, skeletons: Skeletons, tighten: Tighten | None = None) -> None:
        self.left_out, self.settled = skeletons.left_out, float("inf")
        self._rows, self._next_row, self._tighten = skeletons.rows, 0, tighten
        self._by_unrolling = np.argsort(self._rows["unrolling"], kind="stable")
        self._unrollings = self._rows["unrolling"][self._by_unrolling]
        self._admitted = np.zeros(len(self._rows), dtype=np.bool_)
        self._open: list[tuple[float, int, Candidate]] = []
        self._parked: list[Candidate] = []
        self._pushed = self._walk_bytes = 0

    @property
    def bound(self) -> float:
        """The smallest bound of all skeletons."""
        parked = (candidate.bound for candidate in self._parked)
        return min([self.settled, self.left_out, self.peek(), *parked])

    def peek(self) -> float:
        """The smallest bound of a skeleton that something can be tried on now."""
        bound = self._open[0][0] if self._open else float("inf")
        if self._next_row < len(self._rows):
            bound = min(bound, float(self._rows["bound"][self._next_row]))
        return bound

    def pop(self, below: float) -> Candidate | None:
        """The skeleton with the smallest bound, if that is below a limit."""
        for _ in range(ADMITTED):
            bound = self.peek()
            if bound >= below or (self._open and self._open[0][0] <= bound):
                break
            self._admit(below)
        if self._open and self._open[0][0] < below:
            return heapq.heappop(self._open)[2]
        return self.pop(below) if self.peek() < below else None

    def _admit(self, below: float) -> None:
        """Tighten the bounds of the next skeleton, and of others with its unrolling."""
        unrolling = self._rows["unrolling"][self._next_row]
        first, end = np.searchsorted(self._unrollings, [unrolling, unrolling + 1])
        same = self._by_unrolling[first:end]
        if self._tighten is None:
            same = same[same == self._next_row]
        rows = self._rows[same]
        if self._tighten is not None:
            least = np.maximum(self._tighten(rows, below).T, [rows[x] for x in LEAST])
            for name, values in zip(LEAST, least, strict=True):
                rows[name] = values
        self._admitted[same] = True
        for row in rows[rows["bound"] < below].tolist():
            self.push(Candidate(*row))
        while self._next_row < len(self._rows) and self._admitted[self._next_row]:
            self._next_row += 1

    def push(self, candidate: Candidate) -> None:
        """Let a skeleton wait for its next turn."""
        self._pushed += 1
        heapq.heappush(self._open, (candidate.bound, self._pushed, candidate))

    def leave_out(self, candidate: Candidate) -> None:
        """Try nothing more on a skeleton, although something is left."""
        self.left_out = min(self.left_out, candidate.bound)

    def reserve(self, candidate: Candidate, needed: int) -> bool:
        """Set memory aside for an enumeration; parks the skeleton if there is no room."""
        if not candidate.walk_bytes:
            if self._walk_bytes + needed > MOST_WALK_BYTES:
                self._parked.append(candidate)
                return False
            self._walk_bytes += needed
            candidate.walk_bytes = needed
        return True

    def put_back(self, candidate: Candidate, best: float) -> None:
        """Let a skeleton wait, or note its bound if nothing is left to try on it."""
        if not candidate.closed and candidate.bound < best:
            self.push(candidate)
            return
        if candidate.closed:
            self.settled = min(self.settled, candidate.bound)
        if candidate.walk_bytes:
            self._walk_bytes -= candidate.walk_bytes
            candidate.walk_bytes, candidate.walk = 0, None
            self._unpark()

    def give_way(self, best: float) -> None:
        """Free the memory of skeletons that cannot be better, if others wait for it."""
        if self._parked and self.peek() >= best:
            self._open, self._walk_bytes = [], 0
            self._unpark()

    def _unpark(self) -> None:
        for candidate in self._parked:
            self.push(candidate)
        self._parked = []
