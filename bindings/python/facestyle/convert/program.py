"""A network as its file has it: operators in the words of ONNX, between values with names. Every reader gives one."""

from dataclasses import dataclass, field

import numpy as np

from . import ConvertError


@dataclass
class Operator:
    kind: str  # ONNX's op_type
    inputs: list  # names; "" for an input that is left out
    outputs: list
    attributes: dict = field(default_factory=dict)
    name: str = ""

    def __str__(self):
        return f'{self.kind} "{self.name or (self.outputs or ["?"])[0]}"'

    def get(self, key, usual=None):
        return self.attributes.get(key, usual)


@dataclass
class Program:
    inputs: dict  # name: extents, None where any will do
    outputs: list
    operators: list
    constants: dict  # name: array; floats are float32 or float64
    opset: int = 13

    def ordered(self):
        """The operators that the outputs depend on, each behind those that it reads."""
        makers = {}
        for operator in self.operators:
            for name in filter(None, operator.outputs):
                if name in makers or name in self.inputs:
                    raise ConvertError(f'{operator}: value "{name}" is made twice; expected once')
                makers[name] = operator
        order, state = [], {}  # id of an operator: False while it is being looked at, True behind it
        stack = [(name, None) for name in reversed(self.outputs)]
        while stack:
            name, reader = stack.pop()
            if name is None:  # an operator whose inputs are done
                state[id(reader)] = True
                order.append(reader)
                continue
            if not name or name in self.inputs or name in self.constants:
                continue
            if name not in makers:
                whose = f"{reader} reads" if reader else "an output is"
                raise ConvertError(f'{whose} "{name}", which nothing makes; expected an input, a constant or a result')
            operator = makers[name]
            if id(operator) in state:
                if not state[id(operator)]:
                    raise ConvertError(f"{operator} depends on itself; expected no circle")
                continue
            state[id(operator)] = False
            stack.append((None, operator))
            stack.extend((value, operator) for value in reversed(operator.inputs))
        return order


class Builder:
    """Writes a program operator by operator, for readers of files that hold only weights. Each call returns a value's name."""

    def __init__(self, shape, name="input"):
        self.program = Program({name: shape}, [], [], {})
        self.count = 0

    def constant(self, array):
        self.count += 1
        name = f"constant{self.count}"
        self.program.constants[name] = np.asarray(array)
        return name

    def __call__(self, kind, *inputs, name="", **attributes):
        """Inputs are names of values, or arrays."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.count += 1
        result = f"value{self.count}"
        self.program.operators.append(Operator(kind, names, [result], attributes, name or f"{kind.lower()}{self.count}"))
        return result

    def end(self, **outputs):
        """The program; `outputs` are its values by name."""
        for name, value in outputs.items():
            self.program.operators.append(Operator("Identity", [value], [name], {}, name))
            self.program.outputs.append(name)
        return self.program
