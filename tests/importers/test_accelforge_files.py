"""Files of AccelForge by hand: what is read, what is named, what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from importers.timeloop_files import written
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.errors import SpecError
from bohwsw.importers import ImportedFiles, import_files

ARCH = """
variables: {clock: 2 * 100e6}
arch:
  extra_attributes_for_all_component_models: {tech_node: 65e-9}
  nodes:
  - !Memory
    name: MainMemory
    component_class: LPDDR4
    size: inf
    tensors: {keep: ~Intermediates, may_keep: All}
  - !Memory
    name: GlobalBuffer
    size: 1024 * 16
    leak_power: 1e-3
    total_latency: max(a.n_calls / a.throughput for a in actions)
    tensors: {keep: input | output, may_keep: All}
    actions:
    - {name: read, energy: 2e-12, bits_per_action: 32, throughput: 2 * clock}
    - {name: write, energy: 1e-12, bits_per_action: 16, throughput: inf}
  - !Container
    name: Array
    spatial:
    - {name: columns, fanout: 4, reuse: weight, min_usage: 1}
    - {name: rows, fanout: 2}
  - !Toll {name: Wires, direction: down, actions: [{name: read, energy: 1e-12}]}
  - !Memory {name: Pads, component_class: regfile, size: 96, tensors: {keep: weight}}
  - !Compute
    name: MAC
    actions: [{name: compute, energy: 5e-13, throughput: clock}]
    extra_attributes_for_component_model: {multiplier_width: 8, adder_width: 16}
"""
WORKLOAD = """
workload:
  iteration_space_shape: {r: 0 <= r < 3, m: 0 <= m <= 5}
  rank_sizes: {M: 6, C: 4, X: 8, F: 5}
  bits_per_value: {All: 8}
  einsums:
  - name: Conv
    n_instances: 3
    tensor_accesses:
    - {name: Image, projection: {C: c, X: 2 * x + r, B: b}}
    - {name: Filters, projection: [m, c, r]}
    - {name: Result, projection: {M: m, F: x, B: b}, output: true}
    renames: {input: Image, weight: Filters, output: Result}
    rank_sizes: {B: 1}
"""
MAPPING = """
mapping:
  nodes:
  - !Storage {component: MainMemory, tensors: [Image, Filters, Result]}
  - !Temporal {rank_variable: m, tile_shape: 3}
  - !Storage {component: GlobalBuffer, tensors: [Image, Result]}
  - !Spatial {rank_variable: c, tile_shape: 1, component: Array, name: columns}
  - !Toll {component: Wires, tensors: [Image]}
  - !Storage {component: Pads, tensors: [Filters]}
  - !Temporal {rank_variable: x, tile_shape: 1}
  - !Nested
    nodes:
    - !Temporal {rank_variable: r, tile_shape: 1}
    - !Temporal {rank_variable: m, tile_shape: 1}
    - !Compute {einsum: Conv, component: MAC}
