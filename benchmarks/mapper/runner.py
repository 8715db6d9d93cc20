"""What is run in which order, and the results as a page that says where we lose."""

from __future__ import annotations

import statistics

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.mapper.method import Contender, Outcome, contenders, search
from benchmarks.mapper.problem import MappingProblem, all_problems
from benchmarks.provenance import provenance
from bohwsw.mapper.annealing import AnnealingMapper


def run(quick: bool, log: Log) -> Results:
    """Every contender on every layer, once for each seed."""
    AnnealingMapper().warm_up()  # so that no search is timed while it compiles
    seeds = list(range(2 if quick else 5))
    rows: list[Row] = []
    for contender in contenders(quick):
        for problem in all_problems():
            rows.append(_row(problem, contender, seeds, search(contender, problem, seeds)))
            log(
                f"{contender.mapper.name} {problem.layer}: {rows[-1]['edp_pj_cycles']:.4g},"
                f" {rows[-1]['ratio']:.3f} of the best known, {rows[-1]['seconds']:.1f} s"
            )
    return {
        "benchmark": "mapper",
        "quick": quick,
        "provenance": provenance(),
        "rows": rows,
        "losses": [f"{row['mapper']} on {row['layer']}" for row in rows if row["ratio"] > 1.0],
    }


def _row(problem: MappingProblem, contender: Contender, seeds: list[int], outcome: Outcome) -> Row:
    return {
        "layer": problem.layer,
        "machine": problem.machine,
        "mapper": contender.mapper.name,
        "edp_pj_cycles": outcome.median_edp_pj_cycles,
        "edp_pj_cycles_worst": max(outcome.edp_pj_cycles),
        "best_known_edp_pj_cycles": problem.best_known_edp_pj_cycles,
        "ratio": outcome.median_edp_pj_cycles / problem.best_known_edp_pj_cycles,
        "ratio_worst": max(outcome.edp_pj_cycles) / problem.best_known_edp_pj_cycles,
        "timeloop_mapper_edp_pj_cycles": problem.timeloop_mapper_edp_pj_cycles,
        "seconds": statistics.median(outcome.seconds),
        "seconds_worst": max(outcome.seconds),
        "evaluations": contender.evaluations,
        "seeds": seeds,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "layer": "layer",
        "mapper": "mapper",
        "edp_pj_cycles": "EDP (pJ x cycles), median|.4g",
        "edp_pj_cycles_worst": "worst seed|.4g",
        "best_known_edp_pj_cycles": "best known|.4g",
        "ratio": "ratio|.3f",
        "timeloop_mapper_edp_pj_cycles": "Timeloop's mapper|.4g",
        "seconds": "CPU-seconds|.1f",
        "evaluations": "evaluations|,",
    }
    rows = results["rows"]
    losses = "; ".join(results["losses"]) or "nowhere"
    parts = [
        heading("Quality of the mappers", results),
        f"Machine: baseline of {rows[0]['machine']}, free dataflow, Timeloop's public energy",
        f"model. Seeds {rows[0]['seeds']}, one thread; Timeloop's mapper had 60 CPU-seconds. The",
        "source of the figures of others stands in `benchmarks/mapper/reference.json`. A ratio",
        "below 1 is better than the best known.\n",
        table(rows, columns),
        f"Worse than the best known, by the median over seeds: {losses}.\n",
    ]
    return "\n".join(parts)
