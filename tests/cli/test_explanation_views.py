"""Explanations as tables, sentences and plain data."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.cli.explanation_views import (
    explanation_data,
    summary_lines,
    traffic_table,
    use_table,
    what_if_data,
    what_if_notes,
    what_if_table,
)
from bohwsw.codesign.machine_variants import WhatIfs, what_if
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.explanation import Explanation, explain
from bohwsw.simulator.reference import simulate
from bohwsw.tech.catalogue import technology
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import Layer

LAYER = Layer("K4C2", K=4, C=2)
PAT = technology("timeloop-pat")


def explained(read: float | None = None, hop_energy_pj: float = 0.25) -> Explanation:
    """Two of four MACs on X; with a bandwidth the buffer throttles them."""
    levels = (
        StorageLevel("DRAM", kind="dram"),
        StorageLevel("GLB", entries=15, read_words_per_cycle=read),
    )
    wide = Architecture("wide", levels, MacArray(16, 4, 1))
    block = LevelNest((("K", 2), ("C", 2)), spatial_x=(("K", 2),))
    mapping = Mapping((LevelNest(), block))
    evaluation = simulate(LAYER, wide, mapping, costs(2, hop_energy_pj))
    return explain(LAYER, wide, mapping, evaluation)


def answers(**options: Any) -> WhatIfs:
    return what_if(MapSpace(LAYER, machine(glb=6)), costs(3), seconds=20.0, **options)


def half_proven(found: WhatIfs) -> WhatIfs:
    """The same answers with bounds of half the objective, as searches leave that end early."""
    changes = []
    for change in found.changes:
        bound = change.after.objective / 2
        changes.append(
            replace(change, after=replace(change.after, lower_bound=bound, proven=False))
        )
    return replace(found, changes=tuple(changes))


def shown(table: object) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined]


def row_of(text: str, *words: str) -> list[str]:
    """The cells of the one row that starts with these words."""
    (row,) = (line.split() for line in text.splitlines() if line.split()[: len(words)] == [*words])
    return row[len(words) :]


def test_data_is_json_and_adds_up() -> None:
    explanation = explained()
    data = json.loads(json.dumps(explanation_data(explanation), allow_nan=False))
    levels = data["levels"]
    energy_pj = data["mac"]["energy_pj"]
    for level in levels:
        energy_pj += level["network_energy_pj"]
        energy_pj += sum(use["energy_pj"] for use in level["data_spaces"].values())
    assert energy_pj == pytest.approx(data["energy_pj"])
    assert sum(part["energy_pj"] for part in data["energy_parts"]) == pytest.approx(energy_pj)
    assert data["edp_pj_cycles"] == pytest.approx(data["energy_pj"] * data["latency_cycles"])
    assert levels[1]["capacity_words"] == {"used": 14, "available": 15, "share": 14 / 15}
    assert levels[0]["read_words_per_cycle"]["available"] is None
    assert data["mac"]["axes"][0]["fanouts"][0]["loops"] == [["K", 2]]
    assert data["binding"][0]["resource"] == "compute"
    assert data["nearly_full"] == ["GLB"]
    assert data["summary"] == summary_lines(explanation)


def test_tables_hold_every_level_and_the_rows_of_network_and_macs() -> None:
    explanation = explained()
    text = shown(traffic_table(explanation))
    assert "…" not in text
    assert row_of(text, "GLB", "Inputs")[:3] == ["4", "2", "0"]
    network = row_of(text, "below", "GLB", "network")
    assert network[1] == f"{explanation.levels[1].network_energy_share:.1%}"
    assert row_of(text, "MAC", "operations")[0] == "8"
    assert "below" not in shown(traffic_table(explained(hop_energy_pj=0.0)))
    uses = shown(use_table(explained(read=1.0)))
    assert row_of(uses, "MAC") == ["2", "of", "4"]
    assert row_of(uses, "GLB")[3:11] == ["14", "of", "15", "93%", "1", "of", "1", "100%"]
    assert "…" not in uses


def test_the_summary_says_what_binds_and_why_units_are_idle() -> None:
    free, throttled = summary_lines(explained()), summary_lines(explained(read=1.0))
    assert free[0].startswith("Compute sets the latency (4 cycles): 2 of 4 MACs")
    assert free[1] == (
        "Mesh X is not filled: 2 of 4 in use (K2 below GLB); "
        "perfect factors of the layer could fill 4."
    )
    assert "GLB (14 of 15 words)" in free[2]
    assert "DRAM Weights" in free[3]
    assert throttled[0].startswith(
        "The read bandwidth of GLB sets the latency (16 cycles): 4 words"
    )
    assert "take 4 times as long" in throttled[0]


def test_what_if_as_data_and_table() -> None:
    found = half_proven(answers())
    data = json.loads(json.dumps(what_if_data(found), allow_nan=False))
    ratios = [change["ratio"] for change in data["changes"]]
    assert ratios == sorted(ratios)
    assert ratios[0] < 1
    for change in data["changes"]:
        assert change["before"] == data["before"]["objective"]
        after = change["after"]
        assert change["ratio"] == pytest.approx(after["objective"] / change["before"])
        assert change["least_ratio"] == pytest.approx(after["lower_bound"] / change["before"])
        assert after["objective"] == after["energy_pj"] * after["latency_cycles"]
    text = shown(what_if_table(found))
    assert "…" not in text
    assert "100.0%, stopped" in text
    assert f"{ratios[0]:.3f}" in text.splitlines()[3 if text.startswith("one") else 2]
    assert all(name in text for name in ("GLB capacity", "Spad capacity", "MAC array, mesh x"))


def test_notes_say_how_capacities_are_priced() -> None:
    kept, priced = (" ".join(what_if_notes(answers(**o))) for o in ({}, {"technology": PAT}))
    assert "for want of a price: " in kept
    assert "GLB" in kept
    assert "priced again" in priced
    assert "for want" not in priced
