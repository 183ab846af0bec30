"""Enlarging pictures by a network, and training one."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import NamedTuple

from . import _c
from ._convert import choice, handle, handles, integer, optional, text
from ._handle import Handle, Worker
from ._options import defaults, fill
from ._types import PathLike, Picture
from .errors import check
from .image import Image
from .model import PRECISIONS, Model, texts_as_c


class EnlargingStep(NamedTuple):
    """`step` steps done; the weighted costs, means over the step's squares,
    before it moved the weights."""

    step: int
    pixels: float
    features: float
    total: float


class Enlarger(Handle):
    """Enlarges pictures by a network: a model of the architecture
    "enlarger", such as the installed "enlarge2". Threads may share it."""

    _destroy = _c.fs_enlarger_destroy

    def __init__(self, model: Model) -> None:
        out = ctypes.POINTER(_c.fs_enlarger)()
        check(_c.fs_enlarger_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @property
    def factor(self) -> int:
        """How many times longer the sides of a result are."""
        return _c.fs_enlarger_factor(self.handle)

    def run(self, picture: Picture) -> Image:
        """`picture` with sides `factor` times as long, with 16 bits and alpha if
        it has them."""
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_enlarger_run(self.handle, ctypes.byref(out), handle(picture, Image, "picture")))
        return Image(out)

    def memory_needed(self, width: int, height: int) -> int:
        """Bytes that `run` will make this process hold at its peak, beyond what
        it holds before, for a picture of 8 bits without alpha."""
        needed = ctypes.c_uint64()
        sides = integer(width, "width", 32), integer(height, "height", 32)
        check(_c.fs_enlarger_memory_needed(self.handle, *sides, ctypes.byref(needed)))
        return needed.value


class EnlargerTrainer(Worker):
    """Teaches a network of the architecture "enlarger", by squares cut from
    photos and reduced. With `vgg`, a VGG-19, its enlargements shall have the
    squares' features too: sharper, and a little less exact.

    None is the library's default:

    - `factor`: of the network, 2 to 8 (2).
    - `filters`: of each layer, 1 to 256 (32).
    - `blocks`: residual blocks, 1 to 64 (4).
    - `side`: of the squares, in pixels, a multiple of the factor from 32 to
      1024, more than 8 times the factor (96).
    - `pixel_weight`: of the mean difference of samples, in parts of white
      (1).
    - `feature_weight`: of the mean squared difference of features (0.00001).
    - `rate`: Adam's (0.001).
    - `steps`: at which the rate has fallen to a hundredth; 0: it stays (0).
    - `seed`: of the first weights and of the squares (1).
    - `start`: a model of the same filters and blocks, whose weights it
      begins with; of another factor all but those of the last layers (random
      ones, which enlarge as bicubic interpolation does).
    """

    _destroy = _c.fs_enlarger_trainer_destroy

    def __init__(
        self, vgg: Model | None = None, *, factor: int | None = None, filters: int | None = None, blocks: int | None = None,
        side: int | None = None, pixel_weight: float | None = None, feature_weight: float | None = None, rate: float | None = None,
        steps: int | None = None, seed: int | None = None, start: Model | None = None,
    ) -> None:
        settings = defaults(_c.fs_enlarger_trainer_options, _c.fs_enlarger_trainer_options_init)
        fill(
            settings, factor=factor, filters=filters, blocks=blocks, side=side, pixel_weight=pixel_weight,
            feature_weight=feature_weight, rate=rate, steps=steps, seed=seed)
        first = optional(start, Model, "start")
        if first is not None:
            settings.start = first
        out = ctypes.POINTER(_c.fs_enlarger_trainer)()
        check(_c.fs_enlarger_trainer_create(ctypes.byref(out), optional(vgg, Model, "vgg"), ctypes.byref(settings)))
        super().__init__(out)

    def step(self, photos: Iterable[Picture]) -> EnlargingStep:
        """One step on a square of each photo; what it measured before it moved
        the weights: an `EnlargingStep`."""
        pictures = handles(photos, Image, "photos")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        done = _c.fs_enlarger_training_step(size=ctypes.sizeof(_c.fs_enlarger_training_step))
        with self._alone():
            check(_c.fs_enlarger_trainer_step(self.handle, array, len(pictures), ctypes.byref(done)))
        return EnlargingStep(done.step, done.pixels, done.features, done.total)

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint, with everything needed to continue."""
        with self._alone():
            check(_c.fs_enlarger_trainer_save(self.handle, text(path, "path")))

    def resume(self, path: PathLike) -> None:
        """Continues from a checkpoint of the same options, with the same bits."""
        with self._alone():
            check(_c.fs_enlarger_trainer_resume(self.handle, text(path, "path")))

    def save_model(
        self, path: PathLike, precision: str = "float16", note: str | None = None, licence: str | None = None, accuracy: str | None = None,
        source: str | None = None,
    ) -> None:
        """Writes the network as it is, in a `precision` of `Model.save`: a model
        for `Enlarger`. The texts are kept in the file, for people:
        `installed_models` shows them."""
        numbers = choice(precision, PRECISIONS, "precision")
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        with self._alone():
            check(_c.fs_enlarger_trainer_save_model(self.handle, text(path, "path"), numbers, ctypes.byref(words)))
