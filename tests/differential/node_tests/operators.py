"""Which axes operators speak of."""

from __future__ import annotations

SAMPLES_FIRST = frozenset(
    {
        *("AveragePool", "BatchNormalization", "Conv", "ConvInteger", "DepthToSpace"),
        *("GlobalAveragePool", "GlobalMaxPool", "MaxPool", "QLinearConv", "QLinearMatMul"),
        *("Gemm", "MatMul", "MatMulInteger", "Flatten", "Resize", "SpaceToDepth", "Upsample"),
    }
)
"""Operators whose first axis is one of samples already."""

POINTWISE = frozenset(
    {
        *("Abs", "Acos", "Acosh", "Add", "And", "Asin", "Asinh", "Atan", "Atanh", "Cast", "Ceil"),
        *("Celu", "Clip", "Cos", "Cosh", "Div", "Dropout", "Elu", "Equal", "Erf", "Exp", "Floor"),
        *("Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsNaN"),
        *("LeakyRelu", "Less", "LessOrEqual", "Log", "Max", "Min", "Mish", "Mod", "Mul", "Neg"),
        *("Not", "Or", "PRelu", "Pow", "Reciprocal", "Relu", "Round", "Selu", "Shrink", "Sigmoid"),
        *("Sign", "Sin", "Sinh", "Softplus", "Softsign", "Sqrt", "Sub", "Sum", "Swish", "Tan"),
        *("Tanh", "ThresholdedRelu", "Trilu", "Where", "Xor"),
    }
)
"""Operators that say nothing about axes, or count them from the last."""
