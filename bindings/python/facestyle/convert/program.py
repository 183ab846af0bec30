"""A network as its file has it: operators in the words of ONNX, between values with names. Every reader gives one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import ConvertError


@dataclass
class Operator:
    kind: str  # ONNX's op_type
    inputs: list[str]  # names; "" for an input that is left out
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    name: str = ""

    def __str__(self) -> str:
        return f'{self.kind} "{self.name or (self.outputs or ["?"])[0]}"'

    def get(self, key: str, usual: Any = None) -> Any:
        return self.attributes.get(key, usual)


@dataclass
class Program:
    inputs: dict[str, Any]  # name: extents, None where any will do
    outputs: list[str]
    operators: list[Operator]
    constants: dict[str, Any]  # name: array; floats are float32 or float64
    opset: int = 13

    def ordered(self) -> Any:
        """The operators that the outputs depend on, each behind those that it reads."""
        makers = {}
        for operator in self.operators:
            for name in filter(None, operator.outputs):
                if name in makers or name in self.inputs:
                    raise ConvertError(f'{operator}: value "{name}" is made twice; expected once')
                makers[name] = operator
        order: list[Operator] = []
        state: dict[int, bool] = {}  # id of an operator: False while it is being looked at, True behind it
        stack: list[tuple[str | None, Any]] = [(name, None) for name in reversed(self.outputs)]
        while stack:
            needed, reader = stack.pop()
            if needed is None:  # an operator whose inputs are done
                state[id(reader)] = True
                order.append(reader)
                continue
            if not needed or needed in self.inputs or needed in self.constants:
                continue
            if needed not in makers:
                whose = f"{reader} reads" if reader else "an output is"
                raise ConvertError(f'{whose} "{needed}", which nothing makes; expected an input, a constant or a result')
            operator = makers[needed]
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

    def __init__(self, shape: Any, name: str = "input") -> None:
        self.program = Program({name: shape}, [], [], {})
        self.count = 0

    def constant(self, array: Any) -> Any:
        self.count += 1
        name = f"constant{self.count}"
        self.program.constants[name] = np.asarray(array)
        return name

    def __call__(self, kind: str, *inputs: Any, name: str = "", **attributes: Any) -> Any:
        """Inputs are names of values, or arrays."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self.count += 1
        result = f"value{self.count}"
        self.program.operators.append(Operator(kind, names, [result], attributes, name or f"{kind.lower()}{self.count}"))
        return result

    def end(self, **outputs: Any) -> Any:
        """The program; `outputs` are its values by name."""
        for name, value in outputs.items():
            self.program.operators.append(Operator("Identity", [value], [name], {}, name))
            self.program.outputs.append(name)
        return self.program
