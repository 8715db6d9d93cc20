"""Benchmarks of accuracies: the table is of all networks and can be made again; shares by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks import digits_table, hot_start, hw_nas_bench, pruning
from bohwsw.accuracy import TableSource, TrainSource
from bohwsw.accuracy.table_file import find_table


def test_the_table_has_every_network_and_rows_are_made_again() -> None:
    networks = digits_table.points()
    stored = TableSource("digits-cnn")
    known = {tuple(key) for key in stored.rows}
    assert len(networks) == len(set(map(str, networks))) == 600
    for epochs in digits_table.EPOCHS:
        assert all((*point.values(), epochs) in known for point in networks)
    assert len(known) == 1200
    source = TrainSource("digits-cnn", epochs=(2,), seeds=(3,), cache=None)
    (row,) = digits_table.rows(source, networks[:1], print)
    # Another processor may round otherwise: one of 539 digits is 0.19 points.
    (known_row,) = list(csv.DictReader(digits_table.content([row]).splitlines()))
    with open(find_table("digits-cnn"), encoding="utf-8") as stream:
        first = next(csv.DictReader(stream))
    assert list(known_row) == list(first)
    assert float(known_row["accuracy_percent"]) == pytest.approx(
        float(first["accuracy_percent"]), abs=2.0
    )


def test_hypervolumes_and_structures_are_counted_by_hand() -> None:
    rows = [
        {"bits": 4, "accuracy_percent": 75.0},  # 75 - 50 from 4 to 16 bits: two halvings
        {"bits": 8, "accuracy_percent": 70.0},  # dominated
        {"bits": 8, "accuracy_percent": 95.0},  # 95 - 75 from 8 to 16 bits: one
    ]
    assert hot_start.hypervolume(rows, 2, 16) == pytest.approx((25 * 2 + 20) / (3 * 50))
    assert len(hot_start.structures(quick=False)) == 60
    assert len(hot_start.structures(quick=True)) == 6
    point = {"width": 4, "depth": 1, "kernel": 3, "operator": "conv"}
    bits = hot_start.weight_bits({**point, "weight_bits": 3, "activation_bits": 8})
    assert bits == 3 * (4 * 9 + 10 * 16)


def test_fronts_and_areas_by_hand() -> None:
    accuracies = np.array([90.0, 92.0, 92.0, 91.0, 95.0, 95.0, 80.0])
    latencies = np.array([1.0, 2.0, 2.0, 2.0, 3.0, 4.0, 1.0])
    assert hw_nas_bench.front(accuracies, latencies).tolist() == [0, 1, 2, 4]
    scores, labels = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert hw_nas_bench.area_under_curve(scores, labels) == (2 + 1.5) / 4


def test_fronts_of_the_shipped_columns() -> None:
    accuracies = hw_nas_bench.stored_columns()["accuracy_percent"]
    rows = {row["device"]: row for row in hw_nas_bench.fronts(accuracies)}
    assert set(rows) == set(hw_nas_bench.DEVICES)
    assert rows["eyeriss"]["latencies"] == 27 >= rows["eyeriss"]["points"]
    assert all(row["points"] <= row["networks"] for row in rows.values())
    (ways,) = hw_nas_bench.ways_to_count({"test12": accuracies})
    assert ways["fpga"] == "13 / 37 / 31"


def test_records_depend_on_the_order_of_equals() -> None:
    latencies = np.array([1.0, 1.0, 2.0])
    assert hw_nas_bench.records(np.array([1.0, 2.0, 3.0]), latencies) == 3
    assert hw_nas_bench.records(np.array([2.0, 1.0, 3.0]), latencies) == 2


def test_features_of_a_cell_by_hand() -> None:
    # Node 1 is fed by nothing, so a convolution of zeros leads to node 2; the rest is a shortcut.
    cell = {"0_1": "none", "0_2": "avg_pool_3x3", "1_2": "nor_conv_3x3"}
    cell |= {"0_3": "skip_connect", "1_3": "none", "2_3": "none"}
    columns = {f"edge_{edge}": np.array([operator]) for edge, operator in cell.items()}
    (row,) = hw_nas_bench.cell_features(columns)
    found = dict(zip(hw_nas_bench.FEATURES, row, strict=True))
    assert {name for name, number in found.items() if number} == {
        *("node 2 is fed", "node 3 is fed", "none into node 1", "none into node 3"),
        *("nor_conv_3x3 into node 2", "avg_pool_3x3 into node 2", "skip_connect into node 3"),
        "nor_conv_3x3 of zeros",
    }
    assert found["none into node 3"] == 2


def test_features_of_cells_tell_what_an_edge_tpu_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    without, told = hw_nas_bench.learned([300], 1, print)
    assert told["auc"] > 0.98 > without["auc"] > 0.9
    monkeypatch.setattr(hw_nas_bench, "SEARCHES", hw_nas_bench.SEARCHES[::2])
    random, searched = hw_nas_bench.searched(0, 20, 1, print)
    assert (random["features"], searched["features"]) == ("none", "of the cell")
    assert searched["missed"] < 1


def test_pruned_networks_have_what_is_measured_and_cost_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "EVALUATIONS", 100)
    source = TrainSource(pruning.MODEL, epochs=(2,), seeds=(1,), cache=None)
    rows = [row for row in pruning.pruned(8, source, lambda _: None) if row["weight_bits"] == 8]
    assert len(rows) == 1 + 5 + 5 + 1
    single = [row for row in rows if row["pattern"] == "weights"]
    assert [row["sparsity"] for row in single] == [0.0, 0.25, 0.5, 0.7, 0.8, 0.9]
    for name in ("density_percent", *pruning.FIGURES):
        found = [row[name] for row in single]
        assert found == sorted(found, reverse=True)
    assert single[0]["edp_pj_cycles_ratio"] == 1.0 > single[-1]["edp_pj_cycles_ratio"]
    assert single[0]["accuracy_percent"] > single[-1]["accuracy_percent"]
    (two,) = (row for row in rows if row["pattern"] == "2:4")
    # Of the nine weights of a filter of the first layer five are left, of all others a half.
    assert two["density_percent"] == pytest.approx(
        100 * (40 + 576 + 320) / (72 + 1152 + 640), abs=1
    )


def test_cut_networks_are_held_against_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(hot_start, "WIDTHS", (8, 4))
    few = [point for point in hot_start.structures(True) if point["width"] in hot_start.WIDTHS]
    cold, cold_seconds = hot_start.from_nothing(few, 1)
    hot, hot_seconds, given_seconds = hot_start.from_trained([(2, "conv")], 1)
    assert len(few) == 2
    assert hot[:5] == cold[5:]  # the network that is given is one of those trained from nothing
    assert {row["bits"] for row in hot} == {row["bits"] for row in cold}
    assert 0 < hot_seconds < given_seconds < cold_seconds
    again = hot_start.from_trained([(2, "conv")], 1)
    assert again == (hot, hot_seconds, given_seconds)
