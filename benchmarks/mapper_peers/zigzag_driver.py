"""Runs ZigZag's mapper on one layer; started with the interpreter that has ``zigzag-dse``.

Reads a task (see ``problem.py``) as JSON from standard input, prints the best mapping found as
JSON. The temporal search is LOMA on the spatial mappings that ZigZag generates, both with more and
more effort until the time is over, and with the global buffer keeping or passing by each operand,
which ZigZag takes as part of the machine.
"""

# mypy: ignore-errors

import contextlib
import json
import logging
import math
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import yaml
from zigzag.mapping.temporal_mapping import TemporalMappingType
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.main import MainStage
from zigzag.stages.mapping.spatial_mapping_generation import SpatialMappingGeneratorStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.stages.parser.accelerator_parser import AcceleratorParserStage
from zigzag.stages.parser.workload_parser import WorkloadParserStage
from zigzag.stages.stage import Stage
from zigzag.stages.workload_iterator import WorkloadStage

DIMENSIONS = {"N": "B", "K": "K", "C": "C", "P": "OX", "Q": "OY", "R": "FX", "S": "FY"}
NAMES = {name: dim for dim, name in DIMENSIONS.items()}
OPERANDS = {"Inputs": "I", "Weights": "W", "Outputs": "O"}
LINKS = {"Inputs": "I1", "Weights": "I2", "Outputs": "O"}
UNLIMITED_WORDS = 4096  # a cycle: far more than any level inside takes


class OutOfTime(Exception):
    """The search is to stop."""


class Best:
    """The best evaluation seen, and when to stop."""

    def __init__(self, seconds):
        self.started = time.perf_counter()
        self.deadline = self.started + seconds
        self.edp, self.found = math.inf, None

    def offer(self, evaluation, keeps):
        edp = evaluation.energy_total * evaluation.latency_total2
        if edp < self.edp:
            spatial = {
                str(axis): [(str(dim), int(size)) for dim, size in loops.items()]
                for axis, loops in evaluation.layer.spatial_mapping.items()
            }
            self.edp, self.found = edp, (evaluation, keeps, spatial)
        if time.perf_counter() > self.deadline:
            raise OutOfTime


class KeepBest(Stage):
    """Takes in every mapping that is evaluated; nothing else comes out."""

    def __init__(self, stages, *, best, keeps, **kwargs):
        super().__init__(stages, **kwargs)
        self.best, self.keeps = best, keeps

    def run(self):
        for evaluation, _ in self.list_of_callables[0](self.list_of_callables[1:], **self.kwargs):
            self.best.offer(evaluation, self.keeps)
        yield from ()


