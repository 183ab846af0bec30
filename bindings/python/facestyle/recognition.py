"""Faces: found, embedded and compared."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import numpy as np

from . import _c
from ._convert import alike, floats, handle, handles, integer, optional, pointer, text
from ._handle import Handle
from ._options import defaults, fill
from ._types import ArrayLike, Floats, PathLike, Picture
from .errors import check
from .face import Face, Verdict, face_as_c, faces_as_c, threshold_of, verdict_of
from .frame import Frame, frame_as_c, region_as_c
from .image import Image
from .model import Model, ModelInfo, model_info

if TYPE_CHECKING:
    from .files import DetectedPhoto
    from .gallery import Gallery

_ORDERS = {"largest": _c.FS_LARGEST_FIRST, "surest": _c.FS_SUREST_FIRST}


class Detector(Handle):
    """Finds faces with the networks of a `Model`: "yunet", "mtcnn",
    "cascade", or a converted YuNet, SCRFD, RetinaFace or CenterFace.
    Options that are not given keep the library's defaults.

    `min_face` is the side of the smallest face in pixels; `thresholds` are
    the scores that pass three stages, -1 for the detector's own, of which
    networks that look once have only the last; `scale_step` lies between
    levels of the pyramid and is ignored by these. With `close_ups` they
    also look at a small copy, in which a face that fills the picture is
    found. At most `max_faces` are found, the first in `order`, "largest" or
    "surest". `region`, (x, y, width, height), is the part that is searched,
    as if it were a picture of its own.
    """

    _destroy = _c.fs_detector_destroy

    def __init__(
        self, model: Model, min_face: float | None = None, thresholds: ArrayLike | None = None, scale_step: float | None = None,
        max_faces: int | None = None, order: str | None = None, region: Iterable[int] | None = None, close_ups: bool | None = None,
    ) -> None:
        options = defaults(_c.fs_detector_options, _c.fs_detector_options_init)
        fill(
            options, {"order": _ORDERS}, min_face=min_face, scale_step=scale_step, max_faces=max_faces, order=order,
            close_ups=close_ups)
        if thresholds is not None:
            options.thresholds[:] = floats(thresholds, (3,), "thresholds").tolist()
        if region is not None:
            options.region = region_as_c(region)
        out = ctypes.POINTER(_c.fs_detector)()
        check(_c.fs_detector_create(ctypes.byref(out), handle(model, Model, "model"), ctypes.byref(options)))
        super().__init__(out)

    @property
    def finds_points(self) -> bool:
        """Whether its faces have landmarks, without which none can be aligned
        and embedded."""
        return bool(_c.fs_detector_finds_points(self.handle))

    @property
    def model(self) -> ModelInfo:
        """The `ModelInfo` of its model."""
        return model_info(_c.fs_detector_model_info, self.handle)

    def find(self, image: Picture) -> list[Face]:
        """The faces of an image, in the detector's order."""
        return self._faces(_c.fs_detector_find, handle(image, Image, "image"))

    def find_frame(self, frame: Frame, region: Iterable[int] | None = None) -> list[Face]:
        """The faces of a `Frame`, in pixels of its upright picture. `region`,
        (x, y, width, height), is searched in place of the detector's own."""
        return self._faces(_c.fs_detector_find_frame, frame_as_c(frame), region_as_c(region))

    def detect_files(
        self, paths: PathLike | Iterable[PathLike], output: PathLike | None = None, gallery: Gallery | None = None,
        embedder: Embedder | None = None,
    ) -> Iterator[DetectedPhoto]:
        """Finds the faces of many photos: yields a `DetectedPhoto` for each, in
        order, and goes on after one that cannot be read.

        `paths` are files, and folders, which stand for all pictures in them and
        in the folders in them, without hidden ones. With `output`, a folder,
        copies with boxes, points and labels are written there; a photo of a
        folder keeps its path in it, no photo is ever replaced, and of two
        photos of one name the second becomes NAME-2. Labels are numbers in the
        order of the faces or, with a `Gallery`, names, with ? for strangers;
        `embedder` is the gallery's own unless another is given.
        """
        from .files import detect_files, given_paths
        from .gallery import Gallery

        if gallery is not None:
            handle(gallery, Gallery, "gallery")
            embedder = gallery._embedder if embedder is None else embedder
            handle(embedder, Embedder, "embedder")
        elif embedder is not None:
            handle(embedder, Embedder, "embedder")
        folder = None if output is None else Path(os.fsdecode(text(output, "output")))
        return detect_files(self, given_paths(paths), folder, gallery, embedder)

    def _faces(self, function: Callable[..., int], *arguments: object) -> list[Face]:
        count, room = ctypes.c_size_t(), 64
        while True:
            faces = (_c.fs_face * room)()
            check(function(self.handle, *arguments, faces, room, ctypes.byref(count)))
            if count.value <= room:
                return [Face._of(face) for face in faces[: count.value]]
            room = count.value  # a crowd: once more with room for all


