"""Losses that networks for faces are trained with: value and gradients on NumPy arrays, for a network of your own.

    loss = fs.Loss("semi_hard", margin=0.2)
    result = loss(embeddings, labels)          # [count, dimension] and the people's numbers
    result.value, result.gradient, result.statistics

    loss = fs.Loss("arcface")
    head = loss.head(dimension=128, classes=200, seed=1)
    result = loss(embeddings, labels, head=head)
    head["weight"] -= 0.1 * result.head_gradient["weight"]
"""

import ctypes
from dataclasses import dataclass, field

import numpy as np

from . import _c
from ._convert import alike, choice, flag, floats, integer, mapping, number, pointer, wrong
from .costs import REDUCTIONS
from .errors import check

KINDS = {
    "triplet": _c.FS_LOSS_TRIPLET, "batch_hard": _c.FS_LOSS_BATCH_HARD, "semi_hard": _c.FS_LOSS_SEMI_HARD,
    "all_triplets": _c.FS_LOSS_ALL_TRIPLETS, "contrastive": _c.FS_LOSS_CONTRASTIVE,
    "pair_difference": _c.FS_LOSS_PAIR_DIFFERENCE, "pair_chi_square": _c.FS_LOSS_PAIR_CHI_SQUARE,
    "softmax": _c.FS_LOSS_SOFTMAX, "centre": _c.FS_LOSS_CENTRE, "cosface": _c.FS_LOSS_COSFACE,
    "arcface": _c.FS_LOSS_ARCFACE, "distillation": _c.FS_LOSS_DISTILLATION,
    "teacher_distance": _c.FS_LOSS_TEACHER_DISTANCE, "cross_entropy": _c.FS_LOSS_CROSS_ENTROPY,
}  # fmt: skip
_PAIRS = ("contrastive", "pair_difference", "pair_chi_square")
_TEACHERS = ("distillation", "teacher_distance")
# The parts of a head in C's order; a bias has no second side.
_PARTS = {
    "pair_difference": ("weight", "bias"), "pair_chi_square": ("weight", "bias"), "softmax": ("weight", "bias"),
    "centre": ("weight", "bias", "centres"), "cosface": ("weight",), "arcface": ("weight",),
}  # fmt: skip
_SETTINGS = (
    "margin", "epsilon", "scale", "centre_weight", "centre_rate", "cosine_weight", "similarity_weight", "stranger_weight",
    "stranger_limit", "memory")  # fmt: skip


@dataclass(frozen=True)
class MiningStatistics:
    """What mining found: triplets formed, those not yet apart by the margin (`active`), the largest squared distance of
    two photos of one person and the smallest of two people's."""

    triplets: int
    active: int
    hardest_positive: float
    hardest_negative: float


@dataclass(eq=False)
class LossValue:
    """The loss of a batch; `gradient` [count, dimension] and `head_gradient` (an array for each of the head's), or None
    if not asked for; `statistics` of a loss that mines."""

    value: float
    gradient: np.ndarray | None
    head_gradient: dict[str, np.ndarray] = field(default_factory=dict)
    statistics: MiningStatistics | None = None


