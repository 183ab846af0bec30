"""Pictures varied at random, for a network to learn from."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, TypedDict

from . import _c
from ._convert import choice, handle, integer, wrong
from ._options import defaults, fill, named, takes
from ._types import Picture
from .image import Image

if TYPE_CHECKING:
    from typing_extensions import Unpack

_STRENGTHS = {"none": _c.FS_AUGMENT_NONE, "standard": _c.FS_AUGMENT_STANDARD, "strong": _c.FS_AUGMENT_STRONG}


class AugmentationOptions(TypedDict, total=False):
    """What `augmentation_settings` and `augment` change of a strength.
    Probabilities are 0 to 1, lengths are parts of the side.

    - `flip`: probability of a mirror image.
    - `shift`: the farthest move across and down, to either side, at most
      0.5.
    - `turn`: the largest turn to either side, in radians.
    - `scale`: sizes change by a factor of 1 - scale to 1 + scale, at most
      0.9.
    - `brightness`: levels of 255, up or down.
    - `contrast`: differences from mid-grey change by a factor of 1 -
      contrast to 1 + contrast, at most 1.
    - `grey`: probability of losing all colour.
    - `blur`, `blur_size`: probability of a Gaussian blur, and its largest
      standard deviation, at most 0.1.
    - `coarse`, `coarsest`: probability of reduction to few pixels and back,
      and the fewest pixels of a side, 4 to 4096.
    - `compression`, `worst_quality`: probability of JPEG compression, and
      its lowest quality, 1 to 100.
    - `noise`, `noise_levels`: probability of noise, and its largest
      standard deviation in levels of 255.
    - `occlusion`, `occlusion_size`: probability of a rectangle of one
      colour in front, and its longest side.
    - `blend`, `blend_share`: probability of mixing in another face of the
      set, with a teacher only, and its largest share.
    """

    flip: float | None
    shift: float | None
    turn: float | None
    scale: float | None
    brightness: float | None
    contrast: float | None
    grey: float | None
    blur: float | None
    blur_size: float | None
    coarse: float | None
    coarsest: int | None
    compression: float | None
    worst_quality: int | None
    noise: float | None
    noise_levels: float | None
    occlusion: float | None
    occlusion_size: float | None
    blend: float | None
    blend_share: float | None


@takes(AugmentationOptions)
def augmentation_settings(strength: str = "standard", **options: Unpack[AugmentationOptions]) -> _c.fs_augmentation:
    """The settings of a strength, "none", "standard" or "strong", with
    changes: `augmentation_settings("none", flip=0.5)`.

    Probabilities are 0 to 1, lengths are parts of the side; what is not
    given is the strength's.

    {options}"""
    kind = choice(strength, _STRENGTHS, "strength")
    settings = defaults(_c.fs_augmentation, _c.fs_augmentation_init, kind)
    fill(settings, **named(options, AugmentationOptions, "augmentation_settings"))
    return settings


@takes(AugmentationOptions)
def augment(image: Picture, seed: int, strength: str = "standard", **options: Unpack[AugmentationOptions]) -> Image:
    """One variation of a picture, of its size; the same for the same seed
    and settings, which are those of `augmentation_settings`."""
    settings = augmentation_settings(strength, **options)
    seed = integer(seed, "seed", 64)
    return Image._make(_c.fs_image_augment, handle(image, Image, "image"), ctypes.byref(settings), seed)


def set_augmentation(options: ctypes.Structure, augmentation: str | _c.fs_augmentation | None) -> None:
    """Into the member of that name: a strength, or settings."""
    if isinstance(augmentation, str):
        augmentation = augmentation_settings(augmentation)
    if augmentation is not None:
        if not isinstance(augmentation, _c.fs_augmentation):
            raise wrong(augmentation, "augmentation", "a strength, or what augmentation_settings() returns")
        setattr(options, "augmentation", ctypes.pointer(augmentation))
