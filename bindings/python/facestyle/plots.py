"""Pictures of evaluations, trainings, embeddings and counts. They need matplotlib (`pip install facestyle[plots]`).

    fs.plots.roc({"dlib-resnet": (distances, same)}, "roc.png")
    fs.plots.groups(fs.false_accepts_by_group(embeddings, groups, threshold), "groups.png")
    fs.plots.losses("training.jsonl", "losses.png")
    fs.plots.embedding_map(fs.tsne(embeddings)[0], names, "map.png")
    fs.plots.detections({"mine": (false, found, default)}, faces, "detections.png")
    fs.plots.unit_patches({unit: [patch.cut(picture), ...]}, "units.png")
    fs.plots.activation_maps(fs.activation_maps(vgg, photo, "conv3_1", range(16)), "maps.png")
    fs.plots.growth({"product": {"tree": [3, 9, 27], "shared": [3, 5, 7]}}, "growth.png")

Each answers a `Plot`, which a notebook shows; with a path it is written there, too.
"""

from __future__ import annotations

import io
import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ._types import ArrayLike, Doubles, NDArray, PathLike, Pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .groups import GroupRate

# Okabe and Ito's colours, which colour-blind people tell apart; yellow is left out, it is faint on white.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = "osD^vP"
GREY = "#555555"


class Plot:
    """A drawing: `figure` is matplotlib's, `path` the file that was
    written, or None. A notebook shows it."""

    def __init__(self, figure: Figure, path: PathLike | None) -> None:
        self.figure: Figure = figure
        self.path: Path | None = None if path is None else self.save(path)

    def save(self, path: PathLike) -> Path:
        """Writes a .png file, and answers its path."""
        place = Path(os.fsdecode(path))
        if place.suffix.lower() != ".png":
            raise ValueError(f"{place.name}: plots are written as .png")
        place.write_bytes(self._repr_png_())
        return place

    def _repr_png_(self) -> bytes:
        """For notebooks."""
        file = io.BytesIO()
        self.figure.savefig(file, format="png", metadata={"Software": None})
        return file.getvalue()


