"""Style transfer: a picture repainted in the manner of another."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from . import _c
from ._callbacks import ACTIONS, Callback
from ._convert import choice, flag, function, handle, handles, integer, items, number, numbers, pointer, text
from ._handle import Worker
from ._notebook import Preview
from ._options import british, takes
from ._progress import bar
from ._types import ArrayLike, Floats, PathLike, Picture
from .errors import check
from .face import Face, faces_as_c
from .image import Image
from .model import Model
from .pictures import one_or_several
from .style_options import COLOURS, PRESETS, Given, StyleOptions, style_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = [
    "PRESETS", "Costs", "Progress", "StyleJob", "Styler", "face_map", "flow_warp", "match_colours",
]  # fmt: skip
_MOST_STEPS = 0xFFFFFFFF
_ENDINGS: dict[int, str | None] = {
    _c.FS_ENDING_NONE: None, _c.FS_ENDING_STEPS: "steps", _c.FS_ENDING_CONVERGED: "converged",
    _c.FS_ENDING_STALLED: "stalled", _c.FS_ENDING_NOT_FINITE: "not finite", _c.FS_ENDING_DEADLINE: "deadline",
}

_MOST_STEPS = 0xFFFFFFFF


class Progress:
    """What `on_step` is told, and `StyleJob.step` answers: `step` of
    `steps` evaluations done; `content`, `style`, `variation`, `temporal`
    and `total` cost of the last picture evaluated; `seconds` of work;
    `width` and `height` of the scale that is painted; and `ending`: None,
    or why nothing more is done ("steps", "converged", "stalled", "not
    finite", "deadline")."""

    def __init__(self, progress: _c.fs_style_progress, pointer: Any = None) -> None:
        self.step: int = progress.step
        self.steps: int = progress.steps
        self.seconds: float = progress.seconds
        self.content: float = progress.content
        self.style: float = progress.style
        self.variation: float = progress.variation
        self.temporal: float = progress.temporal
        self.total: float = progress.total
        self.width: int = progress.width
        self.height: int = progress.height
        self.ending: str | None = _ENDINGS[progress.ending]
        self._pointer = pointer

    def preview(self) -> Image:
        """The picture so far; only while the callback runs."""
        if self._pointer is None:
            raise ValueError("preview() belongs into the callback: the step is over")
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_style_preview(self._pointer, ctypes.byref(out)))
        return Image(out)


@dataclass(eq=False)
class Costs:
    """Costs of a picture; `gradient` is d total / d pixel, float32 [height,
    width, 3] in R, G, B order."""

    content: float
    style: float
    total: float
    gradient: Floats


