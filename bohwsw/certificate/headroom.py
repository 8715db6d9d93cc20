"""Headroom: what no machine of a space can beat."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

from bohwsw.certificate.machine_table import MachineTable
from bohwsw.certificate.relaxed_machine import always_allowed
from bohwsw.certificate.space_bound import SpaceBound
from bohwsw.clock import Clock
from bohwsw.codesign import FpgaSpace, HardwareSpace, Networks
from bohwsw.errors import SpecError
from bohwsw.mapper import Objective
from bohwsw.space import Point, Value
from bohwsw.workload import Network

GAP = 0.005
"""How near to the best design a bound is brought, if time allows."""

MOST_SETTINGS = 4
"""How many settings of what only restricts mappings are tried where none leaves them all free."""


def least_of_space(
    hardware_space: HardwareSpace,
    network: Network,
    *,
    objective: Objective = "edp",
    seconds: float = math.inf,
    reached: float = math.inf,
    gap: float = GAP,
    report: Callable[[float], None] = lambda _: None,
    met: Callable[[Point], None] = lambda _: None,
) -> float:
    """A lower bound on the objective of a network over all machines of a space.

    Args:
        network: what runs on them.
        objective: of the network: ``edp`` (pJ x cycles), ``energy`` (pJ) or ``latency`` (cycles).
        seconds: stop after about this time; what is not looked at by then has a bound, too.
        reached: the objective of a design that is known.
        gap: stop when no machine is better than the best design known by more than this share.
        report: told again and again the bound as a share of what is reached.
        met: told at the end of a machine that may be better than what is reached, if the proof came
            to one: no more could be proven of it.

    Returns:
        The bound; infinite if no machine can run the network.

    Raises:
        SpecError: the space has too many different structures.
    """
    clock = Clock.of(seconds)
    search = SpaceBound(hardware_space, network, objective=objective, reached=reached, goal=gap)
    bound = search.run(clock, lambda progress: report(progress.bound / search.reached))
    if search.least_machine is not None and bound < reached * (1.0 - gap):
        for point in _settings(hardware_space, search.table, search.least_machine):
            met(point)
    return bound


def _settings(
    space: HardwareSpace, table: MachineTable, machine: Mapping[str, Value]
) -> list[Point]:
    """The points of a machine, given by what its figures depend on: that of which no parameter
    restricts the mappings, or a few."""
    others = [x.build(name) for name, x in space.spec.parameters.items() if name not in machine]
    names = [x.name for x in others]
    values = [x.array(x.columns[0].all_codes()[:, None]).tolist() for x in others]
    points: list[Point] = []
    for chosen in itertools.product(*values):
        point = {**machine, **dict(zip(names, chosen, strict=True))}
        if space.space is None or space.space.violations(point):
            continue
        if space.hardware(point).dataflow == always_allowed(table):
            return [point]
        if len(points) < MOST_SETTINGS:
            points.append(point)
    return points


def least_for_networks(
    hardware_space: HardwareSpace,
    networks: Networks,
    *,
    objective: Objective,
    seconds: float,
    reached: Sequence[float] = (),
    report: Callable[[float], None] = lambda _: None,
    met: Callable[[Point], None] = lambda _: None,
) -> float:
    """The same for several networks: the weighted geometric mean of their bounds.

    ``reached`` has what a design reaches with each; ``met`` is told of machines only for a single
    one, as one that is better for one of several need not be for all.
    """
    least, share = 1.0, seconds / len(networks.networks)
    known = reached or [math.inf] * len(networks.networks)
    for network, weight, value in zip(networks.networks, networks.weights, known, strict=True):
        bound = least_of_space(
            hardware_space,
            network,
            objective=objective,
            seconds=share,
            reached=value,
            report=report,
            met=met if networks.is_single else lambda _: None,
        )
        least *= bound**weight
    return least


def require_boundable(hardware_space: HardwareSpace, objectives: Sequence[str]) -> None:
    """Look whether `least_of_space` can bound what is minimised, before a search begins.

    Raises:
        SpecError: there are several objectives, or it is the area; the space has too many different
            structures, or they save on zeros, or are engines on an FPGA.
    """
    if len(objectives) != 1 or objectives[0] not in ("edp", "energy", "latency"):
        raise SpecError(
            "there is no bound on this over all machines of a space",
            key_path="headroom",
            got=", ".join(objectives),
            expected="one objective: edp, energy or latency",
        )
    if hardware_space.spec.sparse is not None:
        problem = "no bound is known on what machines save on zeros"
        raise SpecError(problem, key_path="headroom", got="sparse", expected="a space without")
    if isinstance(hardware_space, FpgaSpace):
        problem = "no bound is known on engines of an FPGA, onto which no layer is mapped"
        got = f"board {hardware_space.board.name}"
        raise SpecError(problem, key_path="headroom", got=got, expected="a space of machines")
    MachineTable(hardware_space)
