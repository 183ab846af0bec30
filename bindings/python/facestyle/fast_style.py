"""Fast styles: pictures repainted in one pass of a network, without an optimiser."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple, Union

import numpy as np

from . import _c
from ._convert import choice, floats, handle, handles, integer, integers, number, optional, pointer, text
from ._handle import Handle, Worker
from ._options import defaults, fill
from ._types import ArrayLike, PathLike, Picture
from .errors import check
from .image import Image
from .model import PRECISIONS, Model, texts_as_c
from .pictures import one_or_several

METHODS = {"covariance": _c.FS_UNIVERSAL_COVARIANCE, "variance": _c.FS_UNIVERSAL_VARIANCE}

Mixture = Union[int, Mapping[int, float], ArrayLike]


class FastTrainingStep(NamedTuple):
    """`step` steps done; the weighted costs, means over the step's photos,
    before it moved the weights."""

    step: int
    content: float
    style: float
    smoothness: float
    total: float


class FastStyler(Handle):
    """Repaints pictures in a style that a network has learned: a model of
    the architecture "fast-style" or "fast-style-resize", as `python3 -m
    facestyle.models.styles fast` makes them from published weights, or of
    kind "fast-style", as `facestyle-convert` does. Threads may share it.

    Of a network of several styles (`model.info.styles`), `style` is the
    number of one, from 0 on, or a mixture: a dictionary of numbers and
    weights, or a weight for each."""

    _destroy = _c.fs_fast_styler_destroy

    def __init__(self, model: Model, style: Mixture | None = None) -> None:
        out, model_handle = ctypes.POINTER(_c.fs_fast_styler)(), handle(model, Model, "model")
        if style is None:
            check(_c.fs_fast_styler_create(ctypes.byref(out), model_handle))
        else:
            weights = floats(_weights_of(style, model.info.styles), (None,), "style")
            check(_c.fs_fast_styler_create_mixed(ctypes.byref(out), model_handle, pointer(weights), weights.size))
        super().__init__(out)

    def run(self, content: Picture) -> Image:
        """`content` in the network's style, of its size."""
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_fast_styler_run(self.handle, ctypes.byref(out), handle(content, Image, "content")))
        return Image(out)

    def memory_needed(self, width: int, height: int) -> int:
        """Bytes that `run` will make this process hold at its peak, beyond what
        it holds before."""
        return _memory_needed(_c.fs_fast_styler_memory_needed, self.handle, width, height)


class UniversalStyler(Handle):
    """Repaints pictures in the manner of one style or several, without any
    training: a model of the architecture "universal-style", as `python3 -m
    facestyle.models.styles universal` makes one. Threads may share it.

    `styles`: an image or a list of up to 16.
    """

    _destroy = _c.fs_universal_styler_destroy

    def __init__(self, model: Model, styles: Picture | Iterable[Picture]) -> None:
        pictures = handles(one_or_several(styles, "styles"), Image, "styles")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        out = ctypes.POINTER(_c.fs_universal_styler)()
        check(_c.fs_universal_styler_create(ctypes.byref(out), handle(model, Model, "model"), array, len(pictures)))
        super().__init__(out)

    def run(
        self, content: Picture, *, strength: float | None = None, method: str | None = None, levels: Iterable[int] | None = None,
        weights: ArrayLike | None = None,
    ) -> Image:
        """`content` in the styles' manner, of its size.

        `strength`: 0, the content as the decoders give it, to 1, the style's
        statistics (default 0.6). `method`: "covariance" (whitening and
        colouring, the default) or "variance" (AdaIN). `levels`: which of 1, the
        finest, to 5, the coarsest (default: all). `weights`: of each style
        (default: equal).
        """
        options = defaults(_c.fs_universal_options, _c.fs_universal_options_init)
        fill(options, {"method": METHODS}, strength=strength, method=method)
        for level in () if levels is None else integers(levels, "levels"):
            if level not in range(1, 6):
                raise ValueError(f"level {level!r}; possible are 1 to 5")
            options.levels |= 1 << (level - 1)
        if weights is not None:
            shares = floats(weights, (None,), "weights")  # this name holds the array until the call is over
            options.weights, options.weight_count = pointer(shares), shares.size
        out, picture = ctypes.POINTER(_c.fs_image)(), handle(content, Image, "content")
        check(_c.fs_universal_styler_run(self.handle, ctypes.byref(out), picture, ctypes.byref(options)))
        return Image(out)

    def memory_needed(self, width: int, height: int) -> int:
        """Bytes that `run` with all levels will make this process hold at its
        peak, beyond what it holds before."""
        return _memory_needed(_c.fs_universal_styler_memory_needed, self.handle, width, height)


