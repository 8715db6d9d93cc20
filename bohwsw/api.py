"""The Python API: the same few verbs as the command line.

import bohwsw

result = bohwsw.codesign_network("eyeriss-168", "resnet18", trials=20)
print(result.improvement, result.best.edp_pj_cycles)
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from bohwsw import codesign, simulator, study  # mapping loads little of them
from bohwsw.checks import MOST_EVALUATIONS, MOST_THREADS, require_limits, whole_number
from bohwsw.clock import Clock
from bohwsw.codesign import (
    Design,
    Hardware,
    HardwareSpace,
    MappedNetwork,
    MappingInterrupted,
    Models,
    NetworkMapper,
    Recipe,
    Rejection,
    best_recipe,
    load_space,
    named_recipe,
    over_limits,
)
from bohwsw.errors import NoValidMappingError, SpecError, unknown_name
from bohwsw.mapper import (
    AnnealingMapper,
    BranchAndBoundMapper,
    Mapper,
    NetworkProgress,
    Objective,
    RandomMapper,
    check_objective,
)
from bohwsw.mapping import MapSpace, warn_of_widths
from bohwsw.notebook import notebook_bars
from bohwsw.space import Value
from bohwsw.workload import CountedLayer, Layer, Network, load_network, network_from_layers

MAPPERS: dict[str, Mapper] = {
    mapper.name: mapper for mapper in (BranchAndBoundMapper(), AnnealingMapper(), RandomMapper())
}


def codesign_network(
    space: str | Path | HardwareSpace,
    model: Models,
    *,
    recipe: str | Recipe = "best",
    trials: int | None = None,
    evaluations: int | None = None,
    objective: str | Sequence[str] | None = None,
    limits: Mapping[str, float] | None = None,
    strategy: str | None = None,
    seed: int = 0,
    threads: int | None = None,
    **running: Unpack[study.Running],
) -> study.CodesignResult:
    """Design a machine for one network or several and map every layer onto it.

    Args:
        space: a shipped space, the path of a space file, or a loaded space.
        model: a shipped model, the path of a model file, or a network; or a list of these or of
            (model, weight) pairs: the objective is then their weighted geometric mean.
        recipe: ``best``, ``paper``, or one made of your own parts, see ``bohwsw.codesign.recipe``.
        trials: machines to try; the recipe's number if absent.
        evaluations: budget of the mapper for each unique layer on each machine, the same on all;
            the recipe's if absent, which may open with another one.
        objective: ``edp``, ``energy``, ``latency``, ``area``, ``power``, or a registered figure;
            EDP, on FPGAs latency, if absent; several, as a list or with commas, give a front.
        limits: on top of those of the space: figures by name, such as ``area_mm2``, and of each
            network ``power_mw`` and ``latency_ms``; at most that, or at least where larger is
            better. A design over one is infeasible.
        strategy: how machines are proposed, by name; the recipe's if absent.
        seed: same seed, same result.
        threads: how many; one for each core if absent. The result does not depend on it.
        running: how the study runs and where it is stored, see ``Running``.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no machine tried can run the networks.
        ResultFolderError, StorageError: ``out`` or ``storage`` cannot be used.
    """
    chosen = recipe if isinstance(recipe, Recipe) else named_recipe(recipe)
    options = study.check_running(running)
    problem = codesign.Problem(
        machines := codesign.limited(_space(space), limits or {}),
        model,
        objective or machines.objective,
        chosen.changed(trials=trials, evaluations=evaluations, strategy=strategy),
        seed,
        threads_of(threads),
    )
    machine = problem.hardware_space.baseline().architecture
    warn_of_widths(problem.networks.networks, [machine])
    return study.run_codesign(problem, **options)


def map_network(
    space: str | Path | HardwareSpace,
    model: str | Path | Network,
    *,
    point: Mapping[str, Value] | None = None,
    baseline_dataflow: bool = False,
    layers: Iterable[str] = (),
    mapper: str = "branch-and-bound",
    gap: float = 0.01,
    seconds: float = 120.0,
    imperfect: bool = False,
    evaluations: int = 1_000_000,
    objective: Objective = "edp",
    seed: int = 0,
    threads: int | None = None,
    partly: bool = False,
    progress: NetworkProgress | None = None,
) -> Design:
    """Map a network onto one machine of a space; its ``over_limits`` are those of the space.

    Args:
        space: as for ``codesign_network``, and so ``model``.
        point: parameters that differ from the baseline's.
        baseline_dataflow: map the baseline with its own restrictions, not those of the space.
        layers: names of the layers to map; all if empty.
        mapper: ``branch-and-bound`` minimises the objective of the network and proves how good that
            is, see ``Design.gap``; ``annealing`` and ``random`` that of each layer by itself.
        gap: how near to its optimum branch and bound brings the network; 0: proves all there is.
        seconds: branch and bound stops after about this time with what it has, maybe a loose bound.
        imperfect: let it try factors that do not divide a dimension, with a looser bound.
        evaluations: mappings that the other mappers try for each unique layer.
        objective: ``edp``, ``energy`` or ``latency``.
        seed: same seed, same result, unless time runs out; whatever the ``threads``.
        partly: map the other layers where some have no valid mapping: ``unmapped`` says why.
        progress: called as the work goes on, see ``map_layers``; in notebooks a bar if absent.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: a layer has no valid mapping; says why.
        MappingInterrupted: Ctrl-C, a KeyboardInterrupt that has the ``design`` of what is mapped.
    """
    check_objective(objective)
    require_limits(gap=gap, seconds=seconds)
    if mapper not in MAPPERS:
        raise unknown_name("mapper", mapper, MAPPERS)
    if imperfect and mapper != BranchAndBoundMapper.name:
        raise SpecError("only branch and bound tries imperfect factors", got=mapper)
    seed = whole_number("seed", seed, least=0)
    budget = whole_number("evaluations", evaluations, most=MOST_EVALUATIONS)
    hardware_space, network = _space(space), _some_layers(_network(model), list(layers))
    recipe = replace(best_recipe(), mapper=MAPPERS[mapper], evaluations=budget)
    task = NetworkMapper(network, objective, recipe, seed, threads_of(threads))
    hardware = _machine(hardware_space, point or {}, baseline_dataflow)
    options: dict[str, Any] = {"progress": progress or _bar_of_mapping()}
    if mapper == BranchAndBoundMapper.name:
        options |= {"gap": gap, "seconds": seconds, "imperfect": imperfect}
    return _mapped(task, hardware, hardware_space.spec.limits, partly, options)


def _bar_of_mapping() -> NetworkProgress | None:
    bars = notebook_bars()
    if bars is None:
        return None
    return lambda done, total, gap: bars.show(
        "mapping", done, total, "" if gap == math.inf else f"proven within {gap:.1%}"
    )


def _mapped(
    task: NetworkMapper,
    hardware: Hardware,
    limits: Mapping[str, float],
    partly: bool,
    options: dict[str, Any],
) -> Design:
    """The design of those layers that have a mapping; together, if the options are for that."""
    if options["progress"] is not None:
        options["progress"](0, len(task.network.unique_layers()), math.inf)
    mappable, unmapped = task.mappable(hardware)
    if unmapped and not partly:
        first = unmapped[0]
        raise NoValidMappingError(first.reason, first.entry.layer.name, first.violations)

    def finished(network: MappedNetwork) -> Design:
        left = (*unmapped, *network.unmapped)
        bound = 0.0 if left else network.lower_bound
        found = replace(network, unmapped=left, lower_bound=bound, network=task.network)
        design = Design(hardware, (found,))
        return replace(design, over_limits=over_limits(design, limits))

    if mappable is None:
        return finished(MappedNetwork(task.network.name, ()))
    map_all = mappable.map_together if "gap" in options else mappable.map_network
    try:
        result = map_all(hardware, **options)
    except MappingInterrupted as error:
        raise MappingInterrupted(finished(error.design.networks[0])) from None
    if isinstance(result, Rejection):
        raise NoValidMappingError(result.reason, result.layer or "", result.violations)
    return finished(result)


def _machine(space: HardwareSpace, point: Mapping[str, Value], baseline_dataflow: bool) -> Hardware:
    """The baseline with some parameters changed, or as it is, with its own restrictions."""
    if baseline_dataflow and point:
        raise SpecError("the baseline's dataflow goes with the baseline's parameters", got=point)
    if baseline_dataflow:
        return space.baseline()
    if space.space is None:
        return space.baseline(free=True)
    return space.hardware(space.with_point(point))


def explain_design(
    design: Design,
    space: str | Path | HardwareSpace,
    *,
    objective: Objective = "edp",
    seconds: float = 2.0,
    total_seconds: float = math.inf,
    threads: int | None = None,
) -> list[tuple[simulator.Explanation, codesign.WhatIfs]]:
    """For each layer of a design: where energy and time go, and what would change that most.

    Args:
        space: the space that its machine belongs to; its technology prices changed machines.
        objective: what changes are judged by: ``edp``, ``energy`` or ``latency``.
        seconds: time for mapping a layer onto each changed machine.
        total_seconds: time for all of that; changed machines may then be compared by the mappings
            that are known, with a looser bound.
        threads: how many; one for each core if absent.

    Raises:
        SpecError: something given is not valid.
    """
    check_objective(objective)
    if any(mapped.imperfect for mapped in design.layers):
        raise SpecError("explanations are of mappings with perfect factors only")
    if any(simulator.is_sparse(design.core_of(x).sparse, x.entry.layer) for x in design.layers):
        raise SpecError("explanations are of machines that save nothing on zeros")
    require_limits(seconds=seconds, total_seconds=total_seconds)
    technology = _space(space).technology
    clock = Clock.of(total_seconds)
    return [
        (
            simulator.explain(
                mapped.entry.layer, core.architecture, mapped.mapping, mapped.evaluation
            ),
            codesign.what_if(
                MapSpace(mapped.entry.layer, core.architecture, core.dataflow),
                core.costs,
                mapping=mapped.mapping,
                technology=technology,
                objective=objective,
                seconds=seconds,
                threads=threads_of(threads),
                clock=clock.share(1.0 / (len(design.layers) - number)),
            ),
        )
        for number, mapped in enumerate(design.layers)
        for core in (design.core_of(mapped),)
    ]


def map_layer(layer: Layer, space: str | Path | HardwareSpace, **options: object) -> Design:
    """Map a single layer; options as for ``map_network``."""
    return map_network(space, network_from_layers(layer.name, [(layer, 1)]), **options)  # type: ignore[arg-type]


def _space(space: str | Path | HardwareSpace) -> HardwareSpace:
    return space if isinstance(space, HardwareSpace) else load_space(space)


def _network(model: str | Path | Network) -> Network:
    return model if isinstance(model, Network) else load_network(model)


def _some_layers(network: Network, names: list[str]) -> Network:
    if not names:
        return network
    unique = {entry.layer.shape: entry for entry in network.unique_layers()}
    known = {n.name: unique[n.layer.shape] for n in network.nodes if isinstance(n, CountedLayer)}
    for name in names:
        if name not in known:
            raise unknown_name(f"layer of {network.name}", name, known)
    chosen = dict.fromkeys(known[name] for name in names)
    return network_from_layers(network.name, [(entry.layer, entry.count) for entry in chosen])


def threads_of(threads: int | None) -> int:
    """How many threads are meant: one for each core where nothing is said."""
    if threads is None:
        return os.cpu_count() or 1
    return whole_number("threads", threads, most=MOST_THREADS)
