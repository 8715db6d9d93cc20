"""The co-design experiments: stored machines are what they say, tables count what they say."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from benchmarks.edp import certificate, contest, convergence, regret, runs, steering
from benchmarks.edp.case import CASES, EQUAL_AREA
from benchmarks.edp.contender import NESTED, Step
from benchmarks.edp.enumeration import (
    FINE,
    NETWORKS,
    Machine,
    Solved,
    best_of_each,
    read_table,
    solve,
    write_table,
)
from benchmarks.edp.reduced_space import machines, reduced_space
from benchmarks.edp.runs import Run, Runs, Task, run_of


def test_the_reduced_space_is_large_enough_and_holds_the_baseline() -> None:
    assert len(machines()) >= 2000
    assert reduced_space().spec.baseline.point in machines()


def test_steered_and_plain_searches_are_compared_seed_by_seed() -> None:
    results = steering.run(quick=True, log=lambda _: None)
    (row,) = results["rows"]
    assert (row["seeds"], row["better"] + row["worse"]) in {(1, 0), (1, 1)}
    assert 0.5 < row["ratio"] < 2.0
    assert 0 <= row["left_out"] < results["trials"]
    page = steering.markdown(results)
    assert f"| {row['case']} | 1 | {row['left_out']:g} | {row['ratio']:.4f} |" in page


@pytest.mark.parametrize("name", NETWORKS)
def test_the_stored_machines_are_all_there_and_what_they_say(name: str) -> None:
    solved = read_table(name)
    assert [x.machine.number for x in solved] == list(range(len(machines())))
    feasible = [x for x in solved if x.edp_pj_cycles is not None]
    best = min(feasible, key=lambda x: x.edp_pj_cycles or math.inf)
    for x in (best, feasible[7], feasible[-7]):
        again = solve(Machine(name, x.machine.number, 0.05))
        assert again.edp_pj_cycles is not None
        assert x.bound_edp_pj_cycles is not None
        assert again.edp_pj_cycles >= x.bound_edp_pj_cycles * (1 - 1e-6)
        assert again.edp_pj_cycles <= (x.edp_pj_cycles or 0.0) * 1.06
    for x in [x for x in solved if x.edp_pj_cycles is None][:2]:
        assert solve(Machine(name, x.machine.number, 0.05)).edp_pj_cycles is None


def test_what_is_proven_of_the_machine_for_the_perceptron_is_told_second_by_second() -> None:
    task = certificate.Proof("MLP, equal area", 1.7613e11, 5.0)
    proof = certificate.prove(task)
    assert proof["machines"].startswith("about 8")
    bounds = [bound for _, bound in proof["trace"]]
    assert bounds == sorted(bounds)
    assert 0.95 * task.reached < proof["bound"] <= task.reached
    found = {"task": {"case": task.case}, "edp_pj_cycles": task.reached}
    row = certificate._row(found, proof)
    assert row["headroom"] < row["goal"]
    results = {"trials": 1, "seconds": 5.0, "rows": [row], "made": [], "missed": []}
    about = {"machine": "m", "date": "d", "commit": "c"}
    named = {"benchmark": "edp.certificate", "quick": True, "provenance": about}
    assert "Missed: none" in certificate.markdown(results | named)


def test_a_table_is_read_as_it_was_written(tmp_path) -> None:
    solved = [
        Solved(Machine("dqn", 0, 0.05), 2.5e12, 2.4e12),
        Solved(Machine("dqn", 1, FINE), None, None),
        Solved(Machine("mlp", 0, 0.05), 1.0, 0.5),
    ]
    path = tmp_path / "machines.csv"
    write_table(solved, path)
    assert read_table("dqn", path) == solved[:2]
    assert read_table("mlp", path) == solved[2:]


def test_of_two_passes_the_one_with_the_smaller_gap_counts(tmp_path) -> None:
    path = tmp_path / "machines.jsonl"
    coarse = {"machine": {"network": "dqn", "number": 3, "gap": 0.05}}
    fine = {"machine": {"network": "dqn", "number": 3, "gap": 0.01}}
    figures = {"edp_pj_cycles": 2.0, "bound_edp_pj_cycles": 1.9}
    lines = [json.dumps({**fine, **figures}), json.dumps({**coarse, **figures}), '{"machine": {']
    path.write_text("\n".join(lines))
    assert best_of_each("dqn", path)[3].machine.gap == 0.01


def test_regret_is_told_by_the_table() -> None:
    solved = read_table("dqn")
    regrets = regret._search(regret.RECIPES["random"], "dqn", 0, solved)
    assert len(regrets) == regret.MARKS[-1]
    assert regrets == sorted(regrets, reverse=True)
    assert regrets[-1] >= 0.0
    facts = regret._facts("dqn", solved)
    assert facts["machines"] == len(machines())
    assert facts["optimum_gap"] >= 0.0


def steps_of(edps: list[float | None], evaluations: int, seconds: float) -> list[Step]:
    return [Step(edp, evaluations * (i + 1), seconds * (i + 1)) for i, edp in enumerate(edps)]


def search(method: str, edps: list[float | None], evaluations: int, seconds: float) -> Run:
    return run_of(Task("MLP", method, 0, len(edps)), steps_of(edps, evaluations, seconds))


def test_a_search_keeps_the_steps_that_matter() -> None:
    steps = steps_of([None, 8.0, 9.0, 5.0, 7.0], 10, 1.0)
    found = run_of(Task("MLP", "best", 0, 5), steps)
    assert found.steps == (steps[1], steps[3], steps[4])
    assert (found.machines, found.infeasible) == (5, 1)
    nothing = run_of(Task("MLP", "best", 0, 2), steps_of([None, None], 10, 1.0))
    assert (len(nothing.steps), nothing.infeasible) == (1, 2)


def test_searches_are_kept_and_gone_on_with(tmp_path, monkeypatch) -> None:
    ran: list[Task] = []

    def quickly(_, tasks):
        for task in tasks:
            ran.append(task)
            yield search(task.method, [4.0, 3.0], 10, 1.0)

    monkeypatch.setattr(runs, "run_each", quickly)
    path = tmp_path / "runs.jsonl"
    tasks = [Task("MLP", method, 0, 2) for method in ("best", "paper")]
    assert Runs(path, finished_only=True).of(tasks, print) == []
    first = Runs(path).of(tasks[:1], print)
    with path.open("a") as file:
        file.write('{"task": {"case": "ML')  # killed while writing
    store = Runs(path)
    both = store.of(tasks, print)
    assert both[0] == first[0]
    assert ran == tasks
    assert store.made_where(both)[0].startswith("2 on ")
    assert Runs(path).of(tasks, print) == both
    assert ran == tasks
    Runs(path, ["best"]).of(tasks, print)
    assert ran == [*tasks, tasks[0]]


def test_a_contest_counts_evaluations_and_seconds() -> None:
    ours = search("best", [None, 8.0, 6.0, 5.0], 10, 1.0)
    paper = search("paper", [9.0, 9.0, 5.5, 5.5], 25, 10.0)
    spender = search("random", [4.0], 1000, 4.0)
    found = [ours, paper, spender]
    rows = contest._rows("MLP", found, found, ["best", "paper", "random"], budget=100)
    best, other, last = rows
    assert best["edp_pj_cycles"] == 5.0
    assert best["fifth_edp_pj_cycles"] == 8.0  # two machines within 20 evaluations
    assert best["infeasible"] == 0.25
    assert other["equal_seconds_edp_pj_cycles"] is None  # not one machine in 4 seconds
    assert last["edp_pj_cycles"] is None  # its first machine takes more
    assert last["equal_seconds_edp_pj_cycles"] == 4.0
    assert contest._missed(rows) == [
        "MLP: the paper's EDP in one fifth of its evaluations",
        "MLP: random is ahead at equal seconds",
    ]
    other["edp_pj_cycles"] = 4.5
    assert "MLP: paper is ahead at equal evaluations" in contest._missed(rows)


class Longer:
    """A store that makes up longer searches, and knows what it was asked for."""

    def __init__(self, *, has_any: bool = True) -> None:
        self.asked: list[Task] = []
        self.has_any = has_any

    def of(self, tasks, log):
        self.asked.extend(tasks)
        edp = {4: 9.0, 16: 7.0, 32: 6.0}
        found = [search(t.method, [edp[t.trials]] * t.trials, 10, 0.15) for t in tasks]
        return found if self.has_any else []


def test_a_method_that_is_quick_gets_more_machines_for_equal_seconds() -> None:
    store = Longer()
    ours = search("best", [8.0] * 4, 10, 1.0)
    quick = search("random", [9.0] * 4, 10, 0.3)  # its first machines took the longest
    slow = search("paper", [8.5] * 4, 10, 2.0)
    found = [ours, quick, slow]
    long = contest._for_equal_seconds(found, store, print)
    assert [task.trials for task in store.asked] == [16, 32]
    rows = contest._rows("MLP", found, long, ["best", "random", "paper"], budget=100)
    by_method = {row["method"]: row for row in rows}
    assert by_method["random"]["edp_pj_cycles"] == 9.0
    assert by_method["random"]["equal_seconds_edp_pj_cycles"] == 6.0
    assert "MLP: random is ahead at equal seconds" in contest._missed(rows)
    short = contest._for_equal_seconds(found, Longer(has_any=False), print)
    assert sorted(x.task.method for x in short) == ["best", "paper", "random"]


@pytest.mark.parametrize("method", ["best", "random"])
def test_a_nested_search_counts_what_it_simulates(method: str) -> None:
    steps = NESTED[method](CASES["MLP"], 1, 3)
    assert len(steps) == 3
    counted = [step.evaluations for step in steps]
    assert counted == sorted(counted)
    if method == "random":
        assert counted[-1] == 250 * 3 * sum(step.edp_pj_cycles is not None for step in steps)
    else:
        assert 0 < counted[-1] < 100 * 3 * 3
    assert all(step.edp_pj_cycles is None or step.edp_pj_cycles > 0 for step in steps)


@pytest.mark.parametrize("mapper", ["best", "random"])
def test_convergence_counts_from_the_bound(mapper: str) -> None:
    _, bounds = convergence.bounds("MLP")
    found = convergence.search(convergence.Task("MLP", mapper, 0, bounds))
    assert len(found.ratios) == convergence.POINTS
    assert list(found.ratios) == sorted(found.ratios, reverse=True)
    assert found.ratios[-1] >= 1.0 - 1e-9
    shares = [250 / convergence.POINTS * (i + 1) for i in range(convergence.POINTS)]
    if mapper == "best":  # nothing before it is proven, and nothing new later
        known = [ratio for ratio in found.ratios if math.isfinite(ratio)]
        assert len(set(known)) == 1
        assert len(known) < len(shares)
    else:
        assert found.evaluations == 250
        assert found.ratios[0] > found.ratios[-1]


def test_a_trace_is_read_at_equal_shares() -> None:
    trace = np.array([8.0, 4.0, 2.0, 1.0, 0.5])
    values = convergence._at_shares(trace, 250, 250)
    assert list(values[:9]) == [math.inf] * 9
    assert list(values[9:20]) == [8.0] * 10 + [4.0]
    assert values[-1] == 0.5
    early = convergence._at_shares(trace, 60, 2500)
    assert list(early[:11]) == [math.inf] * 11
    assert list(early[11:]) == [0.5] * 39


def test_cases_can_be_loaded() -> None:
    for case in (*CASES.values(), *EQUAL_AREA.values()):
        assert case.network().unique_layers()
        assert case.hardware_space().space is not None
