"""What stands for pictures: images, paths, arrays, Pillow's, one or several."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np

from ._convert import items, wrong
from ._types import Photo, Picture
from .image import Image, is_pillow


class opened:
    """An image as it is; or that of a path, an array or a Pillow image,
    which is closed afterwards."""

    def __init__(self, picture: Photo, what: str) -> None:
        if not (isinstance(picture, (Image, str, bytes, os.PathLike, np.ndarray)) or is_pillow(picture)):
            raise wrong(picture, what, "an Image or the path of one")
        self._given, self._what = picture, what
        self._opened: Image | None = None

    def __enter__(self) -> Image:
        given: Any = self._given
        if isinstance(given, Image):
            return given
        self._opened = Image._of_another(given, self._what) or Image.open(given)
        return self._opened

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._opened is not None:
            self._opened.close()


def one_or_several(pictures: Picture | Iterable[Picture], what: str) -> list[Picture]:
    """A list of pictures, of one or of several."""
    one = isinstance(pictures, (Image, np.ndarray)) or is_pillow(pictures)
    return [pictures] if one else items(pictures, what, "pictures")  # type: ignore[list-item, arg-type]
