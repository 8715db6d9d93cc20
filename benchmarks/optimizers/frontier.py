"""``python -m benchmarks.optimizers.frontier``: infeasible evaluations against the final regret.

From the stored runs of the suite, whatever they were made with (the page says when): a run of ours
that is ended once it has wasted so many evaluations is a point between careful and bold, beside the
peers' whole runs. Nothing is run again.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.caution import PROBLEMS
from benchmarks.optimizers.methods.registry import OURS
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.ranking import median, regrets
from benchmarks.optimizers.results import stopped, wasted_until
from benchmarks.optimizers.run import Trace
from benchmarks.optimizers.store import Job, Store
from benchmarks.provenance import head
from benchmarks.records import RUNS

SHARES = (0.25, 0.5, 0.75, 1.0)
"""Ours is ended at these shares of what the most careful peer wastes in a whole run."""


def run(quick: bool, log: Log, *, path: Path = RUNS / "optimizers.jsonl") -> Results:
    """The frontier of each problem."""
    store = Store(path)
    jobs = [job for job in store.jobs if job.held_out is None and job.problem in PROBLEMS]
    names = [name for name in PROBLEMS if any(job.problem == name for job in jobs)]
    rows, summary = [], []
    for name in names[:1] if quick else names:
        points, facts = _frontier(name, store, [job for job in jobs if job.problem == name])
        rows += points
        summary.append(facts)
        log(name)
    return {
        **head("optimizers.frontier", quick),
        "made": store.made_where(jobs),
        "rows": rows,
        "summary": summary,
    }


def _frontier(name: str, store: Store, jobs: list[Job]) -> tuple[list[Row], Row]:
    """A row a method, some of ours; and ours beside the most careful peer."""
    subject = problem(name)
    # A job that was done again under other conditions counts once, the latest.
    last = {(job.method, job.seed): job for job in jobs}
    runs: dict[str, list[Trace]] = {}
    for (method, _), job in last.items():
        trace = store.get(job)
        assert trace is not None
        runs.setdefault(method, []).append(trace)
    own = runs[OURS]
    whole = {method: _point(name, method, traces) for method, traces in runs.items()}
    peers = [row for method, row in whole.items() if method not in (OURS, "random")]
    careful = min(peers, key=lambda row: (row["infeasible"], row["regret"] or np.inf))
    ended = [
        _point(
            name,
            f"{OURS}, ended at {share:.0%}",
            [stopped(trace, share * careful["infeasible"]) for trace in own],
        )
        for share in SHARES
    ]
    goal = np.inf if careful["regret"] is None else careful["regret"]
    facts = {
        "problem": name,
        "peer": careful["method"],
        "peer_infeasible": careful["infeasible"],
        "peer_regret": careful["regret"],
        "until": float(np.mean([wasted_until(subject, trace, goal) for trace in own])),
        "within": ended[-1]["regret"],
        "infeasible": whole[OURS]["infeasible"],
        "regret": whole[OURS]["regret"],
    }
    return sorted([*whole.values(), *ended], key=lambda row: float(row["infeasible"])), facts


def _point(name: str, method: str, traces: list[Trace]) -> Row:
    subject = problem(name)
    regret = median(regrets(subject, traces, subject.n_trials))
    return {
        "problem": name,
        "method": method,
        "seeds": len(traces),
        "trials": float(np.mean([len(trace.objective) for trace in traces])),
        "infeasible": float(np.mean([trace.infeasible for trace in traces])),
        "regret": regret if np.isfinite(regret) else None,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    summary = results["summary"]
    peer = {
        "problem": "problem",
        "peer": "most careful peer",
        "peer_infeasible": "its infeasible|.1f",
        "peer_regret": "its regret|.4f",
        "until": "ours until as good|.1f",
        "within": "our regret within its infeasible|.4f",
        "infeasible": "ours in a whole run|.1f",
        "regret": "regret|.4f",
    }
    columns = {
        "problem": "problem",
        "method": "method",
        "trials": "trials|.0f",
        "infeasible": "infeasible|.1f",
        "regret": "regret|.4f",
        "seeds": "seeds",
    }
    saved = sum(row["until"] <= row["peer_infeasible"] for row in summary)
    whole = sum(row["infeasible"] <= row["peer_infeasible"] for row in summary)
    known = [r for r in summary if r["within"] is not None and r["peer_regret"] is not None]
    kept = sum(row["within"] <= row["peer_regret"] for row in known)
    return "\n".join(
        [
            heading("Caution: infeasible evaluations against regret", results),
            runs_made(results),
            f"In a whole run ours wastes no more than the most careful peer on {whole} of",
            f"{len(summary)} problems; until its median regret is reached, in the mean of runs, on",
            f"{saved}; and had each run of ours ended before it wasted more than that peer does,",
            f"it would be no worse than that on {kept}.\n",
            table(summary, peer),
            "Every method, fewest infeasible evaluations first; ours also ended at shares of what",
            "the most careful peer wastes. Regret: median; a dash where half of the runs or more",
            "found nothing.\n",
            table(results["rows"], columns),
        ]
    )


main = partial(run_command, "optimizers.frontier", "Infeasible against regret.", run, markdown)

if __name__ == "__main__":
    sys.exit(main())
