"""Style transfer: a picture repainted in the manner of another."""

import ctypes
import itertools
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import choice, function, handle, handles, integer, items, mapping, number, numbers, optional, pointer, text
from ._handle import Handle
from .costs import VARIANTS
from .errors import check
from .recognition import faces_as_c
from .image import Image
from .model import POOLINGS, Model

OPTIMISERS = {"adam": _c.FS_STYLE_ADAM, "lbfgs": _c.FS_STYLE_LBFGS}
STARTS = {
    "content": _c.FS_START_CONTENT, "noise": _c.FS_START_NOISE, "style": _c.FS_START_STYLE, "image": _c.FS_START_IMAGE,
}
VARIATIONS = {
    "absolute": _c.FS_VARIATION_ABSOLUTE, "squared": _c.FS_VARIATION_SQUARED, "nine points": _c.FS_VARIATION_NINE_POINTS,
}
LOSSES = {
    "gram": _c.FS_STYLE_LOSS_GRAM, "moments": _c.FS_STYLE_LOSS_MOMENTS, "wasserstein": _c.FS_STYLE_LOSS_WASSERSTEIN,
}
EDGES = {"zeros": _c.FS_EDGES_ZEROS, "repeated": _c.FS_EDGES_REPEATED}
MASKS = {"inside": _c.FS_MASK_INSIDE, "soft": _c.FS_MASK_SOFT}
COLOURS = {
    "style": _c.FS_COLOURS_STYLE, "luminance": _c.FS_COLOURS_LUMINANCE, "cholesky": _c.FS_COLOURS_CHOLESKY,
    "principal": _c.FS_COLOURS_PRINCIPAL, "histogram": _c.FS_COLOURS_HISTOGRAM,
}
# The library's, by their names: their numbers count from 0.
PRESETS = {
    name.decode(): number
    for number, name in enumerate(itertools.takewhile(bool, map(_c.fs_style_preset_name, itertools.count())))
}
_CHOICES = {
    "pooling": POOLINGS, "cost": VARIANTS, "optimiser": OPTIMISERS, "start": STARTS, "variation": VARIATIONS,
    "colours": COLOURS, "style_loss": LOSSES, "edges": EDGES, "mask_kind": MASKS,
}
# The other options by what the struct has for them: numbers with their bits, 0 for a fraction, and pictures.
_BITS = {ctypes.c_uint32: 32, ctypes.c_uint64: 64, ctypes.c_int32: 1, ctypes.c_float: 0, ctypes.c_double: 0}
_NUMBERS = {
    name: _BITS[kind] for name, kind in _c.fs_style_options._fields_
    if kind in _BITS and name not in (*_CHOICES, "preset", "size") and not name.endswith("_count")
}  # fmt: skip
_PICTURES = [name for name, kind in _c.fs_style_options._fields_ if kind is ctypes.POINTER(_c.fs_image)]
_ENDINGS = {
    _c.FS_ENDING_NONE: None, _c.FS_ENDING_STEPS: "steps", _c.FS_ENDING_CONVERGED: "converged",
    _c.FS_ENDING_STALLED: "stalled", _c.FS_ENDING_NOT_FINITE: "not finite", _c.FS_ENDING_DEADLINE: "deadline",
}
_ACTIONS = {None: _c.FS_CONTINUE, "finish": _c.FS_FINISH, "cancel": _c.FS_CANCEL}