"""


def imported(folder: Path, *texts: str) -> ImportedFiles:
    return import_files(written(folder, **{f"file{i}": text for i, text in enumerate(texts)}))


def test_a_machine_a_layer_and_a_mapping_by_hand(tmp_path: Path) -> None:
    found = imported(tmp_path, ARCH, WORKLOAD, MAPPING)
    layer, machine = found.layer, found.architecture
    assert layer is not None
    assert found.network is not None
    assert found.network.macs == 3 * layer.macs == 3 * 6 * 4 * 5 * 3
    assert (layer.K, layer.C, layer.P, layer.R, layer.stride_w) == (6, 4, 5, 3, 2)
    assert machine is not None
    main, buffer, pads = machine.levels
    assert (main.kind, main.entries, pads.kind, pads.entries) == ("dram", None, "regfile", 12)
    assert (buffer.entries, buffer.word_bits, buffer.block_size) == (2048, 8, 4)
    assert (buffer.read_words_per_cycle, buffer.write_words_per_cycle) == (8.0, None)
    assert (pads.mesh_x, pads.mesh_y, machine.mac.word_bits) == (4, 2, 8)
    assert found.costs is not None
    prices = found.costs.storage[1]
    assert (prices.read_pj, prices.fill_pj) == pytest.approx((2.0, 2.0))
    assert found.costs.mac_energy_pj == pytest.approx(0.5)
    assert found.dataflow == {
        "GlobalBuffer": {"keep": ["Inputs", "Outputs"]},
        "Pads": {"keep": ["Weights"]},
    }
    assert found.mapping is not None
    assert [block.temporal for block in found.mapping.levels] == [
        (("K", 2),),
        (("P", 5),),
        (("R", 3), ("K", 3)),
    ]
    assert found.mapping.levels[1].spatial_x == (("C", 4),)


def test_sizes_in_bits_of_tensors_as_shipped_machines_have_them(tmp_path: Path) -> None:
    arch = ARCH.replace("size: 96,", "size: 6 * weight.bits_per_value if weight else 1,")
    wide = "bits_per_value: {output: 3 * output.bits_per_value},"
    arch = arch.replace("tensors: {keep: weight}}", f"{wide} tensors: {{keep: weight}}}}")
    for given, bits in (([arch, WORKLOAD], 8), ([arch], 16)):
        machine = imported(tmp_path, *given).architecture
        assert machine is not None
        pads = machine.levels[2]
        assert (pads.word_bits, pads.entries) == (3 * bits, 2)
    with pytest.raises(SpecError, match="wieght"):
        imported(tmp_path, arch.replace("weight.bits", "wieght.bits"), WORKLOAD)


def test_what_is_not_modelled_is_named_with_its_line(tmp_path: Path) -> None:
    notes = imported(tmp_path, ARCH, WORKLOAD, MAPPING).not_modelled
    texts = {f"{note.key_path}: {note.what}" for note in notes}
    for part in (
        "models of components",
        "nodes[1].leak_power: leak_power",
        "nodes[2].spatial[0].reuse",
        "nodes[2].spatial[0].min_usage",
        "nodes[3]: !Toll",
        "nodes[0]: no energies of its own: those of timeloop-pat",
        "adder_width",
        "rank X ends before its windows",
        "mapping.nodes[4]: !Toll",
    ):
        assert any(part in text for text in texts), part
    for note in notes:
        line = Path(note.file).read_text().splitlines()[note.line - 1]
        assert re.split(r"[.\[]", note.key_path)[-1].rstrip("]") in line or "- !" in line


@pytest.mark.parametrize(
    ("old", "new", "message", "key_path"),
    [
        ("size: 96", "sizes: 64", "unknown key", "nodes[4].sizes"),
        ("size: 96", "size: 4", "without room", "nodes[4].size"),
        ("- !Memory {name: Pads", "- !Fork {name: Pads", "not a node of a chain", "nodes[4]"),
        ("!Toll {name: Wires", "!Wires {name: Wires", "unknown tag", ""),
        ("- !Compute\n", "- !Memory\n", "unknown key|no units", ""),
        ("fanout: 4", "fanout: 0", "not a size", "spatial[0].fanout"),
        ("energy: 2e-12", "energy: -1", "too small", "energy"),
        ("throughput: clock", "throughput: clocks", "no attribute here", "throughput"),
        ("name: Conv", "name: Conv\n  - name: Other", "several einsums|without", "einsums"),
        ("2 * x + r", "2 * x * r", "not a sum of rank variables", "projection.X"),
        ("2 * x + r", "2 * x + 3 * y", "no size of rank variable y", "projection.X"),
        ("0 <= r < 3", "r < 3", "not a bound", "iteration_space_shape.r"),
        ("output: true", "output: false", "not a product of two tensors", "einsums[0]"),
        ("All: 8", "Al: 8", "unknown set of tensors", "bits_per_value.Al"),
        ("All: 8", "All + All: 8", "not a set of tensors", "bits_per_value"),
        ("rank_variable: x", "rank_variable: z", "unknown dimension", "nodes[6].rank_variable"),
        ("rank_variable: m, tile_shape: 3", "rank_variable: m, tile_shape: 4", "divide", "nodes"),
        ("name: columns}", "name: diagonals}", "unknown fan-out", "nodes[3]"),
        ("component: Pads", "component: Pad", "unknown memory", "nodes[5].component"),
        ("einsum: Conv", "einsum: Con", "unknown einsum", "einsum"),
        ("tensors: [Image, Filters, Result]", "tensors: [Image]", "keeps not all", "mapping"),
        ("!Nested", "!Sequential", "nest of one einsum", "nodes[7]"),
        ("rank_variable: m, tile_shape: 1", "rank_variable: m, tile_shape: 3", "multiply", "map"),
        ("component: GlobalBuffer", "component: Pads", "a fan-out inside", "nodes[3]"),
        ("rank_variable: r, tile", "rank_variable: x, tile", "no nest of levels|multiply", "map"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    old: str, new: str, message: str, key_path: str, tmp_path: Path
) -> None:
    texts = [text.replace(old, new, 1) for text in (ARCH, WORKLOAD, MAPPING)]
    assert texts != [ARCH, WORKLOAD, MAPPING]
    with pytest.raises(SpecError, match=message) as caught:
        imported(tmp_path, *texts)
    assert ": line " in str(caught.value.file)
    assert key_path in str(caught.value.key_path)


def test_a_tile_below_a_loop_that_leaves_it_in_place_stays(tmp_path: Path) -> None:
    lower = MAPPING.replace(
        "  - !Storage {component: Pads, tensors: [Filters]}\n  - !Temporal {rank_variable: x, tile",
        "  - !Temporal {rank_variable: x, tile",
    ).replace("  - !Nested", "  - !Storage {component: Pads, tensors: [Filters]}\n  - !Nested")
    found = imported(tmp_path, ARCH, WORKLOAD, lower)
    assert any("it stays there here" in note.what for note in found.not_modelled)
    assert found.mapping is not None
    assert found.mapping.levels[1].temporal == (("P", 5),)


def test_the_command_writes_files_of_ours(tmp_path: Path) -> None:
    files = written(tmp_path, arch=ARCH, workload=WORKLOAD, mapping=MAPPING)
    arguments = ["import", *map(str, files), "--json", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    assert data["valid"] is True
    assert data["latency_cycles"] == 2 * 5 * 3 * 3
    names = [Path(path).name for path in data["written"]]
    assert names == ["space.yaml", "model.yaml", "design.yaml", "case.jsonl"]
