"""``python -m benchmarks.optimizers.objectives``."""

import sys

from benchmarks.command import Results, heading, run_command, runs_made, table
from benchmarks.optimizers.objectives.methods import METHODS
from benchmarks.optimizers.objectives.problem import MARGIN, TRIALS
from benchmarks.optimizers.objectives.runner import FEWER_SEEDS, SEEDS, run


def markdown(results: Results) -> str:
    """The results as a page."""
    lost = "\n".join(f"- {text}" for text in results["lost"]) or "- none"
    methods = [method for method in METHODS if method in results["settings"]]
    about = {key: key for key in ("problem", "half", "kind", "objectives", "limits", "source")}
    about["front"] = "points of the front"
    columns = {
        "problem": "problem",
        "method": "method",
        "missing": "missing, median|.4f",
        "worst": "worst|.4f",
        "half": "after half|.4f",
        "infeasible": "infeasible|.0%",
        "seconds": "CPU-s a suggestion|.3f",
        "seeds": "seeds",
        "broken": "broken by",
    }
    ranks = {"part": "problems", **{method: f"{method}|.2f" for method in methods}}
    ranks |= {"interval": "ours, 95 %", "first": "first"}
    settings = "\n".join(f"- {m}: {results['settings'][m] or 'defaults'}" for m in methods)
    seeds = ", ".join(f"{n} of {method}" for method, n in FEWER_SEEDS.items())
    parts = [
        heading("Several objectives in constrained spaces", results),
        runs_made(results) if results["made"] else "",
        f"What a run of {TRIALS} evaluations misses of the true hypervolume, as a share of it:",
        "medians over",
        f"{SEEDS} seeds ({seeds}). Objectives are scaled by the ranges of the true front; the",
        f"reference point lies {MARGIN:.0%} of them behind its worst values. A run without a",
        "feasible point misses all. A suggestion that breaks what is known costs a trial. At equal",
        "seconds an evaluation takes 1 s or 0.1 s, and the CPU-seconds of the method count.\n",
        "## Mean ranks\n",
        "Of the medians; at equal trials where nothing else is said. Nothing was chosen by the",
        "half that is held back.\n",
        table(results["ranks"], ranks),
        f"Where another method is ahead of ours:\n\n{lost}\n",
        "## Problems\n",
        table(results["problems"], about),
        f"Settings:\n\n{settings}\n",
        "## Results\n",
        table(results["rows"], columns),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("optimizers.objectives", "Several objectives.", run, markdown))