class FastStyleTrainer(Worker):
    """Teaches a network of the architecture "fast-style-resize" one style,
    by the weights of a VGG-19.

    None is the library's default:

    - `filters`: of the network's first layer, 1 to 256 (32).
    - `blocks`: residual blocks, 1 to 64 (5).
    - `side`: of the pictures that it is taught with, in pixels, a multiple
      of 16 from 32 to 2048 (256).
    - `scales`: 2: the style is matched at half the size too (1).
    - `content_weight`, `style_weight`: of the content, and of each layer
      and scale of the style (1, 0.0001).
    - `smoothness`: the weight of the mean squared difference of neighbours
      (0.001).
    - `rate`: Adam's (0.001).
    - `steps`: at which the rate has fallen to a hundredth; 0: it stays (0).
    - `seed`: of the first weights (1).
    - `start`: a model of the same filters and blocks, whose weights it
      begins with: another style's saves half of the steps (random ones).
    """

    _destroy = _c.fs_fast_trainer_destroy

    def __init__(
        self, vgg: Model, style: Picture, *, filters: int | None = None, blocks: int | None = None, side: int | None = None,
        scales: int | None = None, content_weight: float | None = None, style_weight: float | None = None,
        smoothness: float | None = None, rate: float | None = None, steps: int | None = None, seed: int | None = None,
        start: Model | None = None,
    ) -> None:
        settings = defaults(_c.fs_fast_trainer_options, _c.fs_fast_trainer_options_init)
        fill(
            settings, filters=filters, blocks=blocks, side=side, scales=scales, content_weight=content_weight,
            style_weight=style_weight, smoothness=smoothness, rate=rate, steps=steps, seed=seed)
        first = optional(start, Model, "start")
        if first is not None:
            settings.start = first
        out = ctypes.POINTER(_c.fs_fast_trainer)()
        given = handle(vgg, Model, "vgg"), handle(style, Image, "style")
        check(_c.fs_fast_trainer_create(ctypes.byref(out), *given, ctypes.byref(settings)))
        super().__init__(out)

    def step(self, contents: Iterable[Picture]) -> FastTrainingStep:
        """One step on some photos; what it measured before it moved the
        weights: a `FastTrainingStep`."""
        pictures = handles(contents, Image, "contents")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        done = _c.fs_fast_training_step(size=ctypes.sizeof(_c.fs_fast_training_step))
        with self._alone():
            check(_c.fs_fast_trainer_step(self.handle, array, len(pictures), ctypes.byref(done)))
        return FastTrainingStep(done.step, done.content, done.style, done.smoothness, done.total)

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint, with everything needed to continue."""
        with self._alone():
            check(_c.fs_fast_trainer_save(self.handle, text(path, "path")))

    def resume(self, path: PathLike) -> None:
        """Continues from a checkpoint of the same style and options, with the
        same bits."""
        with self._alone():
            check(_c.fs_fast_trainer_resume(self.handle, text(path, "path")))

    def save_model(
        self, path: PathLike, precision: str = "float16", note: str | None = None, licence: str | None = None, accuracy: str | None = None,
        source: str | None = None,
    ) -> None:
        """Writes the network as it is, in a `precision` of `Model.save`: a model
        for `FastStyler`. The texts are kept in the file, for people:
        `installed_models` shows them."""
        numbers = choice(precision, PRECISIONS, "precision")
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        with self._alone():
            check(_c.fs_fast_trainer_save_model(self.handle, text(path, "path"), numbers, ctypes.byref(words)))


def _weights_of(style: Mixture, count: int) -> ArrayLike:
    """A weight for each style, from the number of one, a dictionary of
    numbers and weights, or the weights."""
    if not isinstance(style, (int, np.integer, Mapping)):
        return style
    weights = np.zeros(count, np.float32)
    for chosen, weight in style.items() if isinstance(style, Mapping) else [(style, 1.0)]:
        place = integer(chosen, "style", 32)
        if place >= count:
            raise ValueError(f"style {place}; expected 0 to {count - 1}" if count else "style of a model that is no fast style; expected one")
        weights[place] = number(weight, "weight of a style")
    return weights


def _memory_needed(function: Callable[..., int], handle: Any, width: int, height: int) -> int:
    needed = ctypes.c_uint64()
    check(function(handle, integer(width, "width", 32), integer(height, "height", 32), ctypes.byref(needed)))
    return needed.value
