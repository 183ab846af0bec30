"""Losses that networks for faces are trained with: value and gradients on NumPy arrays, for a network of your own.

    loss = fs.Loss("semi-hard", margin=0.2)
    result = loss(embeddings, labels)          # [count, dimension] and the people's numbers
    result.value, result.gradient, result.statistics

    loss = fs.Loss("arcface")
    head = loss.head(dimension=128, classes=200, seed=1)
    result = loss(embeddings, labels, head=head)
    head["weight"] -= 0.1 * result.head_gradient["weight"]
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import _c
from ._convert import alike, flag, floats, integer, mapping, pointer, word, wrong
from ._options import defaults, fill, written
from ._types import ArrayLike, Floats, Integers
from .costs import REDUCTIONS
from .errors import check

KINDS = {
    "triplet": _c.FS_LOSS_TRIPLET, "batch-hard": _c.FS_LOSS_BATCH_HARD, "semi-hard": _c.FS_LOSS_SEMI_HARD,
    "all-triplets": _c.FS_LOSS_ALL_TRIPLETS, "contrastive": _c.FS_LOSS_CONTRASTIVE,
    "pair-difference": _c.FS_LOSS_PAIR_DIFFERENCE, "pair-chi-square": _c.FS_LOSS_PAIR_CHI_SQUARE,
    "softmax": _c.FS_LOSS_SOFTMAX, "centre": _c.FS_LOSS_CENTRE, "cosface": _c.FS_LOSS_COSFACE,
    "arcface": _c.FS_LOSS_ARCFACE, "distillation": _c.FS_LOSS_DISTILLATION,
    "teacher-distance": _c.FS_LOSS_TEACHER_DISTANCE, "cross-entropy": _c.FS_LOSS_CROSS_ENTROPY,
}  # fmt: skip
_PAIRS = ("contrastive", "pair-difference", "pair-chi-square")
_TEACHERS = ("distillation", "teacher-distance")
MINING = ("batch-hard", "semi-hard", "all-triplets")
# The parts of a head in C's order; a bias has no second side.
_PARTS: dict[str, tuple[str, ...]] = {
    "pair-difference": ("weight", "bias"), "pair-chi-square": ("weight", "bias"), "softmax": ("weight", "bias"),
    "centre": ("weight", "bias", "centres"), "cosface": ("weight",), "arcface": ("weight",),
}  # fmt: skip


@dataclass(frozen=True)
class MiningStatistics:
    """What mining found: triplets formed, those not yet apart by the margin
    (`active`), the largest squared distance of two photos of one person and
    the smallest of two people's."""

    triplets: int
    active: int
    hardest_positive: float
    hardest_negative: float


@dataclass(eq=False)
class LossValue:
    """The loss of a batch; `gradient` [count, dimension] and
    `head_gradient` (an array for each of the head's), or None if not asked
    for; `statistics` of a loss that mines."""

    value: float
    gradient: Floats | None
    head_gradient: dict[str, Floats] = field(default_factory=dict)
    statistics: MiningStatistics | None = None


