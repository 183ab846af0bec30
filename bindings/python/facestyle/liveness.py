"""Is a face before the camera a person's, or a picture of one? What this stops: docs/reference/liveness.md."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass

from . import _c
from ._convert import handle, handles
from ._handle import Handle
from ._types import Picture
from .errors import check
from .face import Face, face_as_c
from .frame import Frame
from .image import Image
from .model import Model


@dataclass(frozen=True)
class LivenessVerdict:
    """Whether a face is a living person's, and true then. `score`, 0 to 1,
    is the probability of it by the networks."""

    is_live: bool
    score: float

    def __bool__(self) -> bool:
        return self.is_live


class Liveness(Handle):
    """Looks at faces with networks of MiniFASNet's kind: a list of
    `Model`s, whose probabilities are averaged; without it the installed
    "liveness-2.7" and "liveness-4.0"."""

    _destroy = _c.fs_liveness_destroy

    def __init__(self, models: Iterable[Model] | None = None) -> None:
        given = [] if models is None else handles(models, Model, "models")
        array = (ctypes.POINTER(_c.fs_model) * len(given))(*given) if given else None
        out = ctypes.POINTER(_c.fs_liveness)()
        check(_c.fs_liveness_create(ctypes.byref(out), array, len(given)))
        super().__init__(out)

    def check(self, picture: Picture | Frame, face: Face) -> LivenessVerdict:
        """The `LivenessVerdict` of a `Face` in an `Image` or a `Frame`, of
        which only the box is used."""
        verdict, place = _c.fs_liveness_verdict(), ctypes.byref(face_as_c(face))
        if isinstance(picture, Frame):
            check(_c.fs_liveness_check_frame(self.handle, picture, place, ctypes.byref(verdict)))
        else:
            check(_c.fs_liveness_check(self.handle, handle(picture, (Image, Frame), "picture"), place, ctypes.byref(verdict)))
        return LivenessVerdict(bool(verdict.is_live), verdict.score)
