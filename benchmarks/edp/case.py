"""The cases of the paper: a network on a space of machines around an Eyeriss."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.edp.reduced_space import network
from bohwsw.codesign import HardwareSpace, load_space
from bohwsw.workload import Network, load_network


@dataclass(frozen=True)
class Case:
    """One co-design problem.

    Attributes:
        name: for the tables.
        network_name: ``resnet18`` and ``dqn`` are the convolutions that `benchmarks.layers` lists,
            once each; others are shipped models, ``whole`` before their names where that differs.
        space_name: a shipped hardware space.
        paper_improvement: share by which the paper is below its Eyeriss baseline; its layer shapes
            and energies are not fully published.
    """

    name: str
    network_name: str
    space_name: str
    paper_improvement: float | None

    def network(self) -> Network:
        """The layers."""
        if self.network_name in ("resnet18", "dqn"):
            return network(self.network_name)
        return load_network(self.network_name.removeprefix("whole "))

    def hardware_space(self) -> HardwareSpace:
        """The machines."""
        return load_space(self.space_name)


CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("ResNet-18 conv2-5", "resnet18", "eyeriss-168", 0.183),
        Case("DQN conv1-3", "dqn", "eyeriss-168", 0.402),
        Case("MLP", "mlp", "eyeriss-168", 0.218),
        Case("Transformer", "bert-base-layer", "eyeriss-168", 0.160),
        Case("Transformer, 256 PEs", "bert-base-layer", "eyeriss-256", 0.160),
    )
}
"""The paper's four networks; its Transformer ran on an Eyeriss with 256 PEs."""

EQUAL_AREA: dict[str, Case] = {
    f"{name}, equal area": Case(f"{name}, equal area", network_name, "eyeriss-equal-area", None)
    for name, network_name in (
        ("ResNet-18 conv2-5", "resnet18"),
        ("DQN conv1-3", "dqn"),
        ("MLP", "mlp"),
        ("Transformer", "bert-base-layer"),
        ("whole ResNet-18", "whole resnet18"),
        ("whole ResNet-50", "resnet50"),
        ("whole MobileNetV2", "mobilenet-v2"),
    )
}
"""Networks on the area of an Eyeriss; BERT-base is twelve times the Transformer's layer, so that
its best machine is that of the layer."""


def case(name: str) -> Case:
    """A case of either kind."""
    return CASES[name] if name in CASES else EQUAL_AREA[name]
