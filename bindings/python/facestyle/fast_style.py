"""Fast styles: pictures repainted in one pass of a network, without an optimiser."""

import ctypes
from typing import NamedTuple

import numpy as np

from . import _c
from ._convert import choice, flag, floats, handle, handles, integer, integers, number, pointer, text
from ._handle import Handle
from .errors import check
from .image import Image
from .model import Model, texts_as_c

METHODS = {"covariance": _c.FS_UNIVERSAL_COVARIANCE, "variance": _c.FS_UNIVERSAL_VARIANCE}

# Options of a training: how many bits an integer has, 0 for a fraction.
_TRAINER_OPTIONS = {
    "filters": 32, "blocks": 32, "side": 32, "scales": 32, "steps": 32, "seed": 64,
    "content_weight": 0, "style_weight": 0, "smoothness": 0, "rate": 0,
}  # fmt: skip


class FastTrainingStep(NamedTuple):
    """`step` steps done; the weighted costs, means over the step's photos, before it moved the weights."""

    step: int
    content: float
    style: float
    smoothness: float
    total: float


class FastStyler(Handle):
    """Repaints pictures in a style that a network has learned: a model of the architecture "fast-style" or
    "fast-style-resize", as `python3 -m facestyle.models.styles fast` makes them from published weights, or of kind
    "fast-style", as `facestyle-convert` does. Threads may share it.

    Of a network of several styles (`model.info.styles`), `style` is the number of one, from 0 on, or a mixture: a dictionary
    of numbers and weights, or a weight for each."""

    _destroy = _c.fs_fast_styler_destroy

    def __init__(self, model, style=None):
        out, model_handle = ctypes.POINTER(_c.fs_fast_styler)(), handle(model, Model, "model")
        if style is None:
            check(_c.fs_fast_styler_create(ctypes.byref(out), model_handle))
        else:
            weights = floats(_weights_of(style, model.info.styles), (None,), "style")
            check(_c.fs_fast_styler_create_mixed(ctypes.byref(out), model_handle, pointer(weights), weights.size))
        super().__init__(out)

    def run(self, content):
        """`content` in the network's style, of its size."""
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_fast_styler_run(self.handle, ctypes.byref(out), handle(content, Image, "content")))
        return Image(out)

    def memory_needed(self, width, height):
        """Bytes that `run` will make this process hold at its peak, beyond what it holds before."""
        return _memory_needed(_c.fs_fast_styler_memory_needed, self.handle, width, height)


