"""Small untrained networks of every kind of node, as exporters write them, on 8x8 digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Node = onnx.NodeProto


def node(operator: str, inputs: str, output: str, name: str = "", **attributes: object) -> Node:
    """``inputs``: names between spaces."""
    return helper.make_node(operator, inputs.split(), [output], name=name, **attributes)


@dataclass
class Network:
    """Grows a float model; ``seed`` makes its weights."""

    seed: int = 0
    shape: tuple[int, ...] = (1, 8, 8)
    batch: int | str = "N"
    opset: int = 17
    nodes: list[Node] = field(default_factory=list)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def weights(self, name: str, *shape: int, fan: int | None = None) -> str:
        """A new initializer of random weights."""
        fan = fan or int(np.prod(shape[1:]))
        self.arrays[name] = (self.rng.normal(size=shape) * np.sqrt(2 / fan)).astype(np.float32)
        return name

    def constant(self, name: str, value: object, dtype: type = np.float32) -> str:
        """A new initializer."""
        self.arrays[name] = np.array(value, dtype)
        return name

    def conv(
        self, source: str, output: str, *shape: int, bias: bool = True, **options: object
    ) -> None:
        """A Conv with weights of ``shape``, called like its output."""
        inputs = f"{source} {self.weights(f'{output}.w', *shape)}"
        if bias:
            self.arrays[f"{output}.b"] = (self.rng.normal(size=shape[0]) * 0.1).astype(np.float32)
            inputs += f" {output}.b"
        self.nodes.append(node("Conv", inputs, output, output, **options))

    def dense(self, source: str, output: str, depth: int, size: int) -> None:
        """A MatMul, called like its output."""
        weight = self.weights(f"{output}.w", depth, size, fan=depth)
        self.nodes.append(node("MatMul", f"{source} {weight}", output, output))

    def norm(self, source: str, output: str, channels: int) -> None:
        """A BatchNormalization, called like its output."""
        parts = [f"{output}.{part}" for part in ("scale", "bias", "mean", "var")]
        for i, part in enumerate(parts):
            low, high = (-0.3, 0.3) if i in (1, 2) else (0.5, 1.5)
            self.arrays[part] = self.rng.uniform(low, high, channels).astype(np.float32)
        self.add("BatchNormalization", " ".join([source, *parts]), output)

    def add(self, operator: str, inputs: str, output: str, **attributes: object) -> None:
        """Any node, called like its output."""
        self.nodes.append(node(operator, inputs, output, output, **attributes))

    def model(self) -> onnx.ModelProto:
        """With the last node's output as the model's."""
        graph = helper.make_graph(
            self.nodes,
            "net",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [self.batch, *self.shape])],
            [helper.make_tensor_value_info(self.nodes[-1].output[0], TensorProto.FLOAT, ["M", 10])],
            [numpy_helper.from_array(value, name) for name, value in self.arrays.items()],
        )
        imports = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=imports, ir_version=9)


def activation(operator: str) -> Network:
    """A strided convolution, a function, a depthwise-separable block, a global average."""
    net = Network(opset=20)
    net.conv("x", "c1", 8, 1, 3, 3, pads=[1] * 4, strides=[2, 2])
    net.add(operator, "c1", "act")
    net.conv("act", "dw", 8, 1, 3, 3, bias=False, group=8, auto_pad="SAME_UPPER")
    net.add("Relu", "dw", "r2")
    net.conv("r2", "pw", 16, 8, 1, 1, bias=False)
    net.add("Relu", "pw", "r3")
    net.add("GlobalAveragePool", "r3", "gap")
    net.add("Reshape", f"gap {net.constant('to', [-1, 16], np.int64)}", "view")
    net.dense("view", "fc", 16, 10)
    return net


def decomposed() -> Network:
    """SiLU, HardSwish and GELU in parts, and a mean over the image."""
    net = Network()
    net.conv("x", "c1", 8, 1, 3, 3)
    net.add("Sigmoid", "c1", "s")
    net.add("Mul", "c1 s", "silu")
    net.conv("silu", "c2", 8, 8, 1, 1)
    net.add("Add", f"c2 {net.constant('three', 3)}", "p")
    net.add("Clip", f"p {net.constant('zero', 0)} {net.constant('six', 6)}", "q")
    net.add("Div", "q six", "gate")
    net.add("Mul", "c2 gate", "swish")
    net.add("Div", f"swish {net.constant('root', np.sqrt(2))}", "d")
    net.add("Erf", "d", "e")
    net.add("Add", f"e {net.constant('one', 1)}", "e1")
    net.add("Mul", "swish e1", "m")
    net.add("Mul", f"m {net.constant('half', 0.5)}", "gelu")
    net.add("ReduceMean", "gelu", "mean", axes=[2, 3], keepdims=0)
    net.dense("mean", "fc", 8, 10)
    return net


def squeeze_excite() -> Network:
    """A gate of one value a channel, a concatenation, x.view(x.size(0), -1), Softmax."""
    net = Network()
    net.conv("x", "c1", 4, 1, 3, 3, pads=[1] * 4)
    net.add("Relu", "c1", "r1")
    net.add("GlobalAveragePool", "r1", "g")
    net.conv("g", "s1", 4, 4, 1, 1)
    net.add("HardSigmoid", "s1", "gate")
    net.add("Mul", "r1 gate", "scaled")
    net.add("Concat", "r1 scaled", "cat", axis=1)
    net.add("Shape", "cat", "shape")
    net.add("Gather", f"shape {net.constant('i', 0, np.int64)}", "size", axis=0)
    net.add("Unsqueeze", f"size {net.constant('axes', [0], np.int64)}", "first")
    net.add("Concat", f"first {net.constant('rest', [-1], np.int64)}", "target", axis=0)
    net.add("Reshape", "cat target", "view")
    net.dense("view", "fc", 8 * 64, 10)
    net.add("Softmax", "fc", "p", axis=-1)
    return net


def residual() -> Network:
    """Batch 1, norms before and behind layers, a sum, pools that overlap and round up."""
    net = Network(batch=1)
    net.conv("x", "stem", 6, 1, 3, 3, bias=False, pads=[1] * 4)
    net.norm("stem", "before", 6)
    net.add("Relu", "before", "r1")
    net.conv("r1", "c1", 6, 6, 3, 3, bias=False, pads=[1] * 4)
    net.norm("c1", "behind", 6)
    net.add("Relu", "behind", "r2")
    net.conv("r2", "c2", 6, 6, 3, 3, pads=[2] * 4, dilations=[2, 2])
    net.add("Add", "c2 stem", "sum")
    net.add("MaxPool", "sum", "mp", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4, ceil_mode=1)
    net.add("Relu", "mp", "r3")
    net.add("AveragePool", "r3", "ap", kernel_shape=[2, 2], strides=[2, 2])
    net.add("Flatten", "ap", "flat")
    net.dense("flat", "fc", 24, 10)
    return net


def one_dimensional() -> Network:
    """Transpose, Conv over one axis, Split, Sub, Pad."""
    net = Network(shape=(8, 8), opset=13)
    net.add("Transpose", "x", "t", perm=[0, 2, 1])
    net.conv("t", "c1", 6, 8, 3, auto_pad="SAME_LOWER")
    net.add("Relu", "c1", "r1")
    net.nodes.append(helper.make_node("Split", ["r1"], ["a", "b"], name="split", axis=1))
    net.add("Sub", "a b", "difference")
    pads = net.constant("pads", [0, 0, 1, 0, 0, 1], np.int64)
    net.add("Pad", f"difference {pads}", "padded")
    net.conv("padded", "c2", 5, 3, 3)
    net.add("Flatten", "c2", "flat")
    net.dense("flat", "fc", 40, 10)
    return net


def tokens() -> Network:
    """Rows of a matrix, data normalized in the model, a layer's bias in an Add, ArgMax."""
    net = Network(shape=(8, 8))
    net.add("Sub", f"x {net.constant('mean', 0.3)}", "n1")
    net.add("Div", f"n1 {net.constant('std', 0.4)}", "n2")
    net.dense("n2", "mm1", 8, 12)
    net.add("Add", f"mm1 {net.weights('mm1.b', 12, 1, fan=9)}_row", "s1")
    net.arrays["mm1.b_row"] = net.arrays.pop("mm1.b")[:, 0]
    net.add("Relu", "s1", "r1")
    net.dense("r1", "mm2", 12, 8)
    net.add("Transpose", "mm2", "t", perm=[0, 2, 1])
    net.add("Tanh", "t", "th")
    net.add("Flatten", "th", "flat")
    net.dense("flat", "fc", 64, 10)
    return net


