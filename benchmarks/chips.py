"""Chips of unlike and of like cores within equal limits: ``python -m benchmarks.chips``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import provenance
from bohwsw import codesign_chip, load_network
from bohwsw.chips import ChipSpace, load_chip_space

SPACE = Path(__file__).parents[1] / "spaces/chips/three-cores.yaml"
NETWORKS = ("resnet50", "bert-base", "mobilenet-v2")
TRIALS = 20
SEEDS = (0,)


def of_one_template(chips: ChipSpace, name: str) -> ChipSpace:
    """The same chips with cores of one template only, of any sizes."""
    spec = chips.spec.model_copy(update={"templates": (name,)})
    return replace(chips, spec=spec).limited({})


def searched(chips: ChipSpace, kind: str, seed: int, quick: bool) -> Row:
    """A search of chips: its best, and what it took."""
    networks = [load_network(name) for name in (("mlp", "dqn") if quick else NETWORKS)]
    began, at = time.process_time(), time.perf_counter()
    result = codesign_chip(
        chips,
        networks,
        trials=2 if quick else TRIALS,
        evaluations=50 if quick else 1_000,
        seed=seed,
    )
    return {
        "cores": kind,
        "seed": seed,
        "edp": result.found.value,
        "gap": result.found.gap,
        "area_mm2": result.best.area_mm2,
        "chip": "; ".join(chips.described(result.point)),
        "each": {name: dict(figures) for name, figures in result.found.networks.items()},
        "seconds": time.process_time() - began,
        "wall_seconds": time.perf_counter() - at,
    }


def run(quick: bool, log: Log) -> Results:
    """Unlike cores, and like ones of each template."""
    chips = load_chip_space(SPACE)
    kinds = {"any": chips}
    for name in chips.spec.templates[: 1 if quick else None]:
        kinds[Path(name).stem] = of_one_template(chips, name)
    rows = []
    for seed in SEEDS:
        for kind, space in kinds.items():
            rows.append(searched(space, kind, seed, quick))
            log(f"{kind}, seed {seed}: EDP {rows[-1]['edp']:.4g}")
    unlike = min(row["edp"] for row in rows if row["cores"] == "any")
    like = min(row["edp"] for row in rows if row["cores"] != "any")
    return {
        "benchmark": "chips",
        "quick": quick,
        "provenance": provenance(),
        "ratio": unlike / like,
        "rows": rows,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    page = heading("Chips of unlike and of like cores", results)
    page += (
        f"\n{', '.join(NETWORKS)} side by side on chips of `spaces/chips/three-cores.yaml`: at "
        f"most 1,024 PEs, 12 mm2 and 128 bits of DRAM a cycle, {TRIALS} chips tried, EDP of all "
        "together.\n\n"
    )
    page += table(
        results["rows"],
        {
            "cores": "cores",
            "seed": "seed",
            "edp": "EDP, pJ x cycles|.4g",
            "gap": "gap of the schedule|.1%",
            "area_mm2": "mm2|.2f",
            "chip": "chip",
            "seconds": "processor s|.0f",
            "wall_seconds": "s|.0f",
        },
    )
    return page + (
        f"\nThe best of any cores has {results['ratio']:.3f} of the EDP of the best of like ones. "
        "The first search includes compiling. The gap is to a bound on schedules of the mappings "
        "found, not on chips.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    description = "Chips of unlike and of like cores within equal limits"
    return run_command("chips", description, run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())
