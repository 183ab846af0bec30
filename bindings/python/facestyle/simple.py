"""Faces, people and paintings in one call each, with the best models that are installed."""

from __future__ import annotations

import os
import threading
from typing import Callable

from ._convert import flag, function, integer
from ._types import Photo
from .analysis import AnalysedFace, FaceAnalysis
from .face import Verdict, threshold_of
from .fast_style import FastStyler
from .image import Image
from .model import Model
from .pictures import opened
from .style import Progress, Styler

_lock = threading.Lock()
_known: dict[int, FaceAnalysis] = {}


def faces(photo: Photo) -> list[AnalysedFace]:
    """An `AnalysedFace` for each face of a photo, the largest first: its
    box, points, quality and embedding.

    A photo is a path, an `Image`, an array as `Image.from_array` takes it,
    or a Pillow image."""
    with opened(photo, "photo") as picture:
        return _analysis().faces(picture)


def same(a: Photo, b: Photo, threshold: float | None = None) -> Verdict:
    """Do two photos show the same person? A `Verdict`, which is true if
    they do. Photos are those of `faces`."""
    first, second, _ = opened(a, "a"), opened(b, "b"), threshold_of(threshold)
    with first as one, second as other:
        return _analysis().compare(one, other, threshold)


def paint(
    content: Photo, style: Photo, *, size: int | None = None, steps: int | None = None,
    on_step: Callable[[Progress], str | None] | None = None, progress: bool = False, preview: int | None = None,
) -> Image:
    """`content` painted in a style, an `Image`.

    `style` is a picture, painted like by VGG-19 in minutes, or the name of
    a style that a network has learned, in a second: "scream",
    "multistyle26:7". `size` is the longer side of the painting (default:
    the content's for a learned style, else 512); `steps`, `on_step`,
    `progress` and `preview` are those of `Styler.run`, of a picture.
    Pictures are those of `faces`."""
    with opened(content, "content") as picture:
        longest = max(picture.width, picture.height)
        learned = _learned(style)
        shown, steps = None if learned else opened(style, "style"), None if steps is None else integer(steps, "steps", 32)
        on_step, progress = function(on_step, "on_step"), flag(progress, "progress")
        preview = None if preview is None else integer(preview, "preview", 32)
        side = integer(size, "size", 32) if size is not None else (longest if learned else 512)
        if side < 1:
            raise ValueError(f"size is {side}; expected 1 or more")
        width, height = (max(1, round(n * side / longest)) for n in (picture.width, picture.height))
        if learned:
            if steps is not None or on_step is not None or progress or preview is not None:
                raise ValueError(f"steps, on_step, progress or preview for {style!r}, which paints in one pass; expected none")
            name, number = learned
            with Model.open(name) as model, FastStyler(model, number) as styler, picture.resize(width, height) as sized:
                return styler.run(sized)
        assert shown is not None
        with Model.open("vgg19") as vgg, Styler(vgg) as styler, shown as manner:
            return styler.run(
                picture, manner, width=width, height=height, on_step=on_step, steps=steps, progress=progress, preview=preview)


def _analysis() -> FaceAnalysis:
    with _lock:
        # A child process makes its own: threads do not come along.
        if os.getpid() not in _known:
            _known.clear()
            _known[os.getpid()] = FaceAnalysis()
        return _known[os.getpid()]


def _learned(style: object) -> tuple[str, int | None] | None:
    """The name or file of a network, and the number of its style; None for
    a picture."""
    if not isinstance(style, str):
        return None
    name, colon, number = style.rpartition(":")
    name, chosen = (name, int(number)) if colon and number.isdecimal() else (style, None)
    is_network = name.endswith(".safetensors") or not (os.path.exists(name) or os.path.splitext(name)[1])
    return (name, chosen) if is_network else None
