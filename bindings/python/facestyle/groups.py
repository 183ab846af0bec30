"""How often strangers are taken for one person, by groups of people."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from ._convert import floats, integer, number
from ._types import ArrayLike, NDArray
from .identification import labels_of

_ROWS = 1024  # of distances at once


@dataclass(frozen=True)
class GroupRate:
    """Of `pairs` of strangers, one of the group `first` and one of `second`
    (the same for pairs within a group), `accepted` have at most the
    threshold's distance. `rate` is their part, and `low` and `high` bound
    it."""

    first: Any
    second: Any
    pairs: int
    accepted: int
    rate: float
    low: float
    high: float

    @property
    def is_mixed(self) -> bool:
        """Whether the pairs are of two groups."""
        return bool(self.first != self.second)


def false_accepts_by_group(
    embeddings: ArrayLike, groups: ArrayLike, threshold: float, *, confidence: float = 0.95, resamples: int = 1000, seed: int = 1
) -> list[GroupRate]:
    """`GroupRate`s of every group and of every two, the worst first.

    `embeddings` [n, dimension] are of n different people, `groups` their n
    labels, `threshold` a Euclidean distance. Pairs share people, so bounds
    come from drawing the people again `resamples` times (percentile
    bootstrap); as that says nothing where few pairs are accepted, they are
    at least as wide as Wilson's score interval (1927) of as many
    independent pairs. Groups of one person have no pairs of their own.
    """
    vectors = floats(embeddings, (None, None), "embeddings")
    names, labels = np.unique(labels_of(groups, len(vectors), "groups"), return_inverse=True)
    threshold = number(threshold, "threshold")
    confidence, resamples = number(confidence, "confidence"), integer(resamples, "resamples")
    seed = integer(seed, "seed", 64)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence}; expected a number between 0 and 1")
    if resamples < 1:
        raise ValueError(f"resamples {resamples}; expected 1 or more")
    first, second = _accepted(vectors, threshold)
    drawn = _draws(len(vectors), resamples, seed)
    rates = []
    for a, b in itertools.combinations_with_replacement(range(len(names)), 2):
        of_pair = _between(labels[first], labels[second], a, b)
        pairs, drawn_pairs = _pairs(labels, a, b, drawn)
        if pairs == 0:
            continue
        i, j = first[of_pair], second[of_pair]
        drawn_accepted = np.array([np.dot(draw[i], draw[j]) for draw in drawn])
        shares = drawn_accepted / np.maximum(drawn_pairs, 1)
        low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
        wilson_low, wilson_high = _wilson(len(i), pairs, confidence)
        rates.append(
            GroupRate(
                names[a].item(), names[b].item(), pairs, len(i), len(i) / pairs,
                float(min(low, wilson_low)), float(max(high, wilson_high))))  # fmt: skip
    return sorted(rates, key=lambda rate: (-rate.rate, -rate.high))


def _accepted(vectors: NDArray[Any], threshold: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows and columns of the pairs, each once, that are at most
    `threshold` apart."""
    exact = vectors.astype(np.float64)
    squares = (exact**2).sum(1)
    found = []
    for start in range(0, len(exact), _ROWS):
        rows = slice(start, start + _ROWS)
        distances = squares[rows, None] + squares[None, start:] - 2 * exact[rows] @ exact[start:].T
        i, j = np.nonzero(distances <= threshold * abs(threshold))
        found.append((i + start, j + start))
    i, j = (np.concatenate(side) for side in zip(*found)) if found else (np.empty(0, int), np.empty(0, int))
    return i[i < j], j[i < j]


def _draws(count: int, resamples: int, seed: int) -> NDArray[Any]:
    """How often each person is drawn, [resamples, count]."""
    random = np.random.default_rng(seed)
    return np.stack([np.bincount(random.integers(count, size=count), minlength=count) for _ in range(resamples)])


def _between(first: NDArray[Any], second: NDArray[Any], a: int, b: int) -> Any:
    return ((first == a) & (second == b)) | ((first == b) & (second == a))


def _pairs(labels: NDArray[Any], a: int, b: int, drawn: NDArray[Any]) -> tuple[int, NDArray[Any]]:
    """Pairs of two groups, or within one, and as many as were drawn. One
    drawn twice is no stranger to itself."""
    ours = labels == a
    count, weights = int(ours.sum()), drawn[:, ours].astype(np.float64)
    if a == b:
        return count * (count - 1) // 2, (weights.sum(1) ** 2 - (weights**2).sum(1)) / 2
    theirs = labels == b
    return count * int(theirs.sum()), weights.sum(1) * drawn[:, theirs].sum(1)


def _wilson(accepted: int, pairs: int, confidence: float) -> tuple[float, float]:
    """The interval of Wilson's score, 1927."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = accepted / pairs, 1 + z * z / pairs
    centre = (share + z * z / (2 * pairs)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs))
    return max(0.0, centre - half), min(1.0, centre + half)
