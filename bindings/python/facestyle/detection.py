"""One-pass face detectors: their losses on NumPy arrays, and the scenes that they learn from.

    scenes = fs.Scenes().add("photos", "labels.json").add_backgrounds("without_faces")
    with fs.Trainer("yunet", loss="detection", optimiser="adamw", steps=50_000, average=0.999) as trainer:
        trainer.run_scenes(scenes, batch=16, checkpoint="my.checkpoint", checkpoint_every=500, progress=True)
        trainer.save_model("my.safetensors", threshold=0.5)

`labels.json` is {"photo.jpg": [[left, top, right, bottom, x1, y1, ..., x5, y5], ...], ...}, in pixels from the photo's top
left corner; the points may be missing.
"""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import choice, flag, floats, integer, items, number, pointer, text, wrong
from ._handle import Handle
from .augmentation import augmentation_settings
from .errors import check
from .image import Image
from .left_out import LeftOut

OVERLAPS = {
    "iou": _c.FS_OVERLAP_IOU, "giou": _c.FS_OVERLAP_GIOU, "diou": _c.FS_OVERLAP_DIOU, "ciou": _c.FS_OVERLAP_CIOU,
    "eiou": _c.FS_OVERLAP_EIOU,
}  # fmt: skip
POINT_LOSSES = {"smooth_l1": _c.FS_POINTS_SMOOTH_L1, "wing": _c.FS_POINTS_WING}
SCORE_LOSSES = {"cross_entropy": _c.FS_SCORES_CROSS_ENTROPY, "quality_focal": _c.FS_SCORES_QUALITY_FOCAL}
STRIDES = (8, 16, 32)
NUMBERS = 15  # of a cell
_SETTINGS = (
    "box_weight", "point_weight", "score_weight", "point_range", "point_bend", "focus", "quality", "centre_radius",
    "candidates", "overlap_cost",
)  # fmt: skip
_SCENE_NUMBERS = {"side": 32, "min_face": 0, "max_face": 0, "paste": 0, "mosaic": 0, "max_pasted": 32, "dark": 0}


@dataclass(frozen=True)
class SceneFace:
    """A face that a detector learns: `box` (left, top, right, bottom) and five `points` (x, y) or None, in pixels from the
    picture's top left corner. An `ignored` one is neither to be found nor to be missed."""

    box: tuple
    points: tuple | None = None
    ignored: bool = False


@dataclass(frozen=True)
class DetectionParts:
    """The parts of a detection loss, weighted: `box` + `points` + `score` is the loss. `faces` take part, `cells` learn
    them, and `overlap` is the mean IoU of these cells' boxes."""

    box: float
    points: float
    score: float
    faces: int
    cells: int
    overlap: float

    @classmethod
    def _from(cls, parts):
        return cls(parts.box, parts.points, parts.score, parts.faces, parts.cells, parts.overlap)


@dataclass(eq=False)
class DetectionValue:
    """The detection loss of a batch: `value`, its `parts`, and the `gradient` in the form of the cells, or None."""

    value: float
    parts: DetectionParts
    gradient: np.ndarray | None


def box_overlap(boxes, others, overlap="iou", gradient=False):
    """The overlaps [count] of boxes [count, 4] with others [count, 4], each left, top, right, bottom: "iou", "giou", "diou",
    "ciou" or "eiou". With `gradient` also their derivatives by the boxes, [count, 4]."""
    boxes, others = floats(boxes, (None, 4), "boxes"), floats(others, (None, 4), "others")
    if len(boxes) != len(others):
        raise ValueError(f"{len(boxes)} boxes and {len(others)} others; expected as many")
    values = np.empty(len(boxes), np.float32)
    slopes = np.empty_like(boxes) if flag(gradient, "gradient") else None
    check(
        _c.fs_box_overlap(
            choice(overlap, OVERLAPS, "overlap"), pointer(boxes), pointer(others), len(boxes), pointer(values), values.size,
            None if slopes is None else pointer(slopes), 0 if slopes is None else slopes.size))
    return values if slopes is None else (values, slopes)


