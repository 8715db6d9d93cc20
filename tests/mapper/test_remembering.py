"""The mapper that remembers: the same answer, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bohwsw.codesign import load_space
from bohwsw.mapper import AnnealingMapper, MapperResult, RememberingMapper
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs
from bohwsw.workload import Layer


@dataclass(frozen=True)
class Counting:
    """Annealing that counts its searches."""

    calls: list[str] = field(default_factory=list, compare=False)
    name: str = "counting"

    def search(
        self, space: MapSpace, costs: Costs, *, warm_starts: Sequence[Mapping] = (), **options: Any
    ) -> MapperResult:
        self.calls.append(space.layer.name)
        return AnnealingMapper().search(space, costs, warm_starts=warm_starts, **options)


def test_equal_layers_on_equal_machines_are_mapped_once() -> None:
    machine = load_space("eyeriss-168").baseline()
    inner = Counting()
    mapper = RememberingMapper(inner)

    def search(layer: Layer, **options: Any) -> MapperResult:
        space = MapSpace(layer, machine.architecture, machine.dataflow)
        return mapper.search(space, machine.costs, evaluations=50, **options)

    one, again = Layer("one", K=4, C=2, P=4, Q=4, R=3, S=3), Layer("again", 1, 4, 2, 4, 4, 3, 3)
    first, second = search(one, seed=1), search(again, seed=2)
    assert inner.calls == ["one"]
    assert second.mapping == first.mapping
    assert second.evaluation == first.evaluation
    assert (first.evaluations, second.evaluations) == (50, 0)
    search(Layer("other", K=8, C=2, P=4, Q=4, R=3, S=3))
    search(one, objective="latency")
    assert inner.calls == ["one", "other", "one"]
