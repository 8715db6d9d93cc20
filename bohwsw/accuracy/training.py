"""Training of one network with one seed: the recipe, and nothing that knows of searches.

Adam (arXiv:1412.6980) with decoupled weight decay, the learning rate rising and falling once
(arXiv:1708.07120), cross entropy with smoothed labels (arXiv:1512.00567). One thread, so that a run
gives the same weights whatever the number of processors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bohwsw.accuracy.data_sets import DataSet
from bohwsw.accuracy.torch_network import TorchNetwork
from bohwsw.errors import SpecError
from bohwsw.workload import Network

BATCH = 64
LEARNING_RATE = 0.02
WEIGHT_DECAY = 1e-3
SMOOTHING = 0.05
RECIPE = f"adamw-onecycle-{BATCH}-{LEARNING_RATE}-{WEIGHT_DECAY}-{SMOOTHING}"
"""What of the recipe a stored run depends on."""


@dataclass(frozen=True)
class TrainedWeights:
    """What a run gave."""

    weights: Mapping[str, Tensor]
    """Of the layers by ``NODE.weight`` and ``NODE.bias``, normalisations folded."""
    seconds: float  # what it took, of processor time: others may use the machine, too


def train(
    network: Network,
    data: DataSet,
    seed: int,
    epochs: int,
    start: Mapping[str, Tensor] | None = None,
) -> TrainedWeights:
    """Train a network from nothing, or fine-tune it.

    Args:
        network: what is trained; its bits do not matter.
        data: examples; only those for training are looked at.
        seed: of the first weights and of the order of the examples.
        epochs: how often each example is seen.
        start: weights to begin with; normalisations are in them, and do not come back.

    Raises:
        SpecError: the network cannot be trained, or is none for these data.
    """
    require_fit(network, data)
    if not len(data.training):
        raise SpecError(
            f"{data.name!r} has no examples for training", expected="test_share below 1"
        )
    _load_kernels()
    began = time.process_time()
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TorchNetwork(network, is_folded=start is not None).train()
        if start is not None:
            model.load(start)
        x, y = (torch.from_numpy(part[data.training]) for part in (data.x, data.y))
        steps = epochs * -(-len(y) // BATCH)
        optimiser = torch.optim.AdamW(
            model.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=LEARNING_RATE, total_steps=steps
        )
        for _ in range(epochs):
            for chosen in torch.split(torch.randperm(len(y)), BATCH):
                optimiser.zero_grad(set_to_none=True)
                loss = functional.cross_entropy(
                    model(x[chosen]), y[chosen], label_smoothing=SMOOTHING
                )
                loss.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                schedule.step()
        weights = model.eval().weights()
    return TrainedWeights(weights, time.process_time() - began)


def require_fit(network: Network, data: DataSet) -> None:
    """Refuse data whose examples or classes are others than the network's."""
    image = next(tensor for name, tensor in network.tensors.items() if not network.inputs(name))
    shape, classes = data.x.shape[1:], int(data.y.max(initial=0)) + 1
    if shape != (image.K, image.P, image.Q) or image.N != 1:
        expected = f"K={shape[0]} P={shape[1]} Q={shape[2]}, batch 1"
        problem = f"network {network.name!r} is none for {data.name!r}"
        raise SpecError(problem, got=f"an input of {image}", expected=expected)
    found = network.tensors[network.order[-1]].words
    if found < classes:
        expected = f"at least {classes} values from its last node"
        problem = f"network {network.name!r} tells too few classes apart for {data.name!r}"
        raise SpecError(problem, got=found, expected=expected)


def share_correct(model: TorchNetwork, data: DataSet) -> float:
    """Percent of the test examples whose class has the largest output."""
    with one_thread(), torch.no_grad():
        found = model(torch.from_numpy(data.x[data.testing])).argmax(1).numpy()
    return float(100 * np.mean(found == data.y[data.testing]))


@cache
def _load_kernels() -> None:
    """What PyTorch loads when it first trains takes a second, which is no run's cost."""
    part = torch.nn.Conv2d(1, 1, 1)
    optimiser = torch.optim.AdamW(part.parameters())
    part(torch.zeros(1, 1, 1, 1)).sum().backward()
    optimiser.step()


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread of torch inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
