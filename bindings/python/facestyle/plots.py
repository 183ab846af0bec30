"""Pictures of evaluations, trainings and embeddings, as PNG files. They need matplotlib (`pip install facestyle[plots]`).

    from facestyle import plots

    plots.roc({"dlib-resnet": (distances, same)}, "roc.png")
    plots.losses("training.jsonl", "losses.png")
    plots.embedding_map(fs.tsne(embeddings)[0], names, "map.png")
    plots.detections({"mine": (false, found, default)}, faces, "detections.png")
    plots.unit_patches({unit: [patch.cut(picture), ...]}, "units.png")
    plots.activation_maps(fs.activation_maps(vgg, photo, "conv3_1", range(16)), "maps.png")
"""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np

# Okabe and Ito's colours, which colour-blind people tell apart; yellow is left out, it is faint on white.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = "osD^vP"
GREY = "#555555"


def roc(curves, path, *, title="Verification"):
    """Draws ROC curves on a logarithmic axis. `curves` maps a name to (distances [pairs], same [pairs])."""
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
            if rate.reason is None:
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
    return _save(figure, path)


def detections(curves, faces, path, *, title="Detection"):
    """Draws how many of so many `faces` detectors find, over their false boxes. `curves` maps a name to (false [n],
    found [n], default): counts that grow as the threshold falls, and (false, found) at the detector's own threshold."""
    figure, axes = _figure(6.4, 4.8)
    # Far more false boxes than anybody lives with are not shown.
    longest = max(np.max(false, initial=1) for false, *_ in curves.values())
    most = min(longest, max(10, 10 * max(default[0] for *_, default in curves.values())))
    lowest = min(default[1] for *_, default in curves.values()) / faces
    # Detectors that agree lie on each other: dashes and hollow marks let both be seen.
    styles = zip(_cycle(COLOURS), _cycle(MARKERS), _cycle(["-", (0, (1, 1)), (0, (5, 3)), "-.", (0, (3, 1))]))
    for (colour, marker, dashes), (name, (false, found, default)) in zip(styles, curves.items()):
        false, found = np.concatenate([[0], false]), np.concatenate([[0], found]) / faces
        axes.plot(false, found, drawstyle="steps-post", color=colour, linestyle=dashes, linewidth=1.8, label=name)
        axes.plot(default[0], default[1] / faces, marker=marker, markersize=8, markerfacecolor="none", markeredgewidth=1.6, color=colour)
    axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xlim(0, most)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_ylim(max(0.0, math.floor(10 * (lowest - 0.25)) / 10), 1.004)
    axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axes.set_xlabel("false boxes (log beyond 1)\nmarks: at the detector's own threshold")
    axes.set_ylabel(f"found of {faces} faces")
    axes.set_title(title)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none", fontsize=9)
    return _save(figure, path)


def read_log(path):
    """The lines of a training's log, JSON objects, as a dict of arrays: a number that a line lacks is NaN."""
    rows = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8-sig").splitlines(), 1):
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
    is_number = lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return {
        name: np.array([value if is_number(value) else np.nan for value in values], float)
        for name, values in columns.items() if any(map(is_number, values))
    }  # fmt: skip


def losses(logs, path, *, title="Training"):
    """Draws loss, learning rate and speed over the steps of a training. `logs` is the path of a log, or maps a name to
    one: JSON lines with "step", "loss" and, where they are, "rate", "images_per_second" and "accuracy"."""
    logs = logs if isinstance(logs, dict) else {Path(logs).stem: logs}
    tables = {name: read_log(log) for name, log in logs.items()}
    panels = [("loss", "loss")] + [
        (name, label)
        for name, label in (("accuracy", "accuracy"), ("rate", "learning rate"), ("images_per_second", "images / s"))
        if any(name in table for table in tables.values())
    ]
    heights = [2.4] + [1.0] * (len(panels) - 1)
    figure, axes = _figure(7.2, 1.9 * sum(heights) / 1.6, rows=len(panels), heights=heights)
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
    drawn = [line.get_ydata() for line in axes[0].lines]
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
    return _save(figure, path)


