"""A threshold that lets no more strangers pass than is said, as far as labelled pairs can show it."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import floats, integer, integers, number, pointer
from .errors import check
from .evaluation import _labelled, _number
from .identification import labels_of


@dataclass(frozen=True)
class Calibration:
    """`threshold` is the largest distance that occurs at which `max_false_accepts`, the bound of what one comparison lets
    pass, is not above `comparison_rate`, what it may: 1 - (1 - far)^(1 / people); rounded to a float, up unless that would
    accept the next distance too. `false_accepts` and `false_rejects` are as
    counted; bounds are Clopper and Pearson's, one-sided for false accepts, two-sided for false rejects.
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
    """A search among `people`: what it lets pass with the threshold as it is, as counted and at most; and the threshold
    that keeps the rate among so many, with what it rejects: None, with a `reason`, where pairs are too few, and this is false."""

    people: int
    false_accepts: float
    max_false_accepts: float
    threshold: float
    false_rejects: float
    min_false_rejects: float
    max_false_rejects: float
    impostors_needed: int
    reason: str = None

    def __bool__(self):
        return self.threshold is not None


def calibrate(distances, same, far=1e-3, *, people=1, confidence=0.95):
    """The `Calibration` of distances [pairs], 0 or more; `same` is true for pairs of one person.

    `far` is the rate of strangers that may be taken for somebody in a search among `people`; 1 is verification. Pairs, and
    the comparisons of a search, count as independent. `FaceStyleError` tells how many pairs of two people are needed where
    there are too few to claim the rate.
    """
    distances, same = _labelled(distances, same)
    out = _c.fs_calibration()
    check(
        _c.fs_calibrate(
            pointer(distances, ctypes.c_double), pointer(same, ctypes.c_int32), distances.size,
            ctypes.byref(_options(far, people, confidence)), ctypes.byref(out),
        )
    )
    return _calibration(out)


def calibrate_embeddings(embeddings, labels, impostors=None, far=1e-3, *, people=1, confidence=0.95):
    """The same from embeddings [photos, dimension] and labels [photos] of people, whole numbers or names, and embeddings
    [photos, dimension] of others; without these, all pairs of two labels are the impostors."""
    embeddings = floats(embeddings, (None, None), "embeddings")
    labels = labels_of(labels, len(embeddings))
    labels = np.ascontiguousarray(np.unique(labels, return_inverse=True)[1].reshape(-1), np.int32)
    count = 0
    if impostors is not None:
        impostors = floats(impostors, (None, embeddings.shape[1]), "impostors")
        count = len(impostors)
    out = _c.fs_calibration()
    check(
        _c.fs_calibrate_embeddings(
            pointer(embeddings), pointer(labels, ctypes.c_int32), *embeddings.shape, pointer(impostors) if count else None,
            count, ctypes.byref(_options(far, people, confidence)), ctypes.byref(out),
        )
    )
    return _calibration(out)


def calibration_growth(distances, same, far=1e-3, *, counts=(1, 10, 100, 1000, 10000), people=1, confidence=0.95):
    """How errors grow with the number of people: a `Growth` for each of `counts`. The threshold that is kept is that of
    `calibrate` with the same arguments."""
    distances, same = _labelled(distances, same)
    counts = np.array(integers(counts, "counts", 64), np.uint64)
    rows = (_c.fs_growth * len(counts))()
    check(
        _c.fs_calibrate_growth(
            pointer(distances, ctypes.c_double), pointer(same, ctypes.c_int32), distances.size,
            ctypes.byref(_options(far, people, confidence)), pointer(counts, ctypes.c_uint64), counts.size, rows, len(rows),
        )
    )
    impostors = int((same == 0).sum())
    return [_growth(row, impostors) for row in rows]


def _options(far, people, confidence):
    options = _c.fs_calibration_options()
    check(_c.fs_calibration_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.false_accept_rate, options.people = number(far, "far"), integer(people, "people", 64)
    options.confidence = number(confidence, "confidence")
    return options


def _calibration(out):
    return Calibration(*(getattr(out, name) for name, _ in out._fields_ if name != "size"))


def _growth(row, impostors):
    numbers = {name: _number(getattr(row, name)) for name, _ in row._fields_}
    reason = None
    if numbers["threshold"] is None:
        reason = f"{row.people} people need {row.impostors_needed} pairs of two people, there are {impostors}"
    return Growth(**numbers, reason=reason)
