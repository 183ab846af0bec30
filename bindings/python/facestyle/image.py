"""Pictures: 8-bit sRGB, immutable. They may have the same in 16 bits, and alpha."""

from __future__ import annotations

import ctypes
import itertools
import math
import operator
import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Callable

import numpy as np
from numpy.typing import DTypeLike

from . import _c
from ._convert import choice, flag, floats, handle, integer, items, number, pointer, text, word, wrong
from ._convert import data as data_of
from ._handle import Handle
from ._options import defaults, fill
from ._types import ArrayLike, NDArray, PathLike, PillowImage, Pixels
from .errors import check
from .frame import Frame, frame_as_c, region_as_c

if TYPE_CHECKING:
    from .face import Face

_FILTERS = {"bilinear": _c.FS_BILINEAR, "bicubic": _c.FS_BICUBIC, "area": _c.FS_AREA}
# The library's that are written, by their names: their numbers count from 0.
_FILES = {
    name.decode().lower(): number
    for number, name in enumerate(itertools.takewhile(bool, map(_c.fs_file_format_name, itertools.count())))
    if _c.fs_file_format_is_written(number)
}
_FORMATS = {"rgb": _c.FS_RGB, "bgr": _c.FS_BGR, "rgba": _c.FS_RGBA, "bgra": _c.FS_BGRA, "grey": _c.FS_GREY}
_CHANNELS = {"rgb": 3, "bgr": 3, "rgba": 4, "bgra": 4, "grey": 1}
# Places of the channels of each format in one that C takes in 16 bits.
_DEEP = {"rgb": [0, 1, 2], "bgr": [2, 1, 0], "rgba": [0, 1, 2, 3], "bgra": [2, 1, 0, 3], "grey": [0, 0, 0]}


