"""architecture.onnx is published: it must not depend on the weights, however a model stores them.

Each model is made twice, with other weights. The two are different models of one circuit, so what
is published of them has to be the same, byte for byte.
"""

import numpy as np
import onnx
import pytest
from handmade.builder import Builder
from onnx import helper, numpy_helper
from zkpot.compiler.errors import InputError
from zkpot.compiler.frontend import import_model
from zkpot.compiler.frontend.architecture import strip_weights

INPUTS, CLASSES, STEP = 8, 3, 0.125
SHAPE = (INPUTS, CLASSES)


class Model(Builder):
    """x, quantized, times a weight that each test makes in its own way."""

    def __init__(self, seed):
        super().__init__(seed)
        self.grid = self.quantizer(STEP, 0, "int8")
        self.x = self.both("x", self.grid)

    def floats(self, *shape):
        return self.array(self.random.normal(size=shape), np.float32)

    def times(self, weight):
        """The layer, its weight a float constant that is quantized in the model."""
        return self.node("MatMul", [self.x, self.both(weight, self.grid)])

    def steps(self, size):
        """An int32 bias, at the scale of accumulators."""
        bias = self.array(self.random.integers(-900, 900, size), np.int32)
        return self.dequantize(bias, self.quantizer(STEP * STEP, 0, np.int32))


def product(m):
    """Weight normalization, LayerScale: what multiplies the weight is as private."""
    return m.times(m.node("Mul", [m.floats(*SHAPE), m.floats(1, CLASSES)]))


def list_of_floats(m):
    """A Constant node whose attribute is no tensor."""
    flat = m.random.normal(size=INPUTS * CLASSES).tolist()
    return m.times(m.node("Reshape", [m.node("Constant", [], value_floats=flat), m.array(SHAPE)]))


def constant_node(m):
    values = numpy_helper.from_array(m.random.normal(size=SHAPE).astype(np.float32))
    return m.times(m.node("Constant", [], value=values))


def signs(m):
    """Binary weights: the condition is all there is to know."""
    mask = m.array(m.random.integers(0, 2, SHAPE), bool)
    one, minus = m.array([[1.0]], np.float32), m.array([[-1.0]], np.float32)
    return m.times(m.node("Where", [mask, one, minus]))


def codebook(m):
    """Clustered weights: the indices are private, and so are the levels."""
    index = m.array(m.random.integers(0, 4, SHAPE))
    return m.times(m.node("Gather", [m.floats(4), index], axis=0))


def dequantized_codebook(m):
    """The same behind a DequantizeLinear, which is no constant arithmetic."""
    book = m.dequantize(m.array(m.weights((4,))), m.grid)
    index = m.array(m.random.integers(0, 4, SHAPE))
    return m.node("MatMul", [m.x, m.node("Gather", [book, index], axis=0)])


def expanded(m):
    """A weight of equal elements, stored once."""
    return m.times(m.node("Expand", [m.floats(1, 1), m.array(SHAPE)]))


def scaled_by_shape(m):
    """A weight computed from the shape of the data, besides constants."""
    width = m.node("Gather", [m.node("Shape", ["x"]), m.array([1])], axis=0)
    divisor = m.node("Sqrt", [m.node("Cast", [width], to=onnx.TensorProto.FLOAT)])
    return m.times(m.node("Div", [m.floats(*SHAPE), divisor]))


def one_unit(m):
    """Weights and bias of a single element."""
    first = m.dequantize(m.array(m.weights((INPUTS, 1))), m.grid)
    hidden = m.both(m.node("Gemm", [m.x, first, m.steps(1)]), m.grid)
    second = m.dequantize(m.array(m.weights((1, 1))), m.grid)
    hidden = m.both(m.node("Gemm", [hidden, second, m.steps(1)]), m.grid)
    last = m.dequantize(m.array(m.weights((1, CLASSES))), m.grid)
    return m.node("Gemm", [hidden, last, m.steps(CLASSES)])


def one_channel(m):
    """A convolution of a single weight."""
    image = m.node("Reshape", [m.x, m.array([-1, 1, 2, 4])])
    kernel = m.dequantize(m.array(m.weights((1, 1, 1, 1))), m.grid)
    mapped = m.both(m.node("Conv", [image, kernel, m.steps(1)]), m.grid)
    return m.node("Flatten", [mapped])


def float_bias(m):
    """Floats that onnxruntime quantizes, and a last bias added behind its layer."""
    weight = m.dequantize(m.array(m.weights(SHAPE)), m.grid)
    first = m.both(m.node("Gemm", [m.x, weight, m.floats(CLASSES)]), m.grid)
    square = m.dequantize(m.array(m.weights((CLASSES, CLASSES))), m.grid)
    return m.node("Add", [m.node("MatMul", [first, square]), m.steps(CLASSES)])