class Loss:
    """A loss of a `kind`, one of `facestyle.losses.KINDS`. None is the
    library's default, for the loss:

    - `reduction`: of the losses of a batch: "sum", "mean" or
      "mean-of-active".
    - `margin`: 0 or more; a squared distance for triplets (0.2), a distance
      for "contrastive" (1), of "cosface" (0.35), radians of "arcface"
      (0.5).
    - `epsilon`: of "contrastive", 0 or more (1e-6).
    - `scale`: of "cosface" and "arcface", more than 0 (64).
    - `centre_weight`, `centre_rate`: lambda, 0 or more, and alpha, 0 to 1,
      of "centre" (0.003, 0.5).
    - `cosine_weight`, `similarity_weight`: of "distillation", 0 or more (2,
      4).
    - `stranger_weight`, `stranger_limit`: of "distillation", 0 or more,
      with labels unless it is 0, and -1 to 1 (0, 0.7).
    - `memory`: embeddings of earlier batches that a trainer compares a
      batch with, of "distillation" with strangers (4096).

    Formulas are in facestyle.h."""

    def __init__(
        self, kind: str, reduction: str | None = None, *, margin: float | None = None, epsilon: float | None = None,
        scale: float | None = None, centre_weight: float | None = None, centre_rate: float | None = None,
        cosine_weight: float | None = None, similarity_weight: float | None = None, stranger_weight: float | None = None,
        stranger_limit: float | None = None, memory: int | None = None,
    ) -> None:
        self.kind: str = word(kind, KINDS, "kind")
        self._options = defaults(_c.fs_loss_options, _c.fs_loss_options_init, KINDS[self.kind])
        fill(
            self._options, {"reduction": REDUCTIONS}, reduction=reduction, margin=margin, epsilon=epsilon, scale=scale,
            centre_weight=centre_weight, centre_rate=centre_rate, cosine_weight=cosine_weight,
            similarity_weight=similarity_weight, stranger_weight=stranger_weight, stranger_limit=stranger_limit, memory=memory)
        self._size(1, 1)  # a setting out of its range is told here

    def __repr__(self) -> str:
        return f"Loss({self.kind!r}, {written(self._options, ('size', 'kind', 'reduction'))})"

    def head(self, dimension: int, classes: int = 1, seed: int = 1) -> dict[str, Floats]:
        """First values of what is trained with the loss besides the network:
        float32 arrays by name, among "weight" [classes, dimension], "bias"
        [classes] and "centres" [classes, dimension]; empty for a loss without
        any."""
        dimension, classes = integer(dimension, "dimension"), integer(classes, "classes")
        values = np.empty(self._size(dimension, classes), np.float32)
        check(
            _c.fs_loss_head_init(
                ctypes.byref(self._options), dimension, classes, integer(seed, "seed", 64), pointer(values), values.size))
        return self._parts(values, dimension, classes)

    def __call__(
        self, embeddings: ArrayLike, labels: ArrayLike | None = None, *, teacher: ArrayLike | None = None,
        head: Mapping[str, ArrayLike] | None = None, gradients: bool = True,
    ) -> LossValue:
        """The loss of embeddings [count, dimension].

        `labels` are the people's numbers, or classes 0 to n - 1; of a pair loss
        one for each two rows, 0 for the same person and 1 for two; `teacher`
        has embeddings of the same shape, and labels only if strangers have a
        weight. `head` is what `head()` gave."""
        x = floats(embeddings, (None, None), "embeddings")
        people = self._labels(labels, len(x))
        taught = self._teacher(teacher, x)
        flat, classes = self._flat(head, x.shape[1])
        value, found = ctypes.c_double(), _c.fs_mining_statistics()
        gradient, slopes = (np.empty_like(x), np.empty_like(flat)) if flag(gradients, "gradients") else (None, None)
        check(
            _c.fs_loss_evaluate(
                ctypes.byref(self._options), pointer(x), *x.shape, _pointer(people, ctypes.c_int32), _pointer(taught),
                _pointer(flat), classes, ctypes.byref(value), _pointer(gradient), _count(gradient), _pointer(slopes),
                _count(slopes), ctypes.byref(found)))
        statistics = None
        if self.kind in MINING:
            statistics = MiningStatistics(
                found.triplets, found.active, found.hardest_positive, found.hardest_negative)
        by_name = {} if slopes is None else self._parts(slopes, x.shape[1], classes)
        return LossValue(value.value, gradient, by_name, statistics)

    def updated_centres(
        self, embeddings: ArrayLike, labels: ArrayLike, head: Mapping[str, ArrayLike]
    ) -> dict[str, Floats]:
        """The head of a "centre" loss with its centres moved towards a batch of
        embeddings [count, dimension] (Wen et al. 2016, equation 4)."""
        x, parts = floats(embeddings, (None, None), "embeddings"), mapping(head, "head")
        people = self._labels(labels, len(x))
        flat, classes = self._flat(parts, x.shape[1])
        check(
            _c.fs_loss_update_centres(
                ctypes.byref(self._options), pointer(x), *x.shape, _pointer(people, ctypes.c_int32), classes, pointer(flat),
                flat.size))
        return self._parts(flat, x.shape[1], classes)

    def _size(self, dimension: int, classes: int) -> int:
        count = ctypes.c_size_t()
        check(_c.fs_loss_head_size(ctypes.byref(self._options), dimension, classes, ctypes.byref(count)))
        return count.value

    def _labels(self, labels: ArrayLike | None, rows: int) -> Integers | None:
        if self.kind == "triplet" or self.kind in _TEACHERS and not self._options.stranger_weight > 0:
            if labels is not None:
                raise ValueError(f"a {self.kind} loss has no labels")
            return None
        if labels is None:
            raise ValueError(f"a {self.kind} loss needs labels")
        array = np.asarray(labels)
        if array.dtype.kind not in "iubf" and array.size:
            raise wrong(labels if array.ndim == 0 else array, "labels", "an array of whole numbers")
        wanted = rows // 2 if self.kind in _PAIRS else rows
        if array.shape != (wanted,):
            raise ValueError(f"labels has shape {list(array.shape)}; expected [{wanted}] for {rows} embeddings")
        if array.dtype.kind not in "iub":
            raise ValueError(f"labels are {array.dtype}; expected integers")
        if array.size and (array.min() < -(2**31) or array.max() >= 2**31):
            raise ValueError("labels do not fit in 32 bits")
        return np.ascontiguousarray(array, np.int32)

    def _teacher(self, teacher: ArrayLike | None, x: Floats) -> Floats | None:
        taught = None if teacher is None else floats(teacher, (None, None), "teacher")
        if self.kind not in _TEACHERS:
            if teacher is not None:
                raise ValueError(f"a {self.kind} loss has no teacher")
            return None
        if taught is None:
            raise ValueError(f"a {self.kind} loss needs a teacher's embeddings")
        alike(x, taught, "embeddings and teacher")
        return taught

    def _flat(self, head: Mapping[str, ArrayLike] | None, dimension: int) -> tuple[Floats, int]:
        """The head as C takes it, a copy, and its number of classes."""
        names = _PARTS.get(self.kind, ())
        given = {} if head is None else mapping(head, "head")
        if set(given) != set(names):
            raise ValueError(f"head has {sorted(given)}; expected {sorted(names)}")
        if not names:
            return np.empty(0, np.float32), 0
        classes = len(floats(given["weight"], (None, dimension), "head['weight']"))
        parts = [
            floats(given[name], (classes,) if name == "bias" else (classes, dimension), f"head['{name}']") for name in names]
        flat = np.concatenate([part.ravel() for part in parts])
        if flat.size != self._size(dimension, classes):
            raise ValueError(f"head['weight'] has shape {[classes, dimension]}; expected [1, {dimension}]")
        return flat, classes

    def _parts(self, values: Floats, dimension: int, classes: int) -> dict[str, Floats]:
        if self.kind.startswith("pair-"):
            classes = 1
        parts, start = {}, 0
        for name in _PARTS.get(self.kind, ()):
            shape: tuple[int, ...] = (classes,) if name == "bias" else (classes, dimension)
            parts[name] = values[start : start + np.prod(shape)].reshape(shape)
            start += parts[name].size
        return parts


def _count(array: Floats | None) -> int:
    return 0 if array is None else array.size


def _pointer(array: Floats | Integers | None, kind: type[Any] = ctypes.c_float) -> Any:
    return None if array is None else pointer(array, kind)
