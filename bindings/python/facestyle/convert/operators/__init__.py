"""Each operator of ONNX as layers. A function gets the lowering, the operator and its inputs, and gives its result or results."""

from __future__ import annotations

from . import arithmetic, functions, lengths, pooling, shapes, sizes, sums

FUNCTIONS = {
    # Sums.
    "Conv": sums.convolution, "ConvTranspose": sums.transposed, "Gemm": sums.gemm, "MatMul": sums.matmul,
    # Scales, shifts, arithmetic.
    "BatchNormalization": arithmetic.batch_normalisation, "InstanceNormalization": arithmetic.instance_normalisation,
    "Add": arithmetic.arithmetic("add"), "Sub": arithmetic.arithmetic("subtract"), "Mul": arithmetic.arithmetic("multiply"),
    "Div": arithmetic.arithmetic("divide"), "Sum": arithmetic.total, "Pow": arithmetic.power,
    # Functions of each number, and of channels.
    "Neg": functions.negated, "Relu": functions.named("rectifier"), "Sigmoid": functions.named("sigmoid"),
    "Tanh": functions.named("tanh"), "PRelu": functions.parametric, "LeakyRelu": functions.leaky, "Clip": functions.clip,
    "Min": functions.extreme(False), "Max": functions.extreme(True), "HardSigmoid": functions.hard_sigmoid,
    "HardSwish": functions.hard_swish, "Softmax": functions.softmax, "ReduceL2": lengths.length, "LpNormalization": lengths.unit,
    "QuantizeLinear": functions.quantize, "DequantizeLinear": functions.dequantize,
    # Windows and means.
    "MaxPool": pooling.pool("maximum"), "AveragePool": pooling.pool("average"), "GlobalAveragePool": pooling.global_average,
    "GlobalMaxPool": pooling.global_maximum, "ReduceMean": pooling.mean,
    # Shapes.
    "Dropout": shapes.identity, "Identity": shapes.identity, "Cast": shapes.cast, "Shape": shapes.shape, "Reshape": shapes.reshape,
    "Flatten": shapes.flatten, "Squeeze": shapes.squeeze, "Unsqueeze": shapes.unsqueeze, "Transpose": shapes.transpose,
    "Concat": shapes.concatenation, "Slice": shapes.sliced, "Split": shapes.split, "Expand": shapes.expand,
    # Borders and sizes.
    "Pad": sizes.pad, "Resize": sizes.resize, "Upsample": sizes.resize,
}  # fmt: skip
