"""Other parts of models, made by hand: sums, inputs, outputs, shapes."""

from fractions import Fraction

import numpy as np
import onnx
import pytest
from handmade.builder import CLASSES, INPUTS, POWERS, TIES, Builder, data, gemm_chain, middle
from handmade.exact import assert_exact
from onnx import TensorProto
from zkpot.compiler.frontend import import_model
from zkpot.compiler.interpret import interpret, quantize


@pytest.mark.parametrize("odd", [0, 1])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("act", [None, "Relu"])
@pytest.mark.parametrize("constant", [True, False], ids=["constant", "residual"])
def test_sums_at_powers_of_two(path, save, lowered, dtype, odd, act, constant):
    zero = middle(dtype, odd)
    b = Builder()
    x = b.both("x", b.quantizer(0.125, zero, dtype))
    h = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.0625)])
    h = b.both(h, b.quantizer(0.25, zero, dtype))
    if constant:
        row = b.array(b.random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max, CLASSES), dtype)
        other = b.dequantize(row, b.quantizer(0.125, zero + 2, dtype))
    else:
        other = b.node("MatMul", [h, b.weight((CLASSES, CLASSES), 0.03125)])
        other = b.both(other, b.quantizer(0.5, zero + 2, dtype))
    total = b.node("Add", [h, other])
    total = total if act is None else b.node(act, [total])
    output = b.both(total, b.quantizer(0.5, zero, dtype))
    assert_exact(b.save(save, path, output), data(0.125, 2000), lowered)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("zero", [0, 3, 100])
@pytest.mark.parametrize("form", ["QDQ", "QOperator"])
def test_models_that_take_integers(path, save, lowered, dtype, zero, form):
    b = Builder()
    scales = POWERS if (form, dtype) == ("QDQ", "int8") else TIES
    quantizer = b.quantizer(scales["x"], zero, dtype)
    out = b.quantizer(scales["y"], middle(dtype, 1), dtype)
    if form == "QDQ":
        terms = [b.dequantize("x", quantizer), b.weight((INPUTS, CLASSES), scales["w"])]
        output = b.both(b.node("MatMul", terms), out)
    else:
        weight = [b.array(b.weights((INPUTS, CLASSES))), *b.quantizer(0.02, 0, "int8")]
        output = b.dequantize(b.node("QLinearMatMul", ["x", *quantizer, *weight, *out]), out)
    b.save(save, path, output, taken=dtype)
    limits = np.iinfo(dtype)
    x = np.random.default_rng(0).integers(limits.min, limits.max + 1, (500, INPUTS))
    graph = assert_exact(path, x, lowered)
    assert (graph.quantization.scale, graph.quantization.zero_point) == (None, zero)


def test_operators_that_move_nothing(path, save, lowered):
    b = Builder()
    quantizer = b.quantizer(0.1, 131, "uint8")
    x = b.node("Squeeze", ["x", b.array([2, 3], np.int64)])
    x = b.node("Identity", [b.node("Dropout", [x])])
    x = b.node("Unsqueeze", [b.both(x, quantizer), b.array([1], np.int64)])
    x = b.both(b.node("Flatten", [x]), quantizer)
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.02)])
    output = b.both(
        b.node("Reshape", [dense, b.array([0, -1], np.int64)]), b.quantizer(0.04, 128, "uint8")
    )
    b.save(save, path, output, shape=["N", INPUTS, 1, 1])
    assert_exact(path, data(0.1).reshape(-1, INPUTS, 1, 1), lowered)


def test_clip_of_old_operator_sets_has_attributes(path, save, lowered):
    b = Builder()
    x = b.both("x", b.quantizer(0.125, 128, "uint8"))
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), 0.0625)])
    clipped = b.node("Clip", [dense], min=-1.0, max=3.0)
    output = b.both(clipped, b.quantizer(0.25, 100, "uint8"))
    for node in b.nodes:
        if node.op_type == "DequantizeLinear":
            del node.attribute[:]
    graph = assert_exact(b.save(save, path, output, opset=10), data(0.125), lowered)
    assert (graph.nodes[-1].attrs["lo"], graph.nodes[-1].attrs["hi"]) == (-4, 12)


@pytest.mark.parametrize("head", [None, "Softmax", "ArgMax"])
@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_logits_may_stay_quantized(path, save, lowered, head, dtype):
    b = Builder()
    scales = POWERS if dtype == "int8" else TIES
    x = b.both("x", b.quantizer(scales["x"], middle(dtype, 0), dtype))
    dense = b.node("MatMul", [x, b.weight((INPUTS, CLASSES), scales["w"])])
    quantizer = b.quantizer(0.5, middle(dtype, 1), dtype)
    output = b.quantize(dense, quantizer)
    if head == "ArgMax":
        output = b.node("ArgMax", [output], axis=-1)
    elif head is not None:
        output = b.node(head, [b.dequantize(output, quantizer)])
    b.save(save, path, output, dtype=dtype)
    model = onnx.load(str(path))
    if head is not None:
        kind = TensorProto.INT64 if head == "ArgMax" else TensorProto.FLOAT
        model.graph.output[0].type.tensor_type.elem_type = kind
        onnx.save(model, str(path))
    assert_exact(path, data(scales["x"], 3000), lowered)


def test_a_square_weight_with_a_scale_an_input_is_refused(path, save):
    b = Builder()
    x = b.both("x", b.quantizer(0.1, 128, "uint8"))
    scales, zeros = 0.01 * np.arange(1, INPUTS + 1), np.zeros(INPUTS, np.int8)
    weight = b.weight((INPUTS, INPUTS), scales, zeros, axis=0)
    output = b.both(b.node("MatMul", [x, weight]), b.quantizer(0.04, 128, "uint8"))
    with pytest.raises(Exception, match=r"matmul\d+'.*scales are not one an output"):
        import_model(b.save(save, path, output))


def test_the_interpreter_agrees_with_plain_arithmetic(path, save):
    """One layer by exact fractions, independent of float32 and of onnxruntime."""
    builder, output = gemm_chain(POWERS, "uint8", [128, 0, 128], [("Relu",)])
    model = import_model(builder.save(save, path, output))
    x = quantize(data(0.125), model.graph.quantization)
    values = interpret(model.graph, x, model.values)
    dense, requantized = model.graph.nodes[:2]
    weight, bias = (model.values[i] for i in dense.inputs[1:])
    sums = x.astype(object) @ weight.astype(object) + bias.astype(object)
    wanted = [[min(max(round(Fraction(int(v), 32)), 0), 255) for v in row] for row in sums]
    assert np.array_equal(values[requantized.output.name], np.array(wanted))
