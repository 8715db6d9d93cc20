"""What our exporter writes for AccelForge comes back as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

from importers.timeloop_files import running, written
from random_nests import random_costs, random_layer, random_machine, random_mapping

from bohwsw.arch import Architecture
from bohwsw.exporters import accelforge_files
from bohwsw.importers import ImportedFiles, import_files
from bohwsw.mapping import Mapping
from bohwsw.simulator import Costs, simulate
from bohwsw.workload import Layer

Design = tuple[Layer, Architecture, Mapping, Costs]
DESIGNS = 200


def random_designs(seed: int, n: int) -> list[Design]:
    """Layers on machines of 2 to 5 levels, as far as AccelForge's files can say them."""
    rng, found = Random(seed), []
    for _ in range(n):
        layer, depth = random_layer(rng, 4096), rng.randint(2, 5)
        mapping = random_mapping(rng, layer, depth)
        costs = random_costs(rng, depth)
        costs = replace(
            costs,
            storage=tuple(replace(cost, update_pj=cost.fill_pj) for cost in costs.storage),
            hop_energy_pj=(0.0,) * depth,
        )
        machine = random_machine(rng, layer, [mapping])
        levels = [
            replace(level, keeps=nest.keep, cluster_size=rng.choice((1, 2)))
            for level, nest in zip(machine.levels, mapping.levels, strict=True)
        ]
        found.append((layer, replace(machine, levels=tuple(levels)), mapping, costs))
    return found


def imported(folder: Path, design: Design) -> ImportedFiles:
    files = {name.split(".")[0]: text for name, text in accelforge_files(*design).items()}
    return import_files(written(folder, **files))


def test_random_designs_come_back(tmp_path: Path) -> None:
    """Layer, machine and prices are what they were; the nest is, or has the same counts.

    Loops that leave all tiles of the next level in place may stand on either side of it: files of
    AccelForge do not say on which, and those of both nests are the same. A tile that stays inside
    a fan-out while those outside change is noted: AccelForge fetches it again, we do not.
    """
    same = noted = 0
    for design in random_designs(1, DESIGNS):
        found = imported(tmp_path, design)
        layer, architecture, mapping, costs = design
        assert found.layer is not None
        assert found.architecture is not None
        assert found.mapping is not None
        assert found.costs is not None
        assert found.layer.shape == layer.shape
        assert replace(found.architecture, name="random") == architecture
        assert found.costs == costs
        assert all("it stays there here" in note.what for note in found.not_modelled)
        noted += bool(found.not_modelled)
        back = found.layer, found.architecture, found.mapping, found.costs
        again, first = accelforge_files(*back), accelforge_files(*design)
        assert again["mapping.yaml"] == first["mapping.yaml"]
        assert again["architecture.yaml"] == first["architecture.yaml"]
        same += running(found.mapping) == running(mapping)
        ours, theirs = simulate(*design), simulate(*back)
        assert (theirs.energy_pj, theirs.latency_cycles) == (ours.energy_pj, ours.latency_cycles)
        for level, other in zip(ours.levels, theirs.levels, strict=True):
            assert level.data_spaces == other.data_spaces
    assert same > DESIGNS // 4
    assert 0 < noted < DESIGNS // 4
