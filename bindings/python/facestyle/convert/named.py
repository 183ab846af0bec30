"""Files of a network that the library knows by name: only their tensors are put in its order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import ConvertError


@dataclass
class Named:
    """A network that is no graph: docs/reference/models.md lists its tensors' names by `facestyle.layers`."""

    architecture: str
    tensors: dict[str, Any]
    metadata: dict[str, str]
    extent: tuple[Any, ...]  # height, width, channels of its input; None where any size will do


VGG19_BLOCKS = [(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)]


def vgg19_layers() -> Iterator[Any]:
    """Our names of VGG-19's convolutions with their channels: ("conv1_1", 3, 64) ..."""
    inputs = 3
    for block, (count, outputs) in enumerate(VGG19_BLOCKS, 1):
        for i in range(1, count + 1):
            yield f"conv{block}_{i}", inputs, outputs
            inputs = outputs


# What our VGG-19 subtracts, of blue, green and red; it takes levels of 0 to 255.
VGG19_MEAN = np.array([103.939, 116.779, 123.68])


def vgg19(weights: Any, biases: Any, order: Any, mean: Any, scale: Any = (1.0, 1.0, 1.0)) -> Any:
    """From weights [filters, channels, height, width] and biases in the order of the layers.

    `order`, `mean` and `scale` are of the file's input, (level - mean) scale: what differs from ours goes into the first layer.
    """
    tensors = {}
    layers = list(vgg19_layers())
    if len(weights) != len(layers):
        raise ConvertError(f"{len(weights)} convolutions; expected VGG-19's {len(layers)}")
    for (name, inputs, outputs), weight, bias in zip(layers, weights, biases):
        weight, bias = np.asarray(weight, np.float64), np.asarray(bias, np.float64).ravel()
        if weight.shape != (outputs, inputs, 3, 3) or bias.shape != (outputs,):
            raise ConvertError(f"{name} has weights {list(weight.shape)}; expected {[outputs, inputs, 3, 3]}")
        if name == "conv1_1":
            if order == "rgb":
                weight, mean, scale = weight[:, ::-1], np.asarray(mean)[::-1], np.asarray(scale)[::-1]
            weight = weight * np.asarray(scale)[:, None, None]
            # Means that differ a little shift every level alike; at the edges, where zeros are added, half a level remains.
            bias = bias + (weight.sum((2, 3)) * (VGG19_MEAN - np.asarray(mean))).sum(1)
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = single(weight, name), single(bias, name)
    return Named("vgg19", tensors, {"channels": "bgr", "mean": "103.939 116.779 123.68", "scale": "1"}, (None, None, 3))


def single(array: Any, name: str) -> Any:
    array = np.ascontiguousarray(array, "<f4")
    if not np.isfinite(array).all():
        raise ConvertError(f'"{name}" has weights that are not finite; expected numbers')
    return array


class Taken:
    """Tensors by name, each taken once and of the shape that is expected."""

    def __init__(self, tensors: dict[str, Any], what: str) -> None:
        self.tensors, self.what, self.used = tensors, what, set[str]()

    def __contains__(self, name: str) -> bool:
        return name in self.tensors

    def __call__(self, name: str, *shape: Any) -> Any:
        if name not in self.tensors:
            raise ConvertError(f'{self.what} has no tensor "{name}"; expected all of its network')
        array = np.asarray(self.tensors[name])
        if shape and array.shape != shape:
            raise ConvertError(f'{self.what}: tensor "{name}" is {list(array.shape)}; expected {list(shape)}')
        if array.dtype.kind != "f":
            raise ConvertError(f'{self.what}: tensor "{name}" holds {array.dtype}; expected floating-point numbers')
        self.used.add(name)
        return array

    def check_all(self, *ignored: Any) -> None:
        """Checks that nothing is left but what only training or another end uses."""
        left = [name for name in self.tensors if name not in self.used and not any(part in name for part in ignored)]
        if left:
            raise ConvertError(f'{self.what} has tensors {", ".join(left)[:120]} too; expected those of its network alone')
