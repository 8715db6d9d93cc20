"""GPT-2-like networks and machines: perplexity against the EDP of prefill, of decode, and of both.

Perplexities are predicted (`docs/accuracy.md`); nothing is trained.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw.accuracy import PerplexitySource
from bohwsw.acquisition import non_dominated
from bohwsw.codesign import Design, joint_recipe, load_space
from bohwsw.joint import JointProblem, JointSpace, run_joint
from bohwsw.space import Value
from bohwsw.study import Trial
from bohwsw.workload import load_model

PHASES = ("prefill", "decode")
CONTEXT = 512
PERPLEXITIES = (22.0, 25.0, 32.0, 41.0)
"""The networks of a row are at most as perplexed."""


class Found(NamedTuple):
    """A network on a machine that a search has tried."""

    point: Mapping[str, Any]
    perplexity: float
    edp: float


def problem(phase: str | None, trials: int, seed: int) -> JointProblem:
    """Perplexity and EDP of one phase; of both on one machine if None."""
    fixed: dict[str, Value] = {"context": CONTEXT, **({} if phase is None else {"phase": phase})}
    each = {"phase": PHASES} if phase is None else {}
    joint = JointSpace(load_model("gpt2"), load_space("edge-accelerator"), fixed, each=each)
    recipe = replace(joint_recipe().changed(trials=trials, evaluations=500), final_gap=None)
    return JointProblem(joint, PerplexitySource(), "perplexity,edp", recipe, seed)


def run(quick: bool, log: Log) -> Results:
    """The three searches for each seed, and their best designs in both phases."""
    began = time.perf_counter()
    trials, seeds = (6, 1) if quick else (60, 3)
    searches: dict[str, list[list[Found]]] = {}
    for name in (*PHASES, "both"):
        searches[name] = []
        for seed in range(seeds):
            result = run_joint(problem(None if name == "both" else name, trials, seed))
            done = [trial for trial in result.trials if trial.state == "completed"]
            searches[name].append([_found(trial) for trial in done])
            log(f"{name}, seed {seed}: {len(done)} designs, {time.perf_counter() - began:.0f} s")
    return {
        **head("gpt2", quick),
        "trials": trials,
        "seeds": seeds,
        "fronts": {name: _front(searches[name]) for name in PHASES},
        "designs": _designs(searches),
        "seconds": round(time.perf_counter() - began, 1),
    }


def _found(trial: Trial) -> Found:
    perplexity, edp = (trial.metrics[key] or 0.0 for key in ("perplexity", "edp_pj_cycles"))
    return Found(trial.point, perplexity, edp)


def _front(searches: Sequence[Sequence[Found]]) -> list[Row]:
    """What no other design of any seed beats."""
    every = [found for search in searches for found in search]
    vectors = np.array([[found.perplexity, found.edp] for found in every])
    kept = sorted((every[k] for k in np.flatnonzero(non_dominated(vectors))), key=lambda x: x[1])
    return [{"perplexity": x.perplexity, "edp": x.edp, **_shown(x.point)} for x in kept]


def _designs(searches: Mapping[str, Sequence[Sequence[Found]]]) -> list[Row]:
    """For each perplexity the best design for each aim, with its EDP in both phases."""
    both = problem(None, 1, 0)
    rows: list[Row] = []
    for most in PERPLEXITIES:
        own: list[Row] = []
        for aim, seeds in searches.items():
            best = [min(_within(x, most), key=lambda y: y.edp) for x in seeds if _within(x, most)]
            if not best:
                continue
            chosen = min(best, key=lambda x: x.edp)
            design = both.judge({**chosen.point, "phase": PHASES[0]}).found
            if not isinstance(design, Design):
                continue
            edps = [each.objective("edp") for each in design.each()]
            spread = median(x.edp for x in best) / chosen.edp
            row: Row = {"most": most, "aim": aim, "perplexity": chosen.perplexity, "median": spread}
            own.append({**row, **dict(zip(PHASES, edps, strict=True)), **_shown(chosen.point)})
        for row in own:  # against the best of all designs of this row in that phase
            for phase in PHASES:
                row[f"{phase}_ratio"] = row[phase] / min(each[phase] for each in own)
            row["worst_ratio"] = max(row[f"{phase}_ratio"] for phase in PHASES)
        rows += own
    return rows


def _within(found: Sequence[Found], most: float) -> list[Found]:
    return [each for each in found if each.perplexity <= most]


def _shown(point: Mapping[str, Any]) -> Row:
    layers = range(point["layers"])
    network = f"{point['layers']} x {point['width']}"
    means = [sum(point[f"{key}_{k}"] for k in layers) / len(layers) for key in ("heads", "ratio")]
    size = "pes_x", "pes_y", "compute_lanes", "simd_units"
    array = " x ".join(str(point[key]) for key in size)
    memory = f"{point['local_memory_mb']} MB, {point['register_file_kb']} KB"
    machine = f"{array}; {memory}; {point['io_gbps']} GB/s"
    return {"network": network, "heads": means[0], "mlp": means[1], "machine": machine}


def markdown(results: Results) -> str:
    """The page."""
    shown = {
        "network": "blocks x width",
        "heads": "heads, mean|.1f",
        "mlp": "MLP ratio, mean|.1f",
        "machine": "machine: PEs x lanes x SIMD; memory, registers of each PE; I/O",
    }
    columns = {"perplexity": "perplexity|.2f", "edp": "EDP, pJ x cycles|.3g", **shown}
    parts = [
        heading("GPT-2-like networks: prefill, decode, and one machine for both", results),
        f"Blocks, width, heads and MLP ratios of each block on `edge-accelerator`; a prompt of "
        f"{CONTEXT} tokens,\nor one token behind {CONTEXT - 1} others in the cache. Perplexities "
        f"are predicted. {results['trials']} trials for each\nsearch, {results['seeds']} seeds; "
        f"{results['seconds']:.0f} s in all.\n",
        *(f"## Front of {phase}\n\n{table(results['fronts'][phase], columns)}" for phase in PHASES),
        "## The machine that serves both\n\n"
        "The best design of all seeds by what it was searched for (`both`: the geometric mean of\n"
        "the EDPs of prefill and decode), run in both phases. The ratios are to the least EDP of\n"
        "that phase in the three rows of a perplexity. Median: what it was searched for in the\n"
        "median of seeds, to the best of them.\n",
        table(
            results["designs"],
            {
                "most": "perplexity at most",
                "aim": "searched for",
                "perplexity": "perplexity|.2f",
                "prefill": "EDP of prefill|.3g",
                "decode": "EDP of decode|.3g",
                "prefill_ratio": "prefill, ratio|.2f",
                "decode_ratio": "decode, ratio|.2f",
                "worst_ratio": "worse of both|.2f",
                "median": "median / best|.2f",
                **shown,
            },
        ),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("gpt2", "GPT-2-like networks on machines for both phases.", run, markdown))
