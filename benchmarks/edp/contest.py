"""``python -m benchmarks.edp.contest``: searches over hardware and mappings, side by side."""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.edp.case import CASES
from benchmarks.edp.contender import MAPPINGS, TRIALS, Step
from benchmarks.edp.runs import CONTENDERS, Run, Runs, Task
from benchmarks.plot import plot_curves
from benchmarks.provenance import head
from benchmarks.records import RUNS

OURS, PAPER = "best", "paper"
"""Ours, and the published method."""

FRACTION = 5
"""One over this of the paper's evaluations is what ``best`` is to need for the paper's EDP."""

NETWORKS = ("ResNet-18 conv2-5", "DQN conv1-3", "MLP", "Transformer, 256 PEs")
"""The paper's four networks, each on the number of PEs that the paper has for it."""

POINTS = 40
"""Points of each curve in the plot."""

MOST_TRIALS = 6_400
"""Machines that a search may try to go on for as long as `best`."""

By = Callable[[Step], float]


def run(
    quick: bool,
    log: Log,
    *,
    names: Sequence[str],
    methods: Sequence[str],
    seeds: int,
    store: Runs,
) -> Results:
    """Every method on every case with every seed; those in the store are not run again."""
    trials = 4 if quick else TRIALS
    tasks = [Task(c, m, seed, trials) for seed in range(seeds) for c in names for m in methods]
    runs = store.of(tasks, log)
    timed = _for_equal_seconds(runs, store, log)
    budgets = {
        name: trials * MAPPINGS * len(CASES[name].network().unique_layers()) for name in names
    }
    rows: list[Row] = []
    curves = {}
    for name in names:
        mine = [x for x in runs if x.task.case == name]
        long = [x for x in timed if x.task.case == name]
        rows += _rows(name, mine, long, methods, budgets[name])
        curves[name] = {
            method: _curve([x for x in mine if x.task.method == method], budgets[name])
            for method in dict.fromkeys(x.task.method for x in mine)
        }
    return {
        **head("edp.contest", quick),
        "made": store.made_where([*runs, *timed]),
        "seeds": seeds,
        "trials": trials,
        "rows": rows,
        "curves": curves,
        "missed": _missed(rows),
    }


def _for_equal_seconds(runs: Sequence[Run], store: Runs, log: Log) -> list[Run]:
    """The searches, longer ones in the place of those that end before `best` does.

    A longer one begins like the other, since both have the same seed.
    """
    ended: list[Run] = []
    running = list(runs)
    while running:
        longer: dict[Task, Run] = {}
        for run in running:
            task = _longer(run, _seconds_of_ours([x for x in runs if x.task.case == run.task.case]))
            if task is None:
                ended.append(run)
            else:
                longer[task] = run
        found = {run.task: run for run in store.of(list(longer), log)}
        ended += [run for task, run in longer.items() if task not in found]
        running = list(found.values())
    return ended


def _longer(run: Run, seconds: float) -> Task | None:
    """The same search with so many machines that it may take that long; None if it has."""
    taken = run.steps[-1].cpu_seconds if run.steps else math.inf
    if run.task.method == OURS or taken >= seconds:
        return None
    times = 2 ** math.ceil(math.log2(seconds / max(taken, 1e-3)))
    trials = min(run.task.trials * times, MOST_TRIALS)
    return replace(run.task, trials=trials) if trials > run.task.trials else None


def _seconds_of_ours(runs: Sequence[Run]) -> float:
    """CPU-seconds that `best` takes, median over seeds; 0 where it was not run."""
    taken = [x.steps[-1].cpu_seconds for x in runs if x.task.method == OURS and x.steps]
    return statistics.median(taken) if taken else 0.0


def _best_until(found: Run, by: By, limit: float) -> float:
    """Least EDP (pJ x cycles) of the steps within a limit; infinite if there is none."""
    return min(
        (x.edp_pj_cycles for x in found.steps if x.edp_pj_cycles is not None and by(x) <= limit),
        default=math.inf,
    )


def _evaluations(step: Step) -> float:
    return step.evaluations


def _seconds(step: Step) -> float:
    return step.cpu_seconds


def _rows(
    name: str, runs: list[Run], long: list[Run], methods: Sequence[str], budget: int
) -> list[Row]:
    """A row a method: medians, and the range over seeds, of the best EDP.

    Args:
        name: of the case.
        runs: its searches.
        long: the same, no method ending before `best` does.
        methods: which ones.
        budget: evaluations.
    """
    seconds = _seconds_of_ours(runs) or math.inf
    rows = []
    for method in methods:
        mine = [x for x in runs if x.task.method == method]
        if not mine:
            continue
        whole = [_best_until(x, _evaluations, budget) for x in mine]
        fifth = [_best_until(x, _evaluations, budget / FRACTION) for x in mine]
        timed = [_best_until(x, _seconds, seconds) for x in long if x.task.method == method]
        rows.append(
            {
                "network": name,
                "method": method,
                "seeds": len(mine),
                "budget_evaluations": budget,
                "edp_pj_cycles": _finite(statistics.median(whole)),
                "least_edp_pj_cycles": _finite(min(whole)),
                "most_edp_pj_cycles": _finite(max(whole)),
                "fifth_edp_pj_cycles": _finite(statistics.median(fifth)),
                "equal_seconds_edp_pj_cycles": _finite(statistics.median(timed)),
                "evaluations": statistics.median(x.steps[-1].evaluations for x in mine),
                "cpu_seconds": statistics.median(x.steps[-1].cpu_seconds for x in mine),
                "infeasible": statistics.mean(x.infeasible / x.machines for x in mine),
            }
        )
    return rows


