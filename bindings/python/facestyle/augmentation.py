"""Pictures varied at random, for a network to learn from."""

import ctypes

from . import _c
from ._convert import choice, handle, integer, number
from .errors import check
from .image import Image

_STRENGTHS = {"none": _c.FS_AUGMENT_NONE, "standard": _c.FS_AUGMENT_STANDARD, "strong": _c.FS_AUGMENT_STRONG}
_KINDS = {name: kind for name, kind in _c.fs_augmentation._fields_ if name != "size"}


def augmentation_settings(strength="standard", **settings):
    """The settings of a strength, "none", "standard" or "strong", with changes: `augmentation_settings("none", flip=0.5)`.

    Names and ranges are those of `fs_augmentation` in facestyle.h.
    """
    options = _c.fs_augmentation()
    kind = choice(strength, _STRENGTHS, "strength")
    check(_c.fs_augmentation_init(ctypes.byref(options), ctypes.sizeof(options), kind))
    for name, value in settings.items():
        if name not in _KINDS:
            raise TypeError(f"no setting {name!r}; there are {', '.join(_KINDS)}")
        whole = _KINDS[name] is ctypes.c_uint32
        setattr(options, name, integer(value, name) if whole else number(value, name))
    return options


def augment(image, seed, strength="standard", **settings):
    """One variation of a picture, of its size; the same for the same seed and settings."""
    options = augmentation_settings(strength, **settings)
    seed = integer(seed, "seed", 64)
    return Image._make(_c.fs_image_augment, handle(image, Image, "image"), ctypes.byref(options), seed)
