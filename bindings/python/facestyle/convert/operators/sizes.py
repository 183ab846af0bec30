"""Borders around a picture, and pictures of another size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..lowering import refusal
from ..network import number
from .shared import array_of, picture_of, value_of

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def bordered(lowering: Lowering, operator: Operator, value: Any, pads: Any, fill: Any) -> Any:
    top, left, bottom, right = pads
    if not any(pads):
        return value
    parameters = {key: n for key, n in zip(("top", "left", "bottom", "right"), pads) if n}
    if fill:
        parameters["value"] = number(fill)
    height, width, channels = value.extent
    return lowering.picture(operator, value, (height + top + bottom, width + left + right, channels), "border",
                            parameters=parameters)  # fmt: skip


def pad(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    pads = array_of(operator, inputs, 1, operator.get("pads", operator.get("paddings")))
    fill = array_of(operator, inputs, 2, operator.get("value", 0.0))
    fill, mode = float(np.ravel(fill)[0]), operator.get("mode", "constant")
    value = value_of(lowering, operator, inputs)
    pads, rank = [int(n) for n in np.ravel(pads)], len(value.shape)
    axes = array_of(operator, inputs, 3)
    axes = list(range(rank)) if axes is None else [int(axis) % rank for axis in np.ravel(axes)]
    before, after = dict(zip(axes, pads)), dict(zip(axes, pads[len(axes) :]))
    if not any(pads):
        return value
    value = picture_of(lowering, operator, inputs)
    rest = [n for axis in before if axis < 2 for n in (before[axis], after[axis])]
    four = [before.get(2, 0), before.get(3, 0), after.get(2, 0), after.get(3, 0)]
    if min(pads) < 0 or rank != 4:
        raise refusal(operator, inputs, f"pads {pads}; expected 0 or more of a picture")
    if any(rest):
        return _more_channels(lowering, operator, inputs, value, before, after, four, fill, mode)
    if mode == "constant":
        return bordered(lowering, operator, value, four, fill)
    if mode == "reflect" and len(set(four)) == 1 and four[0] < min(value.extent[:2]):
        height, width, channels = value.extent
        extent = (height + 2 * four[0], width + 2 * four[0], channels)
        return lowering.picture(operator, value, extent, "reflection", parameters={"count": four[0]})
    raise refusal(operator, inputs, f"pads {four} of mode {mode}; expected constants, or a reflection alike on all sides")


def _more_channels(lowering: Lowering, operator: Operator, inputs: list[Any], value: Any, before: Any, after: Any, four: Any, fill: Any, mode: Any) -> Any:
    """Channels of zeros, by a convolution that copies the others."""
    if any(four) or fill or mode != "constant" or before.get(0, 0) or after.get(0, 0):
        raise refusal(operator, inputs, "a border around channels; expected channels of zeros alone")
    height, width, channels = value.extent
    count = channels + before[1] + after[1]
    if count > 1 << 16:
        raise refusal(operator, inputs, f"{count} channels; expected fewer")
    weight = np.zeros((count, channels, 1, 1))
    weight[np.arange(channels) + before[1], np.arange(channels)] = 1
    return lowering.picture(operator, value, (height, width, count), "convolution", tensors={"weight": weight},
                            parameters={"filters": count, "kernel": 1, "bias": "no"})  # fmt: skip


COORDINATES = {"half_pixel": "half-pixel", "half_pixel_symmetric": "half-pixel", "pytorch_half_pixel": "half-pixel-or-zero",
               "asymmetric": "asymmetric", "align_corners": "corners"}  # fmt: skip
ROUNDINGS = {"floor": "floor", "ceil": "ceiling", "round_prefer_floor": "half-down", "round_prefer_ceil": "half-up"}


def resize(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    mode = operator.get("mode", "nearest")
    coordinates = operator.get("coordinate_transformation_mode", "half_pixel")
    rounding = operator.get("nearest_mode", "round_prefer_floor")
    if operator.kind == "Upsample" or len(inputs) == 2:  # as before opset 11
        coordinates, rounding = "asymmetric", "floor"
        scales, sizes = array_of(operator, inputs, 1, operator.get("scales")), None
    else:
        scales, sizes = array_of(operator, inputs, 2), array_of(operator, inputs, 3)
    if mode not in ("nearest", "linear", "bilinear") or coordinates not in COORDINATES or rounding not in ROUNDINGS:
        raise refusal(operator, inputs, f"mode {mode}, {coordinates}, {rounding}; expected nearest or linear, and coordinates of "
                                        + ", ".join(COORDINATES))  # fmt: skip
    if operator.get("antialias", 0) or operator.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise refusal(operator, inputs, "antialias or keep_aspect_ratio_policy; expected neither")
    height, width, channels = value.extent
    axes = operator.get("axes")
    factors = _factors(operator, inputs, value, scales, sizes, axes)
    exact = [_side(side, factor) for side, factor in zip((height, width), factors)]
    extent = (*exact, channels)
    if mode != "nearest" or not _repeats(factors, COORDINATES[coordinates], ROUNDINGS[rounding]):
        parameters = {"mode": "nearest" if mode == "nearest" else "bilinear", "coordinates": COORDINATES[coordinates]}
        if coordinates == "half_pixel_symmetric" and any(f != int(f) for f in factors):
            raise refusal(operator, inputs, f"half_pixel_symmetric by {factors}; expected whole factors")
        if mode == "nearest":
            parameters["rounding"] = ROUNDINGS[rounding]
        whole = [np.float32(f) == f and len(number(f)) < 8 for f in factors]
        if sizes is not None and not all(whole):
            lowering.network.is_fixed = True
            parameters["height"], parameters["width"] = exact
        else:
            parameters["rows"] = number(factors[0])
            if factors[1] != factors[0]:
                parameters["columns"] = number(factors[1])
        return lowering.picture(operator, value, extent, "resize", parameters=parameters)
    if factors == [1, 1]:
        return value
    return lowering.picture(operator, value, extent, "upsampling", parameters={"factor": int(factors[0])})


def _side(side: Any, factor: Any) -> Any:
    return int(math.floor(side * factor + 1e-6))


def _factors(operator: Operator, inputs: list[Any], value: Any, scales: Any, sizes: Any, axes: Any) -> Any:
    """Of height and width."""
    given = sizes if sizes is not None and sizes.size else scales
    if given is None or not np.size(given):
        raise refusal(operator, inputs, "neither scales nor sizes; expected one of them")
    given = [float(n) for n in np.ravel(given)]
    axes = list(range(4)) if axes is None else [int(axis) % 4 for axis in axes]
    if sizes is not None and sizes.size:
        by_axis = {axis: n / value.shape[axis] for axis, n in zip(axes, given)}
    else:
        by_axis = dict(zip(axes, given))
    if any(by_axis.get(axis, 1) != 1 for axis in (0, 1)) or min(by_axis.values()) <= 0:
        raise refusal(operator, inputs, f"factors {given}; expected those of height and width alone")
    return [by_axis.get(2, 1.0), by_axis.get(3, 1.0)]


def _repeats(factors: Any, coordinates: Any, rounding: Any) -> Any:
    """Whether each pixel is repeated in a square: both usual pairs of modes, at the factors where they do."""
    factor = factors[0]
    if factor != factors[1] or factor != int(factor):
        return False
    pixel = np.arange(int(factor) * 8, dtype=np.float32)
    place = {"half-pixel": (pixel + 0.5) / factor - 0.5, "half-pixel-or-zero": (pixel + 0.5) / factor - 0.5,
             "asymmetric": pixel / factor}.get(coordinates)  # fmt: skip
    if place is None:
        return False
    rounded = {"floor": np.floor(place), "ceiling": np.ceil(place), "half-down": np.ceil(place - 0.5),
               "half-up": np.floor(place + 0.5)}[rounding]  # fmt: skip
    return np.array_equal(np.clip(rounded, 0, 7), np.arange(int(factor) * 8) // int(factor))
