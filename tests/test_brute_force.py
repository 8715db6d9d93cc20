"""The brute force that judges the proofs: Timeloop's own figures, and its own short cuts."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from benchmarks.proofs.rules import DIMS, PRICES, SPACES, cost, violations

DATA = Path(__file__).parent / "data" / "timeloop"
PRINTED = 4e-7
"""Figures are printed with two decimals, so tiny cases differ by this much."""


def golden(name: str) -> list[dict[str, Any]]:
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt") as lines:
        return [json.loads(line) for line in lines]


def plain_layer(case: dict[str, Any]) -> dict[str, int]:
    sizes = {dim: case["layer"].get(dim, 1) for dim in DIMS}
    for ours, theirs in (("stride", "stride"), ("dilation", "dilation")):
        sizes[f"{ours}_w"] = case["layer"].get(f"W{theirs}", 1)
        sizes[f"{ours}_h"] = case["layer"].get(f"H{theirs}", 1)
    return sizes


def plain_machine(case: dict[str, Any]) -> dict[str, Any]:
    arch, levels = case["arch"], []
    meshes = [
        [
            level.get(f"mesh_{axis}", arch[f"mesh_{axis}"] if level["scope"] == "pe" else 1)
            for axis in "xy"
        ]
        for level in arch["levels"]
    ] + [[arch["mesh_x"], arch["mesh_y"]]]
    for i, level in enumerate(arch["levels"]):
        levels.append(
            {
                "entries": level["entries"],
                "block": level["block_size"],
                "read_bw": level["read_bw"],
                "write_bw": level["write_bw"],
                "keeps": set(SPACES),
                "fan_x": meshes[i + 1][0] // meshes[i][0],
                "fan_y": meshes[i + 1][1] // meshes[i][1],
                "hop": level["hop_energy"] or 0.0,
                **level["energy"],
            }
        )
    return {"levels": levels, "mac": arch["mac"]["energy"]}


def plain_mapping(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "temporal": tuple((d, b["temporal"][d]) for d in b["order"] if b["temporal"][d] > 1),
            "keep": set(b["keep"]),
            **{
                axis: tuple((d, f) for d, f in b.get(axis, ()) if f > 1)
                for axis in ("spatial_x", "spatial_y")
            },
        }
        for b in case["mapping"]
    ]


@pytest.mark.parametrize("name", ["golden_small", "golden_hier_small", "golden_hier_dev"])
def test_costs_are_those_of_timeloop(name: str) -> None:
    for case in golden(name):
        machine, expected = plain_machine(case), case["expected"]["base"]
        energy, cycles, counts = cost(plain_layer(case), machine, plain_mapping(case))
        assert energy == pytest.approx(expected["energy_pj"], rel=PRINTED), case["id"]
        assert abs(cycles - expected["cycles"]) <= 1, case["id"]
        for i, level in enumerate(case["arch"]["levels"]):
            spaces = expected["levels"][level["name"]]["ds"]
            for s, space in enumerate(SPACES):
                theirs = [spaces.get(space, {}).get(f"{p}s", 0) for p in PRICES]
                assert [counts[s][i][p] for p in PRICES] == theirs, (case["id"], level, space)


@pytest.mark.parametrize("name", ["golden_validity", "golden_hier_validity"])
def test_strict_verdicts(name: str) -> None:
    verdicts = set()
    for case in golden(name):
        broken = violations(plain_layer(case), plain_machine(case), plain_mapping(case))
        wanted = case.get("valid_strict", case["valid"])
        assert (not broken) == wanted, case["id"]
        verdicts.add(wanted)
    assert verdicts == {False, True}


@pytest.mark.parametrize("name", ["golden_small", "golden_hier_small"])
def test_the_walk_by_recursion_is_the_plain_walk(name: str) -> None:
    for case in golden(name):
        given = plain_layer(case), plain_machine(case), plain_mapping(case)
        if sum(len(block["temporal"]) for block in given[2][:-1]) <= 9:
            assert cost(*given) == cost(*given, plainly=True), case["id"]
