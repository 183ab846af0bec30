"""Many points of a face: along its outline, brows, eyes, nose and mouth."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

from . import _c
from ._convert import floats, handle, pointer
from ._handle import Handle
from ._types import ArrayLike, Floats, Picture
from .errors import check
from .face import Face, face_as_c
from .frame import Frame
from .image import Image
from .model import Model


class FaceOpenness(NamedTuple):
    """How far eyes and mouth are open: their mean height over their width.
    An open eye has 0.2 to 0.4, a closed one less than 0.15; left is as
    seen."""

    left_eye: float
    right_eye: float
    mouth: float


def face_openness(points: ArrayLike) -> FaceOpenness:
    """The `FaceOpenness` of a face's points, [68, 2] as iBUG has them or
    [98, 2] as WFLW: those of `DenseLandmarks.find`."""
    places, out = floats(points, (None, 2), "points"), _c.fs_face_openness()
    check(_c.fs_face_openness_get(pointer(places, _c.fs_point), len(places), ctypes.byref(out)))
    return FaceOpenness(out.left_eye, out.right_eye, out.mouth)


class DenseLandmarks(Handle):
    """Finds the points of faces with a network of PFLD's kind; how many
    there are, and which is which, is the `Model`'s."""

    _destroy = _c.fs_dense_landmarks_destroy

    def __init__(self, model: Model) -> None:
        out = ctypes.POINTER(_c.fs_dense_landmarks)()
        check(_c.fs_dense_landmarks_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @property
    def count(self) -> int:
        """Points of a face: 68, 98 or 106."""
        return _c.fs_dense_landmarks_count(self.handle)

    def find(self, picture: Picture | Frame, face: Face) -> Floats:
        """The points, float32 [count, 2], x and y, of a `Face` in an `Image` or
        a `Frame`, in its pixels. Only the face's box is used."""
        points, place = (_c.fs_point * self.count)(), ctypes.byref(face_as_c(face))
        if isinstance(picture, Frame):
            check(_c.fs_dense_landmarks_find_frame(self.handle, picture, place, points, self.count))
        else:
            given = handle(picture, (Image, Frame), "picture")
            check(_c.fs_dense_landmarks_find(self.handle, given, place, points, self.count))
        return np.array([(point.x, point.y) for point in points], np.float32)
