"""Runs AccelForge's mapper on one layer; started with the interpreter that has ``accelforge``.

Reads a task (see ``problem.py``) as JSON from standard input, prints the best mapping so far as a
line of JSON after each round of the search. The mapper returns nothing before it has ended, and
over everything that the machine allows it needs hours; one round is a search for least EDP with
these held fixed:

- one order of the scratchpads in the loop nest, another in each round;
- the global buffer keeps inputs and outputs, weights pass it by (in the last rounds it may keep
  all); scratchpads of inputs and weights keep theirs, the one of outputs may pass them by;
- along the array's second axis only dimensions that outputs are summed over, along the first all;
- one order of loops of which each gives partial reuse (``explore_loop_orders`` off);
- in the first round, each tile at least four times the next smaller one (``tiling_coarseness``);
- perfect factors, one process.
"""

# mypy: ignore-errors

import contextlib
import json
import math
import sys
import tempfile
import time
from pathlib import Path

import accelforge
import yaml
from accelforge.mapper.FFM.main import map_workload_to_arch

TENSORS = {"Inputs": "input", "Weights": "weight", "Outputs": "output"}
SPACES = {"I": "Inputs", "F": "Weights", "O": "Outputs"}
ORDERS = (
    ("Weights", "Inputs", "Outputs"),
    ("Inputs", "Weights", "Outputs"),
    ("Weights", "Outputs", "Inputs"),
    ("Outputs", "Weights", "Inputs"),
    ("Inputs", "Outputs", "Weights"),
    ("Outputs", "Inputs", "Weights"),
)
ROUNDS = [(ORDERS[0], False, 4)]
ROUNDS += [(order, weights, 1) for weights in (False, True) for order in ORDERS]


class Tagged(dict):
    """A node of the architecture; its YAML tag says of what kind."""

    def __init__(self, tag, **entries):
        super().__init__(entries)
        self.tag = tag


def write(data, path):
    """YAML with tags."""

    class Dumper(yaml.SafeDumper):
        pass

    Dumper.add_representer(Tagged, lambda d, node: d.represent_mapping(node.tag, node.items()))
    path.write_text(yaml.dump(data, Dumper=Dumper, sort_keys=False, width=1000))


def memory(level, tensors):
    """A level; one cycle is one second, energies are per word."""
    actions = [
        {
            "name": kind,
            "bits_per_action": level["word_bits"],
            "energy": level[f"{kind}_pj"] / level["block_size"],
            "throughput": level[f"{kind}_words_per_cycle"] or "inf",
        }
        for kind in ("read", "write")
    ]
    return Tagged(
        "!Memory",
        name=level["name"],
        size=level["entries"] * level["word_bits"] if level["entries"] else "inf",
        area=0,
        leak_power=0,
        total_latency="max(a.n_calls / a.throughput for a in actions)",
        tensors=tensors,
        actions=actions,
    )


def architecture(machine, order, weights):
    """The machine with the scratchpads in an order; whether its buffer may keep weights."""
    shared = [level for level in machine["levels"] if not level["per_pe"]]
    own = {level["keeps"][0]: level for level in machine["levels"] if level["per_pe"]}
    nodes = [memory(shared[0], {"keep": "All"})]
    for level in shared[1:]:
        may = {"may_keep": "weight"} if weights else {}
        nodes.append(memory(level, {"keep": "input | output", **may}))
    x, y = machine["mesh"]
    axes = [{"name": "X", "fanout": x}, {"name": "Y", "fanout": y, "reuse": "output"}]
    nodes.append(Tagged("!Container", name="PE", spatial=axes))
    for space in order:
        kept = {"keep": "Nothing", "may_keep": TENSORS[space]}
        nodes.append(memory(own[space], kept if space == "Outputs" else {"keep": TENSORS[space]}))
    action = {"name": "compute", "energy": machine["mac_pj"], "throughput": 1}
    nodes.append(Tagged("!Compute", name="MAC", area=0, leak_power=0, actions=[action]))
    return {"arch": {"nodes": nodes}}


def workload(layer):
    """The layer as one Einsum, without dimensions of size 1 that would only cost search time."""
    sizes = {dim: layer[dim] for dim in "NKCPQRS" if layer[dim] > 1 or dim != "N"}
    sizes["H"] = (layer["P"] - 1) * layer["stride_w"] + layer["R"]
    sizes["W"] = (layer["Q"] - 1) * layer["stride_h"] + layer["S"]
    batch = {"N": "n"} if "N" in sizes else {}
    rows = f"{layer['stride_w']} * p + r" if layer["stride_w"] > 1 else "p + r"
    columns = f"{layer['stride_h']} * q + s" if layer["stride_h"] > 1 else "q + s"
    accesses = [
        {"name": "I", "projection": {**batch, "C": "c", "H": rows, "W": columns}},
        {"name": "F", "projection": {dim: dim.lower() for dim in "KCRS"}},
        {"name": "O", "projection": {**batch, **{d: d.lower() for d in "KPQ"}}, "output": True},
    ]
    renames = {"input": "I", "weight": "F", "output": "O"}
    einsum = {"name": "Layer", "tensor_accesses": accesses, "renames": renames}
    bits = {"All": 16}
    return {"workload": {"rank_sizes": sizes, "bits_per_value": bits, "einsums": [einsum]}}


def nest(mapping):
    """The loops, outermost first, and how many of them stand outside each stored tile."""
    temporal, axes, stores = [], {"X": [], "Y": []}, []
    for node in mapping.nodes:
        kind = type(node).__name__
        if kind in ("Temporal", "Spatial") and int(node.calculated_n_iterations) > 1:
            loop = [str(node.rank_variable).upper(), int(node.calculated_n_iterations)]
            (temporal if kind == "Temporal" else axes[node.name]).append(loop)
        elif kind == "Storage":
            stores += [[node.component, SPACES[str(t)], len(temporal)] for t in node.tensors]
    return {
        "temporal": temporal,
        "spatial_x": axes["X"],
        "spatial_y": axes["Y"],
        "stores": stores,
    }


def main():
    task = json.load(sys.stdin)
    accelforge.set_n_parallel_jobs(1)
    layer, machine = task["layer"], task["machine"]
    macs = math.prod(layer[dim] for dim in "NKCPQRS")
    units = math.prod(machine["mesh"])
    started, best, rounds = time.perf_counter(), math.inf, 0
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("arch.yaml", "workload.yaml")]
        write(workload(layer), files[1])
        for order, weights, coarseness in ROUNDS:
            write(architecture(machine, order, weights), files[0])
            spec = accelforge.Spec.from_yaml(*files)
            spec.mapper.metrics = accelforge.mapper.Metrics.ENERGY_DELAY_PRODUCT
            spec.mapper.explore_loop_orders = False
            spec.mapper.tiling_coarseness = coarseness
            with contextlib.redirect_stdout(sys.stderr):
                found = map_workload_to_arch(spec, print_progress=False, eval_in_detail=False)
            rounds += 1
            edp = float(found.data["Total<SEP>energy_delay_product"].iloc[0])
            if edp < best:
                best, loops = edp, nest(found.mapping(0))
                cycles = math.prod(factor for _, factor in loops["temporal"])
            answer = {
                "edp_pj_cycles": best,
                "utilisation": macs / (cycles * units),
                "seconds": time.perf_counter() - started,
                "nest": loops,
                "note": f"{rounds} of {len(ROUNDS)} rounds",
            }
            print(json.dumps(answer), flush=True)
            if answer["seconds"] > task["seconds"]:
                break


if __name__ == "__main__":
    main()
