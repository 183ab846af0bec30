"""Operators that only look at a value otherwise, and those that join and part channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ConvertError, constants
from ..lowering import refusal
from ..values import Length, Pieces
from .shared import array_of, value_of

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def identity(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    return [inputs[0]] + [None] * (len(operator.outputs) - 1)


def cast(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    if operator.get("to") not in (1, 10, 11, 16):
        raise refusal(operator, inputs, f"a cast to type {operator.get('to')}; expected a floating-point type")
    return inputs[0]


def shape(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    shape = np.array(inputs[0].shape, np.int64)
    return shape[operator.get("start", 0) : operator.get("end", len(shape))]


def _reshaped(lowering: Lowering, operator: Operator, inputs: list[Any], shape: Any) -> Any:
    value = value_of(lowering, operator, inputs)
    return value.shaped(shape)


def reshape(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    wanted = array_of(operator, inputs, 1, operator.get("shape"))
    if wanted is None:
        raise refusal(operator, inputs, "no shape; expected one")
    try:
        return value.shaped(constants.reshaped(value.shape, wanted, operator.get("allowzero")))
    except ConvertError as error:
        raise refusal(operator, inputs, str(error)) from None


def flatten(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    axis = operator.get("axis", 1) % (len(value.shape) + 1)
    first = math.prod(value.shape[:axis])
    return value.shaped((first, math.prod(value.shape[axis:])))


def squeeze(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[array_of(operator, inputs, i) for i in range(1, len(inputs))]])
    axes = [i for i, n in enumerate(value.shape) if n == 1] if axes is None else [axis % len(value.shape) for axis in axes]
    if any(value.shape[axis] != 1 for axis in axes):
        raise refusal(operator, inputs, f"axes {axes}; expected axes of 1")
    return value.shaped([n for i, n in enumerate(value.shape) if i not in axes])


def unsqueeze(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[array_of(operator, inputs, i) for i in range(1, len(inputs))]])
    rank = len(value.shape) + len(axes)
    axes, rest = {axis % rank for axis in axes}, iter(value.shape)
    return value.shaped([1 if i in axes else next(rest) for i in range(rank)])


def transpose(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    rank = len(value.shape)
    order = [int(i) for i in operator.get("perm", range(rank)[::-1])]
    shape = [value.shape[i] for i in order]
    moved = [i for i in order if value.shape[i] != 1]
    if moved == sorted(moved):  # nothing but axes of 1 changes its place
        return value.shaped(shape)
    along = value.channel_axis()
    if along == 1 and order == [0, *range(2, rank), 1]:
        return value.shaped(shape, "hwc")
    if along == rank - 1 and order == [0, rank - 1, *range(1, rank - 1)]:
        return value.shaped(shape, "chw")
    shuffled = _shuffled(lowering, operator, value, order)
    if shuffled is not None:
        return shuffled
    raise refusal(operator, inputs, f"axes in order {order}; expected the channels moved to the end, or back")


def _shuffled(lowering: Lowering, operator: Operator, value: Any, order: Any) -> Any:
    """Channels in another order, as ShuffleNet exchanges groups of them: [1, groups, each, height, width]; None if that is not it."""
    height, width, channels = value.extent
    first = 1
    while first < len(value.shape) and math.prod(value.shape[1:first]) < channels:
        first += 1
    rest = list(range(first, len(order)))
    if not value.has("chw") or math.prod(value.shape[1:first]) != channels or math.prod(value.shape[first:]) != height * width:
        return None
    if order[0] != 0 or order[first:] != rest:
        return None
    chosen = np.arange(channels).reshape(value.shape[1:first]).transpose([axis - 1 for axis in order[1:first]]).ravel()
    return _chosen(lowering, operator, value, chosen, [value.shape[axis] for axis in order])


def concatenation(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    if len(inputs) == 1:
        return inputs[0]
    parts: list[Any] = []
    for place, value in enumerate(inputs):
        parts += value.parts if isinstance(value, Pieces) else [value_of(lowering, operator, inputs, place)]
    ranks = {len(part.shape) for part in parts}
    if len(ranks) != 1:
        raise refusal(operator, inputs, "values of different ranks; expected one rank")
    axis = operator.get("axis", 1) % ranks.pop()
    first = parts[0]
    if not any(isinstance(value, Pieces) for value in inputs):
        if all(part.channel_axis() == axis and part.extent[:2] == first.extent[:2] for part in parts) and all(
            part.has(first.order) if isinstance(first.order, str) else False for part in parts
        ):
            return _joined(lowering, operator, parts, axis)
        if all(part.is_row for part in parts) and axis == 1:
            return _joined_rows(lowering, operator, parts)
    if axis == 1 and all(
        len(part.shape) == 3 and part.shape[0] == 1 and part.has("hwc") and part.shape[2] == first.shape[2]
        and part.extent[2] % part.shape[2] == 0 for part in parts
    ):  # fmt: skip
        return Pieces(tuple(parts))
    raise refusal(operator, inputs, f"values joined along axis {axis}; expected pictures joined in their channels, rows, or cells")


def _joined(lowering: Lowering, operator: Operator, parts: Any, axis: Any) -> Any:
    channels = sum(part.extent[2] for part in parts)
    shape = list(parts[0].shape)
    shape[axis] = channels
    order = next((part.order for part in parts if not part.is_trivial), parts[0].order)
    return lowering.layer(operator, "concatenation", parts, (*parts[0].extent[:2], channels), shape, order)


def _joined_rows(lowering: Lowering, operator: Operator, parts: Any) -> Any:
    flat = [lowering.flat(operator, part) for part in parts]
    places, first = [], 0
    for part in flat:
        places.append(part.permutation() + first)
        first += part.count
    whole = np.concatenate(places)
    order = "chw" if np.array_equal(whole, np.arange(first)) else whole
    return lowering.layer(operator, "concatenation", flat, (1, 1, first), (1, first), order)


def sliced(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    arrays = [np.empty(value.shape, np.int8)] + [array_of(operator, inputs, i) for i in range(1, len(inputs))]
    return _picked(lowering, operator, inputs, value, constants.compute(operator, _places(value, arrays), 0)[0])


def _places(value: Any, arrays: list[Any]) -> Any:
    return [np.arange(value.count).reshape(value.shape), *arrays[1:]]


def split(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    axis = operator.get("axis", 0) % len(value.shape)
    parts = array_of(operator, inputs, 1, operator.get("split"))
    if parts is None:
        count = len(operator.outputs)
        each = -(-value.shape[axis] // count)
        parts = [min(each, value.shape[axis] - i * each) for i in range(count)]
    places = np.split(np.arange(value.count).reshape(value.shape), np.cumsum(np.ravel(parts))[:-1], axis)
    return [_picked(lowering, operator, inputs, value, place) for place in places]


def _picked(lowering: Lowering, operator: Operator, inputs: list[Any], value: Any, places: Any) -> Any:
    """Some of the channels, by a convolution that copies them; `places` are their numbers in ONNX's order."""
    if places.shape == value.shape and np.array_equal(places.ravel(), np.arange(value.count)):
        return value
    axis = value.channel_axis()
    if axis is None or any(m != n for i, (m, n) in enumerate(zip(places.shape, value.shape)) if i != axis):
        raise refusal(operator, inputs, "a part of the rows or columns; expected a part of the channels")
    chosen = np.unravel_index(np.moveaxis(places, axis, 0).reshape(places.shape[axis], -1)[:, 0], value.shape)[axis]
    return _chosen(lowering, operator, value, chosen, places.shape)


def _chosen(lowering: Lowering, operator: Operator, value: Any, chosen: Any, shape: Any) -> Any:
    """A convolution that copies channels, by their numbers."""
    weight = np.zeros((len(chosen), value.extent[2], 1, 1))
    weight[np.arange(len(chosen)), chosen] = 1
    return lowering.layer(
        operator, "convolution", [value], (*value.extent[:2], len(chosen)), shape, value.order,
        {"filters": len(chosen), "kernel": 1, "bias": "no"}, {"weight": weight})


def expand(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    if isinstance(inputs[0], Length):
        return inputs[0]
    value, wanted = value_of(lowering, operator, inputs), array_of(operator, inputs, 1)
    if np.broadcast_shapes(value.shape, tuple(int(n) for n in wanted)) != value.shape:
        raise refusal(operator, inputs, f"a value repeated to {list(wanted)}; expected its own shape")
    return value