def _missed(rows: list[Row]) -> list[str]:
    """Where ours is not ahead of each method, and where it needs too many evaluations."""
    missed = []
    for name in dict.fromkeys(row["network"] for row in rows):
        by_method = {row["method"]: row for row in rows if row["network"] == name}
        ours, paper = by_method.get(OURS), by_method.get(PAPER)
        if ours is None:
            continue
        if paper and _worse(ours["fifth_edp_pj_cycles"], paper["edp_pj_cycles"]):
            missed.append(f"{name}: the paper's EDP in one fifth of its evaluations")
        for key, what in (
            ("edp_pj_cycles", "equal evaluations"),
            ("equal_seconds_edp_pj_cycles", "equal seconds"),
        ):
            for method, row in by_method.items():
                if _worse(ours[key], row[key]):
                    missed.append(f"{name}: {method} is ahead at {what}")
    return missed


def _worse(ours: float | None, other: float | None) -> bool:
    return other is not None and (ours is None or ours > other)


def _curve(runs: list[Run], budget: int) -> list[float | None]:
    """Median best EDP at `POINTS` equal shares of the budget of evaluations."""
    shares = [budget * (i + 1) / POINTS for i in range(POINTS)]
    return [
        _finite(statistics.median(_best_until(x, _evaluations, share) for x in runs))
        for share in shares
    ]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


COLUMNS = {
    "network": "network",
    "method": "method",
    "seeds": "seeds",
    "fifth_edp_pj_cycles": "EDP, 1/5 of the evaluations|.4g",
    "edp_pj_cycles": "EDP, all evaluations|.4g",
    "least_edp_pj_cycles": "best seed|.4g",
    "most_edp_pj_cycles": "worst seed|.4g",
    "equal_seconds_edp_pj_cycles": "EDP, equal seconds|.4g",
    "evaluations": "evaluations used|,.0f",
    "cpu_seconds": "CPU-s|.0f",
    "infeasible": "infeasible|.0%",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    missed = "\n".join(f"- {text}" for text in results["missed"]) or "- none"
    parts = [
        heading("Searches over hardware and mappings", results),
        f"Equal evaluations: {results['trials']} machines x {MAPPINGS} mappings for each layer,",
        "the paper's budget. Equal seconds: those that `best` takes for its machines. EDP in pJ x",
        "cycles, median over seeds of the best so far. `best` opens with 25 machines whose",
        "mappings it finds by bounds and goes on with annealing, whose 100,000 mappings a layer",
        "are beyond the paper's evaluations: at equal evaluations it is its opening that counts.",
        "Bounds are work, too: compare by seconds as well. A method that has used up its",
        "evaluations before `best` its seconds goes on with more machines at equal seconds, up to",
        f"{MOST_TRIALS:,}. The column of seeds says how many searches each row is about; the range",
        "is that of their results.\n",
        runs_made(results),
        table(results["rows"], COLUMNS),
        f"Where ours is not ahead:\n\n{missed}\n",
    ]
    return "\n".join(parts)


def plot(results: Results, path: Path) -> None:
    """Median best EDP by evaluations, a panel a network."""
    plot_curves(
        results["curves"],
        path,
        ours=OURS,
        x_label="share of the paper's evaluations",
        y_label="best EDP (pJ x cycles)",
        last_x=1.0,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark with the arguments of the process, or with those given."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--seeds", type=int, default=0, help="of each search; 5, 1 if quick")
    parser.add_argument("--methods", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--cases", nargs="+", choices=CASES, help="the paper's; MLP if quick")
    parser.add_argument("--runs", type=Path, help="JSON lines of searches, to go on from")
    parser.add_argument("--rerun", nargs="+", choices=CONTENDERS, default=[], help="do anew")
    parser.add_argument("--finished", action="store_true", help="report what that file holds")
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen, rest = parser.parse_known_args(given)
    if {"-h", "--help"} & set(rest):
        print(parser.format_help())

    def sized(quick: bool, log: Log) -> Results:
        usual = Path("results") / "edp-quick-runs.jsonl" if quick else RUNS / "edp.contest.jsonl"
        store = Runs(chosen.runs or usual, chosen.rerun, finished_only=chosen.finished)
        seeds = chosen.seeds or (1 if quick else 5)
        names = chosen.cases or (["MLP"] if quick else list(NETWORKS))
        return run(
            quick,
            log,
            names=names,
            methods=chosen.methods,
            seeds=seeds,
            store=store,
        )

    about = "Searches over hardware and mappings, side by side."
    return run_command("edp.contest", about, sized, markdown, rest, plot=plot)


if __name__ == "__main__":
    sys.exit(main())
