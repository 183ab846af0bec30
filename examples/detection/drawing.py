"""The report's pictures: its curves, and sheets of scenes with what was found, missed and false."""

import math

import numpy as np
from PIL import Image, ImageDraw

# Okabe and Ito's: hits green, misses blue, false boxes red.
HIT, MISS, FALSE = "#009E73", "#56B4E9", "#D55E00"


def curves(rows, faces, path):
    """Faces found over false boxes for each row of the report; the dot is where the detector is by default."""
    from facestyle import plots
    from matplotlib.ticker import FuncFormatter, PercentFormatter

    figure, axes = plots.figure(6.4, 4.8)
    most = max(row["default"]["false"] for row in rows)
    for colour, row in zip(plots.COLOURS, rows):
        false, found = np.array(row["curve"]["false"]), np.array(row["curve"]["found"]) / faces
        default = row["default"]
        axes.plot(np.append(false, 1e6), np.append(found, found[-1]), drawstyle="steps-post", color=colour, label=row["name"])
        axes.plot(default["false"], default["found"] / faces, "o", color=colour)
    axes.set_xscale("symlog", linthresh=1, linscale=0.5)
