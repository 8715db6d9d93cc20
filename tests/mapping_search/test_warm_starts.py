"""Which mappings the next search starts from."""

from __future__ import annotations

import pytest

from bohwsw.codesign import (
    Design,
    MappedNetwork,
    NetworkMapper,
    Problem,
    best_recipe,
    load_space,
    mappings_data,
    mappings_of,
)
from bohwsw.errors import SpecError
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping_search import MappingMemory, most_similar
from bohwsw.workload import DIMENSIONS, Layer, network_from_layers

SPACE = load_space("eyeriss-168")
NETWORK = network_from_layers(
    "tiny", [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
)
PROBLEM = Problem(SPACE, NETWORK, recipe=best_recipe().changed(evaluations=600))


FIRST = NETWORK.unique_layers()[0].layer


def marked(number: int) -> Mapping:
    """A mapping that can be told from others."""
    return Mapping((LevelNest(temporal=(("K", number),)),))


def remembering(*machines: tuple[dict[str, int], float | None]) -> MappingMemory:
    memory = PROBLEM.mapping_memory()
    for number, (changes, objective) in enumerate(machines, start=1):
        memory.add(SPACE.with_point(changes), {"tiny": {FIRST: marked(number)}}, objective)
    return memory


def starts(memory: MappingMemory, **changes: int) -> list[Mapping]:
    found = memory.warm_starts(SPACE.with_point(changes))
    return list(found["tiny"][FIRST]) if found else []


def design() -> Design:
    found = PROBLEM.map_networks(SPACE.baseline(free=True))
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
    layers = design().layers
    mapped = design().mappings()["tiny"]
    assert most_similar(Layer("c", K=32, C=32), mapped) == [layers[1].mapping]
    assert most_similar(Layer("d", K=16, C=8, P=28, Q=28, R=3, S=3), mapped) == [layers[0].mapping]
    assert most_similar(Layer("e"), {}) == []


def test_layers_alike_are_mapped_alike() -> None:
    """With next to no budget a layer of half the channels gets what the other has, less a 2."""
    cousins = network_from_layers(
        "cousins", [(Layer(f"c{c}", K=16, C=c, P=14, Q=14, R=3, S=3), 1) for c in (8, 4)]
    )
    recipe = best_recipe().changed(evaluations=1)
    found = NetworkMapper(cousins, recipe=recipe).map_network(SPACE.baseline(free=True))
    assert isinstance(found, MappedNetwork)
    batch = batch_of([layer.mapping for layer in found.layers])
    assert (batch.keep[0] == batch.keep[1]).all()
    changed = (batch.factors[0] != batch.factors[1]).nonzero()
    assert [DIMENSIONS[d] for d in changed[2]] == ["C"]


def test_stored_mappings_are_read_as_they_were() -> None:
    found = design()
    architecture = found.hardware.architecture
    read = mappings_of(mappings_data(found), PROBLEM.networks, architecture)
    assert read == found.mappings()
    mapped = NetworkMapper(NETWORK, recipe=PROBLEM.recipe).mapped(found.hardware, read["tiny"])
    assert Design(found.hardware, (mapped,)).edp_pj_cycles == found.edp_pj_cycles


def test_stored_mappings_are_of_all_layers() -> None:
    found = design()
    data = mappings_data(found)
    del data["tiny"]["b"]
    with pytest.raises(SpecError, match="a layer of 'tiny' has no mapping"):
        mappings_of(data, PROBLEM.networks, found.hardware.architecture)


def test_stored_mappings_of_another_machine_are_refused() -> None:
    found = design()
    data = mappings_data(found)
    data["tiny"]["a"][0]["level"] = "SRAM"
    with pytest.raises(SpecError, match="levels are not those of the machine"):
        mappings_of(data, PROBLEM.networks, found.hardware.architecture)
