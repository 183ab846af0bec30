"""Is a face fit to be recognised by? Size, sharpness, pose and light, with the reasons against it."""

import ctypes
from dataclasses import dataclass

from . import _c
from ._convert import handle, number
from .errors import check
from .recognition import face_as_c, reasons_of
from .frame import Frame
from .image import Image


@dataclass(frozen=True)
class Quality:
    """`reasons` is a tuple of texts, empty if nothing speaks against the face: it is `accepted`, and true then. `score`, 0 to 1,
    is an order among photos of a person. `eye_distance` is in pixels of the picture, `sharpness` the variance of the Laplacian,
    `yaw`, `pitch` and `roll` in degrees, NaN of a face without landmarks, `brightness` and `contrast` mean and standard
    deviation of the luma, 0 to 255; the rest are parts of the face, 0 to 1."""

    score: float
    reasons: tuple
    eye_distance: float
    sharpness: float
    yaw: float
    pitch: float
    roll: float
    brightness: float
    contrast: float
    clipped_dark: float
    clipped_bright: float
    outside: float

    @property
    def accepted(self):
        return not self.reasons

    def __bool__(self):
        return self.accepted


def face_quality(picture, face, **limits):
    """The `Quality` of a `Face` in an `Image` or a `Frame`; without landmarks, of its box. `limits` are the fields of fs_quality_options: min_eye_distance,
    min_sharpness, max_yaw, max_pitch, max_roll, min_brightness, max_brightness, max_clipped, min_contrast, max_outside."""
    options, out = _c.fs_quality_options(), _c.fs_quality()
    check(_c.fs_quality_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    names = [name for name, _ in options._fields_ if name != "size"]
    for name, limit in limits.items():
        if name not in names:
            raise TypeError(f"face_quality has no limit {name!r}; there are {', '.join(names)}")
        setattr(options, name, number(limit, name))
    arguments = ctypes.byref(face_as_c(face)), ctypes.byref(options), ctypes.byref(out)
    if isinstance(picture, Frame):
        check(_c.fs_face_quality_frame(picture, *arguments))
    else:
        check(_c.fs_face_quality(handle(picture, (Image, Frame), "picture"), *arguments))
    return Quality(reasons=reasons_of(out.reasons), **{name: getattr(out, name) for name, _ in out._fields_ if name not in ("size", "reasons")})
