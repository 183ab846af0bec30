"""How well distances tell pairs of one person from pairs of two, as Labeled Faces in the Wild asks for it."""

from __future__ import annotations

import ctypes
import itertools
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import numpy as np

from . import _c
from ._convert import flag, handle, integer, number, numbers, pointer, text, wrong
from ._handle import Handle
from ._options import defaults
from ._progress import bar
from ._types import ArrayLike, Doubles, Floats, Integers, NDArray, PathLike
from .errors import FaceStyleError, NoFace, check
from .face import Face
from .image import Image
from .library import set_threads, threads
from .recognition import Detector, Embedder


@dataclass(frozen=True)
class TrueAccepts:
    """TAR at the largest threshold at which FAR is at most `limit`, both
    with 95 % bounds by Wilson's score interval. With too few impostor pairs
    all numbers are None, this is false, and `reason` says so."""

    limit: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    far: float | None = None
    far_low: float | None = None
    far_high: float | None = None
    threshold: float | None = None
    reason: str | None = None

    def __bool__(self) -> bool:
        return self.value is not None


@dataclass(frozen=True)
class Evaluation:
    """`accuracy` is the mean over the folds, each judged by the threshold
    that is right most often on all others; `accuracy_sd` the standard
    deviation over the folds (with folds - 1), `threshold` the mean of the
    thresholds: None unless there are two folds or more, each with pairs of
    both kinds. `auc` is exact, equal distances count half; `eer` is the
    rate at which FAR = 1 - TAR. `tar` maps the rates 0.1, 0.01 and 0.001 to
    `TrueAccepts`."""

    pairs: int
    genuine: int
    impostors: int
    folds: int
    accuracy: float | None
    accuracy_sd: float | None
    threshold: float | None
    auc: float
    eer: float
    tar: dict[float, TrueAccepts] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Roc:
    """The receiver operating characteristic: `threshold`, `far` and `tar`,
    float64 [points], from one that accepts nothing to one that accepts
    everything."""

    threshold: Doubles
    far: Doubles
    tar: Doubles


def evaluate(
    distances: ArrayLike, same: ArrayLike, folds: ArrayLike | None = None, *, fold_count: int = 10, min_false_accepts: float = 1.0
) -> Evaluation:
    """The `Evaluation` of distances [pairs]; `same` is true for pairs of
    one person.

    `folds` tells each pair's fold by any whole numbers; without them either
    kind is cut into `fold_count` parts in the order given. An infinite
    distance is that of a pair with a face that was not found: no threshold
    accepts it. TAR at a FAR needs `impostors * FAR` of `min_false_accepts`
    or more (3 is the "rule of three").
    """
    exact, alike = _labelled(distances, same)
    options, out = defaults(_c.fs_evaluation_options, _c.fs_evaluation_options_init), _c.fs_evaluation()
    options.folds = integer(fold_count, "fold_count")
    options.min_false_accepts = number(min_false_accepts, "min_false_accepts")
    parts = None
    if folds is not None:
        given = np.asarray(folds)
        if given.dtype.kind not in "iuf" and given.size:
            raise wrong(folds, "folds", "an array of whole numbers")
        if given.shape != exact.shape or given.dtype.kind not in "iu":
            raise ValueError(f"folds have shape {list(given.shape)} of {given.dtype}; expected {len(exact)} whole numbers")
        # Any numbers will do for the library, as long as they fit: the folds are numbered anew.
        parts = np.ascontiguousarray(np.unique(given, return_inverse=True)[1].reshape(-1), np.int32)
    check(
        _c.fs_evaluate_pairs(
            pointer(exact, ctypes.c_double), pointer(alike, ctypes.c_int32),
            None if parts is None else pointer(parts, ctypes.c_int32), exact.size, ctypes.byref(options),
            ctypes.byref(out),
        )
    )
    return Evaluation(
        len(exact), out.genuine, out.impostors, out.folds, _number(out.accuracy), _number(out.accuracy_deviation),
        _number(out.threshold), out.auc, out.equal_error_rate, {point.limit: _true_accepts(point, out.impostors) for point in out.points})


def roc(distances: ArrayLike, same: ArrayLike) -> Roc:
    """The `Roc` of distances [pairs]."""
    exact, alike = _labelled(distances, same)
    points, found = (_c.fs_roc_point * (len(exact) + 1))(), ctypes.c_size_t()
    check(
        _c.fs_evaluate_roc(
            pointer(exact, ctypes.c_double), pointer(alike, ctypes.c_int32), exact.size, points, len(points),
            ctypes.byref(found),
        )
    )
    table: NDArray[Any] = np.ctypeslib.as_array(points)[: found.value]
    return Roc(*(table[name].copy() for name in ("threshold", "far", "tar")))


def _labelled(distances: ArrayLike, same: ArrayLike) -> tuple[Doubles, Integers]:
    exact, alike = np.ascontiguousarray(numbers(distances, np.float64, "distances")), numbers(same, np.float64, "same")
    if exact.ndim != 1 or alike.shape != exact.shape:
        raise ValueError(f"distances and same have shapes {list(exact.shape)} and {list(alike.shape)}; expected [pairs] twice")
    return exact, np.ascontiguousarray(alike.astype(bool), np.int32)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value


