"""The benchmark of published searches: its problems are right, it runs, its figures hold."""

import json
from functools import cache

import numpy as np
import pytest

from benchmarks.provenance import provenance
from benchmarks.searches import digits_graph, edge, figures, robust, robust_digits, runner
from benchmarks.searches.__main__ import main
from benchmarks.searches.foxnas import DOMAINS, STAGES, optimum, predicted
from benchmarks.searches.layer_costs import LayerCosts, stored
from benchmarks.searches.page import markdown
from benchmarks.searches.problems import ofa_block_mmacs, problem
from benchmarks.searches.run import budget, search
from bohwsw.codesign import load_space
from bohwsw.strategies import Strategy, TrialState
from bohwsw.workload import load_model


@pytest.mark.parametrize(("limit", "best"), [(30, 69.1662), (40, 71.7062), (55, 73.6787)])
def test_the_optimum_of_foxnas_is_exact(limit, best):
    assert optimum(limit) == pytest.approx(best, abs=1e-4)


def test_no_network_of_foxnas_beats_its_optimum():
    space = problem("foxnas").space
    least = {f"{name}_{c}": values[0] for name, values in DOMAINS.items() for c in STAGES}
    assert predicted(least)[1] < 30.0
    for point in space.sample(300, np.random.default_rng(0)):
        error, latency = predicted(point)
        assert 100.0 - error <= optimum(40.0 * np.ceil(latency / 40.0))


def test_macs_of_once_for_alls_blocks_are_those_of_its_network():
    model = load_model("ofa-mobilenet-v3")
    points = [model.default, *model.space.sample(3, np.random.default_rng(1))]
    points = [{**point, "resolution": 224} for point in points]
    rest = [model.network(p).macs / 1e6 - ofa_block_mmacs(p) for p in points]
    assert rest == pytest.approx([rest[0]] * 4, abs=1e-6)
    assert 0.0 < rest[0] < 50.0


def test_a_network_on_an_edge_machine_costs_what_its_layers_do():
    subject = problem("edge")
    (point,) = subject.space.sample(1, np.random.default_rng(3))
    machines, model = load_space(edge.EDGE), load_model(edge.OFA)
    machine = {name: point[name] for name in edge.EDGE_MACHINES}
    cost = LayerCosts(machines.hardware(machines.with_point(machine)), "latency")
    network = model.network(model.with_point({k: v for k, v in point.items() if k not in machine}))
    cycles = sum(entry.count * cost(entry.layer)[0] for entry in network.unique_layers())
    assert subject.measured(point)[1] == pytest.approx(cycles / 800e3, rel=1e-5)


def test_the_optimum_on_edge_machines_is_that_of_their_table():
    block_ms, rest_ms = stored("edge_block_ms"), stored("edge_rest_ms")
    chosen = np.argsort(rest_ms)[::40]
    assert len(rest_ms) == len(edge.edge_machine_points())
    assert problem("edge").optimum <= edge.edge_optimum(block_ms[chosen], rest_ms[chosen])


def test_machines_alone_are_worth_their_edp():
    subject = problem("equal_area")
    points = subject.space.sample(2, np.random.default_rng(0))
    outcomes = [subject.evaluate(point) for point in points]
    assert min(outcome.objective for outcome in outcomes) > subject.optimum
    assert search(subject, "random", 0, 2).costs == [1.0, 1.0]


def test_a_cost_counts_trainings_and_a_network_only_once():
    subject = problem("digits")
    run = search(subject, "two_level", 0, 40, cost=budget(subject, 40))
    trained = round(sum(run.costs) - len(run.costs)) // 100
    assert 0 < trained <= run.trainings
    assert len(run.errors) == 120 or sum(run.costs) >= budget(subject, 40)
    n = run.trials_for(500.0)
    assert sum(run.costs[:n]) <= 500.0 < sum(run.costs[: n + 1])


def test_digits_are_trained_for_real():
    subject, table = problem("digits_trained"), problem("digits")
    fast = {"width": 4, "depth": 1, "kernel": 3, "operator": "conv"}
    bits = {"weight_bits": 4, "activation_bits": 8}
    point = {**fast, **bits, "mesh_x": 14, "weight_entries": 48}
    if subject.measured(point)[1] > subject.limit:
        pytest.skip("over the limit")
    assert subject.measured(point)[0] == pytest.approx(table.measured(point)[0], abs=3.0)


