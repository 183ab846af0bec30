"""Formulas that are differentiated by rules: parsed, derived, simplified, printed, evaluated."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _c
from ._convert import choice, numbers, pointer
from ._convert import text as encoded
from ._handle import Handle
from ._types import ArrayLike, Doubles
from .differentiation import WAYS
from .errors import check


@dataclass(frozen=True)
class ExpressionSize:
    """How large an expression is: nodes of its tree, each part as often as
    it is written (2^64 - 1 stands for that or more); nodes with equal parts
    as one, and those of them that are operations; nodes from the whole down
    to the deepest part; the operations with which reverse mode finds the
    value and the derivatives by all variables."""

    nodes: int
    shared_nodes: int
    operations: int
    depth: int
    reverse_operations: int


class Expression(Handle):
    """A formula of numbers, variables, `+ - * / ^`, brackets and the
    functions of `fs.differentiate`:

        f = fs.Expression.parse("p0 + p1*x + exp(sin(x)/x)^2")
        f(x=[1, 2], p0=1, p1=0.5)            # float64, [2]
        print(f.derivative("x").simplified())

    It never changes, so threads may share it. `str` gives a text that is
    parsed to the same expression.
    """

    _destroy = _c.fs_expression_destroy

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Reads a text. `^` binds most tightly, then `*` and `/`, then a
        minus before a part: `-x^2` is `-(x^2)`. At most a MiB, 131,072 nodes,
        10,000 of them one above the other, 1024 variables. For any other text
        `FaceStyleError`, with the position."""
        return _made(_c.fs_expression_parse, encoded(text, "text"))

    @property
    def variables(self) -> tuple[str, ...]:
        """Their names, in the order in which the text that was parsed has
        them. What is made from an expression keeps them all."""
        count = _c.fs_expression_variable_count(self.handle)
        return tuple(_c.fs_expression_variable(self.handle, i).decode() for i in range(count))

    def derivative(self, variable: str) -> Expression:
        """By the variable of a name, as the rules give it: of `x*x` it is
        `1*x + x*1`."""
        return _made(_c.fs_expression_derivative, self.handle, encoded(variable, "variable"))

    def simplified(self) -> Expression:
        """The same with numbers folded, 0 and 1 left out, equal terms,
        factors and powers joined. Where all parts have finite values, the
        values are the same up to rounding; `x/x` is 1, also at 0."""
        return _made(_c.fs_expression_simplify, self.handle)

    def __call__(self, /, **values: ArrayLike) -> Doubles:
        """The values at points: a number or an array for each variable, all
        of one shape when broadcast; float64 of that shape. What has no value is
        NaN or infinite, as `1/x` at 0."""
        points, shape = self._points(values)
        found = np.empty(shape)
        check(_c.fs_expression_evaluate(self.handle, _double(points), found.size, _double(found), found.size))
        return found

    def gradient(self, way: str = "reverse", /, **values: ArrayLike) -> dict[str, Doubles]:
        """The derivative by each variable, float64 [points], by its name, at
        points as a call takes them, by a `way` of `fs.differentiate`:
        "forward", "reverse", "numeric" or "symbolic"."""
        points, shape = self._points(values)
        found = np.empty(points.shape)
        kind = choice(way, WAYS, "way")
        count = int(np.prod(shape, dtype=np.int64))
        check(_c.fs_expression_gradient(self.handle, kind, _double(points), count, _double(found), found.size))
        return {name: np.ascontiguousarray(found[..., i]) for i, name in enumerate(self.variables)}

    @property
    def size(self) -> ExpressionSize:
        """How large it is, an `ExpressionSize`."""
        measured = _c.fs_expression_size()
        check(_c.fs_expression_measure(self.handle, ctypes.byref(measured)))
        return ExpressionSize(
            measured.nodes, measured.shared_nodes, measured.operations, measured.depth, measured.reverse_operations)

    @property
    def node_count(self) -> int:
        """Nodes of the tree: numbers, variables and operations, each as often
        as it is written."""
        return self.size.nodes

    def __str__(self) -> str:
        length = ctypes.c_size_t()
        check(_c.fs_expression_text(self.handle, None, 0, ctypes.byref(length)))
        buffer = ctypes.create_string_buffer(length.value + 1)
        check(_c.fs_expression_text(self.handle, buffer, len(buffer), None))
        return buffer.value.decode()

    def __repr__(self) -> str:
        if self.closed:
            return "<Expression, closed>"
        nodes = self.size.shared_nodes
        return f"<Expression {self}>" if nodes <= 100 else f"<Expression of {nodes} nodes>"

    def _points(self, values: dict[str, Any]) -> tuple[Doubles, tuple[int, ...]]:
        """[..., variables], and the shape before the last axis."""
        names = self.variables
        for name in values:
            if name not in names:
                raise ValueError(f"{name} is no variable of the expression; expected {', '.join(names) or 'none'}")
        for name in names:
            if name not in values:
                raise ValueError(f"the variable {name} is missing; expected a value for each of {', '.join(names)}")
        arrays = [numbers(values[name], np.float64, name) for name in names]
        try:
            shape = np.broadcast_shapes(*(array.shape for array in arrays))
        except ValueError:
            shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in zip(names, arrays))
            raise ValueError(f"shapes {shapes}; expected shapes that broadcast to one") from None
        points = np.empty((*shape, len(names)))
        for i, array in enumerate(arrays):
            points[..., i] = array
        return points, shape


def _made(function: Any, *arguments: Any) -> Expression:
    out = ctypes.POINTER(_c.fs_expression)()
    check(function(ctypes.byref(out), *arguments))
    return Expression(out)


def _double(array: Doubles) -> Any:
    return pointer(array, ctypes.c_double)
