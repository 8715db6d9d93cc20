"""A schedule: which core runs which nodes, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bohwsw.arch import Chip
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.workload import CountedLayer, Network


class Step(NamedTuple):
    """A node of a network on a core, each by its name."""

    network: str
    node: str
    core: str


@dataclass(frozen=True)
class Schedule:
    """Nodes on cores.

    Attributes:
        steps: every layer of every network once, and those operators whose tensors are to be
            counted. Each core runs its own in this order, one at a time.
    """

    steps: tuple[Step, ...]

    def of(self, network: str) -> Schedule:
        """The part of one network, by its name."""
        return Schedule(tuple(step for step in self.steps if step.network == network))

    def check(self, networks: Sequence[Network], chip: Chip) -> None:
        """Refuse a schedule that does not fit.

        Raises:
            SpecError: two networks have one name, an unknown network, node or core, a node that
                runs twice, or a layer that runs nowhere.
        """
        by_name = {network.name: network for network in networks}
        if len(by_name) < len(networks):
            raise SpecError(
                "two networks have one name",
                key_path="networks",
                got=[network.name for network in networks],
            )
        cores = [core.name for core in chip.cores]
        seen: set[tuple[str, str]] = set()
        for position, step in enumerate(self.steps):
            with located(key_path=f"steps[{position}]"):
                if step.network not in by_name:
                    raise unknown_name("network", step.network, by_name)
                by_name[step.network].node(step.node)
                if step.core not in cores:
                    raise unknown_name(f"core of {chip.name}", step.core, cores)
            if step[:2] in seen:
                raise SpecError(
                    "a node runs twice", key_path=f"steps[{position}]", got=list(step[:2])
                )
            seen.add(step[:2])
        for network in networks:
            for node in network.nodes:
                if isinstance(node, CountedLayer) and (network.name, node.name) not in seen:
                    raise SpecError(
                        f"layer {node.name!r} of {network.name!r} runs on no core",
                        key_path="steps",
                        expected="a step for every layer",
                    )


def schedule_by_core(
    networks: Sequence[Network], core_of: Callable[[str, str], str], *, with_operators: bool = False
) -> Schedule:
    """The schedule that follows the order of the networks' nodes, one network after the other.

    Args:
        networks: what is to run.
        core_of: the name of the core for the names of a network and a node.
        with_operators: whether operators that are not contractions are counted, too.
    """
    return Schedule(
        tuple(
            Step(network.name, name, core_of(network.name, name))
            for network in networks
            for name in network.order
            if with_operators or isinstance(network.node(name), CountedLayer)
        )
    )
