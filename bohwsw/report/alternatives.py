"""Why not otherwise: each parameter one step up and down, and random machines, simulated again.

Everything here is mapped by the same search with the same budget and the same starting mappings,
the found machine too, so that differences are differences of machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bohwsw.codesign import (
    Design,
    HardwareSpace,
    MappedNetwork,
    Problem,
    Rejection,
    best_recipe,
    figure_of,
    mapped_for,
    over_limits,
    space_from_dict,
)
from bohwsw.report.network_steps import AccuracySays, network_steps
from bohwsw.report.objectives import TrialValues
from bohwsw.report.sources import Source
from bohwsw.space import Categorical, ListedParameter, Point, Space
from bohwsw.strategies import TrialState
from bohwsw.workload import Network, network_from_layers

MOST_EVALUATIONS = 2_000
"""Mappings of each layer on each machine, at most."""

OTHERS = 4
"""Values of an unordered parameter that are tried."""

RANDOM_MACHINES = 20

Progress = Callable[[int, int], None]
"""How many machines are done, of how many."""


def alternatives_contents(
    source: Source,
    values: TrialValues,
    progress: Progress | None = None,
    accuracy: AccuracySays | None = None,
) -> dict[str, Any] | None:
    """Machines and networks beside the best design's, as plain data; None where no space is stored.

    Of several objectives it is the first design that is changed. Where knobs were searched, they
    take their steps, too; see `NetworkSteps`.
    """
    design = next(iter(source.designs.values()), None)
    described = source.settings.get("space")
    if design is None or design.schedule is not None or not isinstance(described, Mapping):
        return None
    if "parameters" not in described or not design.is_whole:
        return None
    machines = space_from_dict(described)
    if machines.space is None or set(design.hardware.point) != set(machines.space.names):
        return None
    trial = _Trial(source, values, design, machines, accuracy)
    networks, point = trial.networks, dict(design.hardware.point)
    steps = list(_steps(machines.space, point, machines.space.names))
    if networks is not None:
        steps += _steps(networks.joint.space, {**networks.knobs, **point}, list(networks.knobs))
    drawn = _drawn(machines)
    is_anew = networks is not None
    total = 1 + is_anew + sum(step["point"] is not None for step in steps) + len(drawn)
    report, done = progress or (lambda *_: None), 0

    def tried(point: Point | None, **how: Any) -> dict[str, Any]:
        nonlocal done
        if point is None:
            return {}
        found = trial.of(point, **how)
        done += 1
        report(done, total)
        return found

    return {
        "of": next(iter(source.designs)),
        "evaluations": trial.problem.recipe.evaluations,
        "same": tried(point),
        **({"same_anew": tried(point, anew=True)} if is_anew else {}),
        "steps": [
            {key: x for key, x in step.items() if key != "point"} | tried(step["point"])
            for step in steps
        ],
        "random": [tried(point) for point in drawn],
    }


class _Trial:
    """Maps the networks of a design, or others, onto machines of its space."""

    def __init__(
        self,
        source: Source,
        values: TrialValues,
        design: Design,
        machines: HardwareSpace,
        accuracy: AccuracySays | None,
    ) -> None:
        self._limits = dict(source.settings.get("limits", ()))
        self._measured = {x.name: x.measured for x in design.networks}
        self._figures = [x.figure for x in values.objectives] or ["edp_pj_cycles"]
        self._figures += [name for name in self._limits if name not in self._figures]
        asked = source.settings.get("recipe", {}).get("evaluations", MOST_EVALUATIONS)
        free = replace(machines, spec=machines.spec.model_copy(update={"limits": {}}))
        known = [x.name for x in values.objectives if not figure_of(x.name).measured]
        self.problem = Problem(
            free,
            [(_bag(x), x.weight) for x in design.networks],
            mapped_for(known),
            best_recipe().changed(evaluations=min(int(asked), MOST_EVALUATIONS)),
        )
        self.networks = network_steps(source, design, self.problem, accuracy)
        self._parameters = set(machines.space.names if machines.space else ())
        self._starts = {
            network: {layer: [mapping] for layer, mapping in layers.items()}
            for network, layers in design.mappings().items()
        }

    def of(self, point: Point, *, anew: bool = False) -> dict[str, Any]:
        """Figures of a machine with the networks, and which limits it is over.

        A point with knobs is of another network, which has no mappings to start from: ``anew`` are
        figures of the design to compare that with.
        """
        other = self.networks
        if other is not None and (anew or set(point) > self._parameters):
            outcome, found, known = other.judged(point)
            told: dict[str, Any] = {"network": True}
            if known is not None:
                told["accuracy"] = known
        else:
            outcome, found = self.problem.evaluate(point, self._starts)
            told = {}
            if isinstance(found, Design):
                own = self._measured
                networks = [replace(x, measured=own.get(x.name, {})) for x in found.networks]
                found = replace(found, networks=tuple(networks))
        if isinstance(found, Rejection) or outcome.state is not TrialState.COMPLETED:
            reason = found.reason if isinstance(found, Rejection) else outcome.reason
            return {**told, "reason": reason, "figures": {}}
        names = dict.fromkeys([*self._figures, "energy_pj", "latency_cycles", "area_mm2"])
        figures = {name: found.figure(name) for name in names}
        over = [x.reason for x in over_limits(found, self._limits)]
        return {**told, "figures": figures, **({"over": "; ".join(over)} if over else {})}


def _bag(mapped: MappedNetwork) -> Network:
    """The network; of its layers alone where its graph is not stored."""
    layers = [(x.entry.layer, x.entry.count) for x in mapped.layers]
    return mapped.network or network_from_layers(mapped.name, layers)


def _steps(space: Space, point: Point, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """For each parameter of these names the next values that are valid; or what forbids the next.

    Where constraints tie it to others, these change with it: ``with`` says how.
    """
    near = space.neighbours(point)
    for parameter in space:
        if not isinstance(parameter, ListedParameter) or parameter.name not in names:
            continue
        name, values = parameter.name, list(parameter.values)
        place = values.index(point[name])
        for first, above in _targets(parameter, place):
            step = {"parameter": name, "from": point[name], "to": values[first]}
            moves = [
                (_changes(point, other), abs(values.index(other[name]) - place), other)
                for other in near
                if other[name] != point[name]
                and (above is None or (values.index(other[name]) > place) == above)
                and (above is not None or other[name] == values[first])
            ]
            if not moves:
                broken = space.violations({**point, name: values[first]})
                yield {**step, "point": None, "figures": {}, "reason": "; ".join(map(str, broken))}
                continue
            changed, _, other = min(moves, key=lambda move: (len(move[0]), move[1]))
            also = {key: value for key, value in changed.items() if key != name}
            yield {**step, "to": other[name], "point": other, **({"with": also} if also else {})}


def _targets(parameter: ListedParameter, place: int) -> Iterator[tuple[int, bool | None]]:
    """Positions of the values to go to, and whether that is up; None of unordered ones."""
    count = len(parameter.values)
    if isinstance(parameter, Categorical) and not parameter.is_ordered:
        yield from ((other, None) for other in range(min(count, OTHERS)) if other != place)
        return
    if place > 0:
        yield place - 1, False
    if place + 1 < count:
        yield place + 1, True


def _changes(point: Point, other: Point) -> dict[str, Any]:
    return {name: value for name, value in other.items() if value != point[name]}


def _drawn(machines: HardwareSpace) -> list[Point]:
    """Random machines within the known limits, always the same ones."""
    space = machines.search_space()
    return [] if space is None else space.sample(RANDOM_MACHINES, np.random.default_rng(0))


def expected_best(values: Sequence[float], maximised: bool) -> list[float]:
    """The expected best of k of n values drawn without replacement, for k from 1 to n."""
    ordered = sorted(values, reverse=maximised)
    n = len(ordered)
    return [
        sum(math.comb(n - 1 - i, k - 1) * ordered[i] for i in range(n - k + 1)) / math.comb(n, k)
        for k in range(1, n + 1)
    ]
