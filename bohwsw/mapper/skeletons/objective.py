"""What is minimised, by name and by the number that compiled functions know."""

from __future__ import annotations

from typing import Literal, get_args

Objective = Literal["edp", "energy", "latency"]
OBJECTIVES: tuple[str, ...] = get_args(Objective)

EDP, ENERGY, LATENCY = range(len(OBJECTIVES))
"""Their places, by which compiled functions know them."""