def test_a_killed_benchmark_goes_on_where_it_stopped(tmp_path, capsys):
    store = tmp_path / "searches.jsonl"
    asked = ["--quick", "--json", "--only", "macro,random", "--store", str(store)]
    assert main([*asked, "--seeds", "1"]) == 0
    first = json.loads(capsys.readouterr().out)
    kept = store.read_text()
    assert main([*asked, "--seeds", "1"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["rows"], store.read_text()) == (first["rows"], kept)
    assert main([*asked, "--seeds", "2", "--again", "random"]) == 0
    assert len(store.read_text().splitlines()) == 3
    capsys.readouterr()
    assert main([*asked, "--seeds", "9", "--stored"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["seeds"] == 2
    assert len(store.read_text().splitlines()) == 3


@pytest.mark.parametrize("name", ["nb201", "macro", "ofa", "digits", "edge"])
def test_the_optimum_of_a_table_is_that_of_its_networks(name):
    subject = problem(name)
    outcomes = [subject.evaluate(p) for p in subject.space.sample(300, np.random.default_rng(2))]
    trained = [o.objective for o in outcomes if o.state is TrialState.COMPLETED]
    assert subject.optimum <= min(trained)
    for outcome in outcomes:
        assert (outcome.metrics[subject.cost] <= subject.limit) == (outcome.objective is not None)


@cache
def median_regret(problem_name, name, seeds, evaluations, **options):
    subject = problem(problem_name)
    runs = [search(subject, name, seed, evaluations, **options) for seed in range(seeds)]
    return float(np.median([run.best for run in runs])) - subject.optimum


def test_annealing_on_the_polynomial():
    assert median_regret("foxnas", "annealing", 2, 1000) < 0.6
    assert median_regret("foxnas", "random", 2, 1000) > 1.2


def test_the_bayesian_strategy_on_the_polynomial():
    found = figures.bayesian(1, None, evaluations=60)
    assert 72.0 < found["worst"] == found["median"] <= optimum(55) + 1e-9


def test_the_command_runs_and_says_what_a_search_does_not_support(monkeypatch, capsys):
    monkeypatch.setattr(Strategy, "supports", classmethod(lambda cls, space: "too large"))
    assert main(["--quick", "--json", "--only", "macro,random"]) == 0
    refused = json.loads(capsys.readouterr().out)
    assert refused["refused"] == [{"problem": "macro", "strategy": "random", "why": "too large"}]
    monkeypatch.undo()
    assert main(["--quick", "--only", "macro,random,evolutionary", "--seeds", "1"]) == 0
    page = capsys.readouterr().out
    assert "| random |" in page
    assert "## Mean ranks at equal cost" in page
    assert main(["--only", "macroo"]) == 2
    assert "macro" in capsys.readouterr().err


def test_an_infinite_regret_is_no_figure_and_the_page_says_who_is_better_than_ours():
    row = {"problem": "foxnas", "evaluations": 9, "infeasible": 1.0, "tried_cost": 9, "seconds": 0}
    row |= {"trained": 0, "trained_cost": 0, "best": None, "best_cost": None}
    rows = [
        {**row, "strategy": "random"},
        {**row, "strategy": "bayesian", "best": 27.0, "best_cost": 28.0},
        {**row, "strategy": "annealing", "best": 28.0, "best_cost": 27.0},
    ]
    found = runner.summary([problem("foxnas")], rows)
    json.dumps(found, allow_nan=False)
    worst, ours, other = found["rows"]
    assert worst["best"] is None
    assert (ours["best_least"], ours["best_cost_least"]) == (True, False)
    assert (other["best_below_ours"], other["best_cost_below_ours"]) == (False, True)
    assert next(rank["strategy"] for rank in found["ranks"]["best"]) == "bayesian"
    results = {**found, "provenance": provenance(), "benchmark": "searches", "quick": True}
    page = markdown({**results, "seeds": 1, "refused": [], "made": []})
    assert "| foxnas | `bayesian` | none | `annealing` | `annealing` |" in page


def test_policy_gradient_beats_random_search_without_a_limit():
    found = figures.policy_gradient(2, None)
    assert found["random"] < found["policy_gradient"] <= found["optimum"]
    assert found["random"] < found["two_level"] <= found["optimum"]
    found = figures.policy_gradient_rnn(1, None, evaluations=60)
    assert found["optimum"] - 3.0 < found["policy_gradient"] <= found["optimum"]


def test_two_levels_need_fewer_trainings():
    found = figures.two_level(2, None)
    assert found["over_the_limit"] < 20
    assert found["ratio_to_300_trainings"] > 1.5


def test_shrinking_evolution_is_within_a_tenth_of_a_point():
    found = figures.shrinking_evolution(1, None)
    assert found["shrinking_evolution_worst"] <= found["goal"]


def test_a_distribution_needs_half_of_the_samples_where_entropy_says_how_many():
    found = figures.distribution(1, None)
    assert found["adaptive_samples"] < 0.5 * found["fixed_samples"]
    assert found["adaptive"] > found["fixed"] - 0.3


@pytest.mark.parametrize(
    ("name", "most"), [("two_stage", 1.0), ("progressive", 1.0), ("coordinate_descent", 0.5)]
)
def test_a_search_comes_near_the_optimum_within_limits(name, most):
    found = figures.FIGURES[name](1, None)
    assert 0.0 <= found[f"macro_{name}"] < most
    assert 0.0 <= found[f"nb201_{name}"] < most
    assert 0 < found[f"nb201_{name}_trainings"] <= 300


def test_shgo_by_stage_solves_the_polynomial():
    found = figures.shgo_polynomial()
    assert found["goal"] <= found["accuracy"] <= optimum(55) + 1e-9
    assert found["latency_ms"] <= 55.0
    assert found["seconds"] < 3.0


def test_a_graph_that_loses_edges_is_smaller_and_no_worse():
    found = figures.edge_shrinking(1, None)
    assert found["trainings"] <= 22
    assert found["points_lost"] <= 0.5
    assert found["share_of_latency"] <= 0.7


def test_a_graph_is_trained_on_the_digits_with_the_edges_that_it_has():
    whole = dict.fromkeys(digits_graph.SPACE.names, True)
    assert digits_graph.macs(whole) == 64 * (6 * 24 + 10) + 15 * 24 * 24 + 6 * 24 * 10
    direct = {name: name == "edge_0_7" for name in whole}
    outcome = digits_graph.trained(direct, steps=40)
    assert outcome.metrics["macs"] == 640
    assert outcome.objective < 15.0
    assert digits_graph.trained(direct, steps=1).objective > 40.0
    found = digits_graph.shrunk(0, trainings=4, steps=1)
    assert found["trainings"] == 1 + 2 * digits_graph.REPEATS


def test_the_mean_of_a_neighbourhood_foretells_more(tmp_path, monkeypatch):
    """Of a table whose accuracies after few epochs are those after many, with noise."""
    true = np.array(
        [row[0]["cifar100_accuracy_percent"] for row in robust._cells()[2].rows.values()]
    )
    noise = np.random.default_rng(0).normal(0.0, 8.0, len(true))
    file = tmp_path / "accuracies.npz"
    np.savez(file, cifar100_val12=true + noise, cifar100_test200=true)
    monkeypatch.setattr(robust, "EVALUATIONS", 14)
    found = robust.robust(1, file)
    assert found["neighbourhood_spearman"] > found["network_spearman"] + 0.02
    assert found["neighbourhood_random"] < found["random"]
    assert found["robust_worst_seed"] == found["robust"]


def test_the_worst_case_of_an_analog_table(tmp_path, monkeypatch):
    """Of a small table where the best network loses most: noise hurts what is accurate."""
    n = 120
    clean = np.random.default_rng(0).permutation(np.linspace(89.0, 93.0, n))
    analog = clean - np.maximum(0.0, clean - 91.5) * 40.0
    file = tmp_path / "analog.npz"
    figs = {"baseline_accuracy": clean, "ptq_accuracy": clean - 1.0, "analog_accuracy": analog}
    np.savez(file, nb201_index=np.arange(n) * 100, **figs)
    monkeypatch.setattr(robust, "TRIALS", 40)
    found = robust.worst_case(1, file)
    assert found["binding"] == "analog"
    assert found["least_gain"] > 5.0
    assert 0.0 < found["most_clean_lost"] <= 2.0
    assert figures.main(["worst_case"]) == 2


def test_digits_are_searched_against_scenarios():
    found = robust_digits.against_scenarios(0, trainings=3, epochs=1)
    assert found["evaluations"] >= 3
    assert set(found["binding"].split("=")) >= {"rotate"}
    for name in ("clean", "robust"):
        assert 0.0 < found[f"{name}_worst"] <= found[f"{name}_accuracy"]


def test_an_unknown_figure_is_refused(capsys):
    assert figures.main(["anealing"]) == 2
    assert "annealing" in capsys.readouterr().err
