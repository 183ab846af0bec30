"""Training: a network for faces that learns from photos, or step by step from arrays.

    people = fs.Photos().add_people("celebrities", landmarks="points.json")
    with fs.Trainer("nn4.small2", loss="semi_hard", steps=5000) as trainer:
        trainer.run(people, batch=64, checkpoint="my.checkpoint", checkpoint_every=500, log="my.jsonl", progress=True)
        trainer.save_model("my.safetensors", threshold=0.9)

A run that was interrupted goes on where its checkpoint was written, with the very bits that it would have had: make the
same Trainer, `resume("my.checkpoint")`, and call the same `run`.
"""

import contextlib
import ctypes
import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from . import _c
from ._convert import choice, flag, floats, handle, integer, items, number, optional, pointer, text, wrong
from ._handle import Handle
from .augmentation import augmentation_settings
from .detection import DetectionLoss, DetectionParts, Scenes, faces_as_c, scene_settings
from .errors import check
from .left_out import LeftOut
from .losses import Loss, MiningStatistics
from .model import Model, texts_as_c

OPTIMISERS = {"sgd": _c.FS_SGD, "adam": _c.FS_ADAM, "adamw": _c.FS_ADAMW, "rmsprop": _c.FS_RMSPROP}
SCHEDULES = {
    "constant": _c.FS_SCHEDULE_CONSTANT, "step": _c.FS_SCHEDULE_STEP, "cosine": _c.FS_SCHEDULE_COSINE,
    "one-cycle": _c.FS_SCHEDULE_ONE_CYCLE, "cyclical": _c.FS_SCHEDULE_CYCLICAL,
}  # fmt: skip
# Options that are numbers: how many bits an integer has, 0 for a fraction.
_TRAINER_NUMBERS = {
    "classes": 32, "steps": 32, "warm_up": 32, "seed": 64, "rate": 0, "momentum": 0, "weight_decay": 0,
    "longest_gradient": 0, "average": 0,
}  # fmt: skip
_RUN_NUMBERS = {"batch": 32, "photos_of_person": 32, "checkpoint_every": 32, "memory_limit": 64, "seed": 64}
_SCENE_RUN_NUMBERS = {"batch": 32, "checkpoint_every": 32, "memory_limit": 64, "seed": 64}
_RUN_FILES = ("pairs", "triplets", "checkpoint")
_ACTIONS = {None: _c.FS_CONTINUE, "finish": _c.FS_FINISH, "cancel": _c.FS_CANCEL}
_MINING = ("batch_hard", "semi_hard", "all_triplets")


class Photos(Handle):
    """Photos to learn from; `len()` says how many. Methods that add return the object itself."""

    _destroy = _c.fs_photos_destroy

    def __init__(self):
        out = ctypes.POINTER(_c.fs_photos)()
        check(_c.fs_photos_create(ctypes.byref(out)))
        super().__init__(out)

    def add_people(self, folder, landmarks=None, points=None):
        """Adds a folder of people: each folder inside is a person, the pictures in it are the person's photos.

        `landmarks` is a JSON file, {"Ann/1.jpg": [[x, y] five times], ...}; `points` [5, 2] hold for all photos of the
        folder. Without either, whole photos are learned from. What is no photo is in `left_out`."""
        return self._add(_c.fs_photos_add_people, folder, landmarks, points)

    def add_folder(self, folder, landmarks=None, points=None):
        """Adds a flat folder, photos of nobody in particular: for a loss that has a teacher."""
        return self._add(_c.fs_photos_add_folder, folder, landmarks, points)

    def add_strangers(self, folder, landmarks=None, points=None):
        """Adds a flat folder whose photos are each of a person of its own, whom no other photo shows: for a loss of
        strangers, who are kept apart though nobody's name is known."""
        return self._add(_c.fs_photos_add_strangers, folder, landmarks, points)

    def _add(self, function, folder, landmarks, points):
        file = None if landmarks is None else text(landmarks, "landmarks")
        places = None if points is None else floats(points, (5, 2), "points")
        check(function(self.handle, text(folder, "folder"), file, None if places is None else pointer(places)))
        return self

    def keep_people(self, first, count):
        """Keeps people number `first` to `first + count - 1`, in the order of their names, and their photos alone."""
        check(_c.fs_photos_keep_people(self.handle, integer(first, "first", 64), integer(count, "count", 64)))
        return self

    def __len__(self):
        return _c.fs_photos_count(self.handle)

    def __bool__(self):
        return True  # an empty set is a set

    @property
    def people(self):
        """How many people there are."""
        return _c.fs_photos_person_count(self.handle)

    @property
    def left_out(self):
        """What was left out so far, when photos were added and when they were read for a training: a list of `LeftOut`."""
        return LeftOut._list(self.handle, _c.fs_photos_left_out_count, _c.fs_photos_left_out)

    def __repr__(self):
        return "<Photos closed>" if self.closed else f"<Photos: {len(self)} of {self.people} people>"