class Styler(Worker):
    """Repaints pictures with the weights of a VGG-19, a `Model`.
    `help(fs.Styler.run)` lists the options, which `job`, `evaluate` and
    `memory_needed` take as well. One thread at a time uses it, others wait.
    """

    _destroy = _c.fs_styler_destroy

    def __init__(self, model: Model) -> None:
        out = ctypes.POINTER(_c.fs_styler)()
        check(_c.fs_styler_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @british
    @takes(StyleOptions)
    def run(
        self, content: Picture, style: Picture | Iterable[Picture], *, weights: Iterable[float] | None = None,
        on_step: Callable[[Progress], str | None] | None = None, progress: bool = False, preview: int | None = None,
        **options: Unpack[StyleOptions],
    ) -> Image:
        """The repainted picture, an `Image`.

        `style` is a picture, or a list of several that are mixed by their
        `weights` (equal ones).

        `on_step(progress)` is called with a `Progress` after each step; it
        returns None to go on, "finish" to keep the picture so far, or "cancel"
        for a `Cancelled`. What it raises cancels the run and comes out of
        `run`, Ctrl-C too.

        With `progress` a bar shows the steps, by tqdm, in terminals and
        notebooks. `preview=10` shows the picture so far in a notebook, after
        every ten steps in place of the one before.

        {options}"""
        given, out = style_options(options, "run"), ctypes.POINTER(_c.fs_image)()
        several = one_or_several(style, "style")
        on_step, progress = function(on_step, "on_step"), flag(progress, "progress")
        looker = None if preview is None else Preview(integer(preview, "preview", 32))
        with bar(given.c.steps, progress, "step") as shown, self._alone():

            def step(pointer: Any, _: object) -> int:
                now = Progress(pointer.contents, pointer)
                try:
                    shown.update(now.step - shown.n)
                    if looker is not None:
                        looker.step(now)
                    return choice(on_step(now) if on_step else None, ACTIONS, "the result of on_step")
                finally:
                    now._pointer = None

            with Callback(_c.fs_style_callback, step, _c.FS_CANCEL) as callback:
                given.c.on_step = callback.c
                if weights is None and len(several) == 1:
                    pictures = handle(content, Image, "content"), handle(several[0], Image, "style")
                    status = _c.fs_styler_run(self.handle, ctypes.byref(out), *pictures, ctypes.byref(given.c))
                    image = Image(out)
                    callback.check(status)
                    return image
                with self._job(content, several, weights, given, "style") as job:
                    status = _c.fs_style_job_step(job.handle, _MOST_STEPS, ctypes.byref(_c.fs_style_progress()))
                    callback.check(status)
                    return job.result()

    @british
    @takes(StyleOptions)
    def job(
        self, content: Picture, styles: Picture | Iterable[Picture], weights: Iterable[float] | None = None,
        **options: Unpack[StyleOptions],
    ) -> StyleJob:
        """A `StyleJob`: the same work in your own time, by one style or a
        mixture of several with their weights."""
        given = style_options(options, "job")
        with self._alone():
            return self._job(content, one_or_several(styles, "styles"), weights, given, "styles")

    def _job(
        self, content: Picture, styles: list[Picture], weights: Iterable[float] | None, options: Given, what: str
    ) -> StyleJob:
        picture, several = handle(content, Image, "content"), handles(styles, Image, what)
        array, shares = (ctypes.POINTER(_c.fs_image) * len(several))(*several), None
        if weights is not None:
            numbers = [number(w, f"weights[{i}]") for i, w in enumerate(items(weights, "weights", "numbers"))]
            shares = (ctypes.c_float * len(numbers))(*numbers)
            if len(numbers) != len(several):
                raise ValueError(f"{len(numbers)} weights for {len(several)} styles")
        out = ctypes.POINTER(_c.fs_style_job)()
        check(
            _c.fs_style_job_create(
                ctypes.byref(out), self.handle, picture, array, shares, len(several), ctypes.byref(options.c)))
        return StyleJob(out)

    @british
    @takes(StyleOptions)
    def evaluate(self, generated: Picture, content: Picture, style: Picture, **options: Unpack[StyleOptions]) -> Costs:
        """The `Costs` of a given picture, the three images with the sizes they
        have."""
        costs = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
        pictures = handle(generated, Image, "generated"), handle(content, Image, "content"), handle(style, Image, "style")
        gradient = np.empty(pictures[0].owner.shape, np.float32)
        given = style_options(options, "evaluate")
        with self._alone():
            check(
                _c.fs_styler_evaluate(
                    self.handle, *pictures, ctypes.byref(given.c), *map(ctypes.byref, costs), pointer(gradient), gradient.size))
        return Costs(costs[0].value, costs[1].value, costs[2].value, gradient)

    @british
    @takes(StyleOptions)
    def memory_needed(self, content_width: int, content_height: int, /, **options: Unpack[StyleOptions]) -> int:
        """Bytes that `run` will make this process hold at its peak, beyond what
        it holds before, for a content of so many pixels. A first run lays out
        weights that stay for the next."""
        given, needed = style_options(options, "memory_needed"), ctypes.c_uint64()
        sides = integer(content_width, "content_width", 32), integer(content_height, "content_height", 32)
        with self._alone():
            check(_c.fs_styler_memory_needed(self.handle, *sides, ctypes.byref(given.c), ctypes.byref(needed)))
        return needed.value


def match_colours(style: Picture, content: Picture, colours: str) -> Image:
    """A style as it is painted from: with its colours moved to those of
    `content`, by "luminance", "cholesky", "principal" or "histogram"."""
    out, pictures = ctypes.POINTER(_c.fs_image)(), (handle(style, Image, "style"), handle(content, Image, "content"))
    check(_c.fs_style_match_colours(ctypes.byref(out), *pictures, choice(colours, COLOURS, "colours")))
    return Image(out)


def face_map(width: int, height: int, faces: Iterable[Face]) -> Image:
    """A content map for a picture of so many pixels with these faces, as
    `Detector.find` gives them: white at eyes and mouth."""
    out, given = ctypes.POINTER(_c.fs_image)(), faces_as_c(faces)
    sides = integer(width, "width", 32), integer(height, "height", 32)
    check(_c.fs_face_map(ctypes.byref(out), *sides, (_c.fs_face * len(given))(*given), len(given)))
    return Image(out)


def flow_warp(before: Picture, flow: ArrayLike, back: ArrayLike | None = None) -> tuple[Image, Image]:
    """The painted frame before as it should look now, and a mask that is
    white where that is known.

    `flow` is [height, width, 2], dx, dy in pixels: what is at x, y now was
    at x + dx, y + dy then. `back` is the same from then to now: where the
    two do not agree, something was hidden (Ruder et al. 2016)."""
    picture = handle(before, Image, "before")
    flows = []
    for name, given in (("flow", flow), ("back", back)):
        if given is None and name == "back":
            continue
        moved = np.ascontiguousarray(numbers(given, np.float32, name))
        shape = (*picture.owner.shape[:2], 2)
        if moved.shape != shape:
            raise ValueError(f"{name} is {moved.shape}; expected {shape}")
        flows.append(moved)
    out, mask = ctypes.POINTER(_c.fs_image)(), ctypes.POINTER(_c.fs_image)()
    pointers = pointer(flows[0]), pointer(flows[1]) if len(flows) > 1 else None
    check(_c.fs_flow_warp(ctypes.byref(out), ctypes.byref(mask), picture, *pointers, flows[0].size))
    return Image(out), Image(mask)


class StyleJob(Worker):
    """A painting under way, made by `Styler.job`. Stop calling `step` to
    pause it, `close` it to drop it. A notebook shows the picture so far.
    One thread at a time uses it, others wait."""

    _destroy = _c.fs_style_job_destroy

    def step(self, evaluations: int = 1) -> Progress:
        """Goes on for at least so many evaluations, or until the job has ended;
        the `Progress` then."""
        progress = _c.fs_style_progress(size=ctypes.sizeof(_c.fs_style_progress))
        count = integer(evaluations, "evaluations", 32)
        with self._alone():
            check(_c.fs_style_job_step(self.handle, count, ctypes.byref(progress)))
        return Progress(progress)

    def preview(self) -> Image:
        """The picture so far, in the size of the scale that is painted."""
        return self._picture(_c.fs_style_job_preview)

    def result(self) -> Image:
        """The picture so far, in its own size."""
        return self._picture(_c.fs_style_job_result)

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint, whole or not at all."""
        with self._alone():
            check(_c.fs_style_job_save(self.handle, text(path, "path")))

    def load(self, path: PathLike) -> None:
        """Goes on where the checkpoint was written, with the very bits that
        would have come, if pictures and options are the same."""
        with self._alone():
            check(_c.fs_style_job_load(self.handle, text(path, "path")))

    def _repr_png_(self) -> bytes:
        """For notebooks."""
        with self.preview() as picture:
            return picture.encode("png")

    def _picture(self, function: Callable[..., int]) -> Image:
        out = ctypes.POINTER(_c.fs_image)()
        with self._alone():
            check(function(self.handle, ctypes.byref(out)))
        return Image(out)
