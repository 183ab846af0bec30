"""From a photo to its faces, and to an answer: a detector and an embedder that fit together."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import handle, integer, number, text
from ._handle import Handle
from .errors import check
from .recognition import Detector, Embedder, Face, Gallery, reasons_of, threshold_of, verdict_of
from .image import Image, opened


@dataclass(eq=False)
class AnalysedFace:
    """A face of a photo. `embedding` is float32 [dimension]. `quality`, 0 to 1, ranks photos of a person; `reasons` are texts: why
    the face is too bad for a sure answer. `is_main` of the face, large and central, that functions with one photo take."""

    face: Face
    embedding: np.ndarray
    quality: float
    reasons: tuple
    is_main: bool


class FaceAnalysis(Handle):
    """Finds, judges and embeds the faces of photos.

        with fs.FaceAnalysis() as analysis:
            print(analysis.compare("a.jpg", "b.jpg"))

    `detector` and `embedder` are names of models or paths of their files, as in `Model.open`; without them the best that are
    installed, "faces-points" and "faces". `min_face` is the side of the smallest face in pixels; at most `max_faces`, the largest,
    are found. A photo is an `Image`, the path of one, an array as `Image.from_array` takes it, or a Pillow image."""

    _destroy = _c.fs_face_analysis_destroy

    def __init__(self, detector=None, embedder=None, min_face=None, max_faces=None):
        options, out = _c.fs_face_analysis_options(), ctypes.POINTER(_c.fs_face_analysis)()
        check(_c.fs_face_analysis_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        if detector is not None:
            options.detector = text(detector, "detector")
        if embedder is not None:
            options.embedder = text(embedder, "embedder")
        if min_face is not None:
            options.min_face = number(min_face, "min_face")
        if max_faces is not None:
            options.max_faces = integer(max_faces, "max_faces")
        check(_c.fs_face_analysis_create(ctypes.byref(out), ctypes.byref(options)))
        super().__init__(out)

    @property
    def detector(self):
        """Its `Detector`, which lives as long as this object; None if the embedder sees whole photos."""
        return _borrowed(_BorrowedDetector, _c.fs_face_analysis_detector(self.handle), self)

    @property
    def embedder(self):
        """Its `Embedder`, which lives as long as this object."""
        return _borrowed(_BorrowedEmbedder, _c.fs_face_analysis_embedder(self.handle), self)

    def faces(self, photo):
        """An `AnalysedFace` for each face of a photo, the largest first."""
        faces, found = ctypes.POINTER(_c.fs_faces)(), _c.fs_analysed_face()
        with opened(photo, "photo") as photo:
            check(_c.fs_face_analysis_run(self.handle, ctypes.byref(faces), handle(photo, Image, "photo")))
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

    def compare(self, a, b, threshold=None):
        """Are the main faces of two photos the same person's? A `Verdict` is returned."""
        out, limit = _c.fs_verdict(), threshold_of(threshold)
        first, second = opened(a, "a"), opened(b, "b")
        with first as a, second as b:
            photos = handle(a, Image, "a"), handle(b, Image, "b")
            check(_c.fs_face_analysis_compare(self.handle, *photos, limit, ctypes.byref(out)))
        return verdict_of(out)

    def gallery(self, path=None, **options):
        """A `Gallery` that looks at photos with this analysis, which must stay open; in memory or, with a `path`, in a file or on a
        server. `options` are those of `Gallery.open`."""
        return Gallery(self.embedder, self.detector, path, **options)


class _Borrowed:
    """A part of another object, which alone destroys it."""

    _destroy = staticmethod(lambda pointer: None)


class _BorrowedDetector(_Borrowed, Detector):
    pass


class _BorrowedEmbedder(_Borrowed, Embedder):
    pass


def _borrowed(kind, pointer, owner):
    if not pointer:
        return None
    part = kind.__new__(kind)
    part._pointer, part._owner = pointer, owner
    return part
