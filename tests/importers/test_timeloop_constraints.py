"""Constraints of versions 0.1 to 0.3: lists, lists in lists, sets by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from importers.timeloop_files import CONV, imported

from bohwsw.errors import SpecError
from bohwsw.importers import ImportedFiles
from bohwsw.simulator import simulate

FLAT = """
architecture:
  storage:
  - {name: Pads, instances: 12, meshX: 4, entries: 64, word-bits: 16}
  - {name: Dummy, instances: 4, meshX: 4, entries: 0}
  - {name: Buffer, sizeKB: 2, word-bits: 16, block-size: 4}
  - {name: Main, technology: DRAM}
  arithmetic: {instances: 12, meshX: 4, word-bits: 16}
"""


def dataflow(folder: Path, text: str) -> tuple[ImportedFiles, dict[str, dict[str, list[str]]]]:
    found = imported(folder, FLAT, CONV, text)
    assert found.dataflow is not None
    return found, found.dataflow


@pytest.mark.parametrize(
    "around",
    [
        "mapspace_constraints: {}",
        "architecture_constraints: {{version: 0.3, targets: {}}}",
        "constraints: {}",
        "mapspace: {{constraints: mine, constraints_mine: {}, constraints_other: [{{no: 1}}]}}",
    ],
)
def test_every_way_to_say_it(around: str, tmp_path: Path) -> None:
    listed = """[
    {type: datatype, target: Pads, keep: [Weights], bypass: [Outputs]},
    {target: Pads, constraints: [{type: temporal, attributes: {factors: N1 R=1}}]},
    {name: Buffer, type: spatial, factors: C=1, permutation: MQ C, split: 2},
    {target: Dummy, type: spatial, factors: M=1 Q=1, permutation: MQ, split: 0},
    {target: 0, type: temporal, factors: Q<=1 P<1000}]"""
    found, levels = dataflow(tmp_path, around.format(listed.replace("\n", "")))
    assert levels == {
        "Buffer": {"spatial_x": ["K", "Q"], "spatial_y": ["N", "C", "P", "R", "S", "G"]},
        "Pads": {
            "temporal": ["K", "C", "P", "S", "G"],
            "keep": ["Weights"],
            "bypass": ["Outputs"],
        },
    }
    assert [note.what for note in found.not_modelled] == [
        "two fan-outs in a row: one mesh here, of the products"
    ]
    assert not found.single_axis


@pytest.mark.parametrize(
    ("constraint", "what"),
    [
        ("type: temporal, target: Pads, factors: C=2", "factor C = 2: any"),
        ("type: temporal, target: Pads, factors: C<=2", "factor C <= 2: any"),
        ("type: temporal, target: Pads, factors: C>1", "factor C > 1: any"),
        ("type: temporal, target: Buffer, factors: R=0", "all of R loops here"),
        ("type: temporal, target: Pads, permutation: RC", "order of loops R C"),
        ("type: utilization, target: Pads, min: 0.5", "constraint on utilization"),
        ("type: spatial, target: Buffer, no_link_transfer: [Weights]", "no_link_transfer: not"),
    ],
)
def test_what_has_no_counterpart_is_named(constraint: str, what: str, tmp_path: Path) -> None:
    text = f"constraints:\n- {{{constraint}}}\n"
    found, _ = dataflow(tmp_path, text)
    notes = [note for note in found.not_modelled if note.file.endswith("file2.yaml")]
    assert len(notes) == 1
    assert what in notes[0].what
    assert notes[0].line == 2


def test_an_order_of_one_loop_is_no_restriction(tmp_path: Path) -> None:
    factors = "N=1 C=1 M=1 P=1 R=1 S=1"
    text = f"constraints: [{{type: temporal, target: Pads, factors: {factors}, permutation: QR}}]"
    found, levels = dataflow(tmp_path, text)
    assert levels["Pads"] == {"temporal": ["Q", "G"]}
    assert all("order" not in note.what for note in found.not_modelled)


@pytest.mark.parametrize(
    ("constraint", "message"),
    [
        ("type: temporal, target: Pad, factors: C=1", "unknown level"),
        ("type: tempral, target: Pads, factors: C=1", "unknown type"),
        ("type: temporal, target: Pads, factors: Z=1", "unknown dimension"),
        ("type: temporal, target: Pads, factors: C=one", "not a factor"),
        ("type: temporal, target: Pads, factors: C=1 C=2", "two factors"),
        ("type: temporal, target: Pads, permutation: CC", "twice in an order"),
        ("type: temporal, target: Pads, fctors: C1", "unknown key"),
        ("type: bypass, target: Main, bypass: [Weights]", "outermost level keeps"),
        ("type: bypass, target: Dummy, keep: [Weights]", "kept where it cannot be"),
        ("type: bypass, target: Pads, keep: [Weight]", "unknown data space"),
        ("target: Pads, factors: C1", "without target or type"),
        ("type: temporal, target: 7", "no such level"),
    ],
)
def test_what_is_no_constraint(constraint: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        dataflow(tmp_path, f"constraints:\n- {{{constraint}}}\n")
    assert str(caught.value.file).endswith("file2.yaml: line 2")
    assert str(caught.value.key_path).startswith("constraints[0]")


def test_a_fan_out_that_is_no_level_counts_as_the_level_that_keeps_nothing(tmp_path: Path) -> None:
    """Timeloop has a level there; here it is a part of the fan-out above, with equal counts."""
    nests = """
mapping:
- {target: Main, type: temporal, factors: M=4, permutation: M}
- {target: Buffer, type: temporal, factors: P=6 Q=6 C2, permutation: PQC}
- {target: Buffer, type: spatial, factors: M=2 C=2, permutation: MC}
- {target: Dummy, type: bypass, bypass: [Weights, Inputs, Outputs]}
- {target: Dummy, type: spatial, factors: R=3, permutation: R, split: 0}
- {target: Pads, type: temporal, factors: S=3, permutation: S}
"""
    found = []
    for text in (FLAT, FLAT.replace("entries: 0", "entries: 1")):
        it = imported(tmp_path, text, CONV, nests)
        assert it.layer is not None
        assert it.architecture is not None
        assert it.mapping is not None
        assert it.costs is not None
        figures = simulate(it.layer, it.architecture, it.mapping, it.costs)
        assert figures.valid
        counts = {x.name: x.data_spaces for x in figures.levels if x.name != "Dummy"}
        found.append((figures.energy_pj, figures.latency_cycles, counts))
    assert found[0] == found[1]
