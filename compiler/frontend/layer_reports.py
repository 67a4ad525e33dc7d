"""What the report says of each linear layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from zkpot.compiler.float_graph import FloatGraph
from zkpot.compiler.integer_graph import IntegerGraph
from zkpot.compiler.quantization_report import LayerReport
from zkpot.compiler.quantize import Values, circuit_bits

Saturation = Mapping[str, int]
"""By tensor, how many of its float values lie more than a step outside of its grid."""

NOTABLE = 0.01  # a share of saturated values from which on the report warns
STEP = 256


def saturation(source: FloatGraph, model: IntegerGraph, x: Values) -> Saturation:
    """Counts over all samples ``x``; a clip of the ``source`` saturates on purpose, hence 0."""
    meant = {node.output for node in source.nodes if math.isfinite(node.hi)}
    groups = {source.groups[name] for name in meant}
    found: Counter[str] = Counter()
    for i in range(0, len(x), STEP):
        for name, values in model.graph.run(x[i : i + STEP]).items():
            grid = model.grid(name)
            if grid is not None and source.groups[name] not in groups:
                found[name] += grid.saturated(values)
    return found


def saturation_warnings(model: IntegerGraph, counts: Saturation, samples: int) -> Iterator[str]:
    """One for each layer of whose inputs many are cut off."""
    sizes = {model.graph.input: math.prod(model.graph.shape)}
    sizes |= {node.output: node.size for node in model.graph.nodes}
    for node in model.linears:
        share = counts[node.inputs[0]] / (samples * sizes[node.inputs[0]])
        if share > NOTABLE:
            yield f"layer {node.name!r}: {share:.1%} of its inputs lie outside of uint8's range"


def layer_reports(
    model: IntegerGraph, accumulator_bits: Sequence[int], counts: Saturation
) -> Iterator[LayerReport]:
    """One for each linear layer."""
    for node, bits in zip(model.linears, accumulator_bits, strict=True):
        layer = model.layer(node)
        yield LayerReport(
            name=node.name,
            outputs=node.size,
            input_exponent=layer.input.exponent,
            input_zero_point=layer.input.zero_point,
            weight_exponent=max(layer.weight_exponents),
            weight_exponents=layer.weight_exponents,
            weight_bits=model.weight_bits,
            shift=max(layer.shifts),
            worst_case=int(layer.worst_cases.max()),
            accumulator_bits=bits,
            circuit_bits=circuit_bits(bits, max(layer.shifts), layer.output),
            clipped_parameters=layer.clipped,
            saturated_inputs=counts[node.inputs[0]],
        )
