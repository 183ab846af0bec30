"""From operators to layers: each operator gives a layer, a number for each channel, or only another look at one.

The functions of operators are in `operators`, by the names of ONNX. A value whose numbers are known is an array; `Shape` of a
picture is known, since a program is lowered for one size of input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import ConvertError, constants, patterns
from .network import Network
from .values import Mixture, Pieces, Value

if TYPE_CHECKING:
    from .program import Operator, Program

# What keeps a sum of weighted rows one, row by row.
LINEAR = {"Unsqueeze", "Squeeze", "Reshape", "Flatten", "Transpose", "Expand", "Cast", "Identity", "ReduceSum", "Mul", "MatMul"}
DYNAMIC_SIDE = 128  # of a picture of any size, while it is lowered
MOST_STYLES = 1 << 10


class Lowering:
    def __init__(self, program: Program, size: Any = None) -> None:
        self.program = patterns.whole(program)
        self.values = dict(program.constants)
        name, shape = self._inputs(program)
        self.network, value, self.is_any_size = _input(name, shape, size)
        self.values[name] = value

    def _inputs(self, program: Program) -> Any:
        """The picture's name and shape; a second input is the weights of styles."""
        pictures = [(name, shape) for name, shape in program.inputs.items() if len(shape) != 1]
        weights = [(name, shape[0]) for name, shape in program.inputs.items() if len(shape) == 1]
        if len(pictures) != 1 or len(weights) > 1 or any(count is None or not 2 <= count <= MOST_STYLES for _, count in weights):
            names = ", ".join(f"{name} {shape}" for name, shape in program.inputs.items()) or "none"
            raise ConvertError(f"inputs {names}; expected one, the picture, or two, with the weights of 2 to {MOST_STYLES} styles")
        self.weights = None
        for name, count in weights:
            self.weights, self.values[name] = name, Mixture(np.eye(count))
        return pictures[0]

    def run(self) -> Any:
        """The network, and what each output of the program is of it, for one picture whatever the file's batch."""
        from . import operators

        for operator in self.program.ordered():
            for name in operator.inputs:
                if name and name not in self.values:
                    raise ConvertError(f'{operator} reads "{name}", a second result that only training has; expected the first')
            inputs = [self.values[name] if name else None for name in operator.inputs]
            for name, result in zip(operator.outputs, self._results(operators, operator, inputs)):
                self.values[name] = result
        outputs = {}
        for name in self.program.outputs:
            value = self.values[name]
            if not isinstance(value, (Value, Pieces)):
                raise ConvertError(f'output "{name}" does not depend on the picture; expected it to')
            outputs[name] = value
        return self.network, outputs

    def _results(self, operators: Any, operator: Operator, inputs: list[Any]) -> Any:
        if all(value is None or isinstance(value, np.ndarray) for value in inputs) and constants.known(operator):
            return constants.compute(operator, inputs, self.program.opset)
        mixed = [value for value in inputs if isinstance(value, Mixture)]
        if len(mixed) == 1 and operator.kind in LINEAR and not any(isinstance(value, (Value, Pieces)) for value in inputs):
            return [self._mixture(operator, inputs, mixed[0])]
        function = operators.FUNCTIONS.get(operator.kind)
        if function is None:
            raise refusal(operator, inputs, f"an operator that is not known; expected one of {', '.join(sorted(operators.FUNCTIONS))}")
        try:
            with np.errstate(all="ignore"):  # weights that are not finite are refused when they are written
                result = function(self, operator, inputs)
        except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:  # attributes of a damaged file
            reason = " ".join(str(error).split())[:120]
            raise refusal(operator, inputs, f"{reason}; expected attributes and constants that fit") from None
        return result if isinstance(result, list) else [result]

    def _mixture(self, operator: Operator, inputs: list[Any], mixture: Any) -> Any:
        rows = [
            constants.compute(operator, [row if value is mixture else value for value in inputs], self.program.opset)[0]
            for row in mixture.table
        ]
        return Mixture(np.stack(rows))

    def readers(self, name: str) -> Any:
        """How many inputs of operators a value is."""
        return sum(operator.inputs.count(name) for operator in self.program.operators) + self.program.outputs.count(name)

    # ---- Layers ----

    def layer(self, operator: Operator, kind: str, values: Any, extent: Any = None, shape: Any = None, order: Any = None, parameters: Any = None, tensors: dict[str, Any] | None = None, **more: Any) -> Any:
        """A layer, and its value: by default of the first input's size, shape and order."""
        first = values[0]
        extent = extent or first.extent
        name = self.network.add(
            kind, [value.layer for value in values], extent, operator.name, parameters, tensors, **more)
        return Value(name, tuple(extent), tuple(first.shape if shape is None else shape), first.order if order is None else order)

    def picture(self, operator: Operator, value: Any, extent: Any, kind: str, **more: Any) -> Any:
        """A layer whose result is a picture in ONNX's order."""
        height, width, channels = extent
        return self.layer(operator, kind, [value], extent, (1, channels, height, width), "chw", **more)

    def affine(self, operator: Operator, value: Any, scale: Any, shift: Any) -> Any:
        channels = value.extent[2]
        scale, shift = (np.broadcast_to(np.asarray(v, np.float64), (channels,)) for v in (scale, shift))
        return self.layer(operator, "affine", [value], scale=scale, shift=shift)

    def flat(self, operator: Operator, value: Any) -> Any:
        """All numbers as the channels of one pixel."""
        height, width, channels = value.extent
        if height == width == 1:
            return value
        return self.layer(operator, "flatten", [value], (1, 1, value.count), order=value.permutation())


def _input(name: str, shape: Any, size: Any) -> Any:
    if len(shape) != 4:
        raise ConvertError(f'input "{name}" is {shape}; expected [1, channels, height, width]')
    is_last = shape[1] not in (1, 3) and shape[3] in (1, 3)  # channels last, as TensorFlow has them
    channels, height, width = (shape[3], shape[1], shape[2]) if is_last else shape[1:]
    if channels not in (1, 3):
        raise ConvertError(f'input "{name}" is {shape}; expected pictures of 3 channels, or of 1')
    is_any_size = height is None and width is None
    if size is not None:
        if (height or size[0], width or size[1]) != tuple(size):
            raise ConvertError(f'input "{name}" is {width}x{height}; expected that size, not {size[1]}x{size[0]}')
        (height, width), is_any_size = size, False
    height, width = height or width or DYNAMIC_SIDE, width or height or DYNAMIC_SIDE
    if max(height, width) > 1 << 14:
        raise ConvertError(f'input "{name}" is {width}x{height}; expected sides of up to {1 << 14}')
    extent = (height, width, channels)
    value = Value("input", extent, (1, *extent) if is_last else (1, channels, height, width), "hwc" if is_last else "chw")
    return Network(extent), value, is_any_size


def describe(value: Any) -> Any:
    if value is None:
        return "nothing"
    return str(list(value.shape))


def refusal(operator: Operator, inputs: list[Any], reason: str) -> Any:
    """An error that names the operator and the shapes of its inputs."""
    shapes = ", ".join(describe(value) for value in inputs)
    return ConvertError(f"{operator} of {shapes}: {reason}")
