"""A complete graph that loses an edge a round."""

from itertools import combinations

import numpy as np
import pytest
from product_problem import product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome
from bohwsw.strategies.published.edge_shrinking import EdgeShrinkingStrategy
from bohwsw.testing import StrategyConformance

NODES = 8
PAIRS = list(combinations(range(NODES), 2))
GRAPH = Space([Categorical(f"edge_{a}_{b}", [False, True]) for a, b in PAIRS])


class TestEdgeShrinking(StrategyConformance):
    name = "edge_shrinking"


def edges(point):
    return {pair for pair in PAIRS if point["edge_{}_{}".format(*pair)]}


def is_alive(graph):
    """Whether each edge lies on a way from node 0 to node 7, and there is one."""

    def closed(start, forwards):
        found, before = {start}, None
        while found != before:
            before = set(found)
            found |= {b if forwards else a for a, b in graph if (a if forwards else b) in found}
        return found

    ahead, back = closed(0, True), closed(NODES - 1, False)
    return NODES - 1 in ahead and all(a in ahead and b in back for a, b in graph)


def run(n, seed, **options):
    search = EdgeShrinkingStrategy(GRAPH, seed, **options)
    worth = np.random.default_rng(seed).random(len(PAIRS))
    for _ in range(n):
        (point,) = search.ask()
        graph = edges(point)
        error = 10.0 - sum(w for w, pair in zip(worth, PAIRS, strict=True) if pair in graph)
        search.tell(point, Outcome("completed", error, metrics={"macs": 1e6 * len(graph)}))
    return search, worth


@pytest.mark.parametrize("seed", range(4))
def test_an_edge_a_round_goes_and_no_graph_is_dead_or_parted(seed):
    search, _ = run(150, seed)
    graphs = [edges(told.point) for told in search.history]
    assert len(graphs[0]) == len(PAIRS)
    assert all(is_alive(graph) for graph in graphs[: 1 + 10 * 10])
    for number in range(10):  # 28 to 18 edges: 10 candidates each
        for graph in graphs[1 + 10 * number : 11 + 10 * number]:
            assert len(graph) <= len(PAIRS) - 1 - number


def test_the_least_worth_edges_go_first():
    search, worth = run(101, 0, candidates=28, cost="macs", weight=1.0)
    gone = set(PAIRS) - edges(search.history[28 + 27 + 26].point)
    ranks = np.argsort(np.argsort(worth))
    kept = [ranks[PAIRS.index(pair)] for pair in gone]
    assert sorted(kept)[:2] == [0, 1]


def test_options_out_of_range_are_refused():
    for options in ({"candidates": 0}, {"weight": -1.0}):
        with pytest.raises(SpecError, match="out of its range"):
            EdgeShrinkingStrategy(product_space(), 0, **options)
