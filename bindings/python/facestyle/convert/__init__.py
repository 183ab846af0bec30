"""Reads networks of other libraries and writes them as one of ours: docs/reference/models.md.

`facestyle-convert FILE -o model.safetensors` does it, as does `python3 -m facestyle.convert`; in Python, `convert`. Each reader
gives a `program.Program`, operators in the words of ONNX; `lowering` makes a `network.Network` of it, layers in the words of
docs/graph.md; `recognition` says what kind of network that is; `writing` writes it, and `verification` runs both.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from .conversion import Conversion

FilePath = Union[str, "os.PathLike[str]"]


class ConvertError(Exception):
    """Why a file was not converted: one line, with what was seen and what
    was expected."""

    def __init__(self, reason: str) -> None:
        # Names in files may hold anything.
        super().__init__(" ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in reason).split()))


def convert(
    paths: FilePath | Sequence[FilePath], output: FilePath, *, kind: str | None = None, mean: Sequence[float] | None = None,
    scale: float | None = None, order: str | None = None, template: str | None = None, threshold: float | None = None,
    distance: str | None = None, licence: str | None = None, name: str | None = None, crop: float | None = None,
    size: tuple[int, int] | None = None, outputs: Sequence[str] | None = None, verify: bool = False,
) -> Conversion:  # fmt: skip
    """Converts the file or files of a network to the file `output`, and
    answers a `conversion.Conversion`.

    None is what is known of the kind of network, or what its file says:

    - `kind`: one of `recognition.KINDS`; None: it is recognised.
    - `mean`, `scale`: levels of 0 to 255 become (level - mean) scale;
      `mean` is three numbers, in the network's own order.
    - `order`: of the channels: "rgb" or "bgr".
    - `template`: where a face's five points lie in pixels of the input, "x
      y x y ...", or "whole".
    - `threshold`, `distance`: of the network's distance, "cosine" (1 - a.b)
      or "euclidean" (|a - b|), or of a detector's score.
    - `licence`: of the weights; `name`: of the model.
    - `crop`: how many times a face's box a liveness or landmarks see.
    - `size`: height and width of the input in pixels, where the file leaves
      them open.
    - `outputs`: values of the file to answer in place of its own outputs.
    - `verify`: whether to run the file with its own library too, and to
      compare every output.
    """
    from . import conversion

    return conversion.convert(
        paths, output, conversion.Options(
            kind, None if mean is None else tuple(mean), scale, order, template, threshold, distance, licence, name, crop, size,
            None if outputs is None else list(outputs), verify))
