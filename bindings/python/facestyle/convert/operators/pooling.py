"""Windows, and means over all pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import constants
from ..folding import padding as padding_text
from ..lowering import refusal
from .shared import array_of, paddings_of, pair_of, picture_of, sides_text, value_of
from .sizes import bordered

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def pool(pooling: Any) -> Any:
    def lower(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        value = picture_of(lowering, operator, inputs)
        kernel = pair_of(operator.get("kernel_shape"), (), operator, inputs)
        strides = pair_of(operator.get("strides"), (1, 1), operator, inputs)
        if list(operator.get("dilations", [1, 1])) != [1, 1] or operator.get("storage_order", 0):
            raise refusal(operator, inputs, "dilations; expected none")
        if len([name for name in operator.outputs if name]) > 1:
            raise refusal(operator, inputs, "places of maxima; expected the maxima alone")
        pads, rounds_up = paddings_of(operator, inputs, value, kernel, strides, [1, 1]), bool(operator.get("ceil_mode", 0))
        if any(pad >= k for pad, k in zip(pads, [*kernel, *kernel])):
            raise refusal(operator, inputs, f"pads {pads} of a window {kernel}; expected less than the window")
        if pooling == "average" and operator.get("count_include_pad", 0) and any(pads):
            if rounds_up:
                raise refusal(operator, inputs, "padding that counts, with ceil_mode; expected one of them")
            value, pads = bordered(lowering, operator, value, pads, 0), [0, 0, 0, 0]
        height, width, channels = value.extent
        sides = [_pooled(*each, rounds_up) for each in zip((height, width), kernel, strides, pads[:2], pads[2:])]
        parameters = {"pooling": pooling, "kernel": sides_text(*kernel), "stride": sides_text(*strides)}
        if padding_text(pads):
            parameters["padding"] = padding_text(pads)
        if rounds_up:
            parameters["rounds-up"] = "yes"
        return lowering.picture(operator, value, (*sides, channels), "pool", parameters=parameters)

    return lower


def _pooled(side: Any, kernel: Any, stride: Any, before: Any, after: Any, rounds_up: Any) -> Any:
    room = side + before + after - kernel
    if room < 0:
        return 1 if rounds_up else 0
    count = (room + (stride - 1 if rounds_up else 0)) // stride + 1
    return count if (count - 1) * stride < side + before else count - 1


def global_average(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    return lowering.picture(operator, value, (1, 1, value.extent[2]), "global-average")


def global_maximum(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    height, width, channels = value.extent
    lowering.network.is_fixed = True
    parameters = {"pooling": "maximum", "kernel": sides_text(height, width), "stride": 1}
    return lowering.picture(operator, value, (1, 1, channels), "pool", parameters=parameters)


def mean(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    rank = len(value.shape)
    axes = constants.axes_of(operator, [array_of(operator, inputs, i) if i else None for i in range(len(inputs))])
    axes = sorted(axis % rank for axis in (axes or range(rank)))
    along = value.channel_axis()
    if along is None or axes != [axis for axis in range(1, rank) if axis != along]:
        raise refusal(operator, inputs, f"a mean over axes {axes}; expected the mean over all pixels")
    keeps = operator.get("keepdims", 1)
    shape = [1 if axis in axes else n for axis, n in enumerate(value.shape)] if keeps else [1, value.extent[2]]
    return lowering.layer(operator, "global-average", [value], (1, 1, value.extent[2]), shape, "chw")
