"""Convolutions and products with matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..folding import padding as padding_text
from ..lowering import refusal
from .shared import array_of, paddings_of, pair_of, picture_of, sides_text, value_of

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def convolution(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    weight, bias = array_of(operator, inputs, 1), array_of(operator, inputs, 2)
    if weight is None or weight.ndim != 4:
        raise refusal(operator, inputs, "weights without two axes of a window; expected [filters, channels, height, width]")
    kernel = weight.shape[2:]
    strides = pair_of(operator.get("strides"), (1, 1), operator, inputs)
    dilations = pair_of(operator.get("dilations"), (1, 1), operator, inputs)
    groups = int(operator.get("group", 1))
    height, width, channels = value.extent
    if groups < 1 or weight.shape[1] * groups != channels or weight.shape[0] % groups:
        raise refusal(operator, inputs, f"{groups} groups of {weight.shape[1]} channels; expected {channels} in all")
    pads = paddings_of(operator, inputs, value, kernel, strides, dilations)
    parameters = {"filters": weight.shape[0], "kernel": sides_text(*kernel)}
    for key, pair in (("stride", strides), ("dilation", dilations)):
        if pair != [1, 1]:
            parameters[key] = sides_text(*pair)
    if groups > 1:
        parameters["groups"] = groups
    if padding_text(pads):
        parameters["padding"] = padding_text(pads)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    extent = ((height + pads[0] + pads[2] - reach[0]) // strides[0] + 1,
              (width + pads[1] + pads[3] - reach[1]) // strides[1] + 1, weight.shape[0])  # fmt: skip
    tensors = {"weight": weight}
    if bias is not None:
        tensors["bias"] = bias.ravel()
    else:
        parameters["bias"] = "no"
    return lowering.picture(operator, value, extent, "convolution", parameters=parameters, tensors=tensors)


def transposed(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    weight, bias = array_of(operator, inputs, 1), array_of(operator, inputs, 2)
    if weight is None or weight.ndim != 4 or weight.shape[0] != value.extent[2]:
        raise refusal(operator, inputs, "weights; expected [channels, filters, height, width]")
    strides = pair_of(operator.get("strides"), (1, 1), operator, inputs)
    kernel, groups = weight.shape[2:], int(operator.get("group", 1))
    if operator.get("output_shape") or (operator.get("auto_pad", "NOTSET") or "NOTSET") != "NOTSET":
        raise refusal(operator, inputs, "output_shape or auto_pad; expected pads")
    if list(operator.get("dilations", [1, 1])) != [1, 1] or strides[0] != strides[1]:
        raise refusal(operator, inputs, f"strides {strides} and dilations; expected one stride and no dilation")
    pads = paddings_of(operator, inputs, value, kernel, strides, [1, 1])
    more = list(operator.get("output_padding", [0, 0]))
    stride, crop = strides[0], max(pads[:2])
    # Output pixel o is tap k of input pixel i with o = stride i + k - pad: a side is stride times the input's.
    for side, k, before, after, extra in zip("hw", kernel, pads[:2], pads[2:], more):
        if k - stride - before - after + extra != 0:
            raise refusal(operator, inputs, f"a window of {k} with stride {stride} and pads {before} and {after}; "
                                            f"expected a result of exactly {stride} times the size")  # fmt: skip
    if groups > 1:  # zeros for the channels of other groups
        each, of_group = weight.shape[1], weight.shape[0] // groups
        whole = np.zeros((weight.shape[0], each * groups, *kernel), np.float64)
        for group in range(groups):
            rows = slice(group * of_group, (group + 1) * of_group)
            whole[rows, group * each : (group + 1) * each] = weight[rows]
        weight = whole
    shifts = [crop - before for before in pads[:2]]
    side = max(k + shift for k, shift in zip(kernel, shifts))
    square = np.zeros((*weight.shape[:2], side, side), np.float64)
    square[:, :, shifts[0] : shifts[0] + kernel[0], shifts[1] : shifts[1] + kernel[1]] = weight
    if crop >= side:
        raise refusal(operator, inputs, f"pads {pads} of a window of {side}; expected less")
    parameters = {"filters": square.shape[1], "kernel": side, "stride": stride}
    if crop:
        parameters["crop"] = crop
    tensors = {"weight": square}
    if bias is not None:
        tensors["bias"] = bias.ravel()
    else:
        parameters["bias"] = "no"
    height, width = value.extent[:2]
    return lowering.picture(operator, value, (stride * height, stride * width, square.shape[1]), "transposed-convolution",
                            parameters=parameters, tensors=tensors)  # fmt: skip


def _dense(lowering: Lowering, operator: Operator, inputs: list[Any], value: Any, matrix: Any, bias: Any) -> Any:
    """`matrix` is [numbers, outputs] for the numbers in ONNX's order."""
    if matrix.ndim != 2 or matrix.shape[0] != value.count:
        raise refusal(operator, inputs, f"a matrix {list(matrix.shape)} for {value.count} numbers; expected as many rows")
    outputs = matrix.shape[1]
    flat = value
    weight = np.empty((outputs, value.count), np.float64)
    weight[:, value.permutation()] = matrix.T
    parameters, tensors = {"outputs": outputs}, {"weight": weight}
    if bias is not None:
        tensors["bias"] = np.broadcast_to(np.asarray(bias, np.float64).ravel(), (outputs,))
    else:
        parameters["bias"] = "no"
    return lowering.layer(operator, "dense", [flat], (1, 1, outputs), (1, outputs), "chw", parameters, tensors)


def gemm(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value, matrix, bias = value_of(lowering, operator, inputs), array_of(operator, inputs, 1), array_of(operator, inputs, 2)
    if operator.get("transA", 0) or not value.is_row or matrix is None:
        raise refusal(operator, inputs, "a product of this form; expected a row [1, numbers] with constants")
    matrix = np.asarray(matrix.T if operator.get("transB", 0) else matrix, np.float64) * operator.get("alpha", 1.0)
    if bias is not None:
        bias = np.asarray(bias, np.float64) * operator.get("beta", 1.0)
    return _dense(lowering, operator, inputs, value, matrix, bias)


def matmul(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value, matrix = value_of(lowering, operator, inputs), array_of(operator, inputs, 1)
    if matrix is None or matrix.ndim != 2:
        raise refusal(operator, inputs, "a product with that; expected a constant matrix behind the value")
    if value.is_row:
        return _dense(lowering, operator, inputs, value, matrix, None)
    axis = value.channel_axis()
    if axis is None or axis != len(value.shape) - 1 or matrix.shape[0] != value.extent[2]:
        raise refusal(operator, inputs, "a product over an axis other than the channels; expected a row, or channels last")
    extent = (*value.extent[:2], matrix.shape[1])
    return lowering.layer(
        operator, "convolution", [value], extent, (*value.shape[:-1], matrix.shape[1]), "hwc",
        {"filters": matrix.shape[1], "kernel": 1, "bias": "no"}, {"weight": matrix.T[:, :, None, None]})
