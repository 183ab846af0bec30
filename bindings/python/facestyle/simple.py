"""Faces, people and paintings in one call each, with the best models that are installed."""

import os
import threading

from ._convert import function, integer
from .analysis import FaceAnalysis
from .fast_style import FastStyler
from .image import opened
from .model import Model
from .recognition import threshold_of
from .style import Styler

_lock, _known = threading.Lock(), {}


def faces(photo):
    """An `AnalysedFace` for each face of a photo, the largest first: its box, points, quality and embedding.

    A photo is a path, an `Image`, an array as `Image.from_array` takes it, or a Pillow image."""
    with opened(photo, "photo") as picture:
        return _analysis().faces(picture)


def same(a, b, threshold=None):
    """Do two photos show the same person? A `Verdict`, which is true if they do. Photos are those of `faces`."""
    first, second, _ = opened(a, "a"), opened(b, "b"), threshold_of(threshold)
    with first as a, second as b:
        return _analysis().compare(a, b, threshold)


def paint(content, style, *, size=None, steps=None, on_step=None):
    """`content` painted in a style, an `Image`.

    `style` is a picture, painted like by VGG-19 in minutes, or the name of a style that a network has learned, in a second:
    "scream", "multistyle26:7". `size` is the longer side of the painting (default: the content's for a learned style, else 512);
    `steps` and `on_step` are those of `Styler.run`. Pictures are those of `faces`."""
    with opened(content, "content") as picture:
        longest = max(picture.width, picture.height)
        learned = _learned(style)
        shown, steps = None if learned else opened(style, "style"), None if steps is None else integer(steps, "steps", 32)
        on_step = function(on_step, "on_step")
        side = integer(size, "size", 32) if size is not None else (longest if learned else 512)
        if side < 1:
            raise ValueError(f"size is {side}; expected 1 or more")
        width, height = (max(1, round(n * side / longest)) for n in (picture.width, picture.height))
        if learned:
            if steps is not None or on_step is not None:
                raise ValueError(f"steps or on_step for {style}, which paints in one pass; expected neither")
            name, number = learned
            with Model.open(name) as model, FastStyler(model, number) as styler, picture.resize(width, height) as sized:
                return styler.run(sized)
        options = {} if steps is None else {"steps": steps}
        with Model.open("vgg19") as vgg, Styler(vgg) as styler, shown as manner:
            return styler.run(picture, manner, width=width, height=height, on_step=on_step, **options)


def _analysis():
    with _lock:
        # A child process makes its own: threads do not come along.
        if os.getpid() not in _known:
            _known.clear()
            _known[os.getpid()] = FaceAnalysis()
        return _known[os.getpid()]


def _learned(style):
    """The name or file of a network, and the number of its style; None for a picture."""
    if not isinstance(style, str):
        return None
    name, colon, number = style.rpartition(":")
    name, number = (name, int(number)) if colon and number.isdecimal() else (style, None)
    is_network = name.endswith(".safetensors") or not (os.path.exists(name) or os.path.splitext(name)[1])
    return (name, number) if is_network else None
