"""Published networks in plain torch, as their papers and torchvision or timm have them.

Weights are never set: only shapes matter, and filling those of VGG-16 would cost seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def conv(c: int, k: int, size: int = 1, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution with padding that keeps the size; its normalisation has no product."""
    return [nn.Conv2d(c, k, size, stride, (size - 1) // 2, groups=groups)]


class Sum(nn.Module):
    """A branch and what is beside it, added up."""

    def __init__(self, main: list[nn.Module], beside: list[nn.Module], last: bool = True) -> None:
        super().__init__()
        self.main, self.beside = nn.Sequential(*main), nn.Sequential(*beside)
        self.last = nn.ReLU() if last else nn.Identity()

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(self.main(x) + self.beside(x))


class Scale(nn.Module):
    """Squeeze and excite (Hu et al. 2018)."""

    def __init__(self, c: int, squeezed: int) -> None:
        super().__init__()
        layers = nn.Conv2d(c, squeezed, 1), nn.SiLU(), nn.Conv2d(squeezed, c, 1), nn.Sigmoid()
        self.main = nn.Sequential(nn.AdaptiveAvgPool2d(1), *layers)

    def forward(self, x: torch.Tensor) -> Any:
        return x * self.main(x)


def head(c: int, classes: int = 1000) -> list[nn.Module]:
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(c, classes)]


def resnet(blocks: tuple[int, ...], *, bottleneck: bool) -> nn.Module:
    """He et al. 2015, table 1; a bottleneck strides in its 3x3 convolution, as torchvision's."""
    layers = [*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    c = 64
    for stage, depth in enumerate(blocks):
        inner = 64 * 2**stage
        k = inner * (4 if bottleneck else 1)
        for block in range(depth):
            stride = 2 if stage and not block else 1
            if bottleneck:
                main = [*conv(c, inner), nn.ReLU(), *conv(inner, inner, 3, stride), nn.ReLU()]
                main += conv(inner, k)
            else:
                main = [*conv(c, k, 3, stride), nn.ReLU(), *conv(k, k, 3)]
            layers.append(Sum(main, conv(c, k, 1, stride) if stride > 1 or c != k else []))
            c = k
    return nn.Sequential(*layers, *head(c))


def resnet_cifar() -> nn.Module:
    """He et al. 2015, section 4.2: ResNet-20, with 1x1 convolutions where the size changes."""
    layers, c = [*conv(3, 16, 3), nn.ReLU()], 16
    for stage in range(3):
        for block in range(3):
            k, stride = 16 * 2**stage, 2 if stage and not block else 1
            main = [*conv(c, k, 3, stride), nn.ReLU(), *conv(k, k, 3)]
            layers.append(Sum(main, conv(c, k, 1, stride) if stride > 1 else []))
            c = k
    return nn.Sequential(*layers, *head(c, 10))


def inverted(
    c: int, k: int, t: int, size: int, stride: int, act: type[nn.Module], squeezed: int = 0
) -> nn.Module:
    """MobileNetV2's block; with squeeze and excite, EfficientNet's."""
    inner = c * t
    main = [*conv(c, inner), act()] if t > 1 else []
    main += [*conv(inner, inner, size, stride, inner), act()]
    main += [Scale(inner, squeezed)] if squeezed else []
    main += conv(inner, k)
    return Sum(main, [], last=False) if stride == 1 and c == k else nn.Sequential(*main)


MOBILENET_V2 = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2))
MOBILENET_V2 += ((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))
EFFICIENTNET_B0 = ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3))
EFFICIENTNET_B0 += ((6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3))


def mobilenet_v2() -> nn.Module:
    """Sandler et al. 2018, table 2: expansion, channels, blocks, stride."""
    layers, c = [*conv(3, 32, 3, 2), nn.ReLU6()], 32
    for t, k, n, stride in MOBILENET_V2:
        for block in range(n):
            layers.append(inverted(c, k, t, 3, 1 if block else stride, nn.ReLU6))
            c = k
    return nn.Sequential(*layers, *conv(c, 1280), nn.ReLU6(), *head(1280))


