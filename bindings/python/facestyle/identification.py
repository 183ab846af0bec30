"""Distances of many embeddings, and who of some people is on a photo: on arrays, without a gallery."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import choice, floats, integer, mapping, number, pointer, wrong
from .errors import check

KINDS = {
    "euclidean": _c.FS_DISTANCE_EUCLIDEAN, "squared": _c.FS_DISTANCE_SQUARED, "cosine": _c.FS_DISTANCE_COSINE,
    "chi_square": _c.FS_DISTANCE_CHI_SQUARE, "difference_head": _c.FS_DISTANCE_DIFFERENCE_HEAD,
    "chi_square_head": _c.FS_DISTANCE_CHI_SQUARE_HEAD,
}
RULES = {
    "nearest": _c.FS_RULE_NEAREST, "mean": _c.FS_RULE_MEAN, "template": _c.FS_RULE_TEMPLATE, "vote": _c.FS_RULE_VOTE,
}


@dataclass(frozen=True)
class Identity:
    """Who it is: `label`, or None for a stranger; as a truth value, whether it is `known`. `nearest` is the nearest person, who is
    it if near enough and far enough before the next, `ambiguous` if near enough alone. `label`, `nearest` and `runner_up` are
    those of the array of labels, None where there is nobody; `photo` is the row of the nearest photo."""

    known: bool
    ambiguous: bool
    label: object
    nearest: object
    distance: float
    runner_up: object
    runner_up_distance: float
    margin: float
    threshold: float
    photo: int
    votes: int

    def __bool__(self):
        return self.known


def distances(a, b=None, kind="euclidean", head=None):
    """Distances of each row of `a` [n, dimension], or of the vector `a`, to each row of `b` [m, dimension]: [n, m], or [m].
    Without `b`, of the rows of `a` to each other.

    `kind` is "euclidean", "squared", "cosine", "chi_square", or, with the head of a trained pair loss, as `Loss.head` has it
    or as one array [dimension + 1], "difference_head" or "chi_square_head": the probability of two people.
    """
    one = np.ndim(a) == 1
    a = floats([a] if one else a, (None, None), "a")
    b = a if b is None else floats(b, (None, a.shape[1]), "b")
    head, kind = _head(head, a.shape[1]), choice(kind, KINDS, "kind")
    out = np.empty((len(a), len(b)), np.float32)
    if out.size:
        check(
            _c.fs_distances(
                kind, pointer(a), len(a), pointer(b), len(b), a.shape[1],
                None if head is None else pointer(head), pointer(out), out.size,
            )
        )
    return out[0] if one else out


def identify(embeddings, labels, probe, threshold, *, rule="nearest", kind="euclidean", head=None, margin=0.0, neighbours=5):
    """Who of the people on the photos `embeddings` [photos, dimension] is `probe` [dimension]? An `Identity`.

    `labels` [photos] say whose photo is whose: whole numbers or names. `rule` tells how several photos of a person count:
    "nearest", "mean" (of the distances), "template" (the distance to the mean of the embeddings), or "vote" of the
    `neighbours` nearest photos. Somebody is known up to `threshold`, if the next person is at least `margin` farther.
    """
    embeddings, probe = floats(embeddings, (None, None), "embeddings"), floats(probe, (None,), "probe")
    labels = labels_of(labels, len(embeddings))
    if len(embeddings) and embeddings.shape[1] != probe.size:
        raise ValueError(f"embeddings have {embeddings.shape[1]} numbers and the probe {probe.size}; expected as many")
    names, numbers = np.unique(labels, return_inverse=True)
    numbers = np.ascontiguousarray(numbers.reshape(-1), np.int32)
    options, out = identify_options(probe.size, threshold, rule, kind, head, margin, neighbours), _c.fs_identity()
    check(
        _c.fs_identify(
            pointer(embeddings), pointer(numbers, ctypes.c_int32), len(embeddings), probe.size, pointer(probe),
            ctypes.byref(options), ctypes.byref(out),
        )
    )
    found, others = len(embeddings) > 0, len(names) > 1
    nearest = names[out.nearest].item() if found else None
    return Identity(
        bool(out.known), bool(out.ambiguous), nearest if out.known else None, nearest, out.distance,
        names[out.runner_up].item() if others else None, out.runner_up_distance, out.margin, out.threshold,
        out.photo if found else None, out.votes)


def labels_of(labels, count, what="labels"):
    """An array of labels, whole numbers or names, one for each of some photos."""
    array = np.asarray(labels)
    if array.dtype.kind not in "biuUS" and array.size:
        raise wrong(labels if array.ndim == 0 else array, what, "an array of whole numbers or names")
    if array.shape != (count,):
        raise ValueError(f"{what} have shape {list(array.shape)}; expected [{count}]")
    return array


def identify_options(dimension, threshold, rule, kind, head, margin, neighbours):
    """For C; `head` lives as long as what is returned."""
    options = _c.fs_identify_options()
    check(_c.fs_identify_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    options.rule, options.kind = choice(rule, RULES, "rule"), choice(kind, KINDS, "kind")
    head = _head(head, dimension)
    if head is not None:
        options.head, options.kept = pointer(head), head
    options.threshold, options.margin = number(threshold, "threshold"), number(margin, "margin")
    options.neighbours = integer(neighbours, "neighbours")
    return options


def _head(head, dimension):
    """Weights and bias of a pair loss in one array, as the library takes them."""
    if head is None:
        return None
    if isinstance(head, dict):
        parts = mapping(head, "head")
        if set(parts) != {"weight", "bias"}:
            raise ValueError(f"head has {sorted(parts)}; expected ['bias', 'weight']")
        head = np.r_[np.ravel(parts["weight"]), np.ravel(parts["bias"])]
    return floats(head, (dimension + 1,), "head")
