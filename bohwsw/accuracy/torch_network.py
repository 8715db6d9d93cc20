"""A network of the workload as a PyTorch module: what is mapped is what is trained.

A tensor of N images of K channels, P wide and Q high, is a torch tensor of that shape and order. A
layer is padded as TensorFlow's ``SAME``: by what its output needs, the odd row at the end. A pool
down to one value takes the mean, any other the maximum; ``normalise`` is batch normalisation,
``activation`` max(x, 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn import functional

from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Layer, Network, Operator

OPERATORS = (
    *("input", "add", "multiply", "concatenate", "pool"),
    *("normalise", "activation", "softmax", "reshape"),
)
"""What can be computed."""


@dataclass(frozen=True)
class Grid:
    """The evenly spaced values that a number of bits can tell apart."""

    bits: int  # how many
    largest: Tensor  # the greatest magnitude; one, or a shape that broadcasts
    is_signed: bool  # whether one of the bits is the sign

    def rounded(self, values: Tensor) -> Tensor:
        """The nearest values of the grid; one bit with a sign gives plus or minus the largest."""
        steps: int = 2 ** (self.bits - self.is_signed) - 1
        if steps == 0:
            return torch.where(values < 0, -self.largest, self.largest)
        scale = self.largest.clamp_min(1e-12) / steps
        return (values / scale).round().clamp(-steps * self.is_signed, steps) * scale


class TorchNetwork(nn.Module):
    """Computes what a network's nodes say.

    Args:
        network: contractions whose weights are the model's, and `OPERATORS`.
        is_folded: whether normalisations are left out, since their effect is in the weights.

    Raises:
        SpecError: a node cannot be computed; says which.
    """

    def __init__(self, network: Network, is_folded: bool = False) -> None:
        super().__init__()
        self.network = network
        self.is_folded = is_folded
        self.parts = nn.ModuleDict()
        self.grids: dict[str, Grid] = {}
        """To which the Inputs of layers are rounded, by the layer; of others they are not."""
        inputs = [name for name in network.order if _kind(network, name) == "input"]
        if len(inputs) != 1 or not network.edges:
            raise _refusal(network, inputs[1] if inputs else "", "one input, and edges from it")
        for name in network.order:
            node = network.node(name)
            if isinstance(node, CountedLayer):
                part: nn.Module = _contraction(network, node)
            elif node.kind not in OPERATORS:
                raise _refusal(network, name, f"one of {', '.join(OPERATORS)}")
            elif node.kind == "normalise" and not is_folded:
                part = nn.BatchNorm2d(network.tensors[name].K)
            else:
                continue
            self.parts[_key(name)] = part

    def forward(self, images: Tensor) -> Tensor:
        """What the last node puts out: shape (examples, classes)."""
        made: dict[str, Tensor] = {}
        for name in self.network.order:
            taken = [made[producer] for producer in self.network.inputs(name)]
            made[name] = self._computed(name, taken) if taken else images
        return made[self.network.order[-1]].flatten(1)

    def _computed(self, name: str, taken: list[Tensor]) -> Tensor:
        node, values = self.network.node(name), taken[0]
        if isinstance(node, CountedLayer):
            if name in self.grids:
                values = self.grids[name].rounded(values)
            layer = node.layer
            pads = [p for axis in ("Q", "P") for p in padding(layer, values, axis)]
            padded = functional.pad(values, pads) if any(pads) else values
            found: Tensor = self.parts[_key(name)](padded)
            return found
        size = self.network.tensors[name]
        match node.kind:
            case "normalise":
                return values if self.is_folded else self.parts[_key(name)](values)
            case "activation":
                return functional.relu(values)
            case "softmax":
                return functional.softmax(values, dim=1)
            case "add":
                return reduce(torch.add, taken)
            case "multiply":
                return reduce(torch.mul, taken)
            case "concatenate":
                return torch.cat(taken, dim="NKPQ".index(node.axis))
            case "pool" if (size.P, size.Q) == (1, 1):
                return values.mean((2, 3), keepdim=True)
            case "pool":
                return _largest(values, size.P, size.Q)
        return values.reshape(len(values), size.K, size.P, size.Q)

    @property
    def layers(self) -> dict[str, nn.Module]:
        """The contractions by the names of their nodes."""
        names = (node.name for node in self.network.nodes if isinstance(node, CountedLayer))
        return {name: self.parts[_key(name)] for name in names}

    def weights(self) -> dict[str, Tensor]:
        """Weights and biases, normalisations folded into them where they follow at once.

        Raises:
            SpecError: a normalisation follows no layer, or one that others read, too.
        """
        found: dict[str, Tensor] = {}
        for name in self.network.order:
            part = dict(self.parts.items()).get(_key(name))
            if isinstance(part, nn.Conv2d):
                for kind in ("weight", "bias"):
                    found[f"{name}.{kind}"] = getattr(part, kind).detach().clone()
            elif isinstance(part, nn.BatchNorm2d):
                _fold(self.network, name, part, found)
        return found

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take weights and biases of that form.

        Raises:
            SpecError: one is missing or has another shape.
        """
        for name, part in self.layers.items():
            for kind in ("weight", "bias"):
                target, given = getattr(part, kind), weights.get(f"{name}.{kind}")
                if given is None or given.shape != target.shape:
                    raise SpecError(
                        "these weights do not fit the network",
                        key_path=f"{name}.{kind}",
                        got=None if given is None else f"shape {tuple(given.shape)}",
                        expected=f"shape {tuple(target.shape)}",
                    )
                target.data.copy_(given)


