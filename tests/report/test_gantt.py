"""Several cores on one axis of time: what buffers hold and what the DRAM moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bohwsw.codesign import load_design
from bohwsw.report import read_source, report_data, report_page
from bohwsw.report.gantt import Lane, buffer_lanes, dram_lane, gantt


@pytest.fixture(scope="module")
def told(scheduled: Path) -> Any:
    return report_data(read_source(scheduled))["designs"][0]


def test_each_node_moves_its_bits(told: Any, scheduled: Path) -> None:
    timeline = load_design(scheduled).timeline
    assert timeline is not None
    nodes, lane = told["schedule"]["nodes"], dram_lane(told)
    assert sum(x["dram_bits"] for x in nodes) == pytest.approx(timeline.dram_bits)
    assert lane.mean(timeline.latency_cycles) * timeline.latency_cycles == pytest.approx(
        timeline.dram_bits
    )
    assert lane.peak() >= lane.mean(timeline.latency_cycles)


def test_buffers_hold_what_mappings_say_and_no_more(told: Any) -> None:
    lanes = buffer_lanes(told)
    assert {lane.name.split(": ")[0] for lane in lanes} <= {x["name"] for x in told["cores"]}
    for lane in lanes:
        assert lane.most is not None
        assert 0 < lane.peak() <= lane.most
        assert lane.cycles_above() == 0.0
    node = told["schedule"]["nodes"][0]
    layer = next(
        x
        for x in told["layers"]
        if (x["network"], x["core"], x["name"]) == (node["network"], node["core"], node["layer"])
    )
    level = next(x for x in layer["levels"][1:] if x["words"][0])
    lane = next(x for x in lanes if x.name == f"{node['core']}: {level['name']}")
    held = next(value for start, _, value, _ in lane.spans if start == node["start_cycle"])
    assert held == level["words"][0] * level["instances"][0]


def test_what_runs_at_once_adds_up() -> None:
    spans = [(0.0, 10.0, 3.0, "a"), (5.0, 20.0, 4.0, "b")]
    lane = Lane("DRAM", "bits a cycle", 5.0, spans)
    assert list(lane.steps()) == [(0.0, 5.0, 3.0), (5.0, 10.0, 7.0), (10.0, 20.0, 4.0)]
    assert (lane.peak(), lane.cycles_above(), lane.mean(20.0)) == (7.0, 5.0, 4.5)
    schedule = {"networks": {"a": 10, "b": 20}, "latency_cycles": 20.0, "nodes": []}
    drawn = gantt("t", schedule, ["core"], [lane])
    paths = [x for x in drawn.split("<path")[1:] if "DRAM, " in x]
    assert [x.count("h-") for x in paths] == [2, 2]


def test_the_page_says_what_is_asked_of_the_dram(scheduled: Path) -> None:
    page = report_page(report_data(read_source(scheduled)))
    assert "Buffers and DRAM in the course of the schedule" in page