def efficientnet_b0() -> nn.Module:
    """Tan and Le 2019, table 1: expansion, channels, blocks, stride, kernel; se of a quarter."""
    layers, c = [*conv(3, 32, 3, 2), nn.SiLU()], 32
    for t, k, n, stride, size in EFFICIENTNET_B0:
        for block in range(n):
            layers.append(inverted(c, k, t, size, 1 if block else stride, nn.SiLU, c // 4))
            c = k
    return nn.Sequential(*layers, *conv(c, 1280), nn.SiLU(), *head(1280))


def vgg16() -> nn.Module:
    """Simonyan and Zisserman 2014, configuration D; the first dense layer as a 7x7 convolution."""
    layers, c = [], 3
    for k, n in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(n):
            layers += [nn.Conv2d(c, k, 3, padding=1), nn.ReLU()]
            c = k
        layers.append(nn.MaxPool2d(2))
    layers += [nn.Conv2d(512, 4096, 7), nn.ReLU(), nn.Flatten(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 1000))


def alexnet() -> nn.Module:
    """Krizhevsky 2014, as torchvision has it."""
    layers = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    for c, k in ((192, 384), (384, 256), (256, 256)):
        layers += [nn.Conv2d(c, k, 3, padding=1), nn.ReLU()]
    layers += [nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))


def alexnet_2012() -> nn.Module:
    """Krizhevsky, Sutskever and Hinton 2012, section 3.5: two groups in conv2, conv4, conv5."""
    layers = [nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.LocalResponseNorm(5), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), nn.LocalResponseNorm(5)]
    layers += [nn.MaxPool2d(3, 2), nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()]
    layers += [nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU()]
    layers += [nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Flatten(), nn.Linear(9216, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(4096, 1000))


def dqn() -> nn.Module:
    """Mnih et al. 2015, methods."""
    layers = [nn.Conv2d(4, 32, 8, 4), nn.ReLU(), nn.Conv2d(32, 64, 4, 2), nn.ReLU()]
    layers += [nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3136, 512), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(512, 18))


def dqn_2013() -> nn.Module:
    """Mnih et al. 2013, section 4.1."""
    layers = [nn.Conv2d(4, 16, 8, 4), nn.ReLU(), nn.Conv2d(16, 32, 4, 2), nn.ReLU()]
    layers += [nn.Flatten(), nn.Linear(2592, 256), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(256, 18))


def mlp() -> nn.Module:
    layers = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(512, 10))


class Encoder(nn.Module):
    """A transformer's encoder layer (Vaswani et al. 2017), projections apart."""

    def __init__(self, width: int, heads: int, ratio: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.proj = (nn.Linear(width, width) for _ in range(4))
        self.forward1, self.forward2 = (
            nn.Linear(width, ratio * width),
            nn.Linear(ratio * width, width),
        )

    def forward(self, x: torch.Tensor) -> Any:
        n, tokens, width = x.shape
        y = self.norm1(x)
        q, k, v = (
            part(y).reshape(n, tokens, self.heads, width // self.heads).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        seen = torch.softmax(q @ k.transpose(2, 3), -1) @ v
        x = self.norm2(x + self.proj(seen.transpose(1, 2).reshape(n, tokens, width)))
        return x + self.forward2(torch.relu(self.forward1(x)))


IMAGE = (1, 3, 224, 224)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "alexnet": (alexnet, IMAGE),
    "alexnet-2012": (alexnet_2012, (1, 3, 227, 227)),
    "bert-base-layer": (lambda: Encoder(768, 12), (1, 128, 768)),
    "dqn": (dqn, (1, 4, 84, 84)),
    "dqn-2013": (dqn_2013, (1, 4, 84, 84)),
    "efficientnet-b0": (efficientnet_b0, IMAGE),
    "mlp": (mlp, (1, 784)),
    "mobilenet-v2": (mobilenet_v2, IMAGE),
    "resnet-cifar": (resnet_cifar, (1, 3, 32, 32)),
    "resnet18": (lambda: resnet((2, 2, 2, 2), bottleneck=False), IMAGE),
    "resnet50": (lambda: resnet((3, 4, 6, 3), bottleneck=True), IMAGE),
    "vgg16": (vgg16, IMAGE),
}
"""A module and the shape of its input, for each shipped model that is derived from torch."""


def module(name: str) -> tuple[nn.Module, torch.Tensor]:
    """A network without values in its weights, and an input."""
    make, shape = NETWORKS[name]
    with torch.device("meta"):
        made = make()
    return made.half().to_empty(device="cpu"), torch.zeros(shape, dtype=torch.float16)
