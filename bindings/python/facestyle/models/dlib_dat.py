"""Reads the layers of dlib's face recognition network from its own file format.

An integer is a control byte (low four bits: how many bytes follow; 0x80: negative) and a little-endian
magnitude; a real number is mantissa and exponent; a truth value is '0' or '1'; a text has its length before it.
A tensor is version 2, four sizes, then float32. The file is a header, one version number for each layer's
wrapper, the input's description, then the layers from the input on: name, content, three truth values, three tensors.
(Worked out from the published file itself; every byte of it is accounted for.)
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import ModelError

LOSS = "loss_metric_2"
INPUT = "input_rgb_image_sized"
# What follows a layer's name: t tensor, i integer, a alias (version 1 and four sizes), r real number.
CONTENT = {
    "con_4": "tiiiiiiiaarrrr",
    "affine_": "taai",
    "relu_": "",
    "add_prev_": "",
    "max_pool_2": "iiiiii",
    "avg_pool_2": "iiiiii",
    "fc_2": "iitaairrrr",
}
LAST = "fc_2"  # the output side ends in this one
MOST_LAYERS = 1000


class Layer(NamedTuple):
    kind: str
    integers: tuple[Any, ...]  # the i of CONTENT in their order, such as filters, rows, columns, strides, paddings
    aliases: tuple[Any, ...]  # shapes of the parts that lie one after another in `values`
    values: np.ndarray  # flat float32, empty where the layer has none


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def bytes(self, count: int) -> Any:
        left = len(self.data) - self.at
        if count > left:
            raise ModelError(f"dlib file ends {left} bytes after byte {self.at}; expected {count}")
        self.at += count
        return self.data[self.at - count : self.at]

    def integer(self) -> Any:
        control = self.bytes(1)[0]
        if control & 0x70 or not 1 <= control & 0x0F <= 8:
            raise ModelError(f"dlib file, byte {self.at - 1}: {control:#04x}; expected the start of an integer")
        magnitude = int.from_bytes(self.bytes(control & 0x0F), "little")
        return -magnitude if control & 0x80 else magnitude

    def expect(self, wanted: Any, *, what: str) -> None:
        at, seen = self.at, self.integer()
        if seen != wanted:
            raise ModelError(f"dlib file, byte {at}: {what} {seen}; expected {wanted}")

    def text(self) -> Any:
        length = self.integer()
        if not 0 <= length <= 64:
            raise ModelError(f"dlib file, byte {self.at}: a text of {length} bytes; expected 0 to 64")
        return self.bytes(length).decode("ascii", "replace")

    def real(self) -> Any:
        return self.integer(), self.integer()  # learning rates and the like: checked for form, never used

    def truth(self) -> None:
        if (seen := self.bytes(1)) not in (b"0", b"1"):
            raise ModelError(f"dlib file, byte {self.at - 1}: {seen!r}; expected a truth value 0 or 1")

    def sizes(self) -> Any:
        sizes = tuple(self.integer() for _ in range(4))
        if min(sizes) < 0:
            raise ModelError(f"dlib file, byte {self.at}: sizes {sizes}; expected none below zero")
        return sizes

    def alias(self) -> Any:
        self.expect(1, what="alias version")
        return self.sizes()

    def tensor(self) -> Any:
        self.expect(2, what="tensor version")
        a, b, c, d = self.sizes()
        values = np.frombuffer(self.bytes(4 * a * b * c * d), "<f4")
        if not np.isfinite(values).all():
            raise ModelError(f"dlib file: the tensor before byte {self.at} has infinite values; expected finite")
        return values


def read_layers(data: bytes) -> Any:
    """The layers, from the one next to the input to the last; raises ModelError unless all bytes are understood."""
    reader = _Reader(data)
    reader.expect(1, what="loss layer version")
    _expect_text(reader, LOSS)
    reader.real()
    reader.real()
    for _ in range(MOST_LAYERS):
        if (version := reader.integer()) == 3:  # the layer on the input, innermost of all
            break
        if version not in (1, 2):
            raise ModelError(f"dlib file, byte {reader.at}: wrapper version {version}; expected 1, 2 or 3")
    _expect_text(reader, INPUT)
    for _ in range(3):
        reader.real()
    for _ in range(2):
        reader.integer()
    layers = [_layer(reader)]
    reader.expect(1, what="images of the batch for each one given")  # what version 3 adds to its layer
    while layers[-1].kind != LAST:
        if len(layers) == MOST_LAYERS:
            raise ModelError(f"dlib file has over {MOST_LAYERS} layers; expected fewer")
        layers.append(_layer(reader))
    if left := len(data) - reader.at:
        raise ModelError(f"dlib file has {left} bytes after its last layer; expected none")
    return layers


def _expect_text(reader: Any, wanted: Any) -> None:
    if (seen := reader.text()) != wanted:
        raise ModelError(f"dlib file names {seen!r}; expected {wanted!r}")


def _layer(reader: Any) -> Any:
    kind = reader.text()
    if kind not in CONTENT:
        raise ModelError(f"dlib file, byte {reader.at}: layer {kind!r}; expected one of {', '.join(CONTENT)}")
    read = {"t": reader.tensor, "i": reader.integer, "a": reader.alias, "r": reader.real}
    parts = [(letter, read[letter]()) for letter in CONTENT[kind]]

    def pick(letter: str) -> tuple[Any, ...]:
        return tuple(value for found, value in parts if found == letter)

    for _ in range(3):
        reader.truth()
    for _ in range(3):  # two gradients and a cached output; a published network has none
        if reader.tensor().size:
            raise ModelError(f"dlib file, byte {reader.at}: {kind} carries training state; expected none")
    return Layer(kind, pick("i"), pick("a"), *(pick("t") or (np.empty(0, "<f4"),)))
