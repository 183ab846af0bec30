"""One-pass face detectors: their losses on NumPy arrays, and the scenes that they learn from.

    scenes = fs.Scenes().add("photos", "labels.json").add_backgrounds("without_faces")
    with fs.Trainer("yunet", loss="detection", optimizer="adamw", steps=50_000, average=0.999) as trainer:
        trainer.run_scenes(scenes, batch=16, checkpoint="my.checkpoint", checkpoint_every=500, progress=True)
        trainer.save_model("my.safetensors", threshold=0.5)

`labels.json` is {"photo.jpg": [[left, top, right, bottom, x1, y1, ..., x5, y5], ...], ...}, in pixels from the photo's top
left corner; the points may be missing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict, overload

import numpy as np

from . import _c
from ._convert import choice, flag, floats, integer, items, pointer, text, wrong
from ._handle import Handle
from ._options import defaults, fill, named, takes, written
from ._types import ArrayLike, Floats, Integers, PathLike
from .augmentation import set_augmentation
from .errors import check
from .image import Image
from .left_out import LeftOut

if TYPE_CHECKING:
    from typing_extensions import Unpack

OVERLAPS = {
    "iou": _c.FS_OVERLAP_IOU, "giou": _c.FS_OVERLAP_GIOU, "diou": _c.FS_OVERLAP_DIOU, "ciou": _c.FS_OVERLAP_CIOU,
    "eiou": _c.FS_OVERLAP_EIOU,
}  # fmt: skip
POINT_LOSSES = {"smooth-l1": _c.FS_POINTS_SMOOTH_L1, "wing": _c.FS_POINTS_WING}
SCORE_LOSSES = {"cross-entropy": _c.FS_SCORES_CROSS_ENTROPY, "quality-focal": _c.FS_SCORES_QUALITY_FOCAL}
STRIDES = (8, 16, 32)
NUMBERS = 15  # of a cell


class SceneOptions(TypedDict, total=False):
    """How scenes are composed. Probabilities are 0 to 1; None is the
    library's default.

    - `side`: of the pictures, in pixels, a multiple of 32, 32 to 2048
      (320).
    - `min_face`: smaller faces, by the root of their area in pixels, are
      ignored, 1 to 1024 (8).
    - `max_face`: the largest face that is looked for, in sides, 0.1 to 2
      (0.9).
    - `paste`, `max_pasted`: probability of faces set into a photo, and the
      most of them, 1 to 64 (0.3, 6).
    - `mosaic`: probability of four scenes in one; with `paste` at most 1
      (0.2).
    - `dark`: probability of a dark picture (0.12).
    """

    side: int | None
    min_face: float | None
    max_face: float | None
    paste: float | None
    mosaic: float | None
    max_pasted: int | None
    dark: float | None


@dataclass(frozen=True)
class SceneFace:
    """A face that a detector learns: `box` (left, top, right, bottom) and
    five `points` (x, y) or None, in pixels from the picture's top left
    corner. An `ignored` one is neither to be found nor to be missed."""

    box: tuple[float, float, float, float]
    points: Sequence[tuple[float, float]] | None = None
    ignored: bool = False


@dataclass(frozen=True)
class DetectionParts:
    """The parts of a detection loss, weighted: `box` + `points` + `score`
    is the loss. `faces` take part, `cells` learn them, and `overlap` is the
    mean IoU of these cells' boxes."""

    box: float
    points: float
    score: float
    faces: int
    cells: int
    overlap: float

    @classmethod
    def _from(cls, parts: _c.fs_detection_parts) -> DetectionParts:
        return cls(parts.box, parts.points, parts.score, parts.faces, parts.cells, parts.overlap)


@dataclass(eq=False)
class DetectionValue:
    """The detection loss of a batch: `value`, its `parts`, and the
    `gradient` in the form of the cells, or None."""

    value: float
    parts: DetectionParts
    gradient: Floats | None


@overload
def box_overlap(boxes: ArrayLike, others: ArrayLike, overlap: str = ..., gradient: Literal[False] = ...) -> Floats: ...


@overload
def box_overlap(
    boxes: ArrayLike, others: ArrayLike, overlap: str = ..., *, gradient: Literal[True]
) -> tuple[Floats, Floats]: ...