def _true_accepts(point: Any, impostors: int) -> TrueAccepts:
    value, reason = _number(point.tar), None
    if value is None:
        reason = f"FAR {point.limit} needs {point.impostors_needed} pairs of two people, there are {impostors}"
    return TrueAccepts(
        point.limit, value, _number(point.tar_low), _number(point.tar_high), _number(point.far), _number(point.far_low),
        _number(point.far_high), _number(point.threshold), reason)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Labelled pairs of photos. `photos` are paths below the folder of
    images; `first` and `second` [pairs] number the photos of each pair,
    `same` and `folds` [pairs] tell about it."""

    photos: list[str]
    first: NDArray[np.int_]
    second: NDArray[np.int_]
    same: NDArray[np.bool_]
    folds: NDArray[np.int_]

    @classmethod
    def open(cls, path: PathLike) -> Pairs:
        """From a file like LFW's pairs.txt."""
        with _PairList(path) as pairs:
            listed = (_c.fs_pair * _c.fs_pairs_count(pairs.handle))()
            for i, pair in enumerate(listed):
                check(_c.fs_pairs_get(pairs.handle, i, ctypes.byref(pair)))
            table: NDArray[Any] = np.ctypeslib.as_array(listed)
            photos = [_c.fs_pairs_photo(pairs.handle, i) for i in range(_c.fs_pairs_photo_count(pairs.handle))]
        decoded = [str(photo, "utf-8", "surrogateescape") for photo in photos]
        return cls(
            decoded, table["first"].astype(int), table["second"].astype(int), table["same"].astype(bool),
            table["fold"].astype(int))

    def __len__(self) -> int:
        return len(self.same)


class _PairList(Handle):
    _destroy = _c.fs_pairs_destroy

    def __init__(self, path: PathLike) -> None:
        out = ctypes.POINTER(_c.fs_pairs)()
        check(_c.fs_pairs_open(ctypes.byref(out), text(path, "path")))
        super().__init__(out)


class Landmarks(Handle):
    """Five points in each of many photos, from a JSON file: {"photo":
    {"landmarks": [[x, y], ... 5]}, ...}."""

    _destroy = _c.fs_landmarks_destroy

    def __init__(self, path: PathLike) -> None:
        out = ctypes.POINTER(_c.fs_landmarks)()
        check(_c.fs_landmarks_open(ctypes.byref(out), text(path, "path")))
        super().__init__(out)

    def __len__(self) -> int:
        return _c.fs_landmarks_count(self.handle)

    def find(self, photo: str) -> Face | None:
        """The `Face` in a photo, or None for one that the file lacks."""
        face = _c.fs_face()
        status = _c.fs_landmarks_find(self.handle, text(photo, "photo"), ctypes.byref(face))
        if status == _c.FS_NOT_FOUND:
            return None
        check(status)
        return Face._of(face)


@dataclass(frozen=True, eq=False)
class LfwResult:
    """What an evaluation of photos found: the `Evaluation` with the
    distances that it is made of, and what was left out.

    `distances`, `same` and `folds` are of the pairs that were evaluated;
    `embeddings` maps photos to vectors; `faceless` and `unreadable` map
    photos to the reason."""

    evaluation: Evaluation
    distances: Doubles
    same: NDArray[np.bool_]
    folds: NDArray[np.int_]
    embeddings: dict[str, Floats] = field(repr=False)
    faceless: dict[str, str]
    unreadable: dict[str, str]


def evaluate_lfw(
    pairs: Pairs | PathLike, images: PathLike, embedder: Embedder, landmarks: Landmarks | PathLike | None = None,
    detector: Detector | None = None, *, flip: bool = False, progress: bool | None = None,
) -> LfwResult:  # fmt: skip
    """Embeds the photos of `pairs` (a `Pairs` or the path of its file) in
    the folder `images`, and evaluates.

    `landmarks`, a `Landmarks` or the path of its file, tells where the
    faces are; `detector` finds them in the photos that it lacks. An
    embedder that sees whole photos (`Embedder.aligns`) wants neither. With
    `flip` each face and its mirror image are embedded, and the mean is
    taken. A photo without a face makes its pairs' distances infinite; pairs
    of a photo that cannot be read are left out. `progress` is a bar, by
    tqdm; None: where tqdm is installed. An `LfwResult` is returned.
    """
    if not isinstance(pairs, Pairs):
        text(pairs, "pairs")
        pairs = Pairs.open(pairs)
    handle(embedder, Embedder, "embedder")
    text(images, "images")
    flag(flip, "flip")
    if progress is not None:
        flag(progress, "progress")
    if detector is not None:
        handle(detector, Detector, "detector")
    if landmarks is not None and not isinstance(landmarks, Landmarks):
        text(landmarks, "landmarks")
        with Landmarks(landmarks) as known:
            return evaluate_lfw(pairs, images, embedder, known, detector, flip=flip, progress=progress)
    faces = [landmarks.find(photo) if landmarks is not None else None for photo in pairs.photos]
    if landmarks is not None and not embedder.aligns:
        raise ValueError("landmarks are given, and the embedder sees whole photos")
    if embedder.aligns and detector is None and (lacking := sum(face is None for face in faces)):
        raise ValueError(f"{lacking} of {len(faces)} photos have no landmarks, and there is no detector to find a face")
    folder = Path(os.fsdecode(images))
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder of photos")

    def opened(photo: str) -> Image:
        return Image.open(folder / photo)

    return evaluate_photos(pairs, opened, folder, faces, embedder, detector, flip, progress)


