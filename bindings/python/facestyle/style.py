"""Style transfer: a picture repainted in the manner of another."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import choice, integer, pointer, text
from ._handle import Handle
from .costs import VARIANTS
from .errors import check
from .image import Image
from .model import POOLINGS

# Options that are numbers: how many bits an integer has, 0 for a fraction.
_NUMBERS = {
    "width": 32, "height": 32, "steps": 32, "seed": 64,
    "content_weight": 0, "style_weight": 0, "learning_rate": 0, "noise_ratio": 0,
}
_ACTIONS = {None: _c.FS_CONTINUE, "finish": _c.FS_FINISH, "cancel": _c.FS_CANCEL}


class Progress:
    """What `on_step` is told: `step` of `steps` done; `content`, `style` and `total` cost of the picture that this
    step started from; `seconds` since the start."""

    def __init__(self, pointer):
        progress = pointer.contents
        self.step, self.steps, self.seconds = progress.step, progress.steps, progress.seconds
        self.content, self.style, self.total = progress.content, progress.style, progress.total
        self._pointer = pointer

    def preview(self):
        """The picture so far; only while the callback runs."""
        if self._pointer is None:
            raise ValueError("preview() belongs into the callback: the step is over")
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_style_preview(self._pointer, ctypes.byref(out)))
        return Image(out)


@dataclass(eq=False)
class Costs:
    """Costs of a picture; `gradient` is d total / d pixel, [height, width, 3] in R, G, B order."""

    content: float
    style: float
    total: float
    gradient: np.ndarray


class Styler(Handle):
    """Repaints pictures with the weights of a VGG-19.

    Options of `run`, `evaluate` and `memory_needed`, each with the library's default when it is not given: `width`, `height`
    (of the picture), `steps` (of Adam), `content_weight` (alpha), `style_weight` (beta), `learning_rate`,
    `noise_ratio`, `seed`, `pooling` ("average" or "max"), `cost` ("normalised" or "lecture"), `content_layer`,
    `style_layers` (a dict: layer's name to its weight).
    """

    _destroy = _c.fs_styler_destroy

    def __init__(self, model):
        out = ctypes.POINTER(_c.fs_styler)()
        check(_c.fs_styler_create(ctypes.byref(out), model.handle))
        super().__init__(out)
        self._busy = False

    def run(self, content, style, *, on_step=None, **options):
        """The repainted picture.

        `on_step(progress)` is called after each step; it returns None to go on, "finish" to keep the picture so
        far, or "cancel" for a `Cancelled`. What it raises cancels the run and comes out of `run`, Ctrl-C too.
        """
        raised = []

        def bridge(pointer, _):
            progress = Progress(pointer)
            try:
                return choice(on_step(progress) if on_step else None, _ACTIONS, "the result of on_step")
            except BaseException as error:  # nothing may pass through C
                raised.append(error)
                return _c.FS_CANCEL
            finally:
                progress._pointer = None

        handle, out = self._idle(), ctypes.POINTER(_c.fs_image)()
        settings = _options(**options)
        callback = _c.fs_style_callback(bridge)  # this name holds it until the call is over
        settings.on_step = callback
        self._busy = True
        try:
            status = _c.fs_styler_run(handle, ctypes.byref(out), content.handle, style.handle, ctypes.byref(settings))
        finally:
            self._busy = False
        image = Image(out) if status == _c.FS_OK else None
        if raised:
            raise raised[0]
        check(status)
        return image

    def evaluate(self, generated, content, style, **options):
        """The `Costs` of a given picture, the three images with the sizes they have."""
        costs = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
        gradient = np.empty((generated.height, generated.width, 3), np.float32)
        settings = _options(**options)
        check(
            _c.fs_styler_evaluate(
                self._idle(), generated.handle, content.handle, style.handle, ctypes.byref(settings),
                *map(ctypes.byref, costs), pointer(gradient), gradient.size,
            )
        )
        return Costs(*(cost.value for cost in costs), gradient)

    def memory_needed(self, width, height, /, **options):
        """Bytes that `run` will make this process hold at its peak, beyond what it holds before, for a content of
        width x height. A first run lays out weights that stay for the next."""
        settings, needed = _options(**options), ctypes.c_uint64()
        sides = integer(width, "width", 32), integer(height, "height", 32)
        check(_c.fs_styler_memory_needed(self._idle(), *sides, ctypes.byref(settings), ctypes.byref(needed)))
        return needed.value

    def close(self):
        if not self.closed and self._busy:
            raise ValueError("this Styler is at work: a callback must not close it")
        super().close()

    def _idle(self):
        if self._busy:
            raise ValueError("this Styler is at work: a callback must not use it")
        return self.handle


def _options(*, pooling=None, cost=None, content_layer=None, style_layers=None, **numbers):
    options = _c.fs_style_options()
    check(_c.fs_style_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    for name, value in numbers.items():
        if name not in _NUMBERS:
            raise TypeError(f"'{name}' is not an option of a Styler")
        if value is not None:
            setattr(options, name, integer(value, name, _NUMBERS[name]) if _NUMBERS[name] else value)
    if pooling is not None:
        options.pooling = choice(pooling, POOLINGS, "pooling")
    if cost is not None:
        options.cost = choice(cost, VARIANTS, "cost")
    if content_layer is not None:
        options.content_layer = text(content_layer, "content_layer")
    if style_layers is not None:
        layers = [_c.fs_style_layer(text(name, "a style layer"), weight) for name, weight in dict(style_layers).items()]
        options.style_layers = (_c.fs_style_layer * len(layers))(*layers)  # ctypes keeps what it points at
        options.style_layer_count = len(layers)
    return options
