"""Operators that exporters write in pieces, put together again before a program is lowered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .program import Operator

if TYPE_CHECKING:
    from .program import Program


def whole(program: Program) -> Any:
    """The program with each instance normalisation that is written as means, a root and a division as one operator."""
    found = _Finder(program)
    for i, operator in enumerate(program.operators):
        normalised = _instance_normalisation(found, operator)
        if normalised is not None:
            value, epsilon = normalised
            program.operators[i] = Operator(
                "InstanceNormalization", [value], operator.outputs, {"epsilon": epsilon}, operator.name)
    return program


class _Finder:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.makers = {output: operator for operator in program.operators for output in operator.outputs if output}

    def maker(self, name: str, *kinds: Any) -> Any:
        operator = self.makers.get(name)
        return operator if operator is not None and operator.kind in kinds else None

    def number(self, name: str) -> Any:
        """A constant of one number; None for anything else."""
        array = self.array(name)
        return None if array is None or array.size != 1 else float(array.ravel()[0])

    def array(self, name: str) -> Any:
        constant = self.maker(name, "Constant")
        value = self.program.constants.get(name) if constant is None else constant.get("value", constant.get("value_float"))
        return None if value is None else np.asarray(value)

    def pairs(self, operator: Operator, kind: str) -> Iterator[Any]:
        """Both orders of an operator's two inputs, with what makes the second if it is of a kind."""
        for a, b in (operator.inputs, operator.inputs[::-1]):
            maker = self.maker(b, kind)
            if maker is not None:
                yield a, maker

    def mean_of(self, name: str) -> Any:
        """What a value is the mean of over height and width; None for anything else."""
        mean = self.maker(name, "ReduceMean")
        if mean is None or not mean.get("keepdims", 1):
            return None
        axes = mean.get("axes")
        if axes is None and len(mean.inputs) > 1:
            axes = self.array(mean.inputs[1])
        if axes is None or sorted(int(axis) % 4 for axis in np.ravel(axes)) != [2, 3]:
            return None
        return mean.inputs[0]


def _instance_normalisation(found: Any, operator: Operator) -> Any:
    """The value and epsilon of `d / sqrt(mean(d^2) + epsilon)` with `d = value - mean(value)`; None for another operator."""
    if operator.kind == "Div" and len(operator.inputs) == 2:
        candidates = [(operator.inputs[0], found.maker(operator.inputs[1], "Sqrt"))]
    elif operator.kind == "Mul" and len(operator.inputs) == 2:
        candidates = [(d, found.maker(root, "Sqrt")) for d, root in _divided(found, operator)]
    else:
        return None
    for d, root in candidates:
        difference = found.maker(d, "Sub")
        if root is None or difference is None or found.mean_of(difference.inputs[1]) != difference.inputs[0]:
            continue
        added = found.maker(root.inputs[0], "Add")
        for variance, epsilon in () if added is None else (added.inputs, added.inputs[::-1]):
            square, small = found.maker(found.mean_of(variance), "Pow", "Mul"), found.number(epsilon)
            if square is None or small is None or small <= 0 or square.inputs[0] != d:
                continue
            if square.inputs[1] == d if square.kind == "Mul" else found.number(square.inputs[1]) == 2:
                return difference.inputs[0], small
    return None


def _divided(found: Any, operator: Operator) -> Iterator[Any]:
    """What is multiplied, and by one over what, for `a * (1 / b)`."""
    for a, inverse in found.pairs(operator, "Reciprocal"):
        yield a, inverse.inputs[0]
    for a, inverse in found.pairs(operator, "Div"):
        if found.number(inverse.inputs[0]) == 1:
            yield a, inverse.inputs[1]
