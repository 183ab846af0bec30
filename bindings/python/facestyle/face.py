"""A face of a picture, and the answer to whose it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import floats, items, number, wrong
from ._types import ArrayLike, Floats


@dataclass(eq=False)
class Face:
    """`box` is (x, y, width, height) in pixels, which may reach beyond the
    picture; `landmarks`, float32 [5, 2], x and y in pixels, are left eye,
    right eye, nose, left and right mouth corner, as seen, or None of a face
    that a detector without points found: it cannot be embedded. A face made
    by hand needs the landmarks alone."""

    landmarks: ArrayLike | None
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    score: float = 1.0

    def __post_init__(self) -> None:
        if self.landmarks is not None:
            floats(self.landmarks, (5, 2), "landmarks")
        floats(self.box, (4,), "box")
        number(self.score, "score")

    @classmethod
    def _of(cls, face: _c.fs_face) -> Face:
        points = np.array([(point.x, point.y) for point in face.landmarks], np.float32)
        return cls(None if np.isnan(points).all() else points, (face.x, face.y, face.width, face.height), face.score)

    def _as_c(self) -> _c.fs_face:
        points: Floats = np.full((5, 2), np.nan, np.float32) if self.landmarks is None else floats(self.landmarks, (5, 2), "landmarks")
        box = floats(self.box, (4,), "box").tolist()
        return _c.fs_face(*box, number(self.score, "score"), (_c.fs_point * 5)(*(_c.fs_point(*map(float, p)) for p in points)))


def faces_as_c(faces: Iterable[Face], what: str = "faces") -> list[_c.fs_face]:
    """A list of faces for C."""
    return [face_as_c(face, f"{what}[{i}]") for i, face in enumerate(items(faces, what, "faces"))]


def face_as_c(face: object, what: str = "face") -> _c.fs_face:
    if not isinstance(face, Face):
        raise wrong(face, what, "a Face")
    return face._as_c()


def reasons_of(bits: int) -> tuple[str, ...]:
    """The texts of bits of fs_quality_reason."""
    return tuple(str(_c.fs_quality_reason_text(1 << i), "utf-8") for i in range(32) if bits >> i & 1)


@dataclass(frozen=True)
class Verdict:
    """Is it the same person? Yes if the distance is at most the threshold;
    as a truth value it is that answer. `reasons` are two tuples of texts:
    why the face of the first photo, and that of the second, is too bad for
    a sure answer."""

    same: bool
    distance: float
    threshold: float
    reasons: tuple[tuple[str, ...], ...] = ((), ())

    def __bool__(self) -> bool:
        return self.same


def threshold_of(value: float | None) -> float:
    if value is None:
        return _c.FS_DEFAULT_THRESHOLD
    value = number(value, "threshold")
    if not value >= 0:  # a negative number is the library's sign for its own threshold
        raise ValueError(f"threshold is {value}; expected 0 or more, or None for the model's own")
    return value


def verdict_of(verdict: _c.fs_verdict) -> Verdict:
    return Verdict(
        bool(verdict.same), verdict.distance, verdict.threshold, tuple(reasons_of(bits) for bits in verdict.reasons))
