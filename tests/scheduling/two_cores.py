"""Small networks, a chip of two cores, and random schedules for the tests of this room."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bohwsw.arch import Architecture, Chip, MacArray, StorageLevel
from bohwsw.scheduling import NodeCost, Schedule, Step
from bohwsw.workload import CountedLayer, Edge, Layer, Network, Node, Operator

DRAM = StorageLevel("DRAM", "dram", block_size=4, read_words_per_cycle=2, write_words_per_cycle=1)
CORES = tuple(Architecture(name, (DRAM,), MacArray()) for name in ("big", "little"))
CHIP = Chip("two cores", CORES)


def layer(name: str, count: int = 1) -> CountedLayer:
    return CountedLayer(Layer(name, K=4, C=4), count)


def graph(name: str, *edges: str) -> Network:
    """``graph("net", "a > b", "b > sum", "a > sum")``: what is called sum adds, else a layer."""
    pairs = [tuple(edge.split(" > ")) for edge in edges]
    names = dict.fromkeys(name for pair in pairs for name in pair)
    nodes: list[Node] = [Operator(n, "add") if n.startswith("sum") else layer(n) for n in names]
    return Network(name, tuple(nodes), tuple(Edge(*pair) for pair in pairs))


DIAMOND = graph("diamond", "a > b", "a > c", "b > sum", "c > sum", "sum > d")


def random_graph(name: str, random_: random.Random) -> Network:
    """Layers and sums, each of nodes before it."""
    nodes: list[Node] = [layer("n0")]
    edges: list[Edge] = []
    for index in range(1, random_.randint(2, 9)):
        earlier = [node.name for node in nodes]
        is_sum = len(earlier) > 1 and random_.random() < 0.3
        nodes.append(Operator(f"n{index}", "add") if is_sum else layer(f"n{index}"))
        chosen = random_.sample(earlier, 2 if is_sum else random_.choice([0, 1, 1, 1]))
        edges += [Edge(producer, f"n{index}") for producer in chosen]
    return Network(name, tuple(nodes), tuple(edges))


def random_schedule(networks: Sequence[Network], random_: random.Random) -> Schedule:
    """Nodes on random cores, those of the networks mixed; operators counted or not."""
    queues = [
        [
            Step(net.name, name, random_.choice(CORES).name)
            for name in net.order
            if isinstance(net.node(name), CountedLayer) or random_.random() < 0.5
        ]
        for net in networks
    ]
    steps = []
    while any(queues):
        steps.append(random_.choice([queue for queue in queues if queue]).pop(0))
    return Schedule(tuple(steps))


def random_costs(schedule: Schedule, random_: random.Random) -> dict[Step, NodeCost]:
    return {
        step: NodeCost(random_.randint(0, 9), random_.randint(0, 9), random_.randint(0, 50))
        for step in schedule.steps
    }
