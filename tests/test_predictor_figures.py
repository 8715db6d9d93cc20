"""Figures of latency tables, NN-Degree and named terms, in their quick forms."""

import numpy as np
import pytest

from benchmarks.searches import channel_factors, predictors
from bohwsw.accuracy import measured_rows


def test_a_table_of_eyeriss_is_exact_with_a_base_only():
    points, values = measured_rows("nas-bench-201", "eyeriss_latency_ms")
    chosen = points[::13], np.array(values[::13])
    with_base, rank = predictors._table_error("x_ms", *chosen, 0, {"parts": ["edge_*"]})
    options = {"parts": ["edge_*"], "base": False}
    without, _ = predictors._table_error("x_ms", *chosen, 0, options)
    assert with_base < 0.1 < 3.0 < without
    assert rank > 0.99


def test_operators_whose_result_is_lost_are_none():
    conv = dict.fromkeys(("edge_0_1", "edge_0_2", "edge_1_2", "edge_0_3", "edge_1_3"), "conv")
    assert predictors.without_lost({**conv, "edge_2_3": "conv"}) == {**conv, "edge_2_3": "conv"}
    left = predictors.without_lost({**conv, "edge_1_3": "none", "edge_2_3": "none"})
    assert [name for name, x in left.items() if x != "none"] == ["edge_0_3"]


def test_a_table_of_the_simulator_is_exact():
    found = predictors.simulator_table(1, None)
    assert found["off"] == found["gap"] == 0
    assert found["layers"] > 3


def test_nn_degree_ranks_once_for_alls_networks():
    found = predictors.nn_degree(5, None, most=120)
    assert found["by_depth_rmse"] < 0.35
    assert found["by_depth_rank"] > 0.965
    assert found["literal_rank"] < 0.92
    assert found["stages_literal_rank"] < 0.88 < 0.965 < found["stages_by_depth_rank"]
    assert found["by_depth_rmse"] < found["macs_rmse"] < found["literal_rmse"]


def test_terms_with_interactions_are_nearer_and_their_intervals_hold():
    found = predictors.linear_terms(2, None, most=500)
    assert found["ofa_error"] < found["ofa_without_interactions"] < found["ofa_deviation"]
    assert found["noise"] < found["noisy_error"] < 1.25 * found["noise"]
    assert 0.85 < found["held"] <= 1.0


def test_a_latency_that_no_random_network_has_is_met_within_two_limits():
    found = channel_factors._best("evolutionary", 50.0, False, 0)
    assert found.metrics["ms"] == pytest.approx(50.0, rel=0.01)
    latencies = [
        channel_factors.tables()[0](point)
        for point in channel_factors.space().sample(200, np.random.default_rng(0))
    ]
    assert min(latencies) > 50.5


def test_foxnas_rows_are_read_under_the_names_of_its_knobs(tmp_path):
    names, values = ["acc", "latency"], [70.0, 40.0]
    for before, stage in ((16, 24), (24, 40), (40, 80), (80, 112), (112, 160)):
        names += [f"tot_{stage}", f"avg_e_{stage}", f"avg_k_{stage}"]
        names += [f"tot_e_{before}_{stage}", f"tot_k_{before}_{stage}"]
        values += [stage, 1, 2, 3, 4]
    point = predictors._foxnas_point({n: str(v) for n, v in zip(names, values, strict=True)})
    assert (point["acc"], point["depth_80"], point["first_kernel_160"]) == (70.0, 80.0, 4.0)
    assert len(predictors.foxnas_terms()) == 40
    assert len(predictors.foxnas_terms(latency=True)) == 35
