"""Losses and costs, as the papers define them, on NumPy arrays."""

import ctypes

import numpy as np

from . import _c
from ._convert import alike, choice, floats, number, pointer
from .errors import check

REDUCTIONS = {"sum": _c.FS_SUM, "mean": _c.FS_MEAN, "mean_of_active": _c.FS_MEAN_OF_ACTIVE}
VARIANTS = {
    "normalised": _c.FS_COST_NORMALISED, "lecture": _c.FS_COST_LECTURE, "means": _c.FS_COST_MEANS, "roots": _c.FS_COST_ROOTS,
}


def triplet_loss(anchors, positives, negatives, margin=0.2, reduction="sum"):
    """Sum or mean of `max(0, |a - p|² - |a - n|² + margin)` over rows of [count, dimension]."""
    a = floats(anchors, (None, None), "anchors")
    p = floats(positives, (None, None), "positives")
    n = floats(negatives, (None, None), "negatives")
    alike(a, p, "anchors and positives")
    alike(a, n, "anchors and negatives")
    out, kind = ctypes.c_double(), choice(reduction, REDUCTIONS, "reduction")
    margin = number(margin, "margin")
    check(_c.fs_triplet_loss(pointer(a), pointer(p), pointer(n), *a.shape, margin, kind, ctypes.byref(out)))
    return out.value


def content_cost(generated, content, variant="normalised"):
    """`factor · sum (generated - content)²` over features [height, width, channels]; the factor is
    `1/(4 H W C)`, or 1/2 in the "lecture" variant."""
    return _feature_cost(_c.fs_content_cost, generated, content, "content", variant)


def style_cost(generated, style, variant="normalised"):
    """`factor · sum (Gram(generated) - Gram(style))²` over features [height, width, channels]; the factor is
    `1/(4 C² (H W)²)`, or `1/(2 H W C)` in the "lecture" variant."""
    return _feature_cost(_c.fs_style_cost, generated, style, "style", variant)


def _feature_cost(function, generated, other, name, variant):
    g, o = floats(generated, (None,) * 3, "generated"), floats(other, (None,) * 3, name)
    alike(g, o, f"generated and {name}")
    out, kind = ctypes.c_double(), choice(variant, VARIANTS, "variant")
    check(function(pointer(g), pointer(o), *g.shape, kind, ctypes.byref(out)))
    return out.value


def gram_matrix(a):
    """`a · aᵀ` of `a` [rows, columns]: float32 [rows, rows]."""
    a = floats(a, (None, None), "a")
    gram = np.empty((a.shape[0], a.shape[0]), np.float32)
    check(_c.fs_gram_matrix(pointer(a), *a.shape, pointer(gram), gram.size))
    return gram


def total_cost(content, style, alpha=10.0, beta=40.0):
    """`alpha · content + beta · style`."""
    out = ctypes.c_double()
    costs = number(content, "content"), number(style, "style"), number(alpha, "alpha"), number(beta, "beta")
    check(_c.fs_total_cost(*costs, ctypes.byref(out)))
    return out.value