class Image(Handle):
    """A picture. Make one with `Image.open`, `Image.decode` or
    `Image.from_array`; a notebook shows it.

    NumPy, and what takes what NumPy takes (Matplotlib, OpenCV after
    `np.asarray`), sees uint8 [height, width, 3], R, G, B, in the picture's
    own memory: `shape`, `ndim` and `dtype` are that array's. `size` is not
    there: it would be a count to NumPy and a pair to Pillow.

    Where a function takes an `Image`, an array as `from_array` takes it and
    a Pillow image will do as well. OpenCV's arrays are B, G, R:
    `Image.from_array(array, "bgr")`.
    """

    _destroy = _c.fs_image_destroy
    _reduction = 1
    _lease: weakref.ref[_Lease] | None = None

    @classmethod
    def _make(cls, function: Callable[..., int], *arguments: object) -> Image:
        out = ctypes.POINTER(_c.fs_image)()
        check(function(ctypes.byref(out), *arguments))
        return cls(out)

    @classmethod
    def open(cls, path: PathLike, max_pixels: int | None = None) -> Image:
        """Reads a file, turned upright by its orientation, its colours brought
        to sRGB by its ICC profile or cICP.

        PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP, by its content. Some
        need a library of the system, which is named if it is not there. 16 bits
        a sample and alpha are kept: see `to_array`. What is heeded in detail:
        fs_image_decode in facestyle.h.

        With `max_pixels` a picture of more is read at 1/2, 1/4 or 1/8 of its
        size, which `reduction` tells; of a JPEG, in a fraction of the memory.
        """
        name = text(path, "path")
        if max_pixels is None:
            return cls._make(_c.fs_image_open, name)
        return cls._reduced(_c.fs_image_open_reduced, name, max_pixels=max_pixels)

    @classmethod
    def decode(cls, data: bytes | bytearray | memoryview, max_pixels: int | None = None) -> Image:
        """The same for a whole file's bytes."""
        whole = data_of(data, "data")
        if max_pixels is None:
            return cls._make(_c.fs_image_decode, whole, len(whole))
        return cls._reduced(_c.fs_image_decode_reduced, whole, len(whole), max_pixels=max_pixels)

    @classmethod
    def _reduced(cls, function: Callable[..., int], *file: object, max_pixels: int) -> Image:
        reduction = ctypes.c_uint32()
        image = cls._make(function, *file, integer(max_pixels, "max_pixels", 64), ctypes.byref(reduction))
        image._reduction = reduction.value
        return image

    @classmethod
    def from_array(cls, array: ArrayLike | PillowImage, format: str | None = None, rotation: int = 0) -> Image:
        """Copies uint8 or uint16 pixels: [height, width] (grey), [height,
        width, 3] (RGB) or [height, width, 4] (RGBA, straight alpha); or a
        Pillow image of any mode.

        uint16 ones, 65535 white, make a picture of 16 bits. `format` "bgr" or
        "bgra" is for OpenCV's order of the channels; `rotation`, in degrees
        clockwise, turns the picture upright.
        """
        array = _pixels(array) if is_pillow(array) else np.asarray(array)
        if array.dtype not in (np.uint8, np.uint16):
            raise TypeError(f"pixels are {array.dtype}; expected uint8, 0 to 255, or uint16, 0 to 65535")
        channels = array.shape[2] if array.ndim == 3 else 1
        if array.ndim not in (2, 3) or channels not in (1, 3, 4):
            raise ValueError(
                f"pixels have shape {list(array.shape)}; expected [height, width], [height, width, 3] "
                "or [height, width, 4]"
            )
        format = {1: "grey", 3: "rgb", 4: "rgba"}[channels] if format is None else word(format, _FORMATS, "format")
        kind = _FORMATS[format]
        if _CHANNELS[format] != channels:
            raise ValueError(f"pixels have shape {list(array.shape)}; expected {_CHANNELS[format]} channels")
        if array.dtype == np.uint16:
            array = array.reshape(*array.shape[:2], channels)[..., _DEEP[format]]
            kind = _c.FS_RGBA16 if channels == 4 else _c.FS_RGB16
        array = np.ascontiguousarray(array)
        pixels = _c.fs_pixels(
            size=ctypes.sizeof(_c.fs_pixels),
            data=pointer(array, ctypes.c_uint8),
            byte_count=array.nbytes,
            width=integer(array.shape[1], "width"),
            height=integer(array.shape[0], "height"),
            format=kind,
            rotation=integer(rotation, "rotation"),
        )
        return cls._make(_c.fs_image_from_pixels, ctypes.byref(pixels))

    @classmethod
    def from_frame(cls, frame: Frame, region: Iterable[int] | None = None) -> Image:
        """The upright picture of a `Frame`, or its part (x, y, width, height):
        no more of the frame is read."""
        return cls._make(_c.fs_image_from_frame, frame_as_c(frame), region_as_c(region))

    @property
    def width(self) -> int:
        """In pixels."""
        return _c.fs_image_width(self.handle)

    @property
    def height(self) -> int:
        """In pixels."""
        return _c.fs_image_height(self.handle)

    @property
    def reduction(self) -> int:
        """1, 2, 4 or 8: by how much `open` or `decode` reduced the picture. A
        face's place, times this, is its place in the file's."""
        return self._reduction

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3), as `to_array()` has it."""
        return self.height, self.width, 3

    @property
    def ndim(self) -> int:
        """3, as `to_array()` has it."""
        return 3

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """uint8, as `to_array()` has it; whether there are 16 bits is said by
        `bits`."""
        return np.dtype(np.uint8)

    @property
    def bits(self) -> int:
        """16 if the picture has 16 bits a sample, else 8."""
        return 16 if _c.fs_image_data16(self.handle) else 8

    @property
    def alpha(self) -> Pixels | None:
        """How much each pixel covers, a copy, uint8 [height, width], 255
        opaque; None if the picture is opaque."""
        alpha = _c.fs_image_alpha(self.handle)
        return np.ctypeslib.as_array(alpha, (self.height, self.width)).copy() if alpha else None

    def to_array(self, format: str = "rgb", dtype: DTypeLike = np.uint8) -> NDArray[Any]:
        """A copy of the pixels, uint8 [height, width, 3], R, G, B; where there
        is alpha they are blended over white.

        `format` "rgba": [height, width, 4], colours as they were before they
        were blended, and alpha. `dtype` np.uint16: 0 to 65535, as the picture
        has them if `bits` is 16, else 257 times its levels; alpha always has 8
        bits of its own.
        """
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            raise wrong(dtype, "dtype", "uint8 or uint16") from None
        format = word(format, {"rgb": 3, "rgba": 4}, "format")
        if wanted not in (np.uint8, np.uint16):
            raise TypeError(f"dtype is {wanted}; expected uint8 or uint16")
        if format == "rgb":
            return self._samples(wanted)
        with self.unblended() as colours:
            alpha = self.alpha
            if alpha is None:
                alpha = np.full((self.height, self.width), 255, np.uint8)
            return np.dstack([colours._samples(wanted), alpha if wanted == np.uint8 else alpha.astype(wanted) * 257])

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """`np.asarray(image)`: uint8 [height, width, 3] in the picture's own
        memory, which is for reading only and stays while there is an array of
        it, also if the picture is closed. `np.array(image)` is a copy to write
        to.

        Another `dtype` keeps the levels of 0 to 255, and is a copy. That is
        what a cast means to NumPy; 16 bits come from
        `to_array(dtype=np.uint16)`.
        """
        view = self._view()
        wanted = view.dtype if dtype is None else np.dtype(dtype)
        if copy is False and wanted != view.dtype:
            raise ValueError(f"an Image as {wanted} is a copy; expected copy=None or True, or uint8")
        return view.astype(wanted, copy=bool(copy))

    def _view(self) -> Pixels:
        memory = _c.fs_image_data(self.handle)
        lease = self._lease() if self._lease is not None else None
        if lease is None:
            lease = _Lease()
            self._lease = weakref.ref(lease)
        shape = self.shape
        buffer: Any = (ctypes.c_uint8 * int(np.prod(shape))).from_address(ctypes.addressof(memory.contents))
        buffer.lease = lease  # NumPy keeps the buffer, and the buffer the memory
        view: Pixels = np.frombuffer(buffer, np.uint8).reshape(shape)
        view.flags.writeable = False
        return view

    def _give_back(self, pointer: Any) -> None:
        lease = self._lease() if self._lease is not None else None
        if lease is None:
            super()._give_back(pointer)
        else:
            lease.pointer = pointer

    @classmethod
    def _of_another(cls, value: Any, what: str) -> Image | None:
        if not (isinstance(value, np.ndarray) or is_pillow(value)):
            return None
        try:
            return cls.from_array(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{what}: {error}") from None

    def _repr_png_(self) -> bytes:
        """For notebooks."""
        return self.encode("png")

    def _samples(self, dtype: Any) -> NDArray[Any]:
        deep, shape = _c.fs_image_data16(self.handle), (self.height, self.width, 3)
        if dtype == np.uint16 and deep:
            return np.ctypeslib.as_array(deep, shape).copy()
        levels = np.ctypeslib.as_array(_c.fs_image_data(self.handle), shape)
        return levels.copy() if dtype == np.uint8 else levels.astype(dtype) * 257

    def unblended(self) -> Image:
        """The colours alone, as they were before they were blended over white;
        opaque."""
        return self._make(_c.fs_image_unblended, self.handle)

    def with_alpha(self, source: Image) -> Image:
        """The colours under the alpha of another `Image`, which is brought to
        the size of this one; opaque if the other is."""
        return self._make(_c.fs_image_with_alpha, self.handle, handle(source, Image, "source"))

    def resize(self, width: int, height: int, filter: str = "bicubic") -> Image:
        """The picture with another width and height, in pixels. `filter` is
        "bilinear" or "bicubic" (as Pillow's) or "area" (as PyTorch's). 16 bits
        and alpha are kept."""
        kind = choice(filter, _FILTERS, "filter")
        size = integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_resize, self.handle, *size, kind)

    def crop(self, x: float, y: float, width: float, height: float) -> Image:
        """The part in a rectangle, in pixels, which must lie inside. Fractions,
        as `crop(*face.box)` has them, are rounded to the nearest pixels, and
        what lies outside is left out: boxes of faces may reach beyond the
        picture."""
        if any(isinstance(value, (float, np.floating)) for value in (x, y, width, height)):
            x, width = _inside(x, width, self.width, "x", "width")
            y, height = _inside(y, height, self.height, "y", "height")
        numbers = integer(x, "x"), integer(y, "y"), integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_crop, self.handle, *numbers)

    def warp(self, matrix: ArrayLike, width: int, height: int) -> Image:
        """The picture moved by a 2x3 `matrix`, which maps from this picture to
        the new one; black outside, 8 bits, opaque."""
        moved = floats(matrix, (2, 3), "matrix")
        size = integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_warp, self.handle, pointer(moved), *size)

    def mark_points(self, points: ArrayLike, radius: float | None = None) -> Image:
        """A copy with a dot at each of `points`, [n, 2], such as those of
        `DenseLandmarks.find`, in pixels. `radius` is in pixels, 0.5 to 200;
        without it dots grow with what the points cover. 16 bits and alpha are
        kept."""
        places = floats(points, (None, 2), "points")
        array = (_c.fs_point * len(places))(*(_c.fs_point(*map(float, place)) for place in places))
        return self._make(_c.fs_image_mark_points, self.handle, array, len(places), 0 if radius is None else number(radius, "radius"))

    def mark_faces(
        self, faces: Iterable[Face], labels: Iterable[str | None] | None = None, people: Iterable[int] | None = None,
        letter_height: float | None = None, line_width: float | None = None, points: bool = True,
    ) -> Image:
        """A copy with the boxes of `faces`, their landmarks if `points`, and
        `labels`, a text or None for each.

        `people` are numbers that choose the colours, the same for the same
        person and negative for nobody known; without them faces with the same
        label have the same colour. `letter_height` of capitals and `line_width`
        are in pixels; without them they grow with the picture and its faces. 16
        bits and alpha are kept.
        """
        from .face import faces_as_c

        given = faces_as_c(faces)
        options, array = defaults(_c.fs_mark_options, _c.fs_mark_options_init), (_c.fs_face * len(given))(*given)
        fill(options, points=flag(points, "points"), letter_height=letter_height, line_width=line_width)
        if labels is not None:
            texts = [None if label is None else text(label, f"labels[{i}]") for i, label in enumerate(items(labels, "labels", "str"))]
            if len(texts) != len(given):
                raise ValueError(f"{len(texts)} labels; expected {len(given)}, one for each face")
            options.labels = (ctypes.c_char_p * len(texts))(*texts)
        if people is not None:
            numbers = [_number(person, f"people[{i}]") for i, person in enumerate(items(people, "people", "whole numbers"))]
            if len(numbers) != len(given):
                raise ValueError(f"{len(numbers)} people; expected {len(given)}, one for each face")
            options.people = (ctypes.c_int32 * len(numbers))(*numbers)
        return self._make(_c.fs_image_mark_faces, self.handle, array, len(given), ctypes.byref(options))

    def encode(self, format: str = "png", quality: int = 95) -> bytes:
        """The bytes of a "png" file, with 16 bits and alpha if the picture has
        them, or a "jpeg" one, over white."""
        kind, quality, count = choice(format, _FILES, "format"), integer(quality, "quality"), ctypes.c_size_t()
        check(_c.fs_image_encode(self.handle, kind, quality, None, 0, ctypes.byref(count)))
        buffer = ctypes.create_string_buffer(count.value)
        check(_c.fs_image_encode(self.handle, kind, quality, buffer, count.value, ctypes.byref(count)))
        return buffer.raw[: count.value]

    def save(self, path: PathLike) -> None:
        """Writes a file of the kind that its ending asks for, such as .png or
        .jpg, which appears whole or not at all."""
        check(_c.fs_image_write(self.handle, text(path, "path")))

    def __repr__(self) -> str:
        return "<Image closed>" if self.closed else f"<Image {self.width}x{self.height}>"


def _inside(start: float, length: float, side: int, first: str, second: str) -> tuple[int, int]:
    """Start and length in whole pixels of what of a range lies within a
    side."""
    begin, end = number(start, first), number(start, first) + number(length, second)
    if not (math.isfinite(begin) and math.isfinite(end)):
        raise ValueError(f"{first} is {start} and {second} is {length}; expected finite numbers")
    begin, end = max(0, round(begin)), min(side, round(end))
    if begin >= end:
        raise ValueError(f"{first} is {start} and {second} is {length}; expected a part of the picture's {side} pixels")
    return begin, end - begin


def _number(value: Any, what: str) -> int:
    """A person's number; all negative ones mean nobody."""
    try:
        value = operator.index(value)
    except TypeError:
        raise wrong(value, what, "a whole number") from None
    return integer(value, what, 31) if value >= 0 else -1


class _Lease:
    """Keeps the memory of a closed picture until the last array of it is
    gone."""

    pointer: Any = None

    def __del__(self) -> None:
        if self.pointer is not None:
            _c.fs_image_destroy(self.pointer)


def is_pillow(value: object) -> bool:
    """Without importing Pillow, which need not be there."""
    return type(value).__module__.partition(".")[0] == "PIL" and hasattr(value, "mode") and hasattr(value, "convert")


def _pixels(picture: Any) -> NDArray[Any]:
    """Of a Pillow image, as it lies: Pillow's own exif_transpose turns it
    upright."""
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(np.uint16)
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "L" if picture.mode == "L" else "RGB"
    return np.asarray(picture if picture.mode == wanted else picture.convert(wanted))
