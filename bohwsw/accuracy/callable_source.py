"""An accuracy source from an ordinary function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CallableSource:
    """Asks a function, which takes the knobs as a dictionary.

    If there is one figure it may return that alone, a number or pair, else figures by name.
    """

    function: Callable[[dict[str, Any]], Any]
    figures: tuple[str, ...] = ("accuracy_percent",)
    name: str = "callable"

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The figures of one network; see `AccuracySource.measure`."""
        answer = self.function(dict(knobs))
        is_single = len(self.figures) == 1 and not isinstance(answer, Mapping)
        found: Mapping[str, Any] = {self.figures[0]: answer} if is_single else answer
        return found
