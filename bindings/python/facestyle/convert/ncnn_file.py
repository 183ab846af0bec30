"""Reads ncnn's .param (text) and .bin as a program.

A .param file is the magic number, the counts of layers and blobs, then a line for each layer: kind, name, counts of inputs and
outputs, their names, then `key=value`; keys from -23300 down are arrays, count first. The .bin file has the weights of the layers
in their order. Those of convolutions and products begin with a flag: 0 for float32, 0x01306B47 for halves.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import ConvertError
from .program import Builder

if TYPE_CHECKING:
    pass

MAGIC = "7767517"
HALVES, EIGHT_BITS, SCALED = 0x01306B47, 0x000D4B38, 0x0002C056
MOST_LAYERS = 1 << 14


class _Weights:
    def __init__(self, data: bytes, path: str | os.PathLike[str]) -> None:
        self.data, self.at, self.path = data, 0, path

    def take(self, count: int, kind: str, width: Any) -> Any:
        size = count * width
        if count < 0 or size > len(self.data) - self.at:
            raise ConvertError(f"{self.path}: {count} numbers at byte {self.at} of {len(self.data)}; expected them there")
        array = np.frombuffer(self.data, kind, count, self.at)
        self.at += -(-size // 4) * 4  # halves end at whole words
        return array

    def singles(self, count: int) -> Any:
        return self.take(count, "<f4", 4).astype(np.float32)

    def tagged(self, count: int) -> Any:
        """Weights behind a flag."""
        flag = int(self.take(1, "<u4", 4)[0])
        if flag == HALVES:
            return self.take(count, "<f2", 2).astype(np.float32)
        if flag in (0, SCALED):
            return self.singles(count)
        what = "eight bits" if flag == EIGHT_BITS else f"flag {flag:#010x}"
        raise ConvertError(f"{self.path}: weights of {what} at byte {self.at - 4}; expected single or half precision")


class _Layer:
    def __init__(self, line: str, number: Any) -> None:
        words = line.split()
        try:
            self.kind, self.name, inputs, outputs = words[0], words[1], int(words[2]), int(words[3])
        except (IndexError, ValueError):
            raise ConvertError(f'line {number}: "{line[:60]}"; expected kind, name and two counts') from None
        if min(inputs, outputs) < 0 or len(words) < 4 + inputs + outputs:
            raise ConvertError(f"line {number}: {len(words)} words; expected the names of {inputs} inputs and {outputs} outputs")
        self.inputs, self.outputs = words[4 : 4 + inputs], words[4 + inputs : 4 + inputs + outputs]
        self.parameters: dict[int, Any] = {}
        self.number = number
        for word in words[4 + inputs + outputs :]:
            name, equals, text = word.partition("=")
            try:
                key = int(name)
                if not equals:
                    raise ValueError
                if key <= -23300:
                    values = [float(part) if _is_real(part) else int(part) for part in text.split(",")]
                    self.parameters[-key - 23300] = values[1:]
                else:
                    self.parameters[key] = float(text) if _is_real(text) else int(text)
            except ValueError:
                raise ConvertError(f'line {number}: "{word[:40]}"; expected key=value of numbers') from None

    def get(self, key: int, usual: Any = 0) -> Any:
        return self.parameters.get(key, usual)

    def __str__(self) -> str:
        return f'{self.kind} "{self.name}"'

    def refuse(self, reason: str) -> NoReturn:
        raise ConvertError(f"{self}: {reason}")


def _is_real(text: str) -> Any:
    return "." in text or "e" in text.lower()


def read(param: Any, weights: Any) -> Any:
    try:
        lines = Path(param).read_bytes().decode("ascii").splitlines()
        data = Path(weights).read_bytes()
    except UnicodeDecodeError:
        raise ConvertError(f"{param} is no text; expected ncnn's .param, not its binary form") from None
    except OSError as error:
        raise ConvertError(f"{error.filename}: {error.strerror}; expected a file that can be read") from None
    lines = [line for line in lines if line.strip()]
    if not lines or lines[0].strip() != MAGIC:
        raise ConvertError(f"{param} begins with \"{lines[0][:20] if lines else ''}\"; expected {MAGIC}")
    if len(lines) - 2 > MOST_LAYERS or len(lines) < 3 or len(lines[1].split()) != 2 or lines[1].split()[0] != str(len(lines) - 2):
        raise ConvertError(f"{param} has {len(lines) - 2} layers; expected as many as its second line says, up to {MOST_LAYERS}")
    reader = _Reader(_Weights(data, weights))
    for number, line in enumerate(lines[2:], 3):
        try:
            reader.layer(_Layer(line, number))
        except ConvertError as error:
            raise ConvertError(f"{param}: {error}") from None
    left = len(data) - reader.weights.at
    if left:
        raise ConvertError(f"{weights} has {left} bytes behind the last layer's; expected none")
    return reader.program()


class _Reader:
    def __init__(self, weights: Any) -> None:
        self.weights = weights
        self.values: dict[str, str] = {}
        self.channels: dict[str, Any] = {}
        self.builder: Any = None
        self.used: set[str] = set()
        self.order: list[str] = []

    def layer(self, layer: _Layer) -> None:
        if layer.kind == "Input":
            if self.builder is not None or len(layer.outputs) != 1:
                layer.refuse("a second input; expected one")
            sides = [layer.get(1) or None, layer.get(0) or None]
            self.builder = Builder([1, layer.get(2) or 3, *sides], layer.outputs[0])
            self.values[layer.outputs[0]] = layer.outputs[0]
            return
        if self.builder is None:
            layer.refuse("no layer Input above it; expected one first")
        for name in layer.inputs:
            if name not in self.values:
                layer.refuse(f'reads "{name}"; expected a result of a layer above')
            self.used.add(name)
        function = _LAYERS.get(layer.kind)
        if function is None:
            layer.refuse(f"a kind that is not known; expected one of {', '.join(sorted(_LAYERS))}")
        results = function(self, layer, [self.values[name] for name in layer.inputs])
        results = results if isinstance(results, list) else [results]
        if len(results) != len(layer.outputs):
            layer.refuse(f"{len(layer.outputs)} outputs; expected {len(results)}")
        for name, value in zip(layer.outputs, results):
            self.values[name] = value
            self.order.append(name)

    def program(self) -> Any:
        if self.builder is None:
            raise ConvertError("no layer Input; expected one")
        ends = [name for name in self.order if name not in self.used]
        return self.builder.end(**{name: self.values[name] for name in ends})

    def add(self, layer: _Layer, kind: str, *inputs: Any, **attributes: Any) -> Any:
        return self.builder(kind, *inputs, name=layer.name, **attributes)

    def activated(self, layer: _Layer, value: Any) -> Any:
        """What a layer has fused behind its sum."""
        kind, numbers = layer.get(9), layer.get(10, [])
        if kind == 0:
            return value
        if kind == 1:
            return self.add(layer, "Relu", value)
        if kind == 2 and len(numbers) == 1:
            return self.add(layer, "LeakyRelu", value, alpha=float(numbers[0]))
        if kind == 3 and len(numbers) == 2:
            return self.add(layer, "Clip", value, min=float(numbers[0]), max=float(numbers[1]))
        if kind == 4:
            return self.add(layer, "Sigmoid", value)
        if kind == 6 and len(numbers) == 2:
            return self.add(layer, "Mul", value, self.add(layer, "HardSigmoid", value, alpha=float(numbers[0]), beta=float(numbers[1])))
        layer.refuse(f"activation {kind}; expected none, ReLU, leaky ReLU, clip, sigmoid or hard swish")


def _pair(layer: _Layer, width: Any, height: Any, usual: Any) -> Any:
    """[height, width]; the key of the width counts for both where the other's is absent."""
    first = layer.get(width, usual)
    return [int(layer.get(height, first)), int(first)]


