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

from bohwsw.checks import MOST_EVALUATIONS, MOST_THREADS, finite_number, whole_number
from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import read_objectives
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace, load_space
from bohwsw.codesign.limits import limited, over_limits
from bohwsw.codesign.mapped_network import MappedNetwork, Rejection
from bohwsw.codesign.network_mapper import MappingInterrupted, NetworkMapper
from bohwsw.codesign.networks import Models
from bohwsw.codesign.problem import Problem
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.codesign.recipe import recipe as named_recipe
from bohwsw.errors import NoValidMappingError, SpecError, unknown_name
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.clock import Clock
from bohwsw.mapper.explanation import Explanation, explain
from bohwsw.mapper.mapper import Mapper, Objective, check_objective
from bohwsw.mapper.network_mapper import NetworkProgress
from bohwsw.mapper.random_search import RandomMapper
from bohwsw.mapper.what_if import WhatIfs, what_if
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.space import Value
from bohwsw.study import HERE, CodesignResult, Progress, StoragePlace, Where, run_codesign
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
    objective: str | Sequence[str] = "edp",
    limits: Mapping[str, float] | None = None,
    strategy: str | None = None,
    seed: int = 0,
    threads: int | None = None,
    where: Where = HERE,
    out: str | Path | None = None,
    storage: StoragePlace | None = None,
    study: str | None = None,
    resume: bool = False,
    overwrite: bool = False,
    final_seconds: float | None = None,
    headroom_seconds: float = 0.0,
    progress: Progress | None = None,
) -> CodesignResult:
    """Design a machine for one network or several and map every layer onto it.

    With several networks the objective is the weighted geometric mean of theirs. With several
    objectives the result is a Pareto front; the layers are then mapped for ``edp``, unless only
    ``energy`` or only ``latency`` is asked for, beside ``area`` or not.

    Args:
        space: a shipped space, the path of a space file, or a loaded space.
        model: a shipped model, the path of a model file, or a network; or a list of these or of
            (model, weight) pairs, the weight 1 if absent.
        recipe: ``best``, ``paper``, or one made of your own parts, see ``bohwsw.codesign.recipe``.
        trials: machines to try; the recipe's number if absent.
        evaluations: budget of the mapper for each unique layer on each machine, the same on all;
            the recipe's if absent, which may open with another one.
        objective: ``edp``, ``energy`` or ``latency`` of the whole network, or ``area`` of the chip;
            several as a list or with commas.
        limits: on top of those of the space: ``area_mm2``, and of each network ``power_mw`` and
            ``latency_ms``. A design over one is infeasible.
        strategy: how machines are proposed: ``bayesian``, ``evolutionary``, ``linear``,
            ``random`` or ``space_filling``; the recipe's if absent. ``linear`` knows one
            objective only.
        seed: same seed, same result.
        threads: how many; one for each core if absent. The result does not depend on it.
        out: folder for the results, and the trials if there is no ``storage``; nowhere if absent.
        storage: where trials are stored, for processes that share a study: a path or URL, see
            ``bohwsw.study.open_storage``.
        study: its name in ``storage``; that of space and models if absent.
        resume: go on with the study in ``out`` or ``storage``.
        overwrite: throw away the study in ``out`` or ``storage``.
        where: where machines are evaluated, and how many at a time.
        final_seconds: time for mapping the best machines and the baseline again at the end, all of
            them together; if absent, the recipe's for each network on each machine (10 s), or until
            it is proven near its optimum. A recipe without a gap for that takes no notice.
        headroom_seconds: at the end bound what any machine of the space could reach, for about
            this time; of one objective, not the area.
        progress: called as the work goes on, see ``Progress``.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no machine tried can run the networks.
        ResultFolderError: ``out`` cannot be used.
        StorageError: ``storage`` cannot be used.
    """
    objectives = read_objectives(objective)
    if final_seconds is not None:
        _check_limits(final_seconds=final_seconds)
    if out is None and storage is None and (resume or overwrite):
        raise SpecError("resume and overwrite need a folder", expected="out, or storage")
    if study is not None and storage is None:
        raise SpecError(
            "a name without a storage", key_path="study", got=study, expected="--storage"
        )
    chosen = recipe if isinstance(recipe, Recipe) else named_recipe(recipe)
    problem = Problem(
        limited(_space(space), limits or {}),
        model,
        objectives,
        chosen.changed(trials=trials, evaluations=evaluations, strategy=strategy),
        seed,
        _threads(threads),
    )
    return run_codesign(
        problem,
        where=where,
        folder=None if out is None else Path(out),
        storage=storage,
        study=study,
        resume=resume,
        overwrite=overwrite,
        final_seconds=final_seconds,
        headroom_seconds=headroom_seconds,
        progress=progress,
    )


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
    """Map a network onto one machine of a space.

    Branch and bound minimises the objective of the network and proves how good the result is:
    ``lower_bound`` and ``gap`` of the design, ``lower_bound`` of each layer by itself. The other
    mappers minimise the objective of each layer by itself and prove nothing.

    Args:
        space: as for ``codesign_network``.
        model: as for ``codesign_network``.
        point: parameters that differ from the baseline's.
        baseline_dataflow: map the baseline with its own restrictions, not those of the space.
        layers: names of the layers to map; all if empty.
        mapper: ``branch-and-bound``, ``annealing`` or ``random``.
        gap: branch and bound stops when the network is proven to be within this share of its
            optimum; 0 goes on until nothing is left to prove.
        seconds: branch and bound stops after about this time with what it has: each layer has a
            mapping then, and a bound, which may be loose.
        imperfect: let branch and bound try factors that do not divide a dimension, the last round
            partly filled: a larger map space, of which nothing is proven.
        evaluations: mappings that the other mappers try for each unique layer.
        objective: ``edp``, ``energy`` or ``latency``.
        seed: same seed, same result, unless time runs out.
        threads: how many; one for each core if absent.
        partly: where layers have no valid mapping, map the others; ``unmapped`` of the design says
            which and why, and its sums are of the others.
        progress: called as the work goes on, see ``map_layers``.

    Returns:
        The design; its ``over_limits`` are the limits of the space that it breaks.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: a layer has no valid mapping; says why.
        MappingInterrupted: Ctrl-C, a KeyboardInterrupt that has the ``design`` of what is mapped.
    """
    check_objective(objective)
    seed = whole_number("seed", seed, least=0)
    evaluations = whole_number("evaluations", evaluations, most=MOST_EVALUATIONS)
    _check_limits(gap=gap, seconds=seconds)
    if mapper not in MAPPERS:
        raise unknown_name("mapper", mapper, MAPPERS)
    if imperfect and mapper != BranchAndBoundMapper.name:
        raise SpecError("only branch and bound tries imperfect factors", got=mapper)
    hardware_space = _space(space)
    task = NetworkMapper(
        _some_layers(_network(model), list(layers)),
        objective,
        replace(best_recipe(), mapper=MAPPERS[mapper], evaluations=evaluations),
        seed,
        _threads(threads),
    )
    hardware = _machine(hardware_space, point or {}, baseline_dataflow)
    if progress is not None:
        progress(0, len(task.network.layers), math.inf)
    mappable, unmapped = task.mappable(hardware)
    if unmapped and not partly:
        first = unmapped[0]
        raise NoValidMappingError(first.reason, first.entry.layer.name, first.violations)

    def finished(network: MappedNetwork) -> Design:
        left = (*unmapped, *network.unmapped)
        bound = 0.0 if left else network.lower_bound
        design = Design(hardware, (replace(network, unmapped=left, lower_bound=bound),))
        return replace(design, over_limits=over_limits(design, hardware_space.spec.limits))

    if mappable is None:
        return finished(MappedNetwork(task.network.name, ()))
    try:
        if mapper == BranchAndBoundMapper.name:
            result = mappable.map_together(
                hardware, gap=gap, seconds=seconds, imperfect=imperfect, progress=progress
            )
        else:
            result = mappable.map_network(hardware, progress=progress)
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
) -> list[tuple[Explanation, WhatIfs]]:
    """For each layer of a design: where energy and time go, and what would change that most.

    Args:
        design: a mapped network.
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
    _check_limits(seconds=seconds, total_seconds=total_seconds)
    hardware, technology = design.hardware, _space(space).technology
    clock = Clock.of(total_seconds)
    return [
        (
            explain(mapped.entry.layer, hardware.architecture, mapped.mapping, mapped.evaluation),
            what_if(
                MapSpace(mapped.entry.layer, hardware.architecture, hardware.dataflow),
                hardware.costs,
                mapping=mapped.mapping,
                technology=technology,
                objective=objective,
                seconds=seconds,
                threads=_threads(threads),
                clock=clock.share(1.0 / (len(design.layers) - number)),
            ),
        )
        for number, mapped in enumerate(design.layers)
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


def _threads(threads: int | None) -> int:
    if threads is None:
        return os.cpu_count() or 1
    return whole_number("threads", threads, most=MOST_THREADS)


def _check_limits(**values: float) -> None:
    for name, value in values.items():
        is_unlimited = isinstance(value, float) and value == math.inf
        number = finite_number(value)
        if not is_unlimited and (number is None or number < 0):
            raise SpecError("not a limit", key_path=name, got=value, expected="at least 0")
