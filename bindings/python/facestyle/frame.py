"""Frames: a camera's pictures, read where they lie in NumPy's memory."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from . import _c
from ._convert import choice, flag, integer, items, pointer, word, wrong
from ._types import Pixels
from .errors import check

_FORMATS = {
    "rgb": _c.FS_RGB, "bgr": _c.FS_BGR, "rgba": _c.FS_RGBA, "bgra": _c.FS_BGRA, "grey": _c.FS_GREY,
    "nv12": _c.FS_NV12, "nv21": _c.FS_NV21, "i420": _c.FS_I420, "yuyv": _c.FS_YUYV,
}  # fmt: skip
_BYTES = {"rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4, "grey": 1, "yuyv": 2}  # of a pixel in the only plane
_MATRICES = {"bt601": _c.FS_BT601, "bt709": _c.FS_BT709}
_RANGES = {"limited": _c.FS_LIMITED_RANGE, "full": _c.FS_FULL_RANGE}


class Frame:
    """A frame that is not copied: its arrays are read whenever it is used.

    `planes` are uint8 arrays whose rows may lie apart (a view of wider rows
    is fine), one array for each plane:

    - "rgb", "bgr", "rgba", "bgra", "grey", "yuyv": [height, width, bytes of
      a pixel], or [height, width] of "grey";
    - "nv12", "nv21": Y [height, width], and chroma [(height + 1) // 2, 2 *
      ((width + 1) // 2)];
    - "i420": Y [height, width], U and V [(height + 1) // 2, (width + 1) //
      2] each;
    - of these three also all in one array [height * 3 // 2, width], as
      OpenCV and ffmpeg have it, with even sides.

    `width` is of "yuyv" with odd rows, whose array has a pixel more.
    `rotation` is in degrees by which the frame must be turned clockwise to
    stand upright; if `mirrored`, left and right are exchanged after that.
    `matrix` is "bt601" or "bt709" and `colour_range` "limited" or "full",
    of the formats with Y: what made the frame decides, not its size. Y of
    `cv2.cvtColor`, and of what ffmpeg converts from RGB, is "bt601" at
    every size; decoded HD video mostly is "bt709".
    """

    def __init__(
        self, planes: Pixels | Iterable[Pixels], format: str, width: int | None = None, rotation: int = 0, mirrored: bool = False,
        matrix: str = "bt601", colour_range: str = "limited",
    ) -> None:
        format = word(format, _FORMATS, "format")
        given = [planes] if isinstance(planes, np.ndarray) else items(planes, "planes", "arrays")
        planes = [_rows(plane, i) for i, plane in enumerate(given)]
        if format in ("nv12", "nv21", "i420"):
            if len(planes) == 1:
                planes = _parted(planes[0], format)
            if len(planes) != (wanted := 3 if format == "i420" else 2):
                raise ValueError(f"{len(planes)} planes; {format} has {wanted}")
            size = planes[0].shape[1]
        else:
            if len(planes) != 1:
                raise ValueError(f"{len(planes)} planes; {format} has 1")
            size, rest = divmod(planes[0].shape[1], _BYTES[format])
            if rest:
                raise ValueError(f"rows of {planes[0].shape[1]} bytes; {format} has {_BYTES[format]} a pixel")
        self._planes = planes  # kept alive with their memory
        self._frame = frame = _c.fs_frame()
        check(_c.fs_frame_init(ctypes.byref(frame), ctypes.sizeof(frame)))
        for i, plane in enumerate(planes):
            stride = plane.strides[0] if len(plane) > 1 else plane.shape[1]
            frame.planes[i] = pointer(plane, ctypes.c_uint8)
            frame.byte_counts[i] = stride * (len(plane) - 1) + plane.shape[1]
            frame.strides[i] = stride
        frame.width = size if width is None else integer(width, "width")
        frame.height = len(planes[0])
        frame.format = _FORMATS[format]
        frame.rotation = integer(rotation, "rotation")
        frame.mirrored = flag(mirrored, "mirrored")
        frame.matrix = choice(matrix, _MATRICES, "matrix")
        frame.range = choice(colour_range, _RANGES, "colour_range")

    @property
    def _as_parameter_(self) -> Any:
        return ctypes.byref(self._frame)

    @property
    def width(self) -> int:
        """Of the upright picture, in pixels."""
        return self._frame.height if self._frame.rotation in (90, 270) else self._frame.width

    @property
    def height(self) -> int:
        """Of the upright picture, in pixels."""
        return self._frame.width if self._frame.rotation in (90, 270) else self._frame.height

    @classmethod
    def _of_another(cls, value: object, what: str) -> None:
        """As a `Handle` has it: nothing else stands for a frame."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """For pickle and `copy`."""
        raise TypeError("a Frame cannot be copied or pickled: it points into its arrays; make another Frame of arrays")

    def __repr__(self) -> str:
        return f"<Frame {self.width}x{self.height}>"


def frame_as_c(frame: object, what: str = "frame") -> Frame:
    """A `Frame` for C."""
    if not isinstance(frame, Frame):
        raise wrong(frame, what, "a Frame")
    return frame


def region_as_c(region: Iterable[int] | None) -> Any:
    """(x, y, width, height) for C; None is NULL."""
    if region is None:
        return None
    numbers = [integer(number, "region") for number in items(region, "region", "x, y, width and height")]
    if len(numbers) != 4:
        raise ValueError(f"region has {len(numbers)} numbers; expected x, y, width and height")
    x, y, width, height = numbers
    if width == 0 or height == 0:  # all zeros are the library's sign for the whole picture
        raise ValueError(f"region is {width}x{height}; expected at least 1x1, or None for all")
    return _c.fs_region(x, y, width, height)


def _rows(given: Any, index: int) -> Pixels:
    """A plane as uint8 [rows, bytes], its rows each in one piece; copied
    only if they are not."""
    plane: Pixels = np.asarray(given)
    if plane.dtype != np.uint8:
        raise TypeError(f"plane {index} of planes is {plane.dtype}; expected uint8")
    if plane.ndim not in (2, 3) or plane.size == 0:
        raise ValueError(f"plane {index} has shape {list(plane.shape)}; expected rows, or rows of pixels")
    inner = plane[:1]
    if not inner.flags.c_contiguous or (len(plane) > 1 and plane.strides[0] < inner.size):
        plane = np.ascontiguousarray(plane)
    if plane.ndim == 2:
        return plane
    rows: Pixels = np.lib.stride_tricks.as_strided(
        plane, (len(plane), plane.shape[1] * plane.shape[2]), (plane.strides[0], 1), writeable=False)
    return rows


def _parted(plane: Pixels, format: str) -> list[Pixels]:
    """The planes of one array that holds them all."""
    height, width = len(plane) * 2 // 3, plane.shape[1]
    if len(plane) % 3 or height % 2 or width % 2:
        raise ValueError(f"an array of {list(plane.shape)}; {format} in one is [height * 3 / 2, width] with even sides")
    if format != "i420":
        return [plane[:height], plane[height:]]
    chroma = np.ascontiguousarray(plane[height:]).reshape(2, height // 2, width // 2)
    return [plane[:height], chroma[0], chroma[1]]
