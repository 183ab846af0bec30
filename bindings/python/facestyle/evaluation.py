"""How well distances tell pairs of one person from pairs of two, as Labeled Faces in the Wild asks for it."""

import ctypes
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import _c
from ._convert import flag, handle, integer, number, numbers, pointer, text, wrong
from ._handle import Handle
from .errors import FaceStyleError, NoFace, check
from .recognition import Detector, Embedder, Face
from .image import Image
from .library import set_threads, threads


@dataclass(frozen=True)
class TrueAccepts:
    """TAR at the largest threshold at which FAR is at most `limit`, both with 95 % bounds by Wilson's score interval.
    With too few impostor pairs all numbers are None, this is false, and `reason` says so."""

    limit: float
    value: float = None
    low: float = None
    high: float = None
    far: float = None
    far_low: float = None
    far_high: float = None
    threshold: float = None
    reason: str = None

    def __bool__(self):
        return self.value is not None


@dataclass(frozen=True)
class Evaluation:
    """`accuracy` is the mean over the folds, each judged by the threshold that is right most often on all others;
    `accuracy_sd` the standard deviation over the folds (with folds - 1), `threshold` the mean of the thresholds: None
    unless there are two folds or more, each with pairs of both kinds. `auc` is exact, equal distances count half; `eer`
    is the rate at which FAR = 1 - TAR. `tar` maps the rates 0.1, 0.01 and 0.001 to `TrueAccepts`."""

    pairs: int
    genuine: int
    impostors: int
    folds: int
    accuracy: float
    accuracy_sd: float
    threshold: float
    auc: float
    eer: float
    tar: dict = field(repr=False)


@dataclass(frozen=True, eq=False)
class Roc:
    """The receiver operating characteristic: `threshold`, `far` and `tar` of each point, from one that accepts nothing
    to one that accepts everything."""

    threshold: np.ndarray
    far: np.ndarray
    tar: np.ndarray


