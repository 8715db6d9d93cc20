"""How one layer runs on Eyeriss with 168 PEs: real map spaces, scored by our simulator.

What the mesh allows is known beforehand; that the tiles fit the buffers is not: a mapping that
does not fit is a point like any other, and is answered by "no". Optimisers see the raw parameters
(tile sizes, loop orders), no features of ours.
"""

from __future__ import annotations

import numpy as np

from benchmarks.layers import LAYERS
from benchmarks.mapping_search.problem import FIXED_BYPASS
from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from bohwsw.codesign import load_space
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapping.dataflow import Dataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping_search import MappingSpace
from bohwsw.space import Point
from bohwsw.workload import Layer

MACHINE = "eyeriss-168"
LISTED = 500_000
"""Spaces of at most this many points are listed to find the optimum."""

ANNEALED = 500_000
"""Evaluations of the annealing mapper that stand for the optimum of larger spaces."""


def mapping_convolution(seed: int | None = None) -> Problem:
    """A convolution in Eyeriss' own row-stationary dataflow."""
    layer = LAYERS["resnet18-conv4"]
    if seed is not None:
        rng = np.random.default_rng(seed)
        channels, filters = (int(2 ** rng.integers(5, 9)) for _ in range(2))
        size = int(rng.choice([7, 12, 14, 20, 28]))
        layer = Layer("convolution", K=filters, C=channels, P=size, Q=size, R=3, S=3)
    return _problem("mapping_convolution", layer, None)


def mapping_dense(seed: int | None = None) -> Problem:
    """The first fully connected layer of DQN with all loops free; storage as in Eyeriss."""
    layer = Layer("dense", K=512, C=3136)
    if seed is not None:
        rng = np.random.default_rng(seed)
        layer = Layer("dense", K=int(64 * rng.integers(4, 17)), C=int(196 * rng.integers(4, 17)))
    return _problem("mapping_dense", layer, FIXED_BYPASS)


def _problem(name: str, layer: Layer, dataflow: Dataflow | None) -> Problem:
    """The mappings of a layer; None is the machine's own dataflow."""
    hardware = load_space(MACHINE).baseline(free=dataflow is not None)
    chosen = hardware.dataflow if dataflow is None else dataflow
    space = MappingSpace(layer, hardware.architecture, chosen, known_capacity=False, encoding="raw")
    rows = space.all_rows(LISTED)
    if rows is not None:
        evaluated = space.evaluate(rows, hardware.costs)
        edp = np.where(evaluated.valid, evaluated.edp_pj_cycles, np.inf)
        where = int(np.argmin(edp))
        optimum, point = float(edp[where]), space.point(rows[where])
        source = "our simulator; optimum by enumeration"
    else:
        map_space = MapSpace(layer, hardware.architecture, chosen)
        found = AnnealingMapper().search(map_space, hardware.costs, evaluations=ANNEALED, seed=0)
        assert found.evaluation.edp_pj_cycles is not None
        optimum, point = found.evaluation.edp_pj_cycles, space.point_of(found.mapping)
        source = f"our simulator; optimum: the best of {ANNEALED:,} evaluations by annealing"

    def evaluate(point: Point) -> Evaluation:
        evaluated = space.evaluate(space.row(point)[None, :], hardware.costs)
        if not evaluated.valid[0]:
            return INFEASIBLE
        return Evaluation(True, float(np.log(evaluated.edp_pj_cycles[0] / optimum)))

    source += "; the objective is the logarithm of the EDP over the optimum's"
    return Problem(name, "mapping", space, evaluate, 0.0, point, 50, True, source)