def padding(layer: Layer, values: Tensor, axis: str) -> tuple[int, int]:
    """Zeros before and after a layer's input on the axis of P or Q."""
    is_width = axis == "P"
    size, filter_size = (layer.P, layer.R) if is_width else (layer.Q, layer.S)
    stride, dilation = (
        (layer.stride_w, layer.dilation_w) if is_width else (layer.stride_h, layer.dilation_h)
    )
    needed = (size - 1) * stride + dilation * (filter_size - 1) + 1
    total = max(0, needed - values.shape[2 if is_width else 3])
    return total // 2, total - total // 2


def _largest(values: Tensor, width: int, height: int) -> Tensor:
    """Maxima of windows; the same as adaptive pooling, and faster, where windows are equal."""
    windows = values.shape[2] // width, values.shape[3] // height
    is_even = values.shape[2:] == (windows[0] * width, windows[1] * height)
    pooled: Tensor = (
        functional.max_pool2d(values, windows)
        if is_even
        else functional.adaptive_max_pool2d(values, (width, height))
    )
    return pooled


def _contraction(network: Network, node: CountedLayer) -> nn.Conv2d:
    layer = node.layer
    if node.count != 1:
        raise _refusal(network, node.name, "count 1: equal layers as nodes of their own")
    if network.inputs(node.name, "Weights") or not network.inputs(node.name):
        raise _refusal(network, node.name, "a layer with one input and weights of its own")
    return nn.Conv2d(
        layer.C * layer.G,
        layer.K * layer.G,
        (layer.R, layer.S),
        stride=(layer.stride_w, layer.stride_h),
        dilation=(layer.dilation_w, layer.dilation_h),
        groups=layer.G,
    )


def _fold(network: Network, name: str, part: nn.BatchNorm2d, found: dict[str, Tensor]) -> None:
    (layer,) = network.inputs(name)
    readers = [edge for edge in network.edges if edge.producer == layer]
    if f"{layer}.weight" not in found or len(readers) > 1:
        raise _refusal(network, name, "a normalisation of what one layer puts out to it alone")
    variance, average = part.get_buffer("running_var"), part.get_buffer("running_mean")
    scale = (part.weight / (variance + part.eps).sqrt()).detach()
    found[f"{layer}.weight"] = found[f"{layer}.weight"] * scale[:, None, None, None]
    shift = part.bias.detach() - average * scale
    found[f"{layer}.bias"] = found[f"{layer}.bias"] * scale + shift


def _kind(network: Network, name: str) -> str:
    node = network.node(name)
    return node.kind if isinstance(node, Operator) else "layer"


def _key(name: str) -> str:
    """A node's name as torch accepts it for a part."""
    return name.replace(".", "/")


def _refusal(network: Network, name: str, expected: str) -> SpecError:
    problem = f"network {network.name!r} cannot be trained or evaluated"
    return SpecError(problem, key_path=name or None, got=name or "no input", expected=expected)
