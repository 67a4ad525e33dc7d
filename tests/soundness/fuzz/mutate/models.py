"""Changes to ONNX files as what they are: messages of fields, and graphs of named tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any

import numpy as np
import onnx
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import DecodeError, Message
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.frontend.operators import OPERATORS

from . import plain

Edit = Callable[[Random, onnx.ModelProto, onnx.ModelProto], None]

INTEGERS = (0, 1, 2, 3, -1, -2, 4, 5, 6, 7, 8, 16, 255, 1 << 20, 1 << 31, 1 << 40, (1 << 63) - 1)
REALS = (0.0, -0.0, 1.0, -1.0, 0.5, 3e-45, 1e-30, 1e30, 3e38, float("inf"), float("nan"))
TEXTS = ("", "ai.onnx", "com.microsoft", "notset", "SAME_UPPER", "VALID", "x" * 300, "a\n\x00b")
TEXTS = (*TEXTS, "/etc/passwd", "../../../../etc/passwd", "location", "constant", "reflect", "edge")
NAMES = sorted({name for _, name in OPERATORS} | {"Constant", "If", "Loop", "Shape", "Range"})
NAMES = [*NAMES, "ConstantOfShape", "Random", "RandomUniformLike", "Einsum", "TopK", "NonZero"]
ATTRIBUTES = ("axis", "axes", "perm", "kernel_shape", "pads", "strides", "dilations", "group")
ATTRIBUTES = (*ATTRIBUTES, "transB", "to", "blocksize", "value", "shape", "mode", "keepdims")
ATTRIBUTES = (*ATTRIBUTES, "alpha", "num_outputs", "ceil_mode", "auto_pad", "block_size", "start")


def mutated(random: Random, data: bytes, corpus: Sequence[bytes]) -> bytes:
    """``data`` with one to three edits; as bytes, now and then and where it is no model."""
    model, other = _parsed(data), _parsed(random.choice(corpus))
    if model is None or not model.graph.node or random.random() < 0.05:
        return plain.mutated(random, data, corpus)
    for _ in range(random.randint(1, 3)):
        with suppress(Exception):  # nothing there for this edit, or no value that the field takes
            random.choice(EDITS)(random, model, other or model)
    return bytes(model.SerializeToString(deterministic=True))


def _parsed(data: bytes) -> onnx.ModelProto | None:
    try:
        return onnx.load_model_from_string(data)
    except (DecodeError, ValueError):
        return None


def _messages(message: Message) -> Iterator[Message]:
    yield message
    for field, value in message.ListFields():
        if field.type == Field.TYPE_MESSAGE:
            for one in value if isinstance(value, Sequence) or hasattr(value, "add") else [value]:
                yield from _messages(one)


def _scalar(random: Random, field: Any) -> Any:
    if field.type in (Field.TYPE_FLOAT, Field.TYPE_DOUBLE):
        return random.choice(REALS)
    if field.type == Field.TYPE_BYTES:
        return random.randbytes(random.choice((0, 1, 4, 8, 64)))
    if field.type == Field.TYPE_STRING:
        return random.choice(TEXTS)
    if field.type == Field.TYPE_ENUM:
        return random.choice([value.number for value in field.enum_type.values])
    value = random.choice(INTEGERS)
    narrow = field.type in (Field.TYPE_INT32, Field.TYPE_UINT32)
    return value % (1 << 31) if narrow else value


def _field(random: Random, model: onnx.ModelProto, other: onnx.ModelProto) -> None:
    """Any field of any message, by its type alone."""
    message = random.choice(list(_messages(model)))
    field = random.choice(message.DESCRIPTOR.fields)
    if field.is_repeated:
        _repeated(random, message, field)
    elif field.type == Field.TYPE_MESSAGE:
        same = [m for m in _messages(other) if m.DESCRIPTOR is field.message_type]
        message.ClearField(field.name)
        if same and random.random() < 0.8:
            getattr(message, field.name).CopyFrom(random.choice(same))
    elif random.random() < 0.15:
        message.ClearField(field.name)
    else:
        setattr(message, field.name, _scalar(random, field))


def _repeated(random: Random, message: Message, field: Any) -> None:
    values = getattr(message, field.name)
    action = random.randrange(4)
    if action == 0 and values:
        del values[random.randrange(len(values))]
    elif action == 1 and values:
        values.append(values[random.randrange(len(values))])
    elif field.type != Field.TYPE_MESSAGE:
        if action == 2 and values:
            values[random.randrange(len(values))] = _scalar(random, field)
        else:
            values.append(_scalar(random, field))


def _tensors(graph: onnx.GraphProto) -> list[str]:
    names = [value.name for value in (*graph.input, *graph.output, *graph.initializer)]
    return [*names, *(name for node in graph.node for name in (*node.input, *node.output)), ""]


def _rewire(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    """A node reads, or puts out, another tensor: cycles, self-loops, types that don't fit."""
    node = random.choice(model.graph.node)
    names = node.input if random.random() < 0.8 else node.output
    if names and random.random() < 0.8:
        names[random.randrange(len(names))] = random.choice(_tensors(model.graph))
    else:
        names.append(random.choice(_tensors(model.graph)))