def roc(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]], path: PathLike | None = None, *, title: str = "Verification"
) -> Plot:
    """Draws ROC curves on a logarithmic axis. `curves` maps a name to
    (distances [pairs], same [pairs])."""
    from .evaluation import evaluate
    from .evaluation import roc as points_of

    figure, axes = _figure(6.4, 4.8)
    least, lowest = 1.0, 1.0
    for colour, (name, (distances, same)) in zip(_cycle(COLOURS), curves.items()):
        found, points = evaluate(distances, same), points_of(distances, same)
        resolution = 1 / found.impostors
        least = min(least, resolution)
        # The curve rises between its points; what lies below one false accept cannot be drawn on this axis.
        far, tar = np.maximum(points.far, resolution / 2), points.tar
        label = f"{name}\nAUC {100 * found.auc:.2f} %, EER {100 * found.eer:.2f} %"
        axes.plot(far, tar, drawstyle="steps-post", color=colour, linewidth=1.8, label=label)
        for rate in found.tar.values():
            if rate.value is not None and rate.low is not None and rate.high is not None:
                bounds = [[rate.value - rate.low], [rate.high - rate.value]]
                axes.errorbar([rate.limit], [rate.value], bounds, color=colour, marker="o", markersize=4, capsize=3, linewidth=1)
                lowest = min(lowest, rate.low)
        axes.plot([found.eer], [1 - found.eer], marker="x", color=colour, markersize=7, markeredgewidth=1.8)
        visible = tar[points.far >= resolution]
        lowest = min(lowest, visible[0] if len(visible) else 0)
    grid = np.geomspace(least, 1, 200)
    axes.plot(grid, grid, color=GREY, linewidth=0.8, linestyle=":")
    if grid[0] < 1:
        axes.plot(grid, 1 - grid, color=GREY, linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    axes.set_xlim(least, 1)
    axes.set_ylim(max(0.0, math.floor(20 * (lowest - 0.01)) / 20), 1.004)
    axes.set_xlabel("false accept rate (log)\nbars: 95 % bounds   x: equal error, on the dashed line   dotted: chance")
    axes.set_ylabel("true accept rate")
    axes.set_title(title)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    return Plot(figure, path)


def groups(rates: Iterable[GroupRate], path: PathLike | None = None, *, title: str = "Strangers taken for each other") -> Plot:
    """Draws how often strangers are taken for one person, by groups: the
    rates and bounds that `false_accepts_by_group` gives, on a logarithmic
    axis, the worst on top. Filled dots are pairs within a group, hollow
    ones pairs of two groups."""
    drawn = list(rates)[::-1]
    if not drawn:
        raise ValueError("rates are none; expected those of false_accepts_by_group")
    figure, axes = _figure(6.4, 1.3 + 0.28 * len(drawn))
    known = [value for rate in drawn for value in (rate.rate, rate.low, rate.high) if value > 0]
    least = 10 ** math.floor(math.log10(min(known))) if known else 1e-6
    for row, rate in enumerate(drawn):
        colour = COLOURS[0] if rate.is_mixed else COLOURS[1]
        # A rate or a bound of 0 lies beyond the end of this axis.
        axes.plot([max(rate.low, least / 10), rate.high], [row, row], color=colour, linewidth=1.4, solid_capstyle="butt")
        if rate.rate > 0:
            axes.plot(
                [rate.rate], [row], marker="o", markersize=6, color=colour, markerfacecolor="white" if rate.is_mixed else colour)
    axes.set_xscale("log")
    axes.set_xlim(least, 10 ** math.ceil(math.log10(max(known))) if known else 1)
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    names = [f"{rate.first} and {rate.second}" if rate.is_mixed else f"{rate.first}" for rate in drawn]
    axes.set_yticks(range(len(drawn)), names, fontsize=9)
    axes.set_xlabel("false accept rate (log), with bounds\nfilled: within a group   hollow: of two groups   no dot: none accepted")
    axes.set_title(title)
    return Plot(figure, path)


def detections(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike, tuple[int, int]]], faces: int, path: PathLike | None = None, *,
    title: str = "Detection",
) -> Plot:  # fmt: skip
    """Draws how many of so many `faces` detectors find, over their false
    boxes. `curves` maps a name to (false [n], found [n], default): counts
    that grow as the threshold falls, and (false, found) at the detector's
    own threshold."""
    figure, axes = _figure(6.4, 4.8)
    # Far more false boxes than anybody lives with are not shown.
    longest = max(np.max(false, initial=1) for false, *_ in curves.values())
    most = min(longest, max(10, 10 * max(default[0] for *_, default in curves.values())))
    lowest = min(default[1] for *_, default in curves.values()) / faces
    # Detectors that agree lie on each other: dashes and hollow marks let both be seen.
    dashings: list[Any] = ["-", (0, (1, 1)), (0, (5, 3)), "-.", (0, (3, 1))]
    styles = zip(_cycle(COLOURS), _cycle(MARKERS), _cycle(dashings))
    for (colour, marker, dashes), (name, (false, found, default)) in zip(styles, curves.items()):
        across, up = np.append(0, false), np.append(0, found) / faces
        axes.plot(across, up, drawstyle="steps-post", color=colour, linestyle=dashes, linewidth=1.8, label=name)
        axes.plot(default[0], default[1] / faces, marker=marker, markersize=8, markerfacecolor="none", markeredgewidth=1.6, color=colour)
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xlim(0, most)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(max(0.0, math.floor(10 * (lowest - 0.25)) / 10), 1.004)
    axes.yaxis.set_major_formatter(_percent)
    axes.set_xlabel("false boxes (log beyond 1)\nmarks: at the detector's own threshold")
    axes.set_ylabel(f"found of {faces} faces")
    axes.set_title(title)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    return Plot(figure, path)


