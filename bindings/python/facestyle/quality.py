"""Is a face fit to be recognised by? Size, sharpness, pose and light, with the reasons against it."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

from . import _c
from ._convert import handle
from ._options import defaults, fill
from ._types import Picture
from .errors import check
from .face import Face, face_as_c, reasons_of
from .frame import Frame
from .image import Image


@dataclass(frozen=True)
class Quality:
    """`reasons` is a tuple of texts, empty if nothing speaks against the
    face: it is `accepted`, and true then. `score`, 0 to 1, is an order
    among photos of a person. `eye_distance` is in pixels of the picture,
    `sharpness` the variance of the Laplacian, `yaw`, `pitch` and `roll` in
    degrees, NaN of a face without landmarks, `brightness` and `contrast`
    mean and standard deviation of the luma, 0 to 255; the rest are parts of
    the face, 0 to 1."""

    score: float
    reasons: tuple[str, ...]
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
    def accepted(self) -> bool:
        """Whether nothing speaks against the face."""
        return not self.reasons

    def __bool__(self) -> bool:
        return self.accepted


def face_quality(
    picture: Picture | Frame, face: Face, *, min_eye_distance: float | None = None, min_sharpness: float | None = None,
    max_yaw: float | None = None, max_pitch: float | None = None, max_roll: float | None = None,
    min_brightness: float | None = None, max_brightness: float | None = None, max_clipped: float | None = None,
    min_contrast: float | None = None, max_outside: float | None = None,
) -> Quality:  # fmt: skip
    """The `Quality` of a `Face` in an `Image` or a `Frame`; without
    landmarks, of its box.

    What is beyond a limit becomes one of the reasons; None is the library's
    limit:

    - `min_eye_distance`: pixels of the picture (20).
    - `min_sharpness`: the variance of the Laplacian (30).
    - `max_yaw`, `max_pitch`, `max_roll`: degrees to either side (40, 30 and
      45).
    - `min_brightness`, `max_brightness`, `min_contrast`: mean and standard
      deviation of the luma, levels of 255 (50, 210 and 15).
    - `max_clipped`: the share of the face without detail, dark and bright
      each, 0 to 1 (0.25).
    - `max_outside`: the share of the face outside the picture, 0 to 1
      (0.05).
    """
    options, out = defaults(_c.fs_quality_options, _c.fs_quality_options_init), _c.fs_quality()
    fill(
        options, min_eye_distance=min_eye_distance, min_sharpness=min_sharpness, max_yaw=max_yaw, max_pitch=max_pitch,
        max_roll=max_roll, min_brightness=min_brightness, max_brightness=max_brightness, max_clipped=max_clipped,
        min_contrast=min_contrast, max_outside=max_outside)
    arguments = ctypes.byref(face_as_c(face)), ctypes.byref(options), ctypes.byref(out)
    if isinstance(picture, Frame):
        check(_c.fs_face_quality_frame(picture, *arguments))
    else:
        check(_c.fs_face_quality(handle(picture, (Image, Frame), "picture"), *arguments))
    measured = {field[0]: getattr(out, field[0]) for field in out._fields_ if field[0] not in ("size", "reasons")}
    return Quality(reasons=reasons_of(out.reasons), **measured)
