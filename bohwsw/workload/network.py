"""A network: a graph of layers and operators, whose edges are tensors."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter

from bohwsw.checks import LARGEST_PRODUCT, set_whole
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.summary import Summarised, Summary
from bohwsw.workload.layer import Layer
from bohwsw.workload.operator import Operator, Tensor
from bohwsw.workload.tensor_fit import check_inputs, check_weights, output_of


@dataclass(frozen=True)
class CountedLayer:
    """A layer and how often it occurs.

    As a node of a network it stands for ``count`` equal layers, one after the other; as a unique
    layer for all layers of that shape, under the name of the first.
    """

    layer: Layer
    count: int = 1

    def __post_init__(self) -> None:
        set_whole(self, ("count",), LARGEST_PRODUCT, problem="count is not valid")

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name


Node = CountedLayer | Operator


@dataclass(frozen=True)
class Edge:
    """A tensor that one node makes and another takes.

    Attributes:
        producer: name of the node that makes it.
        consumer: name of the node that takes it.
        data_space: what it is to a layer: ``Inputs``, or ``Weights`` where these are computed, as
            keys and values of attention are. Of an operator it is ``Inputs``.
    """

    producer: str
    consumer: str
    data_space: str = "Inputs"

    def __post_init__(self) -> None:
        if self.data_space not in ("Inputs", "Weights"):
            raise unknown_name("data space that is taken", self.data_space, ("Inputs", "Weights"))


@dataclass(frozen=True)
class Network(Summarised):
    """A neural network.

    Network EDP = (sum of energies) x (latency); on one core the latency is the sum of cycles.

    Attributes:
        nodes: layers and operators, each with a name of its own.
        edges: tensors between them; none where only the layers are known. Where an operator has
            several inputs their order is that of the edges.
        description: where the shapes come from.

    Raises:
        SpecError: no layer, a name used twice, more work than 64-bit integers count, an edge to or
            from an unknown node, a cycle, or a tensor that does not fit who takes it. Key paths
            start with ``nodes[i]``.
    """

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    description: str = ""

    def __post_init__(self) -> None:
        if not any(isinstance(node, CountedLayer) for node in self.nodes):
            raise SpecError(
                "a network needs layers", key_path="layers", got=[], expected="at least one layer"
            )
        work = 0
        for position, node in enumerate(self.nodes):
            if self._position[node.name] != position:
                raise SpecError(
                    "two nodes have one name",
                    key_path=f"nodes[{position}].name",
                    got=node.name,
                    expected=f"another name than that of nodes[{self._position[node.name]}]; "
                    "use count for equal layers",
                )
            if isinstance(node, CountedLayer):
                work = _added_work(work, node, f"nodes[{position}]")
        for edge in self.edges:
            for name in (edge.consumer, edge.producer):
                if name not in self._position:
                    place = self._place(edge.consumer, edge.data_space)
                    raise unknown_name("node", name, self._position).within(key_path=place)
        _ = self.tensors  # made here, so that what does not fit shows at once

    def summary(self) -> Summary:
        """Its size and its largest unique layers, for people."""
        unique = self.unique_layers()
        largest = sorted(unique, key=lambda entry: -entry.count * entry.layer.macs)[:5]
        share = max(self.macs, 1)
        return Summary(
            f"Network {self.name}",
            (
                ("MACs", f"{self.macs:,}"),
                ("nodes", f"{len(self.nodes)}, {len(self.edges)} edges"),
                ("unique layers", str(len(unique))),
            ),
            ("largest layers", "times", "of all MACs"),
            [(x.name, str(x.count), f"{x.count * x.layer.macs / share:.1%}") for x in largest],
            'bohwsw.codesign_network("eyeriss-168", network)',
        )

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations of the whole network."""
        return sum(n.count * n.layer.macs for n in self.nodes if isinstance(n, CountedLayer))

    def with_padding(self) -> Network:
        """The network with padding counted as Timeloop does: no layer says its true extents."""
        nodes = tuple(
            replace(node, layer=replace(node.layer, input_width=None, input_height=None))
            if isinstance(node, CountedLayer)
            else node
            for node in self.nodes
        )
        return replace(self, nodes=nodes)

    def unique_layers(self) -> tuple[CountedLayer, ...]:
        """Layers of equal shape merged, each with its count, in order of first appearance."""
        return self._unique_layers

    @cached_property
    def _unique_layers(self) -> tuple[CountedLayer, ...]:
        merged: dict[tuple[int, ...], CountedLayer] = {}
        for node in self.nodes:
            if isinstance(node, CountedLayer):
                known = merged.setdefault(node.layer.shape, node)
                if known is not node:
                    merged[node.layer.shape] = replace(known, count=known.count + node.count)
        return tuple(merged.values())

    def node(self, name: str) -> Node:
        """The node of that name; a SpecError if there is none."""
        if name not in self._position:
            raise unknown_name(f"node of {self.name}", name, self._position)
        return self.nodes[self._position[name]]

    def inputs(self, name: str, data_space: str = "Inputs") -> tuple[str, ...]:
        """The nodes whose tensors a node takes, in order."""
        return tuple(e.producer for e in self._into.get(name, ()) if e.data_space == data_space)

    def bits(self, name: str) -> int | None:
        """Bits of a value that a node puts out; None where nobody says, who holds it decides.

        An operator that says none passes on those of its first input.
        """
        node = self.node(name)
        while isinstance(node, Operator) and node.bits is None and self.inputs(node.name):
            node = self.node(self.inputs(node.name)[0])
        return node.bits if isinstance(node, Operator) else node.layer.outputs_bits

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The nodes, each after those whose tensors it takes; otherwise as they stand.

        Raises:
            SpecError: the edges have a cycle; it says which.
        """
        sorter = TopologicalSorter(
            {n: [e.producer for e in self._into.get(n, ())] for n in self._position}
        )
        try:
            sorter.prepare()
        except CycleError as error:
            *_, last = cycle = error.args[1]
            raise SpecError(
                "nodes wait for one another in a cycle",
                key_path=self._place(last),
                got=" -> ".join(cycle),
                expected="tensors of nodes that do not depend on this one",
            ) from None
        found: list[str] = []
        ready: list[tuple[int, str]] = []
        while sorter.is_active():
            for name in sorter.get_ready():
                heapq.heappush(ready, (self._position[name], name))
            _, name = heapq.heappop(ready)
            found.append(name)
            sorter.done(name)
        return tuple(found)

    @cached_property
    def tensors(self) -> Mapping[str, Tensor]:
        """The sizes of what each node puts out, by its name.

        Raises:
            SpecError: a tensor does not fit who takes it.
        """
        made: dict[str, Tensor] = {}
        for name in self.order:
            with located(key_path=self._place(name, None)):
                made[name] = self._output(name, made)
        return made

    def _output(self, name: str, made: Mapping[str, Tensor]) -> Tensor:
        node, edges = self.node(name), self._into.get(name, ())
        if isinstance(node, Operator):
            if weights := self.inputs(name, "Weights"):
                expected = "inputs: operators that are no contractions have no weights"
                raise SpecError(
                    f"{node.kind} {name!r} takes no weights",
                    key_path="weights",
                    got=list(weights),
                    expected=expected,
                )
            return node.output([made[edge.producer] for edge in edges])
        for space, check in (("Inputs", check_inputs), ("Weights", check_weights)):
            producers = self.inputs(name, space)
            if len(producers) > 1:
                raise SpecError(
                    f"layer {name!r} takes one tensor",
                    key_path=space.lower(),
                    got=list(producers),
                    expected="one name; add and concatenate make one tensor of several",
                )
            for producer in producers:
                check(node.layer, producer, made[producer])
        return output_of(node.layer)

    @cached_property
    def _position(self) -> dict[str, int]:
        position: dict[str, int] = {}
        for index, node in enumerate(self.nodes):
            position.setdefault(node.name, index)
        return position

    @cached_property
    def _into(self) -> dict[str, list[Edge]]:
        into: dict[str, list[Edge]] = {}
        for edge in self.edges:
            into.setdefault(edge.consumer, []).append(edge)
        return into

    def _place(self, name: str, data_space: str | None = "Inputs") -> str:
        node = f"nodes[{self._position.get(name, 0)}]"
        return node if data_space is None else f"{node}.{data_space.lower()}"


def _added_work(work: int, node: CountedLayer, place: str) -> int:
    """The work so far with that of another node; SpecError if that is too much to count."""
    with located(key_path=place):
        node.layer.require_countable()
    work += node.count * node.layer.most_words
    if work > LARGEST_PRODUCT:
        raise SpecError(
            "the layers up to here are more work than 64-bit integers can count",
            key_path=place,
            got=f"{work:.4g} multiply-accumulates or words",
            expected=f"at most {LARGEST_PRODUCT} = {LARGEST_PRODUCT:.4g}",
        )
    return work


def network_from_layers(
    name: str, layers: Iterable[tuple[Layer, int]], description: str = ""
) -> Network:
    """A network without edges from (layer, count) pairs; of equal layers the counts are added.

    Raises:
        SpecError: no layer at all, a count below 1, one name for two layers, or more work than
            64-bit integers count.
    """
    merged: dict[Layer, CountedLayer] = {}
    places: dict[Layer, str] = {}
    for position, (layer, count) in enumerate(layers):
        place = places.setdefault(layer, f"layers[{position}]")
        with located(key_path=place):
            node = CountedLayer(layer, count)
        known = merged.get(layer)
        merged[layer] = replace(known, count=known.count + node.count) if known else node
    try:
        return Network(name, tuple(merged.values()), description=description)
    except SpecError as error:
        raise placed(error, list(places.values())) from error


def placed(error: SpecError, places: Sequence[str]) -> SpecError:
    """An error of a network, its ``nodes[i]`` replaced by the places of the nodes in a file."""

    def place(found: re.Match[str]) -> str:
        return places[int(found[1])]

    key_path, expected = (
        re.sub(r"\bnodes\[(\d+)\]", place, text) if text else text
        for text in (error.key_path, error.expected)
    )
    return SpecError(
        error.problem, key_path=key_path, got=error.got, expected=expected, nearest=error.nearest
    )
