"""The time that a search may take, handed down to whatever takes long inside it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """A moment at which a search has to end."""

    end: float = math.inf  # that moment, as ``time.perf_counter`` counts; infinite if there is none

    @classmethod
    def of(cls, seconds: float) -> Clock:
        """A clock that has so many seconds left."""
        return cls(time.perf_counter() + seconds)

    @property
    def left(self) -> float:
        """Seconds left; never below 0."""
        return max(0.0, self.end - time.perf_counter())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return time.perf_counter() >= self.end

    def share(self, part: float) -> Clock:
        """A clock with a part of the time that is left."""
        return Clock.of(self.left * part) if math.isfinite(self.end) else self


NO_LIMIT = Clock()
"""A clock that never runs out."""