def clipped() -> Network:
    """An old operator set; a Clip that saturation does, and two that a sum reads."""
    net = Network(opset=9)
    net.conv("x", "c0", 4, 1, 3, 3, pads=[1] * 4)
    net.add("Clip", "c0", "k0", min=0.0, max=1.5)
    net.conv("k0", "c1", 4, 4, 3, 3, pads=[1] * 4)
    net.add("Clip", "c1", "k1", min=0.0, max=1.0)
    net.conv("k1", "c2", 4, 4, 3, 3, pads=[1] * 4)
    net.add("Clip", "c2", "k2", min=0.0, max=1.0)
    net.add("Add", "k1 k2", "sum")
    net.add("Upsample", f"sum {net.constant('scales', [1, 1, 2, 2])}", "up", mode="nearest")
    net.add("Flatten", "up", "flat")
    net.dense("flat", "fc", 4 * 256, 10)
    return net


def convolutional_logits() -> Network:
    """No dense layer at all."""
    net = Network()
    net.conv("x", "c1", 6, 1, 3, 3, bias=False)
    net.add("Relu", "c1", "r1")
    net.conv("r1", "c2", 10, 6, 6, 6)
    net.add("Flatten", "c2", "z")
    return net


def averaged_logits() -> Network:
    """Logits that are themselves means, and so quantized."""
    net = Network()
    net.conv("x", "c1", 6, 1, 3, 3, pads=[0, 1, 1, 0])
    net.add("Relu", "c1", "r1")
    net.conv("r1", "c2", 10, 6, 1, 1)
    net.add("GlobalAveragePool", "c2", "g")
    net.add("Flatten", "g", "z")
    return net