class Embedder(Handle):
    """Turns faces into vectors; two vectors of one person lie near each
    other.

    Most networks see aligned faces. One that does not (`aligns`), such as a
    "siamese" trained on whole photos, sees all of a photo, stretched to
    `chip_size`: it takes no faces, and no detector."""

    _destroy = _c.fs_embedder_destroy

    def __init__(self, model: Model) -> None:
        out = ctypes.POINTER(_c.fs_embedder)()
        check(_c.fs_embedder_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""
        return _c.fs_embedder_dimension(self.handle)

    @property
    def threshold(self) -> float:
        """The distance up to which two faces are one person's."""
        return _c.fs_embedder_threshold(self.handle)

    @property
    def model(self) -> ModelInfo:
        """The `ModelInfo` of its model."""
        return model_info(_c.fs_embedder_model_info, self.handle)

    @property
    def aligns(self) -> bool:
        """Whether the network sees aligned faces; else whole photos."""
        return bool(_c.fs_embedder_aligns(self.handle))

    @property
    def chip_size(self) -> tuple[int, int]:
        """Width and height of an aligned picture, in pixels."""
        return _c.fs_embedder_chip_width(self.handle), _c.fs_embedder_chip_height(self.handle)

    @property
    def chip_side(self) -> int:
        """An aligned picture is this wide and high, in pixels; 0 where that is
        not the same."""
        width, height = self.chip_size
        return width if width == height else 0

    @property
    def template(self) -> Floats:
        """Where the five points lie in an aligned picture, float32 [5, 2], x
        and y in pixels."""
        points = (_c.fs_point * 5)()
        check(_c.fs_embedder_template(self.handle, points))
        return np.array([(point.x, point.y) for point in points], np.float32)

    def align(self, image: Picture, face: Face | None = None) -> Image:
        """The aligned picture of a face; without one what a network sees that
        does not align: the whole image."""
        return self._align(_c.fs_embedder_align, handle(image, Image, "image"), face)

    def align_frame(self, frame: Frame, face: Face | None = None) -> Image:
        """The same of a face that `Detector.find_frame` found."""
        return self._align(_c.fs_embedder_align_frame, frame_as_c(frame), face)

    def _align(self, function: Callable[..., int], picture: object, face: Face | None) -> Image:
        out = ctypes.POINTER(_c.fs_image)()
        place = None if face is None else ctypes.byref(face_as_c(face))
        check(function(self.handle, ctypes.byref(out), picture, place))
        return Image(out)

    def embed(self, image: Picture, faces: Face | Iterable[Face] | None = None) -> Floats:
        """Embeddings of faces of one image: float32 [faces, dimension], of a
        single `Face` [dimension]; without faces [1, dimension] of the whole
        image, by a network that does not align."""
        return self._embed(_c.fs_embedder_embed, handle(image, Image, "image"), faces)

    def embed_frame(self, frame: Frame, faces: Face | Iterable[Face] | None = None) -> Floats:
        """The same of faces of a frame, of which no more is read than the
        faces."""
        return self._embed(_c.fs_embedder_embed_frame, frame_as_c(frame), faces)

    def _embed(self, function: Callable[..., int], picture: object, faces: Face | Iterable[Face] | None) -> Floats:
        if faces is None:
            return self._embeddings(1, function, picture, None)
        given = faces_as_c([faces] if isinstance(faces, Face) else faces)
        embeddings = self._embeddings(len(given), function, picture, (_c.fs_face * len(given))(*given))
        return embeddings.reshape(-1) if isinstance(faces, Face) else embeddings

    def embed_chips(self, chips: Iterable[Picture]) -> Floats:
        """Embeddings, float32 [chips, dimension], of aligned pictures."""
        pictures = handles(chips, Image, "chips")
        array = (ctypes.POINTER(_c.fs_image) * len(pictures))(*pictures)
        return self._embeddings(len(pictures), _c.fs_embedder_embed_chips, array)

    def distance_gradient(self, a: Picture, b: Picture) -> tuple[Floats, Floats]:
        """Which pixels bring two faces near or apart: the derivatives of the
        squared distance of two aligned pictures by their levels, each float32
        [height, width, 3] by R, G and B. They are 0 for equal pictures."""
        width, height = self.chip_size
        first, second = np.empty((2, height, width, 3), np.float32)
        chips = handle(a, Image, "a"), handle(b, Image, "b")
        check(_c.fs_embedder_distance_gradient(self.handle, *chips, None, pointer(first), pointer(second), first.size))
        return first, second

    def heat(self, a: Picture, b: Picture) -> tuple[Image, Image]:
        """The same as heat maps over the two aligned pictures, on one scale."""
        first, second = ctypes.POINTER(_c.fs_image)(), ctypes.POINTER(_c.fs_image)()
        chips = handle(a, Image, "a"), handle(b, Image, "b")
        check(_c.fs_embedder_heat(self.handle, *chips, ctypes.byref(first), ctypes.byref(second), None))
        return Image(first), Image(second)

    def memory_needed(self, count: int) -> int:
        """Bytes that `embed_chips` with `count` pictures will make this process
        hold at its peak, beyond what it holds before."""
        needed = ctypes.c_uint64()
        check(_c.fs_embedder_memory_needed(self.handle, integer(count, "count", 64), ctypes.byref(needed)))
        return needed.value

    def embed_photo(self, photo: Picture, detector: Detector | None = None) -> tuple[Floats, Face]:
        """Embedding, float32 [dimension], and `Face` of the main face of a
        photo; `NoFace` if there is none. A network that does not align wants no
        detector; the face is the whole photo then, without landmarks."""
        face, embedding = _c.fs_face(), np.empty(self.dimension, np.float32)
        picture, eyes = handle(photo, Image, "photo"), optional(detector, Detector, "detector")
        arguments = self.handle, eyes, picture, ctypes.byref(face)
        check(_c.fs_embedder_embed_photo(*arguments, pointer(embedding), embedding.size))
        return embedding, Face._of(face)

    def _embeddings(self, count: int, function: Callable[..., int], *arguments: object) -> Floats:
        embeddings = np.empty((count, self.dimension), np.float32)
        if count:
            check(function(self.handle, *arguments, count, pointer(embeddings), embeddings.size))
        return embeddings


def distance(a: ArrayLike, b: ArrayLike) -> float:
    """Euclidean distance of two embeddings [dimension]."""
    first, second, out = floats(a, (None,), "a"), floats(b, (None,), "b"), ctypes.c_float()
    alike(first, second, "a and b")
    check(_c.fs_distance(pointer(first), pointer(second), first.size, ctypes.byref(out)))
    return out.value


def compare(
    a: Picture, b: Picture, embedder: Embedder, detector: Detector | None = None, threshold: float | None = None
) -> Verdict:
    """Are the main faces of two photos the same person's? A `Verdict` is
    returned. An embedder that does not align wants no detector."""
    out, limit = _c.fs_verdict(), threshold_of(threshold)
    photos = handle(a, Image, "a"), handle(b, Image, "b")
    eyes = handle(embedder, Embedder, "embedder"), optional(detector, Detector, "detector")
    check(_c.fs_compare_photos(*eyes, *photos, limit, ctypes.byref(out)))
    return verdict_of(out)


def template(architecture: str) -> Floats:
    """Where the five points lie, float32 [5, 2], x and y in pixels, in the
    picture that weights of an architecture take, if their file does not say
    so: as their authors trained them, or dlib's mean face."""
    points = (_c.fs_point * 5)()
    check(_c.fs_architecture_template(text(architecture, "architecture"), points))
    return np.array([(point.x, point.y) for point in points], np.float32)
