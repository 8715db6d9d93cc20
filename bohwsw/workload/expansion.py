"""From the entries of a model file to the nodes and edges of a network, at one point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bohwsw.errors import SpecError, located, nearest_name
from bohwsw.expressions import truth_of, whole_number
from bohwsw.space import Value
from bohwsw.workload.model_spec import (
    MAX_ENTRIES,
    BlockEntry,
    Entry,
    LayerEntry,
    ModelSpec,
    OperatorEntry,
)
from bohwsw.workload.network import Edge, Network, Node, placed
from bohwsw.workload.operator import Operator

BLOCK_INPUT = "in"
"""What a node of a block calls the tensor that the block takes."""


def expand(spec: ModelSpec, values: Mapping[str, Value]) -> Network:
    """The network of a model file at a point of its knobs.

    Raises:
        SpecError: an expression fails there, or what comes out is no network.
    """
    graph = _Graph(spec.chain)
    graph.add_entries(spec.layers, _Scope("layers", ("",), values))
    edges = tuple(graph.edges())
    description = "; source: ".join(text for text in (spec.description, spec.source) if text)
    try:
        return Network(spec.name, tuple(graph.nodes), edges, description)
    except SpecError as error:
        raise placed(error, graph.places) from error


class _Reference(NamedTuple):
    """A node as it is named somewhere: looked for behind each prefix, the last one first."""

    name: str
    prefixes: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class _Scope:
    """Where entries stand."""

    place: str  # key path of their list
    prefixes: tuple[str, ...]  # what names of nodes may be shortened by; the last is theirs
    values: Mapping[str, Value]  # of the names in expressions
    input: _Reference | None = None  # the tensor that the block takes


class _Wire(NamedTuple):
    """An edge whose producer is still as the file names it."""

    place: str
    producer: _Reference
    consumer: str
    data_space: str


@dataclass
class _Graph:
    """Grows entry by entry; ``previous`` is what the next node of a chain takes."""

    is_chain: bool
    nodes: list[Node] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    wires: list[_Wire] = field(default_factory=list)
    previous: _Reference | None = None

    def add_entries(self, entries: Sequence[Entry], scope: _Scope) -> None:
        for position, entry in enumerate(entries):
            place = f"{scope.place}[{position}]"
            with located(key_path=place):
                if not truth_of(entry.when, scope.values, "when"):
                    continue
                if isinstance(entry, BlockEntry):
                    times = _times(entry, scope.values)
                else:
                    self._add_node(entry, place, scope)
                    continue
            for number in times:
                self._add_block(entry, number, place, scope)

    def _add_block(self, entry: BlockEntry, number: int | None, place: str, scope: _Scope) -> None:
        is_first = number in (None, entry.first)
        if is_first and entry.inputs is not None:
            self.previous = _Reference(entry.inputs, scope.prefixes)
        elif is_first and not self.is_chain:
            self.previous = None
        own = entry.block if number is None else f"{entry.block}.{number}"
        inner = _Scope(
            place=f"{place}.layers",
            prefixes=(*scope.prefixes, f"{scope.prefixes[-1]}{own}."),
            values=scope.values if number is None else {**scope.values, entry.index: number},
            input=self.previous,
        )
        self.add_entries(entry.layers, inner)

    def _add_node(self, entry: LayerEntry | OperatorEntry, place: str, scope: _Scope) -> None:
        name = scope.prefixes[-1] + entry.name
        inputs: list[_Reference] = []
        if entry.inputs is not None:
            names = (entry.inputs,) if isinstance(entry.inputs, str) else entry.inputs
            inputs = [_reference(each, scope, "inputs") for each in names]
        elif self.is_chain and self.previous is not None and getattr(entry, "op", "") != "input":
            inputs = [self.previous]
        self._add(entry.build(scope.values, name), place)
        for producer in inputs:
            self.wires.append(_Wire(f"{place}.inputs", producer, name, "Inputs"))
        if isinstance(entry, LayerEntry) and entry.weights is not None:
            producer = _reference(entry.weights, scope, "weights")
            self.wires.append(_Wire(f"{place}.weights", producer, name, "Weights"))
        self.previous = _Reference(name)
        for kind in entry.then:
            follower = f"{name}.{kind}"
            self._add(Operator(follower, kind), place)
            self.wires.append(_Wire(place, self.previous, follower, "Inputs"))
            self.previous = _Reference(follower)

    def _add(self, node: Node, place: str) -> None:
        if len(self.nodes) == MAX_ENTRIES:
            raise SpecError("too many nodes", expected=f"at most {MAX_ENTRIES}; count is for more")
        self.nodes.append(node)
        self.places.append(place)

    def edges(self) -> Iterator[Edge]:
        """The edges, once all nodes are there."""
        names = {node.name for node in self.nodes}
        for place, producer, consumer, data_space in self.wires:
            found = [p + producer.name for p in producer.prefixes if p + producer.name in names]
            if not found:
                raise SpecError(
                    "unknown node",
                    key_path=place,
                    got=producer.name,
                    expected=f"the name of another node, or {BLOCK_INPUT!r} for what a block takes",
                    nearest=nearest_name(producer.name, _shortened(names, producer.prefixes)),
                )
            yield Edge(found[-1], consumer, data_space)


def _reference(name: str, scope: _Scope, key: str) -> _Reference:
    """What a node takes by a name; SpecError for ``in`` where nothing comes in."""
    if name != BLOCK_INPUT or len(scope.prefixes) == 1:
        return _Reference(name, scope.prefixes)
    if scope.input is None:
        raise SpecError(
            "this block takes no tensor",
            key_path=key,
            got=name,
            expected="inputs of the block, or a chain that comes from somewhere",
        )
    return scope.input


def _shortened(names: Iterable[str], prefixes: Sequence[str]) -> list[str]:
    """All names as they may be written, the shortest form of each."""
    found = []
    for name in names:
        longest = max((prefix for prefix in prefixes if name.startswith(prefix)), key=len)
        found.append(name[len(longest) :])
    return found


def _times(entry: BlockEntry, values: Mapping[str, Value]) -> Sequence[int | None]:
    """The numbers of the repetitions; one without a number where nothing is repeated."""
    if entry.repeat is None:
        return (None,)
    count = whole_number(entry.repeat, values, "repeat", MAX_ENTRIES, least=0)
    return range(entry.first, entry.first + count)
