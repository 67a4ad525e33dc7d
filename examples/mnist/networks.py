"""The networks, for images of 1×28×28 and ten classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .composite import Chain, Residual
from .layers import BatchNorm, Conv, Dense, Flatten, GlobalAveragePool, Layer, Pool, Relu

INPUT_SHAPE = (1, 28, 28)
CLASSES = 10


def lenet(kind: str) -> Chain:
    """LeNet-5 (LeCun et al. 1998) as it is trained today: ReLU, every map connected to every map.

    ``kind``: MaxPool or AveragePool. 61,706 parameters.
    """
    return Chain(
        (
            Conv("conv1", 6, 5, pad=2),
            Relu("relu1"),
            Pool("pool1", kind),
            Conv("conv2", 16, 5),
            Relu("relu2"),
            Pool("pool2", kind),
            Flatten("flatten"),
            Dense("fc1", 120),
            Relu("relu3"),
            Dense("fc2", 84),
            Relu("relu4"),
            Dense("fc3", CLASSES),
        )
    )


def resnet() -> Chain:
    """ResNet-8: three blocks of 8, 16 and 32 channels on 14×14, 7×7 and 4×4 pixels."""
    return Chain(
        (
            *_conv_norm("stem", 8, 3, stride=2, pad=1),
            Relu("stem_relu"),
            *_block("block1", 8),
            *_block("block2", 16, widens=True),
            *_block("block3", 32, widens=True),
            *_head(),
        )
    )


def depthwise() -> Chain:
    """MobileNet (arXiv 1704.04861) in small: a depthwise and a pointwise convolution in turns."""
    return Chain(
        (
            *_conv_norm("stem", 16, 3, stride=2, pad=1),
            Relu("stem_relu", 6.0),
            *_separable("block1", 16, 16, stride=2),
            *_separable("block2", 16, 32),
            *_separable("block3", 32, 64, stride=2),
            *_head(),
        )
    )


def vgg() -> Chain:
    """Two pairs of 3×3 convolutions, as in VGG (arXiv 1409.1556), and two dense layers."""
    layers: list[Layer] = []
    for stage, channels in enumerate((4, 8), start=1):
        for index in (1, 2):
            name = f"conv{stage}_{index}"
            layers += [Conv(name, channels, 3, pad=1), Relu(f"{name}_relu")]
        layers.append(Pool(f"pool{stage}", "MaxPool"))
    layers += [Flatten("flatten"), Dense("fc1", 64), Relu("fc1_relu"), Dense("fc2", CLASSES)]
    return Chain(tuple(layers))


def _conv_norm(
    name: str, channels: int, kernel: int, stride: int = 1, pad: int = 0, depthwise: bool = False
) -> tuple[Layer, Layer]:
    conv = Conv(name, channels, kernel, stride, pad, depthwise, bias=False)
    return conv, BatchNorm(f"{name}_norm")


def _block(name: str, channels: int, widens: bool = False) -> tuple[Layer, Layer]:
    """Two 3×3 convolutions and a shortcut: 1×1 with stride 2 where the block widens."""
    stride = 2 if widens else 1
    body = Chain(
        (
            *_conv_norm(f"{name}_conv1", channels, 3, stride=stride, pad=1),
            Relu(f"{name}_relu1"),
            *_conv_norm(f"{name}_conv2", channels, 3, pad=1),
        )
    )
    shortcut = Chain(_conv_norm(f"{name}_shortcut", channels, 1, stride=2)) if widens else Chain()
    return Residual(f"{name}_add", body, shortcut), Relu(f"{name}_relu2")


def _separable(name: str, inputs: int, channels: int, stride: int = 1) -> tuple[Layer, ...]:
    return (
        *_conv_norm(f"{name}_depthwise", inputs, 3, stride=stride, pad=1, depthwise=True),
        Relu(f"{name}_relu1", 6.0),
        *_conv_norm(f"{name}_pointwise", channels, 1),
        Relu(f"{name}_relu2", 6.0),
    )


def _head() -> tuple[Layer, ...]:
    return GlobalAveragePool("average"), Flatten("flatten"), Dense("fc", CLASSES)


NETWORKS: Mapping[str, Callable[[], Chain]] = {
    "lenet_max": lambda: lenet("MaxPool"),
    "lenet_avg": lambda: lenet("AveragePool"),
    "resnet": resnet,
    "depthwise": depthwise,
    "vgg": vgg,
}
