"""The benchmark of optimisers: its problems, its rules, its figures. No timing."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement
from botorch.models.transforms import Normalize

from benchmarks.command import run_command
from benchmarks.optimizers import caution, conditions, first_feasible, frontier, options, runner
from benchmarks.optimizers.__main__ import main
from benchmarks.optimizers.encoding import Encoding
from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.methods.constrained_improvement import OBJECTIVE, ConstrainedImprovement
from benchmarks.optimizers.methods.gp_models import fitted
from benchmarks.optimizers.methods.random import RandomValid
from benchmarks.optimizers.methods.registry import METHODS, OURS, method_class
from benchmarks.optimizers.problems import BUILDERS, problem
from benchmarks.optimizers.problems.listing import best_of_random
from benchmarks.optimizers.problems.many import MANY
from benchmarks.optimizers.ranking import median, ranks
from benchmarks.optimizers.results import TRIALS, VIEWS, figures
from benchmarks.optimizers.run import Trace, evaluate, run
from benchmarks.optimizers.store import Job, Store
from bohwsw.acquisition.trust_region import MANY_PARAMETERS

QUICK = ["matmul_tiling", "hidden_capacity", "mapping_convolution"]


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("held_out", [None, 5])
def test_the_optimum_is_one(name: str, held_out: int | None) -> None:
    subject = problem(name, held_out)
    if subject.optimal_point is not None:
        best = subject.evaluate(subject.optimal_point)
        # Some constraints hold with equality there.
        assert best.feasible or max(best.constraints.values()) < 1e-9
        assert best.objective == pytest.approx(subject.optimum, rel=1e-6, abs=1e-9)
    for point in subject.space.sample(150, np.random.default_rng(0)):
        evaluation = subject.evaluate(point)
        if evaluation.feasible:
            assert evaluation.objective is not None
            assert subject.regret(evaluation.objective) > -1e-6
        if subject.hidden:
            assert not evaluation.constraints


@pytest.mark.parametrize("name", [n for n in BUILDERS if n.startswith(("hidden", "mapping"))])
def test_what_is_hidden_can_be_broken(name: str) -> None:
    subject = problem(name)
    points = subject.space.sample(200, np.random.default_rng(1))
    feasible = [subject.evaluate(point).feasible for point in points]
    assert any(feasible)
    assert not all(feasible)


@pytest.mark.parametrize("name", BUILDERS)
def test_other_tools_see_the_same_points(name: str) -> None:
    subject = problem(name)
    encoding = Encoding(subject.space)
    for point in subject.space.sample(20, np.random.default_rng(2)):
        candidate = encoding.decode(encoding.encode(point))
        assert candidate.can_be_evaluated
        assert candidate.point is not None
        assert subject.space.key(candidate.point) == subject.space.key(point)


@pytest.mark.parametrize("name", ["random", OURS, "paper", "relax_and_round"])
def test_a_method_spends_its_trials(name: str) -> None:
    for problem_name in QUICK:
        subject = problem(problem_name)
        trace = run(subject, method_class(name)(subject, 1), 11)
        assert trace.error is None
        assert len(trace.objective) == len(trace.seconds) == 11
        assert name != OURS or not any(trace.duplicate)


def test_a_broken_method_ends_its_run_only() -> None:
    class Broken(Method):
        def __init__(self, problem: object, seed: int) -> None:
            self.left = 2

        def suggest(self) -> Candidate:
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("out of ideas")
            return Candidate(problem("hidden_product").optimal_point)

        def observe(self, candidate: Candidate, evaluation: object) -> None:
            pass

    trace = run(problem("hidden_product"), Broken(problem("hidden_product"), 0), 10)
    assert trace.error == "RuntimeError: out of ideas"
    assert trace.duplicate == (False, True)
    assert trace.best(10) == problem("hidden_product").optimum


def test_the_acquisition_is_that_of_botorch() -> None:
    generator = torch.Generator().manual_seed(0)
    x = 5.0 * torch.rand(12, 3, dtype=torch.float64, generator=generator)
    y = torch.stack([x[:, 0].sin(), x[:, 1] - 2.0, x[:, 2] * x[:, 0] - 3.0], dim=1)
    bounds = torch.tensor([[0.0] * 3, [5.0] * 3], dtype=torch.float64)
    model = fitted(x, y, Normalize(3, bounds=bounds), (OBJECTIVE, "b", "c"), {})
    ours = ConstrainedImprovement([model], [OBJECTIVE, "b", "c"], 0.3)
    limits = {1: (None, 0.0), 2: (None, 0.0)}
    theirs = LogConstrainedExpectedImprovement(model, 0.3, 0, limits, maximize=False)
    points = 5.0 * torch.rand(20, 1, 3, dtype=torch.float64, generator=generator)
    torch.testing.assert_close(ours(points), theirs(points), atol=1e-3, rtol=1e-3)


def test_ranks_and_medians() -> None:
    assert median(np.array([1.0, 2.0, math.inf])) == 2.0
    assert median(np.array([1.0, math.inf, math.inf])) == math.inf
    regret = {
        "p": {"a": np.array([0.0, 0.0]), "b": np.array([1.0, 1.0])},
        "q": {"a": np.array([0.5, 0.5]), "b": np.array([0.5, 0.5]), "c": np.array([0.0, 0.0])},
    }
    assert ranks(regret).mean == {"a": 1.25, "b": 1.75}


@pytest.mark.parametrize("n_feasible", [1, 4, 9])
def test_random_search_is_known_exactly(n_feasible: int) -> None:
    objective = np.r_[np.arange(float(n_feasible)), np.full(9 - n_feasible, np.inf)]
    bests = sorted(min(draw) for draw in itertools.combinations(objective, 3))
    expected = bests[(len(bests) - 1) // 2]
    assert best_of_random(objective[np.isfinite(objective)], 9, 3) == expected


def test_time_counts() -> None:
    trace = Trace((3.0, None, 1.0), (False,) * 3, (0.0, 5.0, 5.0))
    assert trace.trials_within(3.0, 1.0) == 1
    assert trace.trials_within(8.0, 1.0) == 2
    assert trace.best(2) == 3.0
    assert trace.infeasible == 1


def test_waste_is_counted_in_all_and_until_ours_is_as_good() -> None:
    subject = problem("hidden_product")
    best = subject.optimum
    ours = Trace((None, 2.0 * best, None, best), (False,) * 4, (0.0,) * 4)
    peer = Trace((None, None, None, 2.0 * best), (False,) * 4, (0.0,) * 4)
    careful = Trace((3.0 * best,) * 4, (False,) * 4, (0.0,) * 4)
    traces = {"hidden_product": {OURS: [ours], "paper": [peer], "pymoo_ga": [careful]}}
    found = figures({"hidden_product": subject}, {"hidden_product": 4}, traces)
    assert list(found["mean_rank_of_parts"]) == list(VIEWS)
    assert list(found["mean_rank_of_parts"][TRIALS]) == ["tuned on", "hidden"]
    row = found["hidden"]["hidden_product"]
    assert (row["peer"], row["ratio"]) == ("pymoo_ga", None)
    assert (row["best_peer"], row["ratio_best_peer"]) == ("paper", pytest.approx(2 / 3))
    assert (row["peer_infeasible"], row["ours_infeasible_until_peer"]) == (0.0, 1.0)
    assert row["ours_regret_within_peer"] is None  # the first evaluation is one too many
    cells = found["problems"]["hidden_product"]
    first = [cells[m]["first_feasible"] for m in (OURS, "paper", "pymoo_ga")]
    assert first == [2.0, 4.0, 1.0]
    assert cells["paper"]["nothing_feasible"] == 0
    assert row["ours_infeasible_until_best_peer"] == 1.0
    assert row["ratio_until_best_peer"] == pytest.approx(1 / 3)


def test_finished_runs_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    job = Job("p", "m", 0, 2, None, "abc")
    Store(path).add(job, Trace((1.0, None), (False, False), (0.1, 0.2)))
    with path.open("a") as file:
        file.write('{"problem": "p", "meth')  # killed while writing
    again = Store(path)
    assert again.get(job) == Trace((1.0, None), (False, False), (0.1, 0.2))
    assert Store(path, forget=["m"]).get(job) is None


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "QUICK_TRIALS", 12)
    store = str(tmp_path / "runs.jsonl")
    common = ["--quick", "--problems", "hidden_rules", "--seeds", "1", "--workers", "1"]
    common += ["--store", store]
    assert main([*common, "--methods", f"random,{OURS}", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    cell = results["problems"]["hidden_rules"][OURS]
    assert {"regret_median", "infeasible_share", "duplicates", "cpu_s_per_suggestion"} <= set(cell)
    assert set(results["mean_rank"]) == {"random", OURS}
    assert main([*common, "--finished", "--methods", "random,paper"]) == 0
    assert "**1 runs of the plan are not done yet**" in capsys.readouterr().out
    assert main([*common, "--methods", "randon"]) == 2
    assert "nearest" in capsys.readouterr().err
    assert main(["--problems", "knapsack"]) == 2


def test_the_command_for_caution(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caution, "run_each", map)
    monkeypatch.setattr(caution, "SEEDS", 1)
    arguments = ["--quick", "--json"]
    assert run_command("optimizers.caution", "", caution.run, caution.markdown, arguments) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["problem"] for row in rows[::2]] == ["hidden_product", "hidden_rules", "all"]
    usual, bold = rows[-2:]
    assert (usual["saved"], usual["factor"]) == (0.0, 1.0)
    assert (bold["caution"], bold["saved"] < 0.0) == (0.0, True)


def test_trials_to_the_first_feasible_point(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--quick", "--json"]
    command = first_feasible.run, first_feasible.markdown, arguments
    assert run_command("optimizers.first_feasible", "", *command) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["problem"] for row in rows] == ["thin_shell"] * 2 + ["all"] * 2
    tasks = [first_feasible.Task("thin_shell", 201, seed, "random") for seed in range(2)]
    found = [first_feasible.run_task(task)["first"] or 60 for task in tasks]
    assert rows[0]["mean"] == pytest.approx(sum(found) / 120)
    assert rows[0]["without"] == sum(first == 60 for first in found)


def test_the_frontier_is_of_stored_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert frontier.main(["--quick", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    (facts,), rows = results["summary"], results["rows"]
    ended = [row for row in rows if row["method"].startswith(f"{OURS}, ended")]
    assert [row["infeasible"] for row in ended] == sorted(row["infeasible"] for row in ended)
    assert all(row["infeasible"] <= facts["peer_infeasible"] for row in ended)
    assert facts["infeasible"] >= ended[-1]["infeasible"]
    assert facts["problem"] in frontier.markdown(results)


@pytest.mark.parametrize("method", ["bohwsw", "optuna_tpe", "botorch_mixed"])
def test_methods_are_given_rows_of_a_table_once(method: str) -> None:
    pytest.importorskip("optuna" if method.startswith("optuna") else "botorch")
    trace = run(problem("ofa_told"), method_class(method)(problem("ofa_told"), 0), 14)
    assert trace.error is None
    assert len(trace.objective) == 14
    assert not any(trace.duplicate)


@pytest.mark.parametrize(("method", "n"), [("bohwsw", 11), ("botorch_noisy", 8)])
def test_told_noise_reaches_the_models(method: str, n: int) -> None:
    subject, spread = problem("hidden_product"), 500.0

    def ended(*, is_told: bool) -> Any:
        condition = conditions.Condition("", noise="told" if is_told else True)
        optimiser = conditions._method(method, condition, subject, 0, spread)
        for _ in range(n):
            candidate = optimiser.suggest()
            optimiser.observe(candidate, evaluate(subject, candidate))
        recommended = optimiser.recommended()
        assert recommended is not None
        assert subject.evaluate(recommended).feasible
        return optimiser.suggest().point, recommended

    assert ended(is_told=True) != ended(is_told=False)


@pytest.mark.parametrize("method", ["random", "bohwsw", "optuna_tpe"])
@pytest.mark.parametrize(
    "condition",
    [
        conditions.Condition("noise", noise=True, trials=12),
        conditions.Condition("batches", 4, trials=12),
        conditions.Condition("workers", 8, together=False, trials=20),
    ],
)
def test_methods_take_noise_and_running_points(
    method: str, condition: conditions.Condition
) -> None:
    if method.startswith("optuna"):
        pytest.importorskip("optuna")
    task = conditions.Task("hidden_product", method, 0, condition)
    found = conditions.run_task(task)
    assert found["error"] is None
    assert 0.0 <= found["regret"] < conditions.NOTHING_FOUND
    assert 0.0 < found["infeasible"] < 1.0
    assert found == conditions.run_task(task)


def test_runs_under_conditions_go_on_where_they_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(conditions, "run_each", map)
    monkeypatch.setattr(conditions, "PROBLEMS", ("hidden_product",))
    monkeypatch.setattr(conditions, "METHODS", ("random", "optuna_gp"))
    # Random search stands in for the GP sampler, which is dear, and not there for 64 workers.
    monkeypatch.setattr(conditions, "_method", lambda name, condition, *of: RandomValid(*of[:2]))
    said: list[str] = []
    first = conditions.run(False, said.append, path=tmp_path / "runs.jsonl")
    n_runs = len(said)
    again = conditions.run(False, said.append, path=tmp_path / "runs.jsonl")
    n_conditions = len(conditions.CONDITIONS)
    # Who cannot be told of noise is not run again where it is told.
    assert n_runs == len(said) == conditions.SEEDS * (2 * n_conditions - 3)
    assert len(first["ranks"]) == 2 * n_conditions - 1
    assert again["rows"] == first["rows"]
    assert f"{n_runs} on " in conditions.markdown(again)


def test_options_are_compared_run_by_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(options, "run_each", map)
    region, cells = options.REGION, options.CELLS
    plan = {"hidden_product": {"usual": 1, region: 1}, "nb201_told": {cells: 1}}
    monkeypatch.setattr(options, "PROBLEMS", plan)
    results = options.run(False, lambda _: None, path=tmp_path / "runs.jsonl")
    rows = results["rows"]
    assert [row["setting"] for row in rows] == ["usual", region, "usual", cells]
    assert [row["seeds"] for row in rows] == [1, 1, 10, 1]
    assert all(0.0 <= row["regret"] <= row["worst"] < 1.0 for row in rows)
    assert rows[-1]["regret"] < 0.03
    assert "hidden_product" in options.markdown(results)


@pytest.mark.parametrize("name", MANY)
def test_optima_of_many_parameters_are_the_least(name: str) -> None:
    subject = MANY[name]()
    best = subject.optimal_point
    assert best is not None
    assert subject.evaluate(best).objective == pytest.approx(1.0)
    drawn = subject.space.sample(50, np.random.default_rng(0))
    assert all((subject.evaluate(point).objective or 0.0) > 1.0 for point in drawn)
    assert len(subject.space.parameters) > MANY_PARAMETERS


def test_all_methods_are_named() -> None:
    assert OURS in METHODS
    assert len(METHODS) == 10
