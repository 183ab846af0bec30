"""Losses and costs, as the papers define them, on NumPy arrays."""

from __future__ import annotations

import ctypes
from typing import Callable

import numpy as np

from . import _c
from ._convert import alike, choice, floats, number, pointer
from ._types import ArrayLike, Floats
from .errors import check

REDUCTIONS = {"sum": _c.FS_SUM, "mean": _c.FS_MEAN, "mean-of-active": _c.FS_MEAN_OF_ACTIVE}
VARIANTS = {
    "normalised": _c.FS_COST_NORMALISED, "lecture": _c.FS_COST_LECTURE, "means": _c.FS_COST_MEANS, "roots": _c.FS_COST_ROOTS,
}


def triplet_loss(
    anchors: ArrayLike, positives: ArrayLike, negatives: ArrayLike, margin: float = 0.2, reduction: str = "sum"
) -> float:
    """Sum or mean of `max(0, |a - p|² - |a - n|² + margin)` over rows of
    [count, dimension]."""
    a = floats(anchors, (None, None), "anchors")
    p = floats(positives, (None, None), "positives")
    n = floats(negatives, (None, None), "negatives")
    alike(a, p, "anchors and positives")
    alike(a, n, "anchors and negatives")
    out, kind = ctypes.c_double(), choice(reduction, REDUCTIONS, "reduction")
    margin = number(margin, "margin")
    check(_c.fs_triplet_loss(pointer(a), pointer(p), pointer(n), *a.shape, margin, kind, ctypes.byref(out)))
    return out.value


def content_cost(generated: ArrayLike, content: ArrayLike, variant: str = "normalised") -> float:
    """`factor · sum (generated - content)²` over features [height, width,
    channels]; the factor is `1/(4 H W C)`, or 1/2 in the "lecture" variant.
    """
    return _feature_cost(_c.fs_content_cost, generated, content, "content", variant)


def style_cost(generated: ArrayLike, style: ArrayLike, variant: str = "normalised") -> float:
    """`factor · sum (Gram(generated) - Gram(style))²` over features
    [height, width, channels]; the factor is `1/(4 C² (H W)²)`, or `1/(2 H W
    C)` in the "lecture" variant."""
    return _feature_cost(_c.fs_style_cost, generated, style, "style", variant)


def _feature_cost(
    function: Callable[..., int], generated: ArrayLike, other: ArrayLike, name: str, variant: str
) -> float:
    g, o = floats(generated, (None,) * 3, "generated"), floats(other, (None,) * 3, name)
    alike(g, o, f"generated and {name}")
    out, kind = ctypes.c_double(), choice(variant, VARIANTS, "variant")
    check(function(pointer(g), pointer(o), *g.shape, kind, ctypes.byref(out)))
    return out.value


def gram_matrix(a: ArrayLike) -> Floats:
    """`a · aᵀ` of `a` [rows, columns]: float32 [rows, rows]."""
    rows = floats(a, (None, None), "a")
    gram = np.empty((len(rows), len(rows)), np.float32)
    check(_c.fs_gram_matrix(pointer(rows), *rows.shape, pointer(gram), gram.size))
    return gram


def total_cost(content: float, style: float, alpha: float = 10.0, beta: float = 40.0) -> float:
    """`alpha · content + beta · style`."""
    out = ctypes.c_double()
    costs = number(content, "content"), number(style, "style"), number(alpha, "alpha"), number(beta, "beta")
    check(_c.fs_total_cost(*costs, ctypes.byref(out)))
    return out.value
