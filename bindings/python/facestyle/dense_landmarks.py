"""Many points of a face: along its outline, brows, eyes, nose and mouth."""

import ctypes
from typing import NamedTuple

import numpy as np

from . import _c
from ._convert import floats, handle
from ._handle import Handle
from .errors import check
from .recognition import face_as_c
from .frame import Frame
from .image import Image
from .model import Model


class FaceOpenness(NamedTuple):
    """How far eyes and mouth are open: their mean height over their width. An open eye has 0.2 to 0.4, a closed one less than
    0.15; left is as seen."""

    left_eye: float
    right_eye: float
    mouth: float


def face_openness(points):
    """The `FaceOpenness` of a face's points, [68, 2] as iBUG has them or [98, 2] as WFLW: those of `DenseLandmarks.find`."""
    points, out = floats(points, (None, 2), "points"), _c.fs_face_openness()
    check(_c.fs_face_openness_get(points.ctypes.data_as(ctypes.POINTER(_c.fs_point)), len(points), ctypes.byref(out)))
    return FaceOpenness(out.left_eye, out.right_eye, out.mouth)


class DenseLandmarks(Handle):
    """Finds the points of faces with a network of PFLD's kind; how many there are, and which is which, is the `Model`'s."""

    _destroy = _c.fs_dense_landmarks_destroy

    def __init__(self, model):
        out = ctypes.POINTER(_c.fs_dense_landmarks)()
        check(_c.fs_dense_landmarks_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @property
    def count(self):
        """Points of a face: 68, 98 or 106."""
        return _c.fs_dense_landmarks_count(self.handle)

    def find(self, picture, face):
        """The points [count, 2] of a `Face` in an `Image` or a `Frame`, in its pixels. Only the face's box is used."""
        points, face = (_c.fs_point * self.count)(), ctypes.byref(face_as_c(face))
        if isinstance(picture, Frame):
            check(_c.fs_dense_landmarks_find_frame(self.handle, picture, face, points, self.count))
        else:
            picture = handle(picture, (Image, Frame), "picture")
            check(_c.fs_dense_landmarks_find(self.handle, picture, face, points, self.count))
        return np.array([(point.x, point.y) for point in points], np.float32)
