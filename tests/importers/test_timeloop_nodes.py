"""A machine, mapping and constraints of version 0.4, by hand; and the files that are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from importers.timeloop_files import ACCEPTED, CONV, NESTS, NODES, imported

from bohwsw.codesign import load_design, load_space
from bohwsw.importers import (
    ImportedFiles,
    import_timeloop,
    mapped_data,
    model_data,
    space_data,
    write_imported,
)
from bohwsw.mapping import LevelNest
from bohwsw.simulator import case_result, read_cases, simulate
from bohwsw.workload import load_network

INPUTS_OUTPUTS = frozenset({"Inputs", "Outputs"})


@pytest.fixture
def found(tmp_path: Path) -> ImportedFiles:
    return imported(tmp_path, NODES, CONV, NESTS)


def test_attributes_are_numbers_and_expressions(found: ImportedFiles) -> None:
    assert found.architecture is not None
    main, buffer, inputs, weights = found.architecture.levels
    assert (main.kind, main.block_size, main.word_bits, main.entries) == ("dram", 8, 8, None)
    assert (buffer.entries, buffer.block_size, buffer.kind) == (16384, 8, "sram")
    assert (buffer.read_words_per_cycle, buffer.write_words_per_cycle) == (16.0, 16.0)
    assert (inputs.kind, inputs.entries, inputs.mesh_x, inputs.mesh_y) == ("regfile", 12, 4, 3)
    assert (weights.kind, weights.entries, weights.instances) == ("regfile", 48, 12)
    assert found.architecture.fanout(1) == (4, 3)
    assert found.architecture.mac.word_bits == 8


def test_the_mapping_by_hand(found: ImportedFiles) -> None:
    assert found.mapping is not None
    assert found.mapping.levels == (
        LevelNest((("K", 2), ("C", 2))),
        LevelNest((("P", 6), ("Q", 3)), (("K", 2), ("Q", 2)), (("S", 3),), INPUTS_OUTPUTS),
        LevelNest(keep=frozenset({"Inputs"})),
        LevelNest((("K", 2), ("C", 2), ("R", 3)), keep=frozenset({"Weights"})),
    )
    assert found.layer is not None
    assert (found.layer.stride_w, found.layer.stride_h, found.layer.dilation_w) == (2, 2, 1)


def test_constraints_are_a_dataflow(found: ImportedFiles) -> None:
    """C, M = K and the others; G, which the problem does not have, is free."""
    assert found.dataflow == {
        "Buffer": {
            "temporal": ["N", "K", "C", "P", "Q", "G"],
            "spatial_x": ["K", "Q", "G"],
            "spatial_y": ["K", "C", "S", "G"],
            "keep": ["Inputs", "Outputs"],
            "bypass": ["Weights"],
        },
        "InputPad": {"temporal": ["S"], "keep": ["Inputs"], "bypass": ["Weights", "Outputs"]},
        "WeightPad": {
            "temporal": ["C", "R", "S"],
            "keep": ["Weights"],
            "bypass": ["Inputs", "Outputs"],
        },
    }
    assert not found.single_axis


def test_what_is_not_modelled_is_named_with_its_line(found: ImportedFiles) -> None:
    lines = NODES.split("\n")
    named = {note.key_path.rsplit(".", 1)[-1]: note for note in found.not_modelled}
    assert set(named) == {
        "datawidth_of_words",
        "n_banks",
        "permutation",
        "nodes[4]",
        "factors_only[0]",
        "update_fifo_depth",
        "adder_width",
    }
    for key, note in named.items():
        assert note.file.endswith("file0.yaml")
        line = lines[note.line - 1] + lines[note.line]
        assert {"nodes[4]": "Container", "factors_only[0]": "S=3"}.get(key, key) in line, note
    assert "order of loops Q P" in named["permutation"].what


def test_files_are_written_and_read_again(found: ImportedFiles, tmp_path: Path) -> None:
    paths, changes = write_imported(found, tmp_path / "out" / "here")
    assert [path.name for path in paths] == [
        "space.yaml",
        "model.yaml",
        "design.yaml",
        "case.jsonl",
    ]
    assert changes == []
    space = load_space(paths[0])
    assert space.baseline().architecture.levels == found.architecture.levels  # type: ignore[union-attr]
    assert load_network(paths[1]).unique_layers()[0].layer == found.layer
    assert found.layer is not None
    assert found.architecture is not None
    assert found.mapping is not None
    assert found.costs is not None
    ours = simulate(found.layer, found.architecture, found.mapping, found.costs)
    assert ours.valid
    assert load_design(paths[2]).layers[0].evaluation.energy_pj == ours.energy_pj
    (case,) = read_cases(paths[3])
    assert case_result(case)["energy_pj"] == ours.energy_pj


def test_what_a_space_file_cannot_hold_is_said(tmp_path: Path) -> None:
    found = import_timeloop(ACCEPTED)
    _, changes = space_data(found)
    assert len(changes) == 1
    assert "timeloop-pat" in changes[0]
    assert json.dumps(mapped_data(found)[1]["arch"]["levels"][1]["energy"]["read"]) == "4.2605"
    wide = NODES.replace("multiplier_width: 8", "datawidth: 16").replace(
        "depth: 48, width: 8", "depth: 48, cluster_size: 5, width: 40"
    )
    found = imported(tmp_path, wide, CONV)
    space, changes = space_data(found)
    assert space["architecture"]["mac"]["word_bits"] == 8
    assert [change.split(":")[0] for change in changes] == ["units of 16 bits", "WeightPad"]
    assert model_data(found)["layers"][0]["K"] == 8
