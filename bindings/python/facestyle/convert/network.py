"""A network in the words of docs/graph.md: layers with their parameters and tensors, one behind the other."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import ConvertError

# What the library takes.
MOST_SIDE, MOST_CHANNELS, MOST_LAYERS = 1 << 16, 1 << 24, 1 << 12
MOST_UNFOLDED = 4 * MOST_LAYERS  # before what needs no layer of its own is folded


@dataclass
class Layer:
    name: str
    kind: str
    inputs: list[str]  # names of layers, or "input"
    extent: tuple[int, ...]  # height, width, channels of its result
    parameters: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Any] = field(default_factory=dict)  # by what follows the layer's name: "weight", "bias", "slopes.weight"
    activation: tuple[Any, ...] = ()  # ("rectifier",), ("parametric", slopes) or ("leaky", slope)
    # Of "affine" only, which no file has: y = scale x + shift, a number for each channel.
    scale: Any = None
    shift: Any = None

    @property
    def is_sum(self) -> bool:
        return self.kind in ("convolution", "dense")


class Network:
    def __init__(self, extent: Any) -> None:
        self.extent = extent  # of the input
        self.is_fixed = False  # whether only pictures of that size fit
        self.layers: list[Layer] = []
        self.outputs: dict[str, str] = {}  # name: layer
        self.mean, self.factor, self.is_bgr = np.zeros(3), 1.0, False
        self._names = {"input", "output", "result"}

    def add(self, kind: str, inputs: list[Any], extent: Any, hint: str = "", parameters: Any = None, tensors: dict[str, Any] | None = None, **more: Any) -> Any:
        if min(extent) < 1 or max(extent[:2]) > MOST_SIDE or extent[2] > MOST_CHANNELS:
            raise ConvertError(f'layer "{hint}" has a result of {extent[1]}x{extent[0]}x{extent[2]}; expected sides of 1 to {MOST_SIDE} '
                               f"and 1 to {MOST_CHANNELS} channels")  # fmt: skip
        if len(self.layers) >= MOST_UNFOLDED:
            raise ConvertError(f"more than {MOST_UNFOLDED} operators; expected fewer")
        layer = Layer(self.unused(hint or kind), kind, list(inputs), tuple(extent), parameters or {}, tensors or {}, **more)
        self.layers.append(layer)
        return layer.name

    def unused(self, hint: str) -> Any:
        """A name of its own: without spaces and commas."""
        plain = re.sub(r"[^A-Za-z0-9_.\-]+", ".", hint).strip(".") or "layer"
        name, count = plain, 1
        while name in self._names:
            count += 1
            name = f"{plain}{count}" if plain == hint and not plain[-1].isdigit() else f"{plain}.{count}"
        self._names.add(name)
        return name

    def __getitem__(self, name: str) -> Any:
        return next(layer for layer in self.layers if layer.name == name)

    def readers(self) -> Any:
        """For each value, the layers that read it, once for each input."""
        readers: dict[str, list[Layer]] = {"input": []}
        for layer in self.layers:
            readers.setdefault(layer.name, [])
            for value in layer.inputs:
                readers[value].append(layer)
        return readers

    def remove(self, layer: Layer) -> None:
        """Readers of a layer with one input then read that."""
        self.layers.remove(layer)
        for other in self.layers:
            other.inputs = [layer.inputs[0] if value == layer.name else value for value in other.inputs]
        self.outputs = {name: layer.inputs[0] if value == layer.name else value for name, value in self.outputs.items()}

    def prune(self) -> None:
        """Drops layers that no output depends on."""
        needed = set(self.outputs.values())
        for layer in reversed(self.layers):
            if layer.name in needed:
                needed.update(layer.inputs)
        self.layers = [layer for layer in self.layers if layer.name in needed]

    @property
    def styles(self) -> Any:
        """That its normalisations mix."""
        return max((layer.parameters.get("styles", 1) for layer in self.layers), default=1)

    def mixed(self, weights: Any) -> Any:
        """The network of one style, the mixture of all by weights with a sum of 1."""
        other = copy.copy(self)
        other.layers = [copy.copy(layer) for layer in self.layers]
        for layer in other.layers:
            if "styles" in layer.parameters:
                layer.parameters = {key: value for key, value in layer.parameters.items() if key != "styles"}
                layer.tensors = {name: weights @ tensor for name, tensor in layer.tensors.items()}
        return other

    # ---- The text and the tensors of a file ----

    def text(self) -> Any:
        if len(self.layers) > MOST_LAYERS:
            raise ConvertError(f"{len(self.layers)} layers; expected at most {MOST_LAYERS}")
        height, width, channels = self.extent
        line = f"input channels={channels}"
        if self.is_fixed:
            line += f" height={height} width={width}"
        if self.mean.any():
            line += " mean=" + ",".join(map(number, self.mean))
        if self.factor != 1:
            line += f" scale={number(self.factor)}"
        lines = [line + (" order=bgr" if self.is_bgr else "")]
        for layer in self.layers:
            words = [f"{key}={value}" for key, value in layer.parameters.items()]
            if layer.activation:
                words.append("activation=" + self._activation(layer))
            lines.append(" ".join([layer.name, layer.kind, *words, "<", ", ".join(layer.inputs)]))
        lines += [f"output {name}" + ("" if name == value else f" = {value}") for name, value in self.outputs.items()]
        return "\n".join(lines) + "\n"

    @staticmethod
    def _activation(layer: Layer) -> Any:
        if layer.activation[0] == "parametric":
            return f"parametric:{layer.name}.slopes"
        return layer.activation[0] + (f":{number(layer.activation[1])}" if len(layer.activation) > 1 else "")

    def tensors(self) -> Any:
        tensors: dict[str, Any] = {}
        for layer in self.layers:
            for name, array in layer.tensors.items():
                self._put(tensors, f"{layer.name}.{name}", array)
            if layer.activation[:1] == ("parametric",):
                self._put(tensors, f"{layer.name}.slopes.weight", layer.activation[1])
        return tensors

    @staticmethod
    def _put(tensors: dict[str, Any], name: str, array: Any) -> None:
        if name in tensors:
            raise ConvertError(f'two tensors "{name}"; expected layers of other names')
        tensors[name] = _single(array, name)


def _single(array: Any, name: str) -> Any:
    array = np.ascontiguousarray(array, "<f4")
    if not np.isfinite(array).all():
        raise ConvertError(f'tensor "{name}" has weights that are not finite; expected numbers')
    return array


def number(value: Any) -> Any:
    """A number as docs/graph.md has it: at most about 15 digits, or the bits of a double."""
    value = np.float64(np.float32(value))
    text = np.format_float_positional(np.float32(value), unique=True, trim="-")
    digits = text.lstrip("-").replace(".", "").lstrip("0")
    if len(digits) <= 15 and len(text.partition(".")[2]) <= 22 and np.float32(float(text)) == np.float32(value):
        return text
    return f"0x{int(np.float64(value).view(np.uint64)):x}"
