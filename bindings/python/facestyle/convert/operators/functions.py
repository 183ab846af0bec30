"""Functions of each number, and the bounds of eight bits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..lowering import refusal
from ..network import number
from ..values import Length
from .shared import array_of, each, value_of, with_constants

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def named(kind: str) -> Any:
    return each(lambda lowering, operator, inputs: lowering.layer(operator, kind, [inputs[0]]))


def negated(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    return lowering.affine(operator, value_of(lowering, operator, inputs), -1.0, 0.0)


def clip(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    if isinstance(inputs[0], Length):  # a bound that keeps a division by 0 away
        return inputs[0]
    bounds = [operator.get("min"), operator.get("max")]
    for i, array in enumerate([array_of(operator, inputs, 1), array_of(operator, inputs, 2)]):
        if array is not None and array.size == 1:
            bounds[i] = float(array.ravel()[0])
    return _clipped(lowering, operator, inputs, *bounds)


def _clipped(lowering: Lowering, operator: Operator, inputs: list[Any], low: Any, high: Any) -> Any:
    limit = 3e38
    low = None if low is None or low <= -limit else low
    high = None if high is None or high >= limit else high
    if low is not None and high is not None and low > high:
        raise refusal(operator, inputs, f"bounds {low} and {high}; expected the smaller first")

    def one(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        if low == 0 and high is None:
            return lowering.layer(operator, "rectifier", [inputs[0]])
        if low is None and high is None:
            return inputs[0]
        parameters = {key: number(bound) for key, bound in (("min", low), ("max", high)) if bound is not None}
        return lowering.layer(operator, "clip", [inputs[0]], parameters=parameters)

    return each(one)(lowering, operator, inputs)


def extreme(is_max: Any) -> Any:
    def lower(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        if is_max and any(isinstance(value, Length) for value in inputs):
            return next(value for value in inputs if isinstance(value, Length))
        values = [value for value in inputs if not isinstance(value, np.ndarray)]
        arrays = [value for value in inputs if isinstance(value, np.ndarray)]
        if len(values) != 1 or any(array.size != 1 for array in arrays):
            raise refusal(operator, inputs, "several values; expected one with numbers as its bounds")
        bounds = [float(array.ravel()[0]) for array in arrays]
        low, high = (max(bounds), None) if is_max else (None, min(bounds))
        return _clipped(lowering, operator, values, low, high)

    return lower


@each
def hard_sigmoid(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    return _hard(lowering, operator, inputs[0], operator.get("alpha", 0.2), operator.get("beta", 0.5))


def _hard(lowering: Lowering, operator: Operator, value: Any, alpha: Any, beta: Any) -> Any:
    value = lowering.affine(operator, value, alpha, beta)
    return lowering.layer(operator, "clip", [value], parameters={"min": 0, "max": 1})


@each
def hard_swish(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    gate = _hard(lowering, operator, inputs[0], 1 / 6, 0.5)
    return lowering.layer(operator, "product", [inputs[0], gate])


@each
def leaky(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    slope = operator.get("alpha", 0.01)
    return lowering.layer(operator, "leaky-rectifier", [inputs[0]], parameters={"slope": number(slope)}, scale=slope)


def parametric(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value, slope = value_of(lowering, operator, inputs), array_of(operator, inputs, 1)
    if slope is None:
        raise refusal(operator, inputs, "no slopes; expected constants")
    if slope.size == 1:
        slope = float(slope.ravel()[0])
        return lowering.layer(operator, "leaky-rectifier", [value], parameters={"slope": number(slope)}, scale=slope)
    if slope.ndim == 1 and len(value.shape) == 4 and slope.size == value.extent[2] and slope.size != value.shape[-1]:
        slope = slope.reshape(-1, 1, 1)  # cannot mean the columns, so it means the channels
    value, along = with_constants(lowering, operator, inputs, value, slope)
    along = np.broadcast_to(along, (value.extent[2],))
    return lowering.layer(operator, "parametric-rectifier", [value], tensors={"weight": along})


def softmax(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = inputs[0]
    shape = value.shape
    axis = operator.get("axis", -1 if lowering.program.opset >= 13 else 1) % len(shape)
    if lowering.program.opset < 13 and math.prod(shape[axis + 1 :]) != 1:
        raise refusal(operator, inputs, f"softmax over all axes from {axis}, as before opset 13; expected one axis")

    def one(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        part = value_of(lowering, operator, inputs)
        along, channels = part.channel_axis(), part.extent[2]
        if along == axis:
            return lowering.layer(operator, "softmax", [part])
        # [1, cells, numbers], several cells for each pixel
        if axis == len(part.shape) - 1 and part.has("hwc") and channels % part.shape[-1] == 0:
            return lowering.layer(operator, "softmax", [part], parameters={"channels": part.shape[-1]})
        raise refusal(operator, inputs, f"softmax over axis {axis}; expected the channels")

    return each(one)(lowering, operator, inputs)


# ---- Eight bits ----


def quantize(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    """Only the bounds of eight bits are kept: a rectifier may be in them."""
    value, scale, zero = value_of(lowering, operator, inputs), array_of(operator, inputs, 1), array_of(operator, inputs, 2)
    if scale is None or scale.size != 1:
        raise refusal(operator, inputs, "a scale for each channel of a picture; expected one for all")
    zero = np.zeros(1, np.uint8) if zero is None else zero
    bounds = np.iinfo(zero.dtype)
    low, high = ((float(bound) - float(zero.ravel()[0])) * float(scale.ravel()[0]) for bound in (bounds.min, bounds.max))
    return lowering.layer(operator, "clip", [value], parameters={"min": number(low), "max": number(high)})


def dequantize(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    return value_of(lowering, operator, inputs)
