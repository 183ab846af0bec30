"""What the values of a program are while it is lowered: arrays that are known, and pictures that layers compute.

Pictures of ONNX are [1, channels, height, width], ours [height, width, channels]. A value remembers the shape that ONNX gives it
and the order of its numbers, so that Reshape and Transpose cost nothing, and what reads them gets reordered weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Value:
    layer: str
    extent: tuple[int, ...]  # height, width, channels of our picture
    shape: tuple[int, ...]  # ONNX's
    # ONNX's number i is ours at order[i]; "chw" and "hwc" are the usual two.
    order: object = "chw"

    @property
    def count(self) -> Any:
        return self.extent[0] * self.extent[1] * self.extent[2]

    @property
    def is_trivial(self) -> Any:
        """Whether both orders are one."""
        height, width, channels = self.extent
        return not isinstance(self.order, np.ndarray) and (height * width == 1 or channels == 1)

    def has(self, order: Any) -> Any:
        return self.is_trivial or (isinstance(self.order, str) and self.order == order)

    @property
    def is_picture(self) -> Any:
        height, width, channels = self.extent
        return self.shape == (1, channels, height, width) and self.has("chw")

    @property
    def is_row(self) -> Any:
        """[1, numbers]"""
        return len(self.shape) == 2 and self.shape[0] == 1

    def channel_axis(self) -> Any:
        """The axis of the shape that is our channels; None if there is none."""
        channels = self.extent[2]
        if self.shape[0] != 1 or len(self.shape) < 2:
            return None
        pixels = self.extent[0] * self.extent[1]
        if self.has("chw") and self.shape[1] == channels and _product(self.shape[2:]) == pixels:
            return 1
        if self.has("hwc") and self.shape[-1] == channels and _product(self.shape[1:-1]) == pixels:
            return len(self.shape) - 1
        return None

    def permutation(self) -> Any:
        """ONNX's number i is ours at permutation()[i]."""
        if isinstance(self.order, np.ndarray):
            return self.order
        places = np.arange(self.count)
        if self.has("hwc"):
            return places
        return places.reshape(self.extent).transpose(2, 0, 1).ravel()

    def shaped(self, shape: Any, order: Any = None) -> Any:
        return replace(self, shape=tuple(shape), order=self.order if order is None else order)

    def ours(self, array: Any) -> Any:
        """An array of ONNX's shape, of as many numbers, as [height width, channels]."""
        mine = np.empty(self.count, np.float64)
        mine[self.permutation()] = np.asarray(array, np.float64).ravel()
        return mine.reshape(-1, self.extent[2])

    def theirs(self, array: Any) -> Any:
        """The inverse: what our layer computed, as ONNX has it."""
        return np.asarray(array).ravel()[self.permutation()].reshape(self.shape)


@dataclass(frozen=True)
class Pieces:
    """Values [1, cells, numbers] of several layers, one behind the other along the cells."""

    parts: tuple[Value, ...]

    @property
    def shape(self) -> Any:
        return (1, sum(part.shape[1] for part in self.parts), *self.parts[0].shape[2:])

    def theirs(self, arrays: list[Any]) -> Any:
        return np.concatenate([part.theirs(array) for part, array in zip(self.parts, arrays)], 1)


@dataclass(frozen=True)
class Length:
    """The length of a value's vectors, by which it is to be divided."""

    of: Value
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Mixture:
    """The sum of a table's rows, each with the weight that an input of the network gives it."""

    table: np.ndarray  # [weights, ...]

    @property
    def shape(self) -> Any:
        return self.table.shape[1:]


def _product(numbers: Any) -> Any:
    product = 1
    for n in numbers:
        product *= n
    return product
