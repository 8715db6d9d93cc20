"""What our exporter writes for Timeloop comes back as it was, in each spelling of the machine."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from importers.timeloop_files import ACCEPTED, as_text, flat, imported, nodes, running, sizes, tree
from random_nests import random_costs, random_layer, random_machine, random_mapping
from simulator.golden import COUNTED, JUDGED, golden

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.exporters import timeloop_files_of
from bohwsw.importers import ImportedFiles, import_timeloop
from bohwsw.mapping import Mapping
from bohwsw.simulator import Costs, costs_of, simulate
from bohwsw.tech import technology_of
from bohwsw.workload import Layer

Design = tuple[Layer, Architecture, Mapping, Costs]
DESIGNS = 200


def random_designs(seed: int, n: int) -> list[Design]:
    """Layers on machines of 3 to 6 levels, as far as Timeloop's files can say them."""
    rng, found = Random(seed), []
    while len(found) < n:
        layer, depth = random_layer(rng, 4096), rng.randint(3, 6)
        mapping = random_mapping(rng, layer, depth)
        design = layer, random_machine(rng, layer, [mapping]), mapping, random_costs(rng, depth)
        try:
            timeloop_files_of(*design)
        except SpecError:  # a dimension on both axes of a level
            continue
        found.append(design)
    return found


def check_same(found: ImportedFiles, design: Design) -> None:
    layer, architecture, mapping, costs = design
    assert found.layer is not None
    assert found.layer.shape == layer.shape
    assert found.architecture is not None
    assert sizes(found.architecture) == sizes(architecture)
    assert found.mapping is not None
    assert running(found.mapping) == running(mapping)
    assert found.costs == costs
    assert found.not_modelled == ()


def test_the_files_that_timeloop_has_read_give_the_figures_that_it_printed() -> None:
    found = import_timeloop(ACCEPTED)
    assert found.layer is not None
    assert found.architecture is not None
    assert found.mapping is not None
    assert found.costs is not None
    ours = simulate(found.layer, found.architecture, found.mapping, found.costs)
    printed = (ACCEPTED[0].parent / "timeloop-model.stats.txt").read_text()
    assert f"Cycles: {ours.latency_cycles}\n" in printed
    assert ours.energy_pj == pytest.approx(19168.46e-3 * 16384, rel=1e-6)
    for level in ours.levels:
        section = printed.split(f"=== L{[x.name for x in ours.levels].index(level.name)}_")[1]
        for space, counts in level.data_spaces.items():
            part = section.split(f"    {space}:")[1]
            for key in ("reads", "updates", "fills"):
                told = part.split(f"Scalar {key} (per-instance)")[1].split(":")[1].split()[0]
                assert getattr(counts, key) == int(told)


@pytest.mark.parametrize("name", [*COUNTED, *JUDGED])
def test_all_reference_cases_come_back(name: str, tmp_path: Path) -> None:
    for case, _ in golden(name):
        design = case.layer, case.architecture, case.mapping, case.costs
        check_same(imported(tmp_path, as_text(*timeloop_files_of(*design).values())), design)


def test_random_designs_come_back(tmp_path: Path) -> None:
    designs = random_designs(1, DESIGNS)
    assert {design[1].depth for design in designs} == {3, 4, 5, 6}
    for design in designs:
        found = imported(tmp_path, *map(as_text, timeloop_files_of(*design).values()))
        check_same(found, design)
        assert found.mapping is not None
        assert found.costs is not None
        layer, architecture, mapping, costs = design
        ours = simulate(layer, architecture, mapping, costs)
        assert found.architecture is not None
        theirs = simulate(layer, found.architecture, found.mapping, found.costs)
        assert (theirs.energy_pj, theirs.latency_cycles) == (ours.energy_pj, ours.latency_cycles)


def test_all_spellings_of_a_machine_are_one_machine(tmp_path: Path) -> None:
    rng = Random(2)
    for _, architecture, _, _ in random_designs(3, DESIGNS):
        for spelled in (flat, tree, nodes):
            found = imported(tmp_path, spelled(architecture, rng))
            assert found.architecture is not None
            assert sizes(found.architecture) == sizes(architecture), spelled.__name__
            assert found.single_axis
            assert not found.has_energies


def test_without_a_table_prices_are_those_of_timeloop_itself(tmp_path: Path) -> None:
    for _, architecture, _, _ in random_designs(4, 20):
        if any(level.entries is None for level in architecture.levels[1:]):
            continue
        found = imported(tmp_path, nodes(architecture, Random(5)))
        assert found.costs == costs_of(architecture, technology_of("timeloop-pat"))
