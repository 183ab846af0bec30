"""Operators on arrays that are known: chains of Shape, Gather, Unsqueeze and Concat, and weights in eight bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from . import ConvertError

if TYPE_CHECKING:
    from .program import Operator

MOST_NUMBERS = 1 << 28

TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float32,
         11: np.float64, 12: np.uint32, 13: np.uint64, 16: np.float32}  # fmt: skip


def known(operator: Operator) -> bool:
    """Whether an operator on arrays can be worked out here."""
    return operator.kind in _FUNCTIONS


def compute(operator: Operator, arrays: list[Any], opset: int) -> Any:
    try:
        if operator.kind in _BROADCASTING:
            _bounded(np.broadcast_shapes(*[array.shape for array in arrays if array is not None]))
        elif operator.kind == "Concat":
            _bounded([sum(array.size for array in arrays)])
        elif operator.kind == "Gather":
            _bounded([arrays[1].size, *arrays[0].shape[1:]])
        with np.errstate(all="ignore"):
            result = _FUNCTIONS[operator.kind](operator, arrays, opset)
    except ConvertError:
        raise
    except Exception as error:  # arrays that do not fit each other
        shapes = ", ".join(str(list(array.shape)) for array in arrays if array is not None)
        reason = " ".join(str(error).split())[:120]
        raise ConvertError(f"{operator} of {shapes}: {reason}; expected arrays that fit") from None
    return [np.asarray(array) for array in (result if isinstance(result, list) else [result])]


def axes_of(operator: Operator, arrays: list[Any], place: int = 1) -> Any:
    """Axes as an attribute, as before opset 13, or as an input."""
    axes = operator.get("axes")
    if axes is None and len(arrays) > place and arrays[place] is not None:
        axes = arrays[place]
    return None if axes is None else [int(axis) for axis in np.ravel(axes)]


def _bounded(shape: Any) -> Any:
    count = 1
    for n in shape:
        count *= int(n)
    if not 0 <= count <= MOST_NUMBERS:
        raise ConvertError(f"a constant of {[int(n) for n in shape]}; expected at most {MOST_NUMBERS} numbers")
    return [int(n) for n in shape]


def reshaped(shape: Any, wanted: Any, keeps_zero: bool = False) -> Any:
    """The shape that Reshape gives, with its 0 and -1 worked out."""
    wanted = [int(n) for n in np.ravel(wanted)]
    shape = [int(n) for n in shape]
    if not keeps_zero:
        wanted = [shape[i] if n == 0 and i < len(shape) else n for i, n in enumerate(wanted)]
    count = int(np.prod(shape, dtype=np.int64))
    if wanted.count(-1) == 1:
        rest = int(np.prod([n for n in wanted if n != -1], dtype=np.int64))
        if rest > 0 and count % rest == 0:
            wanted[wanted.index(-1)] = count // rest
    if min(wanted, default=1) < 0 or int(np.prod(wanted, dtype=np.int64)) != count:
        raise ConvertError(f"a reshape of {shape} to {wanted}; expected as many numbers")
    return wanted


def _constant(operator: Operator, arrays: list[Any], opset: int) -> Any:
    for key, kind in [("value", None), ("value_float", np.float32), ("value_floats", np.float32), ("value_int", np.int64),
                      ("value_ints", np.int64)]:  # fmt: skip
        if key in operator.attributes:
            return np.asarray(operator.get(key), kind)
    raise ConvertError(f"{operator} without a value; expected one of numbers")


def _cast(operator: Operator, arrays: list[Any], opset: int) -> Any:
    kind = TYPES.get(operator.get("to"))
    if kind is None:
        raise ConvertError(f"{operator} to type {operator.get('to')}; expected numbers")
    return arrays[0].astype(kind)


def _slice(operator: Operator, arrays: list[Any], opset: int) -> Any:
    array = arrays[0]
    if "starts" in operator.attributes:
        starts, ends, axes, steps = operator.get("starts"), operator.get("ends"), operator.get("axes"), None
    else:
        starts, ends, axes, steps = ([*arrays[1:], None, None, None])[:4]
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    place = [slice(None)] * array.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps):
        end = None if step < 0 and end < -array.shape[axis] else int(end)
        place[int(axis)] = slice(int(start), end, int(step))
    return array[tuple(place)]


def _unsqueeze(operator: Operator, arrays: list[Any], opset: int) -> Any:
    array, axes = arrays[0], axes_of(operator, arrays)
    rank = array.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        array = np.expand_dims(array, axis)
    return array


def _squeeze(operator: Operator, arrays: list[Any], opset: int) -> Any:
    axes = axes_of(operator, arrays)
    return np.squeeze(arrays[0], None if axes is None else tuple(axes))


def _dequantize(operator: Operator, arrays: list[Any], opset: int) -> Any:
    array, scale = arrays[0], np.asarray(arrays[1], np.float32)
    zero = arrays[2] if len(arrays) > 2 and arrays[2] is not None else np.zeros_like(scale)
    if scale.ndim > 1 or operator.get("block_size", 0):
        raise ConvertError(f"{operator} in blocks; expected a scale for all or for each channel")
    if scale.ndim == 1 and array.ndim:
        shape = [1] * array.ndim
        shape[operator.get("axis", 1)] = -1
        scale, zero = (values.reshape(-1) if values.size == 1 else values.reshape(shape) for values in (scale, zero))
    return ((array.astype(np.float64) - zero.astype(np.float64)) * scale).astype(np.float32)


def _range(operator: Operator, arrays: list[Any], opset: int) -> Any:
    first, end, step = (array.item() for array in arrays)
    _bounded([max(0, int((end - first) / step))])
    return np.arange(first, end, step)


def _reduce(function: Callable[..., Any]) -> Any:
    def reduce(operator: Operator, arrays: list[Any], opset: int) -> Any:
        axes = axes_of(operator, arrays)
        return function(arrays[0], axis=None if axes is None else tuple(axes), keepdims=bool(operator.get("keepdims", 1)))

    return reduce


def _divide(a: Any, b: Any) -> Any:
    if a.dtype.kind in "iu" and b.dtype.kind in "iu":
        return np.trunc(a / b).astype(a.dtype) if np.all(b) else a // b
    return a / b


def _plain(function: Callable[..., Any]) -> Any:
    return lambda operator, arrays, opset: function(*arrays)


_BROADCASTING = {"Add", "Sub", "Mul", "Div", "Pow", "Equal", "Greater", "Less", "And", "Or", "Where", "Min", "Max"}

_FUNCTIONS = {
    "Constant": _constant, "Cast": _cast, "Slice": _slice, "Unsqueeze": _unsqueeze, "Squeeze": _squeeze,
    "DequantizeLinear": _dequantize,
    "Identity": _plain(lambda array: array), "Shape": _plain(lambda array: np.array(array.shape, np.int64)),
    "Size": _plain(lambda array: np.int64(array.size)),
    "Gather": lambda operator, arrays, opset: np.take(arrays[0], arrays[1].astype(np.int64), axis=operator.get("axis", 0)),
    "Concat": lambda operator, arrays, opset: np.concatenate(arrays, operator.get("axis", 1)),
    "Reshape": lambda operator, arrays, opset: arrays[0].reshape(
        reshaped(arrays[0].shape, arrays[1] if len(arrays) > 1 else operator.get("shape"), operator.get("allowzero"))),
    "Flatten": lambda operator, arrays, opset: arrays[0].reshape(
        int(np.prod(arrays[0].shape[: operator.get("axis", 1)])), -1),
    "Transpose": lambda operator, arrays, opset: np.transpose(arrays[0], operator.get("perm")),
    "ConstantOfShape": lambda operator, arrays, opset: np.full(
        _bounded(arrays[0]), np.ravel(operator.get("value", np.zeros(1, np.float32)))[0]),
    "Expand": lambda operator, arrays, opset: np.broadcast_to(
        arrays[0], _bounded(np.broadcast_shapes(arrays[0].shape, tuple(int(n) for n in arrays[1])))),
    "Range": _range,
    "Add": _plain(np.add), "Sub": _plain(np.subtract), "Mul": _plain(np.multiply), "Div": _plain(_divide),
    "Neg": _plain(np.negative), "Floor": _plain(np.floor), "Ceil": _plain(np.ceil), "Sqrt": _plain(np.sqrt),
    "Reciprocal": _plain(np.reciprocal), "Exp": _plain(np.exp), "Abs": _plain(np.abs), "Not": _plain(np.logical_not),
    "Pow": _plain(np.power), "MatMul": _plain(np.matmul), "Equal": _plain(np.equal), "Greater": _plain(np.greater), "Less": _plain(np.less),
    "And": _plain(np.logical_and), "Or": _plain(np.logical_or), "Where": _plain(np.where),
    "Min": lambda operator, arrays, opset: np.minimum.reduce(np.broadcast_arrays(*arrays)),
    "Max": lambda operator, arrays, opset: np.maximum.reduce(np.broadcast_arrays(*arrays)),
    "ReduceProd": _reduce(np.prod), "ReduceSum": _reduce(np.sum), "ReduceMax": _reduce(np.max),
    "ReduceMin": _reduce(np.min), "ReduceMean": _reduce(np.mean),
}  # fmt: skip
