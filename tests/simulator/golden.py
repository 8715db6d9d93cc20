"""The reference cases of Timeloop 3.0.3, with what it answered (``tests/data/timeloop``)."""

from __future__ import annotations

import json
import lzma
from functools import cache
from pathlib import Path
from typing import Any

from bohwsw.simulator.cases import Case, read_cases

FOLDER = Path(__file__).parent.parent / "data" / "timeloop"
COUNTED = ("golden_dev", "golden_small", "golden_hier_dev", "golden_hier_small")
JUDGED = ("golden_validity", "golden_hier_validity")
SIZES = {
    "golden_dev": 420,
    "golden_small": 60,
    "golden_validity": 240,
    "golden_hier_dev": 174,
    "golden_hier_small": 90,
    "golden_hier_validity": 200,
}


@cache
def golden(name: str) -> list[tuple[Case, dict[str, Any]]]:
    """The cases of a file, each with the whole JSON object that it comes from."""
    path = FOLDER / f"{name}.jsonl.xz"
    with lzma.open(path, "rt") as lines:
        raw = [json.loads(line) for line in lines]
    return list(zip(read_cases(path), raw, strict=True))


def expected_counts(answer: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int, int]]:
    """(reads, fills, updates) per instance of each level and data space kept there."""
    return {
        (level, space): (counts["reads"], counts["fills"], counts["updates"])
        for level, result in answer["levels"].items()
        for space, counts in result["ds"].items()
    }
