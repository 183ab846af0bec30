"""A detector of the architecture "yunet" that sees one pixel: for tests that need no trained weights.

One channel everywhere; a cell of 8 pixels has the logit 20 v - 10 for the level v of its first pixel, -1 to 1; cells of 16 and 32
pixels see nothing. A face fills its cell, its five points lie in the middle. The metadata say that it finds faces from 12 pixels
on, so that a picture searched for them keeps its size; a box of 8 pixels is large enough for that.
"""

import numpy as np

UNITS = ("unit4_0", "unit8_0", "unit16_0", "unit32_0", "top16", "top8")
METADATA = {"architecture": "yunet", "channels": "1 1 1 1 1", "units": "0 0 0 0", "min_face": "12"}


def tensors():
    """The weights by their names."""
    weights = {}

    def normalisation(name):
        for part, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            weights[f"{name}.{part}"] = np.full(1, value, "<f4")

    def depthwise(name):
        weights[f"{name}.depthwise.weight"] = np.zeros((1, 1, 3, 3), "<f4")
        weights[f"{name}.depthwise.weight"][0, 0, 1, 1] = 1
        normalisation(f"{name}.depthwise_bn")

    weights["stem.weight"] = np.zeros((1, 3, 3, 3), "<f4")
    weights["stem.weight"][0, :, 1, 1] = 1 / 3
    normalisation("stem_bn")
    for name in UNITS:
        depthwise(name)
        # What coarser cells see would be added to the finer ones.
        weights[f"{name}.pointwise.weight"] = np.full((1, 1, 1, 1), name != "unit16_0", "<f4")
        normalisation(f"{name}.pointwise_bn")
    for side in (8, 16, 32):
        depthwise(f"cells{side}")
        weights[f"cells{side}.weight"] = np.zeros((15, 1, 1, 1), "<f4")
        weights[f"cells{side}.bias"] = np.full(15, 0.5, "<f4")
        weights[f"cells{side}.bias"][[0, 3, 4]] = -10, 0, 0
    weights["cells8.weight"][0] = 20
    return weights


def picture(width, height, *squares, side=8):
    """Black, uint8 [height, width, 3], with white squares whose corners are (x, y)."""
    levels = np.zeros((height, width, 3), np.uint8)
    for x, y in squares:
        levels[y : y + side, x : x + side] = 255
    return levels