def _pads(layer: _Layer) -> Any:
    """[top, left, bottom, right] of keys 4 (left), 14 (top), 15 (right), 16 (bottom)."""
    left = layer.get(4)
    top = layer.get(14, left)
    pads = [top, left, layer.get(16, top), layer.get(15, left)]
    if -233 in pads or -234 in pads:
        return {"auto_pad": "SAME_UPPER" if -233 in pads else "SAME_LOWER"}
    return {"pads": [int(pad) for pad in pads]}


def _convolution(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    outputs, kernel, groups = int(layer.get(0)), _pair(layer, 1, 11, 0), int(layer.get(7, 1))
    if layer.get(8):
        layer.refuse("weights of eight bits; expected single or half precision")
    count = int(layer.get(6))
    if min(outputs, groups, *kernel) < 1 or count % (outputs * kernel[0] * kernel[1]):
        layer.refuse(f"{count} weights for {outputs} filters of {kernel[1]}x{kernel[0]}; expected whole filters")
    weight = reader.weights.tagged(count).reshape(outputs, -1, *kernel)
    more = [reader.weights.singles(outputs)] if layer.get(5) else []
    value = reader.add(layer, "Conv", *inputs, weight, *more, strides=_pair(layer, 3, 13, 1), dilations=_pair(layer, 2, 12, 1),
                       group=groups, **_pads(layer))  # fmt: skip
    return reader.activated(layer, value)


def _deconvolution(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    outputs, kernel, groups = int(layer.get(0)), _pair(layer, 1, 11, 0), int(layer.get(7, 1))
    count = int(layer.get(6))
    if min(outputs, groups, *kernel) < 1 or outputs % groups or count % (outputs * kernel[0] * kernel[1]):
        layer.refuse(f"{count} weights for {outputs} filters; expected whole filters")
    # [groups, filters, channels, height, width] here, [channels of all groups, filters, ...] in ONNX.
    weight = reader.weights.tagged(count).reshape(groups, outputs // groups, -1, *kernel)
    weight = weight.transpose(0, 2, 1, 3, 4).reshape(-1, outputs // groups, *kernel)
    more = [reader.weights.singles(outputs)] if layer.get(5) else []
    extra = [int(layer.get(19, layer.get(18))), int(layer.get(18))]
    value = reader.add(layer, "ConvTranspose", *inputs, weight, *more, strides=_pair(layer, 3, 13, 1), output_padding=extra,
                       dilations=_pair(layer, 2, 12, 1), group=groups, **_pads(layer))  # fmt: skip
    return reader.activated(layer, value)


def _inner_product(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    outputs, count = int(layer.get(0)), int(layer.get(2))
    if layer.get(8) or outputs < 1 or count % outputs:
        layer.refuse(f"{count} weights for {outputs} outputs, or of eight bits; expected whole rows of single or half precision")
    weight = reader.weights.tagged(count).reshape(outputs, -1)
    more = [reader.weights.singles(outputs)] if layer.get(1) else []
    row = reader.add(layer, "Flatten", *inputs, axis=1)
    return reader.activated(layer, reader.add(layer, "Gemm", row, weight, *more, transB=1))


def _batch_norm(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    count = int(layer.get(0))
    gamma, mean, variance, beta = (reader.weights.singles(count) for _ in range(4))
    return reader.add(layer, "BatchNormalization", *inputs, gamma, beta, mean, variance, epsilon=float(layer.get(1, 0.0)))


def _scale(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    count = int(layer.get(0))
    if count == -233:
        layer.refuse("a scale that is computed; expected weights")
    value = reader.add(layer, "Mul", *inputs, reader.weights.singles(count).reshape(1, -1, 1, 1))
    return reader.add(layer, "Add", value, reader.weights.singles(count).reshape(1, -1, 1, 1)) if layer.get(1) else value


def _prelu(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    slopes = reader.weights.singles(int(layer.get(0)))
    return reader.add(layer, "PRelu", *inputs, slopes.reshape(-1, 1, 1) if slopes.size > 1 else slopes)


BINARY = {0: "Add", 1: "Sub", 2: "Mul", 3: "Div", 4: "Max", 5: "Min"}


def _binary(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    kind = int(layer.get(0))
    if layer.get(1):
        constant = np.float32(layer.get(2, 0.0))
        if kind in (7, 8):  # the constant first
            return reader.add(layer, {7: "Sub", 8: "Div"}[kind], constant, *inputs)
        inputs = [*inputs, constant]
    if kind not in BINARY or len(inputs) != 2:
        layer.refuse(f"operation {kind} of {len(inputs)}; expected one of {', '.join(BINARY.values())} of two")
    return reader.add(layer, BINARY[kind], *inputs)


def _eltwise(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    kind, factors = int(layer.get(0)), layer.get(1, [])
    if kind == 2 or kind not in (0, 1) or any(factor != 1 for factor in factors):
        layer.refuse(f"operation {kind} with factors {factors}; expected a plain sum or product")
    value = inputs[0]
    for other in inputs[1:]:
        value = reader.add(layer, {0: "Mul", 1: "Add"}[kind], value, other)
    return value


def _pooling(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    kind = int(layer.get(0))
    if layer.get(4):
        return reader.add(layer, "GlobalAveragePool" if kind else "GlobalMaxPool", *inputs)
    kernel = _pair(layer, 1, 11, 0)
    left = int(layer.get(3))
    top = int(layer.get(13, left))
    pads: dict[str, Any] = {"pads": [top, left, int(layer.get(15, top)), int(layer.get(14, left))]}
    mode = int(layer.get(5))
    more = {"ceil_mode": 1} if mode == 0 else {}
    if mode in (2, 3):
        pads = {"auto_pad": "SAME_UPPER" if mode == 2 else "SAME_LOWER"}
    if kind:
        more["count_include_pad"] = int(layer.get(6))
    return reader.add(layer, "AveragePool" if kind else "MaxPool", *inputs, kernel_shape=kernel, strides=_pair(layer, 2, 12, 1),
                      **pads, **more)  # fmt: skip


def _interp(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    mode = int(layer.get(0))
    rows, columns, height, width = (layer.get(key, 0) for key in (1, 2, 3, 4))
    if mode not in (1, 2) or len(inputs) != 1:
        layer.refuse(f"mode {mode} of {len(inputs)} inputs; expected nearest or bilinear of one")
    if height or width:
        layer.refuse(f"size {width}x{height}; expected factors")
    scales = np.array([1, 1, rows or 1.0, columns or 1.0], np.float32)
    coordinates = "asymmetric" if mode == 1 else "align_corners" if layer.get(6) else "half_pixel"
    return reader.add(layer, "Resize", *inputs, "", scales, mode="nearest" if mode == 1 else "linear",
                      coordinate_transformation_mode=coordinates, nearest_mode="floor")  # fmt: skip


def _padding(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    top, bottom, left, right = (int(layer.get(key)) for key in range(4))
    kind = int(layer.get(4))
    if kind not in (0, 2) or layer.get(6):
        layer.refuse(f"type {kind}; expected constants or a reflection")
    pads = np.array([0, 0, top, left, 0, 0, bottom, right])
    return reader.add(layer, "Pad", *inputs, pads, np.float32(layer.get(5, 0.0)), mode="constant" if kind == 0 else "reflect")


def _relu(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    slope = float(layer.get(0, 0.0))
    return reader.add(layer, "LeakyRelu", *inputs, alpha=slope) if slope else reader.add(layer, "Relu", *inputs)


def _concat(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    return reader.add(layer, "Concat", *inputs, axis=int(layer.get(0)) + 1)


def _softmax(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    if not layer.get(1):
        layer.refuse("an old form, whose axis is not what it says; expected 1=1")
    return reader.add(layer, "Softmax", *inputs, axis=int(layer.get(0)) + 1)


def _permute(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    order = int(layer.get(0))
    if order not in (0, 3):
        layer.refuse(f"order {order}; expected 3, channels last")
    return reader.add(layer, "Transpose", *inputs, perm=[0, 2, 3, 1]) if order else inputs[0]


def _reshape(reader: Any, layer: _Layer, inputs: list[Any]) -> Any:
    sides = [layer.get(key, -233) for key in (2, 1, 0)]  # channels, height, width
    if layer.get(11, -233) != -233 or layer.get(3):
        layer.refuse("a shape of four sides, or permuted; expected one to three")
    return reader.add(layer, "Reshape", *inputs, np.array([1, *[int(side) for side in sides if side != -233]]))


def _normalise(reader: Any, layer: _Layer, inputs: list[Any]) -> None:
    layer.refuse("a normalisation over pixels and channels; expected it left out: --distance cosine brings embeddings to unit length")


def _plain(kind: str) -> Any:
    return lambda reader, layer, inputs: reader.add(layer, kind, *inputs)


_LAYERS = {
    "Convolution": _convolution, "ConvolutionDepthWise": _convolution, "Deconvolution": _deconvolution,
    "DeconvolutionDepthWise": _deconvolution, "InnerProduct": _inner_product, "BatchNorm": _batch_norm, "Scale": _scale,
    "Permute": _permute, "Reshape": _reshape,
    "PReLU": _prelu, "ReLU": _relu, "Sigmoid": _plain("Sigmoid"), "TanH": _plain("Tanh"), "BinaryOp": _binary,
    "Eltwise": _eltwise, "Pooling": _pooling, "Interp": _interp, "Padding": _padding, "Concat": _concat, "Softmax": _softmax,
    "Flatten": _plain("Flatten"), "Dropout": _plain("Identity"), "Noop": _plain("Identity"), "Normalize": _normalise,
    "Clip": lambda reader, layer, inputs: reader.add(
        layer, "Clip", *inputs, min=float(layer.get(0, -3.4e38)), max=float(layer.get(1, 3.4e38))),
    "HardSigmoid": lambda reader, layer, inputs: reader.add(
        layer, "HardSigmoid", *inputs, alpha=float(layer.get(0, 0.2)), beta=float(layer.get(1, 0.5))),
    "HardSwish": lambda reader, layer, inputs: reader.add(layer, "Mul", *inputs, reader.add(
        layer, "HardSigmoid", *inputs, alpha=float(layer.get(0, 0.2)), beta=float(layer.get(1, 0.5)))),
    "Split": lambda reader, layer, inputs: [inputs[0]] * len(layer.outputs),
}  # fmt: skip