def cell_count(width, height):
    """The cells of a picture, of all strides: a detector's answer is [cell_count, 15]."""
    width, height = integer(width, "width"), integer(height, "height")
    return sum((width // stride) * (height // stride) for stride in STRIDES)


class DetectionLoss:
    """The loss of a one-pass detector, with its settings: `overlap` one of `OVERLAPS`, `points` of `POINT_LOSSES`, `scores`
    of `SCORE_LOSSES`, and `box_weight`, `point_weight`, `score_weight`, `point_range`, `point_bend`, `focus`, `quality`,
    `centre_radius`, `candidates`, `overlap_cost`; the header has formulas, ranges and defaults."""

    kind = "detection"

    def __init__(self, overlap="eiou", points="smooth_l1", scores="cross_entropy", **settings):
        self._options = _c.fs_detection_options()
        check(_c.fs_detection_options_init(ctypes.byref(self._options), ctypes.sizeof(self._options)))
        self._options.overlap = choice(overlap, OVERLAPS, "overlap")
        self._options.points = choice(points, POINT_LOSSES, "points")
        self._options.score = choice(scores, SCORE_LOSSES, "scores")
        for name, value in settings.items():
            if name not in _SETTINGS:
                raise TypeError(f"DetectionLoss() has no setting {name!r}; there are {', '.join(_SETTINGS)}")
            whole = name == "candidates"
            setattr(self._options, name, integer(value, name) if whole else number(value, name))
        self.assign(np.zeros((cell_count(32, 32), NUMBERS)), [], 32, 32)  # a setting out of its range is told here

    def __repr__(self):
        return f"DetectionLoss({', '.join(f'{name}={getattr(self._options, name):.6g}' for name in _SETTINGS)})"

    def assign(self, cells, faces, width, height):
        """Which of `faces`, a list of `SceneFace`, each cell of a picture learns: int32 [cells], -1 for none, -2 in an
        ignored face. `cells` [cell_count(width, height), 15]: those of stride 8 row by row, of 16, of 32."""
        width, height = integer(width, "width"), integer(height, "height")
        numbers = floats(cells, (cell_count(width, height), NUMBERS), "cells")
        given, _ = faces_as_c([items(faces, "faces", "SceneFace objects")])
        assigned = np.empty(len(numbers), np.int32)
        check(
            _c.fs_detection_assign(
                ctypes.byref(self._options), pointer(numbers), width, height, given, len(given),
                pointer(assigned, ctypes.c_int32), assigned.size))
        return assigned

    def __call__(self, cells, faces, width, height, *, gradient=True):
        """The loss of a batch: `cells` [pictures, cell_count(width, height), 15], `faces` a list of `SceneFace` for each."""
        width, height = integer(width, "width"), integer(height, "height")
        numbers = floats(cells, (None, cell_count(width, height), NUMBERS), "cells")
        lists = [items(some, f"faces[{i}]", "SceneFace objects") for i, some in enumerate(items(faces, "faces", "lists"))]
        if len(lists) != len(numbers):
            raise ValueError(f"faces of {len(lists)} pictures; expected {len(numbers)}")
        given, counts = faces_as_c(lists)
        parts = _c.fs_detection_parts()
        slopes = np.empty_like(numbers) if flag(gradient, "gradient") else None
        check(
            _c.fs_detection_loss(
                ctypes.byref(self._options), pointer(numbers), len(numbers), width, height, given, counts,
                ctypes.byref(parts), None if slopes is None else pointer(slopes), 0 if slopes is None else slopes.size))
        found = DetectionParts._from(parts)
        return DetectionValue(found.box + found.points + found.score, found, slopes)


def faces_as_c(lists):
    """The faces of all pictures and their counts, as C takes them."""
    counts = (ctypes.c_size_t * len(lists))(*(len(faces) for faces in lists))
    given = (_c.fs_scene_face * sum(counts))()
    for i, (place, face) in enumerate(zip(given, (face for faces in lists for face in faces))):
        if not isinstance(face, SceneFace):
            raise wrong(face, f"faces[{i}]", "a SceneFace")
        place.left, place.top, place.right, place.bottom = floats(face.box, (4,), "box")
        if face.points is not None:
            place.points[:] = floats(np.reshape(face.points, -1), (10,), "points")
            place.has_points = 1
        place.ignored = int(face.ignored)
    return given, counts


class Scenes(Handle):
    """Photos with labelled faces, and photos without faces, to learn from; `len()` says how many have faces. Methods that
    add return the object itself."""

    _destroy = _c.fs_scenes_destroy

    def __init__(self):
        out = ctypes.POINTER(_c.fs_scenes)()
        check(_c.fs_scenes_create(ctypes.byref(out)))
        super().__init__(out)

    def add(self, folder, labels):
        """Adds the photos of a JSON file, {"photo.jpg": [face, ...], ...}, names relative to `folder`. A face is [left, top,
        right, bottom], the same followed by x, y of five points, or {"box": [...], "landmarks": [[x, y], ...],
        "ignore": 1}. A photo with an empty list has no faces."""
        check(_c.fs_scenes_add(self.handle, text(folder, "folder"), text(labels, "labels")))
        return self

    def add_backgrounds(self, folder):
        """Adds the photos of a flat folder, none of which shows a face."""
        check(_c.fs_scenes_add_backgrounds(self.handle, text(folder, "folder")))
        return self

    def keep(self, first, count):
        """Keeps the photos with faces number `first` to `first + count - 1` alone, in the order of their files."""
        check(_c.fs_scenes_keep(self.handle, integer(first, "first", 64), integer(count, "count", 64)))
        return self

    def __len__(self):
        return _c.fs_scenes_count(self.handle)

    def __bool__(self):
        return True  # an empty set is a set

    @property
    def backgrounds(self):
        """How many photos without faces there are."""
        return _c.fs_scenes_background_count(self.handle)

    @property
    def left_out(self):
        """What was left out so far, a list of `LeftOut`."""
        return LeftOut._list(self.handle, _c.fs_scenes_left_out_count, _c.fs_scenes_left_out)

    def compose(self, step=0, index=0, seed=1, augmentation=None, **options):
        """Picture number `index` of a step, as a training with this seed sees it, and its faces: an `Image` and a list of
        `SceneFace`. Options as of `Trainer.run_scenes`; reads all photos."""
        settings = scene_settings(options, augmentation)
        if options:
            raise TypeError(f"compose() has no option {next(iter(options))!r}; there are {', '.join(_SCENE_NUMBERS)}")
        faces, count = (_c.fs_scene_face * 4096)(), ctypes.c_size_t()

        def make(out):
            return _c.fs_scenes_compose(
                self.handle, ctypes.byref(settings), integer(seed, "seed", 64), integer(step, "step"),
                integer(index, "index"), out, faces, len(faces), ctypes.byref(count))

        image = Image._make(make)
        return image, [_scene_face(face) for face in faces[: min(count.value, len(faces))]]

    def __repr__(self):
        return "<Scenes closed>" if self.closed else f"<Scenes: {len(self)} with faces, {self.backgrounds} without>"


def _scene_face(face):
    points = None
    if face.has_points:
        points = tuple((face.points[2 * k], face.points[2 * k + 1]) for k in range(5))
    return SceneFace((face.left, face.top, face.right, face.bottom), points, bool(face.ignored))


def scene_settings(options, augmentation):
    """Takes the options of scenes out of `options`: an fs_scene_options."""
    settings = _c.fs_scene_options()
    check(_c.fs_scene_options_init(ctypes.byref(settings), ctypes.sizeof(settings)))
    for name, bits in _SCENE_NUMBERS.items():
        if (value := options.pop(name, None)) is not None:
            setattr(settings, name, integer(value, name, bits) if bits else number(value, name))
    if isinstance(augmentation, str):
        augmentation = augmentation_settings(augmentation)
    if augmentation is not None:
        if not isinstance(augmentation, _c.fs_augmentation):
            raise wrong(augmentation, "augmentation", "a strength, or what augmentation_settings() returns")
        settings.augmentation = ctypes.pointer(augmentation)
    return settings
