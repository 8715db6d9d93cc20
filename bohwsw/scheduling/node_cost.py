"""What a node of a network costs on a core: cycles, energy, and bits to and from DRAM.

Layers run one by one, so each reads its Inputs from DRAM and writes its Outputs there, also where
the next one runs on another core; an evaluation of its mapping has all of that. Operators that are
not contractions are charged for their tensors only: each input read once from DRAM, the result
written once, no arithmetic. A view moves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bohwsw.arch import Architecture, Chip
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.scheduling.schedule import Schedule, Step
from bohwsw.simulator import Costs, Evaluation
from bohwsw.workload import VIEWS, CountedLayer, Network, Operator


@dataclass(frozen=True)
class NodeCost:
    """What a node costs on the core that it runs on, all its repetitions together.

    Attributes:
        latency_cycles: cycles for which it has the core for itself.
        energy_pj: of the core and of the DRAM.
        dram_bits: bits that it reads from DRAM and writes there.

    Raises:
        SpecError: one of them is negative or no finite number.
    """

    latency_cycles: float
    energy_pj: float
    dram_bits: float = 0

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            number = finite_number(value)
            if number is None or number < 0:
                raise SpecError(
                    "a cost is not valid", key_path=key, got=value, expected="at least 0"
                )


def layer_cost(node: CountedLayer, core: Architecture, evaluation: Evaluation) -> NodeCost:
    """What a layer of a network costs by the evaluation of its mapping on a core.

    Raises:
        SpecError: the mapping is not valid there.
    """
    if evaluation.latency_cycles is None or evaluation.energy_pj is None:
        raise SpecError(
            f"the mapping of layer {node.name!r} is not valid on {core.name!r}",
            got=[str(violation) for violation in evaluation.violations],
        )
    dram, word_bits = evaluation.levels[0], core.levels[0].word_bits
    bits = sum(
        (moved.reads + moved.fills + moved.updates) * (node.layer.bits[space] or word_bits)
        for space, moved in dram.data_spaces.items()
    )
    return NodeCost(
        node.count * evaluation.latency_cycles,
        node.count * evaluation.energy_pj,
        node.count * dram.instances * bits,
    )


Evaluations = Mapping[str, Mapping[tuple[int, ...], Evaluation]]
"""By the name of a core and the shape of a layer."""


def schedule_costs(
    networks: Sequence[Network],
    chip: Chip,
    schedule: Schedule,
    evaluations: Evaluations,
    prices: Mapping[str, Costs],
) -> dict[Step, NodeCost]:
    """What every step of a schedule costs.

    Args:
        networks: what runs.
        chip: where it runs.
        schedule: which core runs which nodes.
        evaluations: of layers that run on a core.
        prices: by the name of a core.

    Raises:
        SpecError: the schedule does not fit, a layer has no evaluation on its core, or its mapping
            is not valid there.
    """
    schedule.check(networks, chip)
    by_name = {network.name: network for network in networks}
    cores = {core.name: core for core in chip.cores}
    found = {}
    for step in schedule.steps:
        network, core = by_name[step.network], cores[step.core]
        cost = _step_cost(network, step.node, core, evaluations, prices)
        if cost is None:
            raise SpecError(
                f"layer {step.node!r} of {network.name!r} is not mapped onto {core.name!r}",
                key_path="evaluations",
                expected="an evaluation of its shape on that core",
            )
        found[step] = cost
    return found


def possible_costs(
    networks: Sequence[Network],
    chip: Chip,
    evaluations: Evaluations,
    prices: Mapping[str, Costs],
    *,
    with_operators: bool = False,
) -> dict[Step, NodeCost]:
    """What every node costs on every core that can run it: what a schedule is searched from.

    Args:
        networks: what is to run.
        chip: where it may run.
        evaluations: of layers on cores; where there is none, or no valid one, it does not run.
        prices: by the name of a core.
        with_operators: whether operators that are not contractions are counted, too.
    """
    found = {}
    for network in networks:
        for node in network.nodes:
            for core in chip.cores:
                if isinstance(node, CountedLayer):
                    evaluation = evaluations.get(core.name, {}).get(node.layer.shape)
                    if evaluation is None or not evaluation.valid:
                        continue
                elif not with_operators:
                    continue
                cost = _step_cost(network, node.name, core, evaluations, prices)
                if cost is not None:
                    found[Step(network.name, node.name, core.name)] = cost
    return found


def _step_cost(
    network: Network,
    name: str,
    core: Architecture,
    evaluations: Evaluations,
    prices: Mapping[str, Costs],
) -> NodeCost | None:
    """What a node costs on a core; None of a layer without an evaluation there."""
    node = network.node(name)
    if isinstance(node, Operator):
        return operator_cost(network, node, core, prices[core.name])
    evaluation = evaluations.get(core.name, {}).get(node.layer.shape)
    return None if evaluation is None else layer_cost(node, core, evaluation)


def operator_cost(
    network: Network, operator: Operator, core: Architecture, costs: Costs
) -> NodeCost:
    """What an operator of a network costs on a core: its tensors, to and from DRAM.

    A tensor has the bits of whoever makes it, else the DRAM's word width, and takes whole blocks.
    Reading and writing go on side by side.

    Args:
        network: has the operator and its inputs.
        operator: a node of it.
        core: where it runs.
        costs: of the core.
    """
    if operator.kind in VIEWS:
        return NodeCost(0, 0)
    dram, price = core.levels[0], costs.storage[0]

    def bits(name: str) -> int:
        return network.tensors[name].words * (network.bits(name) or dram.word_bits)

    def blocks(name: str) -> int:
        return -(-bits(name) // (dram.word_bits * dram.block_size))

    def cycles(moved: int, words_per_cycle: float | None) -> int:
        return math.ceil(moved / (words_per_cycle * dram.word_bits)) if words_per_cycle else 0

    inputs = network.inputs(operator.name)
    read, written = sum(map(bits, inputs)), bits(operator.name)
    return NodeCost(
        max(cycles(read, dram.read_words_per_cycle), cycles(written, dram.write_words_per_cycle)),
        sum(map(blocks, inputs)) * price.read_pj + blocks(operator.name) * price.update_pj,
        read + written,
    )