def joined() -> Network:
    """Shared weights; the data in two branches, and joined with what is computed from them."""
    net = Network()
    net.conv("x", "c1", 4, 1, 3, 3, pads=[1] * 4)
    net.nodes.append(node("Conv", "x c1.w", "c2", "c2", pads=[1] * 4))
    net.add("Relu", "c1", "r1")
    net.add("Concat", "r1 x c2", "cat", axis=1)
    net.conv("cat", "c3", 6, 9, 3, 3)
    net.add("Relu", "c3", "r3")
    net.add("Flatten", "r3", "flat")
    net.dense("flat", "fc", 216, 10)
    return net


def normalized() -> Network:
    """Vectors; norms of which one goes into the layer before and one into the layer behind."""
    net = Network(shape=(64,), opset=11)
    net.dense("x", "f1", 64, 20)
    net.add("Relu", "f1", "r1")
    net.norm("r1", "between", 20)
    net.dense("between", "f2", 20, 16)
    net.norm("f2", "behind", 16)
    net.add("Clip", f"behind {net.constant('lo', 0)} {net.constant('hi', 6)}", "r6")
    net.dense("r6", "fc", 16, 10)
    return net


FUNCTIONS: Sequence[str] = ("Sigmoid", "HardSwish", "LeakyRelu", "Gelu", "Softplus")

NETWORKS: dict[str, Callable[[], Network]] = {
    "decomposed": decomposed,
    "squeeze_excite": squeeze_excite,
    "residual": residual,
    "one_dimensional": one_dimensional,
    "tokens": tokens,
    "clipped": clipped,
    "convolutional_logits": convolutional_logits,
    "averaged_logits": averaged_logits,
    "joined": joined,
    "normalized": normalized,
    **{name: (lambda name=name: activation(name)) for name in FUNCTIONS},
}