def read_log(log: PathLike) -> dict[str, Doubles]:
    """The lines of a training's log, JSON objects, as a dict of arrays: a
    number that a line lacks is NaN."""
    rows = []
    path = Path(os.fsdecode(log))
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{path}: line {number} is no JSON: {error}") from None
        if not isinstance(row, dict) or "step" not in row:
            raise ValueError(f'{path}: line {number} has no "step"')
        rows.append(row)
    if not rows:
        raise ValueError(f"{path}: no line of a training")
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {
        name: np.array([value if _is_number(value) else np.nan for value in values], float)
        for name, values in columns.items() if any(map(_is_number, values))
    }  # fmt: skip


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def losses(
    logs: PathLike | Mapping[str, PathLike], path: PathLike | None = None, *, title: str = "Training"
) -> Plot:
    """Draws loss, learning rate and speed over the steps of a training.
    `logs` is the path of a log, or maps a name to one: JSON lines with
    "step", "loss" and, where they are, "rate", "images_per_second" and
    "accuracy"."""
    named = logs if isinstance(logs, Mapping) else {Path(os.fsdecode(logs)).stem: logs}
    tables = {name: read_log(log) for name, log in named.items()}
    panels = [("loss", "loss")] + [
        (name, label)
        for name, label in (("accuracy", "accuracy"), ("rate", "learning rate"), ("images_per_second", "images / s"))
        if any(name in table for table in tables.values())
    ]
    heights = [2.4] + [1.0] * (len(panels) - 1)
    figure, axes = _panels(7.2, 1.9 * sum(heights) / 1.6, heights)
    for axis, (name, label) in zip(axes, panels):
        for colour, (training, table) in zip(_cycle(COLOURS), tables.items()):
            if name not in table:
                continue
            known = np.isfinite(table[name]) & np.isfinite(table["step"])
            steps, values = table["step"][known], table[name][known]
            if name == "loss" and len(values) >= 40:
                axis.plot(steps, values, color=colour, linewidth=0.7, alpha=0.3)
                smooth = _smooth(values, max(5, len(values) // 40))
                axis.plot(steps, smooth, color=colour, linewidth=1.8, label=training)
            else:
                marker = "." if len(values) < 40 else None
                axis.plot(steps, values, color=colour, linewidth=1.5, marker=marker, label=training)
        axis.set_ylabel(label, fontsize=9)
        axis.tick_params(labelsize=9)
        axis.margins(x=0.01)
    if len(tables) > 1:
        axes[0].legend(frameon=False, fontsize=9)
    drawn = [np.asarray(line.get_ydata()) for line in axes[0].lines]
    if drawn and all((values > 0).all() for values in drawn):
        everything = np.concatenate(drawn)
        if everything.max() > 30 * everything.min():
            axes[0].set_yscale("log")
    for axis, (name, _) in zip(axes, panels):
        if name in ("images_per_second", "rate"):
            axis.set_ylim(0, 1.1 * axis.dataLim.ymax or 1)
    axes[0].set_title(title)
    axes[-1].set_xlabel("step", fontsize=9)
    figure.align_ylabels(axes)
    return Plot(figure, path)


def embedding_map(
    points: ArrayLike, names: Iterable[object], path: PathLike | None = None, *, title: str = "Embeddings by t-SNE",
    named: int = 15,
) -> Plot:  # fmt: skip
    """Draws a map [count, 2] of photos by their people's `names` [count].
    The `named` people with most photos have a colour and their name beside
    their photos, the others are grey."""
    places, people = np.asarray(points, float), [str(name) for name in names]
    if places.ndim != 2 or places.shape[1] != 2 or len(people) != len(places):
        raise ValueError(f"points have shape {list(places.shape)} and names are {len(people)}; expected [count, 2] and count")
    figure, axes = _figure(7.6, 7.2)
    chosen = [name for name, count in Counter(people).most_common(named) if count > 1]
    rest = np.array([name not in chosen for name in people], bool)
    axes.scatter(places[rest, 0], places[rest, 1], s=9, color="#BBBBBB", linewidths=0, zorder=1)
    for i, name in enumerate(chosen):
        own = places[[other == name for other in people]]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i // len(COLOURS) % len(MARKERS)]
        axes.scatter(own[:, 0], own[:, 1], s=24, color=colour, marker=marker, linewidths=0.4, edgecolors="white", zorder=2)
        # Above the person's photos; those that lie far from the others do not draw the name away.
        apart = np.sqrt(((own - np.median(own, 0)) ** 2).sum(1))
        core = own[apart <= 2.5 * np.median(apart)]
        place = np.median(core[:, 0]), core[:, 1].max()
        label = axes.annotate(
            name.replace("_", " "), place, (0, 6), textcoords="offset points", ha="center", fontsize=8, color=colour, zorder=3)
        label.set_path_effects(_halo())
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("left", "bottom"):  # distances between clusters mean little: no axes
        axes.spines[side].set_visible(False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.06)
    count = len(set(people))
    axes.set_title(title)
    axes.set_xlabel(f"{len(places)} photos of {count} {'person' if count == 1 else 'people'}", color=GREY, fontsize=9)
    return Plot(figure, path)


def unit_patches(
    found: Mapping[int, Sequence[Pixels]], path: PathLike | None = None, *, title: str = "What units answer to most"
) -> Plot:
    """Draws units side by side, each with its patches in a square, the
    strongest first. `found` maps a unit to uint8 [height, width, 3]
    patches, as `UnitPatch.cut` gives them."""
    across = math.ceil(math.sqrt(max(1, *map(len, found.values())))) if found else 1
    pictures = {f"unit {unit}": patch_grid(patches, across) for unit, patches in found.items()}
    return Plot(_sheet(pictures, title), path)


def patch_grid(patches: Sequence[Pixels], across: int = 3, side: int = 64, gap: int = 2) -> Pixels:
    """Patches of any size as one square picture with white gaps, uint8;
    light grey where one is missing."""
    step = side + gap
    grid = np.full((across * step - gap, across * step - gap, 3), 255, np.uint8)
    for i in range(across * across):
        y, x = i // across * step, i % across * step
        tile: Any = np.uint8(224)
        if i < len(patches):
            height, width = patches[i].shape[:2]
            places = np.arange(side)
            tile = patches[i][(places * height // side)[:, None], places * width // side]
        grid[y : y + side, x : x + side] = tile
    return grid


def activation_maps(
    maps: ArrayLike, path: PathLike | None = None, *, names: Iterable[object] | None = None, title: str = "Where units answer",
    shared: bool = False,
) -> Plot:  # fmt: skip
    """Draws `maps` [units, height, width] side by side, from 0 to each
    map's largest value, or with `shared` to the largest of all, so that
    they compare."""
    exact = np.asarray(maps, float)
    if exact.ndim != 3 or not exact.size:
        raise ValueError(f"maps have shape {list(exact.shape)}; expected [units, height, width]")
    titles = [str(name) for name in (range(len(exact)) if names is None else names)]
    if len(titles) != len(exact):
        raise ValueError(f"names are {len(titles)}, maps are {len(exact)}")
    largest = exact.max() if shared else None
    figure = _sheet(dict(zip(titles, exact)), title, vmin=0, vmax=largest)
    return Plot(figure, path)


def _sheet(pictures: Mapping[str, NDArray[Any]], title: str, **options: Any) -> Figure:
    """Pictures with their names in an even grid, without axes."""
    if not pictures:
        raise ValueError("there is nothing to draw")
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    height, width = next(iter(pictures.values())).shape[:2]
    figure = _empty_figure(1.9 * columns, (1.9 * height / width + 0.25) * rows + 0.4)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, (name, picture) in zip(axes, pictures.items()):
        axis.imshow(picture, cmap="viridis", interpolation="nearest", **options)
        axis.set_title(name, fontsize=8)
    figure.suptitle(title, fontsize=10)
    return figure


def growth(
    panels: Mapping[str, Mapping[str, ArrayLike]], path: PathLike | None = None, *, xlabel: str = "steps", ylabel: str = "count"
) -> Plot:
    """Draws how counts grow from step to step, 1, 2 and so on, on a
    logarithmic axis: a panel for each name, a curve for each of its labels,
    the last one dashed."""
    if not panels:
        raise ValueError("panels are none; expected names with curves")
    figure = _empty_figure(3.4 * len(panels), 4.1)
    row = list(figure.subplots(1, len(panels), sharey=True, squeeze=False)[0])
    for axes, (name, curves) in zip(row, panels.items()):
        _lighten(axes)
        for place, (colour, marker, (label, values)) in enumerate(zip(_cycle(COLOURS), _cycle(MARKERS), curves.items())):
            counts = np.asarray(values, np.float64)
            style = "--" if place == len(curves) - 1 else "-"
            axes.plot(np.arange(1, len(counts) + 1), counts, style, color=colour, marker=marker, markersize=4, linewidth=1.6, label=label)
        axes.set_yscale("log")
        axes.set_xlabel(xlabel)
        axes.set_title(name)
    row[0].set_ylabel(f"{ylabel} (log)")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5), frameon=False, fontsize=9)
    return Plot(figure, path)


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure, axes = _panels(width, height, [1.0])
    return figure, axes[0]


def _panels(width: float, height: float, heights: list[float]) -> tuple[Figure, list[Axes]]:
    """Panels above one another."""
    figure = _empty_figure(width, height)
    axes = list(figure.subplots(len(heights), sharex=True, squeeze=False, height_ratios=heights)[:, 0])
    for axis in axes:
        _lighten(axis)
    return figure, axes


def _lighten(axes: Axes) -> None:
    axes.grid(color="#E4E4E4", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _empty_figure(width: float, height: float) -> Figure:
    """A figure of its own, drawn by Agg: neither a display nor pyplot's
    global state is touched."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install facestyle[plots], or pip install matplotlib") from error
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _percent(share: float, _: object) -> str:
    return f"{100 * share:.0f} %"


def _halo() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=1.6, foreground="white")]


def _smooth(values: Doubles, width: int) -> Any:
    """The mean of `width` values around each, fewer at the ends."""
    sums = np.concatenate([[0], np.cumsum(values)])
    i = np.arange(len(values))
    low, high = np.maximum(i - width // 2, 0), np.minimum(i + width // 2 + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)


def _cycle(values: Sequence[Any]) -> Iterator[Any]:
    while True:
        yield from values