def evaluate(distances, same, folds=None, *, fold_count=10, min_false_accepts=1.0):
    """The `Evaluation` of distances [pairs]; `same` is true for pairs of one person.

    `folds` tells each pair's fold by any whole numbers; without them either kind is cut into `fold_count` parts in
    the order given. An infinite distance is that of a pair with a face that was not found: no threshold accepts it.
    TAR at a FAR needs `impostors * FAR >= min_false_accepts` (3 is the "rule of three").
    """
    distances, same = _labelled(distances, same)
    options, out = _c.fs_evaluation_options(), _c.fs_evaluation()
    check(_c.fs_evaluation_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.folds = integer(fold_count, "fold_count")
    options.min_false_accepts = number(min_false_accepts, "min_false_accepts")
    if folds is not None:
        if np.asarray(folds).dtype.kind not in "iuf" and np.size(folds):
            raise wrong(folds, "folds", "an array of whole numbers")
        folds = np.asarray(folds)
        if folds.shape != distances.shape or folds.dtype.kind not in "iu":
            raise ValueError(f"folds have shape {list(folds.shape)} of {folds.dtype}; expected {len(distances)} whole numbers")
        # Any numbers will do for the library, as long as they fit: the folds are numbered anew.
        folds = np.ascontiguousarray(np.unique(folds, return_inverse=True)[1].reshape(-1), np.int32)
    check(
        _c.fs_evaluate_pairs(
            pointer(distances, ctypes.c_double), pointer(same, ctypes.c_int32),
            None if folds is None else pointer(folds, ctypes.c_int32), distances.size, ctypes.byref(options),
            ctypes.byref(out),
        )
    )
    return Evaluation(
        len(distances), out.genuine, out.impostors, out.folds, *map(_number, (out.accuracy, out.accuracy_deviation, out.threshold)),
        out.auc, out.equal_error_rate, {point.limit: _true_accepts(point, out.impostors) for point in out.points})


def roc(distances, same):
    """The `Roc` of distances [pairs]."""
    distances, same = _labelled(distances, same)
    points, found = (_c.fs_roc_point * (len(distances) + 1))(), ctypes.c_size_t()
    check(
        _c.fs_evaluate_roc(
            pointer(distances, ctypes.c_double), pointer(same, ctypes.c_int32), distances.size, points, len(points),
            ctypes.byref(found),
        )
    )
    table = np.ctypeslib.as_array(points)[: found.value]
    return Roc(*(table[name].copy() for name in ("threshold", "far", "tar")))


def _labelled(distances, same):
    distances, same = np.ascontiguousarray(numbers(distances, np.float64, "distances")), numbers(same, np.float64, "same")
    if distances.ndim != 1 or same.shape != distances.shape:
        raise ValueError(f"distances and same have shapes {list(distances.shape)} and {list(same.shape)}; expected [pairs] twice")
    return distances, np.ascontiguousarray(same.astype(bool), np.int32)


def _number(value):
    return None if np.isnan(value) else value


def _true_accepts(point, impostors):
    numbers = [_number(getattr(point, name)) for name in ("tar", "tar_low", "tar_high", "far", "far_low", "far_high", "threshold")]
    reason = None
    if numbers[0] is None:
        reason = f"FAR {point.limit} needs {point.impostors_needed} pairs of two people, there are {impostors}"
    return TrueAccepts(point.limit, *numbers, reason)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Labelled pairs of photos. `photos` are paths below the folder of images; `first` and `second` [pairs] number the
    photos of each pair, `same` and `folds` [pairs] tell about it."""

    photos: list
    first: np.ndarray
    second: np.ndarray
    same: np.ndarray
    folds: np.ndarray

    @classmethod
    def open(cls, path):
        """From a file like LFW's pairs.txt."""
        with _PairList(path) as pairs:
            listed = (_c.fs_pair * _c.fs_pairs_count(pairs.handle))()
            for i, pair in enumerate(listed):
                check(_c.fs_pairs_get(pairs.handle, i, ctypes.byref(pair)))
            table = np.frombuffer(listed, np.dtype(_c.fs_pair))
            photos = [_c.fs_pairs_photo(pairs.handle, i) for i in range(_c.fs_pairs_photo_count(pairs.handle))]
        decoded = [photo.decode("utf-8", "surrogateescape") for photo in photos]
        return cls(
            decoded, table["first"].astype(int), table["second"].astype(int), table["same"].astype(bool),
            table["fold"].astype(int))

    def __len__(self):
        return len(self.same)


class _PairList(Handle):
    _destroy = _c.fs_pairs_destroy

    def __init__(self, path):
        out = ctypes.POINTER(_c.fs_pairs)()
        check(_c.fs_pairs_open(ctypes.byref(out), text(path, "path")))
        super().__init__(out)


class Landmarks(Handle):
    """Five points in each of many photos, from a JSON file: {"photo": {"landmarks": [[x, y], ... 5]}, ...}."""

    _destroy = _c.fs_landmarks_destroy

    def __init__(self, path):
        out = ctypes.POINTER(_c.fs_landmarks)()
        check(_c.fs_landmarks_open(ctypes.byref(out), text(path, "path")))
        super().__init__(out)

    def __len__(self):
        return _c.fs_landmarks_count(self.handle)

    def find(self, photo):
        """The `Face` in a photo, or None for one that the file lacks."""
        face = _c.fs_face()
        status = _c.fs_landmarks_find(self.handle, text(photo, "photo"), ctypes.byref(face))
        if status == _c.FS_NOT_FOUND:
            return None
        check(status)
        return Face._of(face)


@dataclass(frozen=True, eq=False)
class LfwResult:
    """What an evaluation of photos found: the `Evaluation` with the distances that it is made of, and what was left out.

    `distances`, `same` and `folds` are of the pairs that were evaluated; `embeddings` maps photos to vectors;
    `faceless` and `unreadable` map photos to the reason."""

    evaluation: Evaluation
    distances: np.ndarray
    same: np.ndarray
    folds: np.ndarray
    embeddings: dict = field(repr=False)
    faceless: dict
    unreadable: dict


def evaluate_lfw(pairs, images, embedder, landmarks=None, detector=None, *, flip=False, progress=True):
    """Embeds the photos of `pairs` (a `Pairs` or the path of its file) in the folder `images`, and evaluates.

    `landmarks`, a `Landmarks` or the path of its file, tells where the faces are; `detector` finds them in the photos
    that it lacks. An embedder that sees whole photos (`Embedder.aligns`) wants neither. With `flip` each face and its mirror image are embedded, and the mean is taken. A photo without a
    face makes its pairs' distances infinite; pairs of a photo that cannot be read are left out. A bar shows the
    progress where tqdm is installed. An `LfwResult` is returned.
    """
    if not isinstance(pairs, Pairs):
        text(pairs, "pairs")
        pairs = Pairs.open(pairs)
    handle(embedder, Embedder, "embedder"), text(images, "images"), flag(flip, "flip"), flag(progress, "progress")
    if detector is not None:
        handle(detector, Detector, "detector")
    if landmarks is not None and not isinstance(landmarks, Landmarks):
        text(landmarks, "landmarks")
        with Landmarks(landmarks) as opened:
            return evaluate_lfw(pairs, images, embedder, opened, detector, flip=flip, progress=progress)
    faces = [landmarks.find(photo) if landmarks is not None else None for photo in pairs.photos]
    if landmarks is not None and not embedder.aligns:
        raise ValueError("landmarks are given, and the embedder sees whole photos")
    if embedder.aligns and detector is None and (lacking := sum(face is None for face in faces)):
        raise ValueError(f"{lacking} of {len(faces)} photos have no landmarks, and there is no detector to find a face")
    images = Path(os.fsdecode(images))
    if not images.is_dir():
        raise NotADirectoryError(f"{images} is no folder of photos")

    def opened(photo):
        return Image.open(images / photo)

    return evaluate_photos(pairs, opened, images, faces, embedder, detector, flip, progress)


def evaluate_photos(pairs, opened, where, faces, embedder, detector, flip, progress):
    """The `LfwResult` of `pairs` whose photos `opened` gives, with the face in each photo, or None to look for it."""
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
    distances, same, folds = distances[readable], pairs.same[readable], pairs.folds[readable]
    return LfwResult(evaluate(distances, same, folds), distances, same, folds, embeddings, faceless, unreadable)


def _embed_all(opened, photos, faces, embedder, detector, flip, progress):
    """Threads of our own take batches of photos; the library's calls then work on their caller's thread alone."""
    batch, before = 16, threads()
    parts = [range(i, min(i + batch, len(photos))) for i in range(0, len(photos), batch)]
    embeddings, faceless, unreadable = {}, {}, {}

    def work(part):
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
        with ThreadPoolExecutor(before) as pool, _bar(len(photos), progress) as bar:
            for count in pool.map(work, parts):
                bar.update(count)
    finally:
        set_threads(before)
    return embeddings, faceless, unreadable


def _embed(opened, photo, face, embedder, detector, flip):
    """Aligned pictures to embed, embeddings that there are already, and what went wrong."""
    chips, ready = [], []
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


def _mean(vectors):
    """The mean, as long as the vectors are in the mean: that of unit vectors is a unit vector."""
    if len(vectors) == 1:
        return vectors[0]
    total, length = np.sum(vectors, 0), np.mean([np.linalg.norm(v) for v in vectors])
    return total * (length / max(np.linalg.norm(total), np.finfo(np.float32).tiny))


class _Silent:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, _):
        pass


def _bar(total, wanted, unit="photo"):
    """A progress bar, where it is wanted and tqdm is there."""
    if wanted:
        try:
            from tqdm import tqdm
        except ImportError:
            pass
        else:
            return tqdm(total=total, ncols=80, unit=unit)
    return _Silent()