def memory(level, spaces, served):
    """A level as ZigZag describes it: energy per access of the whole width, pro rata by word."""
    bits, ports = level["word_bits"], []
    for kind, moves in (("read", ("tl", "th")), ("write", ("fh", "fl"))):
        words = int(level[f"{kind}_words_per_cycle"] or UNLIMITED_WORDS)
        used = [
            f"{LINKS[space]}, {move}"
            for space in spaces
            for move in (moves if space == "Outputs" else moves[:1])
        ]
        port = {"name": f"{kind[0]}_port_1", "type": kind, "allocation": used}
        ports.append(port | {"bandwidth_min": bits, "bandwidth_max": words * bits})
    widths = [port["bandwidth_max"] // bits / level["block_size"] for port in ports]
    fixed = {"area": 0.0, "latency": 1, "served_dimensions": served}
    return fixed | {
        "size": (level["entries"] or 10**10) * bits,
        "r_cost": level["read_pj"] * widths[0],
        "w_cost": level["write_pj"] * widths[1],
        "operands": [LINKS[space] for space in spaces],
        "ports": ports,
    }


def accelerator(machine, kept):
    """The machine, innermost memory first, whose chip-wide buffers hold what is kept."""
    memories = {}
    for level in reversed(machine["levels"]):
        shared = not level["per_pe"]
        spaces = [s for s in level["keeps"] if not shared or level["entries"] is None or s in kept]
        if spaces:
            memories[level["name"]] = memory(level, spaces, ["D1", "D2"] if shared else [])
    array = {"unit_energy": machine["mac_pj"], "unit_area": 0.0, "dimensions": ["D1", "D2"]}
    array["sizes"] = machine["mesh"]
    return {"name": "machine", "memories": memories, "operational_array": array}


def workload(layer):
    """The layer without padding: the input is as large as the filter reaches."""
    width, height = layer["stride_w"], layer["stride_h"]
    return [
        {
            "id": 0,
            "operator_type": "Conv",
            "equation": "O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]",
            "dimension_relations": [f"ix={width}*ox+1*fx", f"iy={height}*oy+1*fy"],
            "loop_dims": list(NAMES),
            "loop_sizes": [layer[dim] for dim in DIMENSIONS],
            "operand_precision": {"W": 16, "I": 16, "O": 16, "O_final": 16},
            "operand_source": {"W": 0, "I": 0},
        }
    ]


def search(task, folder, best):
    """Try all choices of what the global buffer keeps, with more and more effort."""
    links = {OPERANDS[space]: link for space, link in LINKS.items()}
    mapping = folder / "mapping.yaml"
    mapping.write_text(yaml.dump([{"name": "default", "memory_operand_links": links}]))
    stages = [WorkloadParserStage, AcceleratorParserStage, WorkloadStage, KeepBest]
    stages += [SpatialMappingGeneratorStage, TemporalMappingGeneratorStage, CostModelStage]
    for loops, unrollings in ((5, 5), (6, 10), (7, 20), (8, 40), (9, 80)):
        for bypassed in range(len(LINKS)):
            for passing in combinations(LINKS, bypassed):
                kept = [space for space in LINKS if space not in passing]
                path = folder / f"machine-{'-'.join(kept)}.yaml"
                path.write_text(yaml.dump(accelerator(task["machine"], kept), sort_keys=False))
                MainStage(
                    stages,
                    best=best,
                    keeps=kept,
                    accelerator=str(path),
                    workload=workload(task["layer"]),
                    mapping=str(mapping),
                    loma_lpf_limit=loops,
                    nb_mappings_generated=unrollings,
                    enable_mix_spatial_mapping_generation=True,
                    access_same_data_considered_as_no_access=False,
                    temporal_mapping_type=TemporalMappingType.UNEVEN,
                ).run()


def nest(task, found):
    """The loops, outermost first, and how many of them stand outside each stored tile."""
    evaluation, kept, spatial = found
    levels = {
        str(op): loops for op, loops in evaluation.temporal_mapping.mapping_dic_origin.items()
    }
    order = [loop for level in levels["O"] for loop in level][::-1]
    stores = []
    for space, operand in OPERANDS.items():
        names = [
            level["name"]
            for level in reversed(task["machine"]["levels"])
            if space in level["keeps"] and (level["per_pe"] or space in kept)
        ]
        inside = 0
        for name, loops in zip(names, levels[operand], strict=False):
            inside += len(loops)
            stores.append([name, space, len(order) - inside])
    x, y = ([[NAMES[d], size] for d, size in spatial.get(axis, [])] for axis in ("D1", "D2"))
    temporal = [[NAMES[str(dim)], int(size)] for dim, size in order]
    return {"temporal": temporal, "spatial_x": x, "spatial_y": y, "stores": stores}


def main():
    logging.disable(logging.CRITICAL)
    task = json.load(sys.stdin)
    best = Best(task["seconds"])
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OutOfTime):
        search(task, Path(folder), best)
    evaluation = best.found[0]
    answer = {
        "edp_pj_cycles": best.edp,
        "utilisation": evaluation.mac_utilization2,
        "seconds": time.perf_counter() - best.started,
        "nest": nest(task, best.found),
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
