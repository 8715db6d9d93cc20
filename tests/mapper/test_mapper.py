"""What all mappers share, and the machine on which they are compared with published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bohwsw.arch import Architecture
from bohwsw.codesign import load_space
from bohwsw.errors import SpecError
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.mapper import OBJECTIVES, Mapper, check_objective, check_search
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.simulator.cases import Case, read_cases

CASES = Path(__file__).parent.parent / "data" / "timeloop" / "golden_small.jsonl.xz"


def test_objectives_are_numbered() -> None:
    assert [check_objective(name) for name in OBJECTIVES] == [0, 1, 2]
    assert check_search("latency", 1, 0, 1) == 2
    with pytest.raises(SpecError, match="unknown objective"):
        check_search("area", 1, 0, 1)


def test_numbers_of_a_search_may_be_of_numpy_and_have_limits() -> None:
    assert check_search("edp", np.int64(9), np.int32(0), np.uint8(1)) == 0
    for wrong in (0.5, True, 2**70, -1):
        for place, key in enumerate(("evaluations", "seed", "threads")):
            given: list[Any] = [1, 0, 1]
            given[place] = wrong
            with pytest.raises(SpecError) as caught:
                check_search("edp", *given)
            assert caught.value.key_path == key
            assert "a whole number from" in str(caught.value.expected)


def test_mappers_are_mappers() -> None:
    mappers: list[Mapper] = [AnnealingMapper(), RandomMapper()]
    assert [mapper.name for mapper in mappers] == ["annealing", "random"]


def reference_cases() -> list[Case]:
    return [case for case in read_cases(CASES) if case.architecture.name == "eyeriss168_pat"]


def shape(architecture: Architecture) -> list[tuple[object, ...]]:
    """All that the simulator reads of a machine; what a level may keep is the map space's."""
    return [
        (
            level.name,
            level.entries,
            level.word_bits,
            level.block_size,
            level.read_words_per_cycle,
            level.write_words_per_cycle,
            architecture.mesh(index),
        )
        for index, level in enumerate(architecture.levels)
    ] + [(architecture.mac,)]


def test_the_baseline_is_the_machine_of_the_reference_cases() -> None:
    """The best EDPs known and Timeloop's own were measured on ``eyeriss168_pat``."""
    baseline = load_space("eyeriss-168").baseline(free=True)
    cases = reference_cases()
    assert len(cases) > 5
    for case in cases:
        assert shape(case.architecture) == shape(baseline.architecture)
        for ours, theirs in zip(baseline.costs.storage, case.costs.storage, strict=True):
            assert ours.read_pj == pytest.approx(theirs.read_pj, rel=1e-6)
            assert ours.fill_pj == pytest.approx(theirs.fill_pj, rel=1e-6)
            assert ours.update_pj == pytest.approx(theirs.update_pj, rel=1e-6)
        assert baseline.costs.mac_energy_pj == case.costs.mac_energy_pj
        assert baseline.costs.hop_energy_pj == case.costs.hop_energy_pj
        for level, block in zip(baseline.architecture.levels, case.mapping.levels, strict=True):
            assert block.keep <= level.keeps