def box_overlap(
    boxes: ArrayLike, others: ArrayLike, overlap: str = "iou", gradient: bool = False
) -> Floats | tuple[Floats, Floats]:
    """The overlaps, float32 [count], of boxes [count, 4] with others
    [count, 4], each left, top, right, bottom: "iou", "giou", "diou", "ciou"
    or "eiou". With `gradient` also their derivatives by the boxes, [count,
    4]."""
    first, second = floats(boxes, (None, 4), "boxes"), floats(others, (None, 4), "others")
    if len(first) != len(second):
        raise ValueError(f"{len(first)} boxes and {len(second)} others; expected as many")
    values = np.empty(len(first), np.float32)
    slopes = np.empty_like(first) if flag(gradient, "gradient") else None
    check(
        _c.fs_box_overlap(
            choice(overlap, OVERLAPS, "overlap"), pointer(first), pointer(second), len(first), pointer(values), values.size,
            None if slopes is None else pointer(slopes), 0 if slopes is None else slopes.size))
    return values if slopes is None else (values, slopes)


def cell_count(width: int, height: int) -> int:
    """The cells of a picture of so many pixels, of all strides: a
    detector's answer is [cell_count, 15]."""
    width, height = integer(width, "width"), integer(height, "height")
    return sum((width // stride) * (height // stride) for stride in STRIDES)


class DetectionLoss:
    """The loss of a one-pass detector. None is the library's default:

    - `overlap`: of a box with its face: "iou", "giou", "diou", "ciou" or
      "eiou" ("eiou").
    - `points`: of the five points: "smooth-l1" or "wing" ("smooth-l1").
    - `scores`: "cross-entropy" or "quality-focal" ("cross-entropy").
    - `box_weight`, `point_weight`, `score_weight`: of the three parts, 0 or
      more (5, 10, 1).
    - `point_range`, `point_bend`: of the points' loss, in sizes of the
      face, 0.001 to 10 (0.1, 0.02).
    - `focus`: of the quality focal loss, 1 to 8 (2).
    - `quality`: how much of a cell's score is its overlap, 0 to 1 (0.5).
    - `centre_radius`: half the side of the square around a face's centre
      whose cells may learn it, in strides, 0.5 to 100 (2.5).
    - `candidates`: the most cells of a face, 1 to 100 (10).
    - `overlap_cost`: the weight of -log(IoU) when cells are chosen, 0 or
      more (3).

    Formulas are in facestyle.h."""

    kind = "detection"

    def __init__(
        self, overlap: str | None = None, points: str | None = None, scores: str | None = None, *, box_weight: float | None = None,
        point_weight: float | None = None, score_weight: float | None = None, point_range: float | None = None,
        point_bend: float | None = None, focus: float | None = None, quality: float | None = None,
        centre_radius: float | None = None, candidates: int | None = None, overlap_cost: float | None = None,
    ) -> None:  # fmt: skip
        self._options = defaults(_c.fs_detection_options, _c.fs_detection_options_init)
        fill(
            self._options, {"overlap": OVERLAPS, "points": POINT_LOSSES}, overlap=overlap, points=points, box_weight=box_weight,
            point_weight=point_weight, score_weight=score_weight, point_range=point_range, point_bend=point_bend, focus=focus,
            quality=quality, centre_radius=centre_radius, candidates=candidates, overlap_cost=overlap_cost)
        if scores is not None:
            self._options.score = choice(scores, SCORE_LOSSES, "scores")
        self.assign(np.zeros((cell_count(32, 32), NUMBERS)), [], 32, 32)  # a setting out of its range is told here

    def __repr__(self) -> str:
        return f"DetectionLoss({written(self._options, ('size', 'overlap', 'points', 'score'))})"

    def assign(self, cells: ArrayLike, faces: Iterable[SceneFace], width: int, height: int) -> Integers:
        """Which of `faces`, a list of `SceneFace`, each cell of a picture
        learns: int32 [cells], -1 for none, -2 in an ignored face. `cells`
        [cell_count(width, height), 15]: those of stride 8 row by row, of 16, of
        32."""
        width, height = integer(width, "width"), integer(height, "height")
        numbers = floats(cells, (cell_count(width, height), NUMBERS), "cells")
        given, _ = faces_as_c([items(faces, "faces", "SceneFace objects")])
        assigned = np.empty(len(numbers), np.int32)
        check(
            _c.fs_detection_assign(
                ctypes.byref(self._options), pointer(numbers), width, height, given, len(given),
                pointer(assigned, ctypes.c_int32), assigned.size))
        return assigned

    def __call__(
        self, cells: ArrayLike, faces: Iterable[Iterable[SceneFace]], width: int, height: int, *, gradient: bool = True
    ) -> DetectionValue:
        """The loss of a batch: `cells` [pictures, cell_count(width, height),
        15], `faces` a list of `SceneFace` for each."""
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


def faces_as_c(lists: list[list[SceneFace]]) -> tuple[Any, Any]:
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
    """Photos with labelled faces, and photos without faces, to learn from;
    `len()` says how many have faces. Methods that add return the object
    itself."""

    _destroy = _c.fs_scenes_destroy

    def __init__(self) -> None:
        out = ctypes.POINTER(_c.fs_scenes)()
        check(_c.fs_scenes_create(ctypes.byref(out)))
        super().__init__(out)

    def add(self, folder: PathLike, labels: PathLike) -> Scenes:
        """Adds the photos of a JSON file, {"photo.jpg": [face, ...], ...},
        names relative to `folder`. A face is [left, top, right, bottom], the
        same followed by x, y of five points, or {"box": [...], "landmarks":
        [[x, y], ...], "ignore": 1}. A photo with an empty list has no faces."""
        check(_c.fs_scenes_add(self.handle, text(folder, "folder"), text(labels, "labels")))
        return self

    def add_backgrounds(self, folder: PathLike) -> Scenes:
        """Adds the photos of a flat folder, none of which shows a face."""
        check(_c.fs_scenes_add_backgrounds(self.handle, text(folder, "folder")))
        return self

    def keep(self, first: int, count: int) -> Scenes:
        """Keeps the photos with faces number `first` to `first + count - 1`
        alone, in the order of their files."""
        check(_c.fs_scenes_keep(self.handle, integer(first, "first", 64), integer(count, "count", 64)))
        return self

    def __len__(self) -> int:
        return _c.fs_scenes_count(self.handle)

    def __bool__(self) -> bool:
        return True  # an empty set is a set

    @property
    def backgrounds(self) -> int:
        """How many photos without faces there are."""
        return _c.fs_scenes_background_count(self.handle)

    @property
    def left_out(self) -> list[LeftOut]:
        """What was left out so far, a list of `LeftOut`."""
        return LeftOut._list(self.handle, _c.fs_scenes_left_out_count, _c.fs_scenes_left_out)

    @takes(SceneOptions)
    def compose(
        self, step: int = 0, index: int = 0, seed: int = 1, augmentation: str | _c.fs_augmentation | None = None,
        **options: Unpack[SceneOptions],
    ) -> tuple[Image, list[SceneFace]]:
        """Picture number `index` of a step, as a training with this seed sees
        it, and its faces: an `Image` and a list of `SceneFace`. Options as of
        `Trainer.run_scenes`; reads all photos."""
        settings = scene_settings(named(options, SceneOptions, "compose"), augmentation)
        faces, count = (_c.fs_scene_face * 4096)(), ctypes.c_size_t()

        def make(out: Any) -> int:
            return _c.fs_scenes_compose(
                self.handle, ctypes.byref(settings), integer(seed, "seed", 64), integer(step, "step"),
                integer(index, "index"), out, faces, len(faces), ctypes.byref(count))

        image = Image._make(make)
        return image, [_scene_face(face) for face in faces[: min(count.value, len(faces))]]

    def __repr__(self) -> str:
        return "<Scenes closed>" if self.closed else f"<Scenes: {len(self)} with faces, {self.backgrounds} without>"


def _scene_face(face: _c.fs_scene_face) -> SceneFace:
    points = None
    if face.has_points:
        points = tuple((face.points[2 * k], face.points[2 * k + 1]) for k in range(5))
    return SceneFace((face.left, face.top, face.right, face.bottom), points, bool(face.ignored))


def scene_settings(options: dict[str, Any], augmentation: str | _c.fs_augmentation | None) -> _c.fs_scene_options:
    """The options of scenes, checked by `named`, for C."""
    settings = defaults(_c.fs_scene_options, _c.fs_scene_options_init)
    fill(settings, **options)
    set_augmentation(settings, augmentation)
    return settings