def _operator(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    node = random.choice(model.graph.node)
    node.op_type = random.choice(NAMES)
    node.domain = random.choice(("", "", "", "com.microsoft"))


def _insert(random: Random, model: onnx.ModelProto, other: onnx.ModelProto) -> None:
    """A node between a node and its reader: a new one, or the other model's."""
    node = random.choice(model.graph.node)
    new = onnx.NodeProto()
    new.CopyFrom(random.choice(other.graph.node))
    if random.random() < 0.6:
        new.CopyFrom(helper.make_node(random.choice(NAMES), [""], [""]))
    before = node.input[0]
    new.output[0] = f"{before}.{random.randrange(1 << 16)}"
    new.input[0] = before
    node.input[0] = new.output[0]
    place = list(model.graph.node).index(node)
    nodes = [*model.graph.node[:place], new, *model.graph.node[place:]]
    _put(model.graph.node, nodes)
    _import(model, other)


def _import(model: onnx.ModelProto, other: onnx.ModelProto) -> None:
    """The other model's constants, which its nodes may read."""
    known = {tensor.name for tensor in model.graph.initializer}
    for tensor in other.graph.initializer:
        if tensor.name not in known:
            model.graph.initializer.add().CopyFrom(tensor)


def _put(field: Any, values: Sequence[Message]) -> None:
    copies = [type(value)() for value in values]
    for copy, value in zip(copies, values, strict=True):
        copy.CopyFrom(value)
    del field[:]
    field.extend(copies)


def _attribute(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    node = random.choice(model.graph.node)
    names = [*ATTRIBUTES, *(item.name for item in node.attribute)]
    number = random.choice((1, 2, 4, 8))
    value = random.choice(
        (
            random.choice(INTEGERS),
            random.choice(REALS),
            random.choice(TEXTS),
            [random.choice(INTEGERS[:10]) for _ in range(number)],
            [random.choice(INTEGERS) for _ in range(number)],
            numpy_helper.from_array(np.array(random.choice(INTEGERS))),
            helper.make_graph([], "g", [], []),
        )
    )
    made = helper.make_attribute(random.choice(names), value)
    kept = [item for item in node.attribute if item.name != made.name]
    _put(node.attribute, [*kept, made])


def _constant(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    """An initializer with other values, of another type or shape, or none at all."""
    place = random.randrange(len(model.graph.initializer))
    tensor = model.graph.initializer[place]
    values = numpy_helper.to_array(tensor)
    action = random.randrange(6)
    if action == 0:
        del model.graph.initializer[place]
    elif action == 1:
        tensor.dims[:] = [random.choice(INTEGERS) for _ in range(random.randrange(4))]
    elif action == 2:
        _external(random, tensor)
    else:
        flat = np.array(values).reshape(-1)
        if action == 3:
            flat[random.randrange(len(flat))] = random.choice((*INTEGERS[:12], *REALS))
        elif action == 4:
            kinds = (np.float32, np.uint8, np.int8, np.int32, np.int64, np.float64, np.bool_)
            flat = flat.astype(random.choice(kinds))
        else:
            flat = np.full(random.choice((0, 1, 2, 5)), random.choice(INTEGERS[:12]), np.int64)
        shaped = flat if action == 5 or flat.size != values.size else flat.reshape(values.shape)
        tensor.CopyFrom(numpy_helper.from_array(shaped, tensor.name))


def _external(random: Random, tensor: TensorProto) -> None:
    """The values are in another file: one that's none of the model's business, or endless."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, values in (
        (
            "location",
            ("/etc/passwd", "../../../../../../etc/passwd", "/dev/zero", "model.onnx", ""),
        ),
        ("offset", ("0", "-1", "x", "99999999999999999999")),
        ("length", ("4", "-1", "1e9", "99999999999")),
    ):
        if random.random() < 0.8:
            tensor.external_data.add(key=key, value=random.choice(values))


def _dimension(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    graph = model.graph
    value = random.choice((*graph.input, *graph.output, *graph.value_info))
    dims = value.type.tensor_type.shape.dim
    if dims and random.random() < 0.7:
        dims[random.randrange(len(dims))].dim_value = random.choice(INTEGERS)
    else:
        dims.add(dim_value=random.choice(INTEGERS))


def _drop(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    del model.graph.node[random.randrange(len(model.graph.node))]


def _opset(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    random.choice(model.opset_import).version = random.choice((1, 6, 7, 10, 11, 13, 18, 21, 99))


def _metadata(random: Random, model: onnx.ModelProto, _other: onnx.ModelProto) -> None:
    entry = random.choice(model.metadata_props)
    numbers = ("0", "-1", "8", "9" * 5000, "1e3", "null", "[]", "{}", '{"fc1": 1e400}', "x")
    entry.value = random.choice((*numbers, entry.value.replace("1", random.choice(numbers))))


EDITS: tuple[Edit, ...] = (
    _field,
    _field,
    _rewire,
    _operator,
    _insert,
    _insert,
    _attribute,
    _attribute,
    _constant,
    _constant,
    _dimension,
    _drop,
    _opset,
    _metadata,
)
