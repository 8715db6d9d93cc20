"""The layers that benchmarks run, by the names used in the tables."""

from __future__ import annotations

from bohwsw.workload import Layer


def square(name: str, channels: int, size: int) -> Layer:
    """A 3x3 convolution of ResNet-18's: as many channels in as out."""
    return Layer(name, K=channels, C=channels, P=size, Q=size, R=3, S=3)


LAYERS: dict[str, Layer] = {
    layer.name: layer
    for layer in (
        square("resnet18-conv2", 64, 56),
        square("resnet18-conv3", 128, 28),
        square("resnet18-conv4", 256, 14),
        square("resnet18-conv5", 512, 7),
        Layer("dqn-conv1", K=32, C=4, P=20, Q=20, R=8, S=8, stride_w=4, stride_h=4),
        Layer("dqn-conv2", K=64, C=32, P=9, Q=9, R=4, S=4, stride_w=2, stride_h=2),
        Layer("dqn-conv3", K=64, C=64, P=7, Q=7, R=3, S=3),
    )
}
