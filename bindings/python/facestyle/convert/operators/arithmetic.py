"""Normalisations, and arithmetic with constants and between values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..lowering import refusal
from ..network import number
from ..values import Length, Mixture, Pieces, Value
from .lengths import by_length
from .shared import along_channels, array_of, picture_of, value_of, with_constants

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def batch_normalisation(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    if operator.get("training_mode", 0):
        raise refusal(operator, inputs, "in training; expected its trained statistics")
    gamma, beta, mean, variance = (np.asarray(array_of(operator, inputs, i), np.float64).ravel() for i in range(1, 5))
    if value.is_row and value.extent[2] != value.count:
        value = lowering.flat(operator, value)
    axis = value.channel_axis()
    if axis != 1 and not (value.is_row and value.is_trivial):
        if not (value.is_row and isinstance(value.order, np.ndarray)):
            raise refusal(operator, inputs, "channels elsewhere than on axis 1; expected them there")
    if len(gamma) != value.extent[2]:
        raise refusal(operator, inputs, f"{len(gamma)} factors for {value.extent[2]} channels; expected one for each")
    scale = gamma / np.sqrt(variance + operator.get("epsilon", 1e-5))
    shift = beta - mean * scale
    if isinstance(value.order, np.ndarray):
        mine = np.empty((2, value.count))
        mine[:, value.order] = scale, shift
        scale, shift = mine
    return lowering.affine(operator, value, scale, shift)


def instance_normalisation(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = picture_of(lowering, operator, inputs)
    channels = value.extent[2]
    gamma = np.ravel(array_of(operator, inputs, 1, np.ones(channels)))
    beta = np.ravel(array_of(operator, inputs, 2, np.zeros(channels)))
    if not len(gamma) == len(beta) == value.extent[2]:
        raise refusal(operator, inputs, f"{len(gamma)} factors; expected one for each of {value.extent[2]} channels")
    parameters = {"epsilon": _exact(operator.get("epsilon", 1e-5))}
    return lowering.layer(operator, "instance-normalisation", [value], parameters=parameters,
                          tensors={"weight": gamma, "bias": beta})  # fmt: skip


def _exact(value: Any) -> Any:
    return number(value)


def arithmetic(kind: str) -> Any:
    def lower(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
        if len(inputs) != 2:
            raise refusal(operator, inputs, f"{len(inputs)} inputs; expected two")
        if any(isinstance(value, Length) for value in inputs):
            return by_length(lowering, operator, inputs, kind)
        if any(isinstance(value, Mixture) for value in inputs):
            return _with_mixture(lowering, operator, inputs, kind)
        if any(isinstance(value, Pieces) for value in inputs):
            return _pieces_with_constant(lowering, operator, inputs, lower)
        if isinstance(inputs[1], np.ndarray):
            return _with_constant(lowering, operator, inputs, kind, inputs[0], inputs[1], is_turned=False)
        if isinstance(inputs[0], np.ndarray):
            return _with_constant(lowering, operator, inputs, kind, inputs[1], inputs[0], is_turned=True)
        return _two(lowering, operator, inputs, kind)

    return lower


def _pieces_with_constant(lowering: Lowering, operator: Operator, inputs: list[Any], lower: Any) -> Any:
    place = 0 if isinstance(inputs[0], Pieces) else 1
    if not isinstance(inputs[1 - place], np.ndarray) or inputs[1 - place].size != 1:
        raise refusal(operator, inputs, "joined pieces with something else; expected one number with them")
    parts = []
    for part in inputs[place].parts:
        both = list(inputs)
        both[place] = part
        parts.append(lower(lowering, operator, both))
    return Pieces(tuple(parts))


def _with_constant(lowering: Lowering, operator: Operator, inputs: list[Any], kind: str, value: Any, array: Any, is_turned: Any) -> Any:
    value, along = with_constants(lowering, operator, inputs, value, array)
    if kind == "add":
        scale, shift = 1.0, along
    elif kind == "subtract":
        scale, shift = (-1.0, along) if is_turned else (1.0, -along)
    elif kind == "multiply":
        scale, shift = along, 0.0
    elif is_turned:
        raise refusal(operator, inputs, "a constant divided by a value; expected a value divided by a constant")
    else:
        if not np.all(along):
            raise refusal(operator, inputs, "a division by 0; expected other constants")
        scale, shift = 1 / along, 0.0
    return lowering.affine(operator, value, scale, shift)


def _with_mixture(lowering: Lowering, operator: Operator, inputs: list[Any], kind: str) -> Any:
    """Scales and shifts of several styles, behind an instance normalisation: its factors become rows, one for each."""
    place = 0 if isinstance(inputs[0], Value) else 1
    value, mixture = inputs[place], inputs[1 - place]
    layer = lowering.network[value.layer] if isinstance(value, Value) and value.layer != "input" else None
    part = {"multiply": "weight", "add": "bias"}.get(kind)
    if layer is None or part is None or layer.kind != "instance-normalisation" or lowering.readers(operator.inputs[place]) != 1:
        raise refusal(operator, inputs, "the weights of styles there; expected them as factors of an instance normalisation")
    count, channels = len(mixture.table), value.extent[2]
    rows = []
    for row in mixture.table:
        along = along_channels(operator, inputs, value, row)
        if along is None:
            raise refusal(operator, inputs, "factors that differ from pixel to pixel; expected one for each channel")
        rows.append(np.broadcast_to(along, (channels,)))
    # The weights add up to 1, so that what is alike in all styles stays what it is.
    alike = {name: np.broadcast_to(tensor, (count, channels)) for name, tensor in layer.tensors.items()}
    if kind == "multiply":
        if "styles" in layer.parameters:
            raise refusal(operator, inputs, "factors of styles twice; expected a scale and a shift")
        layer.tensors = {name: tensor * np.stack(rows) for name, tensor in alike.items()}
    else:
        layer.tensors = {**alike, "bias": alike["bias"] + np.stack(rows)}
    layer.parameters["styles"] = count
    return value


# Layers for two pictures; those of sizes that differ are repeated along a single row, column or channel.
TWO = {"add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient"}


def _two(lowering: Lowering, operator: Operator, inputs: list[Any], kind: str) -> Any:
    a, b = value_of(lowering, operator, inputs, 0), value_of(lowering, operator, inputs, 1)
    name = TWO[kind]
    if a.extent == b.extent and a.shape == b.shape and _same_order(a, b):
        order = b.order if a.is_trivial else a.order
        return lowering.layer(operator, name, [a, b], order=order)
    if a.is_row and b.is_row and a.shape == b.shape:  # rows of numbers in different orders
        raise refusal(operator, inputs, "rows whose numbers lie in different orders; expected both flattened alike")
    if not (a.is_picture and b.is_picture) or any(m != n and 1 not in (m, n) for m, n in zip(a.extent, b.extent)):
        raise refusal(operator, inputs, "two values of different sizes; expected one size, or a single row, column or channel")
    extent = tuple(max(m, n) for m, n in zip(a.extent, b.extent))
    height, width, channels = extent
    name = "addition" if name == "sum" else name
    return lowering.layer(operator, name, [a, b], extent, (1, channels, height, width), "chw")


def _same_order(a: Any, b: Any) -> Any:
    if isinstance(a.order, np.ndarray) or isinstance(b.order, np.ndarray):
        return a.order is b.order or np.array_equal(a.permutation(), b.permutation())
    return a.is_trivial or a.order == b.order


def total(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    result = inputs[0]
    for value in inputs[1:]:
        result = arithmetic("add")(lowering, operator, [result, value])
    return result


def power(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value, exponent = value_of(lowering, operator, inputs), array_of(operator, inputs, 1)
    if exponent is None or exponent.size != 1 or exponent.ravel()[0] not in (1, 2):
        raise refusal(operator, inputs, "a power; expected 1 or 2")
    return value if exponent.ravel()[0] == 1 else lowering.layer(operator, "product", [value, value])