def factors(m):
    """Data times a private constant."""
    constant = m.dequantize(m.array(m.weights((1, INPUTS))), m.grid)
    mixed = m.both(m.node("Mul", [m.x, constant]), m.grid)
    weight = m.dequantize(m.array(m.weights(SHAPE)), m.grid)
    return m.node("MatMul", [mixed, weight])


FORMS = (
    *(product, list_of_floats, constant_node, signs, codebook, dequantized_codebook, expanded),
    *(scaled_by_shape, one_unit, one_channel, float_bias, factors),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.__name__)
def test_models_that_differ_in_their_weights_are_published_alike(save, tmp_path, form):
    made = []
    for seed in range(3):
        m = Model(seed)
        made.append(m.save(save, tmp_path / f"{seed}.onnx", form(m), shape=["N", INPUTS]))
    models = [import_model(path) for path in made]
    assert all(model.graph == models[0].graph for model in models)
    different = {str([v.tolist() for v in model.values.values()]) for model in models}
    assert len(different) == 3, "the models should differ"
    first, *others = [strip_weights(path.read_bytes()) for path in made]
    assert others == [first, first]
    (architecture := tmp_path / "architecture.onnx").write_bytes(first)
    assert import_model(architecture).graph == models[0].graph
    assert strip_weights(first) == first


SECRET = "the secret"


def with_a_note(message):
    """Writes `SECRET` into every text that onnx has for people."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for each in value if field.is_repeated else [value]:
            with_a_note(each)
    for name in ("doc_string", "denotation"):
        if name in message.DESCRIPTOR.fields_by_name:
            setattr(message, name, SECRET)
    if "metadata_props" in message.DESCRIPTOR.fields_by_name:
        message.metadata_props.add(key="trained by", value=SECRET)


def with_more_in_it(proto):
    """Everything that an ONNX file may hold besides the graph that is run."""
    proto.training_info.add().initialization.initializer.append(
        numpy_helper.from_array(np.full(3, 0.5, np.float32), SECRET)
    )
    node = helper.make_node("Identity", ["x"], ["y"], name=SECRET)
    opsets = [helper.make_opsetid("", 17)]
    proto.functions.append(helper.make_function("local", "f", ["x"], ["y"], [node], opsets))
    proto.opset_import.append(helper.make_opsetid("local", 1))
    entry = proto.graph.quantization_annotation.add(tensor_name="x")
    entry.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value=SECRET)
    proto.graph.initializer.append(numpy_helper.from_array(np.arange(3), SECRET))
    with_a_note(proto)


def test_only_the_graph_is_published(save, path):
    m = Model(0)
    m.save(save, path, one_unit(m), shape=["N", INPUTS])
    proto = onnx.load(path)
    proto.metadata_props.add(key="zkpot.weight_bits", value="7")
    bare = strip_weights(proto.SerializeToString())
    assert "zkpot.weight_bits" in str(onnx.load_model_from_string(bare))
    with_more_in_it(proto)
    assert str(proto).count(SECRET) > 50
    assert strip_weights(proto.SerializeToString()) == bare


def test_constants_of_functions_are_public_and_stay(save, path):
    """They are in the circuit, as tables: see docs/formats.md."""
    m = Model(0)
    doubled = m.both(m.node("Mul", [m.x, m.array(2.5, np.float32)]), m.grid)
    slopes = m.array(np.linspace(0.125, 1, INPUTS), np.float32)
    bent = m.both(m.node("PRelu", [doubled, slopes]), m.grid)
    weight = m.dequantize(m.array(m.weights(SHAPE)), m.grid)
    m.save(save, path, m.node("MatMul", [bent, weight]), shape=["N", INPUTS])
    assert import_model(path).tabulated == (m.nodes[2].name, m.nodes[5].name)
    published = onnx.load_model_from_string(strip_weights(path.read_bytes()))
    kept = {t.name: numpy_helper.to_array(t) for t in published.graph.initializer}
    assert kept[slopes].tolist() == np.linspace(0.125, 1, INPUTS).tolist()
    assert 2.5 in [v.item() for v in kept.values() if v.size == 1]


def test_a_weight_that_is_a_public_constant_too_is_refused(save, path):
    """One element, read as a weight and as the factor of a function: zeroing it would change the
    function, and keeping it would publish the weight without a word."""
    m = Model(0)
    both = m.dequantize(m.array(m.weights((1, 1))), m.grid)
    image = m.node("Reshape", [m.x, m.array([-1, INPUTS, 1])])
    hidden = m.both(m.node("MatMul", [image, both]), m.grid)
    m.save(
        save,
        path,
        m.node("Flatten", [m.both(m.node("Mul", [hidden, both]), m.grid)]),
        shape=["N", INPUTS],
    )
    import_model(path)
    with pytest.raises(InputError, match="published without its weights"):
        strip_weights(path.read_bytes())
