"""Training: a network for faces that learns from photos, or step by step from arrays.

    people = fs.Photos().add_people("celebrities", landmarks="points.json")
    with fs.Trainer("nn4.small2", loss="semi-hard", steps=5000) as trainer:
        trainer.run(people, batch=64, checkpoint="my.checkpoint", checkpoint_every=500, log="my.jsonl", progress=True)
        trainer.save_model("my.safetensors", threshold=0.9)

A run that was interrupted goes on where its checkpoint was written, with the very bits that it would have had: make the
same Trainer, `resume("my.checkpoint")`, and call the same `run`.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Callable, Union

import numpy as np

from . import _c
from ._callbacks import ACTIONS, Callback
from ._convert import choice, flag, handle, items, number, optional, pointer, text, wrong
from ._handle import Handle
from ._options import british, defaults, fill, named, takes
from ._progress import bar
from ._training_log import Log
from ._types import ArrayLike, Floats, PathLike, Pixels
from .augmentation import set_augmentation
from .detection import DetectionLoss, DetectionParts, SceneFace, SceneOptions, Scenes, faces_as_c, scene_settings
from .errors import check
from .losses import MINING, Loss, MiningStatistics
from .model import PRECISIONS, Model, texts_as_c
from .photos import Photos
from .training_steps import TrainingProgress, TrainingStep

if TYPE_CHECKING:
    from typing_extensions import Unpack

OPTIMIZERS = {"sgd": _c.FS_SGD, "adam": _c.FS_ADAM, "adamw": _c.FS_ADAMW, "rmsprop": _c.FS_RMSPROP}
SCHEDULES = {
    "constant": _c.FS_SCHEDULE_CONSTANT, "step": _c.FS_SCHEDULE_STEP, "cosine": _c.FS_SCHEDULE_COSINE,
    "one-cycle": _c.FS_SCHEDULE_ONE_CYCLE, "cyclical": _c.FS_SCHEDULE_CYCLICAL,
}  # fmt: skip
# A bar, or a function that is told of each step and answers None, "finish" or "cancel".
Progress = Union[bool, Callable[["TrainingProgress"], Union[str, None]]]


class Trainer(Handle):
    """Trains one network with one loss, optimizer and schedule. None is the
    library's default:

    - `architecture`: one of `architectures()` that embeds faces; that of
      `start` ("nn4.small2").
    - `loss`: a name of `facestyle.losses.KINDS` or a `Loss` with its
      settings; for a one-pass detector "detection" or a `DetectionLoss`.
    - `optimizer`: "sgd", "adam", "adamw" or "rmsprop" ("adam").
    - `schedule`: of the rate: "constant", "step", "cosine", "one-cycle" or
      "cyclical" ("one-cycle").
    - `start`: a `Model` whose weights are the first ones; without it they
      are random, by `seed`.
    - `classes`: people, for a loss that classifies.
    - `steps`: of the schedule and of `run`, 2 or more (1000).
    - `warm_up`: the first of them, in which the rate rises (0).
    - `rate`: the highest, more than 0 (0.001).
    - `momentum`: of "sgd" and "rmsprop", or Adam's beta 1, where the
      schedule sets none, 0 to below 1 (0.9).
    - `weight_decay`: 0 or more (0).
    - `longest_gradient`: all gradients together are shortened to this
      length; 0: never (0).
    - `average`: the part that a running average of the weights keeps at
      each step, as 0.999; the average is what is saved and embeds; 0: none
      (0).
    - `seed`: of the first weights and of dropout (1).

    One thread at a time uses a trainer; a second one, and a callback of the
    trainer's own, get a `FaceStyleError`.
    """

    _destroy = _c.fs_trainer_destroy
    _depth = 0

    @british
    def __init__(
        self, architecture: str | None = None, loss: str | Loss | DetectionLoss = "semi-hard", optimizer: str | None = None,
        schedule: str | None = None, *, start: Model | None = None, classes: int | None = None, steps: int | None = None,
        warm_up: int | None = None, rate: float | None = None, momentum: float | None = None,
        weight_decay: float | None = None, longest_gradient: float | None = None, average: float | None = None,
        seed: int | None = None,
    ) -> None:
        if not isinstance(loss, (Loss, DetectionLoss)):
            loss = DetectionLoss() if _name_of_loss(loss) == DetectionLoss.kind else Loss(loss)
        self.loss: Loss | DetectionLoss = loss
        first = optional(start, Model, "start")
        settings = defaults(_c.fs_trainer_options, _c.fs_trainer_options_init)
        if architecture is None and start is not None:
            architecture = start.architecture
        fill(
            settings, {"schedule": SCHEDULES}, architecture=architecture, schedule=schedule, classes=classes, steps=steps,
            warm_up=warm_up, rate=rate, momentum=momentum, weight_decay=weight_decay, longest_gradient=longest_gradient,
            average=average, seed=seed)
        if optimizer is not None:
            settings.optimiser = choice(optimizer, OPTIMIZERS, "optimizer")
        if isinstance(loss, DetectionLoss):
            settings.detection = ctypes.pointer(loss._options)
        else:
            settings.loss = ctypes.pointer(loss._options)
        out = ctypes.POINTER(_c.fs_trainer)()
        check(_c.fs_trainer_create(ctypes.byref(out), ctypes.byref(settings), first))
        super().__init__(out)
        info = self._info()
        self.height: int = info.height
        self.width: int = info.width
        self.dimension: int = info.dimension
        self.parameters: int = info.parameters
        self.steps: int = info.steps
        self._all_reduce: Callable[[Floats], object] | None = None
        self._bridge: Callback | None = None

    def _info(self) -> _c.fs_trainer_info:
        info = _c.fs_trainer_info(size=ctypes.sizeof(_c.fs_trainer_info))
        check(_c.fs_trainer_info_get(self.handle, ctypes.byref(info)))
        return info

    @property
    def steps_done(self) -> int:
        """Of `steps`."""
        return self._info().step

    def step(
        self, pictures: Pixels | Iterable[Any], labels: ArrayLike | None = None, *, teacher: ArrayLike | None = None,
        faces: Iterable[Iterable[SceneFace]] | None = None,
    ) -> TrainingStep:
        """One step on `pictures`, uint8 [count, height, width, 3], R, G, B,
        faces aligned as `Embedder.align` does; a `TrainingStep` is returned.

        `labels` and `teacher` [count, dimension] are what the loss wants, see
        `Loss`; a detector's wants `faces`, a list of `SceneFace` for each
        picture, whose sides are multiples of 32. When it fails nothing is
        learned.
        """
        if isinstance(self.loss, DetectionLoss):
            if labels is not None or teacher is not None or faces is None:
                raise ValueError("a detector learns from faces only; expected step(pictures, faces=...)")
            return self._step_faces(pictures, faces)
        if faces is not None:
            items(faces, "faces", "lists")
            raise ValueError(f"faces for a {self.loss.kind} loss; expected a DetectionLoss")
        pixels = self._pixels(pictures)
        people = self.loss._labels(labels, len(pixels))
        taught = None
        if teacher is not None or self.loss.kind in ("distillation", "teacher-distance"):
            taught = self.loss._teacher(teacher, np.empty((len(pixels), self.dimension), np.float32))
        report = _c.fs_training_step(size=ctypes.sizeof(_c.fs_training_step))
        with self._at_work():
            status = _c.fs_trainer_step(
                self.handle, pointer(pixels, ctypes.c_uint8), len(pixels),
                None if people is None else pointer(people, ctypes.c_int32), None if taught is None else pointer(taught),
                ctypes.byref(report))
        self._check(status)
        return TrainingStep(report.loss, report.rate, report.gradient_norm, self._statistics(report.mining))

    def _step_faces(self, pictures: Pixels | Iterable[Any], faces: Iterable[Iterable[SceneFace]]) -> TrainingStep:
        pixels = self._pixels(pictures)
        lists = [items(some, f"faces[{i}]", "SceneFace objects") for i, some in enumerate(items(faces, "faces", "lists"))]
        if len(lists) != len(pixels):
            raise ValueError(f"faces of {len(lists)} pictures; expected {len(pixels)}")
        given, counts = faces_as_c(lists)
        report = _c.fs_training_step(size=ctypes.sizeof(_c.fs_training_step))
        with self._at_work():
            status = _c.fs_trainer_step_faces(
                self.handle, pointer(pixels, ctypes.c_uint8), len(pixels), pixels.shape[2], pixels.shape[1], given, counts,
                ctypes.byref(report))
        self._check(status)
        parts = DetectionParts._from(report.detection)
        return TrainingStep(report.loss, report.rate, report.gradient_norm, detection=parts)

    def embed(self, pictures: Pixels | Iterable[Any]) -> Floats:
        """What the network answers so far to `pictures` as in `step`: float32
        [count, dimension]."""
        pixels = self._pixels(pictures)
        answer = np.empty((len(pixels), self.dimension), np.float32)
        with self._at_work():
            status = _c.fs_trainer_embed(
                self.handle, pointer(pixels, ctypes.c_uint8), len(pixels), pointer(answer), answer.size)
        check(status)
        return answer

    def run(
        self, photos: Photos, *, progress: Progress = False, log: PathLike | None = None,
        augmentation: str | _c.fs_augmentation | None = None, teacher: Model | None = None, batch: int | None = None,
        photos_of_person: int | None = None, pairs: PathLike | None = None, triplets: PathLike | None = None,
        checkpoint: PathLike | None = None, checkpoint_every: int | None = None, memory_limit: int | None = None,
        seed: int | None = None,
    ) -> None:
        """Trains on `photos` until the trainer's steps are done. None is the
        library's default:

        - `progress`: True for a bar with loss and photos a second, by tqdm, or
          a function that is called with a `TrainingProgress` while photos are
          read and after each step. It returns None to go on, "finish" to end
          the run, or "cancel" for a `Cancelled`. What it raises cancels the run
          and comes out of `run`, Ctrl-C too; what was learned stays.
        - `log`: a file that gets a line of JSON a step, for `plots.losses`.
          After `resume` it is gone on with.
        - `augmentation`: "none", "standard" or "strong", or what
          `augmentation_settings()` returns ("standard").
        - `teacher`: a `Model` of the same dimension, for a loss that has one.
        - `batch`: photos a step, 2 to 65536 (64).
        - `photos_of_person`: in a batch of a loss that mines, 2 or more (8).
        - `pairs`, `triplets`: text files that list photos by their names, for a
          loss of such: "Ann/1.jpg Ann/2.jpg 1", 0 for two people; "anchor
          positive negative".
        - `checkpoint`, `checkpoint_every`: a file to keep one in, replaced each
          time, and after how many steps (0: at the end).
        - `memory_limit`: bytes for decoded photos; those beyond it are read
          again each time (4 GB).
        - `seed`: of the photos' order and of augmentation (1).
        """
        settings = defaults(_c.fs_training_options, _c.fs_training_options_init)
        fill(
            settings, batch=batch, photos_of_person=photos_of_person, pairs=pairs, triplets=triplets, checkpoint=checkpoint,
            checkpoint_every=checkpoint_every, memory_limit=memory_limit, seed=seed)
        set_augmentation(settings, augmentation)
        if teacher is not None:
            settings.teacher = handle(teacher, Model, "teacher")
        learned_from = handle(photos, Photos, "photos")
        self._run(_c.fs_trainer_run, learned_from, settings, progress, log)

    @takes(SceneOptions)
    def run_scenes(
        self, scenes: Scenes, *, progress: Progress = False, log: PathLike | None = None,
        augmentation: str | _c.fs_augmentation | None = None, batch: int | None = None, checkpoint: PathLike | None = None,
        checkpoint_every: int | None = None, memory_limit: int | None = None, seed: int | None = None,
        **options: Unpack[SceneOptions],
    ) -> None:
        """Trains a detector on `scenes`, a `Scenes`, until the trainer's steps
        are done. `progress`, `log`, `checkpoint`, `checkpoint_every` and
        `memory_limit` are as in `run`. None is the library's default:

        - `batch`: pictures a step, 1 to 4096 (16).
        - `seed`: of the pictures (1).
        - `augmentation`: as in `run`; without one what suits scenes.

        {options}"""
        settings = defaults(_c.fs_detector_training_options, _c.fs_detector_training_options_init)
        composed = scene_settings(named(options, SceneOptions, "run_scenes"), augmentation)
        settings.scenes = ctypes.pointer(composed)
        fill(
            settings, batch=batch, checkpoint=checkpoint, checkpoint_every=checkpoint_every, memory_limit=memory_limit, seed=seed)
        self._run(_c.fs_trainer_run_scenes, handle(scenes, Scenes, "scenes"), settings, progress, log)

    def _run(
        self, function: Callable[..., int], learned_from: Any, settings: Any, progress: Progress, log: PathLike | None
    ) -> None:
        if log is not None:
            text(log, "log")
        if not callable(progress):
            progress = flag(progress, "progress")

        with contextlib.ExitStack() as stack:
            before = self.steps_done
            observer = progress if callable(progress) else None
            if observer is None and progress:
                observer = _shown_by(stack.enter_context(bar(self.steps, True, "step", before)))
            writer = None if log is None else stack.enter_context(Log(log, before))

            def tell(told: Any, _: object) -> int:
                now = self._progress(told.contents)
                if writer is not None and not now.is_reading:
                    writer.write(now)
                return choice(observer(now) if observer else None, ACTIONS, "the result of progress")

            callback = stack.enter_context(Callback(_c.fs_training_callback, tell, _c.FS_CANCEL))
            settings.on_step = callback.c
            with self._at_work():
                status = function(self.handle, learned_from, ctypes.byref(settings))
        if status != _c.FS_OK:
            self._check(_c.FS_OK)  # what all_reduce raised
        callback.check(status)

    @property
    def all_reduce(self) -> Callable[[Floats], object] | None:
        """Makes training data-parallel: a function that is called once a step
        with float32 [numbers], and replaces the numbers in place by their mean
        over all processes that train together. None, the default, trains alone.

        The array is the library's memory: it must not be kept. What the
        function raises fails the step, in which nothing is learned then, and
        comes out of `step` or `run`."""
        return self._all_reduce

    @all_reduce.setter
    def all_reduce(self, function: Callable[[Floats], object] | None) -> None:
        if function is not None and not callable(function):
            raise wrong(function, "all_reduce", "a function or None")

        def share(numbers: Any, count: int, _: object) -> int:
            assert function is not None
            function(np.ctypeslib.as_array(numbers, (count,)))
            return _c.FS_OK

        # The old function is let go when C has the new one.
        bridge = None if function is None else Callback(_c.fs_all_reduce, share, _c.FS_CANCELLED)
        check(_c.fs_trainer_all_reduce_set(self.handle, _c.fs_all_reduce() if bridge is None else bridge.c, None))
        self._all_reduce, self._bridge = function, bridge

    def save(self, path: PathLike) -> None:
        """Writes a checkpoint: all that is needed to go on. The file is whole,
        or the old one, at any moment."""
        check(_c.fs_trainer_save(self.handle, text(path, "path")))

    def resume(self, path: PathLike) -> Trainer:
        """Goes on from a checkpoint of a trainer with the same architecture and
        options; another is refused, and then nothing is changed."""
        check(_c.fs_trainer_resume(self.handle, text(path, "path")))
        return self

    def save_model(
        self, path: PathLike, precision: str = "float16", *, threshold: float, note: str | None = None, licence: str | None = None,
        accuracy: str | None = None, source: str | None = None,
    ) -> None:
        """Writes the network as a model that `Model.open` and, if it embeds,
        `Embedder` take, in a `precision` of `Model.save`. An `Embedder` sees
        photos as the last `run` did: faces by their points, or whole photos.

        `threshold` is the distance up to which two faces are one person's. The
        other texts are kept in the file, for people: `installed_models` shows
        them."""
        numbers, threshold = choice(precision, PRECISIONS, "precision"), number(threshold, "threshold")
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        check(_c.fs_trainer_save_model(self.handle, text(path, "path"), numbers, threshold, ctypes.byref(words)))

    def close(self) -> None:
        """The same; a callback of the trainer's own gets an error."""
        if not self.closed and self._depth:
            raise ValueError("this Trainer is at work: a callback must not close it")
        super().close()

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        self._depth += 1
        try:
            with self._bridge or contextlib.nullcontext():
                yield
        finally:
            self._depth -= 1

    def _check(self, status: int) -> None:
        """Raises what `all_reduce` raised, else what C says."""
        if self._bridge is not None:
            self._bridge.check(status)
        check(status)

    def _pixels(self, pictures: Pixels | Iterable[Any]) -> Pixels:
        given = pictures if isinstance(pictures, np.ndarray) else items(pictures, "pictures", "pictures")
        array = np.asarray(given)
        if array.dtype != np.uint8:
            raise TypeError(f"pictures are {array.dtype}; expected uint8, 0 to 255")
        height, width = (side or "any" for side in (self.height, self.width))
        fits = array.ndim == 4 and array.shape[3] == 3 and height in ("any", array.shape[1]) and width in ("any", array.shape[2])
        if not fits:
            raise ValueError(f"pictures have shape {list(array.shape)}; expected [any, {height}, {width}, 3]")
        return np.ascontiguousarray(array)

    def _statistics(self, mining: Any) -> MiningStatistics | None:
        if self.loss.kind not in MINING:
            return None
        return MiningStatistics(mining.triplets, mining.active, mining.hardest_positive, mining.hardest_negative)

    def _progress(self, now: Any) -> TrainingProgress:
        is_reading = now.step == 0
        parts = None
        if isinstance(self.loss, DetectionLoss) and not is_reading:
            parts = DetectionParts._from(now.detection)
        return TrainingProgress(
            now.step, now.steps, now.epoch, now.photos, is_reading, now.loss, now.rate, now.gradient_norm,
            now.photos_per_second, None if is_reading else self._statistics(now.mining), parts, now.faces_per_second)

    def __repr__(self) -> str:
        return "<Trainer closed>" if self.closed else f"<Trainer {self.loss.kind}, step {self.steps_done} of {self.steps}>"


def _name_of_loss(loss: object) -> str:
    if not isinstance(loss, str):
        raise wrong(loss, "loss", "a name, or a Loss")
    return loss


def _shown_by(shown: Any) -> Callable[[TrainingProgress], None]:
    """Steps, loss and photos a second on one line."""

    def show(now: TrainingProgress) -> None:
        if now.is_reading:
            shown.set_description_str(f"{now.photos} photos read")
            return
        shown.set_description_str(f"loss {now.loss:.4f}, {now.photos_per_second:.0f} photos/s", refresh=False)
        shown.update(now.step - shown.n)

    return show
