"""What a machine saves on zeros: energies and cycles of a dense run, less what it declares.

A space file says where zeros of which data space are *gated* (they take no energy, but their time)
or *skipped* (they take neither). Of a layer with density d in that data space, values of b bits:

    accesses of it at a level:  energy x (d + metadata_bits / b), gated or skipped;
                                words through the ports x the same, skipped
    multiply-accumulates:       energy x product of d over what is gated or skipped there;
                                cycles x min(1, imbalance x product of d over what is skipped)

Everything else is as in the dense run: mappings, capacities, hops, counts. `docs/joint-search.md`
lists what is assumed. The terms are those of Sparseloop (Wu et al. 2022, arXiv:2205.05826).
"""

from __future__ import annotations

import math
from collections.abc import Mapping as ByName
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from bohwsw.arch import Architecture, ArchitectureSpec
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping import Mapping
from bohwsw.simulator.evaluation import Evaluation, LevelResult
from bohwsw.simulator.reference import ports
from bohwsw.workload import Layer
from bohwsw.yamlfile import SpecModel

MAC = "MAC"
"""What the multiply-accumulate units are called beside the names of levels."""

Operands = Annotated[tuple[Literal["Weights", "Inputs"], ...], Field(min_length=1)]


class SparseSpec(SpecModel):
    """What is gated and skipped: by level, or ``MAC``, the data spaces whose zeros are."""

    #: data spaces whose zeros take no energy, by level or `MAC`
    gate: dict[str, Operands] = Field(default_factory=dict)
    #: data spaces whose zeros take neither energy nor time
    skip: dict[str, Operands] = Field(default_factory=dict)
    #: for each value where zeros are gated or skipped [bits]
    metadata_bits: Annotated[float, Field(ge=0, le=64)] = 1.0
    #: cycles of the busiest unit, as a multiple of the mean
    imbalance: Annotated[float, Field(ge=1, le=1e6)] = 1.0

    def at(self, place: str) -> tuple[str, ...]:
        """The data spaces whose zeros are gated or skipped at a level or the units."""
        return (*self.gate.get(place, ()), *self.skip.get(place, ()))


def check_sparse(spec: SparseSpec | None, machine: ArchitectureSpec) -> None:
    """Look whether levels are there, and nothing is said twice.

    Raises:
        SpecError: an unknown level, or a data space that is gated and skipped at one place.
    """
    places = [*(level.name for level in machine.levels), MAC]
    for kind in ("gate", "skip") if spec else ():
        for place in getattr(spec, kind):
            if place not in places:
                raise unknown_name("level", place, places).within(key_path=f"sparse.{kind}")
    for place in places if spec else ():
        spaces = spec.at(place) if spec else ()
        if len(set(spaces)) < len(spaces):
            problem = f"zeros of one data space are either gated or skipped at {place!r}, once"
            raise SpecError(problem, key_path="sparse", got=list(spaces))


def is_sparse(spec: SparseSpec | None, layer: Layer) -> bool:
    """Whether anything of a layer is gated or skipped: no bound of a mapper holds then."""
    if spec is None:
        return False
    named = [*spec.gate.values(), *spec.skip.values()]
    return any(layer.density[space] is not None for spaces in named for space in spaces)


def sparse_evaluation(
    spec: SparseSpec | None,
    layer: Layer,
    architecture: Architecture,
    mapping: Mapping,
    dense: Evaluation,
) -> Evaluation:
    """What a layer costs with what is saved on its zeros; ``dense`` itself where nothing is."""
    if spec is None or not is_sparse(spec, layer) or not dense.valid:
        return dense
    compute = mapping.compute_cycles
    effectual = _product(layer, spec.skip.get(MAC, ()))
    cycles = max(1, math.ceil(compute * min(1.0, effectual * spec.imbalance)))
    levels = tuple(
        _level(spec, layer, architecture, index, result, compute, cycles)
        for index, result in enumerate(dense.levels)
    )
    mac_energy = (dense.mac_energy_pj or 0.0) * _product(layer, spec.at(MAC))
    latency = max(cycles, *(level.latency_cycles for level in levels))
    return replace(
        dense,
        latency_cycles=latency,
        energy_pj=sum([x.energy_pj + x.network_energy_pj for x in levels]) + mac_energy,
        mac_energy_pj=mac_energy,
        utilisation=layer.macs * effectual / (latency * architecture.macs),
        levels=levels,
    )


def _level(
    spec: SparseSpec,
    layer: Layer,
    architecture: Architecture,
    index: int,
    dense: LevelResult,
    compute: int,
    cycles: int,
) -> LevelResult:
    """One level: energies, and the cycles that its ports need for what is left to move."""
    level = architecture.levels[index]
    results, demands, limits = {}, [0.0, 0.0], [math.inf, math.inf]
    for space, result in dense.data_spaces.items():
        density = layer.density[space] if space in spec.at(level.name) else None
        kept = 1.0
        if density is not None:
            kept = density + spec.metadata_bits / (layer.bits[space] or level.word_bits)
        results[space] = replace(result, energy_pj=result.energy_pj * kept)
        moved = kept if space in spec.skip.get(level.name, ()) else 1.0
        for side, port in enumerate(ports(layer, level, {space: result}, compute)):
            demands[side] += port.demand * moved
            limits[side] = port.limit
    needed = [compute * x / most for x, most in zip(demands, limits, strict=True)]
    return replace(dense, data_spaces=results, latency_cycles=max(cycles, *map(math.ceil, needed)))


def _product(layer: Layer, spaces: Sequence[str]) -> float:
    """The share of products none of whose operands in these data spaces is zero."""
    known: ByName[str, float | None] = layer.density
    return math.prod(1.0 if (d := known[space]) is None else d for space in spaces)
