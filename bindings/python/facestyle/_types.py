"""Names of types that many signatures share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from .image import Image

__all__ = ["ArrayLike", "Doubles", "Floats", "Integers", "NDArray", "PathLike", "Photo", "Picture", "PillowImage", "Pixels"]

PathLike = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int32]
Pixels = NDArray[np.uint8]


class PillowImage(Protocol):
    """What is asked of a picture of Pillow's."""

    @property
    def mode(self) -> str: ...

    def convert(self, mode: str) -> Any: ...


Picture = Union["Image", Pixels, "NDArray[np.uint16]", PillowImage]
Photo = Union[Picture, PathLike]
