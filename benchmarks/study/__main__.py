"""``python -m benchmarks.study``: overhead a trial, killed processes, busy workers."""

from __future__ import annotations

import sys

from benchmarks.command import Log, Results, heading, run_command, table
from benchmarks.provenance import head
from benchmarks.study import kills, overhead, workers

GOAL_MS = 5.0
OURS = "bohwsw, SQLite"


def run(quick: bool, log: Log) -> Results:
    """All parts."""
    killed = kills.row(quick, log)
    costs = overhead.rows(quick, log)
    return {
        **head("study", quick),
        "overhead": costs,
        # By library and number of trials.
        "overhead_ms_per_trial": {
            name: {
                str(r["trials"]): r["overhead_ms_per_trial"] for r in costs if r["library"] == name
            }
            for name in dict.fromkeys(r["library"] for r in costs)
        },
        "missed": [
            f"{r['library']} at {r['trials']} trials: {r['overhead_ms_per_trial']:.1f} ms"
            for r in costs
            if r["library"] == OURS and r["overhead_ms_per_trial"] > GOAL_MS
        ],
        "kills": killed,
        "workers": workers.scaling_rows(quick, log),
        "codesign": workers.codesign_rows(quick, log),
    }


OVERHEAD = {
    "library": "library and storage",
    "trials": "trials",
    "overhead_ms_per_trial": "ms a trial|.2f",
    "cpu_ms_per_trial": "CPU-ms a trial|.2f",
}
KILLS = {
    "kills": "kills",
    "trials": "trials stored",
    "reported_before_a_kill": "reported as ended",
    "lost": "of these lost",
    "running_when_all_were_dead": "running when dead",
    "unfinished_after_resume": "left after resume",
    "given_twice": "points given twice",
    "integrity": "integrity check",
}
WORKERS = {
    "workers": "workers",
    "strategy": "strategy",
    "mean_seconds": "mean evaluation (s)",
    "how": "how",
    "evaluations": "evaluations",
    "utilisation": "workers busy|.0%",
    "speedup": "busy at a time|.1f",
    "seconds": "s|.0f",
}
CODESIGN = {
    "workers": "machines at once",
    "trials": "machines",
    "seconds": "s|.0f",
    "trials_per_minute": "machines a minute|.1f",
    "speedup": "times one|.2f",
    "edp_pj_cycles": "EDP|.4g",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    missed = "; ".join(results["missed"]) or "none"
    parts = [
        heading("Studies: overhead, kills, workers", results),
        "## Overhead a trial\n",
        "Ask for a point and report its value, six whole numbers, random suggestions; the last",
        "tenth of so many trials. Time on the wall depends on the disk.\n",
        table(results["overhead"], OVERHEAD),
        f"Above the goal of {GOAL_MS:g} ms with SQLite: {missed}.\n",
        "## Processes killed at random moments\n",
        "kill -9 of a process within 0.3 s of its start, or of its first trial; the next goes on",
        "with the same SQLite file.\n",
        table([results["kills"]], KILLS),
        "## Workers\n",
        "Evaluations that sleep, the longest ten times as long as the shortest. Suggestions come",
        "one after another from this machine; in batches all workers wait for the slowest.\n",
        table(results["workers"], WORKERS),
        "## Co-design, machines at once\n",
        "DQN on eyeriss-168, recipe `best`, the search without the mappings at its end.\n",
        table(results["codesign"], CODESIGN),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("study", "Overhead, kills, workers.", run, markdown))
