"""A trained network made smaller: weights removed, cut to fewer channels, rounded to few bits.

Rounding is uniform and symmetric, of weights for each output channel, of activations for each
tensor, whose largest magnitude is seen on examples (arXiv:1806.08342, sections 2 and 3). Weights
are removed by magnitude (arXiv:1506.02626), channels by its sum (arXiv:1608.08710).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from bohwsw.accuracy.data_sets import DataSet
from bohwsw.accuracy.torch_network import Grid, TorchNetwork
from bohwsw.accuracy.training import one_thread, require_fit
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Network

PATTERNS = ("weights", "filters", "n:m", "n of 3x3")
OF_3X3 = " of 3x3"
DIFFERENT = 4
"""Patterns of 3 x 3 filters that a layer may have."""
CALIBRATION = 256
"""Examples whose activations say how large they become."""


@dataclass(frozen=True)
class Pruning:
    """Which weights are removed.

    Attributes:
        share: of the weights of each layer, from 0 up to but not 1; of ``n:m`` it follows.
        pattern: ``weights`` for the smallest magnitudes; ``filters`` for the output channels with
            the smallest sums of magnitudes; ``2:4`` and the like keep the 2 largest of each 4
            in a row. The network's last layer keeps all its filters. ``4 of 3x3`` and the like
            keep the middle of each 3 x 3 filter and others, in one of the four patterns that suit
            most filters of the layer (arXiv:2007.09087; patterns are chosen by magnitude here).

    Raises:
        SpecError: there is no such share or pattern.
    """

    share: float = 0.0
    pattern: str = "weights"

    def __post_init__(self) -> None:
        number = finite_number(self.share)
        if number is None or not 0 <= number < 1:
            expected = "a share from 0 up to but not 1"
            raise SpecError(
                "not a sparsity", key_path="sparsity", got=self.share, expected=expected
            )
        if self.pattern not in PATTERNS[:2] and not self.group and not self.kept_of_3x3:
            expected = "weights, filters, n:m such as 2:4, or n of 3x3 such as 4 of 3x3"
            raise SpecError(
                "not a pattern", key_path="pattern", got=self.pattern, expected=expected
            )

    @property
    def group(self) -> tuple[int, int] | None:
        """The n and m of ``n:m``; None of another pattern."""
        n, colon, m = str(self.pattern).partition(":")
        if not (colon and n.isdecimal() and m.isdecimal() and 0 < int(n) < int(m)):
            return None
        return int(n), int(m)

    @property
    def kept_of_3x3(self) -> int | None:
        """The n of ``n of 3x3``; None of another pattern."""
        n, of_3x3, rest = str(self.pattern).partition(OF_3X3)
        return int(n) if of_3x3 and not rest and n in tuple("12345678") else None


def compressed(
    network: Network, weights: Mapping[str, Tensor], pruning: Pruning
) -> dict[str, Tensor]:
    """Weights pruned, then rounded to the bits that the network's layers have."""
    found = dict(weights)
    layers = [node for node in network.nodes if isinstance(node, CountedLayer)]
    for node in layers:
        key = f"{node.name}.weight"
        values = _pruned(found[key], pruning, is_last=node is layers[-1])
        bits = node.layer.weights_bits
        if bits is not None:
            largest = values.abs().amax(dim=(1, 2, 3), keepdim=True)
            values = Grid(bits, largest, is_signed=True).rounded(values)
        found[key] = values
    return found


def densities(network: Network, weights: Mapping[str, Tensor]) -> dict[str, float]:
    """The share of the weights of each layer that are not zero."""
    names = [node.name for node in network.nodes if isinstance(node, CountedLayer)]
    return {name: float((weights[f"{name}.weight"] != 0).float().mean()) for name in names}


def asked_densities(
    network: Network, weights: Mapping[str, Tensor], pruning: Pruning
) -> dict[str, float]:
    """`densities` of a compressed network, if it has layers whose density is asked for."""
    layers = [node.layer for node in network.nodes if isinstance(node, CountedLayer)]
    if all(layer.weights_density is None for layer in layers):
        return {}
    return densities(network, compressed(network, weights, pruning))


def compressed_network(
    network: Network, weights: Mapping[str, Tensor], data: DataSet, pruning: Pruning
) -> TorchNetwork:
    """A network ready to be evaluated: weights and activations as its bits say."""
    require_fit(network, data)
    model = TorchNetwork(network, is_folded=True).eval()
    model.load(weights)
    bits = {
        node.name: node.layer.inputs_bits
        for node in network.nodes
        if isinstance(node, CountedLayer) and node.layer.inputs_bits is not None
    }
    if bits:
        examples = (data.training if len(data.training) else data.testing)[:CALIBRATION]
        seen = _inputs(model, torch.from_numpy(data.x[examples]))
        model.grids = {
            name: Grid(count, seen[name].abs().max(), is_signed=bool((seen[name] < 0).any()))
            for name, count in bits.items()
        }
    model.load(compressed(network, weights, pruning))
    return model


