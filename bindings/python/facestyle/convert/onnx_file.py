"""Reads ONNX files (with the package `onnx`), with the data that they keep beside them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from . import ConvertError
from .program import Operator, Program

MOST_BYTES = 1 << 31  # of one tensor


def read(path: str | os.PathLike[str]) -> Any:
    try:
        import onnx
    except ImportError:
        raise ConvertError("the package onnx is absent; expected it: python3 -m pip install onnx") from None
    path = Path(path)
    try:
        model = onnx.load(str(path), load_external_data=False)
    except OSError as error:
        raise ConvertError(f"{path}: {error.strerror or error}; expected a file that can be read") from None
    except Exception as error:  # protobuf raises types of its own
        raise ConvertError(f"{path} is no ONNX file: {_one_line(error)}; expected one") from None
    if not model.HasField("graph") or not model.graph.node:
        raise ConvertError(f"{path} is no ONNX file: it has no graph with nodes; expected one")
    if len(model.functions):
        try:
            import onnx.inliner

            model = onnx.inliner.inline_local_functions(model)
        except Exception as error:
            raise ConvertError(f"{path}: its functions cannot be read: {_one_line(error)}; expected operators") from None
    try:
        return _program(model, path)
    except (TypeError, ValueError, LookupError, AttributeError) as error:  # fields that a damaged file lacks
        raise ConvertError(f"{path} is damaged: {_one_line(error)}; expected a whole file") from None


def _program(model: Any, path: Path) -> Any:
    import onnx

    graph = model.graph
    constants = {}
    for tensor in graph.initializer:
        constants[tensor.name] = _array(tensor, path)
    if len(graph.sparse_initializer):
        raise ConvertError(f"{path}: sparse initialisers; expected dense ones")
    inputs = {}
    for value in graph.input:
        if value.name in constants:
            continue
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            raise ConvertError(f'{path}: input "{value.name}" has no shape; expected one')
        shape = value.type.tensor_type.shape
        inputs[value.name] = [d.dim_value if d.dim_value > 0 else None for d in shape.dim]
    operators = []
    for node in graph.node:
        if node.domain not in ("", "ai.onnx"):
            raise ConvertError(f'{node.op_type} "{node.name}" of {node.domain}; expected an operator of ONNX itself')
        attributes = {}
        for attribute in node.attribute:
            value = onnx.helper.get_attribute_value(attribute)
            if isinstance(value, onnx.TensorProto):
                value = _array(value, path)
            elif isinstance(value, (onnx.GraphProto, onnx.SparseTensorProto)):
                raise ConvertError(f'{node.op_type} "{node.name}": {attribute.name} is a graph; expected none inside')
            elif isinstance(value, bytes):
                value = value.decode("utf-8", "replace")
            elif not isinstance(value, (int, float)):
                value = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in value]
            attributes[attribute.name] = value
        operators.append(Operator(node.op_type, list(node.input), list(node.output), attributes, node.name))
    opset = max([entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")] or [1])
    return Program(inputs, [value.name for value in graph.output], operators, constants, opset)


def _array(tensor: Any, path: Path) -> Any:
    import onnx

    count = 1
    for n in tensor.dims:
        if n < 0:
            raise ConvertError(f'{path}: tensor "{tensor.name}" is {list(tensor.dims)}; expected no negative extents')
        count *= n
    if count * 8 > MOST_BYTES:
        raise ConvertError(f'{path}: tensor "{tensor.name}" is {list(tensor.dims)}; expected at most {MOST_BYTES // 8} numbers')
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        place = {entry.key: entry.value for entry in tensor.external_data}.get("location", "")
        if not place or Path(place).is_absolute() or ".." in Path(place).parts:
            raise ConvertError(f'{path}: data of "{tensor.name}" in "{place}"; expected a file beside it')
        if not (path.parent / place).is_file():
            raise ConvertError(f'{path}: data of "{tensor.name}" in "{place}", which is absent; expected it beside the file')
    try:
        array = onnx.numpy_helper.to_array(tensor, str(path.parent))
    except Exception as error:
        raise ConvertError(f'{path}: tensor "{tensor.name}": {_one_line(error)}; expected {list(tensor.dims)}') from None
    if array.dtype.kind in "biu":
        return np.array(array)
    if array.dtype.kind == "f" or array.dtype.name == "bfloat16":
        return np.array(array, np.float64 if array.dtype == np.float64 else np.float32)
    raise ConvertError(f'{path}: tensor "{tensor.name}" holds {array.dtype.name}; expected numbers of 8 bits or more')


def _one_line(error: BaseException) -> Any:
    return " ".join(str(error).split())[:200] or type(error).__name__
