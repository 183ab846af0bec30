"""Distances of many embeddings, and who of some people is on a photo: on arrays, without a gallery."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

import numpy as np

from . import _c
from ._convert import choice, floats, integer, mapping, number, pointer, wrong
from ._options import defaults
from ._types import ArrayLike, Floats, NDArray
from .errors import check

Head = Union[ArrayLike, Mapping[str, ArrayLike]]
KINDS = {
    "euclidean": _c.FS_DISTANCE_EUCLIDEAN, "squared": _c.FS_DISTANCE_SQUARED, "cosine": _c.FS_DISTANCE_COSINE,
    "chi-square": _c.FS_DISTANCE_CHI_SQUARE, "difference-head": _c.FS_DISTANCE_DIFFERENCE_HEAD,
    "chi-square-head": _c.FS_DISTANCE_CHI_SQUARE_HEAD,
}
RULES = {
    "nearest": _c.FS_RULE_NEAREST, "mean": _c.FS_RULE_MEAN, "template": _c.FS_RULE_TEMPLATE, "vote": _c.FS_RULE_VOTE,
}


@dataclass(frozen=True)
class Identity:
    """Who it is: `label`, or None for a stranger; as a truth value, whether
    it is `known`. `nearest` is the nearest person, who is it if near enough
    and far enough before the next, `ambiguous` if near enough alone.
    `label`, `nearest` and `runner_up` are those of the array of labels,
    None where there is nobody; `photo` is the row of the nearest photo."""

    known: bool
    ambiguous: bool
    label: Any
    nearest: Any
    distance: float
    runner_up: Any
    runner_up_distance: float
    margin: float
    threshold: float
    photo: int | None
    votes: int

    def __bool__(self) -> bool:
        return self.known


def distances(a: ArrayLike, b: ArrayLike | None = None, kind: str = "euclidean", head: Head | None = None) -> Floats:
    """Distances of each row of `a` [n, dimension], or of the vector `a`, to
    each row of `b` [m, dimension]: float32 [n, m], or [m]. Without `b`, of
    the rows of `a` to each other.

    `kind` is "euclidean", "squared", "cosine", "chi-square", or, with the
    head of a trained pair loss, as `Loss.head` has it or as one array
    [dimension + 1], "difference-head" or "chi-square-head": the probability
    of two people.
    """
    one = np.ndim(a) == 1
    first = floats(np.expand_dims(a, 0) if one else a, (None, None), "a")
    second = first if b is None else floats(b, (None, first.shape[1]), "b")
    weights, number = _head(head, first.shape[1]), choice(kind, KINDS, "kind")
    out = np.empty((len(first), len(second)), np.float32)
    if out.size:
        check(
            _c.fs_distances(
                number, pointer(first), len(first), pointer(second), len(second), first.shape[1],
                None if weights is None else pointer(weights), pointer(out), out.size,
            )
        )
    return out.reshape(-1) if one else out


def identify(
    embeddings: ArrayLike, labels: ArrayLike, probe: ArrayLike, threshold: float, *, rule: str = "nearest",
    kind: str = "euclidean", head: Head | None = None, margin: float = 0.0, neighbours: int = 5,
) -> Identity:  # fmt: skip
    """Who of the people on the photos `embeddings` [photos, dimension] is
    `probe` [dimension]? An `Identity`.

    `labels` [photos] say whose photo is whose: whole numbers or names.
    Somebody is known up to `threshold`, if the next person is at least
    `margin` farther.

    - `rule`: how several photos of a person count: "nearest", "mean" (of
      the distances), "template" (the distance to the mean of the
      embeddings), or "vote" of the `neighbours` nearest photos.
    - `kind`, `head`: how far embeddings are apart, as in `distances`.
    """
    vectors, asked = floats(embeddings, (None, None), "embeddings"), floats(probe, (None,), "probe")
    names, numbers = np.unique(labels_of(labels, len(vectors)), return_inverse=True)
    if len(vectors) and vectors.shape[1] != asked.size:
        raise ValueError(f"embeddings have {vectors.shape[1]} numbers and the probe {asked.size}; expected as many")
    numbers = np.ascontiguousarray(numbers.reshape(-1), np.int32)
    options, out = identify_options(asked.size, threshold, rule, kind, head, margin, neighbours), _c.fs_identity()
    check(
        _c.fs_identify(
            pointer(vectors), pointer(numbers, ctypes.c_int32), len(vectors), asked.size, pointer(asked),
            ctypes.byref(options), ctypes.byref(out),
        )
    )
    found, others = len(vectors) > 0, len(names) > 1
    nearest = names[out.nearest].item() if found else None
    return Identity(
        bool(out.known), bool(out.ambiguous), nearest if out.known else None, nearest, out.distance,
        names[out.runner_up].item() if others else None, out.runner_up_distance, out.margin, out.threshold,
        out.photo if found else None, out.votes)


def labels_of(labels: ArrayLike, count: int, what: str = "labels") -> NDArray[Any]:
    """An array of labels, whole numbers or names, one for each of some
    photos."""
    array = np.asarray(labels)
    if array.dtype.kind not in "biuUS" and array.size:
        raise wrong(labels if array.ndim == 0 else array, what, "an array of whole numbers or names")
    if array.shape != (count,):
        raise ValueError(f"{what} have shape {list(array.shape)}; expected [{count}]")
    return array


def identify_options(
    dimension: int, threshold: float, rule: str, kind: str, head: Head | None, margin: float, neighbours: int
) -> _c.fs_identify_options:
    """For C; `head` lives as long as what is returned."""
    options = defaults(_c.fs_identify_options, _c.fs_identify_options_init)
    options.rule, options.kind = choice(rule, RULES, "rule"), choice(kind, KINDS, "kind")
    weights = _head(head, dimension)
    if weights is not None:
        options.head = pointer(weights)
        setattr(options, "kept", weights)  # the pointer does not keep the array
    options.threshold, options.margin = number(threshold, "threshold"), number(margin, "margin")
    options.neighbours = integer(neighbours, "neighbours")
    return options


def _head(head: Any, dimension: int) -> Floats | None:
    """Weights and bias of a pair loss in one array, as the library takes
    them."""
    if head is None:
        return None
    if isinstance(head, dict):
        parts = mapping(head, "head")
        if set(parts) != {"weight", "bias"}:
            raise ValueError(f"head has {sorted(parts)}; expected ['bias', 'weight']")
        head = np.r_[np.ravel(parts["weight"]), np.ravel(parts["bias"])]
    return floats(head, (dimension + 1,), "head")
