"""From a photo to its faces, and to an answer: a detector and an embedder that fit together."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _c
from ._handle import Handle
from ._options import defaults, fill
from ._types import Floats, PathLike, Photo
from .errors import check
from .face import Face, Verdict, reasons_of, threshold_of, verdict_of
from .gallery import Gallery
from .image import Image
from .pictures import opened
from .recognition import Detector, Embedder


@dataclass(eq=False)
class AnalysedFace:
    """A face of a photo. `embedding` is float32 [dimension]. `quality`, 0
    to 1, ranks photos of a person; `reasons` are texts: why the face is too
    bad for a sure answer. `is_main` of the face, large and central, that
    functions with one photo take."""

    face: Face
    embedding: Floats
    quality: float
    reasons: tuple[str, ...]
    is_main: bool


class FaceAnalysis(Handle):
    """Finds, judges and embeds the faces of photos.

        with fs.FaceAnalysis() as analysis:
            print(analysis.compare("a.jpg", "b.jpg"))

    `detector` and `embedder` are names of models or paths of their files,
    as in `Model.open`; without them the best that are installed,
    "faces-points" and "faces". `min_face` is the side of the smallest face
    in pixels; at most `max_faces`, the largest, are found. A photo is an
    `Image`, the path of one, an array as `Image.from_array` takes it, or a
    Pillow image."""

    _destroy = _c.fs_face_analysis_destroy

    def __init__(
        self, detector: PathLike | None = None, embedder: PathLike | None = None, min_face: float | None = None,
        max_faces: int | None = None,
    ) -> None:
        options = defaults(_c.fs_face_analysis_options, _c.fs_face_analysis_options_init)
        out = ctypes.POINTER(_c.fs_face_analysis)()
        fill(options, detector=detector, embedder=embedder, min_face=min_face, max_faces=max_faces)
        check(_c.fs_face_analysis_create(ctypes.byref(out), ctypes.byref(options)))
        super().__init__(out)

    @property
    def detector(self) -> Detector | None:
        """Its `Detector`, which lives as long as this object; None if the
        embedder sees whole photos."""
        pointer = _c.fs_face_analysis_detector(self.handle)
        return _BorrowedDetector(pointer, self) if pointer else None

    @property
    def embedder(self) -> Embedder:
        """Its `Embedder`, which lives as long as this object."""
        return _BorrowedEmbedder(_c.fs_face_analysis_embedder(self.handle), self)

    def faces(self, photo: Photo) -> list[AnalysedFace]:
        """An `AnalysedFace` for each face of a photo, the largest first."""
        faces, found = ctypes.POINTER(_c.fs_faces)(), _c.fs_analysed_face()
        with opened(photo, "photo") as picture:
            check(_c.fs_face_analysis_run(self.handle, ctypes.byref(faces), picture.handle))
        try:
            answer = []
            for index in range(_c.fs_faces_count(faces)):
                check(_c.fs_faces_get(faces, index, ctypes.byref(found)))
                embedding = np.ctypeslib.as_array(found.embedding, (found.dimension,)).copy()
                answer.append(AnalysedFace(
                    Face._of(found.face), embedding, found.quality, reasons_of(found.reasons), bool(found.is_main)))
            return answer
        finally:
            _c.fs_faces_destroy(faces)

    def compare(self, a: Photo, b: Photo, threshold: float | None = None) -> Verdict:
        """Are the main faces of two photos the same person's? A `Verdict` is
        returned."""
        out, limit = _c.fs_verdict(), threshold_of(threshold)
        first, second = opened(a, "a"), opened(b, "b")
        with first as one, second as other:
            check(_c.fs_face_analysis_compare(self.handle, one.handle, other.handle, limit, ctypes.byref(out)))
        return verdict_of(out)

    def heat(self, a: Photo, b: Photo) -> tuple[Image, Image]:
        """Which pixels of the main faces of two photos bring them near or
        apart: heat maps over both, as the embedder sees them, on one scale."""
        embedder, detector = self.embedder, self.detector

        def chip(photo: Image) -> Image:
            face = embedder.embed_photo(photo, detector)[1]
            return embedder.align(photo, face if embedder.aligns else None)

        first, second = opened(a, "a"), opened(b, "b")
        with first as one, second as other, chip(one) as here, chip(other) as there:
            return embedder.heat(here, there)

    def gallery(
        self, path: PathLike | None = None, key: bytes | None = None, read_only: bool = False, create: bool = True
    ) -> Gallery:
        """A `Gallery` that looks at photos with this analysis, which must stay
        open; in memory or, with a `path`, in a file or on a server, as
        `Gallery` explains."""
        return Gallery(self.embedder, self.detector, path, key, read_only, create)


class _Borrowed(Handle):
    """A part of another object, which alone destroys it."""

    def __init__(self, pointer: Any, owner: FaceAnalysis) -> None:
        self._pointer, self._owner = pointer, owner  # which lives as long

    def _give_back(self, pointer: Any) -> None:
        pass


class _BorrowedDetector(_Borrowed, Detector):
    pass


class _BorrowedEmbedder(_Borrowed, Embedder):
    pass