class Progress:
    """What `on_step` is told, and `StyleJob.step` answers: `step` of `steps` evaluations done; `content`, `style`, `variation`,
    `temporal` and `total` cost of the last picture evaluated; `seconds` of work; `width` and `height` of the scale that is painted; and
    `ending`: None, or why nothing more is done ("steps", "converged", "stalled", "not finite", "deadline")."""

    def __init__(self, progress, pointer=None):
        self.step, self.steps, self.seconds = progress.step, progress.steps, progress.seconds
        self.content, self.style, self.total = progress.content, progress.style, progress.total
        self.variation, self.temporal = progress.variation, progress.temporal
        self.width, self.height = progress.width, progress.height
        self.ending = _ENDINGS[progress.ending]
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

    Options of `run`, `job`, `evaluate` and `memory_needed`:

    - `preset`: "pyramid" (the default: ours, from coarse to fine by L-BFGS), or another of `facestyle.style.PRESETS`. The
      options below change it where they are given.
    - What is measured: `content_weight` (alpha), `style_weight` (beta), `variation_weight` (gamma), `content_layers` and
      `style_layers` (a dict: layer's name to its weight), `content_layer` (one), `cost` ("normalised", "lecture", "means",
      "roots"), `style_loss` ("gram", "moments", "wasserstein"), `variation` ("absolute", "squared", "nine points"),
      `pooling` ("average", "max" or "l2"), `edges` ("zeros", "repeated").
    - Where: `regions`, a pair of masks for each style, where it goes and what part of it is taken, each an `Image` or None;
      `mask_kind` ("inside", "soft"); `content_map` (see `face_map`) and `content_map_weight`.
    - The frame before: `before` and `before_mask` (see `flow_warp`), `temporal_weight`.
    - The picture: `width`, `height`, `colours` (whose: "style"; or the content's by "luminance", "cholesky", "principal" or
      "histogram"), `depth` (8 or 16 bits a sample; 0: the content's), `style_scale` (the style's longest side in parts of the picture's; 0: cut to its shape).
    - How it is moved: `optimiser` ("lbfgs" or "adam"), `steps` (evaluations), `history` (of L-BFGS), `learning_rate` (of
      Adam), `averaging`, `clamp`, `coarsest` (longest side of the first scale, 0: one scale), `deadline` in seconds, `tile`
      (pixels a side that are taken through the network at a time; 0: all).
    - Where it starts: `start` ("content", "noise", "style", or "image": `start_image`), `noise_ratio`, `seed`.
    """

    _destroy = _c.fs_styler_destroy

    def __init__(self, model):
        out = ctypes.POINTER(_c.fs_styler)()
        check(_c.fs_styler_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)
        self._busy = False

    def run(self, content, style, *, on_step=None, **options):
        """The repainted picture.

        `on_step(progress)` is called after each step; it returns None to go on, "finish" to keep the picture so
        far, or "cancel" for a `Cancelled`. What it raises cancels the run and comes out of `run`, Ctrl-C too.
        """
        raised, on_step = [], function(on_step, "on_step")
        pictures = handle(content, Image, "content"), handle(style, Image, "style")

        def bridge(pointer, _):
            progress = Progress(pointer.contents, pointer)
            try:
                return choice(on_step(progress) if on_step else None, _ACTIONS, "the result of on_step")
            except BaseException as error:  # nothing may pass through C
                raised.append(error)
                return _c.FS_CANCEL
            finally:
                progress._pointer = None

        idle, out = self._idle(), ctypes.POINTER(_c.fs_image)()
        settings = _options(**options)
        callback = _c.fs_style_callback(bridge)  # this name holds it until the call is over
        settings.on_step = callback
        self._busy = True
        try:
            status = _c.fs_styler_run(idle, ctypes.byref(out), *pictures, ctypes.byref(settings))
        finally:
            self._busy = False
        image = Image(out) if status == _c.FS_OK else None
        if raised:
            raise raised[0]
        check(status)
        return image

    def job(self, content, styles, weights=None, **options):
        """A `StyleJob`: the same work in your own time, by one style or a mixture of several with their weights."""
        content, styles = handle(content, Image, "content"), [styles] if isinstance(styles, Image) else styles
        styles = handles(styles, Image, "styles")
        pictures = (ctypes.POINTER(_c.fs_image) * len(styles))(*styles)
        shares = None
        if weights is not None:
            weights = [number(w, f"weights[{i}]") for i, w in enumerate(items(weights, "weights", "numbers"))]
            shares = (ctypes.c_float * len(weights))(*weights)
            if len(weights) != len(styles):
                raise ValueError(f"{len(weights)} weights for {len(styles)} styles")
        out, settings = ctypes.POINTER(_c.fs_style_job)(), _options(**options)
        check(
            _c.fs_style_job_create(
                ctypes.byref(out), self._idle(), content, pictures, shares, len(styles), ctypes.byref(settings)
            )
        )
        return StyleJob(out)

    def evaluate(self, generated, content, style, **options):
        """The `Costs` of a given picture, the three images with the sizes they have."""
        costs = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
        pictures = handle(generated, Image, "generated"), handle(content, Image, "content"), handle(style, Image, "style")
        gradient = np.empty((generated.height, generated.width, 3), np.float32)
        settings = _options(**options)
        check(
            _c.fs_styler_evaluate(
                self._idle(), *pictures, ctypes.byref(settings),
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


def match_colours(style, content, colours):
    """A style as it is painted from: with its colours moved to those of `content`, by "luminance", "cholesky", "principal" or
    "histogram"."""
    out, pictures = ctypes.POINTER(_c.fs_image)(), (handle(style, Image, "style"), handle(content, Image, "content"))
    check(_c.fs_style_match_colours(ctypes.byref(out), *pictures, choice(colours, COLOURS, "colours")))
    return Image(out)


def face_map(width, height, faces):
    """A content map for a picture with these faces, as `Detector.find` gives them: white at eyes and mouth."""
    out, given = ctypes.POINTER(_c.fs_image)(), faces_as_c(faces)
    sides = integer(width, "width", 32), integer(height, "height", 32)
    check(_c.fs_face_map(ctypes.byref(out), *sides, (_c.fs_face * len(given))(*given), len(given)))
    return Image(out)


def flow_warp(before, flow, back=None):
    """The painted frame before as it should look now, and a mask that is white where that is known.

    `flow` is [height, width, 2], dx, dy: what is at x, y now was at x + dx, y + dy then. `back` is the same from then to now:
    where the two do not agree, something was hidden (Ruder et al. 2016)."""
    picture = handle(before, Image, "before")
    shape = (before.height, before.width, 2)
    flows = []
    for name, given in (("flow", flow), ("back", back)):
        if given is not None or name == "flow":
            given = np.ascontiguousarray(numbers(given, np.float32, name))
            if given.shape != shape:
                raise ValueError(f"{name} is {given.shape}; expected {shape}")
        flows.append(given)
    out, mask = ctypes.POINTER(_c.fs_image)(), ctypes.POINTER(_c.fs_image)()
    pointers = [given if given is None else pointer(given) for given in flows]
    check(_c.fs_flow_warp(ctypes.byref(out), ctypes.byref(mask), picture, *pointers, flows[0].size))
    return Image(out), Image(mask)


class StyleJob(Handle):
    """A painting under way, made by `Styler.job`. Stop calling `step` to pause it, `close` it to drop it."""

    _destroy = _c.fs_style_job_destroy

    def step(self, evaluations=1):
        """Goes on for at least so many evaluations, or until the job has ended; the `Progress` then."""
        progress = _c.fs_style_progress(size=ctypes.sizeof(_c.fs_style_progress))
        check(_c.fs_style_job_step(self.handle, integer(evaluations, "evaluations", 32), ctypes.byref(progress)))
        return Progress(progress)

    def preview(self):
        """The picture so far, in the size of the scale that is painted."""
        return self._picture(_c.fs_style_job_preview)

    def result(self):
        """The picture so far, in its own size."""
        return self._picture(_c.fs_style_job_result)

    def save(self, path):
        """Writes a checkpoint, whole or not at all."""
        check(_c.fs_style_job_save(self.handle, text(path, "path")))

    def load(self, path):
        """Goes on where the checkpoint was written, with the very bits that would have come, if pictures and options are
        the same."""
        check(_c.fs_style_job_load(self.handle, text(path, "path")))

    def _picture(self, function):
        out = ctypes.POINTER(_c.fs_image)()
        check(function(self.handle, ctypes.byref(out)))
        return Image(out)


def _options(*, preset="pyramid", content_layer=None, content_layers=None, style_layers=None, regions=None, **given):
    options = _c.fs_style_options()
    check(_c.fs_style_options_preset(ctypes.byref(options), ctypes.sizeof(options), choice(preset, PRESETS, "preset")))
    for name, value in given.items():
        if name not in _NUMBERS and name not in _CHOICES and name not in _PICTURES:
            raise TypeError(f"'{name}' is not an option of a Styler")
        if value is None:
            continue
        if name in _PICTURES:
            value = handle(value, Image, name)
        elif name in _CHOICES:
            value = choice(value, _CHOICES[name], name)
        elif _NUMBERS[name]:
            value = integer(value, name, _NUMBERS[name])
        else:
            value = number(value, name)
        setattr(options, name, value)
    if content_layer is not None:
        options.content_layer = text(content_layer, "content_layer")
    if regions is not None:
        pairs = items(regions, "regions", "pairs of masks")
        masks = [_region(pair, f"regions[{i}]") for i, pair in enumerate(pairs)]
        options.regions, options.region_count = (_c.fs_style_region * len(masks))(*masks), len(masks)
    for kind, layers in (("content", content_layers), ("style", style_layers)):
        if layers is not None:
            what = f"{kind}_layers"
            layers = [
                _c.fs_style_layer(text(name, what), number(weight, f"{what}[{name!r}]"))
                for name, weight in mapping(layers, what).items()
            ]
            setattr(options, f"{kind}_layers", (_c.fs_style_layer * len(layers))(*layers))  # ctypes keeps what it points at
            setattr(options, f"{kind}_layer_count", len(layers))
    return options


def _region(pair, what):
    """Where a style goes, and what part of it is taken."""
    masks = [optional(mask, Image, f"{what}[{i}]") for i, mask in enumerate(items(pair, what, "two masks"))]
    if len(masks) != 2:
        raise ValueError(f"{what} holds {len(masks)} masks; expected two, each an Image or None")
    return _c.fs_style_region(*masks)
