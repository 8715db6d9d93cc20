"""Cases written are read back as they were, and evaluate to the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from random_nests import random_layer

from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.sampling import sample
from bohwsw.simulator.cases import case_data, read_cases
from bohwsw.simulator.reference import simulate
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import Layer


@pytest.mark.parametrize("seed", range(12))
def test_a_round_trip_evaluates_to_the_same(seed: int, tmp_path: Path) -> None:
    layer = random_layer(Random(seed), 600)
    if seed % 2:
        layer = replace(layer, weights_bits=4, outputs_bits=24, sequential="N")
    architecture, prices = machine(60, 12, (3, 2)), costs(3, hop_energy_pj=0.5)
    try:
        mapping = sample(MapSpace(layer, architecture), 1, seed).mapping(0)
    except NoValidMappingError:
        return
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(case_data("one", layer, architecture, mapping, prices)))
    (case,) = read_cases(file)
    assert (case.id, case.layer, case.mapping) == ("one", layer, mapping)
    before = simulate(layer, architecture, mapping, prices)
    after = simulate(case.layer, case.architecture, case.mapping, case.costs)
    assert after.edp_pj_cycles == before.edp_pj_cycles
    assert [level.data_spaces for level in after.levels] == [
        level.data_spaces for level in before.levels
    ]


def test_imperfect_factors_are_refused() -> None:
    blocks = (LevelNest(temporal=(("K", 2),)), LevelNest(), LevelNest(temporal=(("K", 3),)))
    with pytest.raises(SpecError, match="imperfect factors"):
        case_data("one", Layer("five", K=5), machine(), Mapping(blocks), costs(3))