def embedding_map(points, names, path, *, title="Embeddings by t-SNE", named=15):
    """Draws a map [count, 2] of photos by their people's `names` [count]. The `named` people with most photos have a
    colour and their name beside their photos, the others are grey."""
    points, names = np.asarray(points, float), [str(name) for name in names]
    if points.ndim != 2 or points.shape[1] != 2 or len(names) != len(points):
        raise ValueError(f"points have shape {list(points.shape)} and names are {len(names)}; expected [count, 2] and count")
    figure, axes = _figure(7.6, 7.2)
    chosen = [name for name, count in Counter(names).most_common(named) if count > 1]
    rest = np.array([name not in chosen for name in names], bool)
    axes.scatter(*points[rest].T, s=9, color="#BBBBBB", linewidths=0, zorder=1)
    for i, name in enumerate(chosen):
        own = points[[other == name for other in names]]
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[i // len(COLOURS) % len(MARKERS)]
        axes.scatter(*own.T, s=24, color=colour, marker=marker, linewidths=0.4, edgecolors="white", zorder=2)
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
    people = len(set(names))
    axes.set_title(title)
    axes.set_xlabel(f"{len(points)} photos of {people} {'person' if people == 1 else 'people'}", color=GREY, fontsize=9)
    return _save(figure, path)


def unit_patches(found, path, *, title="What units answer to most"):
    """Draws units side by side, each with its patches in a square, the strongest first. `found` maps a unit to uint8
    [height, width, 3] patches, as `UnitPatch.cut` gives them."""
    across = math.ceil(math.sqrt(max(1, *map(len, found.values())))) if found else 1
    pictures = {f"unit {unit}": patch_grid(patches, across) for unit, patches in found.items()}
    return _save(_sheet(pictures, title), path)


def patch_grid(patches, across=3, side=64, gap=2):
    """Patches of any size as one square picture with white gaps, uint8; light grey where one is missing."""
    step = side + gap
    grid = np.full((across * step - gap, across * step - gap, 3), 255, np.uint8)
    for i in range(across * across):
        y, x = i // across * step, i % across * step
        tile = np.uint8(224)
        if i < len(patches):
            height, width = patches[i].shape[:2]
            places = np.arange(side)
            tile = patches[i][(places * height // side)[:, None], places * width // side]
        grid[y : y + side, x : x + side] = tile
    return grid


def activation_maps(maps, path, *, names=None, title="Where units answer", shared=False):
    """Draws `maps` [units, height, width] side by side, from 0 to each map's largest value, or with `shared` to the largest of
    all, so that they compare."""
    maps = np.asarray(maps, float)
    if maps.ndim != 3 or not maps.size:
        raise ValueError(f"maps have shape {list(maps.shape)}; expected [units, height, width]")
    names = [str(name) for name in (range(len(maps)) if names is None else names)]
    if len(names) != len(maps):
        raise ValueError(f"names are {len(names)}, maps are {len(maps)}")
    largest = maps.max() if shared else None
    figure = _sheet(dict(zip(names, maps)), title, vmin=0, vmax=largest)
    return _save(figure, path)


def _sheet(pictures, title, **options):
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


def _figure(width, height, rows=1, heights=None):
    figure = _empty_figure(width, height)
    axes = figure.subplots(rows, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for axis in axes:
        axis.grid(color="#E4E4E4", linewidth=0.7)
        axis.set_axisbelow(True)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    return figure, axes if rows > 1 or heights else axes[0]


def _empty_figure(width, height):
    """A figure of its own, drawn by Agg: neither a display nor pyplot's global state is touched."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plots need matplotlib: pip install facestyle[plots], or pip install matplotlib") from error
    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _halo():
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=1.6, foreground="white")]


def _smooth(values, width):
    """The mean of `width` values around each, fewer at the ends."""
    sums = np.concatenate([[0], np.cumsum(values)])
    i = np.arange(len(values))
    low, high = np.maximum(i - width // 2, 0), np.minimum(i + width // 2 + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)


def _cycle(colours):
    while True:
        yield from colours


def _save(figure, path):
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path.name}: plots are written as .png")
    figure.savefig(path, format="png", metadata={"Software": None})
    return path
