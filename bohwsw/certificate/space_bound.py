"""Branch and bound over the machines of a space.

A node is a box of machines. Its bound comes from its relaxed machine (``relaxed_machine``): from
the least energy and the least EDP that the mapper proves for each layer, and from the fewest cycles
that the fan-outs of its structures allow. The box with the smallest bound is taken up next:

- structures whose own bounds are what is to be proven are set apart, and the area narrows the rest;
- if mappings of its relaxed machine are known that are better than what is to be proven, no proof
  can succeed: it is split;
- else the mapper goes on proving, in passes of more and more steps, and after the last the box is
  split too.

So the smallest bound of the open boxes is at any time a bound for the space (Land and Doig,
"An automatic method of solving discrete programming problems", Econometrica 28, 1960). What the
mapper proves for one relaxed machine holds for all that it dominates, in whichever box.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bohwsw.certificate.box import Box, box_at, halves, narrowed, whole_box
from bohwsw.certificate.machine_table import Integers, MachineTable
from bohwsw.certificate.network_bounds import NetworkBounds
from bohwsw.certificate.relaxed_machine import RelaxedMachine, relaxed_machine
from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.codesign import HardwareSpace
from bohwsw.mapper import Objective, least_objective
from bohwsw.space import Value
from bohwsw.workload import Network

PASSES: tuple[tuple[bool, int, float], ...] = (
    (False, 16, 0.0),
    (False, 128, 0.75),
    (True, 16, 0.92),
    (False, 1024, 0.97),
)
"""Passes of the mapper before a box is split: whether for the energy alone (beside the EDP), steps
on each layer, and the share of what is to be proven that the bound must have for it to be worth
it."""

GOALS = (0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005)
"""Shares below the best design that are proven one after the other."""

SLACK = 1.05
"""How much more of a layer is asked than its share: what one layer lacks another may make up."""

MOST_OPEN = 20_000
"""Boxes in memory; with so many the search ends."""

SHRINK = np.array([1.0, 0.3, 0.3, 2.0, 2.0, 2.0, 2.0, 0.2, 0.2])
"""How much it counts if a half of a box has less of what ``RelaxedMachine.needs`` lists of a level:
a guess of what its bound may gain, before the mapper has looked at it."""


class BoundProgress(NamedTuple):
    """Where a search stands: the bound, boxes open, boxes split, passes of the mapper."""

    bound: float
    open_boxes: int
    splits: int
    passes: int


@dataclass
class _Node:
    """A box with what is known of it."""

    box: Box
    machine: RelaxedMachine | None  # None where words differ in width
    bound: float
    passes: int = 0
    settled: int = 0  # layers of which enough is proven for now, as bits
    mapped: bool = False  # whether the network was mapped onto it

    @property
    def can_split(self) -> bool:
        return not self.box.is_one


class SpaceBound:
    """A lower bound on the objective of a network over all machines of a space, better and better.

    Args:
        space: the machines.
        network: what runs on them.
        objective: ``edp``, ``energy`` or ``latency``.
        reached: the objective of the best design known; machines that cannot be better by the share
            in hand are not looked at further.
        goal: the share of the best design below it at which to end.
        maps: whether networks are mapped onto single machines, which proves most.

    Attributes:
        least_machine: of those of which no more can be proven that with the least bound, by the
            parameters on which figures depend; None if there is none yet.

    Raises:
        SpecError: the space has too many structures, or a parameter that is no list.
    """

    def __init__(
        self,
        space: HardwareSpace,
        network: Network,
        *,
        objective: Objective = "edp",
        reached: float = math.inf,
        goal: float = 0.0,
        maps: bool = True,
    ) -> None:
        self.table = MachineTable(space)
        self.objective, self.reached, self.goal, self.maps = objective, reached, goal, maps
        self.splits = self.passes = 0
        self._closed = math.inf  # the least bound of machines of which no more can be proven
        self.least_machine: dict[str, Value] | None = None
        self._open: list[tuple[float, int, _Node]] = []
        self._pushed = 0
        products, which = np.unique(self.table.products, axis=0, return_inverse=True)
        self._kind_of = which.reshape(-1)
        self.network = NetworkBounds(network.unique_layers(), objective, products)
        self.layers = self.network.layers
        self._root()

    def _root(self) -> None:
        box = whole_box(self.table)
        if box is not None:
            self._push(self._node(box, 0.0))

    @property
    def bound(self) -> float:
        """No machine of the space has a smaller objective; infinite if none runs the network."""
        return min(self._closed, self._open[0][0] if self._open else math.inf)

    @property
    def _provable(self) -> float:
        """No bound can be above this: a design reaches it, or a machine has no larger bound.

        Such a machine need not be as good: hops cost nothing here.
        """
        return min(self.reached, self._closed)

    @property
    def progress(self) -> BoundProgress:
        """Where the search stands."""
        return BoundProgress(self.bound, len(self._open), self.splits, self.passes)

    def run(
        self, clock: Clock = NO_LIMIT, report: Callable[[BoundProgress], None] = lambda _: None
    ) -> float:
        """Tighten the bound until the goal is proven, nothing is left to do or time is over."""
        goals = [*(goal for goal in GOALS if goal > self.goal), self.goal]
        for goal in goals:
            while self._open and not clock.over and len(self._open) < MOST_OPEN:
                if self.bound >= self._provable * (1.0 - goal):
                    break
                self._advance(goal, clock)
                report(self.progress)
        return self.bound

    def advance(self) -> None:
        """Tighten the bound by one step: a pass of the mapper, or a split."""
        if self._open and self.bound < self._provable * (1.0 - self.goal):
            self._advance(self.goal, NO_LIMIT)

    def least_at(self, point: Mapping[str, Value]) -> float:
        """What no mapping onto one machine can be below, by what is known now."""
        box = box_at(self.table, point)
        return math.inf if box is None else self._node(box, 0.0).bound

    def _advance(self, goal: float, clock: Clock) -> None:
        """Take up the box with the smallest bound."""
        entry = heapq.heappop(self._open)
        try:
            self._take_up(entry[2], goal, clock)
        except BaseException:  # interrupted: its machines still have to be bounded
            heapq.heappush(self._open, entry)
            raise

    def _take_up(self, node: _Node, goal: float, clock: Clock) -> None:
        bound = node.bound
        if self._bound_of(node) > bound * (1.0 + 1e-9):
            self._push(node)
            return
        target = self._provable * (1.0 - goal)
        if self._set_apart(node, target):
            return
        if node.machine is None:
            self._split(node)
        elif self._is_worth_a_pass(node, target):
            self._pass(node, target, clock)
        elif node.can_split:
            self._split(node)
        elif self.maps and not node.mapped:
            node.mapped = self.network.prove(node.machine, clock)
            self._end_pass(node)
            self._push(node)
        else:
            self._close(node)

    def _is_worth_a_pass(self, node: _Node, target: float) -> bool:
        """Whether bounds of layers by themselves may get to the target."""
        if node.passes >= len(PASSES) or node.bound < PASSES[node.passes][2] * min(target, 1e300):
            return False
        return not self._is_hopeless(node, target)

    def _close(self, node: _Node) -> None:
        """Nothing more can be proven of a machine."""
        if node.bound < self._closed:
            self._closed, self.least_machine = node.bound, node.box.point(self.table)

    def _set_apart(self, node: _Node, target: float) -> bool:
        """Split off the structures that are at the target by themselves, if there are some.

        The area may leave less memory to the others: they are those with many units.
        """
        if node.machine is None:
            return False
        kinds, which = np.unique(self._kind_of[node.box.structures], return_inverse=True)
        bounds = self.network.bounds(kinds, node.machine)[which.reshape(-1)]
        done = bounds >= target
        if done.all() or not done.any():
            return False
        parts = [(~done, node.bound), (done, max(node.bound, float(bounds[done].min())))]
        boxes = [Box(node.box.allowed, node.box.structures[rows]) for rows, _ in parts]
        for box, (_, bound) in zip((narrowed(self.table, x) for x in boxes), parts, strict=True):
            if box is not None:
                self._push(self._node(box, bound))
        self.splits += 1
        return True

    def _is_hopeless(self, node: _Node, target: float) -> bool:
        """Whether mappings of the relaxed machine are known to be better than the target."""
        assert node.machine is not None
        reached = np.array([layer.reached(self.objective, node.machine) for layer in self.layers])
        known = self.network.together(self._kinds(node.box), node.machine, reached)
        return bool(known.min() < target)

    def _pass(self, node: _Node, target: float, clock: Clock) -> None:
        """Let the mapper prove more of each layer."""
        machine = node.machine
        assert machine is not None
        for_energy, steps, _ = PASSES[node.passes]
        if for_energy and self.objective == "edp":
            for layer in self.layers:
                layer.tighten("energy", machine, math.inf, steps, clock)
        else:
            least = self.network.layer_bounds(self._kinds(node.box), machine).min(axis=0).tolist()
            sofar = least_objective(least, self.network.counts.tolist(), self.objective)
            ratio = target / sofar * SLACK if sofar > 0.0 else math.inf
            for number, (layer, value) in enumerate(zip(self.layers, least, strict=True)):
                if node.settled >> number & 1 or clock.over:
                    continue
                limit = value * ratio if value > 0.0 else math.inf
                if layer.tighten(self.objective, machine, limit, steps, clock):
                    node.settled |= 1 << number
        self._end_pass(node)
        self._push(node)

    def _end_pass(self, node: _Node) -> None:
        self.passes += 1
        node.passes += 1
        self._bound_of(node)

    def _split(self, node: _Node) -> None:
        """Put the halves in the place of a box, those whose bounds seem to gain most."""
        best: tuple[float, list[_Node]] | None = None
        for _, lower, upper in halves(self.table, node.box):
            boxes = [narrowed(self.table, lower), narrowed(self.table, upper)]
            nodes = [self._node(box, node.bound) for box in boxes if box is not None]
            score = self._score(node, nodes)
            if best is None or score > best[0]:
                best = score, nodes
        assert best is not None
        self.splits += 1
        for half in best[1]:
            self._push(half)

    def _score(self, node: _Node, nodes: list[_Node]) -> float:
        """What a split promises: what both halves gain, and a little for what either gains."""
        if len(nodes) < 2:
            return math.inf  # a half is empty
        if node.machine is None:  # widths have to be told apart first
            return float(sum(half.machine is not None for half in nodes))
        gains = []
        for half in nodes:
            assert half.machine is not None
            grown = math.log(half.bound / node.bound) if 0.0 < node.bound < half.bound else 0.0
            with np.errstate(divide="ignore", invalid="ignore"):
                ratio = np.abs(np.log2(np.abs(node.machine.needs / half.machine.needs)))
            shrunk = np.where(np.isfinite(ratio), np.minimum(ratio, 2.0), 0.0)
            gains.append(
                min(grown, 0.5) + 0.02 * float(shrunk @ np.tile(SHRINK, self.table.levels))
            )
        return min(gains) + 0.2 * sum(gains)

    def _node(self, box: Box, bound: float) -> _Node:
        node = _Node(box, relaxed_machine(self.table, box), bound)
        self._bound_of(node)
        return node

    def _bound_of(self, node: _Node) -> float:
        """The bound of a box by all that is known now."""
        if node.machine is not None:
            least = self.network.bounds(self._kinds(node.box), node.machine).min()
            node.bound = max(node.bound, float(least))
        return node.bound

    def _kinds(self, box: Box) -> Integers:
        """The children below each level of the structures of a box, each kind once."""
        found = np.unique(self._kind_of[box.structures])
        return np.asarray(found)

    def _push(self, node: _Node) -> None:
        if node.bound < math.inf:
            heapq.heappush(self._open, (node.bound, self._pushed, node))
            self._pushed += 1
