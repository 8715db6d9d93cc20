"""Which mappings the next search starts from."""

from __future__ import annotations

import pytest

from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design
from bohwsw.codesign.hardware_space import load_space
from bohwsw.codesign.mapping_data import chip_data, chip_mappings
from bohwsw.codesign.network_task import NetworkTask
from bohwsw.codesign.problem import CodesignProblem
from bohwsw.codesign.recipe import best_recipe
from bohwsw.codesign.warm_starts import (
    MappingMemory,
    mappings_of,
    most_similar,
)
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.workload import DIMENSIONS, Layer, network_from_layers

SPACE = load_space("eyeriss-168")
NETWORK = network_from_layers(
    "tiny", [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
)
PROBLEM = CodesignProblem(SPACE, NETWORK, recipe=best_recipe().changed(evaluations=600))


def marked(number: int) -> Mapping:
    """A mapping that can be told from others."""
    return Mapping((LevelNest(temporal=(("K", number),)),))


def remembering(*machines: tuple[dict[str, int], float | None]) -> MappingMemory:
    memory = MappingMemory(SPACE)
    for number, (changes, objective) in enumerate(machines, start=1):
        memory.add(SPACE.with_point(changes), {"tiny": [marked(number)]}, objective)
    return memory


def starts(memory: MappingMemory, **changes: int) -> list[Mapping]:
    found = memory.warm_starts(SPACE.with_point(changes))
    return [] if not found else list(found["tiny"][0])


def design() -> Design:
    found = PROBLEM.map_network(SPACE.baseline(free=True))
    assert isinstance(found, Design)
    return found


def test_without_experience_there_is_nothing_to_start_from() -> None:
    assert starts(remembering()) == []


def test_the_nearest_machines_and_the_best_one_are_started_from() -> None:
    memory = remembering(
        ({"weight_entries": 48}, 3.0),
        ({"weight_entries": 96}, 2.0),
        ({"weight_entries": 191}, 4.0),
        ({"mesh_x": 168, "mesh_y": 1}, 1.0),
    )
    assert starts(memory) == [marked(3), marked(2), marked(4)]
    assert starts(memory, weight_entries=50) == [marked(1), marked(2), marked(4)]
    assert starts(memory, mesh_x=168, mesh_y=1) == [marked(4), marked(3)]


def test_where_there_are_several_objectives_no_machine_is_best() -> None:
    memory = remembering(*(({"weight_entries": n}, None) for n in (48, 96, 191)))
    assert starts(memory) == [marked(3), marked(2)]


def test_a_point_that_is_no_machine_gets_no_starts() -> None:
    assert remembering(({}, 1.0)).warm_starts({"mesh_x": -1}) == {}


def test_the_most_similar_layer_has_the_nearest_sizes_and_strides() -> None:
    mapped = design().layers
    assert most_similar(Layer("c", K=32, C=32), mapped) == [mapped[1].mapping]
    assert most_similar(Layer("d", K=16, C=8, P=28, Q=28, R=3, S=3), mapped) == [mapped[0].mapping]
    assert most_similar(Layer("e"), []) == []


def test_layers_alike_are_mapped_alike() -> None:
    """With next to no budget a layer of half the channels gets what the other has, less a 2."""
    cousins = network_from_layers(
        "cousins", [(Layer("c", K=16, C=c, P=14, Q=14, R=3, S=3), 1) for c in (8, 4)]
    )
    recipe = best_recipe().changed(evaluations=1)
    found = NetworkTask(cousins, recipe=recipe).map_network(SPACE.baseline(free=True))
    assert isinstance(found, Design)
    batch = batch_of([layer.mapping for layer in found.layers])
    assert (batch.keep[0] == batch.keep[1]).all()
    changed = (batch.factors[0] != batch.factors[1]).nonzero()
    assert [DIMENSIONS[d] for d in changed[2]] == ["C"]


def test_stored_mappings_are_read_as_they_were() -> None:
    found = design()
    chip = ChipDesign((found,))
    read = chip_mappings(chip_data(chip), found.hardware.architecture)
    assert read == mappings_of(found) == mappings_of(chip)
    task = NetworkTask(NETWORK, recipe=PROBLEM.recipe)
    assert task.mapped(found.hardware, read["tiny"]).edp_pj_cycles == found.edp_pj_cycles


def test_stored_mappings_of_another_machine_are_refused() -> None:
    found = design()
    data = chip_data(ChipDesign((found,)))
    data["tiny"][0][0]["level"] = "SRAM"
    with pytest.raises(SpecError, match="levels are not those of the machine"):
        chip_mappings(data, found.hardware.architecture)
