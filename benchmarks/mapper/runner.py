"""What is run in which order, and the results as a page that says where we lose."""

from __future__ import annotations

import statistics
from dataclasses import asdict

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.mapper.method import (
    EXACT_SECONDS,
    NEAR,
    NEAR_SECONDS,
    NETWORK_GAP,
    NETWORK_SECONDS,
    Contender,
    Outcome,
    contenders,
    prove,
    prove_network,
    search,
)
from benchmarks.mapper.problem import (
    MappingProblem,
    all_problems,
    network_problems,
    reference_problems,
)
from benchmarks.provenance import head
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

ROUNDING = 1e-6


def run(quick: bool, log: Log) -> Results:
    """Proofs for every layer and network, then the mappers without bounds on some layers."""
    BranchAndBoundMapper().warm_up()  # so that no search is timed while it compiles
    rows = []
    for problem in all_problems(quick):
        rows.append(_proof_row(problem))
        log(
            f"{problem.machine} {problem.layer}: {rows[-1]['edp_pj_cycles']:.4g}, 5 % proven in"
            f" {rows[-1]['near_seconds']:.1f} s (gap {rows[-1]['near_gap']:.2%}), gap"
            f" {rows[-1]['gap']:.2%} after {rows[-1]['seconds']:.1f} s"
        )
    networks: list[Row] = []
    for whole in network_problems(quick):
        proof = asdict(prove_network(whole))
        networks.append({"network": whole.network, "machine": whole.machine, **proof})
        log(f"{whole.machine} {whole.network}: within {proof['gap']:.1%}, {proof['seconds']:.0f} s")
    return {
        **head("mapper", quick),
        "rows": rows,
        "networks": networks,
        "heuristics": _heuristics(quick, log),
        "losses": [
            f"{row['layer']} on {row['machine']}"
            for row in rows
            if row["ratio"] is not None and row["ratio"] > 1.0 + ROUNDING
        ],
    }


def _proof_row(problem: MappingProblem) -> Row:
    """Both runs of branch and bound: until 5 % is proven, and until nothing is left to prove."""
    near = prove(problem, NEAR, NEAR_SECONDS)
    exact = prove(problem, 0.0, EXACT_SECONDS)
    known = problem.best_known_edp_pj_cycles
    return {
        "layer": problem.layer,
        "machine": problem.machine,
        **asdict(exact),
        "near_edp_pj_cycles": near.edp_pj_cycles,
        "near_gap": near.gap,
        "near_seconds": near.seconds,
        "best_known_edp_pj_cycles": known,
        "ratio": exact.edp_pj_cycles / known if known else None,
        "timeloop_mapper_edp_pj_cycles": problem.timeloop_mapper_edp_pj_cycles,
    }


def _heuristics(quick: bool, log: Log) -> list[Row]:
    seeds = list(range(2 if quick else 5))
    rows = []
    for contender in contenders(quick):
        for problem in reference_problems():
            rows.append(_row(problem, contender, seeds, search(contender, problem, seeds)))
            log(
                f"{contender.mapper.name} {problem.layer}: {rows[-1]['edp_pj_cycles']:.4g},"
                f" {rows[-1]['ratio']:.3f} of the best known, {rows[-1]['seconds']:.1f} s"
            )
    return rows


def _row(problem: MappingProblem, contender: Contender, seeds: list[int], outcome: Outcome) -> Row:
    known = problem.best_known_edp_pj_cycles or float("nan")
    return {
        "layer": problem.layer,
        "machine": problem.machine,
        "mapper": contender.mapper.name,
        "edp_pj_cycles": outcome.median_edp_pj_cycles,
        "edp_pj_cycles_worst": max(outcome.edp_pj_cycles),
        "ratio": outcome.median_edp_pj_cycles / known,
        "ratio_worst": max(outcome.edp_pj_cycles) / known,
        "seconds": statistics.median(outcome.seconds),
        "seconds_worst": max(outcome.seconds),
        "evaluations": contender.evaluations,
        "seeds": seeds,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    rows = results["rows"]
    near = sum(row["near_gap"] <= NEAR for row in rows)
    exact = sum(row["gap"] <= ROUNDING for row in rows)
    losses = "; ".join(results["losses"]) or "nowhere"
    parts = [
        heading("Quality of the mappers", results),
        "Machines: baselines of the spaces with free dataflow. One thread, wall time; code",
        "compiled before. Proven are bounds over the whole map space, by branch and bound.\n",
        f"- Proven within {NEAR:.0%} in {NEAR_SECONDS:.0f} s: {near} of {len(rows)}, at most",
        f"  {max(row['near_seconds'] for row in rows):.1f} s.",
        f"- Proven optimal in {EXACT_SECONDS:.0f} s: {exact} of {len(rows)}, at most"
        f" {max(row['seconds'] for row in rows):.1f} s.",
        f"- Above the best known EDP: {losses}.\n",
        "## Whole networks\n",
        f"EDP of the network, asked for within {NETWORK_GAP:.0%} and {NETWORK_SECONDS:.0f} s.\n",
        table(results["networks"], NETWORK_COLUMNS),
        "## Layers\n",
        "`5 %`: until a gap of 5 % was proven. `optimal`: until nothing was left to prove. The",
        "source of the figures of others stands in `benchmarks/mapper/reference.json`; Timeloop's",
        "mapper had 60 CPU-seconds.\n",
        table(rows, PROOF_COLUMNS),
        "Imperfect factors, with their bound, have a page of their own: `mapper.imperfect.md`.\n",
        "## Mappers without bounds\n",
        f"Seeds {results['heuristics'][0]['seeds']}, one thread; ratio to the best known.\n",
        table(results["heuristics"], HEURISTIC_COLUMNS),
    ]
    return "\n".join(parts)


NETWORK_COLUMNS = {
    "machine": "machine",
    "network": "network",
    "edp_pj_cycles": "EDP (pJ x cycles)|.4g",
    "bound_edp_pj_cycles": "bound|.4g",
    "gap": "gap|.2%",
    "seconds": "seconds|.1f",
}
PROOF_COLUMNS = {
    "machine": "machine",
    "layer": "layer",
    "edp_pj_cycles": "EDP (pJ x cycles)|.4g",
    "bound_edp_pj_cycles": "bound|.4g",
    "near_gap": "gap, 5 %|.2%",
    "near_seconds": "seconds|.1f",
    "gap": "gap, optimal|.2%",
    "seconds": "seconds|.1f",
    "best_known_edp_pj_cycles": "best known|.4g",
    "ratio": "ratio|.3f",
    "timeloop_mapper_edp_pj_cycles": "Timeloop's mapper|.4g",
}
HEURISTIC_COLUMNS = {
    "layer": "layer",
    "mapper": "mapper",
    "edp_pj_cycles": "EDP (pJ x cycles), median|.4g",
    "edp_pj_cycles_worst": "worst seed|.4g",
    "ratio": "ratio|.3f",
    "seconds": "CPU-seconds|.1f",
    "evaluations": "evaluations|,",
}