class Loss:
    """A loss by its name, one of `KINDS`, with its settings: `reduction` ("sum", "mean", "mean_of_active"), `margin`,
    `epsilon`, `scale`, `centre_weight`, `centre_rate`, `cosine_weight`, `similarity_weight`, `stranger_weight`,
    `stranger_limit`, `memory`; the header has formulas, ranges and defaults."""

    def __init__(self, kind, reduction="mean", **settings):
        self.kind = kind
        self._options = _c.fs_loss_options()
        size = ctypes.sizeof(self._options)
        check(_c.fs_loss_options_init(ctypes.byref(self._options), size, choice(kind, KINDS, "kind")))
        self._options.reduction = choice(reduction, REDUCTIONS, "reduction")
        for name, value in settings.items():
            if name not in _SETTINGS:
                raise TypeError(f"Loss() has no setting {name!r}; there are {', '.join(_SETTINGS)}")
            setattr(self._options, name, integer(value, name) if name == "memory" else number(value, name))
        self._size(1, 1)  # a setting out of its range is told here

    def __repr__(self):
        settings = ", ".join(f"{name}={getattr(self._options, name):.6g}" for name in _SETTINGS)
        return f"Loss({self.kind!r}, {settings})"

    def head(self, dimension, classes=1, seed=1):
        """First values of what is trained with the loss besides the network: float32 arrays by name, among "weight"
        [classes, dimension], "bias" [classes] and "centres" [classes, dimension]; empty for a loss without any."""
        dimension, classes = integer(dimension, "dimension"), integer(classes, "classes")
        values = np.empty(self._size(dimension, classes), np.float32)
        check(
            _c.fs_loss_head_init(
                ctypes.byref(self._options), dimension, classes, integer(seed, "seed", 64), pointer(values), values.size))
        return self._parts(values, dimension, classes)

    def __call__(self, embeddings, labels=None, *, teacher=None, head=None, gradients=True):
        """The loss of embeddings [count, dimension].

        `labels` are the people's numbers, or classes 0 to n - 1; of a pair loss one for each two rows, 0 for the same
        person and 1 for two; `teacher` has embeddings of the same shape, and labels only if strangers have a weight. `head`
        is what `head()` gave."""
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
        if self.kind in ("batch_hard", "semi_hard", "all_triplets"):
            statistics = MiningStatistics(
                found.triplets, found.active, found.hardest_positive, found.hardest_negative)
        by_name = self._parts(slopes, x.shape[1], classes) if gradients else {}
        return LossValue(value.value, gradient, by_name, statistics)

    def updated_centres(self, embeddings, labels, head):
        """The head of a "centre" loss with its centres moved towards a batch (Wen et al. 2016, equation 4)."""
        x, head = floats(embeddings, (None, None), "embeddings"), mapping(head, "head")
        people = self._labels(labels, len(x))
        flat, classes = self._flat(head, x.shape[1])
        check(
            _c.fs_loss_update_centres(
                ctypes.byref(self._options), pointer(x), *x.shape, _pointer(people, ctypes.c_int32), classes, pointer(flat),
                flat.size))
        return self._parts(flat, x.shape[1], classes)

    def _size(self, dimension, classes):
        count = ctypes.c_size_t()
        check(_c.fs_loss_head_size(ctypes.byref(self._options), dimension, classes, ctypes.byref(count)))
        return count.value

    def _labels(self, labels, rows):
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

    def _teacher(self, teacher, x):
        taught = None if teacher is None else floats(teacher, (None, None), "teacher")
        if self.kind not in _TEACHERS:
            if teacher is not None:
                raise ValueError(f"a {self.kind} loss has no teacher")
            return None
        if teacher is None:
            raise ValueError(f"a {self.kind} loss needs a teacher's embeddings")
        alike(x, taught, "embeddings and teacher")
        return taught

    def _flat(self, head, dimension):
        """The head as C takes it, a copy, and its number of classes."""
        names = _PARTS.get(self.kind, ())
        head = {} if head is None else mapping(head, "head")
        if set(head) != set(names):
            raise ValueError(f"head has {sorted(head)}; expected {sorted(names)}")
        if not names:
            return np.empty(0, np.float32), 0
        classes = len(floats(head["weight"], (None, dimension), "head['weight']"))
        parts = [
            floats(head[name], (classes,) if name == "bias" else (classes, dimension), f"head['{name}']") for name in names]
        flat = np.concatenate([part.ravel() for part in parts])
        if flat.size != self._size(dimension, classes):
            raise ValueError(f"head['weight'] has shape {[classes, dimension]}; expected [1, {dimension}]")
        return flat, classes

    def _parts(self, values, dimension, classes):
        if self.kind.startswith("pair_"):
            classes = 1
        parts, start = {}, 0
        for name in _PARTS.get(self.kind, ()):
            shape = (classes,) if name == "bias" else (classes, dimension)
            parts[name] = values[start : start + np.prod(shape)].reshape(shape)
            start += parts[name].size
        return parts


def _count(array):
    return 0 if array is None else array.size


def _pointer(array, kind=ctypes.c_float):
    return None if array is None else pointer(array, kind)