def evaluate_photos(
    pairs: Pairs, opened: Callable[[str], Image], where: object, faces: Sequence[Face | None], embedder: Embedder,
    detector: Detector | None, flip: bool, progress: bool | None,
) -> LfwResult:  # fmt: skip
    """The `LfwResult` of `pairs` whose photos `opened` gives, with the face
    in each photo, or None to look for it."""
    embeddings, faceless, unreadable = _embed_all(opened, pairs.photos, faces, embedder, detector, flip, progress)
    if len(unreadable) == len(pairs.photos):
        raise OSError(f"{where}: none of the {len(unreadable)} photos can be read")
    distances = np.full(len(pairs), np.inf)
    readable = np.ones(len(pairs), bool)
    for i, (a, b) in enumerate(zip(pairs.first, pairs.second)):
        names = pairs.photos[a], pairs.photos[b]
        if any(name in unreadable for name in names):
            readable[i] = False
        elif all(name in embeddings for name in names):
            distances[i] = np.linalg.norm(embeddings[names[0]] - embeddings[names[1]])
    kept, same, folds = distances[readable], pairs.same[readable], pairs.folds[readable]
    return LfwResult(evaluate(kept, same, folds), kept, same, folds, embeddings, faceless, unreadable)


def _embed_all(
    opened: Callable[[str], Image], photos: list[str], faces: Sequence[Face | None], embedder: Embedder,
    detector: Detector | None, flip: bool, progress: bool | None,
) -> tuple[dict[str, Floats], dict[str, str], dict[str, str]]:  # fmt: skip
    """Threads of our own take batches of photos; the library's calls then
    work on their caller's thread alone."""
    batch, before = 16, threads()
    parts = [range(i, min(i + batch, len(photos))) for i in range(0, len(photos), batch)]
    embeddings: dict[str, Floats] = {}
    faceless: dict[str, str] = {}
    unreadable: dict[str, str] = {}

    def work(part: range) -> int:
        found = {i: _embed(opened, photos[i], faces[i], embedder, detector, flip) for i in part}
        chips = [chip for chips, *_ in found.values() for chip in chips]
        try:
            vectors = iter(embedder.embed_chips(chips))
        finally:
            for chip in chips:
                chip.close()
        for i, (chips, ready, problem) in found.items():
            together = [*ready, *itertools.islice(vectors, len(chips))]
            if problem is None:
                embeddings[photos[i]] = _mean(together)
            else:
                (faceless if isinstance(problem, NoFace) else unreadable)[photos[i]] = str(problem)
        return len(part)

    set_threads(1)
    try:
        with ThreadPoolExecutor(before) as pool, bar(len(photos), progress) as shown:
            for count in pool.map(work, parts):
                shown.update(count)
    finally:
        set_threads(before)
    return embeddings, faceless, unreadable


def _embed(
    opened: Callable[[str], Image], photo: str, face: Face | None, embedder: Embedder, detector: Detector | None, flip: bool
) -> tuple[list[Image], list[Floats], FaceStyleError | None]:
    """Aligned pictures to embed, embeddings that there are already, and
    what went wrong."""
    chips, ready = list[Image](), list[Floats]()
    try:
        with opened(photo) as picture:
            if face is None and embedder.aligns:
                vector, face = embedder.embed_photo(picture, detector)
                ready.append(vector)
            else:
                chips.append(embedder.align(picture, face))
            if flip:
                aligned = chips[0] if chips else embedder.align(picture, face)
                side = aligned.width - 1
                chips.append(aligned.warp([[-1, 0, side], [0, 1, 0]], aligned.width, aligned.height))
                if aligned is not chips[0]:
                    aligned.close()
    except FaceStyleError as error:
        if error.status not in (_c.FS_NO_FACE, _c.FS_BAD_DATA, _c.FS_IO, _c.FS_INVALID_ARGUMENT):
            raise
        for chip in chips:
            chip.close()
        return [], [], error
    return chips, ready, None


def _mean(vectors: list[Floats]) -> Floats:
    """The mean, as long as the vectors are in the mean: that of unit
    vectors is a unit vector."""
    if len(vectors) == 1:
        return vectors[0]
    total: Floats = np.sum(vectors, 0)
    length = np.mean([np.linalg.norm(v) for v in vectors])
    mean: Floats = total * (length / max(np.linalg.norm(total), np.finfo(np.float32).tiny))
    return mean