@dataclass(frozen=True)
class TrainingStep:
    """What a step did: `loss`, the `rate` it took, the length of all gradients before it was shortened, what mining
    found, for a loss that mines, and the parts of a detector's loss."""

    loss: float
    rate: float
    gradient_norm: float
    statistics: MiningStatistics | None = None
    detection: DetectionParts | None = None


@dataclass(frozen=True)
class TrainingProgress:
    """What `run` tells: `step` of `steps` done, in `epoch` (from 0), and what this step did; `photos` is how many there are
    to learn from. While photos are read, before the first step (`is_reading`), it counts them, and all others are 0."""

    step: int
    steps: int
    epoch: int
    photos: int
    is_reading: bool
    loss: float
    rate: float
    gradient_norm: float
    photos_per_second: float
    statistics: MiningStatistics | None = None
    detection: DetectionParts | None = None
    faces_per_second: float = 0.0


class Trainer(Handle):
    """Trains one network with one loss, optimiser and schedule.

    `architecture` is one of `architectures()` that embeds faces ("nn4.small2" unless `start` says another), `loss` a name
    of `facestyle.losses.KINDS` or a `Loss` with its settings, for a one-pass detector "detection" or a `DetectionLoss`,
    `start` a `Model` whose weights are the first ones; without
    it they are random, by `seed`. `optimiser` is "sgd", "adam", "adamw" or "rmsprop", `schedule` "constant", "step",
    "cosine", "one-cycle" or "cyclical", over `steps` steps up to `rate`.

    Further options, each with the library's default when it is not given: `classes` (people, for a classifier),
    `warm_up`, `momentum`, `weight_decay`, `longest_gradient`, `average` (of a running average of the weights, which is
    what is saved), `seed`; the header explains them.

    One thread at a time uses a trainer; a second one, and a callback of the trainer's own, get a `FaceStyleError`.
    """

    _destroy = _c.fs_trainer_destroy

    def __init__(self, architecture=None, loss="semi_hard", optimiser="adam", schedule="one-cycle", *, start=None, **options):
        if not isinstance(loss, (Loss, DetectionLoss)):
            loss = DetectionLoss() if _name_of_loss(loss) == DetectionLoss.kind else Loss(loss)
        self.loss = loss
        first = optional(start, Model, "start")
        settings = _c.fs_trainer_options()
        check(_c.fs_trainer_options_init(ctypes.byref(settings), ctypes.sizeof(settings)))
        if architecture is None and start is not None:
            architecture = start.architecture
        if architecture is not None:
            settings.architecture = text(architecture, "architecture")
        if isinstance(loss, DetectionLoss):
            settings.detection = ctypes.pointer(loss._options)
        else:
            settings.loss = ctypes.pointer(loss._options)
        settings.optimiser = choice(optimiser, OPTIMISERS, "optimiser")
        settings.schedule = choice(schedule, SCHEDULES, "schedule")
        _fill(settings, options, _TRAINER_NUMBERS, "a Trainer")
        out = ctypes.POINTER(_c.fs_trainer)()
        check(_c.fs_trainer_create(ctypes.byref(out), ctypes.byref(settings), first))
        super().__init__(out)
        info = self._info()
        self.height, self.width, self.dimension = info.height, info.width, info.dimension
        self.parameters, self.steps = info.parameters, info.steps
        self._all_reduce, self._bridge = None, None
        self._raised, self._depth = [], 0

    def _info(self):
        info = _c.fs_trainer_info(size=ctypes.sizeof(_c.fs_trainer_info))
        check(_c.fs_trainer_info_get(self.handle, ctypes.byref(info)))
        return info

    @property
    def steps_done(self):
        """Of `steps`."""
        return self._info().step

    def step(self, pictures, labels=None, *, teacher=None, faces=None):
        """One step on `pictures`, uint8 [count, height, width, 3], R, G, B, faces aligned as `Embedder.align` does; a
        `TrainingStep` is returned.

        `labels` and `teacher` [count, dimension] are what the loss wants, see `Loss`; a detector's wants `faces`, a list
        of `SceneFace` for each picture, whose sides are multiples of 32. When it fails nothing is learned.
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
        if teacher is not None or self.loss.kind in ("distillation", "teacher_distance"):
            taught = self.loss._teacher(teacher, np.empty((len(pixels), self.dimension), np.float32))
        report = _c.fs_training_step(size=ctypes.sizeof(_c.fs_training_step))
        with self._at_work():
            status = _c.fs_trainer_step(
                self.handle, pointer(pixels, ctypes.c_uint8), len(pixels),
                None if people is None else pointer(people, ctypes.c_int32), None if taught is None else pointer(taught),
                ctypes.byref(report))
        self._check(status)
        return TrainingStep(report.loss, report.rate, report.gradient_norm, self._statistics(report.mining))

    def _step_faces(self, pictures, faces):
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

    def embed(self, pictures):
        """What the network answers so far to `pictures` as in `step`: float32 [count, dimension]."""
        pixels = self._pixels(pictures)
        answer = np.empty((len(pixels), self.dimension), np.float32)
        with self._at_work():
            status = _c.fs_trainer_embed(
                self.handle, pointer(pixels, ctypes.c_uint8), len(pixels), pointer(answer), answer.size)
        check(status)
        return answer

    def run(self, photos, *, progress=False, log=None, augmentation=None, teacher=None, **options):
        """Trains on `photos` until the trainer's steps are done.

        - `progress`: True for a bar with loss and photos a second (where tqdm is installed), or a function that is called
          with a `TrainingProgress` while photos are read and after each step. It returns None to go on, "finish" to end
          the run, or "cancel" for a `Cancelled`. What it raises cancels the run and comes out of
          `run`, Ctrl-C too; what was learned stays.
        - `log`: a file that gets a line of JSON a step, for `plots.losses`. After `resume` it is gone on with.
        - `augmentation`: "none", "standard" (the default), "strong", or what `augmentation_settings()` returns.
        - `teacher`: a `Model`, for a loss that has one.

        Further options, each with the library's default when it is not given: `batch` (photos a step),
        `photos_of_person` (in a batch of a loss that mines), `pairs`, `triplets` (files with lists of photos),
        `checkpoint` (the file to keep one in), `checkpoint_every` (steps), `memory_limit` (bytes), `seed` (of the photos'
        order and of augmentation).
        """
        settings = _c.fs_training_options()
        check(_c.fs_training_options_init(ctypes.byref(settings), ctypes.sizeof(settings)))
        for name in _RUN_FILES:
            if (path := options.pop(name, None)) is not None:
                setattr(settings, name, text(path, name))
        _fill(settings, options, _RUN_NUMBERS, "run()")
        if isinstance(augmentation, str):
            augmentation = augmentation_settings(augmentation)
        if augmentation is not None:
            if not isinstance(augmentation, _c.fs_augmentation):
                raise wrong(augmentation, "augmentation", "a strength, or what augmentation_settings() returns")
            settings.augmentation = ctypes.pointer(augmentation)
        if teacher is not None:
            settings.teacher = handle(teacher, Model, "teacher")
        learned_from = handle(photos, Photos, "photos")
        self._run(_c.fs_trainer_run, learned_from, settings, progress, log)

    def run_scenes(self, scenes, *, progress=False, log=None, augmentation=None, **options):
        """Trains a detector on `scenes`, a `Scenes`, until the trainer's steps are done; `progress`, `log` and `augmentation`
        as in `run`.

        Further options, each with the library's default when it is not given: `batch` (pictures a step), `side` (of the
        pictures), `min_face` (pixels), `max_face` (in sides), `paste`, `mosaic`, `dark` (probabilities), `max_pasted`,
        `checkpoint` (the file to keep one in), `checkpoint_every` (steps), `memory_limit` (bytes), `seed`; the header
        explains them.
        """
        settings = _c.fs_detector_training_options()
        check(_c.fs_detector_training_options_init(ctypes.byref(settings), ctypes.sizeof(settings)))
        composed = scene_settings(options, augmentation)
        settings.scenes = ctypes.pointer(composed)
        if (path := options.pop("checkpoint", None)) is not None:
            settings.checkpoint = text(path, "checkpoint")
        _fill(settings, options, _SCENE_RUN_NUMBERS, "run_scenes()")
        self._run(_c.fs_trainer_run_scenes, handle(scenes, Scenes, "scenes"), settings, progress, log)

    def _run(self, function, learned_from, settings, progress, log):
        if log is not None:
            text(log, "log")
        if not callable(progress):
            flag(progress, "progress")

        with contextlib.ExitStack() as stack:
            before = self.steps_done
            observer = progress if callable(progress) else None
            if observer is None and progress:
                observer = stack.enter_context(_Bar(self.steps, before)).show
            writer = None if log is None else stack.enter_context(_Log(log, before))

            def bridge(told, _):
                try:
                    now = self._progress(told.contents)
                    if writer is not None and not now.is_reading:
                        writer.write(now)
                    return choice(observer(now) if observer else None, _ACTIONS, "the result of progress")
                except BaseException as error:  # nothing may pass through C
                    self._raised.append(error)
                    return _c.FS_CANCEL

            callback = _c.fs_training_callback(bridge)  # this name holds it until the call is over
            settings.on_step = callback
            with self._at_work():
                status = function(self.handle, learned_from, ctypes.byref(settings))
        self._check(status)

    @property
    def all_reduce(self):
        """Makes training data-parallel: a function that is called once a step with a float32 array, and replaces its numbers
        in place by their mean over all processes that train together. None, the default, trains alone.

        The array is the library's memory: it must not be kept. What the function raises fails the step, in which nothing
        is learned then, and comes out of `step` or `run`."""
        return self._all_reduce

    @all_reduce.setter
    def all_reduce(self, function):
        if function is not None and not callable(function):
            raise wrong(function, "all_reduce", "a function or None")

        def bridge(numbers, count, _):
            try:
                function(np.ctypeslib.as_array(numbers, (count,)))
                return _c.FS_OK
            except BaseException as error:  # nothing may pass through C
                self._raised.append(error)
                return _c.FS_CANCELLED

        # The old function is let go when C has the new one.
        callback = _c.fs_all_reduce(bridge) if function is not None else _c.fs_all_reduce()
        check(_c.fs_trainer_all_reduce_set(self.handle, callback, None))
        self._all_reduce, self._bridge = function, callback

    def save(self, path):
        """Writes a checkpoint: all that is needed to go on. The file is whole, or the old one, at any moment."""
        check(_c.fs_trainer_save(self.handle, text(path, "path")))

    def resume(self, path):
        """Goes on from a checkpoint of a trainer with the same architecture and options; another is refused, and then
        nothing is changed."""
        check(_c.fs_trainer_resume(self.handle, text(path, "path")))
        return self

    def save_model(self, path, half=True, *, threshold, note=None, licence=None, accuracy=None, source=None):
        """Writes the network as a model that `Model.open` and, if it embeds, `Embedder` take, in half precision or in single. An
        `Embedder` sees photos as the last `run` did: faces by their points, or whole photos.

        `threshold` is the distance up to which two faces are one person's. The other texts are kept in the file, for people:
        `installed_models` shows them."""
        precision, threshold = _c.FS_FLOAT16 if flag(half, "half") else _c.FS_FLOAT32, number(threshold, "threshold")
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        check(_c.fs_trainer_save_model(self.handle, text(path, "path"), precision, threshold, ctypes.byref(words)))

    def close(self):
        if not self.closed and getattr(self, "_depth", 0):
            raise ValueError("this Trainer is at work: a callback must not close it")
        super().close()

    @contextlib.contextmanager
    def _at_work(self):
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def _check(self, status):
        """Raises what a callback raised, else what C says."""
        if status != _c.FS_OK and self._raised:
            error = self._raised[0]
            self._raised.clear()
            raise error
        check(status)

    def _pixels(self, pictures):
        if not isinstance(pictures, np.ndarray):
            pictures = [p.to_array() if hasattr(p, "to_array") else p for p in items(pictures, "pictures", "pictures")]
        array = np.asarray(pictures)
        if array.dtype != np.uint8:
            raise TypeError(f"pictures are {array.dtype}; expected uint8, 0 to 255")
        height, width = (side or "any" for side in (self.height, self.width))
        fits = array.ndim == 4 and array.shape[3] == 3 and height in ("any", array.shape[1]) and width in ("any", array.shape[2])
        if not fits:
            raise ValueError(f"pictures have shape {list(array.shape)}; expected [any, {height}, {width}, 3]")
        return np.ascontiguousarray(array)

    def _statistics(self, mining):
        if self.loss.kind not in _MINING:
            return None
        return MiningStatistics(mining.triplets, mining.active, mining.hardest_positive, mining.hardest_negative)

    def _progress(self, now):
        is_reading = now.step == 0
        parts = None
        if isinstance(self.loss, DetectionLoss) and not is_reading:
            parts = DetectionParts._from(now.detection)
        return TrainingProgress(
            now.step, now.steps, now.epoch, now.photos, is_reading, now.loss, now.rate, now.gradient_norm,
            now.photos_per_second, None if is_reading else self._statistics(now.mining), parts, now.faces_per_second)

    def __repr__(self):
        return "<Trainer closed>" if self.closed else f"<Trainer {self.loss.kind}, step {self.steps_done} of {self.steps}>"


def _name_of_loss(loss):
    if not isinstance(loss, str):
        raise wrong(loss, "loss", "a name, or a Loss")
    return loss


def _fill(settings, options, numbers, what):
    for name, value in options.items():
        if name not in numbers:
            raise TypeError(f"'{name}' is not an option of {what}; there are {', '.join(numbers)}")
        if value is not None:
            setattr(settings, name, integer(value, name, numbers[name]) if numbers[name] else number(value, name))


class _Bar:
    """Steps, loss and photos a second on one line; nothing where tqdm is not installed."""

    def __init__(self, steps, done):
        try:
            from tqdm import tqdm
        except ImportError:
            self.bar = None
            return
        self.bar = tqdm(total=steps, initial=done, ncols=100, unit="step")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.close()

    def show(self, now):
        if self.bar is None:
            return
        if now.is_reading:
            self.bar.set_description_str(f"{now.photos} photos read")
            return
        self.bar.set_description_str(f"loss {now.loss:.4f}, {now.photos_per_second:.0f} photos/s", refresh=False)
        self.bar.update(now.step - self.bar.n)


class _Log:
    """Lines of JSON, as `plots.read_log` takes them: "step", "loss", "rate", "gradient_norm", "images_per_second", "epoch",
    of a loss that mines "triplets" and "active", of a detector "box", "points", "score", "faces", "cells" and "overlap"."""

    def __init__(self, path, done):
        path, kept = Path(os.fsdecode(path)), []
        # Of a training that was interrupted behind its checkpoint, the steps that are done again go.
        if done and path.exists():
            kept = [line for line in path.read_text().splitlines() if _step_of(line) <= done]
        self.file = open(path, "w", encoding="utf-8", buffering=1)
        self.file.writelines(line + "\n" for line in kept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, now):
        row = {
            "step": now.step, "loss": now.loss, "rate": now.rate, "gradient_norm": now.gradient_norm,
            "images_per_second": round(now.photos_per_second, 2), "epoch": now.epoch,
        }  # fmt: skip
        if now.statistics is not None:
            row.update(triplets=now.statistics.triplets, active=now.statistics.active)
        if now.detection is not None:
            row.update(asdict(now.detection))
        self.file.write(json.dumps(row) + "\n")


def _step_of(line):
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return math.inf  # a line that was cut off
