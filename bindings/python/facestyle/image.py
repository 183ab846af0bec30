"""Pictures: 8-bit sRGB, immutable. They may have the same in 16 bits, and alpha."""

import ctypes
import itertools
import operator
import os

import numpy as np

from . import _c
from ._convert import choice, data as data_of, flag, floats, handle, integer, items, number, pointer, text, wrong
from ._handle import Handle
from .errors import check
from .frame import frame_as_c, region_as_c

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
    """A picture. Make one with `Image.open`, `Image.decode` or `Image.from_array`.

    NumPy, and what takes what NumPy takes (Matplotlib, OpenCV after `np.asarray`), sees the array of `to_array()`: `shape`,
    `ndim` and `dtype` are that array's. `size` is not there: it would be a count to NumPy and a pair to Pillow.
    """

    _destroy = _c.fs_image_destroy
    _reduction = 1

    @classmethod
    def _make(cls, function, *arguments):
        out = ctypes.POINTER(_c.fs_image)()
        check(function(ctypes.byref(out), *arguments))
        return cls(out)

    @classmethod
    def open(cls, path, max_pixels=None):
        """Reads a file, turned upright by its orientation, its colours brought to sRGB by its ICC profile or cICP.

        PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP, by its content. Some need a library of the system, which is named
        if it is not there. 16 bits a sample and alpha are kept: see `to_array`. What is heeded in detail: fs_image_decode in
        facestyle.h.

        With `max_pixels` a picture of more is read at 1/2, 1/4 or 1/8 of its size, which `reduction` tells; of a JPEG, in a
        fraction of the memory.
        """
        if max_pixels is None:
            return cls._make(_c.fs_image_open, text(path, "path"))
        reduction, limit = ctypes.c_uint32(), integer(max_pixels, "max_pixels", 64)
        image = cls._make(lambda out: _c.fs_image_open_reduced(out, text(path, "path"), limit, ctypes.byref(reduction)))
        image._reduction = reduction.value
        return image

    @classmethod
    def decode(cls, data):
        """The same for a whole file's bytes."""
        data = data_of(data, "data")
        return cls._make(_c.fs_image_decode, data, len(data))

    @classmethod
    def from_array(cls, array, format=None, rotation=0):
        """Copies uint8 or uint16 pixels: height x width (grey), height x width x 3 (RGB) or x 4 (RGBA, straight alpha).

        uint16 ones, 65535 white, make a picture of 16 bits. `format` "bgr" or "bgra" is for OpenCV's order of the channels;
        `rotation`, in degrees clockwise, turns the picture upright.
        """
        array = np.asarray(array)
        if array.dtype not in (np.uint8, np.uint16):
            raise TypeError(f"pixels are {array.dtype}; expected uint8, 0 to 255, or uint16, 0 to 65535")
        channels = array.shape[2] if array.ndim == 3 else 1
        if array.ndim not in (2, 3) or channels not in (1, 3, 4):
            raise ValueError(
                f"pixels have shape {list(array.shape)}; expected [height, width], [height, width, 3] "
                "or [height, width, 4]"
            )
        format = format or {1: "grey", 3: "rgb", 4: "rgba"}[channels]
        kind = choice(format, _FORMATS, "format")
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
    def from_frame(cls, frame, region=None):
        """The upright picture of a `Frame`, or its part (x, y, width, height): no more of the frame is read."""
        return cls._make(_c.fs_image_from_frame, frame_as_c(frame), region_as_c(region))

    @property
    def width(self):
        return _c.fs_image_width(self.handle)

    @property
    def height(self):
        return _c.fs_image_height(self.handle)

    @property
    def reduction(self):
        """1, 2, 4 or 8: by how much `open` reduced the picture. A face's place, times this, is its place in the file's."""
        return self._reduction

    @property
    def shape(self):
        """(height, width, 3), as `to_array()` has it."""
        return self.height, self.width, 3

    @property
    def ndim(self):
        return 3

    @property
    def dtype(self):
        """uint8, as `to_array()` has it; whether there are 16 bits is said by `bits`."""
        return np.dtype(np.uint8)

    @property
    def bits(self):
        """16 if the picture has 16 bits a sample, else 8."""
        return 16 if _c.fs_image_data16(self.handle) else 8

    @property
    def alpha(self):
        """How much each pixel covers, a copy, uint8 [height, width], 255 opaque; None if the picture is opaque."""
        alpha = _c.fs_image_alpha(self.handle)
        return np.ctypeslib.as_array(alpha, (self.height, self.width)).copy() if alpha else None

    def to_array(self, format="rgb", dtype=np.uint8):
        """A copy of the pixels, uint8 [height, width, 3], R, G, B; where there is alpha they are blended over white.

        `format` "rgba": [height, width, 4], colours as they were before they were blended, and alpha. `dtype` np.uint16: 0 to
        65535, as the picture has them if `bits` is 16, else 257 times its levels; alpha always has 8 bits of its own.
        """
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            raise wrong(dtype, "dtype", "uint8 or uint16") from None
        choice(format, {"rgb": 3, "rgba": 4}, "format")
        if wanted not in (np.uint8, np.uint16):
            raise TypeError(f"dtype is {wanted}; expected uint8 or uint16")
        if format == "rgb":
            return self._samples(wanted)
        with self.unblended() as colours:
            alpha = self.alpha
            if alpha is None:
                alpha = np.full((self.height, self.width), 255, np.uint8)
            return np.dstack([colours._samples(wanted), alpha if wanted == np.uint8 else alpha.astype(wanted) * 257])

    def __array__(self, dtype=None, copy=None):
        """`np.asarray(image)`: `to_array()`, whose levels of 0 to 255 another `dtype` keeps.

        That is what a cast means to NumPy; 16 bits come from `to_array(dtype=np.uint16)`. Always a copy.
        """
        if copy is False:
            raise ValueError("an array of an Image is a copy; copy=False cannot be had")
        array = self.to_array()
        return array if dtype is None else array.astype(dtype, copy=False)

    def _samples(self, dtype):
        deep, shape = _c.fs_image_data16(self.handle), (self.height, self.width, 3)
        if dtype == np.uint16 and deep:
            return np.ctypeslib.as_array(deep, shape).copy()
        levels = np.ctypeslib.as_array(_c.fs_image_data(self.handle), shape)
        return levels.copy() if dtype == np.uint8 else levels.astype(dtype) * 257

    def unblended(self):
        """The colours alone, as they were before they were blended over white; opaque."""
        return self._make(_c.fs_image_unblended, self.handle)

    def with_alpha(self, source):
        """The colours under the alpha of another `Image`, which is brought to the size of this one; opaque if the other is."""
        return self._make(_c.fs_image_with_alpha, self.handle, handle(source, Image, "source"))

    def resize(self, width, height, filter="bicubic"):
        """`filter` is "bilinear" or "bicubic" (as Pillow's) or "area" (as PyTorch's). 16 bits and alpha are kept."""
        kind = choice(filter, _FILTERS, "filter")
        size = integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_resize, self.handle, *size, kind)

    def crop(self, x, y, width, height):
        """The part in a rectangle, which must lie inside."""
        numbers = integer(x, "x"), integer(y, "y"), integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_crop, self.handle, *numbers)

    def warp(self, matrix, width, height):
        """The picture moved by a 2x3 `matrix`, which maps from this picture to the new one; black outside, 8 bits, opaque."""
        matrix = floats(matrix, (2, 3), "matrix")
        size = integer(width, "width"), integer(height, "height")
        return self._make(_c.fs_image_warp, self.handle, pointer(matrix), *size)

    def mark_points(self, points, radius=None):
        """A copy with a dot at each of `points`, [n, 2], such as those of `DenseLandmarks.find`, in pixels. `radius` is in pixels, 0.5 to
        200; without it dots grow with what the points cover. 16 bits and alpha are kept."""
        points = floats(points, (None, 2), "points")
        array = (_c.fs_point * len(points))(*(tuple(map(float, point)) for point in points))
        return self._make(_c.fs_image_mark_points, self.handle, array, len(points), 0 if radius is None else number(radius, "radius"))

    def mark_faces(self, faces, labels=None, people=None, letter_height=None, line_width=None, points=True):
        """A copy with the boxes of `faces`, their landmarks if `points`, and `labels`, a text or None for each.

        `people` are numbers that choose the colours, the same for the same person and negative for nobody known; without them
        faces with the same label have the same colour. `letter_height` of capitals and `line_width` are in pixels; without them
        they grow with the picture and its faces. 16 bits and alpha are kept.
        """
        from .recognition import faces_as_c

        faces = faces_as_c(faces)
        options, array = _c.fs_mark_options(), (_c.fs_face * len(faces))(*faces)
        check(_c.fs_mark_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.points = flag(points, "points")
        if labels is not None:
            labels = [None if label is None else text(label, f"labels[{i}]") for i, label in enumerate(items(labels, "labels", "str"))]
            if len(labels) != len(faces):
                raise ValueError(f"{len(labels)} labels; expected {len(faces)}, one for each face")
            options.labels = (ctypes.c_char_p * len(labels))(*labels)
        if people is not None:
            people = [_number(person, f"people[{i}]") for i, person in enumerate(items(people, "people", "whole numbers"))]
            if len(people) != len(faces):
                raise ValueError(f"{len(people)} people; expected {len(faces)}, one for each face")
            options.people = (ctypes.c_int32 * len(people))(*people)
        if letter_height is not None:
            options.letter_height = number(letter_height, "letter_height")
        if line_width is not None:
            options.line_width = number(line_width, "line_width")
        return self._make(_c.fs_image_mark_faces, self.handle, array, len(faces), ctypes.byref(options))

    def encode(self, format="png", quality=95):
        """The bytes of a "png" file, with 16 bits and alpha if the picture has them, or a "jpeg" one, over white."""
        kind, quality, count = choice(format, _FILES, "format"), integer(quality, "quality"), ctypes.c_size_t()
        check(_c.fs_image_encode(self.handle, kind, quality, None, 0, ctypes.byref(count)))
        buffer = ctypes.create_string_buffer(count.value)
        check(_c.fs_image_encode(self.handle, kind, quality, buffer, count.value, ctypes.byref(count)))
        return buffer.raw[: count.value]

    def save(self, path):
        """Writes a file of the kind that its ending asks for, such as .png or .jpg, which appears whole or not at all."""
        check(_c.fs_image_write(self.handle, text(path, "path")))

    def __repr__(self):
        return "<Image closed>" if self.closed else f"<Image {self.width}x{self.height}>"


def _number(value, what):
    """A person's number; all negative ones mean nobody."""
    try:
        value = operator.index(value)
    except TypeError:
        raise wrong(value, what, "a whole number") from None
    return integer(value, what, 31) if value >= 0 else -1


class opened:
    """An image as it is; or that of a path, an array or a Pillow image, which is closed afterwards."""

    def __init__(self, picture, what):
        if not (isinstance(picture, (Image, str, bytes, os.PathLike, np.ndarray)) or _is_pillow(picture)):
            raise wrong(picture, what, "an Image or the path of one")
        self._given, self._opened = picture, None

    def __enter__(self):
        if isinstance(self._given, Image):
            return self._given
        if isinstance(self._given, np.ndarray):
            self._opened = Image.from_array(self._given)
        elif _is_pillow(self._given):
            self._opened = Image.from_array(_pixels(self._given))
        else:
            self._opened = Image.open(self._given)
        return self._opened

    def __exit__(self, *_):
        if self._opened is not None:
            self._opened.close()


def _is_pillow(value):
    """Without importing Pillow, which need not be there."""
    return type(value).__module__.partition(".")[0] == "PIL" and hasattr(value, "mode") and hasattr(value, "convert")


def _pixels(picture):
    """Of a Pillow image, as it lies: Pillow's own exif_transpose turns it upright."""
    if picture.mode.startswith("I;16"):
        return np.asarray(picture).astype(np.uint16)
    has_alpha = picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "L" if picture.mode == "L" else "RGB"
    return np.asarray(picture if picture.mode == wanted else picture.convert(wanted))
