"""Vectors that are brought to unit length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import constants
from ..lowering import refusal
from ..values import Length
from .shared import array_of, value_of

if TYPE_CHECKING:
    from ..lowering import Lowering
    from ..program import Operator


def length(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[array_of(operator, inputs, 1)]])
    _check_length(operator, inputs, value, axes)
    return Length(value, value.shape)


def _check_length(operator: Operator, inputs: list[Any], value: Any, axes: Any) -> None:
    along = value.channel_axis() if not value.is_row or value.is_trivial else None
    if axes is None or len(axes) != 1 or along is None or axes[0] % len(value.shape) != along:
        raise refusal(operator, inputs, f"a length over axes {axes}; expected the length of each pixel's channels")


def by_length(lowering: Lowering, operator: Operator, inputs: list[Any], kind: str) -> Any:
    if kind == "divide" and isinstance(inputs[1], Length) and inputs[0] == inputs[1].of:
        return lowering.layer(operator, "unit-length", [inputs[0]])
    if kind == "add" and any(isinstance(value, np.ndarray) for value in inputs):  # what keeps a division by 0 away
        return next(value for value in inputs if isinstance(value, Length))
    raise refusal(operator, inputs, "a length for something else; expected a value divided by its own length")


def unit(lowering: Lowering, operator: Operator, inputs: list[Any]) -> Any:
    value = value_of(lowering, operator, inputs)
    if operator.get("p", 2) != 2:
        raise refusal(operator, inputs, f"norm {operator.get('p')}; expected 2")
    _check_length(operator, inputs, value, [operator.get("axis", -1)])
    return lowering.layer(operator, "unit-length", [value])
