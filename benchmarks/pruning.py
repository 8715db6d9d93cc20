"""What pruning is worth: real accuracies beside energy and cycles, by pattern, share and bits.

Each network of ``digits-cnn-sparse`` at one width is trained, pruned, rounded and evaluated on real
digits, and run on the baseline machine of ``sparse-edge`` with the densities that were measured on
its weights. The training is one for all: patterns, shares and bits come after it. What a machine is
assumed to save is in docs/spaces.md, under ``sparse``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from bohwsw.accuracy import TrainSource
from bohwsw.codesign import Design, joint_recipe, load_space
from bohwsw.joint import JointProblem, JointSpace
from bohwsw.workload import CountedLayer, load_model, tensor_words

MODEL, MACHINE = "digits-cnn-sparse", "sparse-edge"
EVALUATIONS = 2_000
FIGURES = ("energy_pj", "latency_cycles", "edp_pj_cycles")


def problem(width: int, source: TrainSource) -> JointProblem:
    """Knobs of sparsity and bits on one machine."""
    machines = load_space(MACHINE)
    fixed = machines.spec.baseline.point
    joint = JointSpace(load_model(MODEL), machines, {"width": width}, fixed)
    recipe = replace(joint_recipe().changed(trials=1, evaluations=EVALUATIONS), final_gap=None)
    return JointProblem(joint, source, "accuracy,edp", recipe)


def pruned(width: int, source: TrainSource, log: Log) -> list[Row]:
    """Every pattern and share at each number of bits, beside the dense network of these bits."""
    asked = problem(width, source)
    codes = asked.space.all_rows(1_000)
    if codes is None:
        raise ValueError(f"{MODEL} has no small space")
    points = [asked.space.point(row) for row in codes]
    keys = ("weight_bits", "pattern", "sparsity")
    points.sort(key=lambda point: (-point["weight_bits"], point["sparsity"] > 0, str(point)))
    rows: list[Row] = []
    dense: Row = {}
    for point in points:
        judged = asked.judge(point)
        if not isinstance(judged.found, Design) or judged.accuracy is None:
            raise ValueError(f"{point}: {judged.outcome.reason}")
        found, accuracy = judged.found.figures(), judged.accuracy
        row = {key: point[key] for key in keys}
        row |= {"accuracy_percent": found["accuracy_percent"]}
        row |= {"error": accuracy.standard_errors.get("accuracy_percent")}
        row |= {"density_percent": 100 * density(asked, point, accuracy.densities)}
        if not point["sparsity"]:
            dense = {name: found[name] for name in FIGURES}
        row |= {name: found[name] for name in FIGURES}
        row |= {f"{name}_ratio": found[name] / dense[name] for name in FIGURES}
        rows.append(row)
        log(", ".join(f"{name} {value}" for name, value in row.items()))
    return rows


def density(asked: JointProblem, point: dict[str, Any], densities: Any) -> float:
    """The share of all weights of a network that are not zero."""
    network = load_model(MODEL).network(asked.joint.split(point)[0])
    words = {
        node.name: tensor_words(node.layer, "Weights")
        for node in network.nodes
        if isinstance(node, CountedLayer)
    }
    return float(sum(words[name] * densities[name] for name in words) / sum(words.values()))


def run(quick: bool, log: Log) -> Results:
    """All networks of one width; to be quick of a small one, one training after two epochs."""
    width = 8 if quick else 16
    source = TrainSource(MODEL, epochs=(2 if quick else 8,), seeds=(1 if quick else 5,))
    return {
        **head("pruning", quick),
        "width": width,
        "seeds": source.seeds[-1],
        "networks": pruned(width, source, log),
    }


def markdown(results: Results) -> str:
    """The page."""
    columns = {
        "weight_bits": "bits of weights",
        "pattern": "pattern",
        "sparsity": "share removed",
        "density_percent": "weights left, %|.1f",
        "accuracy_percent": "accuracy, %|.2f",
        "error": "its standard error|.2f",
        "energy_pj_ratio": "energy / dense|.2f",
        "latency_cycles_ratio": "cycles / dense|.2f",
        "edp_pj_cycles_ratio": "EDP / dense|.2f",
    }
    return (
        heading("What pruning is worth", results)
        + f"\n`{MODEL}` of width {results['width']}, means of {results['seeds']} trainings, pruned "
        + f"and rounded after training,\non the baseline machine of `{MACHINE}`. Dense is the "
        + "network of the same bits with nothing removed.\nWeights left are measured: rounding "
        + "makes more zeros.\n\n"
        + table(results["networks"], columns)
    )


if __name__ == "__main__":
    sys.exit(run_command("pruning", "What pruning is worth.", run, markdown))