class UniversalStyler(Handle):
    """Repaints pictures in the manner of one style or several, without any training: a model of the architecture
    "universal-style", as `python3 -m facestyle.models.styles universal` makes one. Threads may share it.

    `styles`: an image or a list of up to 16.
    """

    _destroy = _c.fs_universal_styler_destroy

    def __init__(self, model, styles):
        if isinstance(styles, Image):
            styles = [styles]
        pictures = handles(styles, Image, "styles")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        out = ctypes.POINTER(_c.fs_universal_styler)()
        check(_c.fs_universal_styler_create(ctypes.byref(out), handle(model, Model, "model"), array, len(pictures)))
        super().__init__(out)

    def run(self, content, *, strength=None, method=None, levels=None, weights=None):
        """`content` in the styles' manner, of its size.

        `strength`: 0, the content as the decoders give it, to 1, the style's statistics (default 0.6). `method`:
        "covariance" (whitening and colouring, the default) or "variance" (AdaIN). `levels`: which of 1, the finest, to
        5, the coarsest (default: all). `weights`: of each style (default: equal).
        """
        options = _c.fs_universal_options()
        check(_c.fs_universal_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        if strength is not None:
            options.strength = number(strength, "strength")
        if method is not None:
            options.method = choice(method, METHODS, "method")
        for level in () if levels is None else integers(levels, "levels"):
            if level not in range(1, 6):
                raise ValueError(f"level {level!r}; possible are 1 to 5")
            options.levels |= 1 << (level - 1)
        if weights is not None:
            weights = floats(weights, (None,), "weights")  # this name holds the array until the call is over
            options.weights, options.weight_count = pointer(weights), weights.size
        out, content = ctypes.POINTER(_c.fs_image)(), handle(content, Image, "content")
        check(_c.fs_universal_styler_run(self.handle, ctypes.byref(out), content, ctypes.byref(options)))
        return Image(out)

    def memory_needed(self, width, height):
        """Bytes that `run` with all levels will make this process hold at its peak, beyond what it holds before."""
        return _memory_needed(_c.fs_universal_styler_memory_needed, self.handle, width, height)


class FastStyleTrainer(Handle):
    """Teaches a network of the architecture "fast-style-resize" one style, by the weights of a VGG-19.

    Options, each with the library's default when it is not given: `filters`, `blocks` (of the network), `side` (of the pictures
    that it is taught with, a multiple of 16), `scales` (2: the style is matched at half the size too), `content_weight`,
    `style_weight`, `smoothness`, `rate` (of Adam), `steps` (at which it has fallen
    to a hundredth), `seed`.
    """

    _destroy = _c.fs_fast_trainer_destroy

    def __init__(self, vgg, style, **options):
        settings = _c.fs_fast_trainer_options()
        check(_c.fs_fast_trainer_options_init(ctypes.byref(settings), ctypes.sizeof(settings)))
        for name, value in options.items():
            if name not in _TRAINER_OPTIONS:
                raise TypeError(f"'{name}' is not an option of a FastStyleTrainer")
            bits = _TRAINER_OPTIONS[name]
            setattr(settings, name, integer(value, name, bits) if bits else number(value, name))
        out = ctypes.POINTER(_c.fs_fast_trainer)()
        given = handle(vgg, Model, "vgg"), handle(style, Image, "style")
        check(_c.fs_fast_trainer_create(ctypes.byref(out), *given, ctypes.byref(settings)))
        super().__init__(out)

    def step(self, contents):
        """One step on some photos; what it measured before it moved the weights: a `FastTrainingStep`."""
        pictures = handles(contents, Image, "contents")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        done = _c.fs_fast_training_step(size=ctypes.sizeof(_c.fs_fast_training_step))
        check(_c.fs_fast_trainer_step(self.handle, array, len(pictures), ctypes.byref(done)))
        return FastTrainingStep(done.step, done.content, done.style, done.smoothness, done.total)

    def save(self, path):
        """Writes a checkpoint, with everything needed to continue."""
        check(_c.fs_fast_trainer_save(self.handle, text(path, "path")))

    def resume(self, path):
        """Continues from a checkpoint of the same style and options, with the same bits."""
        check(_c.fs_fast_trainer_resume(self.handle, text(path, "path")))

    def save_model(self, path, half=True, note=None, licence=None, accuracy=None, source=None):
        """Writes the network as it is, in half precision or in single: a model for `FastStyler`. The texts are kept in the file, for
        people: `installed_models` shows them."""
        precision = _c.FS_FLOAT16 if flag(half, "half") else _c.FS_FLOAT32
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        check(_c.fs_fast_trainer_save_model(self.handle, text(path, "path"), precision, ctypes.byref(words)))


def _weights_of(style, count):
    """A weight for each style, from the number of one, a dictionary of numbers and weights, or the weights."""
    if not isinstance(style, (int, np.integer, dict)):
        return style
    weights = np.zeros(count, np.float32)
    for chosen, weight in (style.items() if isinstance(style, dict) else [(style, 1)]):
        place = integer(chosen, "style", 32)
        if place >= count:
            raise ValueError(f"style {place}; expected 0 to {count - 1}" if count else "style of a model that is no fast style; expected one")
        weights[place] = number(weight, "weight of a style")
    return weights


def _memory_needed(function, handle, width, height):
    needed = ctypes.c_uint64()
    check(function(handle, integer(width, "width", 32), integer(height, "height", 32), ctypes.byref(needed)))
    return needed.value
