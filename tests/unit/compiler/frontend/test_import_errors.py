"""What can't be compiled is refused by name, with the reason."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from zkpot.compiler.accumulators import chosen_accumulators
from zkpot.compiler.circuit import lower
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.nearest import nearest


def refused(path, *words):
    with pytest.raises(InputError) as caught:
        import_model(path)
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


@pytest.fixture
def edit(quantized, tmp_path):
    """A quantized digits model, changed by a function of its ModelProto."""

    def run(change, *args, **options):
        model = onnx.load(str(quantized(*args, **options)))
        change(model)
        onnx.save(model, str(tmp_path / "edited.onnx"))
        return tmp_path / "edited.onnx"

    return run


def node(model, op):
    return next(n for n in model.graph.node if n.op_type == op)


def initializer(model, name):
    return next(t for t in model.graph.initializer if t.name == name)


def put(model, name, value):
    initializer(model, name).CopyFrom(numpy_helper.from_array(np.asarray(value), name))


def test_not_an_onnx_file(tmp_path):
    (tmp_path / "text.onnx").write_text("not a model")
    refused(tmp_path / "text.onnx", "text.onnx", "can't be read as an ONNX file")
    refused(tmp_path / "absent.onnx", "no file")


@pytest.mark.parametrize("kind", ["gemm", "matmul"])
def test_a_float_model(float_model, kind):
    refused(float_model(kind), "node '", "no dequantized 8-bit tensor", "QuantizeLinear")


@pytest.mark.parametrize("activation", ["Hardmax", "LpNormalization"])
@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
def test_an_unsupported_operator_is_named_with_what_is_supported(quantized, activation, style):
    text = refused(quantized(style, activation=activation), "activation", activation)
    assert "nearest supported form: " in text and "`zkpot ops`" in text


@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
def test_a_quantized_softmax(quantized, style):
    refused(quantized(style, head="Softmax"), "Softmax", "changes the argmax", "nodes_to_exclude")


def test_two_inputs(edit):
    def change(model):
        extra = helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["N", 64])
        model.graph.input.append(extra)

    refused(edit(change), "2 inputs", "one input")


def test_two_outputs(edit):
    def change(model):
        name = node(model, "QuantizeLinear").output[0]
        extra = helper.make_tensor_value_info(name, TensorProto.UINT8, ["N", 64])
        model.graph.output.append(extra)

    refused(edit(change), "2 outputs")


@pytest.mark.parametrize("shape", [[7, 64], ["N", "M"], ["N"]])
def test_input_shapes(edit, shape):
    def change(model):
        value = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
        model.graph.input[0].CopyFrom(value)

    refused(edit(change), "'x' has shape", "batch dimension must be symbolic or 1")


def test_an_input_type(edit):
    def change(model):
        value = helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", 64])
        model.graph.input[0].CopyFrom(value)

    refused(edit(change), "neither float32, uint8 nor int8")


@pytest.mark.parametrize("position", [1, 2])
def test_parameters_that_are_not_constant(edit, position):
    def change(model):
        gemm = [n for n in model.graph.node if n.op_type == "Gemm"][1]
        gemm.input[position] = gemm.input[0]

    refused(edit(change), "node 'fc1'", "is not constant")


@pytest.mark.parametrize(("name", "value"), [("transA", 1), ("alpha", 0.5), ("beta", 2.0)], ids=str)
@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
def test_gemm_attributes(edit, style, name, value):
    def change(model):
        gemm = next(n for n in model.graph.node if n.op_type in ("Gemm", "QGemm"))
        kept = [a for a in gemm.attribute if a.name != name]
        del gemm.attribute[:]
        gemm.attribute.extend([*kept, helper.make_attribute(name, value)])

    refused(edit(change, style), "node 'fc0", f"its attribute {name} is not")


@pytest.mark.parametrize("value", [np.nan, 0.0, -1.0, np.inf])
@pytest.mark.parametrize("style", ["QDQ", "QOperator"])
def test_scales_must_be_positive_and_finite(edit, style, value):
    def change(model):
        put(model, node(model, "QuantizeLinear").input[1], np.float32(value))

    refused(edit(change, style), "scale is not positive and finite")


def test_half_precision_scales(edit):
    def change(model):
        put(model, node(model, "QuantizeLinear").input[1], np.float16(0.1))

    refused(edit(change), "scale is float16")


def test_data_quantized_twice(edit):
    def change(model):
        first = node(model, "QuantizeLinear")
        again = onnx.NodeProto()
        again.CopyFrom(first)
        again.name, again.output[0] = "again", "x_again"
        model.graph.node.insert(1, again)

    refused(edit(change), "(QuantizeLinear)", "quantized twice")


def test_data_read_by_two_layers_are_folded_twice(quantized, tmp_path):
    model = onnx.load(str(quantized(kind="matmul")))
    first, add = node(model, "MatMul"), node(model, "Add")
    twin = onnx.NodeProto()
    twin.CopyFrom(first)
    twin.name, twin.output[0] = "twin", "twin_out"
    mid = next(n for n in model.graph.node if n.input[0] == first.output[0])
    scales = mid.input[1:]
    quantized_twin = helper.make_node("QuantizeLinear", ["twin_out", *scales], ["twin_q"])
    real_twin = helper.make_node("DequantizeLinear", ["twin_q", *scales], ["twin_d"])
    nodes = list(model.graph.node)
    at = nodes.index(add)
    for new in (real_twin, quantized_twin, twin):
        model.graph.node.insert(at, new)
    add.input[1] = "twin_d"
    onnx.save(model, str(tmp_path / "twice.onnx"))
    read = import_model(tmp_path / "twice.onnx")
    room = chosen_accumulators(read.graph, read.values, {})
    entries = lower(read.graph, 2, 8, room).entries
    assert [entry.op for entry in entries] == ["conv_folded", "conv_folded"]


def test_zero_points_must_match(edit):
    def change(model):
        reader = [n for n in model.graph.node if n.op_type == "DequantizeLinear"]
        one = next(n for n in reader if n.input[0] == "x_QuantizeLinear_Output")
        model.graph.initializer.append(numpy_helper.from_array(np.uint8(9), "nine"))
        one.input[2] = "nine"

    refused(edit(change), "was written with zero point 0 and is read with 9")


def test_sixteen_bit_activations(quantized):
    options = {"UseQDQContribOps": True}
    path = quantized(activations="QUInt16", options=options)
    refused(path, "node 'x_QuantizeLinear'", "it quantizes to uint16", "use uint8 or int8")


@pytest.mark.parametrize("dtype", ["int32", "float64"])
def test_a_bias_at_another_scale(edit, dtype):
    def change(model):
        gemm = node(model, "Gemm")
        reader = next(n for n in model.graph.node if n.output[0] == gemm.input[2])
        if dtype == "int32":
            put(model, reader.input[1], np.float32(0.5))
        else:
            reader.op_type = "Cast"
            del reader.input[1:]
            reader.attribute.append(helper.make_attribute("to", TensorProto.FLOAT))

    words = ("not at the scale",) if dtype == "int32" else ("is a constant that is not quantized",)
    refused(edit(change), "node 'fc0'", *words)


def test_a_clipped_output(edit):
    def change(model):
        last = model.graph.node[-1]
        model.graph.node.append(helper.make_node("Relu", [last.output[0]], ["r"], name="last"))
        model.graph.output[0].name = "r"

    refused(edit(change), "'r' is clipped", "drop the last Relu")


def test_reshapes_that_mix_samples(quantized, edit):
    def change(model):
        put(model, "target", np.array([-1, 32]))

    refused(edit(change, front="Reshape"), "node 'reshape'", "does not keep samples")


def test_block_quantization(edit):
    def change(model):
        node(model, "DequantizeLinear").attribute.append(helper.make_attribute("block_size", 4))

    refused(edit(change, opset=21), "in blocks")


def test_metadata_that_is_no_object(edit):
    def change(model):
        entry = model.metadata_props.add()
        entry.key, entry.value = "zkpot.accumulator_bits", "[1"

    refused(edit(change), "zkpot.accumulator_bits")


def test_the_nearest_supported_form_is_named():
    assert "Resize (nearest) and Conv" in nearest("ConvTranspose", ["Conv", "Resize"])
    assert "form: Softmax;" in nearest("SoftMax2", ["Softmax", "Conv"])
    assert "form: Conv;" in nearest("Conv", ["Conv"]), "the same operator of another domain"
