"""A threshold that lets no more strangers pass than is said, as far as labelled pairs can show it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _c
from ._convert import floats, integer, integers, number, pointer
from ._options import defaults
from ._types import ArrayLike
from .errors import check
from .evaluation import _labelled, _number
from .identification import labels_of


@dataclass(frozen=True)
class Calibration:
    """`threshold` is the largest distance that occurs at which
    `max_false_accepts`, the bound of what one comparison lets pass, is not
    above `comparison_rate`, what it may: 1 - (1 - far)^(1 / people);
    rounded to a float, up unless that would accept the next distance too.
    `false_accepts` and `false_rejects` are as counted; bounds are Clopper
    and Pearson's, one-sided for false accepts, two-sided for false rejects.
    `max_false_accepts_of_search` is 1 - (1 - max_false_accepts)^people."""

    threshold: float
    comparison_rate: float
    false_accepts: float
    max_false_accepts: float
    max_false_accepts_of_search: float
    false_rejects: float
    min_false_rejects: float
    max_false_rejects: float
    genuine: int
    impostors: int
    genuine_rejected: int
    impostors_accepted: int
    impostors_needed: int


@dataclass(frozen=True)
class Growth:
    """A search among `people`: what it lets pass with the threshold as it
    is, as counted and at most; and the threshold that keeps the rate among
    so many, with what it rejects: None, with a `reason`, where pairs are
    too few, and this is false."""

    people: int
    false_accepts: float
    max_false_accepts: float
    threshold: float | None
    false_rejects: float | None
    min_false_rejects: float | None
    max_false_rejects: float | None
    impostors_needed: int
    reason: str | None = None

    def __bool__(self) -> bool:
        return self.threshold is not None


def calibrate(
    distances: ArrayLike, same: ArrayLike, far: float = 1e-3, *, people: int = 1, confidence: float = 0.95
) -> Calibration:
    """The `Calibration` of distances [pairs], 0 or more; `same` is true for
    pairs of one person.

    `far` is the rate of strangers that may be taken for somebody in a
    search among `people`; 1 is verification. `confidence` is that of the
    bounds, 0 to 1. Pairs, and the comparisons of a search, count as
    independent. `FaceStyleError` tells how many pairs of two people are
    needed where there are too few to claim the rate.
    """
    exact, alike = _labelled(distances, same)
    out = _c.fs_calibration()
    check(
        _c.fs_calibrate(
            pointer(exact, ctypes.c_double), pointer(alike, ctypes.c_int32), exact.size,
            ctypes.byref(_options(far, people, confidence)), ctypes.byref(out),
        )
    )
    return _calibration(out)


def calibrate_embeddings(
    embeddings: ArrayLike, labels: ArrayLike, impostors: ArrayLike | None = None, far: float = 1e-3, *, people: int = 1,
    confidence: float = 0.95,
) -> Calibration:  # fmt: skip
    """The same from embeddings [photos, dimension] and labels [photos] of
    people, whole numbers or names, and embeddings [photos, dimension] of
    others; without these, all pairs of two labels are the impostors."""
    vectors = floats(embeddings, (None, None), "embeddings")
    people_of = np.unique(labels_of(labels, len(vectors)), return_inverse=True)[1]
    numbers = np.ascontiguousarray(people_of.reshape(-1), np.int32)
    others = None if impostors is None else floats(impostors, (None, vectors.shape[1]), "impostors")
    out = _c.fs_calibration()
    check(
        _c.fs_calibrate_embeddings(
            pointer(vectors), pointer(numbers, ctypes.c_int32), *vectors.shape,
            None if others is None or not len(others) else pointer(others), 0 if others is None else len(others), ctypes.byref(_options(far, people, confidence)), ctypes.byref(out),
        )
    )
    return _calibration(out)


def calibration_growth(
    distances: ArrayLike, same: ArrayLike, far: float = 1e-3, *, counts: Iterable[int] = (1, 10, 100, 1000, 10000),
    people: int = 1, confidence: float = 0.95,
) -> list[Growth]:  # fmt: skip
    """How errors grow with the number of people: a `Growth` for each of
    `counts`. The threshold that is kept is that of `calibrate` with the
    same arguments."""
    exact, alike = _labelled(distances, same)
    sizes = np.array(integers(counts, "counts", 64), np.uint64)
    rows = (_c.fs_growth * len(sizes))()
    check(
        _c.fs_calibrate_growth(
            pointer(exact, ctypes.c_double), pointer(alike, ctypes.c_int32), exact.size,
            ctypes.byref(_options(far, people, confidence)), pointer(sizes, ctypes.c_uint64), sizes.size, rows, len(rows),
        )
    )
    impostors = int((alike == 0).sum())
    return [_growth(row, impostors) for row in rows]


def _options(far: float, people: int, confidence: float) -> _c.fs_calibration_options:
    options = defaults(_c.fs_calibration_options, _c.fs_calibration_options_init)
    options.false_accept_rate, options.people = number(far, "far"), integer(people, "people", 64)
    options.confidence = number(confidence, "confidence")
    return options


def _calibration(out: _c.fs_calibration) -> Calibration:
    return Calibration(**{field[0]: getattr(out, field[0]) for field in out._fields_ if field[0] != "size"})


def _growth(row: _c.fs_growth, impostors: int) -> Growth:
    numbers: dict[str, Any] = {field[0]: _number(getattr(row, field[0])) for field in row._fields_}
    reason = None
    if numbers["threshold"] is None:
        reason = f"{row.people} people need {row.impostors_needed} pairs of two people, there are {impostors}"
    return Growth(**numbers, reason=reason)
