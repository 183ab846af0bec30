"""What the functions of operators share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from ..lowering import refusal
from ..values import Length, Mixture, Pieces, Value

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def value_of(lowering: Lowering, operator: Operator, inputs: list[Any], place: int = 0) -> Any:
    value = inputs[place] if len(inputs) > place else None
    if not isinstance(value, Value):
        kinds = {Pieces: "joined pieces", Length: "a length", Mixture: "the weights of styles", np.ndarray: "known numbers"}
        seen = kinds.get(type(value), "absent")
        raise refusal(operator, inputs, f"input {place} is {seen}; expected what a layer computes")
    return value


def picture_of(lowering: Lowering, operator: Operator, inputs: list[Any], place: int = 0) -> Any:
    value = value_of(lowering, operator, inputs, place)
    if value.is_picture:
        return value
    if len(value.shape) == 4 and value.shape[0] == 1 and value.shape[2:] == (1, 1) and value.shape[1] == value.count:
        return lowering.flat(operator, value)  # a row as a picture of one pixel
    raise refusal(operator, inputs, f"input {place} is no picture of ours; expected [1, channels, height, width] as computed")


def array_of(operator: Operator, inputs: list[Any], place: int, usual: Any = None) -> Any:
    value = inputs[place] if len(inputs) > place else None
    if value is None:
        return usual
    if not isinstance(value, np.ndarray):
        raise refusal(operator, inputs, f"input {place} is computed; expected constants there")
    return value


def each(function: Callable[..., Any]) -> Any:
    """For a function of each number: a value joined from pieces is done piece by piece."""

    def whole(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        if isinstance(inputs[0], Pieces):
            return Pieces(tuple(function(lowering, operator, [part, *inputs[1:]]) for part in inputs[0].parts))
        value_of(lowering, operator, inputs)
        return function(lowering, operator, inputs)

    return whole


def along_channels(operator: Operator, inputs: list[Any], value: Any, array: Any) -> Any:
    """Constants that go with a value: one number, or one for each channel; None where they differ from pixel to pixel."""
    array = np.asarray(array, np.float64)
    if array.size == 1 and array.ndim <= len(value.shape):
        return np.float64(array.ravel()[0])
    try:
        full = np.broadcast_shapes(array.shape, value.shape)
    except ValueError:
        full = None
    if full != value.shape:
        raise refusal(operator, inputs, f"constants {list(array.shape)}; expected shapes that fit")
    axis = value.channel_axis()
    whole = (1,) * (len(value.shape) - array.ndim) + array.shape
    if axis is not None and all(n == 1 for i, n in enumerate(whole) if i != axis):
        return np.broadcast_to(array.ravel(), (value.extent[2],))
    rows = value.ours(np.broadcast_to(array, value.shape))
    if not np.all(rows == rows[0]):
        return None
    return rows[0]


def with_constants(lowering: Lowering, operator: Operator, inputs: list[Any], value: Any, array: Any) -> Any:
    """The value, and constants for its channels; a value of more pixels than one is flattened for constants of each number."""
    along = along_channels(operator, inputs, value, array)
    if along is None and value.is_row:
        value = lowering.flat(operator, value)
        along = along_channels(operator, inputs, value, array)
    if along is None:
        raise refusal(operator, inputs, "constants that differ from pixel to pixel; expected one number, or one for each channel")
    return value, along


def pair_of(text: str, usual: Any, operator: Operator, inputs: list[Any]) -> Any:
    values = [int(v) for v in (text if text is not None else usual)]
    if len(values) != 2:
        raise refusal(operator, inputs, f"{len(values)} axes; expected windows of height and width")
    return values


def sides_text(height: Any, width: Any) -> Any:
    return str(height) if height == width else f"{height}x{width}"


def paddings_of(operator: Operator, inputs: list[Any], value: Any, kernel: Any, strides: Any, dilations: Any) -> Any:
    """Top, left, bottom and right."""
    pads = [int(p) for p in operator.get("pads", [0, 0, 0, 0])]
    auto = operator.get("auto_pad", "NOTSET") or "NOTSET"
    if auto.startswith("SAME"):
        both = []
        for side, k, s, d in zip(value.extent[:2], kernel, strides, dilations):
            total = max((-(-side // s) - 1) * s + (k - 1) * d + 1 - side, 0)
            both.append((total // 2, total - total // 2) if auto == "SAME_UPPER" else (total - total // 2, total // 2))
        pads = [both[0][0], both[1][0], both[0][1], both[1][1]]
    elif auto == "VALID":
        pads = [0, 0, 0, 0]
    if len(pads) != 4 or min(pads) < 0:
        raise refusal(operator, inputs, f"pads {pads}; expected four, 0 or more")
    return pads
