"""``python -m benchmarks.mapper.imperfect``: what factors that do not divide win, with a bound."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.mapper.method import improve
from benchmarks.mapper.problem import MappingProblem, reference_problems
from benchmarks.provenance import head
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

MEANING = """Factors that do not divide a dimension, the last round partly filled: what they win
over the optimum with perfect ones. Found through layers rounded up; `bound` is below every
mapping, so none wins more over that optimum than `at most` says.
"""


def imperfect_rows(problems: Sequence[MappingProblem], log: Log) -> list[Row]:
    """For each layer the optimum with perfect factors, the best found with others, its bound."""
    rows: list[Row] = []
    for problem in problems:
        perfect, better = improve(problem)
        rows.append(
            {
                "layer": problem.layer,
                "machine": problem.machine,
                "perfect_edp_pj_cycles": perfect.edp_pj_cycles,
                "edp_pj_cycles": better.edp_pj_cycles,
                "ratio": better.edp_pj_cycles / perfect.edp_pj_cycles,
                "bound_edp_pj_cycles": better.bound_edp_pj_cycles,
                "gap": better.gap,
                "won": 1.0 - better.edp_pj_cycles / perfect.edp_pj_cycles,
                "most_won": 1.0 - better.bound_edp_pj_cycles / perfect.edp_pj_cycles,
                "seconds": better.seconds,
            }
        )
        log(f"imperfect {problem.layer}: {rows[-1]['ratio']:.3f}, gap {better.gap:.1%}")
    return rows


def run(quick: bool, log: Log) -> Results:
    """The layers that there are figures of others for; the last one alone where it is quick."""
    BranchAndBoundMapper().warm_up()
    problems = reference_problems()
    rows = imperfect_rows(problems[-1:] if quick else problems, log)
    return {**head("mapper.imperfect", quick), "rows": rows}


def markdown(results: Results) -> str:
    """The results as a page."""
    rows = table(results["rows"], IMPERFECT_COLUMNS)
    return "\n".join([heading("Imperfect factors", results), MEANING, rows])


IMPERFECT_COLUMNS = {
    "machine": "machine",
    "layer": "layer",
    "perfect_edp_pj_cycles": "EDP, perfect factors (optimum)|.4g",
    "edp_pj_cycles": "imperfect factors|.4g",
    "ratio": "ratio|.3f",
    "bound_edp_pj_cycles": "bound|.4g",
    "gap": "gap|.1%",
    "won": "win at least|.1%",
    "most_won": "at most|.1%",
    "seconds": "seconds, both|.1f",
}


if __name__ == "__main__":
    sys.exit(run_command("mapper.imperfect", "Imperfect factors, with a bound.", run, markdown))