def cut_to(network: Network, whole: Network, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of a trained network for a smaller one with nodes of the same names.

    Of a layer with fewer filters those with the largest sums of magnitudes stay; what reads their
    results loses the same channels. Of a smaller filter the middle stays.

    Raises:
        SpecError: the network has a layer that the trained one does not have, or a larger one.
    """
    kept: dict[str, Tensor] = {}
    found: dict[str, Tensor] = {}
    for name in network.order:
        node, taken = network.node(name), network.inputs(name)
        before = kept[taken[0]] if taken else torch.arange(network.tensors[name].K)
        if isinstance(node, CountedLayer):
            if f"{name}.weight" not in weights:
                raise _not_cut(name, "no such layer", "a layer that the trained network has")
            values = weights[f"{name}.weight"]
            if node.layer.G > 1:
                if node.layer.K > 1 or node.layer.C > 1:
                    raise _not_cut(name, "grouped", "a dense or depthwise convolution")
                values, kept[name] = values[before], before
            else:
                values = values[:, before]
                kept[name] = _strongest(values, node.layer.K, name)
                values = values[kept[name]]
            found[f"{name}.weight"] = _middle(values, node.layer.R, node.layer.S, name)
            found[f"{name}.bias"] = weights[f"{name}.bias"][kept[name]]
        elif node.kind == "reshape":
            source = whole.tensors[whole.inputs(name)[0]]
            places = torch.arange(source.K * source.P * source.Q).reshape(source.K, -1)
            kept[name] = places[before].flatten()
        elif node.kind in ("add", "multiply", "concatenate"):
            if any(len(kept[each]) != whole.tensors[each].K for each in taken):
                raise _not_cut(name, node.kind, "no cut before a node with several inputs")
            kept[name] = torch.arange(network.tensors[name].K)
        else:
            kept[name] = before
    return found


def _pruned(values: Tensor, pruning: Pruning, is_last: bool) -> Tensor:
    if group := pruning.group:
        n, m = group
        flat = values.flatten(1)
        padded = torch.nn.functional.pad(flat, (0, -flat.shape[1] % m)).reshape(len(flat), -1, m)
        keep = torch.zeros_like(padded)
        keep.scatter_(2, padded.abs().topk(n, dim=2).indices, 1.0)
        return (padded * keep).flatten(1)[:, : flat.shape[1]].reshape(values.shape)
    if kept := pruning.kept_of_3x3:
        return _in_patterns(values, kept) if tuple(values.shape[2:]) == (3, 3) else values
    if pruning.pattern == "filters":
        if is_last:
            return values
        removed = values.abs().sum(dim=(1, 2, 3)).argsort()[: int(pruning.share * len(values))]
        return values.index_fill(0, removed, 0.0)
    removed = values.abs().flatten().argsort()[: int(pruning.share * values.numel())]
    return values.flatten().index_fill(0, removed, 0.0).reshape(values.shape)


def _in_patterns(values: Tensor, kept: int) -> Tensor:
    """Filters of 3 x 3 in the few patterns that keep most of what is best for each."""
    others = [place for place in range(9) if place != 4]
    patterns = [(4, *chosen) for chosen in combinations(others, kept - 1)]
    masks = torch.zeros(len(patterns), 9).scatter_(1, torch.tensor(patterns), 1.0)
    scores = values.abs().reshape(-1, 9) @ masks.T
    votes = torch.bincount(scores.argmax(1), minlength=len(patterns))
    usual = votes.argsort(descending=True, stable=True)[:DIFFERENT]
    chosen = usual[scores[:, usual].argmax(1)]
    return values * masks[chosen].reshape(values.shape)


def _inputs(model: TorchNetwork, examples: Tensor) -> dict[str, Tensor]:
    """What each layer takes, for some examples."""
    found: dict[str, Tensor] = {}
    hooks = [
        part.register_forward_pre_hook(lambda _, taken, name=name: found.update({name: taken[0]}))
        for name, part in model.layers.items()
    ]
    with one_thread(), torch.no_grad():
        model(examples)
    for hook in hooks:
        hook.remove()
    return found


def _strongest(values: Tensor, count: int, name: str) -> Tensor:
    if count > len(values):
        raise _not_cut(name, f"K={count}", f"at most the {len(values)} filters that are trained")
    order = np.argsort(-values.abs().sum(dim=(1, 2, 3)).numpy(), kind="stable")[:count]
    return torch.from_numpy(np.sort(order))


def _middle(values: Tensor, width: int, height: int, name: str) -> Tensor:
    spare = values.shape[2] - width, values.shape[3] - height
    if min(spare) < 0:
        raise _not_cut(name, f"R={width} S={height}", f"at most {tuple(values.shape[2:])}")
    left, top = spare[0] // 2, spare[1] // 2
    return values[:, :, left : left + width, top : top + height]


def _not_cut(name: str, got: str, expected: str) -> SpecError:
    problem = "no part of the trained network"
    return SpecError(problem, key_path=name, got=got, expected=expected)
